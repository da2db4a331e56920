"""The page about two periods of one corpus."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from pipeline.comparison.page import (
    Grid,
    Page,
    Section,
    chosen_section,
    more_than,
    records,
    run_line,
    scores_section,
)
from pipeline.comparison.periods import Periods
from pipeline.comparison.sides import SIDES
from pipeline.publish.words import amount, difference, plural, span

_BETTER = {"emotion": 1, "function": 1, "pain": -1}
"""Which way is good for customers; to be met by more of them is neither."""


def periods_page(compared: Periods) -> Page:
    """Return the page about two periods."""
    one, other = compared.first, compared.second
    return Page(
        f"{other.manifest.corpus}: from {one.label} to {other.label}",
        [run_line(one), run_line(other)],
        compared.notes,
        [
            Section("In short", list(_in_short(compared))),
            _changes_section(compared),
            _arrivals_section(compared),
            chosen_section(compared.chosen, one, other),
            scores_section(compared.scores, one, other),
        ],
        compared.changes[["name", "dimension", "before", "after", "low", "high", "verdict"]],
    )


def _in_short(compared: Periods) -> Iterator[str]:
    """Yield what to know when nothing else is read."""
    changes = _of_both(compared)
    ways: dict[int, dict[str, list[str]]] = {1: {}, -1: {}}
    for row in changes.sort_values(["name", "dimension"]).to_dict("records"):
        way = _way(str(row["dimension"]), str(row["verdict"]))
        if way:
            what = str(row["dimension"])
            said = {1: "less pain", -1: "more pain"}[way] if what == "pain" else what
            ways[way].setdefault(str(row["name"]), []).append(said)
    for word, way in (("Better", 1), ("Worse", -1)):
        found = [f"{name} ({', '.join(what)})" for name, what in ways[way].items()]
        yield f"{word} beyond chance: {'; '.join(found) or 'nothing'}."
    sure = compared.arrivals[compared.arrivals["is_sure"]]
    new = sure.loc[sure["heard_in"] == compared.second.label, "name"].tolist()
    if new:
        yield f"New: {', '.join(new)}."
    for side, run in zip(SIDES, (compared.first, compared.second), strict=True):
        own = compared.chosen[compared.chosen[f"is_chosen_{side}"]]
        names = own.sort_values(f"rank_{side}")["name"].tolist()
        yield f"To fix first in {run.label}: {', '.join(names) or 'nothing'}."


def _of_both(compared: Periods) -> pd.DataFrame:
    """Return the changes of touchpoints that were told of in both periods."""
    arrived = compared.arrivals["touchpoint_id"].tolist()
    return compared.changes[~compared.changes["touchpoint_id"].isin(arrived)]


def _way(dimension: str, verdict: str) -> int:
    """Return 1 where customers are better off, -1 where they are worse off, 0 where neither."""
    ways = {"rising": 1, "new": 1, "falling": -1, "resolved": -1}
    return _BETTER.get(dimension, 0) * ways.get(verdict, 0)


def _changes_section(compared: Periods) -> Section:
    """Return what changed beyond chance; what is new as a whole stands among the arrivals."""
    one, other = compared.first.label, compared.second.label
    changes = compared.changes
    told = _of_both(compared).query("verdict != 'steady'")
    n_steady = int((changes["verdict"] == "steady").sum())
    steady = f"{plural(n_steady, 'measure')} did not change beyond chance"
    if told.empty and not n_steady:
        return Section("What changed", ["Too few customers to compare anything."])
    if told.empty:
        return Section("What changed", [f"Nothing beyond chance: {steady}."])
    rows = [
        (
            row["name"], row["dimension"], _amount(row, "before"), _amount(row, "after"),
            _interval(row),
            _verdict(row),
        )
        for row in records(told.sort_values(["name", "dimension"]))
    ]  # fmt: skip
    return Section(
        "What changed",
        grid=Grid(("touchpoint", "measure", one, other, "95 % interval", "verdict"), rows, 2, 4),
        caption=f"95 % interval: of the change; pain, frequency: share of all customers; {steady}",
    )


def _amount(row: dict[str, Any], column: str) -> str:
    """Return a value of a change; '-' when there is none."""
    return amount(row["dimension"], row[column]) or "-"


def _interval(row: dict[str, Any]) -> str:
    """Return the ends of the interval of a change; '-' when there is none."""
    low, high = (difference(row["dimension"], row[end]) for end in ("low", "high"))
    return span(low.removesuffix(" pts"), high) or "-"


def _verdict(row: dict[str, Any]) -> str:
    """Return a verdict with whether customers are better off."""
    word = {1: ", better", -1: ", worse"}.get(_way(row["dimension"], row["verdict"]), "")
    return f"{row['verdict']}{word}"


def _arrivals_section(compared: Periods) -> Section:
    """Return the touchpoints that customers told of in one period only, the sure ones first."""
    arrivals = compared.arrivals
    if arrivals.empty:
        return Section("Told of in one period only", ["Every touchpoint was told of in both."])
    sure = arrivals[arrivals["is_sure"]]
    rows = [
        (
            row["name"], str(row["n_customers"]), row["heard_in"],
            "new" if row["heard_in"] == compared.second.label else "not told of any more",
        )
        for row in records(sure)
    ]  # fmt: skip
    grid = Grid(("touchpoint", "customers", "only in", "so it is"), rows, 1, 1)
    return Section(
        "Told of in one period only",
        [] if rows else ["None for sure."],
        grid if rows else None,
        more_than(sure) + _unsure(arrivals[~arrivals["is_sure"]]),
    )


def _unsure(arrivals: pd.DataFrame) -> str:
    """Return the touchpoints of which one period does not tell whether they are gone or new."""
    said = [
        f"{period}: " + ", ".join(f"{row['name']} ({row['n_customers']})" for row in records(own))
        for period, own in arrivals.groupby("heard_in", sort=False)
    ]
    why = "not sure, for few told of it or grouping may have missed it in the other period: "
    return why + "; ".join(said) if said else ""
