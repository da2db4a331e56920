"""reads turns, documents, sentences, answers, answer_links -> writes candidates, causes, rejects

What an engine answers counts only past the quote gate (methods/gate.py): a customer said it, word
for word. The source's own characters are kept, never the engine's.
"""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import replace
from math import isnan
from typing import NamedTuple

import pandas as pd

from pipeline.answers import ANSWER_LINKS, ANSWERS, Answer, AnswerLink
from pipeline.methods.gate import Claim, Fault, Gate, Placed
from pipeline.tables import CANDIDATES, CAUSES, REJECTS, Candidate, Cause, Reject

KINDS = {"experience", "pain", "praise", "expectation", "suggestion", "decision"}
OUTCOMES = {"worked", "partly", "failed", "unknown"}


class Extracted(NamedTuple):
    """Tables written by `extract`."""

    candidates: pd.DataFrame
    causes: pd.DataFrame
    rejects: pd.DataFrame


def spoken_by_customers(turns: pd.DataFrame, sentences: pd.DataFrame) -> pd.DataFrame:
    """Return the sentences that customers said: all that an engine gets to read."""
    said = turns.loc[turns["speaker"] == "customer", "turn_id"]
    return sentences[sentences["turn_id"].isin(said)]


def extract(  # noqa: PLR0913 - five tables, and two facts on the engine that answered
    documents: pd.DataFrame,
    turns: pd.DataFrame,
    sentences: pd.DataFrame,
    answers: pd.DataFrame,
    answer_links: pd.DataFrame,
    engine: str,
    *,
    examples: Iterable[str] = (),
    unread: pd.DataFrame = REJECTS.frame(),  # noqa: B008 - never changed
) -> Extracted:
    """Return the answers that pass the gate; the others, and sentences without one, are rejects.

    `examples` are texts that the engine was shown as examples: no quote may come from them.
    `unread` holds the sentences that the engine could not read, with the reason. Of two answers
    with the same words about the same thing the first stays. What an engine offered in vain is
    never shown: the words of a model that was led astray stand in no table.
    """
    gate = Gate(documents, turns, examples)
    customers = _customers(documents, turns)
    kept: dict[str, Candidate] = {}
    places: dict[tuple[object, ...], str] = {}
    same: dict[str, str] = {}
    rejects = REJECTS.rows(unread)
    for answer in ANSWERS.rows(answers):
        found = _placed(answer, gate)
        if isinstance(found, Fault):
            detail = f"{len(answer.quote)} characters offered as a quote"
            rejects.append(Reject(answer.answer_id, "extract", found.reason, detail))
            continue
        about = answer.touchpoint_id or answer.label.casefold()
        first = places.setdefault((found.turn_id, found.start, found.end, about), answer.answer_id)
        same[answer.answer_id] = first
        if first == answer.answer_id:
            kept[first] = _candidate(answer, found, customers[found.turn_id], engine)
    texts = dict(zip(turns["turn_id"], turns["text"], strict=True))
    links = [
        # An engine may give the place of a statement without its words.
        replace(link, quote=link.quote or texts.get(link.turn_id, "")[link.start : link.end])
        for link in ANSWER_LINKS.rows(answer_links)
    ]
    causes = _causes(links, same, kept, gate)
    said = spoken_by_customers(turns, sentences)
    said = said[~said["sentence_id"].isin(unread["row_id"])]
    rejects += _silent(said, _touched(kept))
    return Extracted(CANDIDATES.frame(kept.values()), CAUSES.frame(causes), REJECTS.frame(rejects))


def in_context(turns: pd.DataFrame, sentences: pd.DataFrame, characters: int) -> pd.DataFrame:
    """Return sentences with the position of their turn, and staff: what staff said right before it.

    Of longer words of staff the last `characters` are given, from a word's start.
    """
    ordered = turns.sort_values(["document_id", "position"])
    before = ordered.shift(1)
    is_answer = (
        (ordered["speaker"] == "customer")
        & (before["speaker"] == "agent")
        & (before["document_id"] == ordered["document_id"])
    )
    said = before["text"].where(is_answer, "").map(lambda text: _tail(text, characters))
    context = ordered[["turn_id", "position"]].assign(staff=said.astype("str"))
    return sentences.merge(context, on="turn_id", how="left")


