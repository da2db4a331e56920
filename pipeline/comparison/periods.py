"""Two periods of one corpus: what changed from the earlier to the later."""

from collections.abc import Iterator
from typing import NamedTuple

import pandas as pd

from pipeline.comparison.sides import Run, chosen_of, names_of, scores_of, settings_notes
from pipeline.config import Settings
from pipeline.stages.compare import Previous, compare
from pipeline.tables import TOUCHPOINTS


class Periods(NamedTuple):
    """Two periods of one corpus, the earlier one first."""

    first: Run
    second: Run
    notes: list[str]
    changes: pd.DataFrame
    """the table `changes` with the touchpoints' names"""
    arrivals: pd.DataFrame
    """touchpoints of one period only: touchpoint_id, heard_in, name, n_customers, is_sure"""
    chosen: pd.DataFrame
    scores: pd.DataFrame


def compare_periods(earlier: Run, later: Run, n_same: int) -> Periods:
    """Return what changed from one period to the next, by the method of every run's `changes`."""
    one = earlier._replace(label=earlier.manifest.period)
    other = later._replace(label=later.manifest.period)
    settings = Settings.model_validate(other.manifest.settings).compare
    now, before = other.tables, one.tables
    done = compare(
        now["documents"], now["turns"], now["mentions"], now["touchpoints"], now["edges"],
        now["stages"], now["scores"], Previous(*(before[name] for name in Previous._fields)),
        settings,
    )  # fmt: skip
    names = names_of(other, one)
    changes = done.changes.assign(name=[names[key] for key in done.changes["touchpoint_id"]])
    return Periods(
        first=one,
        second=other,
        notes=list(_notes(one, other, n_same)),
        changes=changes,
        arrivals=_arrivals(one, other, changes, settings.min_customers),
        chosen=chosen_of(one, other),
        scores=scores_of(one, other),
    )


def _notes(one: Run, other: Run, n_same: int) -> Iterator[str]:
    """Yield what else than customers may be behind a change."""
    engines = [run.manifest.engine for run in (one, other)]
    if engines[0] != engines[1]:
        kinds = [engine.split(" ")[0] for engine in engines]
        named = kinds if kinds[0] != kinds[1] else engines
        yield (
            f"{one.label} was read by {named[0]}, {other.label} by {named[1]}: what looks better "
            "or worse may be the engine's doing; run one of the two again to know"
        )
    if n_same:
        yield (
            f"the periods share {n_same:,} turns of customers, which stand on both sides: changes "
            "look smaller than they are"
        )
    if other.manifest.previous != one.manifest.period:
        yield (
            f"{other.label} was not run after {one.label}: a touchpoint that no catalogue has "
            "counts as the same only where it has the same name"
        )
    yield from settings_notes(one, other)


def _arrivals(one: Run, other: Run, changes: pd.DataFrame, least: int) -> pd.DataFrame:
    """Return the touchpoints that customers told of in one period only, most customers first.

    `is_sure` is false where fewer than `least` customers told of one, and for one that was found by
    grouping and may only have stayed loose in the other period; which of those are new as words
    too, the stage `compare` tells.
    """
    new = set(changes.loc[changes["verdict"] == "new", "touchpoint_id"])
    told = [
        run.tables["touchpoints"].query("n_mentions > 0").set_index("touchpoint_id")
        for run in (one, other)
    ]
    rows = [
        (
            row.touchpoint_id, run.label, row.name, row.n_customers,
            row.n_customers >= least and (row.origin == "catalogue" or row.touchpoint_id in new),
        )
        for run, own, others in ((other, told[1], told[0]), (one, told[0], told[1]))
        for row in TOUCHPOINTS.rows(own[~own.index.isin(others.index)].reset_index())
    ]  # fmt: skip
    columns = ["touchpoint_id", "heard_in", "name", "n_customers", "is_sure"]
    found = pd.DataFrame(rows, columns=columns).astype({"is_sure": "bool"})
    order = ["heard_in", "n_customers", "name"]
    return found.sort_values(order, ascending=[False, False, True], ignore_index=True)
