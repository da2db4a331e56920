"""JSON files (.json, .jsonl) → records: a list of turns, conversations with metadata, or rows."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.config import Columns, Source
from pipeline.errors import InputError, shorten
from pipeline.sources.decode import clean, decode
from pipeline.sources.records import (
    HEADER_DEFAULTS,
    TURN_DEFAULTS,
    TURN_ROLES,
    Fault,
    Parsed,
    Record,
    Row,
    SourceFile,
    Utterance,
    match_roles,
    missing_names,
    value_of,
)
from pipeline.sources.rows import read_rows

_TURN_KEYS = ("turns", "messages", "utterances", "conversation", "transcript", "dialogue")
_TALK = frozenset({"call", "chat"})


def read_json(file: SourceFile, source: Source) -> Parsed:
    """Read one JSON value; InputError says where it breaks."""
    text = decode(file.data, file.path)
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(
            f"{file.path}: line {error.lineno}, column {error.colno}: invalid JSON: {error.msg}"
        ) from error
    except RecursionError as error:
        raise InputError(f"{file.path}: JSON nested too deeply to read") from error
    items = value if isinstance(value, list) else [value]
    if isinstance(value, list) and _is_list_of_turns(value, source):
        items = [{"turns": value}]
    located = [("" if len(items) == 1 else f"item {n}", v) for n, v in enumerate(items, start=1)]
    return _read_items(file.path, source, located, [])


def read_jsonl(file: SourceFile, source: Source) -> Parsed:
    """Read one JSON object per line; a line that is none is a fault."""
    located: list[tuple[str, Any]] = []
    faults: list[Fault] = []
    for number, line in enumerate(decode(file.data, file.path).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            located.append((f"row {number}", json.loads(line)))
        except (json.JSONDecodeError, RecursionError) as error:
            detail = f"line {number}: invalid JSON: {shorten(error)}"
            faults.append(Fault(f"row {number}", "broken_row", detail))
    return _read_items(file.path, source, located, faults)


def _read_items(
    path: str, source: Source, located: Sequence[tuple[str, Any]], faults: list[Fault]
) -> Parsed:
    """Read objects as conversations where they hold turns, else as the rows of a table."""
    objects = [(where, item) for where, item in located if isinstance(item, dict)]
    faults = faults + [
        Fault(where, "broken_row", f"not a JSON object: {shorten(item)}")
        for where, item in located
        if not isinstance(item, dict)
    ]
    talks = [(where, item, key) for where, item in objects if (key := _turn_key(item))]
    if not talks:
        rows = [Row(where or "item 1", _flatten(item)) for where, item in objects]
        names = list(dict.fromkeys(name for row in rows for name in row.fields))
        return read_rows(path, source, names, rows, faults)
    faults += [
        Fault(where, "broken_row", "no list of turns in this object")
        for where, item in objects
        if not _turn_key(item)
    ]
    return _read_talks(talks, source, faults)


def _read_talks(
    talks: Sequence[tuple[str, dict[str, Any], str]], source: Source, faults: list[Fault]
) -> Parsed:
    """Return a record per conversation; columns of turns are looked up in the turns."""
    metadata = [_flatten({k: v for k, v in item.items() if k != key}) for _, item, key in talks]
    names = list(dict.fromkeys(name for fields in metadata for name in fields))
    roles = match_roles(source.columns, names, HEADER_DEFAULTS)
    roles = {role: name for role, name in roles.items() if role not in TURN_ROLES}
    records: list[Record] = []
    seen: set[str] = set()
    for (where, item, key), fields in zip(talks, metadata, strict=True):
        given = value_of(fields, roles, "id")
        locator = f"id {given}" if given and f"id {given}" not in seen else where
        seen.add(locator)
        turns = tuple(_read_turn(turn, source.columns) for turn in item[key])
        records.append(Record(locator, fields, turns, "dialogue"))
    return Parsed(records, faults, roles, missing_names(source.columns, roles, TURN_ROLES))


def _is_list_of_turns(values: Sequence[Any], source: Source) -> bool:
    """Tell whether a list is one conversation: a call or chat whose items hold no turns."""
    if source.kind not in _TALK or source.columns.conversation:
        return False
    return bool(values) and not any(isinstance(v, dict) and _turn_key(v) for v in values)


def _turn_key(item: Mapping[str, Any]) -> str:
    """Return the key whose value is the list of turns, '' when there is none."""
    lists = [key for key, value in item.items() if isinstance(value, list) and value]
    for key in lists:
        if key.casefold() in _TURN_KEYS:
            return key
    full = [key for key in lists if all(isinstance(v, dict) for v in item[key])]
    return full[0] if len(full) == 1 else ""


def _read_turn(turn: object, columns: Columns) -> Utterance:
    """Read a turn given as an object, as a [speaker, text] pair or as a bare text."""
    if isinstance(turn, dict):
        fields = _flatten(turn)
        roles = match_roles(columns, fields, TURN_DEFAULTS)
        text, name, at = (value_of(fields, roles, role) for role in ("text", "speaker", "at"))
        return Utterance(text, name, at)
    if isinstance(turn, list) and len(turn) == 2:
        return Utterance(_text_of(turn[1]), _text_of(turn[0]))
    return Utterance(_text_of(turn))


def _flatten(item: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Return an object's values as text; inner objects give names such as `customer.id`."""
    flat: dict[str, str] = {}
    for key, value in item.items():
        name = f"{prefix}{clean(str(key))}"
        if isinstance(value, dict) and prefix.count(".") < 8:
            flat |= _flatten(value, f"{name}.")
        else:
            flat[name] = _text_of(value)
    return flat


def _text_of(value: object) -> str:
    """Return a JSON value as text: true, 5, or the items of a list."""
    if value is None:
        return ""
    if isinstance(value, str):
        # Two escaped halves of one character come in as a pair of surrogates.
        return clean(value.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
    if isinstance(value, float) and value.is_integer():
        return str(int(value)) if abs(value) < 1e15 else repr(value)
    if isinstance(value, list) and not any(isinstance(v, dict | list) for v in value):
        return "; ".join(_text_of(v) for v in value)
    return clean(json.dumps(value, ensure_ascii=False))
