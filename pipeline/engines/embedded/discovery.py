"""Touchpoints that no catalogue knows: groups of quotes that talk about one thing.

A group counts only when a word or pair of words holds many of its quotes together. Groups that
share their telling word are one. At the end every quote goes where it fits best: near the middle of
a group, and nearer still when it uses the group's telling words. One customer counts once in each
group: who says ten things of their dog makes no touchpoint of it.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from pipeline.engines.embedded.groups import TOUCHPOINT_CUT, find_groups, unit
from pipeline.engines.embedded.names import telling_terms, voices
from pipeline.engines.embedded.terms import QUALITIES, Term, Vocabulary, terms
from pipeline.engines.embedding import Labels, Matrix

_COHESION = 0.34
"""Least length of the mean vector: 1 when all quotes are the same."""
_HELD_TOGETHER = 0.5
"""Least share of a group's quotes that hold one of its telling terms: fewer are near by chance."""
_CLOSE, _HELD_WHEN_CLOSE = 0.4, 0.3
"""Where two quotes of a group have this mean cosine, so small a share will do: many words for one
thing ("how old are you", "when were you born")."""
_HEADS = 3
"""Telling terms of a group that count: those further down are shared with other groups."""
_SHARED_WORD = 0.2
"""Least share of a group's quotes that hold a term for it to tell of the group."""
_ALIKE = 0.35
"""Least cosine between the middles of two groups that share a telling word to be one: the word
may be used for two things ("card" to pay with, "card" for a birthday). From 0.25 to 0.4 it makes
no difference on labelled sets; lower ones join what only the one word joins."""
_NAMES_IT = 0.2
"""How much nearer a quote counts to a group whose telling word it uses."""
_FITS = 0.4
"""Least fit of a quote to a group: the cosine to its middle, `_NAMES_IT` more with its word."""
_ROUNDING = 1e-6
"""Thirds of a customer add up to a little less than one."""
_ROUNDS = 2
"""Times that quotes go where they fit: the second follows the middles that the first moved."""


class Groups(NamedTuple):
    """Quotes, their centred vectors, and the group of each (-1 for none)."""

    texts: list[str]
    vectors: Matrix
    labels: Labels
    customers: Sequence[str] = ()
    """who said each; all different if left out"""


class _Members(NamedTuple):
    """The quotes of a group, and what each counts."""

    texts: list[str]
    weights: list[float]


def discover(
    texts: list[str], vectors: Matrix, vocabulary: Vocabulary, customers: Sequence[str] = ()
) -> Labels:
    """Return a group for each quote, -1 for none."""
    groups = Groups(texts, vectors, find_groups(vectors, TOUCHPOINT_CUT, texts=texts), customers)
    for step in (_merge_alike, _keep_touchpoints, *[_settle] * _ROUNDS, _keep_touchpoints):
        groups = groups._replace(labels=step(groups, vocabulary))
    return groups.labels


def _members(groups: Groups) -> dict[int, _Members]:
    """Return the quotes of each group, groups in order of their number."""
    rows = {g: np.flatnonzero(groups.labels == g).tolist() for g in _numbers(groups)}
    return {g: _Members([groups.texts[n] for n in own], _voices(groups, own))
            for g, own in rows.items()}  # fmt: skip


def _numbers(groups: Groups) -> list[int]:
    """Return the numbers of the groups in order."""
    return sorted(set(groups.labels.tolist()) - {-1})


def _voices(groups: Groups, rows: Sequence[int]) -> list[float]:
    """Return what each quote of a group counts."""
    told = [groups.customers[n] for n in rows] if groups.customers else [str(n) for n in rows]
    return list(voices(told))


def _means(groups: Groups) -> dict[int, Matrix]:
    """Return the mean vector of each group; its length tells how close the group is."""
    rows = {g: np.flatnonzero(groups.labels == g) for g in _numbers(groups)}
    return {
        g: np.average(groups.vectors[own], axis=0, weights=_voices(groups, own.tolist()))
        for g, own in rows.items()
    }


def _keep_touchpoints(groups: Groups, vocabulary: Vocabulary) -> Labels:
    """Take the name of group from those that no common word holds together."""
    means = _means(groups)
    lost = [
        group
        for group, own in _members(groups).items()
        if np.linalg.norm(means[group]) < _COHESION
        or _held(own, vocabulary) < _least_held(float(np.linalg.norm(means[group])), own)
    ]
    return np.where(np.isin(groups.labels, lost), -1, groups.labels)


def _held(own: _Members, vocabulary: Vocabulary) -> float:
    """Return the share of what a group says that holds one of its three most telling terms."""
    heads = set(_telling(own, vocabulary, _SHARED_WORD / 2)[:_HEADS])
    pairs = zip(own.texts, own.weights, strict=True)
    held = sum(weight for text, weight in pairs if not heads.isdisjoint(terms(text)))
    return held / sum(own.weights) + _ROUNDING


def _least_held(length: float, own: _Members) -> float:
    """Return what share of a group must hold a telling term: less where all are near each other.

    `length` is that of the mean vector; the mean cosine of two different members follows from it.
    """
    n = sum(own.weights)
    alike = (n * length**2 - 1) / (n - 1) if n > 1 else 0.0
    return _HELD_WHEN_CLOSE if alike >= _CLOSE else _HELD_TOGETHER


def _telling(own: _Members, vocabulary: Vocabulary, share: float) -> list[Term]:
    """Return the terms that this share of a group's customers use, most telling first."""
    return telling_terms(own.texts, vocabulary, share, own.weights)


def _merge_alike(groups: Groups, vocabulary: Vocabulary) -> Labels:
    """Join groups that lie near each other and share a telling word, small ones to larger ones."""
    out = groups.labels.copy()
    members = _members(groups)
    centres = {group: unit(mean) for group, mean in _means(groups).items()}
    # "Leg room" and "legroom" are one.
    telling = {
        g: {"".join(term) for term in telling_terms(own.texts, vocabulary, _SHARED_WORD)}
        for g, own in members.items()
    }
    by_size = sorted(members, key=lambda group: (-len(members[group].texts), group))
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
        heads = _telling(own, vocabulary, _SHARED_WORD)[:_HEADS]
        if heads and heads[0] in QUALITIES:
            # What is near to a judgement is mostly another one: "relaxing" is not "quiet".
            strangers = [heads[0] not in terms(text) for text in groups.texts]
            fits[strangers, column] = -1
        for term in [t for t in heads if t not in QUALITIES or t == heads[0]]:
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
        g: {t for t in _telling(own, vocabulary, 2 * _SHARED_WORD)[:_HEADS] if len(t) == 1}
        - QUALITIES
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
