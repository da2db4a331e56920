"""Where the time of a run goes: rows of profile.csv."""

from collections.abc import Iterator
from typing import NamedTuple

from tests.bench.corpora import Ran

COLUMNS = ("run", "corpus", "step", "seconds", "share", "peak_mb", "rows", "embeddings_per_second")
EMBED = "vectors alone"
PUBLISH = "start"
WHOLE = "whole run"


class Timing(NamedTuple):
    """What one step of a run took."""

    corpus: str
    step: str
    seconds: float
    share: float
    """Of the wall time of the whole run."""
    peak_mb: float
    """Highest resident memory up to the end of the step; 0 where it was not measured."""
    rows: int
    rate: float = 0.0
    """Vectors a second, for the step that does nothing else."""


def timings_of(corpus: str, ran: Ran) -> Iterator[Timing]:
    """Yield the steps of a run; what the steps leave of the wall time is start and publishing."""
    steps = ran.manifest.steps
    for one in steps:
        share = one.seconds / ran.seconds
        yield Timing(corpus, one.step, one.seconds, share, one.peak_mb, one.rows_in)
    rest = ran.seconds - sum(one.seconds for one in steps)
    yield Timing(corpus, PUBLISH, rest, rest / ran.seconds, 0.0, 0)
    peak = max(one.peak_mb for one in steps)
    yield Timing(corpus, WHOLE, ran.seconds, 1.0, peak, steps[0].used)


def row(label: str, one: Timing) -> tuple[str, ...]:
    """Return a timing as a row of profile.csv; what was not measured is empty."""
    return (
        label, one.corpus, one.step, f"{one.seconds:.2f}", f"{one.share:.3f}",
        f"{one.peak_mb:.0f}" if one.peak_mb else "", str(one.rows),
        f"{one.rate:.0f}" if one.rate else "",
    )  # fmt: skip
