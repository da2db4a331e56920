"""The words of the catalogue in the words of customers: which texts use a touchpoint's own name."""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from math import log
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
_COMMON_WORD = 0.3
"""A word that stands in every text still tells this much, on the scale of log(texts)."""

Term = tuple[str, ...]


class Named(NamedTuple):
    """Which texts call which touchpoints by name: (n texts, n touchpoints)."""

    weight: Matrix
    """1 for a whole name or alias; less for a single word, for words that several touchpoints
    share, and for words that are everywhere in the corpus. A name inside a longer one speaks for
    both: the words "credit score" may mean "Credit score" or "Improve credit score"."""
    outright: NDArray[np.bool_]
    """the text holds a name or alias that no other touchpoint has"""
    in_part: Matrix
    """how many words of the name or alias with the most stand in the text, wherever: 1 for each
    word that hardly any text has, less for a common one"""
    covered: Matrix
    """how much of that name or alias these words are, 0 to 1, counted by how rare they are"""
    inside: list[tuple[int, int]]
    """the touchpoints (columns) of which one has a name inside a longer name of the other"""


def uses_of_names(texts: list[str], phrases: pd.DataFrame, ids: list[str]) -> Named:
    """Return which texts hold the names and aliases of the touchpoints `ids`."""
    terms = _terms(phrases, ids)
    wider = _wider(terms)
    longest = max((len(term) for term in terms), default=0)
    known = {word: at for at, word in enumerate(sorted({w for term in terms for w in term}))}
    held = np.zeros((len(texts), len(known)), dtype=np.bool_)
    hits = []
    for row, text in enumerate(texts):
        stems = [stem(word) for word in words(text)]
        held[row, [known[word] for word in stems if word in known]] = True
        hits.append(_found(text, stems, terms, longest))
    common = Counter(term for found in hits for term in set(found))
    weight = np.zeros((len(texts), len(ids)), dtype=np.float32)
    outright = np.zeros(weight.shape, dtype=np.bool_)
    for row, found in enumerate(hits):
        for term in found:
            telling = 1.0 if common[term] / len(texts) < _EVERYWHERE else 0.5
            telling *= 1.0 if len(term) > 1 else _ONE_WORD
            for place in terms[term] | wider[term]:
                weight[row, place] = max(weight[row, place], telling / len(terms[term]))
            for place in terms[term]:
                outright[row, place] |= len(terms[term]) == 1
    inside = {(one, other) for term in terms for one in terms[term] for other in wider[term]}
    parts = _in_part(held, known, terms, len(ids))
    return Named(weight, outright, *parts, sorted(inside))


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


def _wider(terms: dict[Term, set[int]]) -> dict[Term, set[int]]:
    """Return for each term the other touchpoints that have it inside a longer term."""
    wider: dict[Term, set[int]] = {term: set() for term in terms}
    for long, places in terms.items():
        for term in _parts(long):
            if term in terms:
                wider[term] |= places - terms[term]
    return wider


def _parts(term: Term) -> Iterator[Term]:
    """Yield the runs of words inside a term, but not the whole of it."""
    for start, end in combinations(range(len(term) + 1), 2):
        if end - start < len(term):
            yield term[start:end]


def _in_part(
    held: NDArray[np.bool_], known: dict[str, int], terms: dict[Term, set[int]], n_touchpoints: int
) -> tuple[Matrix, Matrix]:
    """Return how much of a term of each touchpoint stands in each text, and what share of the term
    that is, see `Named`; `held` has for each text which of the `known` words it holds."""
    n_texts = len(held) + 1
    rare = (np.log(n_texts / (held.sum(axis=0) + 1)) + _COMMON_WORD) / log(n_texts + 1)
    out, share = np.zeros((2, len(held), n_touchpoints), dtype=np.float32)
    for term, places in terms.items():
        at = [known[word] for word in set(term)]
        told = held[:, at] @ rare[at].astype(np.float32)
        whole = np.float32(rare[at].sum())
        for place in places:
            np.maximum(out[:, place], told, out=out[:, place])
            np.maximum(share[:, place], told / whole, out=share[:, place])
    return out, share


def _found(text: str, stems: list[str], terms: dict[Term, set[int]], longest: int) -> list[Term]:
    """Return the terms that stand in a text, word for word, and in no longer term of the text."""
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
