"""A model's answer → the results in it, whatever the model wrote around them.

Models that are held to no schema think aloud first, greet, fence their JSON, forget commas, leave
out the outer list or explain themselves afterwards.
"""

import json
import re
from collections.abc import Iterable
from itertools import islice
from typing import Any

from pipeline.text import whole_characters

_THINKS = re.compile(r"\s*<think(?:ing)?>")
_THOUGHT = re.compile(r"</think(?:ing)?>|<\|channel\|>final<\|message\|>")
"""Ends what a model thinks aloud; servers of small models often leave it in the answer."""
_OUTER = re.compile(r"\{\s*[\"'“]?results")
_INNER = re.compile(r"[\[{]{1,3}\s*[\"'“]?\w+[\"'”]?\s*:")
_FENCE = re.compile(r"\n?```")
_MOST_PLACES = 50
"""Places tried as the beginning of well-formed JSON."""
_LONGEST_REPAIRED = 8_000
"""Characters of broken JSON that are repaired: the time that takes grows with their square."""
_RESULT = re.compile(r'\{\s*"id"')
_LONGEST = 200_000
"""Characters of an answer that is looked into when it is no JSON: repair takes long over noise."""
_HALF = re.compile(r"\\u[dD][89a-fA-F]")
"""Half an emoji, as models write it whose tokens cut one in two."""


def answered(text: str) -> Any:  # noqa: ANN401  (JSON)
    """Return the JSON of an answer; None when there is none, even after repair.

    Of several, the first that has results counts: what follows it is an explanation. Halves of
    characters are left out.
    """
    found = _found(text)
    return _whole(found) if _HALF.search(text) else found


def _whole(data: Any) -> Any:  # noqa: ANN401
    """Return JSON without halves of characters, in its keys as in its values."""
    if isinstance(data, str):
        return whole_characters(data)
    if isinstance(data, list):
        return [_whole(one) for one in data]
    if isinstance(data, dict):
        return {_whole(key): _whole(value) for key, value in data.items()}
    return data


def _found(text: str) -> Any:  # noqa: ANN401
    """Return the JSON of an answer as it stands there, or as it can be repaired."""
    try:
        return json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        said = _without_thoughts(text)
        if len(said) > _LONGEST:
            return None
        places = _places(said)
        whole = _well_formed(said, places)
        return _repaired(said[next(iter(places), 0) :]) if whole is None else whole


def _without_thoughts(text: str) -> str:
    """Return what follows a model's thoughts; '' when they never end.

    A mark behind the beginning of the JSON is a word of it: some customer may have written it.
    """
    end, begin = _THOUGHT.search(text), _OUTER.search(text)
    thinks = bool(_THINKS.match(text))
    if end and (thinks or not begin or end.start() < begin.start()):
        return text[end.end() :]
    return "" if thinks else text


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


def _well_formed(text: str, places: Iterable[int]) -> Any:  # noqa: ANN401
    """Return the first JSON with results that stands at one of some places of a text, or None."""
    decoder = json.JSONDecoder()
    for place in places:
        try:
            found = decoder.raw_decode(text, place)[0]
        except (json.JSONDecodeError, RecursionError):
            continue
        if objects(found):
            return found
    return None


def _places(text: str) -> list[int]:
    """Return where the JSON may begin: where its outer object does, else where any does."""
    outer = [found.start() for found in islice(_OUTER.finditer(text), _MOST_PLACES)]
    inner = _INNER.search(text)
    return outer or ([inner.start()] if inner else [])


def _repaired(text: str) -> Any:  # noqa: ANN401
    """Return what can be made of broken JSON: of a long one the results that are whole."""
    if len(text) > _LONGEST_REPAIRED:
        return _whole_results(text)
    from json_repair import repair_json

    try:
        return repair_json(_FENCE.split(text, maxsplit=1)[0], return_objects=True)
    except (ValueError, RecursionError):  # nested too deeply even for repair
        return None


def _whole_results(text: str) -> list[Any]:
    """Return the results of a broken answer that are well-formed by themselves."""
    decoder = json.JSONDecoder()
    found: list[Any] = []
    end = 0
    for begin in _RESULT.finditer(text):
        if begin.start() < end:
            continue
        try:
            one, end = decoder.raw_decode(text, begin.start())
        except (json.JSONDecodeError, RecursionError):
            continue
        found.append(one)
    return found
