"""Groups found beside a catalogue: which of them are touchpoints, and which quotes are theirs.

The catalogue says what the business holds for its touchpoints, and the quotes it matched show how
customers speak of one: much the same of it, and what they think of it. What only comes up ("one of
my vets", "over a cup of tea") is told of in as many ways as there are customers: without its word
such quotes have nothing in common.
"""

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from pipeline.engines.embedded.discovery import (
    Groups,
    Members,
    alike,
    means_of,
    members_of,
    telling,
)
from pipeline.engines.embedded.groups import unit
from pipeline.engines.embedded.lexicon import stem
from pipeline.engines.embedded.terms import QUALITIES, Vocabulary, quality_of, terms
from pipeline.engines.embedding import Labels, Matrix

_LEAST = 0.2
"""Least likeness of a group's quotes without their word, as a share of the usual likeness at the
catalogue's touchpoints. Chosen on catalogues of which a part was held out."""
_DOUBT = 4.0
"""A group counts as if so many more customers had said something else each."""
_FEWEST = 5
"""Customers of a touchpoint whose quotes show how alike those of one are."""
_ANY_RATE = 0.25
"""Added to shares of judgements before they are compared: where nobody judges anything, who judges
a little more tells nothing."""
_LESS, _MORE = 0.5, 1.5
"""How much a group can lose or gain by being judged less or more than what the catalogue knows."""
_SHOWN = 40
"""So many quotes show how alike those of a group are."""
_SHARED_WORD = 0.2
"""Least share of a group's quotes that hold a term for it to tell of the group."""
_HEADS = 3
"""Telling terms of a group that count: those further down are shared with other groups."""
_WORD = re.compile(r"[^\W\d_][\w'’-]*")
_INSTEAD = "it"

Flags = NDArray[np.bool_]
Look = Callable[[list[str]], Matrix]
"""Texts to their vectors, centred like those of the groups."""


class Claimed(NamedTuple):
    """Quotes that the catalogue matched already."""

    texts: list[str]
    vectors: Matrix
    """centred like the vectors of the groups"""
    touchpoint_ids: list[str]
    customers: Sequence[str]
    """who said each"""
    judges: Flags
    """which judge, ask or decide, and do not only tell"""


def stand_beside(
    groups: Groups, judges: Flags, claimed: Claimed, vocabulary: Vocabulary, look: Look
) -> Labels:
    """Return the group of each quote, -1 for none, without what is no touchpoint beside those of
    the catalogue; `judges` tells of each quote whether it does.

    A quote nearer to the quotes of a catalogue's touchpoint than to those of its group stays out.
    """
    usual = _usual(claimed)
    labels = np.where(_is_nearer_known(groups, claimed), -1, groups.labels)
    if usual <= 0:
        return labels
    groups = groups._replace(labels=labels)
    judged = float(claimed.judges.mean())
    for group, own in members_of(groups).items():
        is_own = labels == group
        more = (float(judges[is_own].mean()) + _ANY_RATE) / (judged + _ANY_RATE)
        if _alike_otherwise(own, vocabulary, look) * np.clip(more, _LESS, _MORE) < _LEAST * usual:
            labels = np.where(is_own, -1, labels)
    return labels


def _usual(claimed: Claimed) -> float:
    """Return how alike two quotes of one touchpoint of the catalogue usually are, 0 if unknown."""
    found = Groups(
        claimed.texts, claimed.vectors, _numbered(claimed.touchpoint_ids), claimed.customers
    )
    means = means_of(found)
    known = [
        alike(float(np.linalg.norm(means[n])), own)
        for n, own in members_of(found).items()
        if sum(own.weights) > _FEWEST - 0.5
    ]
    return float(np.median(known)) if known else 0.0


def _numbered(ids: Sequence[str]) -> Labels:
    """Return a number for each different id, in its order."""
    _, numbers = np.unique(np.array(ids, dtype=np.str_), return_inverse=True)
    return numbers.astype(np.int64)


