"""What two runs say of the same touchpoints, side by side."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from pipeline.errors import shorten
from pipeline.manifest import Manifest
from pipeline.schema import Tables

DIMENSIONS = ("emotion", "function", "frequency", "impact")
SIDES = ("first", "second")
_TOP = 10
"""Of each run, the touchpoints told by most customers whose scores stand side by side."""


class Run(NamedTuple):
    """A finished run under the name it has in the comparison."""

    folder: Path
    tables: Tables
    manifest: Manifest
    label: str
    """`embedded` and `llm`, or the period, or A and B"""


def names_of(one: Run, other: Run) -> dict[str, str]:
    """Return the name of each touchpoint of either run, the first run's where both have it."""
    found: dict[str, str] = {}
    for run in (other, one):
        rows = run.tables["touchpoints"]
        found |= dict(zip(rows["touchpoint_id"].tolist(), rows["name"].tolist(), strict=True))
    return found


def chosen_of(one: Run, other: Run) -> pd.DataFrame:
    """Return what either run puts first: name, and rank, reach and is_chosen of each.

    A touchpoint that a run does not rank at all has the rank NaN there.
    """
    columns = ["rank", "reach", "is_chosen"]
    tables = [
        run.tables["priorities"].set_index("touchpoint_id")[columns].add_suffix(f"_{side}")
        for run, side in zip((one, other), SIDES, strict=True)
    ]
    joined = tables[0].join(tables[1], how="outer")
    for side in SIDES:
        joined[f"is_chosen_{side}"] = joined[f"is_chosen_{side}"].eq(True)
    rows = joined[joined["is_chosen_first"] | joined["is_chosen_second"]]
    names = names_of(one, other)
    return (
        rows.assign(name=[names[key] for key in rows.index])
        .sort_values(["rank_first", "rank_second", "name"])
        .reset_index(drop=True)
    )


def scores_of(one: Run, other: Run) -> pd.DataFrame:
    """Return the scores of the ten touchpoints told by most customers in either run.

    Columns: name; for each dimension and side its value and label, as `emotion_first` and
    `emotion_label_first`. The touchpoints told by most customers of the first run come first.
    """
    runs = dict(zip(SIDES, (one, other), strict=True))
    counts = {
        side: run.tables["touchpoints"].set_index("touchpoint_id")["n_customers"]
        for side, run in runs.items()
    }
    names = names_of(one, other)
    ids = sorted(
        {key for side in SIDES for key in _most_told(counts[side], names)},
        key=lambda key: (-counts["first"].get(key, 0), -counts["second"].get(key, 0), names[key]),
    )
    found: dict[str, list[Any]] = {"name": [names[key] for key in ids]}
    for side, run in runs.items():
        scores = run.tables["scores"].set_index(["touchpoint_id", "dimension"])
        values, labels = scores["value"].to_dict(), scores["label"].to_dict()
        for dimension in DIMENSIONS:
            found[f"{dimension}_{side}"] = [values.get((key, dimension), np.nan) for key in ids]
            found[f"{dimension}_label_{side}"] = [labels.get((key, dimension), "") for key in ids]
    return pd.DataFrame(found)


def _most_told(counts: pd.Series, names: Mapping[str, str]) -> list[str]:
    """Return the touchpoints told by most customers."""
    told = [(-int(n), names[str(key)], str(key)) for key, n in counts.items() if n]
    return [key for _, _, key in sorted(told)[:_TOP]]


def settings_notes(one: Run, other: Run) -> Iterator[str]:
    """Yield the settings in which two runs differ, and whether other code made them."""
    ones, others = (dict(_flat(run.manifest.settings)) for run in (one, other))
    by_engine = one.manifest.engine.split("-")[0] != other.manifest.engine.split("-")[0]
    for key in sorted(ones.keys() | others.keys()):
        section = key.split(".")[0]
        if section in {"period", "periods"} or (section == "engine" and by_engine):
            continue
        if ones.get(key) != others.get(key):
            values = (shorten(side.get(key, "not set"), 40) for side in (ones, others))
            yield f"setting {key}: {' against '.join(values)}"
    versions = [run.manifest.versions.get("touchpoints", "") for run in (one, other)]
    if versions[0] != versions[1]:
        yield f"made by versions {versions[0]} and {versions[1]} of touchpoints"


def _flat(settings: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each setting with its full name."""
    for key, value in settings.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value
