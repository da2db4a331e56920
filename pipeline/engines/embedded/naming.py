"""The words of the catalogue in the words of customers: which texts use a touchpoint's own name."""

import re
from collections import Counter
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.engines.embedded.lexicon import content_words, stem, words
from pipeline.engines.embedding import Matrix

_EVERYWHERE = 0.08
"""A name that stands in more of the texts than this tells half as much."""
_ONE_WORD = 0.4
"""A single word is used in passing more often than a name of several words."""
_CALLED = re.compile(r"(?:^|[,!] )([A-Z][a-z]+)(?=[,.!?])|, ([A-Z][a-z]+)\b")
"""A name that is called ("Thanks, Megan.") is not what the clause is about."""

Term = tuple[str, ...]


class Named(NamedTuple):
    """Which texts call which touchpoints by name: (n texts, n touchpoints)."""

    weight: Matrix
    """1 for a whole name or alias; less for a single word, for words that several touchpoints
    share, and for words that are everywhere in the corpus"""
    outright: NDArray[np.bool_]
    """the text holds a name or alias that no other touchpoint has"""


def uses_of_names(texts: list[str], phrases: pd.DataFrame, ids: list[str]) -> Named:
    """Return which texts hold the names and aliases of the touchpoints `ids`."""
    terms = _terms(phrases, ids)
    longest = max((len(term) for term in terms), default=0)
    hits = [_found(text, terms, longest) for text in texts]
    common = Counter(term for found in hits for term in set(found))
    weight = np.zeros((len(texts), len(ids)), dtype=np.float32)
    outright = np.zeros(weight.shape, dtype=np.bool_)
    for row, found in enumerate(hits):
        for term in found:
            telling = 1.0 if common[term] / len(texts) < _EVERYWHERE else 0.5
            telling *= 1.0 if len(term) > 1 else _ONE_WORD
            for place in terms[term]:
                weight[row, place] = max(weight[row, place], telling / len(terms[term]))
                outright[row, place] |= len(terms[term]) == 1
    return Named(weight, outright)


def _terms(phrases: pd.DataFrame, ids: list[str]) -> dict[Term, set[int]]:
    """Return the stemmed names and aliases, with the numbers of the touchpoints they stand for."""
    column = {touchpoint_id: number for number, touchpoint_id in enumerate(ids)}
    terms: dict[Term, set[int]] = {}
    named = phrases[phrases["kind"].isin(["name", "alias"])]
    for touchpoint_id, text in zip(named["touchpoint_id"], named["text"], strict=True):
        term = tuple(stem(word) for word in words(text))
        if term and content_words(text):
            terms.setdefault(term, set()).add(column[touchpoint_id])
    return terms


def _found(text: str, terms: dict[Term, set[int]], longest: int) -> list[Term]:
    """Return the terms that stand in a text, word for word, and in no longer term of the text."""
    stems = [stem(word) for word in words(text)]
    called = {stem(name.lower()) for pair in _CALLED.findall(text) for name in pair if name}
    found: list[Term] = []
    taken: set[int] = set()
    for size in range(longest, 0, -1):
        for at in range(len(stems) - size + 1):
            term = tuple(stems[at : at + size])
            if term not in terms or (size == 1 and term[0] in called):
                continue
            place = set(range(at, at + size))
            if place <= taken:
                continue
            found.append(term)
            taken |= place
    return found