def _is_nearer_known(groups: Groups, claimed: Claimed) -> Flags:
    """Return which quotes of groups are nearer to those of a touchpoint of the catalogue."""
    is_nearer = np.zeros(len(groups.texts), dtype=np.bool_)
    centres = _centres(claimed)
    if not centres:
        return is_nearer
    known = np.stack(list(centres.values()))
    for group, mean in means_of(groups).items():
        rows = np.flatnonzero(groups.labels == group)
        own = groups.vectors[rows]
        is_nearer[rows] = (own @ known.T).max(axis=1) > own @ unit(mean)
    return is_nearer


def _centres(claimed: Claimed) -> dict[str, Matrix]:
    """Return the middle of the quotes of each touchpoint."""
    owners = np.array(claimed.touchpoint_ids, dtype=np.str_)
    return {
        touchpoint_id: unit(claimed.vectors[owners == touchpoint_id].mean(axis=0))
        for touchpoint_id in sorted(set(claimed.touchpoint_ids))
    }


def _alike_otherwise(own: Members, vocabulary: Vocabulary, look: Look) -> float:
    """Return how alike the quotes of a group are without the word that they share."""
    heads = telling(own, vocabulary, _SHARED_WORD)[:1]
    stems = {word for term in heads for word in term}
    # By checksum: the same ones whatever the order, and no more of one kind than of another.
    pairs = sorted(zip(own.texts, own.weights, strict=True), key=_checksum)[:_SHOWN]
    shown = Members([text for text, _ in pairs], [weight for _, weight in pairs])
    vectors = look([_without(text, stems) for text in shown.texts])
    mean = np.average(vectors, axis=0, weights=shown.weights)
    n = sum(own.weights)
    return alike(float(np.linalg.norm(mean)), shown) * n / (n + _DOUBT)


def _checksum(said: tuple[str, float]) -> tuple[int, float]:
    """Return what puts quotes, and what each counts, into an order that tells nothing of them."""
    return crc32(said[0].encode("utf-8", "surrogatepass")), said[1]


def _without(text: str, heads: set[str]) -> str:
    """Return a text in lower case with "it" for each word that has one of the stems `heads`, or
    judges what one of them is ("quiet" of "noise")."""

    def said(found: re.Match[str]) -> str:
        word = found.group().removesuffix("'s")
        return _INSTEAD if stem(word) in heads or quality_of(word) in heads else found.group()

    return _WORD.sub(said, text.lower())


def reclaim(
    claimed: Claimed, groups: Groups, vocabulary: Vocabulary, phrases: dict[str, set[str]]
) -> Labels:
    """Return the group that a matched quote fits better than its touchpoint, -1 for none.

    It must use a telling word of the group that no phrase of its touchpoint knows (`phrases` holds
    the stems of each), and lie nearer to the group than to the touchpoint's other quotes: "the
    bureau sent the payroll file back" is about the bureau, though it names the payroll file.
    """
    out = np.full(len(claimed.texts), -1, dtype=np.int64)
    members = members_of(groups)
    centres = {g: unit(mean) for g, mean in means_of(groups).items()}
    heads = {
        g: {t for t in telling(own, vocabulary, 2 * _SHARED_WORD)[:_HEADS] if len(t) == 1}
        - QUALITIES
        for g, own in members.items()
    }
    own_centres = _centres(claimed)
    for row, text in enumerate(claimed.texts):
        owner, vector = claimed.touchpoint_ids[row], claimed.vectors[row]
        foreign = set(terms(text)) - {(word,) for word in phrases.get(owner, set())}
        fits = {g: float(vector @ centres[g]) for g in members if foreign & heads[g]}
        best = max(fits, key=lambda group: (fits[group], -group), default=-1)
        if best >= 0 and fits[best] >= float(vector @ own_centres[owner]):
            out[row] = best
    return out
