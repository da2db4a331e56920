"""Two finished runs compared: two readings of the same documents, or two periods of one corpus."""

from pathlib import Path

from pipeline.comparison.page import Page
from pipeline.comparison.periods import Periods, compare_periods
from pipeline.comparison.periods_page import periods_page
from pipeline.comparison.readings import Readings, compare_readings, customers_turns
from pipeline.comparison.readings_page import readings_page
from pipeline.comparison.sides import Run
from pipeline.errors import ConfigError, ContractError, shorten
from pipeline.schema import Tables
from pipeline.store import read_run

SAME_DOCUMENTS = 0.5
"""Runs of which at least this part of the customers' turns is the same read the same documents."""
NEEDED = (
    "documents", "turns", "mentions", "touchpoints", "edges", "moments", "stages", "scores",
    "priorities",
)  # fmt: skip
"""Tables without which nothing can be compared."""


def page_of(compared: Readings | Periods) -> Page:
    """Return the page about two runs."""
    return readings_page(compared) if isinstance(compared, Readings) else periods_page(compared)


def compare_runs(first: Path, second: Path) -> Readings | Periods:
    """Return what two runs agree on, or what changed between them where their documents differ.

    ConfigError when there is no run, or when the runs have nothing to do with each other;
    ContractError when a run misses a table.
    """
    one, other = _read(first, "A"), _read(second, "B")
    if first.resolve() == second.resolve():
        raise ConfigError(f"{first} and {second} are one and the same run; name two")
    turns = _aligned(one.tables, other.tables)
    most = max(len(customers_turns(run.tables)) for run in (one, other))
    spans = [(run.manifest.end, run.manifest.start) for run in (one, other)]
    is_one_corpus = one.manifest.corpus == other.manifest.corpus
    is_silent = most == 0 and is_one_corpus and spans[0] == spans[1]
    if is_silent or (turns and len(turns) >= SAME_DOCUMENTS * most):
        return compare_readings(one, other, turns)
    if not is_one_corpus:
        raise ConfigError(
            f"{first} is a run of {shorten(one.manifest.corpus)!r}, {second} of "
            f"{shorten(other.manifest.corpus)!r}, and they share no documents to speak of; "
            "compare two runs of one corpus"
        )
    if spans[0] == spans[1]:
        raise ConfigError(
            f"{first} and {second} are of one period, {one.manifest.period}, yet only "
            f"{len(turns):,} of {most:,} customers' turns are the same: the sources were "
            "changed in between; run the older one again"
        )
    earlier, later = (one, other) if spans[0] < spans[1] else (other, one)
    return compare_periods(earlier, later, len(turns))


def _read(folder: Path, label: str) -> Run:
    """Read a run with the tables that are compared."""
    tables, manifest = read_run(folder)
    missing = [name for name in NEEDED if name not in tables]
    if missing:
        raise ContractError(f"{folder}: {missing[0]}.parquet is missing; run the period again")
    return Run(folder, tables, manifest, label)


def _aligned(first: Tables, second: Tables) -> dict[str, str]:
    """Return for customers' turns of the second run the same turn of the first.

    It has the same id and text; or, where rows were added above it, the same text in the same file.
    """
    ones, others = customers_turns(first), customers_turns(second)
    texts = dict(zip(ones["turn_id"], ones["text"], strict=True))
    same = {
        key: key
        for key, text in zip(others["turn_id"], others["text"], strict=True)
        if texts.get(key) == text
    }
    place = ["path", "text", "nth"]
    left = [
        turns[~turns["turn_id"].isin(list(same))]
        .assign(nth=lambda rest: rest.groupby(["path", "text"]).cumcount())
        .set_index(place)["turn_id"]
        for turns in (ones, others)
    ]
    moved = left[0].to_frame("first").join(left[1].to_frame("second"), how="inner")
    return same | dict(zip(moved["second"].tolist(), moved["first"].tolist(), strict=True))
