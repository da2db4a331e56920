"""What a clause says beside its topic: mood, strength, outcome, and whether it states an
expectation, a decision or a suggestion."""

from typing import NamedTuple

from pipeline.engines.embedded.acts import stated
from pipeline.engines.embedded.mood import intensities, polarities
from pipeline.engines.embedded.outcomes import outcome
from pipeline.engines.embedding import Matrix

CLEARLY_BAD = -0.35


class Signals(NamedTuple):
    """What each clause says, in the order of the texts."""

    polarity: Matrix
    intensity: Matrix
    outcome: list[str]
    kind: list[str]


def read_signals(texts: list[str], vectors: Matrix) -> Signals:
    """Return mood (-1..1), intensity (0..1), outcome and kind of each clause."""
    outcomes = [outcome(text) for text in texts]
    polarity = polarities(texts, vectors, outcomes)
    kinds = [kind(t, float(p), o) for t, p, o in zip(texts, polarity, outcomes, strict=True)]
    return Signals(polarity, intensities(texts, polarity), outcomes, kinds)


def kind(text: str, polarity: float, result: str) -> str:
    """Return the kind of mention; the stated ones (decision, expectation, suggestion) go first."""
    if act := stated(text):
        return act
    if polarity <= CLEARLY_BAD or (result == "failed" and polarity < 0.2):
        return "pain"
    return "praise" if polarity >= 0.3 else "experience"
