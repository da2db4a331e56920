"""A decision as a line of the log, and a line as a checked decision."""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import numpy as np
from pydantic import (
    BaseModel,
    ConfigDict,
    JsonValue,
    StringConstraints,
    ValidationError,
    field_validator,
)

from pipeline.decisions.actions import ACTIONS, Id
from pipeline.errors import ContractError, InputError, nearest, shorten
from pipeline.tables import Decision
from pipeline.text import stable_id

_MARKERS = (b"<<<<<<<", b"|||||||", b"=======", b">>>>>>>")
"""How git begins the lines of a merge it could not make."""
PUT_BACK = "put the line back as git has it"
"""What to do about a line that cannot be read."""
_LINE_BREAK = r"\x00-\x1f\x7f-\x9f\u2028\u2029"
_OneLine = StringConstraints(max_length=80, pattern=rf"^[^{_LINE_BREAK}]*$")
_ESCAPED = re.compile(r"[\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff]")
"""Characters JSON may hold as they are, but at which editors break a line or turn it around."""
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


class _Line(BaseModel):
    """What stands on a line."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    decision_id: Id
    at: Annotated[
        str, StringConstraints(pattern=r"^2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$")
    ]
    """All of one form: their order as text is their order in time."""
    who: Annotated[str, _OneLine, StringConstraints(min_length=1)]
    action: str
    target_id: Id
    argument: dict[str, JsonValue]
    before: dict[str, JsonValue]
    reason: Annotated[str, StringConstraints(max_length=2_000)]
    period: Annotated[str, _OneLine]

    @field_validator("at")
    @classmethod
    def _is_a_time(cls, at: str) -> str:
        """Refuse what has the form of a time and is none, such as the 31st of February."""
        try:
            datetime.fromisoformat(at)
        except ValueError as error:
            raise ValueError("there is no such time") from error
        return at


def to_line(content: Mapping[str, object]) -> bytes:
    """Return the line, without its end, of a decision that has every field but its id."""
    plain = {name: _plain(value) for name, value in content.items()}
    text = _json({**plain, "decision_id": _decision_id(plain)})
    return _ESCAPED.sub(lambda odd: f"\\u{ord(odd[0]):04x}", text).encode()


def from_line(line: bytes, place: str, todo: str = PUT_BACK) -> Decision:
    """Return the decision on a line; InputError, `place` first and `todo` last, if it has none."""
    if line.startswith(_MARKERS):
        raise InputError(
            f"{place}: a conflict git left open; keep the decisions of both sides, in any order, "
            "and delete the lines that begin with <<<<<<<, ======= or >>>>>>>"
        )
    try:
        row = _Line.model_validate_json(line)
        found = row.model_dump()
        argument, before = _json(found["argument"]), _json(found["before"])
    except (ValueError, RecursionError) as error:
        raise InputError(f"{place}: not a decision ({_fault(error)}); {todo}") from error
    _check_argument(row.action, argument, place, todo)
    expected = _decision_id(found)
    if row.decision_id != expected:
        raise InputError(
            f"{place}: changed by hand since it was decided (its decision_id is "
            f"{row.decision_id}, what it says makes {expected}); {todo}, and to change a "
            "decision undo it in `touchpoints review` and decide anew"
        )
    return Decision(**{**found, "argument": argument, "before": before}, state="", note="")


def is_json(line: bytes) -> bool:
    """Tell whether a line is whole: one that was torn while it was written is no JSON."""
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def clean(text: str) -> str:
    """Return text that any file can hold: whole characters, line ends as '\\n', no controls."""
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return _CONTROL.sub("", whole.replace("\r\n", "\n").replace("\r", "\n"))


def _check_argument(action: str, argument: str, place: str, todo: str) -> None:
    """Raise InputError for an action that nobody knows or an argument that is not its own."""
    if action not in ACTIONS:
        raise InputError(
            f"{place}: unknown action {shorten(action)!r}{nearest(action, ACTIONS)}; "
            f"{todo}, or update touchpoints if a newer version wrote it"
        )
    try:
        ACTIONS[action].argument.model_validate_json(argument)
    except ValidationError as error:
        raise InputError(
            f"{place}: {action!r} cannot be told {shorten(argument)} ({_fault(error)}); {todo}"
        ) from error


def _decision_id(content: Mapping[str, Any]) -> str:
    """Return the hash of all that a line says."""
    names = ("at", "who", "action", "target_id", "argument", "before", "reason", "period")
    parts = (content[name] for name in names)
    return stable_id(*(part if isinstance(part, str) else _json(part) for part in parts))


def _json(value: object) -> str:
    """Return JSON on one line with sorted keys; ValueError for what is no number."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False)


def _plain(value: object) -> JsonValue:
    """Return what JSON can hold: clean text, lists, and None for a missing number."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, str):
        return clean(value)
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if abs(value) < float("inf") else None
    if isinstance(value, Mapping):
        return {clean(str(key)): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    raise ContractError(f"a decision cannot hold a {type(value).__name__}: {shorten(value)}")


def _fault(error: Exception) -> str:
    """Return in a few words what is wrong with a line."""
    if not isinstance(error, ValidationError):
        return shorten(error) or type(error).__name__
    first = error.errors(include_url=False)[0]
    where = ".".join(map(str, first["loc"]))
    said = first["msg"].removeprefix("Value error, ")
    return shorten(f"{where}: {said}" if where else said, 160)
