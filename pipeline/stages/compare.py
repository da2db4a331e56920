"""reads documents, turns, mentions, touchpoints, edges, stages, scores, previous
-> writes gaps, failures, changes.

A change is told only when its interval excludes 0 and it survives Benjamini-Hochberg over the
touchpoints of its dimension. Customers heard in both periods are counted in both, as if they were
others: that makes the intervals a little too wide, never too narrow.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd

from pipeline.config import Compare
from pipeline.methods import attainment, measures, promises
from pipeline.methods.failures import find_failures
from pipeline.methods.naming import Texts
from pipeline.methods.statistics import (
    Difference,
    benjamini_hochberg,
    difference_of_means,
    difference_of_shares,
)
from pipeline.methods.timelines import build_events
from pipeline.tables import CHANGES, FAILURES, GAPS, TOUCHPOINTS, Change, Gap, Touchpoint

DIMENSIONS = ("emotion", "function", "frequency", "pain")
_MEANS = ("emotion", "function")
_LEAST_SD = 0.1
_SAID_BEFORE = 0.5
_NEAR_NOTHING = 0.25
"""A pain is resolved when no more than this part of its share of customers is left."""
_NAMED = 3
"""Touchpoints named in the detail of one gap."""


class Compared(NamedTuple):
    """What the stage writes."""

    gaps: pd.DataFrame
    failures: pd.DataFrame
    changes: pd.DataFrame


class _Heard(NamedTuple):
    """One period in numbers by touchpoint."""

    n_all: int
    n_customers: dict[str, int]
    n_pains: dict[str, int]
    means: dict[str, dict[str, np.ndarray[tuple[int], np.dtype[np.float64]]]]
    shown: dict[tuple[str, str], float]
    """the scores that were published, by touchpoint and dimension"""


class _Tables(NamedTuple):
    documents: pd.DataFrame
    mentions: pd.DataFrame
    touchpoints: pd.DataFrame
    scores: pd.DataFrame
    turns: pd.DataFrame


class Previous(_Tables):
    """The period before, under today's touchpoint ids.

    What follows from it alone is worked out once: who compares again should keep it.
    """

    @cached_property
    def heard(self) -> _Heard:
        """The period in numbers."""
        used = measures.usable(self.documents, self.mentions, self.touchpoints)
        return _hear(self.documents, used, self.scores)

    @cached_property
    def said(self) -> tuple[list[str], Texts]:
        """What customers said, turn by turn: who, and the words."""
        told = self.turns[self.turns["speaker"] == "customer"]
        behind = dict(_pairs(measures.voiced(self.documents), "document_id", "customer_id"))
        turns = [row for row in _pairs(told, "document_id", "text") if row[0] in behind]
        return [behind[key] for key, _ in turns], Texts([text for _, text in turns])

    def knowing(self, other: "Previous") -> "Previous":
        """Return this with what was worked out of the words of the same period under other ids:
        decisions change none of them."""
        vars(self)["said"] = other.said
        return self


class _Step(NamedTuple):
    """One touchpoint and dimension before the verdict; `test` is None where it is new."""

    touchpoint_id: str
    dimension: str
    before: float
    after: float
    test: Difference | None
    is_known: bool
    """enough customers had it before for "resolved" to mean anything"""


def compare(  # noqa: PLR0913, PLR0917 - two periods meet here
    documents: pd.DataFrame,
    turns: pd.DataFrame,
    mentions: pd.DataFrame,
    touchpoints: pd.DataFrame,
    edges: pd.DataFrame,
    stages: pd.DataFrame,
    scores: pd.DataFrame,
    previous: Previous | None,
    settings: Compare,
) -> Compared:
    """Return where the experience differs from the plan, and this period from the one before."""
    used = measures.usable(documents, mentions, touchpoints)
    gaps = _find_gaps(build_events(documents, turns, used), touchpoints, edges, stages, settings)
    changes: list[Change] = []
    if previous is not None:
        after = _hear(documents, used, scores)
        doubtful = _doubtful(touchpoints, previous, after)
        found = _find_changes(previous.heard, after, settings)
        changes = [change for change in found if change.touchpoint_id not in doubtful]
    failures = FAILURES.frame(find_failures(used))
    return Compared(GAPS.frame(gaps), failures, CHANGES.frame(changes))


def _find_gaps(
    events: pd.DataFrame,
    touchpoints: pd.DataFrame,
    edges: pd.DataFrame,
    stages: pd.DataFrame,
    settings: Compare,
) -> Iterator[Gap]:
    """Yield where the experience differs from the plan, each with whether the plan can be had."""
    entries = TOUCHPOINTS.rows(touchpoints)
    worked = attainment.worked_well(events)
    for gap in [
        *_find_plan_gaps(entries, measures.counts(events), settings),
        *_find_expectations(events),
        *_find_mixed_messages(events, entries, edges, settings),
    ]:
        had = worked.get(gap.touchpoint_id, attainment.Attained())
        yield gap if gap.kind == "unplanned" else _judge(gap, had, settings)
    yield from _find_other_order(events, entries, edges, stages, settings)


def _judge(gap: Gap, had: attainment.Attained, settings: Compare) -> Gap:
    """Return a gap with how many customers had what was intended."""
    verdict = attainment.verdict(had, settings.min_customers)
    return replace(gap, attainable=verdict, n_attained=had.n_attained, n_telling=had.n_telling)


def _doubtful(touchpoints: pd.DataFrame, previous: Previous, after: _Heard) -> set[str]:
    """Return the discovered touchpoints that one period knows and the other only did not group.

    What no catalogue names is found by grouping, and a theme that stayed loose is not gone. So one
    that is not found again tells nothing, and one that is new must also be new as a word: where
    customers used the words of its name before half as often as now, it is not called new.
    """
    known = set(previous.touchpoints["touchpoint_id"])
    doubtful: set[str] = known - set(touchpoints["touchpoint_id"])
    found = touchpoints[touchpoints["origin"] == "discovered"]
    new = {key: name for key, name in _pairs(found, "touchpoint_id", "name") if key not in known}
    for key, name in new.items():
        customers, texts = previous.said
        now = after.n_customers.get(key, 0) / max(after.n_all, 1)
        before = len({customers[row] for row in texts.naming(name)})
        if before / max(previous.heard.n_all, 1) >= _SAID_BEFORE * now:
            doubtful.add(key)
    return doubtful


def _pairs(frame: pd.DataFrame, first: str, second: str) -> Iterable[tuple[str, str]]:
    return zip(frame[first].tolist(), frame[second].tolist(), strict=True)


def _find_plan_gaps(
    entries: list[Touchpoint], n_customers: dict[str, int], settings: Compare
) -> Iterable[Gap]:
    """Yield what was planned and seen, planned and never told, and not planned."""
    for entry in entries:
        n = n_customers.get(entry.touchpoint_id, 0)
        if entry.origin == "discovered" and n:
            detail = f"not in the catalogue, told by {_customers(n)}"
            yield Gap(entry.touchpoint_id, "unplanned", detail, n)
        if entry.origin == "catalogue" and n >= settings.min_customers:
            yield Gap(entry.touchpoint_id, "as_planned", f"told by {_customers(n)}", n)
        if entry.origin == "catalogue" and not n:
            yield Gap(entry.touchpoint_id, "never_mentioned", "no customer told of it", 0)


def _find_other_order(
    events: pd.DataFrame,
    entries: list[Touchpoint],
    edges: pd.DataFrame,
    stages: pd.DataFrame,
    settings: Compare,
) -> Iterable[Gap]:
    """Yield touchpoints after which customers went on to one of an earlier stage."""
    positions = dict(zip(stages["stage"].tolist(), stages["position"].tolist(), strict=True))
    known = {entry.touchpoint_id: entry for entry in entries if entry.stage in positions}
    place = {key: positions[entry.stage] for key, entry in known.items()}
    follows = edges[
        (edges["kind"] == "follows")
        & edges["source_id"].isin(list(known))
        & edges["target_id"].isin(list(known))
    ]
    against = follows[follows["source_id"].map(place) > follows["target_id"].map(place)]
    against = against.sort_values(["n_customers", "edge_id"], ascending=[False, True])
    ends = [*against["source_id"].tolist(), *against["target_id"].tolist()]
    orders = attainment.Orders(events[measures.among(events["touchpoint_id"], ends)])
    for source, group in against.groupby("source_id"):
        pairs = list(zip(group["target_id"].tolist(), group["n_customers"].tolist(), strict=True))
        named = [
            f"{known[target].name} of the earlier stage {known[target].stage} ({_customers(n)})"
            for target, n in pairs[:_NAMED]
        ]
        more = f" and {len(pairs) - _NAMED} more" if len(pairs) > _NAMED else ""
        detail = f"customers went on from here to {', '.join(named)}{more}"
        had = orders.attained(pairs[0][0], str(source))
        yield _judge(Gap(str(source), "other_order", detail, int(pairs[0][1])), had, settings)


def _find_expectations(events: pd.DataFrame) -> Iterable[Gap]:
    """Yield touchpoints where customers had expected something else, with what they got."""
    for key, broken in promises.broken_expectations(events).items():
        n = promises.n_customers(broken)
        expected, got = broken[0]
        said = (
            f'. Expected: "{expected.quote}" Got: "{got.quote}"' if got else f': "{expected.quote}"'
        )
        yield Gap(key, "expectation", f"{_customers(n)} expected something else{said}", n)


def _find_mixed_messages(
    events: pd.DataFrame, entries: list[Touchpoint], edges: pd.DataFrame, settings: Compare
) -> Iterable[Gap]:
    """Yield touchpoints that did not keep what customers had been told at another."""
    names = {entry.touchpoint_id: entry.name for entry in entries}
    links = edges[edges["is_shown"] | (edges["kind"] == "influences")]
    pairs = set(zip(links["source_id"], links["target_id"], strict=True))
    dated = set(events.loc[events["occurred_at"] != "", "document_id"].tolist())
    found = promises.mixed_messages(events, pairs | {(b, a) for a, b in pairs}, dated)
    most: dict[str, Gap] = {}
    for (first, second), broken in sorted(found.items()):
        n = promises.n_customers(broken)
        told, met = broken[0]
        if n < settings.min_customers or met is None:
            continue
        detail = f'{_customers(n)} told one thing at {names[first]}: "{told.quote}"'
        gap = Gap(second, "mixed_messages", f'{detail} and met another here: "{met.quote}"', n)
        most[second] = max(most.get(second, gap), gap, key=lambda one: one.n_customers)
    yield from most.values()


def _customers(n: int) -> str:
    return "1 customer" if n == 1 else f"{n} customers"


def _hear(documents: pd.DataFrame, used: pd.DataFrame, scores: pd.DataFrame) -> _Heard:
    """Return one period in numbers."""
    values = scores[scores["value"].notna()]
    shown = values.set_index(["touchpoint_id", "dimension"])["value"].to_dict()
    return _Heard(
        n_all=measures.n_customers(documents),
        n_customers=measures.counts(used),
        n_pains=measures.counts(measures.pains(used)),
        means={
            "emotion": measures.by_touchpoint(measures.emotions(used)),
            "function": measures.by_touchpoint(measures.functions(used)),
        },
        shown={(str(key[0]), str(key[1])): float(v) for key, v in shown.items()},  # type: ignore[index]
    )


def _find_changes(before: _Heard, after: _Heard, settings: Compare) -> list[Change]:
    """Return the changes of every touchpoint of either period; nothing where too few can tell."""
    rows: list[Change] = []
    if not before.n_all or not after.n_all:
        return rows
    ids = sorted(before.n_customers.keys() | after.n_customers.keys())
    for dimension in DIMENSIONS:
        step = _step_of_means if dimension in _MEANS else _step_of_shares
        steps = [found for key in ids if (found := step(key, dimension, before, after, settings))]
        tested = [s.test.p_value for s in steps if s.test]
        q_values = iter(benjamini_hochberg(np.array(tested)).tolist())
        for one in steps:
            sure = one.test is not None and next(q_values) <= settings.max_false_discovery
            low, high = (one.test.low, one.test.high) if one.test else (np.nan, np.nan)
            verdict = _verdict(one, sure)
            rows.append(
                Change(one.touchpoint_id, dimension, one.before, one.after, low, high, verdict)
            )
    return rows


def _step_of_means(
    key: str, dimension: str, before: _Heard, after: _Heard, settings: Compare
) -> _Step | None:
    """Return the step of emotion or function; None when too few customers can tell."""
    nothing = np.zeros(0)
    first = before.means[dimension].get(key, nothing)
    second = after.means[dimension].get(key, nothing)
    if len(second) < settings.min_customers:
        return None
    now = after.shown.get((key, dimension), float(second.mean()))
    if key not in before.n_customers:
        return _Step(key, dimension, np.nan, now, None, is_known=False)
    if len(first) < settings.min_customers:
        return None
    # A mean needs two customers for an interval, whatever the setting.
    if min(len(first), len(second)) < 2:
        return None
    test = difference_of_means(first, second, _LEAST_SD)
    then = before.shown.get((key, dimension), float(first.mean()))
    return _Step(key, dimension, then, now, test, is_known=False)


def _step_of_shares(
    key: str, dimension: str, before: _Heard, after: _Heard, settings: Compare
) -> _Step | None:
    """Return the step of frequency or pain; None when both periods hold too few customers."""
    is_pain = dimension == "pain"
    first = (before.n_pains if is_pain else before.n_customers).get(key, 0)
    second = (after.n_pains if is_pain else after.n_customers).get(key, 0)
    if max(first, second) < settings.min_customers:
        return None
    then, now = first / before.n_all, second / after.n_all
    if not first:
        return _Step(key, dimension, np.nan, now, None, is_known=False)
    test = difference_of_shares((first, before.n_all), (second, after.n_all))
    return _Step(key, dimension, then, now, test, first >= settings.min_customers and is_pain)


def _verdict(one: _Step, is_sure: bool) -> str:
    """Return the change in one word."""
    if one.test is None:
        return "new"
    if not is_sure or one.test.low <= 0 <= one.test.high:
        return "steady"
    if one.is_known and one.after <= one.before * _NEAR_NOTHING:
        return "resolved"
    return "rising" if one.test.low > 0 else "falling"
