"""What is shown when a form is not decided: its faults, field by field, or what others decided
meanwhile; both with all that was typed, to be sent again."""

import json
import time
from collections.abc import Mapping
from typing import NamedTuple, get_args

from pipeline.decisions.actions import ACTIONS, Moment, ScoreIs
from pipeline.decisions.log import ConflictError
from pipeline.decisions.wording import Difference, difference, in_words
from pipeline.publish import words
from pipeline.review.forms.filled_in import called
from pipeline.review.forms.sent import LABELS, Form, FormError, targets_of, wanted
from pipeline.review.guard import own_path
from pipeline.review.state.view import View
from pipeline.tables import Decision

_MOST_SHOWN = 20
"""Decisions of one form that are told one by one."""
_LONG = 80
"""Characters from which on a text gets a field of several lines."""
_TEXTS = frozenset({"definition", "change"})
_CARRIED = frozenset({"quotes", "like", "target_id", "action", "mention_id", "earlier_id"}) | {
    "decision_id"
}
"""Fields that nobody types: sent again as they are."""
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "dimension": get_args(ScoreIs.model_fields["dimension"].annotation),
    "decision": get_args(Moment.model_fields["decision"].annotation),
}


_TICKED_FOR = {
    "split": "split again",
    "keep": "keep them",
    "reassign": "move them",
    "discard": "discard them",
}
"""What to do with quotes once they are ticked."""


class Field(NamedTuple):
    """A field of a faulty form, to be mended."""

    name: str
    label: str
    value: str
    fault: str
    options: tuple[tuple[str, str], ...]
    """Value and words of each choice; () for what is typed."""
    is_long: bool


class Later(NamedTuple):
    """A decision in words."""

    who: str
    at: str
    """'' for one that is not made yet"""
    told: str
    rows: tuple[Difference, ...]
    reason: str


def fault_of(
    error: FormError, form: Form, path: str, view: View | None = None
) -> Mapping[str, object]:
    """Return what the page of a faulty form shows; `path` is where to go back to.

    A form in which nothing was ticked cannot be mended here: it is not to be sent again.
    """
    action, unticked = form.one("action"), _unticked(form, view)
    shown = _shown(form, error.faults)
    others = tuple(
        (LABELS.get(name, name), fault)
        for name, fault in error.faults.items()
        if name and name not in shown
    )
    return {
        "told": unticked or error.faults.get("", ""),
        "about": _about(form, view),
        "others": () if unticked else others,
        "to": "/decisions" if action and not unticked else "",
        "fields": tuple(
            Field(
                name,
                LABELS.get(name, name),
                form.one(name),
                error.faults.get(name, ""),
                _options(name, action, view),
                len(form.one(name)) > _LONG or name in _TEXTS,
            )
            for name in shown
        ),
        "kept": form.rest("csrf", *shown),
        "next": path,
    }


def _unticked(form: Form, view: View | None) -> str:
    """Return what to do about a form that lacks the ticks it needs, '' for any other."""
    action = form.one("action")
    if view is None or action not in ACTIONS or action == "add":
        return ""
    has_ticks = any(form.all("quotes")) if action == "split" else bool(targets_of(form, view))
    if has_ticks:
        return ""
    if action in _TICKED_FOR:
        return f"No quote was ticked: go back, tick the quotes and {_TICKED_FOR[action]}."
    return "Nothing was ticked: go back, tick what you mean and decide again."


def _about(form: Form, view: View | None) -> str:
    """Return what a form was about: its first target by name, and how many more."""
    action = form.one("action")
    targets = targets_of(form, view) if view and action in ACTIONS else ()
    if not view or not targets or action == "add":
        return ""
    name = words.cut(called(view, action, targets[0]), _LONG)
    more = f" and {len(targets) - 1} more" if len(targets) > 1 else ""
    return f"{name}{more}" if name else ""


def conflict_of(error: ConflictError, form: Form, view: View, who: str) -> Mapping[str, object]:
    """Return what the page of a conflict shows, with a form that decides all the same."""
    names, fault = view.names(), ""
    own: tuple[Decision, ...] = ()
    try:
        own = _as_decisions(form, view, who)
    except FormError as wrong:
        fault = str(wrong)
    targets = targets_of(form, view)
    return {
        "since": tuple(_later(row, names) for row in error.since),
        "own": tuple(_later(row, names) for row in own[:_MOST_SHOWN]),
        "n_own": len(own),
        "fault": fault,
        "fields": form.rest("csrf", "seen"),
        "seen": tuple(f"{key}:{view.seen(key)}" for key in targets),
        "next": own_path(form.one("next")),
    }


def _as_decisions(form: Form, view: View, who: str) -> tuple[Decision, ...]:
    """Return the decisions a form asks for as if they were made, to be told in words."""
    return tuple(
        Decision(
            "", "", draft.who, draft.action, draft.target_id, draft.argument.model_dump_json(),
            json.dumps(draft.before), draft.reason, draft.period, "", "",
        )
        for draft in wanted(form, view, who, time.time_ns()).drafts
    )  # fmt: skip


def _later(row: Decision, names: Mapping[str, str]) -> Later:
    return Later(row.who, row.at, in_words(row, names), difference(row, names), row.reason)


def _shown(form: Form, faults: Mapping[str, str]) -> tuple[str, ...]:
    """Return the fields that can be mended: those of the action that the form had for somebody to
    type in, those at fault, and why."""
    action = form.one("action")
    if action not in ACTIONS:
        return ()
    known = {name for name, _ in form.fields} | faults.keys()
    # The list of quotes sends where to move them along with a split, which makes its own place.
    skipped = _CARRIED | ({"touchpoint_id"} if action == "split" else set())
    own = ACTIONS[action].argument.model_fields
    typed = [n for n in own if n in LABELS and n in known and n not in skipped]
    return (*typed, "reason")


def _options(name: str, action: str, view: View | None) -> tuple[tuple[str, str], ...]:
    """Return the choices of a field that is none to type in."""
    if name in _CHOICES:
        return tuple((value, value) for value in _CHOICES[name])
    if view is None or name not in ("into", "touchpoint_id"):
        return ()
    if action == "merge_pain":
        pains = [p for found in view.lookup.pains_at.values() for p in found]
        return tuple((p.pain_point_id, words.cut(p.name, _LONG)) for p in pains)
    return tuple((key, point.name) for key, point in view.lookup.touchpoints.items())
