"""reads turns, documents, sentences, answers, answer_links -> writes candidates, causes, rejects

The quote gate: what an engine says counts only when the quote stands in the turn it names and the
customer said it. The source's own characters are kept, never the engine's.
"""

from bisect import bisect_left
from math import isnan
from typing import NamedTuple

import pandas as pd

from pipeline.answers import ANSWER_LINKS, ANSWERS, Answer, AnswerLink
from pipeline.tables import CANDIDATES, CAUSES, REJECTS, Candidate, Cause, Reject
from pipeline.text import find_quote, is_whole

KINDS = {"experience", "pain", "praise", "expectation", "suggestion", "decision"}
OUTCOMES = {"worked", "partly", "failed", "unknown"}


class Extracted(NamedTuple):
    """Tables written by `extract`."""

    candidates: pd.DataFrame
    causes: pd.DataFrame
    rejects: pd.DataFrame


class _Source(NamedTuple):
    """What the gate knows of a turn."""

    document_id: str
    customer_id: str
    speaker: str
    text: str


def spoken_by_customers(turns: pd.DataFrame, sentences: pd.DataFrame) -> pd.DataFrame:
    """Return the sentences that customers said: all that an engine gets to read."""
    said = turns.loc[turns["speaker"] == "customer", "turn_id"]
    return sentences[sentences["turn_id"].isin(said)]


def extract(
    documents: pd.DataFrame,
    turns: pd.DataFrame,
    sentences: pd.DataFrame,
    answers: pd.DataFrame,
    answer_links: pd.DataFrame,
    engine: str,
) -> Extracted:
    """Return the answers that pass the gate; the others, and sentences without one, are rejects."""
    sources = _sources(documents, turns)
    kept: dict[str, Candidate] = {}
    rejects: list[Reject] = []
    for answer in ANSWERS.rows(answers):
        fault, span = _gate(answer, sources)
        if span is None:
            rejects.append(Reject(answer.answer_id, "extract", fault, answer.quote[:200]))
        else:
            kept[answer.answer_id] = _candidate(answer, sources[answer.turn_id], span, engine)
    causes = _causes(answer_links, kept, sources)
    rejects += _silent(spoken_by_customers(turns, sentences), answers)
    return Extracted(CANDIDATES.frame(kept.values()), CAUSES.frame(causes), REJECTS.frame(rejects))


def _sources(documents: pd.DataFrame, turns: pd.DataFrame) -> dict[str, _Source]:
    """Return what is known of each turn."""
    joined = turns.merge(documents[["document_id", "customer_id"]], on="document_id")
    names = ("turn_id", "document_id", "customer_id", "speaker", "text")
    columns = (joined[name].tolist() for name in names)
    return {turn_id: _Source(*rest) for turn_id, *rest in zip(*columns, strict=True)}


def _gate(answer: Answer, sources: dict[str, _Source]) -> tuple[str, tuple[int, int] | None]:
    """Return the span of the quote in its turn, or the reason why there is none."""
    source = sources.get(answer.turn_id)
    if source is None:
        return "unknown_turn", None
    if source.speaker != "customer":
        return "not_the_customer", None
    numbers = (answer.polarity, answer.intensity, answer.confidence)
    if answer.kind not in KINDS or answer.outcome not in OUTCOMES or any(map(isnan, numbers)):
        return "bad_value", None
    span = answer.start, answer.end
    if source.text[slice(*span)] == answer.quote.strip() != "" and is_whole(source.text, *span):
        return "", span
    found = find_quote(answer.quote, source.text)
    return ("", found) if found else ("not_in_source", None)


def _candidate(answer: Answer, source: _Source, span: tuple[int, int], engine: str) -> Candidate:
    """Return the row for an answer whose quote was found at `span`."""
    return Candidate(
        mention_id=answer.answer_id,
        document_id=source.document_id,
        turn_id=answer.turn_id,
        customer_id=source.customer_id,
        touchpoint_id=answer.touchpoint_id,
        kind=answer.kind,
        quote=source.text[span[0] : span[1]],
        start=span[0],
        end=span[1],
        polarity=min(max(answer.polarity, -1.0), 1.0),
        intensity=min(max(answer.intensity, 0.0), 1.0),
        outcome=answer.outcome,
        confidence=min(max(answer.confidence, 0.0), 1.0),
        engine=engine,
    )


def _causes(
    answer_links: pd.DataFrame, kept: dict[str, Candidate], sources: dict[str, _Source]
) -> list[Cause]:
    """Return the causal statements both ends of which passed the gate."""
    causes: list[Cause] = []
    for link in ANSWER_LINKS.rows(answer_links):
        ends = kept.get(link.cause_id), kept.get(link.effect_id)
        if _holds_both(link, *ends):
            quote = sources[link.turn_id].text[link.start : link.end]
            causes.append(
                Cause(link.cause_id, link.effect_id, link.turn_id, quote, link.start, link.end)
            )
    return causes


def _holds_both(link: AnswerLink, cause: Candidate | None, effect: Candidate | None) -> bool:
    """Tell whether two different mentions of one turn stand within the causal statement."""
    if cause is None or effect is None or link.cause_id == link.effect_id:
        return False
    return all(
        end.turn_id == link.turn_id and 0 <= link.start <= end.start and end.end <= link.end
        for end in (cause, effect)
    )


def _silent(sentences: pd.DataFrame, answers: pd.DataFrame) -> list[Reject]:
    """Return a reject for each sentence in which the engine found nothing."""
    ends = _furthest_ends(answers)
    columns = (sentences[n].tolist() for n in ("sentence_id", "turn_id", "start", "end", "text"))
    return [
        Reject(sentence_id, "extract", "no_touchpoint", text[:200])
        for sentence_id, turn_id, start, end, text in zip(*columns, strict=True)
        if not _is_touched(ends.get(turn_id), start, end)
    ]


def _furthest_ends(answers: pd.DataFrame) -> dict[str, tuple[list[int], list[int]]]:
    """Return for each turn the starts of its answers in order, and how far any up to each goes."""
    found: dict[str, tuple[list[int], list[int]]] = {}
    ordered = answers.sort_values(["turn_id", "start", "end"])
    for turn_id, start, end in zip(
        ordered["turn_id"], ordered["start"], ordered["end"], strict=True
    ):
        starts, ends = found.setdefault(turn_id, ([], []))
        starts.append(start)
        ends.append(max(end, ends[-1]) if ends else end)
    return found


def _is_touched(spans: tuple[list[int], list[int]] | None, start: int, end: int) -> bool:
    """Tell whether a span that begins before `end` goes beyond `start`."""
    if spans is None:
        return False
    before = bisect_left(spans[0], end)
    return before > 0 and spans[1][before - 1] > start
