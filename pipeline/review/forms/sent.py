"""A form as it was sent, and the decisions it asks for, checked field by field."""

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import parse_qsl

from pydantic import ValidationError

from pipeline.decisions.actions import ACTIONS, Argument
from pipeline.decisions.lines import clean
from pipeline.decisions.log import Draft
from pipeline.errors import TouchpointsError, shorten
from pipeline.review.forms.examples import Embed, typical
from pipeline.review.forms.filled_in import before, filled_in, is_there, quote_of
from pipeline.review.guard import own_path
from pipeline.review.state.earlier import continued_by
from pipeline.review.state.view import View
from pipeline.text import normalise, stable_id

MOST_FIELDS = 12_000
"""A split of 5,000 quotes has 5,000 fields; 5,000 rows ticked at once have 10,000, for each brings
what was seen of it."""
NEW = "new"
"""The target_id of what is not there yet."""
LONGEST_REASON = 300
_OWN = frozenset({"csrf", "next", "action", "target_id", "seen", "reason"})
_ABOUT_QUOTES = frozenset(name for name, action in ACTIONS.items() if action.target == "mention")
LABELS = {
    "name": "Name",
    "definition": "Definition",
    "stage": "Stage",
    "owner": "Owner",
    "backup": "Backup",
    "channel": "Channel",
    "into": "Merge into",
    "dimension": "Score",
    "value": "Value",
    "effort": "Effort, 1 to 5",
    "earlier_id": "Touchpoint of the period before",
    "decision": "What customers decide",
    "mention_id": "Quote",
    "touchpoint_id": "Touchpoint",
    "quotes": "Quotes",
    "like": "Quotes that show what belongs to it",
    "change": "Change",
    "resources": "Resources",
    "measure": "Measure",
    "target": "Target",
    "side_effects": "Side effects",
    "decision_id": "Decision",
    "reason": "Reason",
    "target_id": "What it is about",
    "action": "Action",
}
"""How fields are called where a fault of theirs is told."""


_SETS = frozenset({"rename", "redefine", "move", "own", "rename_pain"})
"""Actions that put a value in the place of another."""


