"""What reviewers made of each touchpoint: accepted, changed, merged or rejected, and who did."""

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.decisions.history import fates, reviewer, told
from pipeline.publish import words
from pipeline.review.state.view import View, is_judgement
from pipeline.tables import Decision

LEFT_OUT = "left_out"
"""The filter under which merged and rejected touchpoints stay reachable."""
STATES = (
    ("new", "new"),
    ("accepted", "accepted"),
    ("changed", "changed"),
    ("added", "added by hand"),
    (LEFT_OUT, "left out"),
)


@dataclass(frozen=True, slots=True)
class State:
    """Where the review of a touchpoint stands."""

    kind: str
    """new, accepted, changed, added, merged or rejected"""
    who: str = ""
    day: str = ""
    told: str = ""
    """the decision in words, '' for a new one"""
    decision_id: str = ""

    @property
    def label(self) -> str:
        """The state with who brought it about."""
        return f"{self.kind} by {self.who}" if self.who else self.kind


NEW = State("new")


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A touchpoint that a decision took out of the network, and what brings it back."""

    touchpoint_id: str
    name: str
    state: State
    reason: str
    seen: str
    """what a form that undoes the decision sends as `seen`"""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a decision stopped to count."""

    told: str
    """By whose decision, and when."""
    is_shared: bool
    """Another reviewer decided the very same: nobody was overruled."""


def arguments(decision: Decision) -> Mapping[str, object]:
    """Return what exactly was decided."""
    return told(decision.argument)


def applied(view: View) -> list[Decision]:
    """Return the decisions that hold in this run, in the order they were made."""
    return [d for d in view.decisions if d.state == "applied"]


def when(at: str) -> str:
    """Return the day and the minute of a decision: one sitting makes many."""
    return f"{words.day(at)}, {at[11:16]} UTC" if len(at) > len("2026-11-22T16") else words.day(at)


def endings(view: View) -> dict[str, Ending]:
    """Return for the decisions that no longer count what ended each, by decision_id."""
    rows, sentences = {d.decision_id: d for d in view.decisions}, view.told()
    found = {}
    for key, fate in fates(view.decisions).items():
        if not fate.state:
            continue
        row, by = rows[key], rows[fate.by]
        same = (row.action, row.argument) == (by.action, by.argument)
        is_shared = fate.state == "superseded" and same and reviewer(row) != reviewer(by)
        did = f"{by.who} {'did the same' if is_shared else sentences[fate.by]}"
        found[key] = Ending(f"{did}, {when(by.at)}", is_shared)
    return found


def states(view: View) -> dict[str, State]:
    """Return the state of every touchpoint that somebody judged; any other is new, whoever owns it
    or knows what it would cost to change.

    The last judgement tells: what was accepted and then renamed is changed.
    """
    found: dict[str, State] = {}
    for decision in applied(view):
        if is_judgement(decision):
            for key in _touched(decision):
                found[key] = _state(view, decision)
    return found


def left_out(view: View) -> tuple[LeftOut, ...]:
    """Return the touchpoints merged or rejected, the last one first."""
    names = view.names()
    last = {
        d.target_id: d
        for d in applied(view)
        if d.action in ("merge", "reject") and d.target_id not in view.lookup.touchpoints
    }
    return tuple(
        LeftOut(
            key, names.get(key, "a touchpoint that is no longer found"),
            _state(view, decision),
            decision.reason, view.seen(decision.decision_id),
        )
        for key, decision in reversed(last.items())
    )  # fmt: skip


def _kind(action: str) -> str:
    """Return the state that a judgement brings about."""
    ends = {"accept": "accepted", "add": "added", "merge": "merged", "reject": "rejected"}
    return ends.get(action, "changed")


def _touched(decision: Decision) -> tuple[str, ...]:
    """Return the touchpoints that a decision changed: its own, and one that it split off."""
    new = arguments(decision).get("touchpoint_id") if decision.action == "split" else ""
    return (decision.target_id, str(new)) if new else (decision.target_id,)


def _state(view: View, decision: Decision) -> State:
    return State(
        _kind(decision.action), decision.who, words.day(decision.at),
        view.told()[decision.decision_id], decision.decision_id,
    )  # fmt: skip
