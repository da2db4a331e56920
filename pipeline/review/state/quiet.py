"""Decisions that change nothing but the list of decisions: known without another replay.

Accepting a touchpoint and dismissing a proposal say that something is right as it is. Where nothing
else differs from what was replayed last, all tables but the decisions are the same.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from pipeline.decisions.history import OVER, Fate, fates, ordered
from pipeline.tables import Decision

QUIET = frozenset({"accept", "dismiss"})
_ON_DECISIONS = frozenset({"undo", "settle"})


def replayed_already(
    before: Sequence[Decision], log: Iterable[Decision], there: Mapping[str, object]
) -> tuple[Decision, ...] | None:
    """Return the decisions of the log with state and note; None when a replay has to tell.

    `before`: the decisions of the last replay with theirs, in order; `there`: the touchpoints that
    it left, by id.
    """
    rows = ordered(log)
    n_known = len(before)
    if [d.decision_id for d in rows[:n_known]] != [d.decision_id for d in before]:
        return None
    now, new = fates(rows), rows[n_known:]
    if _loud(rows, now) != _loud(before, fates(before)) or not all(
        _is_simple(row, there) for row in new
    ):
        return None
    if any(_is_back(row, now) for row in before):
        return None
    return tuple(_told(row, now[row.decision_id]) for row in (*before, *new))


def _loud(rows: Iterable[Decision], found: Mapping[str, Fate]) -> list[str]:
    """Return which decisions that change tables count, in order."""
    return [
        row.decision_id
        for row in rows
        if row.action not in QUIET | _ON_DECISIONS and not found[row.decision_id].state
    ]


def _is_simple(row: Decision, there: Mapping[str, object]) -> bool:
    """Tell whether a new decision needs nothing but what it is about to be there."""
    return row.action != "accept" or row.target_id in there


def _is_back(row: Decision, now: Mapping[str, Fate]) -> bool:
    """Tell whether a quiet decision counts again that did not: when it did, others had followed."""
    return row.action in QUIET and row.state in OVER and not now[row.decision_id].state


def _told(row: Decision, fate: Fate) -> Decision:
    """Return a decision with its state: what counts and was not there before is applied."""
    if fate.state:
        return replace(row, state=fate.state, note="")
    if row.state in ("", *OVER):
        return replace(row, state="applied", note="")
    return row
