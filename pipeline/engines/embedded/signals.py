"""What a clause says beside its topic: mood, strength, outcome, and whether it states an
expectation, a decision or a suggestion."""

from collections.abc import Sequence
from typing import NamedTuple

from pipeline.engines.embedded.acts import stated
from pipeline.engines.embedded.heads import Rows, rows_of
from pipeline.engines.embedded.mood import intensities, polarities
from pipeline.engines.embedded.outcomes import outcomes, says_it_fails, says_it_works
from pipeline.engines.embedded.strength import graded
from pipeline.engines.embedding import Matrix, Vectors

CLEARLY_BAD = -0.35
CLEARLY_GOOD = 0.35
"""Moods beyond these are a pain or a praise. Chosen on hand-written sentences of industries kept
out of the weights: from 0.2 to 0.35, 5 in 100 praises are lost, and a quarter fewer complaints and
facts are called praise; those do more harm."""


_AT_ODDS = 0.6
"""A mood from which on an outcome that says the opposite is a slip of one of the two heads: which
one, nobody knows, so the outcome is left open."""


class Signals(NamedTuple):
    """What each clause says, in the order of the texts."""

    polarity: Matrix
    intensity: Matrix
    outcome: list[str]
    kind: list[str]


def read_signals(texts: list[str], vectors: Vectors) -> Signals:
    """Return mood (-1..1), intensity (0..1), outcome and kind of each clause."""
    return signals_of(texts, rows_of(texts, vectors))


def signals_of(texts: list[str], rows: Rows, turns: Sequence[str] = ()) -> Signals:
    """Return what `read_signals` does, where the rows that the heads read are there already.

    Texts of one turn, in reading order, lend each other their mood.
    """
    results = outcomes(texts, rows)
    polarity = polarities(texts, rows, results, turns)
    results = [
        reconciled(text, result, float(p))
        for text, result, p in zip(texts, results, polarity, strict=True)
    ]
    acts = stated(texts, rows.vectors)
    kinds = [act or kind(float(p), o) for act, p, o in zip(acts, polarity, results, strict=True)]
    strong = graded(texts, polarity).round(3)
    return Signals(strong, intensities(texts, strong), results, kinds)


def reconciled(text: str, result: str, polarity: float) -> str:
    """Return an outcome that goes with the mood: "worked" in a rage is none, and a thing judged
    fit for its job worked, one judged unfit failed."""
    if result == "unknown" and polarity >= _AT_ODDS and says_it_works(text):
        return "worked"
    if result == "unknown" and polarity <= -_AT_ODDS and says_it_fails(text):
        return "failed"
    is_slip = (result == "worked" and polarity <= -_AT_ODDS) or (
        result == "failed" and polarity >= _AT_ODDS
    )
    return "unknown" if is_slip else result


def kind(polarity: float, result: str) -> str:
    """Return pain, praise or experience: what a clause is that states no act."""
    if polarity <= CLEARLY_BAD or (result == "failed" and polarity < CLEARLY_GOOD):
        return "pain"
    return "praise" if polarity >= CLEARLY_GOOD else "experience"