class FormError(TouchpointsError):
    """A form that cannot be decided: answered with 422 and what was typed."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{LABELS.get(k, k)}: {v}" for k, v in faults.items()))
        self.faults = faults
        """What is wrong, by field; '' for the form as a whole."""


class Form(NamedTuple):
    """What a browser sent, in its order."""

    fields: tuple[tuple[str, str], ...]

    def one(self, name: str) -> str:
        """Return the first value of a field, '' when it was not sent."""
        return next((value for key, value in self.fields if key == name), "")

    def all(self, name: str) -> tuple[str, ...]:
        """Return the values of a field."""
        return tuple(value for key, value in self.fields if key == name)

    def rest(self, *names: str) -> tuple[tuple[str, str], ...]:
        """Return all fields but these, to be sent again."""
        return tuple(pair for pair in self.fields if pair[0] not in names)


class Wanted(NamedTuple):
    """What a form asks for."""

    drafts: tuple[Draft, ...]
    seen: Mapping[str, str]
    """The last decision of each target as the form knew it."""
    next: str


def parse(body: bytes) -> Form:
    """Return the fields of a form, cleaned as the log does; FormError for more of them than any
    form of ours has."""
    try:
        pairs = parse_qsl(
            body.decode("latin-1"), keep_blank_values=True, max_num_fields=MOST_FIELDS,
            errors="replace",
        )  # fmt: skip
    except ValueError as error:
        raise FormError({"": f"more than {MOST_FIELDS:,} fields; choose fewer at once"}) from error
    return Form(tuple((name, clean(value)) for name, value in pairs))


def targets_of(form: Form, view: View) -> tuple[str, ...]:
    """Return what a form is about, each once, as it was sent.

    A list of quotes sends those ticked as `quotes` beside its touchpoint: actions about quotes are
    about these, and about none when none is ticked.
    """
    given = form.all("target_id")
    if form.one("action") in _ABOUT_QUOTES:
        given = form.all("quotes") or tuple(k for k in given if k not in view.lookup.touchpoints)
    return tuple(key for key in dict.fromkeys(given) if key)


def seen_of(form: Form) -> dict[str, str]:
    """Return by target what the form knew: `seen` as 'target:decision', or one for each target."""
    targets, seen = form.all("target_id"), form.all("seen")
    named = dict(value.split(":", 1) for value in seen if ":" in value)
    bare = [value for value in seen if ":" not in value]
    return dict(zip(targets, bare, strict=False)) | named


def wanted(form: Form, view: View, who: str, moment: int, embed: Embed | None = None) -> Wanted:
    """Return the decisions a form asks for; FormError says what is wrong with which field.

    `moment`, in nanoseconds, goes into the id of a touchpoint that is made by it; `embed` tells
    which quotes are typical of one that is split off.
    """
    action = form.one("action")
    if action not in ACTIONS:
        raise FormError({"action": f"there is no action {shorten(action)!r}"})
    reason = " ".join(form.one("reason").split())
    faults = _reason_faults(action, reason)
    targets = _targets(form, view, action, stable_id("reviewer", who, moment))
    drafts = []
    for target_id in targets:
        argument, wrong = _argument(form, view, action, target_id, embed)
        faults |= wrong
        if argument:
            seen = before(view, action, target_id, argument, form.one("told"))
            faults |= _nothing_new(action, argument, seen)
            drafts.append(
                Draft(who, action, target_id, argument, seen, reason, view.manifest.period)
            )
    if faults:
        raise FormError(faults)
    made = targets[0] if action == "add" else ""
    path = own_path(form.one("next"))
    path = path.replace(f"/{NEW}", f"/{made}") if made else path
    return Wanted(tuple(drafts), seen_of(form), path)


def _reason_faults(action: str, reason: str) -> dict[str, str]:
    if ACTIONS[action].needs_reason and not reason:
        return {"reason": "say why: it stands beside the decision for good"}
    if len(reason) > LONGEST_REASON:
        return {"reason": f"at most {LONGEST_REASON} characters"}
    return {}


def _targets(form: Form, view: View, action: str, made: str) -> tuple[str, ...]:
    """Return what the decisions are about, each once; without what the others go into."""
    if action == "add":
        return (made,)
    into = form.one("into")
    given = targets_of(form, view)
    targets = [key for key in given if key != into]
    if not targets:
        if given:
            raise FormError({"into": "choose another: nothing becomes a part of itself"})
        raise FormError({"target_id": "choose at least one"})
    gone = [key for key in targets if not is_there(view, action, key)]
    if gone:
        fault = f"{shorten(gone[0], 40)} is not in this run, or no longer: go back and look again"
        raise FormError({"target_id": fault})
    return tuple(targets)


def _argument(
    form: Form, view: View, action: str, target_id: str, embed: Embed | None
) -> tuple[Argument | None, dict[str, str]]:
    """Return the checked argument of an action for one target, or what is wrong by field."""
    model = ACTIONS[action].argument
    values = _sent(form, model) | filled_in(view, action, target_id)
    if action == "split":
        values["touchpoint_id"] = _part_id(form, view, target_id)
        chosen = [quote_of(view, key) for key in form.all("quotes")]
        values["like"] = values.get("like") or typical(chosen, embed)
    if action == "add":
        values["like"] = _examples(form, view)
    try:
        argument = model.model_validate(values)
    except ValidationError as error:
        return None, {
            str(next(iter(fault["loc"]), "")): _in_words(fault["type"], fault.get("ctx", {}))
            for fault in error.errors(include_url=False)
        }
    wrong = _dangling(view, action, target_id, argument)
    return (None, wrong) if wrong else (argument, {})


def _part_id(form: Form, view: View, target_id: str) -> str:
    """Return the id of what is split off: of its quotes, and of its name as well where the same
    quotes were split off before and moved back."""
    found = stable_id("split", target_id, *form.all("quotes"))
    is_taken = found in view.lookup.touchpoints
    return stable_id(found, form.one("name")) if is_taken else found


def _sent(form: Form, model: type[Argument]) -> dict[str, object]:
    """Return the fields of an argument that were sent; a list's own that are left empty are none
    of it."""
    values: dict[str, object] = {}
    for name, field in model.model_fields.items():
        sent = form.all(name) if name not in _OWN else ()
        if sent and "tuple" in str(field.annotation):
            values[name] = tuple(dict.fromkeys(one for one in sent if one.strip()))
        elif sent:
            values[name] = sent[0]
    return values


def _examples(form: Form, view: View) -> tuple[str, ...]:
    """Return the quotes that show what belongs to a new touchpoint: typed, and ticked ones."""
    ticked = (*form.all("quotes"), *(key for key in form.all("target_id") if key != NEW))
    found = [quote_of(view, key) for key in ticked]
    typed = [text.strip() for text in form.all("like")]
    return tuple(text for text in dict.fromkeys((*typed, *found)) if text)


def _nothing_new(action: str, argument: Argument, seen: Mapping[str, object]) -> dict[str, str]:
    """Return the fault of a decision that leaves its target as it is."""
    says = argument.model_dump()
    if action not in _SETS or any(seen.get(name) != value for name, value in says.items()):
        return {}
    return {next(iter(says)): "it is so already: nothing would change"}


def _dangling(view: View, action: str, target_id: str, argument: Argument) -> dict[str, str]:
    """Return which fields of an argument name what is not there."""
    faults: dict[str, str] = {}
    places = {"merge": "into", "reassign": "touchpoint_id"}
    field = places.get(action, "")
    if field and getattr(argument, field) not in view.lookup.touchpoints:
        faults[field] = "choose a touchpoint of this run"
    if action == "merge_pain" and not is_there(view, action, getattr(argument, "into", "")):
        faults["into"] = "choose a pain point of this run"
    own = {m.mention_id for m in view.lookup.mentions_at.get(target_id, ())}
    if action == "split" and not set(getattr(argument, "quotes", ())) <= own:
        faults["quotes"] = "some belong to another touchpoint by now: go back and look again"
    if action == "mark" and getattr(argument, "mention_id", "") not in own:
        faults["mention_id"] = "choose the quote of this touchpoint that shows it"
    if action in ("add", "split", "rename") and _is_taken(view, action, target_id, argument):
        faults["name"] = "there is a touchpoint of this name: merge the two, or take another name"
    if action == "link":
        faults |= _link_faults(view, target_id, str(getattr(argument, "earlier_id", "")))
    decided = {d.decision_id for d in view.decisions}
    if action == "settle" and getattr(argument, "decision_id", "") not in decided:
        faults["decision_id"] = "there is no such decision"
    return faults


def _is_taken(view: View, action: str, target_id: str, argument: Argument) -> bool:
    """Tell whether another touchpoint has the name that one is to have."""
    own = "" if action == "split" else target_id
    others = (point.name for key, point in view.lookup.touchpoints.items() if key != own)
    return normalise(str(getattr(argument, "name", ""))) in map(normalise, others)


def _link_faults(view: View, target_id: str, earlier_id: str) -> dict[str, str]:
    """Return why a touchpoint cannot go on with one of the period before, {} when it can."""
    if earlier_id not in dict(view.earlier):
        return {"earlier_id": "choose a touchpoint of the period before"}
    other = continued_by(view).get(earlier_id, target_id)
    if other == target_id:
        return {}
    name = view.lookup.touchpoints[other].name
    return {"earlier_id": f"“{name}” goes on with it already: unlink that one first"}


def _in_words(kind: str, about: Mapping[str, object]) -> str:
    """Return a fault that pydantic found, for who filled in the form."""
    told = {
        "missing": "fill this in",
        "string_too_short": "fill this in",
        "string_too_long": f"at most {about.get('max_length')} characters",
        "string_pattern_mismatch": "on one line, without control characters",
        "too_short": "choose at least one",
        "too_long": f"at most {about.get('max_length')} at once",
        "float_parsing": "a number, such as 0.4",
        "finite_number": "a number, such as 0.4",
        "greater_than_equal": f"at least {about.get('ge')}",
        "less_than_equal": f"at most {about.get('le')}",
        "value_error": str(about.get("error", "this cannot be used")),
        "literal_error": f"one of {about.get('expected')}",
    }
    return told.get(kind, "this cannot be used; write it another way")
