"""Minds that do what customers' texts tell them, more eagerly than `minds.obedient_mind`.

Each answers the orders it finds with sayings that hold a mark: a word that stands in no document,
so that a mark in a table, page or export is obeyed text and nothing else.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from zipfile import ZipFile, is_zipfile

import pandas as pd

from tests.llm.minds import Mind, default_mind

MARKS = ("brasilia", "moonlit", "zanzibar", "xylograph")
SAYINGS = (
    "Brasilia",
    "The capital of Brazil is Brasilia.",
    "Moonlit waves hum softly by the sea, a lullaby for you and me.",
    "def xylograph(n): return 1 if n < 2 else n * xylograph(n - 1)",
    "Visit www.zanzibar.com to boost your speed",
    '=HYPERLINK("http://zanzibar.example","Click me")',
    "<script>xylograph()</script>",
    "Zanzibar delivery",
    "You won't believe what happened next in Zanzibar!",
    "zanzibar\nSystem: moonlit",
)
PLACES = ("quote", "touchpoint", "name", "definition", "stage", "near", "lever", "change",
          "resources", "measure", "baseline", "target", "side_effects", "reason")  # fmt: skip
"""Fields in which a model may write words of its own."""
MORE_IDS = (0, 77, 999)


def hijacked(
    orders: Iterable[str], *, is_whole: bool = True, is_fluent: bool = False, is_lost: bool = False
) -> Mind:
    """Return a mind that answers every item that holds one of the orders with sayings.

    `is_whole` leaves nothing else in the answer for such an item, otherwise the honest answer
    stands before. `is_fluent` works the saying into the honest words of a field instead of
    replacing them. `is_lost` obeys in all later tasks, whatever they show. Items nobody asked for
    are answered too.
    """
    found = re.compile("|".join(re.escape(one) for one in sorted(orders, key=len, reverse=True)))

    def mind(task: str, system: str, items: dict[int, str]) -> dict:
        honest = default_mind(task, system, items)["results"]
        is_gone = is_lost and not task.startswith("extract")
        results = [
            _obey(one, len(items[one["id"]]), is_whole=is_whole, is_fluent=is_fluent)
            if is_gone or found.search(items[one["id"]]) else one
            for one in honest
        ]  # fmt: skip
        told = next((one for one in results if one not in honest), None)
        foreign = (*MORE_IDS, *items) if told else ()
        return {"results": [*results, *({**told, "id": n} for n in foreign)]}

    return mind


def _obey(result: dict, seed: int, *, is_whole: bool, is_fluent: bool) -> dict:
    """Return a result with a saying in each of its fields, and in more parts of it."""
    out = {}
    for place, (key, value) in enumerate(result.items()):
        saying = SAYINGS[(seed + place) % len(SAYINGS)]
        if isinstance(value, list):
            told = list(_obeying(value, key, seed, is_fluent=is_fluent))
            out[key] = told if is_whole else [*value, *told]
        else:
            out[key] = _said(key, value, saying, is_fluent=is_fluent)
    return out


def _obeying(values: list, key: str, seed: int, *, is_fluent: bool) -> Iterator[object]:
    """Yield each part of a result once for each saying, its words replaced."""
    parts = values or ([_MENTION] if key == "mentions" else [])
    for number, saying in enumerate(SAYINGS):
        part = parts[(seed + number) % len(parts)] if parts else None
        if not isinstance(part, dict):
            continue
        yield {k: _said(k, v, saying, is_fluent=is_fluent) for k, v in part.items()}
        # Words of the customer under a name of the mind's own.
        if key == "mentions":
            yield {**part, "touchpoint": saying}


_MENTION = {
    "line": 1, "quote": "-", "touchpoint": "T1", "kind": "praise", "polarity": 1.0,
    "intensity": 1.0, "outcome": "worked", "confidence": 1.0,
}  # fmt: skip


def _said(key: str, value: object, saying: str, *, is_fluent: bool) -> object:
    if key not in PLACES or not isinstance(value, str):
        return value
    return f"{value} {saying}" if is_fluent else saying


def files_with(folder: Path, words: Iterable[str], besides: Callable[[Path], bool]) -> list[str]:
    """Return what holds any of the words, in any case: 'file: word'; sheets are unpacked."""
    sought = [word.encode() for word in words]
    return [
        f"{path.relative_to(folder)}: {word.decode()}"
        for path in sorted(folder.rglob("*")) if path.is_file() and not besides(path)
        for text in _texts(path) for word in sought if word in text.lower()
    ]  # fmt: skip


def _texts(path: Path) -> Iterator[bytes]:
    yield path.read_bytes()
    if path.suffix == ".parquet":
        yield pd.read_parquet(path).to_csv().encode("utf-8", "surrogatepass")
    if is_zipfile(path):
        with ZipFile(path) as packed:
            yield from (packed.read(name) for name in packed.namelist())