def _tail(text: str, characters: int) -> str:
    """Return the last words of a text, on one line."""
    line = " ".join(text.split())
    if len(line) <= characters:
        return line
    cut = line[len(line) - characters :] if characters else ""
    return f"…{cut[cut.find(' ') + 1 :]}" if cut else ""


def _customers(documents: pd.DataFrame, turns: pd.DataFrame) -> dict[str, tuple[str, str]]:
    """Return document_id and customer_id of each turn."""
    joined = turns.merge(documents[["document_id", "customer_id"]], on="document_id")
    names = ("turn_id", "document_id", "customer_id")
    columns = (joined[name].tolist() for name in names)
    return {turn_id: (document, who) for turn_id, document, who in zip(*columns, strict=True)}


def _placed(answer: Answer, gate: Gate) -> Placed | Fault:
    """Return where the quote stands, or why the answer does not count."""
    found = gate.place(Claim(answer.quote, answer.turn_id, answer.start, answer.end))
    numbers = (answer.polarity, answer.intensity, answer.confidence)
    if answer.kind not in KINDS or answer.outcome not in OUTCOMES or any(map(isnan, numbers)):
        return found if isinstance(found, Fault) else Fault("bad_value")
    return found


def _candidate(answer: Answer, found: Placed, said_by: tuple[str, str], engine: str) -> Candidate:
    """Return the row for an answer whose quote was found."""
    return Candidate(
        mention_id=answer.answer_id,
        document_id=said_by[0],
        turn_id=found.turn_id,
        customer_id=said_by[1],
        touchpoint_id=answer.touchpoint_id,
        kind=answer.kind,
        quote=found.quote,
        start=found.start,
        end=found.end,
        polarity=min(max(answer.polarity, -1.0), 1.0),
        intensity=min(max(answer.intensity, 0.0), 1.0),
        outcome=answer.outcome,
        confidence=min(max(answer.confidence, 0.0), 1.0),
        engine=engine,
        label=answer.label,
    )


def _causes(
    links: list[AnswerLink], same: dict[str, str], kept: dict[str, Candidate], gate: Gate
) -> list[Cause]:
    """Return the causal statements that passed the gate with both their ends."""
    causes: dict[tuple[str, str], Cause] = {}
    for link in links:
        cause_id, effect_id = same.get(link.cause_id, ""), same.get(link.effect_id, "")
        found = gate.place(Claim(link.quote, link.turn_id, link.start, link.end))
        ends = kept.get(cause_id), kept.get(effect_id)
        if isinstance(found, Placed) and cause_id != effect_id and _holds(found, *ends):
            causes.setdefault((cause_id, effect_id), Cause(cause_id, effect_id, *found))
    return list(causes.values())


def _holds(found: Placed, cause: Candidate | None, effect: Candidate | None) -> bool:
    """Tell whether both mentions stand within the causal statement."""
    return all(
        end is not None
        and end.turn_id == found.turn_id
        and found.start <= end.start
        and end.end <= found.end
        for end in (cause, effect)
    )


def _touched(kept: dict[str, Candidate]) -> list[tuple[str, int, int]]:
    """Return turn, start and end of each quote that counts, in order."""
    return sorted((one.turn_id, one.start, one.end) for one in kept.values())


def _silent(sentences: pd.DataFrame, touched: list[tuple[str, int, int]]) -> list[Reject]:
    """Return a reject for each sentence in which the engine found nothing."""
    ends = _furthest_ends(touched)
    columns = (sentences[n].tolist() for n in ("sentence_id", "turn_id", "start", "end", "text"))
    return [
        Reject(sentence_id, "extract", "no_touchpoint", text[:200])
        for sentence_id, turn_id, start, end, text in zip(*columns, strict=True)
        if not _is_touched(ends.get(turn_id), start, end)
    ]


def _furthest_ends(touched: list[tuple[str, int, int]]) -> dict[str, tuple[list[int], list[int]]]:
    """Return for each turn the starts of its answers in order, and how far any up to each goes."""
    found: dict[str, tuple[list[int], list[int]]] = {}
    for turn_id, start, end in touched:
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
