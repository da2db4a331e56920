"""Texts of documents → which document repeats which earlier one."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pipeline.text import normalise

_WORD = re.compile(r"\w+(?:['’]\w+)?")
_FEWEST_WORDS = 20
_SIMILAR, _SIMILAR_OF_ONE = 0.9, 0.8
"""Least share of common words: of two customers, and of one customer who writes again."""
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


class _Text(NamedTuple):
    """A document's text, folded."""

    written: Written
    folded: str
    words: frozenset[str]
    """None of a short text: too few to tell a likeness by."""


def find_duplicates(documents: Iterable[Written]) -> dict[str, str]:
    """Return the first document that each later one repeats, by document_id.

    Two texts repeat each other when they are equal but for case and spaces and come from one
    customer, or when they have 20 words or more and share 90 % of them (80 % when one customer
    wrote both), with equal numbers and negations: `after 2 days` is no copy of `after 9 days`.
    """
    originals: dict[str, str] = {}
    equal: dict[tuple[str, str], str] = {}
    ordered = sorted(documents, key=lambda d: (d.occurred_at, d.document_id))
    texts = [text for text in map(_folded, ordered) if text.folded]
    index = _Index(texts)
    for text in texts:
        document_id, customer_id = text.written.document_id, text.written.customer_id
        key = ("" if text.words else customer_id, text.folded)
        first = equal.get(key) or (index.find(text) if text.words else "")
        if first:
            originals[document_id] = first
        else:
            equal[key] = document_id
            if text.words:
                index.add(text)
    return originals


def _folded(written: Written) -> _Text:
    """Return a document's text as it is compared."""
    folded = normalise(written.text)
    words = _WORD.findall(folded)
    return _Text(written, folded, frozenset(words if len(words) >= _FEWEST_WORDS else ()))


class _Index:
    """Long texts by their rarest words, so that only likely pairs are compared.

    Two texts that share 80 % of their words share one of the rarest 20 % and one more of either,
    for those that are left are too few (prefix filter: Chaudhuri, Ganti and Kaushik, 2006).
    """

    def __init__(self, texts: Sequence[_Text]) -> None:
        """Take all texts there will be: they tell which words are rare."""
        self._uses = Counter(word for text in texts for word in text.words)
        self._added: dict[tuple[tuple[str, ...], str], list[_Text]] = {}

    def find(self, text: _Text) -> str:
        """Return a document whose words are nearly the same, '' when none is."""
        words, compared = text.words, set[str]()
        for key in self._keys(words):
            for other in self._added.get(key, [])[:_MOST_COMPARED]:
                if other.written.document_id in compared:
                    continue
                compared.add(other.written.document_id)
                is_one = other.written.customer_id == text.written.customer_id
                least = _SIMILAR_OF_ONE if is_one else _SIMILAR
                if len(words & other.words) >= least * len(words | other.words):
                    return other.written.document_id
        return ""

    def add(self, text: _Text) -> None:
        """Keep a text to be found."""
        for key in self._keys(text.words):
            self._added.setdefault(key, []).append(text)

    def _keys(self, words: frozenset[str]) -> list[tuple[tuple[str, ...], str]]:
        """Return the keys under which texts like this one are found.

        Numbers and negations are part of every key, so texts that differ in one never meet.
        """
        guard = tuple(sorted(word for word in words if word in _NEGATIONS or _has_digit(word)))
        rarest = sorted(words, key=lambda word: (self._uses[word], word))
        n_rare = len(words) - int(_SIMILAR_OF_ONE * len(words)) + 1
        return [(guard, word) for word in rarest[:n_rare]]


def _has_digit(word: str) -> bool:
    """Tell whether a word holds a digit."""
    return not word.isalpha() and any(character.isdigit() for character in word)
