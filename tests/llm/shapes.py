"""JSON schemas: what OpenAI's strict mode takes, and answers held to them."""

import json
import re
from functools import lru_cache

from tests.llm.wire import ApiError

ALLOWED = {
    "type", "properties", "required", "additionalProperties", "items", "enum", "const", "anyOf",
    "$ref", "$defs", "definitions", "description", "title",
}  # fmt: skip
"""Narrower than OpenAI's newest models, which also take minimum, pattern ...: older ones and other
providers do not, and a request should fit them all."""
TYPES = {"string", "number", "integer", "boolean", "object", "array", "null"}
MAX_DEPTH = 10
MAX_PROPERTIES = 5000
NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
EMPTY = {"string": "", "number": 0.0, "integer": 0, "boolean": False, "array": [], "null": None}


def check_format(response_format: dict) -> None:
    """Raises the 400 of OpenAI if a json_schema is not one that strict mode takes."""
    named = response_format.get("json_schema")
    if not isinstance(named, dict) or "name" not in named:
        raise ApiError(
            400,
            "Missing required parameter: 'response_format.json_schema'.",
            "missing_required_parameter",
            param="response_format.json_schema",
        )
    if not NAME.fullmatch(str(named["name"])):
        raise ApiError(
            400,
            f"Invalid 'response_format.json_schema.name': {named['name']!r} does not match the "
            "pattern '^[a-zA-Z0-9_-]+$' of at most 64 characters.",
            "invalid_value",
            param="response_format.json_schema.name",
        )
    if named.get("strict"):
        fault = find_fault(json.dumps(named.get("schema") or {}))
        if fault:
            raise ApiError(
                400,
                f"Invalid schema for response_format '{named['name']}': {fault}",
                param="response_format",
            )


@lru_cache(maxsize=64)
def find_fault(schema: str) -> str:
    """What strict mode would refuse in the schema (as JSON text), or ''."""
    root = json.loads(schema)
    if root.get("type") != "object" or "anyOf" in root:
        kind = root.get("type")
        return f"schema must be a JSON Schema of 'type: \"object\"', got 'type: \"{kind}\"'."
    return _fault_in(root, root, (), 0)


def _fault_in(node: dict, root: dict, where: tuple[str, ...], depth: int) -> str:
    fault = _fault_of(node, root, depth)
    if fault:
        return f"In context={where}, {fault}"
    for name, child, deeper in _children(node):
        fault = _fault_in(child, root, (*where, *name), depth + deeper)
        if fault:
            return fault
    return ""


def _children(node: dict) -> list[tuple[tuple[str, ...], dict, int]]:
    """Every schema right inside one: its place, itself, and whether it nests deeper."""
    found = [(("properties", k), v, 1) for k, v in node.get("properties", {}).items()]
    found += [(("items",), node["items"], 1)] if "items" in node else []
    found += [(("anyOf", str(n)), v, 0) for n, v in enumerate(node.get("anyOf", []))]
    for key in ("$defs", "definitions"):
        found += [((key, k), v, 0) for k, v in node.get(key, {}).items()]
    return found


def _fault_of(node: dict, root: dict, depth: int) -> str:
    """What is wrong with one schema, whatever stands inside it."""
    unknown = sorted(set(node) - ALLOWED)
    if unknown:
        return f"'{unknown[0]}' is not permitted."
    if depth > MAX_DEPTH:
        return f"nesting of more than {MAX_DEPTH} levels is not permitted."
    return _fault_of_ref(node, root) if "$ref" in node else _fault_of_type(node)


def _fault_of_type(node: dict) -> str:
    kinds = node.get("type")
    named = kinds if isinstance(kinds, list) else [kinds]
    if kinds is None and not {"anyOf", "enum", "const"} & set(node):
        return "schema must have a 'type' key."
    if kinds is not None and not set(named) <= TYPES:
        return f"'{kinds}' is not a valid type."
    if "array" in named and "items" not in node:
        return "array schema missing items."
    return _fault_of_object(node) if "object" in named else ""


def _fault_of_ref(node: dict, root: dict) -> str:
    siblings = sorted(set(node) - {"$ref"})
    if siblings:
        return f"$ref cannot have keywords {set(siblings)}."
    return "" if look_up(node["$ref"], root) is not None else f"reference {node['$ref']} not found."


def _fault_of_object(node: dict) -> str:
    if node.get("additionalProperties") is not False:
        return "'additionalProperties' is required to be supplied and to be false."
    names = list(node.get("properties", {}))
    missing = [name for name in names if name not in node.get("required", [])]
    extra = [name for name in node.get("required", []) if name not in names]
    if "required" not in node or missing:
        missed = f" Missing '{missing[0]}'." if missing else ""
        return (
            "'required' is required to be supplied and to be an array including every key in "
            f"properties.{missed}"
        )
    if extra:
        return f"Extra required key '{extra[0]}' supplied."
    return "" if len(names) <= MAX_PROPERTIES else "too many properties."


def look_up(reference: str, root: dict) -> dict | None:
    """The schema that '#/$defs/Name' stands for."""
    node: object = root
    for name in reference.removeprefix("#").strip("/").split("/"):
        if name:
            node = node.get(name) if isinstance(node, dict) else None
    return node if isinstance(node, dict) else None


def hold_to(value: object, schema: dict, root: dict) -> object:
    """The value as strict decoding would have written it: exactly the keys, types and values of
    the schema; what is missing gets the emptiest value."""
    while "$ref" in schema:
        schema = look_up(schema["$ref"], root) or {}
    if "anyOf" in schema:
        return hold_to(value, _first_fitting(value, schema["anyOf"]), root)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return value if value in schema["enum"] else schema["enum"][0]
    kinds = schema.get("type", "string")
    kind = kinds if isinstance(kinds, str) else _fitting_kind(value, kinds)
    if kind == "object":
        given = value if isinstance(value, dict) else {}
        return {k: hold_to(given.get(k), s, root) for k, s in schema.get("properties", {}).items()}
    if kind == "array":
        parts = value if isinstance(value, list | tuple) else []
        return [hold_to(part, schema["items"], root) for part in parts]
    return _hold_plain(value, kind)


def _hold_plain(value: object, kind: str) -> object:
    if not _fits(value, kind):
        return EMPTY[kind]
    return float(value) if kind == "number" else value


def _fits(value: object, kind: str) -> bool:
    python = {
        "string": str, "number": int | float, "integer": int, "boolean": bool,
        "object": dict, "array": list | tuple, "null": type(None),
    }[kind]  # fmt: skip
    is_number = kind in {"number", "integer"}
    return isinstance(value, python) and not (is_number and isinstance(value, bool))


def _fitting_kind(value: object, kinds: list[str]) -> str:
    return next((kind for kind in kinds if _fits(value, kind)), kinds[0])


def _first_fitting(value: object, choices: list[dict]) -> dict:
    for choice in choices:
        kind = choice.get("type")
        if isinstance(kind, str) and _fits(value, kind):
            return choice
    return choices[0]
