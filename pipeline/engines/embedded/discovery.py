"""Touchpoints that no catalogue knows: groups of quotes that talk about one thing.

A group counts only when a word or pair of words holds many of its quotes together. Groups that
share their telling word are one; a quote left over that uses a group's telling word in its sense
joins it.
"""

from typing import NamedTuple

import numpy as np

from pipeline.engines.embedded.groups import TOUCHPOINT_CUT, find_groups
from pipeline.engines.embedded.names import Term, Vocabulary, telling_terms, terms
from pipeline.engines.embedding import Labels, Matrix

_COHESION = 0.38
"""Least length of the mean vector: 1 when all quotes are the same."""
_HELD_TOGETHER = 0.5
_HEADS = 3
_SHARED_WORD = 0.2
_ALIKE = 0.3
_JOINS = 0.3


class Groups(NamedTuple):
    """Quotes, their centred vectors, and the group of each (-1 for none)."""

    texts: list[str]
    vectors: Matrix
    labels: Labels


def discover(texts: list[str], vectors: Matrix, vocabulary: Vocabulary) -> Labels:
    """Return a group for each quote, -1 for none."""
    labels = find_groups(vectors, TOUCHPOINT_CUT)
    labels = _merge_alike(texts, vectors, labels, vocabulary)
    labels = _keep_touchpoints(texts, vectors, labels, vocabulary)
    return _adopt(texts, vectors, labels, vocabulary)


def _members(texts: list[str], labels: Labels) -> dict[int, list[str]]:
    """Return the quotes of each group."""
    groups: dict[int, list[str]] = {}
    for text, label in zip(texts, labels.tolist(), strict=True):
        if label >= 0:
            groups.setdefault(label, []).append(text)
    return groups


def _centre(vectors: Matrix, labels: Labels, label: int) -> Matrix:
    """Return the mean vector of a group; its length tells how close the group is."""
    mean: Matrix = vectors[labels == label].mean(axis=0)
    return mean


def _keep_touchpoints(
    texts: list[str], vectors: Matrix, labels: Labels, vocabulary: Vocabulary
) -> Labels:
    """Take the name of group from those that no common word holds together."""
    out = labels.copy()
    for label, own in _members(texts, labels).items():
        close = float(np.linalg.norm(_centre(vectors, labels, label))) >= _COHESION
        if not (close and _held_together(own, vocabulary)):
            out[labels == label] = -1
    return out


def _held_together(own: list[str], vocabulary: Vocabulary) -> bool:
    """Tell whether half of the quotes of a group hold one of its three most telling terms."""
    heads = set(telling_terms(own, vocabulary, _SHARED_WORD / 2)[:_HEADS])
    return sum(bool(heads & set(terms(text))) for text in own) >= _HELD_TOGETHER * len(own)


def _merge_alike(
    texts: list[str], vectors: Matrix, labels: Labels, vocabulary: Vocabulary
) -> Labels:
    """Join groups that lie near each other and share a telling word."""
    out = labels.copy()
    members = _members(texts, out)
    telling = {g: set(telling_terms(own, vocabulary, _SHARED_WORD)) for g, own in members.items()}
    by_size = sorted(members, key=lambda group: (-len(members[group]), group))
    for number, small in enumerate(reversed(by_size)):
        for large in by_size[: len(by_size) - number - 1]:
            if telling[small] & telling[large] and _cosine(vectors, out, small, large) >= _ALIKE:
                out[out == small] = large
                break
    return out


def _cosine(vectors: Matrix, labels: Labels, one: int, other: int) -> float:
    """Return the cosine between the centres of two groups."""
    a, b = _centre(vectors, labels, one), _centre(vectors, labels, other)
    return float(a @ b / max(float(np.linalg.norm(a) * np.linalg.norm(b)), 1e-9))


def _adopt(texts: list[str], vectors: Matrix, labels: Labels, vocabulary: Vocabulary) -> Labels:
    """Let a loose quote join the group whose telling word it uses, if it lies near it."""
    out = labels.copy()
    members = _members(texts, labels)
    heads: dict[int, set[Term]] = {
        label: set(telling_terms(own, vocabulary, 2 * _SHARED_WORD))
        for label, own in members.items()
    }
    centres = {label: _centre(vectors, labels, label) for label in members}
    for row in np.flatnonzero(labels < 0).tolist():
        held = set(terms(texts[row]))
        fits = {
            label: float(vectors[row] @ centres[label] / np.linalg.norm(centres[label]))
            for label in members
            if held & heads[label]
        }
        if fits and max(fits.values()) >= _JOINS:
            out[row] = max(fits, key=lambda label: (fits[label], -label))
    return out


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
    members = _members(groups.texts, groups.labels)
    centres = {g: _unit(_centre(groups.vectors, groups.labels, g)) for g in members}
    heads = {
        g: [t for t in telling_terms(own, vocabulary, 2 * _SHARED_WORD) if len(t) == 1][:_HEADS]
        for g, own in members.items()
    }
    owners = np.array(claimed.touchpoint_ids)
    own_centres = {
        t: _unit(claimed.vectors[owners == t].mean(axis=0)) for t in set(owners.tolist())
    }
    for row, text in enumerate(claimed.texts):
        owner, vector = claimed.touchpoint_ids[row], claimed.vectors[row]
        foreign = set(terms(text)) - {(word,) for word in phrases.get(owner, set())}
        fits = {g: float(vector @ centres[g]) for g in members if foreign & set(heads[g])}
        best = max(fits, key=lambda group: (fits[group], -group), default=-1)
        if best >= 0 and fits[best] >= float(vector @ own_centres[owner]):
            out[row] = best
    return out


def _unit(vector: Matrix) -> Matrix:
    """Return a vector scaled to length one."""
    scaled: Matrix = vector / max(float(np.linalg.norm(vector)), 1e-9)
    return scaled
