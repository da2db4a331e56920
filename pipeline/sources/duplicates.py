"""Texts of documents → which document repeats which earlier one."""

import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from pipeline.text import normalise

if TYPE_CHECKING:
    from datasketch import MinHash

_WORD = re.compile(r"\w+(?:['’]\w+)?")
_FEWEST_WORDS = 20
_SIMILAR, _SIMILAR_OF_ONE = 0.9, 0.8
"""Least share of common words: of two customers, and of one customer who writes again."""
_PERMUTATIONS = 128
_BAND = 8
_MOST_COMPARED = 40
_NEGATION_WORDS = """
    no not never none nothing nobody neither nor without cannot can't don't didn't doesn't won't
    wasn't isn't aren't weren't couldn't wouldn't shouldn't hasn't haven't hadn't
"""
_NEGATIONS = frozenset(_NEGATION_WORDS.split())


@dataclass(frozen=True, slots=True)
class Written:
    """A document's words, all turns together."""

    document_id: str
    customer_id: str
    occurred_at: str
    text: str


def find_duplicates(documents: Iterable[Written]) -> dict[str, str]:
    """Return the first document that each later one repeats, by document_id.

    Two texts repeat each other when they are equal but for case and spaces and come from one
    customer, or when they have 20 words or more and share 90 % of them (80 % when one customer
    wrote both), with equal numbers and negations: `after 2 days` is no copy of `after 9 days`.
    """
    originals: dict[str, str] = {}
    equal: dict[tuple[str, str], str] = {}
    index = _Index()
    for written in sorted(documents, key=lambda d: (d.occurred_at, d.document_id)):
        text = normalise(written.text)
        if not text:
            continue
        found = _WORD.findall(text)
        is_long, words = len(found) >= _FEWEST_WORDS, frozenset(found)
        key = ("" if is_long else written.customer_id, text)
        first = equal.get(key) or (index.find(words, written.customer_id) if is_long else "")
        if first:
            originals[written.document_id] = first
        else:
            equal[key] = written.document_id
            if is_long:
                index.add(written.document_id, written.customer_id)
    return originals


class _Index:
    """Long texts by the bands of their MinHash, so that only likely pairs are compared."""

    def __init__(self) -> None:
        self._bands: dict[tuple[Any, ...], list[int]] = {}
        self._texts: list[tuple[str, str, frozenset[str]]] = []
        self._keys: list[tuple[Any, ...]] = []
        self._words: frozenset[str] = frozenset()

    def find(self, words: frozenset[str], customer_id: str) -> str:
        """Return a document whose words are nearly the same, '' when none is."""
        self._words, self._keys = words, _band_keys(words)
        compared: set[int] = set()
        for key in self._keys:
            for place in self._bands.get(key, [])[:_MOST_COMPARED]:
                if place in compared:
                    continue
                compared.add(place)
                document_id, writer, other = self._texts[place]
                least = _SIMILAR_OF_ONE if writer == customer_id else _SIMILAR
                if len(words & other) >= least * len(words | other):
                    return document_id
        return ""

    def add(self, document_id: str, customer_id: str) -> None:
        """Keep the text last asked for, under its document."""
        for key in self._keys:
            self._bands.setdefault(key, []).append(len(self._texts))
        self._texts.append((document_id, customer_id, self._words))


@cache
def _empty_sketch() -> "MinHash":
    """Return a sketch of no words: to draw its permutations takes longer than to use them."""
    from datasketch import MinHash

    return MinHash(num_perm=_PERMUTATIONS, hashfunc=zlib.crc32)


def _band_keys(words: frozenset[str]) -> list[tuple[Any, ...]]:
    """Return the keys under which texts like this one are found.

    Numbers and negations are part of every key, so texts that differ in one never meet.
    """
    guard = tuple(sorted(w for w in words if w in _NEGATIONS or any(c.isdigit() for c in w)))
    sketch = _empty_sketch().copy()
    sketch.update_batch(word.encode("utf-8", "replace") for word in sorted(words))
    values = sketch.hashvalues
    return [
        (guard, start, values[start : start + _BAND].tobytes())
        for start in range(0, _PERMUTATIONS, _BAND)
    ]
