"""Customers' sentences → items for the model; its results → answers for the quote gate.

An item is one document: a line for each run of neighbouring sentences of one turn, with its number,
and before it what staff said last, cut short. Where a document was too long for one call its pieces
come back as several results; the numbers of the lines stay those of the document.
"""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pandas as pd

from pipeline.answers import ANSWER_LINKS, ANSWERS, Answer, AnswerLink
from pipeline.engines.engine import Reading
from pipeline.engines.llm.jobs import Answered, Item
from pipeline.engines.llm.schemas import CauseRead, ExtractResult, MentionRead
from pipeline.engines.llm.words import Vocabulary, tidy_name
from pipeline.tables import REJECTS, Reject
from pipeline.text import normalise, stable_id

_LONGEST_LINE = 1_000
"""Characters after which a line ends with its sentence: a call that is too long is cut between
lines, and a document may be one turn."""
_LINE_NUMBER = re.compile(r"^\s*\[\d+\]\s*")
"""Models like to copy the number of a line with its words."""


class Line(NamedTuple):
    """A run of neighbouring sentences of one turn."""

    turn_id: str
    start: int
    end: int
    sentence_ids: tuple[str, ...]


class Asked(NamedTuple):
    """What the model is shown, and what each line of it stands for."""

    items: tuple[Item, ...]
    """one a document, its key the document_id"""
    lines: dict[str, tuple[Line, ...]]
    """by document_id; the first is line 1"""


def lay_out(sentences: pd.DataFrame) -> Asked:
    """Return an item for each document.

    `sentences` has the columns sentence_id, document_id, turn_id, start, end, text, and staff: what
    staff said right before the turn, or ''.
    """
    items: list[Item] = []
    lines: dict[str, tuple[Line, ...]] = {}
    ordered = sentences.sort_values(["document_id", "position", "start"])
    for document_id, own in ordered.groupby("document_id", sort=True):
        shown, stands_for = _lines(own)
        items.append(Item(str(document_id), shown))
        lines[str(document_id)] = stands_for
    return Asked(tuple(items), lines)


def _lines(sentences: pd.DataFrame) -> tuple[tuple[str, ...], tuple[Line, ...]]:
    """Return the lines of one document as shown, and what each stands for."""
    shown: list[str] = []
    stands_for: list[Line] = []
    last_place = -1
    names = ("sentence_id", "turn_id", "start", "end", "text", "staff", "place")
    for sentence_id, turn_id, start, end, text, staff, place in zip(
        *(sentences[name].tolist() for name in names), strict=True
    ):
        last = stands_for[-1] if stands_for else None
        one_line = " ".join(text.split())
        is_next = last and last.turn_id == turn_id and place == last_place + 1
        if last and is_next and len(shown[-1]) < _LONGEST_LINE:
            stands_for[-1] = last._replace(end=end, sentence_ids=(*last.sentence_ids, sentence_id))
            shown[-1] += " " + one_line
        else:
            new_turn = not last or last.turn_id != turn_id
            before = f"(staff: {staff})\n" if staff and new_turn else ""
            shown.append(f"{before}[{len(shown) + 1}] {one_line}")
            stands_for.append(Line(turn_id, start, end, (sentence_id,)))
        last_place = place
    return tuple(shown), tuple(stands_for)


class Known(NamedTuple):
    """What a model's word for a touchpoint may mean."""

    codes: Mapping[str, str]
    """touchpoint_id of each code shown to the model"""
    names: Mapping[str, str]
    """touchpoint_id of each name and alias of the catalogue, normalised"""
    vocabulary: Vocabulary
    """words that a new name may be made of"""


def read_answers(asked: Asked, answered: Answered[ExtractResult], known: Known) -> Reading:
    """Return the model's mentions as answers, its causes as links, its failures as rejects."""
    answers: dict[str, Answer] = {}
    links: dict[tuple[str, str], AnswerLink] = {}
    for document_id, results in answered.results.items():
        lines = asked.lines[document_id]
        for result in results:
            own = [_answer(mention, lines, known) for mention in result.mentions]
            for one in own:
                answers.setdefault(one.answer_id, one)
            for cause in result.causes:
                link = _link(cause, own, lines)
                if link:
                    links.setdefault((link.cause_id, link.effect_id), link)
    return Reading(
        ANSWERS.frame(answers.values()),
        ANSWER_LINKS.frame(links.values()),
        REJECTS.frame(_lost(asked, answered)),
    )


def _answer(mention: MentionRead, lines: Sequence[Line], known: Known) -> Answer:
    """Return a mention as an answer; a line that is not there is left for the gate to find."""
    line = lines[mention.line - 1] if 1 <= mention.line <= len(lines) else lines[0]
    said = mention.touchpoint.strip()
    touchpoint_id = known.codes.get(said.upper(), "") or known.names.get(normalise(said), "")
    label = "" if touchpoint_id else tidy_name(said, known.vocabulary.beside(mention.quote))
    quote = _LINE_NUMBER.sub("", mention.quote)
    about = touchpoint_id or label
    return Answer(
        answer_id=stable_id("mention", line.turn_id, normalise(quote), about),
        turn_id=line.turn_id, touchpoint_id=touchpoint_id, kind=mention.kind, quote=quote,
        start=line.start, end=line.end, polarity=mention.polarity, intensity=mention.intensity,
        outcome=mention.outcome, confidence=mention.confidence, label=label,
    )  # fmt: skip


def _link(cause: CauseRead, own: Sequence[Answer], lines: Sequence[Line]) -> AnswerLink | None:
    """Return a stated cause; None when an end of it is not there, or both are the same."""
    ends = (cause.cause, cause.effect)
    if not all(0 <= end < len(own) for end in ends) or not 1 <= cause.line <= len(lines):
        return None
    first, second = (own[end] for end in ends)
    if first.answer_id == second.answer_id:
        return None
    line = lines[cause.line - 1]
    return AnswerLink(
        first.answer_id, second.answer_id, line.turn_id, cause.quote, line.start, line.end
    )


def _lost(asked: Asked, answered: Answered[ExtractResult]) -> list[Reject]:
    """Return a reject for each sentence that the model gave no answer for."""
    lost: dict[str, Reject] = {}
    for document_id, faults in answered.faults.items():
        shown = next(item for item in asked.items if item.key == document_id).lines
        stands_for = dict(zip(shown, asked.lines[document_id], strict=True))
        for fault in faults:
            for line in fault.lines:
                for sentence_id in stands_for[line].sentence_ids:
                    lost[sentence_id] = Reject(sentence_id, "extract", fault.reason, fault.detail)
    return list(lost.values())
