"""The clauses of what customers said, laid out in reading order with their vectors."""

from functools import lru_cache
from typing import NamedTuple

import pandas as pd

from pipeline.engines.embedded.causes import opening
from pipeline.engines.embedded.clauses import Clause, clauses

Column = tuple[str, ...]
_COLUMNS = ("document_id", "turn_id", "start", "text")


class Units(NamedTuple):
    """One entry a clause, in the order of documents, turns and characters."""

    document_ids: list[str]
    turn_ids: list[str]
    starts: list[int]
    ends: list[int]
    texts: list[str]
    follows: list[int]
    """number of the clause before it in the same turn, or -1"""
    links: list[str]
    """'effect' or 'cause' of the clause in `follows`, or ''"""


def lay_out(sentences: pd.DataFrame) -> Units:
    """Cut sentences (in any order) into clauses, ordered by document, turn and position.

    Nobody may write to what is returned: the same sentences get it again.
    """
    ordered = sentences.sort_values(["document_id", "turn_id", "start"])
    return _laid_out(*(tuple(ordered[c].tolist()) for c in _COLUMNS))


# What looks ahead lays out the sentences that are read next.
@lru_cache(maxsize=1)
def _laid_out(
    document_ids: Column, turn_ids: Column, starts: tuple[int, ...], texts: Column
) -> Units:
    """Return the clauses of sentences that are in order."""
    units = Units([], [], [], [], [], [], [])
    last_turn = ""
    columns = zip(document_ids, turn_ids, starts, texts, strict=True)
    for document_id, turn_id, start, text in columns:
        for number, clause in enumerate(clauses(text)):
            before = len(units.texts) - 1 if turn_id == last_turn else -1
            _add(units, (document_id, turn_id, start), clause, text)
            units.follows.append(before)
            opens = "" if number or before < 0 else opening(text, units.texts[before])
            units.links.append(opens or clause.link)
            last_turn = turn_id
    return units


def _add(units: Units, place: tuple[str, str, int], clause: Clause, text: str) -> None:
    """Append a clause of a sentence that starts at `place`."""
    document_id, turn_id, start = place
    units.document_ids.append(document_id)
    units.turn_ids.append(turn_id)
    units.starts.append(start + clause.start)
    units.ends.append(start + clause.end)
    units.texts.append(text[clause.start : clause.end])
