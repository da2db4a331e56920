"""A model's answer → the results in it, whatever the model wrote around them.

Models that are held to no schema think aloud first, greet, fence their JSON, forget commas, leave
out the outer list or explain themselves afterwards.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

_THOUGHTS = re.compile(r".*(?:</think(?:ing)?>|<\|channel\|>final<\|message\|>)", re.DOTALL)
"""Ends of what a model thinks aloud; models on a desk are often served with it in the answer."""
_STILL_THINKING = re.compile(r"\s*<think(?:ing)?>")
_BEGINS = (
    re.compile(r"\{\s*[\"'“]?results"),
    re.compile(r"[\[{]+\s*[\"'“]?\w+[\"'”]?\s*:"),
)
"""Where the JSON may begin, the surest first."""
_FENCE = re.compile(r"\n?```")
_MOST_BEGINNINGS = 50
"""Places tried as the beginning of well-formed JSON."""


def answered(text: str) -> Any:  # noqa: ANN401  (JSON)
    """Return the JSON of an answer; None when there is none, even after repair.

    Of several, the first that has results counts: what follows it is an explanation.
    """
    said = _THOUGHTS.sub("", text, count=1)
    if _STILL_THINKING.match(said):
        return None
    try:
        return json.loads(said)
    except (json.JSONDecodeError, RecursionError):
        whole = next((one for one in _well_formed(said) if objects(one)), None)
        return _repaired(said) if whole is None else whole


def objects(data: object, *, depth: int = 2) -> list[dict[str, Any]]:
    """Return the results in the JSON of an answer: with the outer list, without it, or wrapped."""
    if isinstance(data, list):
        found = [one for one in data if isinstance(one, dict)]
        return objects(found[0]) if len(found) == 1 and "results" in found[0] else found
    if not isinstance(data, dict):
        return []
    results = data.get("results")
    if isinstance(results, dict):
        return [results]
    if isinstance(results, list):
        return objects(results)
    inner = list(data.values())
    if depth and len(inner) == 1 and isinstance(inner[0], dict):
        return objects(inner[0], depth=depth - 1)
    return [data]


def _well_formed(text: str) -> Iterator[Any]:
    """Yield pieces of a text that are JSON, from each place where one may begin."""
    decoder = json.JSONDecoder()
    for begins in _BEGINS:
        for number, found in enumerate(begins.finditer(text)):
            if number == _MOST_BEGINNINGS:
                break
            try:
                yield decoder.raw_decode(text, found.start())[0]
            except (json.JSONDecodeError, RecursionError):
                continue


def _repaired(text: str) -> Any:  # noqa: ANN401
    """Return what can be made of broken JSON."""
    from json_repair import repair_json

    starts = (found.start() for begins in _BEGINS if (found := begins.search(text)))
    rest = _FENCE.split(text[next(starts, 0) :], maxsplit=1)[0]
    try:
        return repair_json(rest, return_objects=True)
    except ValueError:  # nested too deeply even for repair
        return None
