"""The log of decisions: who, when, what in words, before and after, why, and what became of it."""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pipeline.decisions.actions import ACTIONS
from pipeline.decisions.history import reviewer
from pipeline.decisions.wording import Difference, all_in_words, difference, names_given
from pipeline.publish import words
from pipeline.review.parts.filtering import page_of
from pipeline.review.parts.states import Ending, endings, left_out
from pipeline.review.state.view import Asked, Page, View
from pipeline.tables import Decision

_PER_PAGE = 40
_SHORT = 60
STATES = {
    "applied": "holds",
    "waiting": "waits: it cannot be applied to this run",
    "superseded": "replaced by a later one",
    "undone": "undone",
}
"""What became of a decision, in words."""
_LIVE = frozenset({"applied", "waiting"})


@dataclass(frozen=True, slots=True)
class Row:
    """One decision as it is told."""

    decision: Decision
    day: str
    time: str
    told: str
    differences: tuple[Difference, ...]
    state: str
    href: str
    """The page of what it is about, '' when this run does not have it."""
    seen: str
    is_undoable: bool
    ending: Ending | None
    """What ended it, None while it counts."""

    @property
    def note(self) -> str:
        """What else is to be known of its state."""
        return self.ending.told if self.ending else self.decision.note

    @property
    def look(self) -> str:
        """Its state as a word; what another decided too was not overruled."""
        return "shared" if self.ending and self.ending.is_shared else self.decision.state

    @property
    def is_undo(self) -> bool:
        """Undoing it brings a decision back."""
        return self.decision.action == "undo"


def build(asked: Asked) -> Mapping[str, object]:
    """Return what history.html shows."""
    view, query = asked.view, asked.query
    chosen = {name: query.get(name, "") for name in ("who", "action", "state")}
    found = [d for d in reversed(view.decisions) if _fits(d, chosen)]
    pages = max(1, math.ceil(len(found) / _PER_PAGE))
    at = page_of(query.get("page", ""), pages)
    part = found[(at - 1) * _PER_PAGE : at * _PER_PAGE]
    waiting = [d for d in reversed(view.decisions) if d.state == "waiting"]
    is_all = not any(chosen.values())
    return {
        "rows": rows_of(view, part),
        "waiting": rows_of(view, waiting) if is_all and at == 1 else (),
        "n_found": len(found),
        "n_all": len(view.decisions),
        "chosen": chosen,
        "people": _options("everybody", _people(view.decisions)),
        "actions": _options("everything", {a: label(a) for a in _actions(view.decisions)}),
        "states": _options("whatever became of it", STATES),
        "at": at,
        "n_pages": pages,
    }


def rows_of(view: View, decisions: Sequence[Decision]) -> tuple[Row, ...]:
    """Return decisions with their words."""
    if not decisions:
        return ()
    names = names_of(view)
    told = all_in_words(view.decisions, names)
    gone, ended = frozenset(o.touchpoint_id for o in left_out(view)), endings(view)
    return tuple(
        Row(
            decision=d,
            day=words.day(d.at),
            time=_time(d.at),
            told=told[d.decision_id],
            differences=difference(d, {**names, **told}),
            state=STATES.get(d.state, d.state),
            href=_href(view, d, gone),
            seen=view.seen(d.decision_id),
            is_undoable=d.state in _LIVE,
            ending=ended.get(d.decision_id),
        )
        for d in decisions
    )


def names_of(view: View) -> dict[str, str]:
    """Return a name for everything that a decision of the log is about, as far as it is known."""
    lookup = view.lookup
    names = {**names_given(view.decisions), **view.names()}
    edges = {edge.edge_id: edge for edge in lookup.edges}
    hypotheses = {h.hypothesis_id: h for own in lookup.hypotheses_at.values() for h in own}
    for target in {d.target_id for d in view.decisions}:
        if mention := lookup.mentions.get(target):
            names[target] = words.cut(mention.quote, _SHORT)
        elif edge := edges.get(target):
            ends = (names.get(end, "?") for end in (edge.source_id, edge.target_id))
            names[target] = " → ".join(ends)
        elif hypothesis := hypotheses.get(target):
            names[target] = words.cut(hypothesis.change, _SHORT)
    return names


def label(action: str) -> str:
    """Return an action as people read it."""
    return action.replace("_", " ")


def _fits(decision: Decision, chosen: Mapping[str, str]) -> bool:
    """Tell whether a decision meets all filters; '' lets all through."""
    who, action, state = chosen["who"], chosen["action"], chosen["state"]
    return (
        (not who or reviewer(decision) == who)
        and (not action or decision.action == action)
        and (not state or decision.state == state)
    )


def _people(decisions: Iterable[Decision]) -> dict[str, str]:
    """Return the reviewers as they last wrote their name, by what is the same for all spellings."""
    return dict(sorted((reviewer(d), d.who) for d in decisions))


def _actions(decisions: Iterable[Decision]) -> list[str]:
    """Return the actions that were used, in the order of the list of all."""
    used = {d.action for d in decisions}
    return [action for action in ACTIONS if action in used]


def _options(everything: str, found: Mapping[str, str]) -> list[tuple[str, str]]:
    return [("", everything), *found.items()]


def _href(view: View, decision: Decision, gone: Collection[str]) -> str:
    """Return the page of what a decision is about; `gone` are the touchpoints merged or rejected,
    whose page offers to bring them back."""
    lookup, target = view.lookup, decision.target_id
    if target in lookup.touchpoints or target in gone:
        return f"/touchpoints/{target}"
    if target in lookup.mentions:
        return f"/quotes/{target}"
    if any(edge.edge_id == target for edge in lookup.edges):
        return f"/links/{target}"
    owned = (
        (key, {pain.pain_point_id for pain in lookup.pains_at.get(key, [])}
         | {h.hypothesis_id for h in lookup.hypotheses_at.get(key, [])})
        for key in lookup.touchpoints
    )  # fmt: skip
    return next((f"/touchpoints/{key}" for key, ids in owned if target in ids), "")


def _time(at: str) -> str:
    """Return the hour of an ISO time."""
    try:
        return f"{datetime.fromisoformat(at):%H:%M}"
    except ValueError:
        return ""


PAGES = (Page("/decisions", "Decisions", "history.html", build),)
