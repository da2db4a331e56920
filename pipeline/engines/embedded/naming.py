"""The words of the catalogue in the words of customers: which texts use a touchpoint's own name."""

import re
from collections import Counter
from collections.abc import Collection, Iterator
from itertools import combinations
from math import log
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.engines.embedded.lexicon import FUNCTION_WORDS, content_words, stem, words
from pipeline.engines.embedding import Matrix

_EVERYWHERE = 0.08
"""A name that stands in more of the texts than this tells half as much."""
_ONE_WORD = 0.4
"""A single word is used in passing more often than a name of several words."""
_CALLED = re.compile(r"(?:^|[,!] )([A-Z][a-z]+)(?=[,.!?])|, ([A-Z][a-z]+)\b")
"""A name that is called ("Thanks, Megan.") is not what the clause is about."""
_COMMON_WORD = 0.3
"""A word that stands in every text still tells this much, on the scale of log(texts)."""

_ENOUGH_WORDS = 2.0
"""More words of a description than these tell no more."""

Flags = NDArray[np.bool_]
Term = tuple[str, ...]


class Named(NamedTuple):
    """Which texts call which touchpoints by name: (n texts, n touchpoints)."""

    weight: Matrix
    """1 for a whole name or alias; less for a single word, for words that several touchpoints
    share, and for words that are everywhere in the corpus. A name inside a longer one speaks for
    both: the words "credit score" may mean "Credit score" or "Improve credit score"."""
    outright: Flags
    """the text holds a name or alias that no other touchpoint has"""
    in_part: Matrix
    """how many words of the name or alias with the most stand in the text, wherever: 1 for each
    word that hardly any text has, less for a common one"""
    covered: Matrix
    """how much of that name or alias these words are, 0 to 1, counted by how rare they are"""
    described: Matrix
    """how many words of the definition and examples stand in the text, each the less the more
    common it is and the more touchpoints have it"""
    inside: list[tuple[int, int]]
    """the touchpoints (columns) of which one has a name inside a longer name of the other"""


def uses_of_names(texts: list[str], phrases: pd.DataFrame, ids: list[str]) -> Named:
    """Return which texts hold the names and aliases of the touchpoints `ids`."""
    terms = _terms(phrases, ids)
    wider = _wider(terms)
    told = _told(phrases, ids)
    longest = max((len(term) for term in terms), default=0)
    every = {word for term in terms for word in term} | {word for own in told for word in own}
    known = {word: at for at, word in enumerate(sorted(every))}
    held = np.zeros((len(texts), len(known)), dtype=np.bool_)
    hits, places = [], []
    for row, text in enumerate(texts):
        stems = [stem(word) for word in words(text)]
        places += [row * len(known) + known[word] for word in stems if word in known]
        hits.append(_found(text, stems, terms, longest))
    held.flat[places] = True
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
    rare = _rarity(held)
    parts = _in_part(
        held, rare, [[known[w] for w in set(term)] for term in terms], terms.values(), len(ids)
    )
    described = _described(held, rare, [[known[word] for word in sorted(own)] for own in told])
    return Named(weight, outright, *parts, described, sorted(inside))


def _terms(phrases: pd.DataFrame, ids: list[str]) -> dict[Term, set[int]]:
    """Return the stemmed names and aliases, with the numbers of the touchpoints they stand for.

    An alias may be an opinion ("crowded", "dirty"): somebody wrote down that it tells.
    """
    column = {touchpoint_id: number for number, touchpoint_id in enumerate(ids)}
    terms: dict[Term, set[int]] = {}
    named = phrases[phrases["kind"].isin(["name", "alias"])]
    columns = (named[name] for name in ("touchpoint_id", "kind", "text"))
    for touchpoint_id, kind, text in zip(*columns, strict=True):
        term = tuple(stem(word) for word in words(text))
        tells = content_words(text) or (kind == "alias" and not FUNCTION_WORDS.issuperset(term))
        if term and tells:
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


def _told(phrases: pd.DataFrame, ids: list[str]) -> list[set[str]]:
    """Return for each touchpoint the stems of the words of its definition and examples."""
    told: dict[str, set[str]] = {touchpoint_id: set() for touchpoint_id in ids}
    texts = phrases[phrases["kind"].isin(["definition", "example"])]
    for touchpoint_id, text in zip(texts["touchpoint_id"], texts["text"], strict=True):
        told[touchpoint_id].update(stem(word) for word in content_words(text))
    return list(told.values())


def _rarity(held: Flags) -> Matrix:
    """Return for each word how few texts hold it: 1 for hardly any; `held` is (texts, words)."""
    n_texts = len(held) + 1
    rare: Matrix = np.log(n_texts / (held.sum(axis=0) + 1)).astype(np.float32)
    return (rare + np.float32(_COMMON_WORD)) / np.float32(log(n_texts + 1))


def _in_part(
    held: Flags, rare: Matrix, terms: list[list[int]], places: Collection[set[int]], n: int
) -> tuple[Matrix, Matrix]:
    """Return how much of a term of each touchpoint stands in each text, and what share of the term
    that is, see `Named`; the words of `terms` are columns of `held`."""
    out, share = np.zeros((2, len(held), n), dtype=np.float32)
    for at, owners in zip(terms, places, strict=True):
        told = held[:, at] @ rare[at]
        for place in owners:
            np.maximum(out[:, place], told, out=out[:, place])
            np.maximum(share[:, place], told / rare[at].sum(), out=share[:, place])
    return out, share


def _described(held: Flags, rare: Matrix, told: list[list[int]]) -> Matrix:
    """Return how many words of its description stand in each text, see `Named`."""
    out = np.zeros((len(held), len(told)), dtype=np.float32)
    n_owners = np.bincount([at for own in told for at in own], minlength=held.shape[1])
    for column, own in enumerate(told):
        out[:, column] = held[:, own] @ (rare[own] / n_owners[own])
    return np.minimum(out, _ENOUGH_WORDS)


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
