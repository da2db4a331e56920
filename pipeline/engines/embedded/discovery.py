"""Touchpoints that no catalogue knows: groups of quotes that talk about one thing.

A group counts only when a word or pair of words holds many of its quotes together. Groups that
share their telling word are one. At the end every quote goes where it fits best: near the middle of
a group, and nearer still when it uses the group's telling words.
"""

from typing import NamedTuple

import numpy as np

from pipeline.engines.embedded.groups import TOUCHPOINT_CUT, find_groups, unit
from pipeline.engines.embedded.names import telling_terms
from pipeline.engines.embedded.terms import Term, Vocabulary, terms
from pipeline.engines.embedding import Labels, Matrix

_COHESION = 0.34
"""Least length of the mean vector: 1 when all quotes are the same."""
_HELD_TOGETHER = 0.5
"""Least share of a group's quotes that hold one of its telling terms: fewer are near by chance."""
_HEADS = 3
"""Telling terms of a group that count: those further down are shared with other groups."""
_SHARED_WORD = 0.2
"""Least share of a group's quotes that hold a term for it to tell of the group."""
_ALIKE = 0.3
"""Least cosine between the middles of two groups that share a telling word to be one: the word
may be used for two things ("card" to pay with, "card" for a birthday)."""
_NAMES_IT = 0.2
"""How much nearer a quote counts to a group whose telling word it uses."""
_FITS = 0.4
"""Least fit of a quote to a group: the cosine to its middle, `_NAMES_IT` more with its word."""
_ROUNDS = 2
"""Times that quotes go where they fit: the second follows the middles that the first moved."""


class Groups(NamedTuple):
    """Quotes, their centred vectors, and the group of each (-1 for none)."""

    texts: list[str]
    vectors: Matrix
    labels: Labels


def discover(texts: list[str], vectors: Matrix, vocabulary: Vocabulary) -> Labels:
    """Return a group for each quote, -1 for none."""
    labels = find_groups(vectors, TOUCHPOINT_CUT, texts=texts)
    labels = _merge_alike(Groups(texts, vectors, labels), vocabulary)
    labels = _keep_touchpoints(Groups(texts, vectors, labels), vocabulary)
    for _ in range(_ROUNDS):
        labels = _settle(Groups(texts, vectors, labels), vocabulary)
    return _keep_touchpoints(Groups(texts, vectors, labels), vocabulary)


def _members(groups: Groups) -> dict[int, list[str]]:
    """Return the quotes of each group, groups in order of their number."""
    members: dict[int, list[str]] = {g: [] for g in sorted(set(groups.labels.tolist()) - {-1})}
    for text, label in zip(groups.texts, groups.labels.tolist(), strict=True):
        if label >= 0:
            members[label].append(text)
    return members


def _means(groups: Groups) -> dict[int, Matrix]:
    """Return the mean vector of each group; its length tells how close the group is."""
    numbers = sorted(set(groups.labels.tolist()) - {-1})
    return {g: groups.vectors[groups.labels == g].mean(axis=0) for g in numbers}


def _keep_touchpoints(groups: Groups, vocabulary: Vocabulary) -> Labels:
    """Take the name of group from those that no common word holds together."""
    means = _means(groups)
    lost = [
        group
        for group, own in _members(groups).items()
        if np.linalg.norm(means[group]) < _COHESION or not _held_together(own, vocabulary)
    ]
    return np.where(np.isin(groups.labels, lost), -1, groups.labels)


def _held_together(own: list[str], vocabulary: Vocabulary) -> bool:
    """Tell whether half of the quotes of a group hold one of its three most telling terms."""
    heads = set(telling_terms(own, vocabulary, _SHARED_WORD / 2)[:_HEADS])
    return sum(not heads.isdisjoint(terms(text)) for text in own) >= _HELD_TOGETHER * len(own)


def _merge_alike(groups: Groups, vocabulary: Vocabulary) -> Labels:
    """Join groups that lie near each other and share a telling word, small ones to larger ones."""
    out = groups.labels.copy()
    members = _members(groups)
    centres = {group: unit(mean) for group, mean in _means(groups).items()}
    telling = {g: set(telling_terms(own, vocabulary, _SHARED_WORD)) for g, own in members.items()}
    by_size = sorted(members, key=lambda group: (-len(members[group]), group))
    for number, small in enumerate(reversed(by_size)):
        for large in by_size[: len(by_size) - number - 1]:
            shares = not telling[small].isdisjoint(telling[large])
            if shares and float(centres[small] @ centres[large]) >= _ALIKE:
                out[out == small] = large
                break
    return out


def _settle(groups: Groups, vocabulary: Vocabulary) -> Labels:
    """Return for each quote the group it fits best, -1 where it fits none."""
    members, means = _members(groups), _means(groups)
    if not members:
        return groups.labels
    fits = groups.vectors @ np.stack([unit(means[g]) for g in members]).T
    users: dict[Term, list[int]] = {}
    for column, own in enumerate(members.values()):
        for term in telling_terms(own, vocabulary, _SHARED_WORD)[:_HEADS]:
            users.setdefault(term, []).append(column)
    for row, text in enumerate(groups.texts):
        said = terms(text).keys() & users.keys()
        for column in {column for term in said for column in users[term]}:
            fits[row, column] += _NAMES_IT
    numbers = np.array(list(members), dtype=np.int64)
    return np.where(fits.max(axis=1) >= _FITS, numbers[fits.argmax(axis=1)], -1)


class Claimed(NamedTuple):
    """Quotes that the catalogue matched already."""

    texts: list[str]
    vectors: Matrix
    """centred like the vectors of the groups"""
    touchpoint_ids: list[str]


def reclaim(
    claimed: Claimed, groups: Groups, vocabulary: Vocabulary, phrases: dict[str, set[str]]
) -> Labels:
    """Return the group that a matched quote fits better than its touchpoint, -1 for none.

    It must use a telling word of the group that no phrase of its touchpoint knows (`phrases` holds
    the stems of each), and lie nearer to the group than to the touchpoint's other quotes: "the
    bureau sent the payroll file back" is about the bureau, though it names the payroll file.
    """
    out = np.full(len(claimed.texts), -1, dtype=np.int64)
    members = _members(groups)
    centres = {g: unit(mean) for g, mean in _means(groups).items()}
    heads = {
        g: {t for t in telling_terms(own, vocabulary, 2 * _SHARED_WORD)[:_HEADS] if len(t) == 1}
        for g, own in members.items()
    }
    owners = np.array(claimed.touchpoint_ids)
    own_centres = {t: unit(claimed.vectors[owners == t].mean(axis=0)) for t in set(owners.tolist())}
    for row, text in enumerate(claimed.texts):
        owner, vector = claimed.touchpoint_ids[row], claimed.vectors[row]
        foreign = set(terms(text)) - {(word,) for word in phrases.get(owner, set())}
        fits = {g: float(vector @ centres[g]) for g in members if foreign & heads[g]}
        best = max(fits, key=lambda group: (fits[group], -group), default=-1)
        if best >= 0 and fits[best] >= float(vector @ own_centres[owner]):
            out[row] = best
    return out
