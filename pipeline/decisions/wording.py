"""Decisions in plain words: what was done, and what is different for it.

Ids are told by `names` (any id to what people call it), else by what the reviewer saw, which
`before` holds under these fields:

====================  ============================================================================
field of `before`     what it is
====================  ============================================================================
name                  what the target was called, for touchpoints and pain points
quote                 the quote's words, for keep, reassign and discard
touchpoint_id         where the quote stood, for reassign; whose the hypothesis was
touchpoint_name,      what these were called: the names of `touchpoint_id`, and of the argument's
into_name,            `into`, `source_id` and `target_id`
source_name,
target_name
change                the hypothesis's own words, for its three actions
words                 the other decision in words, for undo and settle; the advice, for dismiss
who                   whose decision is undone, where its words are not known
all others            as in the action's argument: definition, stage, owner, value, review ...
====================  ============================================================================
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from pipeline.decisions.history import ordered, told
from pipeline.errors import shorten
from pipeline.tables import Decision

NAME_WIDTH = 60
"""Characters of a name in a sentence."""
TEXT_WIDTH = 300
"""Characters of a text in a difference: a definition is read there, not only recognised."""
_ODD = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff]")
"""Control characters and those that turn the direction of what follows, also of our words."""

_FIELDS = {
    "name": "Name", "definition": "Definition", "stage": "Stage", "owner": "Owner",
    "backup": "Stands in", "channel": "Channel", "into": "Part of", "effort": "Effort",
    "earlier_id": "Goes on with", "touchpoint_id": "Touchpoint", "decision": "Moment",
    "change": "Change", "resources": "Resources", "measure": "Measure", "target": "Target",
    "side_effects": "Side effects",
}  # fmt: skip
"""Arguments that a difference shows; the others say where something stands, not what it is."""
_IDS = ("into", "earlier_id", "touchpoint_id")
_TAKEN_BACK = {"unmark": "decision", "unlink": "earlier_id"}
"""The field that is empty after the action."""
_STATES = {
    "accept": "accepted", "reject": "rejected", "confirm": "confirmed", "hide": "hidden",
    "keep": "kept", "discard": "discarded", "accept_hypothesis": "accepted",
    "drop_hypothesis": "dropped", "dismiss": "dismissed", "undo": "undone", "settle": "settled",
}  # fmt: skip
"""What a target is after an action that only says yes or no."""
_SUBJECTS = {
    "confirm": "Link", "hide": "Link", "keep": "Quote", "discard": "Quote", "undo": "Decision",
    "settle": "Decision", "dismiss": "Suggestion", "accept_hypothesis": "Hypothesis",
    "drop_hypothesis": "Hypothesis",
}  # fmt: skip
"""What such a target is; the others are touchpoints."""


_UNDID, _BACK = "undid: ", "brought back: "


class Difference(NamedTuple):
    """One thing that a decision makes different; '' where there was or is nothing."""

    field: str
    before: str
    after: str


class _Said(NamedTuple):
    """A decision with what is needed to tell it."""

    row: Decision
    argument: Mapping[str, object]
    before: Mapping[str, object]
    names: Mapping[str, str]

    def text(self, field: str) -> str:
        """Return a field of the argument on one line."""
        return _line(self.argument.get(field))

    def named(self, key: object, was: str = "", otherwise: str = "another touchpoint") -> str:
        """Return in quotes what people call an id, or called it in `before[was]`; never the id."""
        name = _line(self.names.get(str(key)) or self.before.get(was))
        return f"'{name}'" if name else otherwise

    @property
    def place(self) -> str:
        """The touchpoint at which the target stood, '' when unknown."""
        return self.named(self.before.get("touchpoint_id"), "touchpoint_name", "")

    @property
    def target(self) -> str:
        """What the target is called today, else what it was called."""
        kind = "pain point" if self.row.action.endswith("_pain") else "touchpoint"
        return self.named(self.row.target_id, "name", f"a {kind}")

    @property
    def judged(self) -> str:
        """The target as it was called when it was judged, beside what it is called today."""
        was, now = _line(self.before.get("name")), self.target
        return f"'{was}' (now {now})" if was and f"'{was}'" != now else now

    @property
    def whole(self) -> str:
        """What the target becomes a part of."""
        return self.named(self.argument.get("into"), "into_name", "another")

    @property
    def quote(self) -> str:
        """The quote's own words."""
        words = _line(self.before.get("quote") or self.names.get(self.row.target_id))
        return f"the quote “{words}”" if words else "a quote"

    @property
    def hypothesis(self) -> str:
        """The hypothesis's own words, and whose it is."""
        words = _line(self.before.get("change") or self.names.get(self.row.target_id))
        at = f"for {self.place}" if self.place else ""
        return f"the hypothesis “{words}” {at}" if words else f"a hypothesis {at}"

    @property
    def link(self) -> str:
        """The link by its ends."""
        source, target = (
            self.named(self.argument.get(f"{end}_id"), f"{end}_name")
            for end in ("source", "target")
        )
        if self.argument.get("kind") == "influences":
            return f"{source} leads to {target}"
        return f"{target} follows {source}"

    @property
    def other(self) -> str:
        """The decision that this one is about."""
        key = self.argument.get("decision_id", self.row.target_id)
        words = _line(self.names.get(str(key)) or self.before.get("words"), 2 * TEXT_WIDTH)
        who = _line(self.before.get("who"))
        return words or (f"a decision of {who}" if who else "an earlier decision")


def in_words(decision: Decision, names: Mapping[str, str]) -> str:
    """Return what a reviewer did: "renamed 'Letter' to 'Price rise letter'"."""
    said = _Said(decision, told(decision.argument), told(decision.before), names)
    return " ".join(_WORDS[decision.action](said).split())


def all_in_words(decisions: Iterable[Decision], names: Mapping[str, str]) -> dict[str, str]:
    """Return each decision in words, by id; an undo tells what it undid."""
    rows = ordered(decisions)
    known = {**names_given(rows), **names}
    found: dict[str, str] = {}
    for row in rows:
        found[row.decision_id] = in_words(row, {**known, **_other(row, found)})
    return found


def names_given(decisions: Iterable[Decision]) -> dict[str, str]:
    """Return the last known names of what decisions are about, also when no run has it any more."""
    names: dict[str, str] = {}
    for row in ordered(decisions):
        argument, before = told(row.argument), told(row.before)
        if before.get("name"):
            names[row.target_id] = _line(before["name"])
        if row.action in ("rename", "rename_pain", "add"):
            names[row.target_id] = _line(argument.get("name"))
        if row.action == "split":
            names[str(argument.get("touchpoint_id"))] = _line(argument.get("name"))
    return {key: name for key, name in names.items() if name}


def difference(decision: Decision, names: Mapping[str, str]) -> tuple[Difference, ...]:
    """Return what a decision makes different, field by field, for people to compare."""
    said = _Said(decision, told(decision.argument), told(decision.before), names)
    if decision.action == "score":
        return (_score_difference(said),)
    if decision.action == "split":
        return (Difference("Touchpoint", said.target, f"{said.target} and {_new(said)}"),)
    if decision.action in _STATES:
        subject = _SUBJECTS.get(decision.action, "Touchpoint")
        return (Difference(subject, _line(said.before.get("review")), _STATES[decision.action]),)
    if decision.action in _TAKEN_BACK:
        field = _TAKEN_BACK[decision.action]
        was = _value(said, {**said.argument, **said.before}, field)
        return (Difference(_FIELDS[field], was, ""),)
    return tuple(_differences(said))


def _differences(said: _Said) -> Iterator[Difference]:
    """Yield the fields that get another value; of a hypothesis, what is told '' stays."""
    for name, label in _FIELDS.items():
        value, was = said.argument.get(name), said.before.get(name)
        stays = not value and said.row.action == "edit_hypothesis"
        if name not in said.argument or value == was or stays or not (value or was):
            continue
        yield Difference(label, _value(said, said.before, name), _value(said, said.argument, name))


def _score_difference(said: _Said) -> Difference:
    dimension = str(said.argument.get("dimension"))
    was, now = (amount_of(dimension, side.get("value")) for side in (said.before, said.argument))
    return Difference(dimension.capitalize(), was, now)


def _value(said: _Said, fields: Mapping[str, object], name: str) -> str:
    """Return a field as people read it, '' when it is not there."""
    value = fields.get(name)
    if name == "touchpoint_id" and fields is said.before:
        return said.place or ("another touchpoint" if value else "")
    if name in _IDS:
        return said.named(value, f"{name}_name") if value else ""
    if name == "effort" and isinstance(value, int | float):
        return f"{value:g} of 5"
    return _line(value, TEXT_WIDTH)


def _line(value: object, width: int = NAME_WIDTH) -> str:
    """Return a text on one line, without what could break or turn it, cut at `width`."""
    return shorten(_ODD.sub(" ", "" if value is None else str(value)), width)


def amount_of(dimension: str, value: object) -> str:
    """Return a score: emotion with its sign, the rest as a share; '' when there is none."""
    if not isinstance(value, int | float):
        return ""
    if dimension == "emotion":
        return f"{value:+.2f}".replace("-", "−")
    return f"{value * 100:.0f} %"


def _other(row: Decision, found: Mapping[str, str]) -> dict[str, str]:
    """Return the words of the decision that an undo or a settle is about."""
    key = str(told(row.argument).get("decision_id", row.target_id))
    return {key: found[key]} if key in found else {}


def _new(said: _Said) -> str:
    return f"'{said.text('name')}'"


def _rename(said: _Said) -> str:
    old = _line(said.before.get("name")) or _line(said.names.get(said.row.target_id, ""))
    kind = "pain point" if said.row.action == "rename_pain" else "touchpoint"
    was = f"'{old}'" if old and old != said.text("name") else f"a {kind}"
    return f"renamed {was} to {_new(said)}"


def _move(said: _Said) -> str:
    stage = said.text("stage")
    return (
        f"moved {said.target} to the stage '{stage}'"
        if stage
        else (f"took {said.target} out of its stage")
    )


def _own(said: _Said) -> str:
    owner, backup = _line(said.argument.get("owner")), _line(said.argument.get("backup"))
    if not owner:
        return f"left {said.target} without an owner" + (f", {backup} stands in" if backup else "")
    return f"made {owner} the owner of {said.target}" + (f", {backup} stands in" if backup else "")


def _split(said: _Said) -> str:
    quotes = said.argument.get("quotes")
    n = len(quotes) if isinstance(quotes, list) else 0
    return f"split {_new(said)} off {said.target}, with {n} quote{'s' * (n != 1)}"


def _score(said: _Said) -> str:
    dimension = str(said.argument.get("dimension"))
    amount = amount_of(dimension, said.argument.get("value"))
    return f"set the {dimension} of {said.target} to {amount}"


def _reassign(said: _Said) -> str:
    came_from = f"from {said.place} " if said.place else ""
    return f"moved {said.quote} {came_from}to {said.named(said.argument.get('touchpoint_id'))}"


def _moment(said: _Said) -> str:
    did = f"{said.row.action}ed"
    return f"{did} {said.target} as a moment where customers decide to {said.text('decision')}"


def _undo(said: _Said) -> str:
    """Tell an undo of an undo as what came back."""
    other = said.other
    if other.startswith(_UNDID):
        return f"{_BACK}{other.removeprefix(_UNDID)}"
    return f"{_UNDID}{other.removeprefix(_BACK)}"


def _dismiss(said: _Said) -> str:
    words = _line(said.names.get(said.row.target_id) or said.before.get("words"), TEXT_WIDTH)
    return f"dismissed the suggestion: {words}" if words else "dismissed a suggestion"


_WORDS: Mapping[str, Callable[[_Said], str]] = {
    "accept": lambda said: f"accepted {said.judged}",
    "rename": _rename,
    "redefine": lambda said: f"redefined {said.target} as “{said.text('definition')}”",
    "move": _move,
    "own": _own,
    "merge": lambda said: f"merged {said.target} into {said.whole}",
    "split": _split,
    "reject": lambda said: f"rejected {said.judged}",
    "score": _score,
    "effort": lambda said: (
        f"set the effort of {said.target} to {_value(said, said.argument, 'effort')}"
    ),
    "add": lambda said: f"added {_new(said)}",
    "link": lambda said: (
        f"linked {said.target} to {said.named(said.argument.get('earlier_id'))} "
        "of the period before"
    ),
    "unlink": lambda said: f"unlinked {said.target} from the period before",
    "mark": _moment,
    "unmark": _moment,
    "confirm": lambda said: f"confirmed that {said.link}",
    "hide": lambda said: f"hid that {said.link}",
    "keep": lambda said: f"kept {said.quote}",
    "reassign": _reassign,
    "discard": lambda said: f"discarded {said.quote}",
    "rename_pain": _rename,
    "merge_pain": lambda said: f"merged {said.target} into {said.whole}, as one pain point",
    "accept_hypothesis": lambda said: f"accepted {said.hypothesis}",
    "edit_hypothesis": lambda said: f"reworded {said.hypothesis}",
    "drop_hypothesis": lambda said: f"dropped {said.hypothesis}",
    "dismiss": _dismiss,
    "settle": lambda said: f"settled what reviewers saw differently: {said.other}",
    "undo": _undo,
}
