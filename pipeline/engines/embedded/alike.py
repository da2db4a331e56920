"""Complaints about one touchpoint, told apart by what is wrong.

"The refund never came" and "the refund was refused" share their topic, which is most of what a
sentence vector sees. So the embedded model's vectors are looked at along directions in which the
problems of a touchpoint differ and the wordings of a problem do not (alike.npz, fitted by
tests/bench/train_problems.py). Of the vectors of another model, for which no such directions are
known, half is how near they lie to sentences that tell a kind of trouble and no topic
(troubles.toml).
"""

import math
import tomllib
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pipeline.engines.embedded.faults import Said
from pipeline.engines.embedded.groups import centred, find_groups, link_apart, unit
from pipeline.engines.embedded.weights import load_weights
from pipeline.engines.embedding import Labels, Matrix, Vectors

ALIKE_FILE = Path(__file__).with_name("alike.npz")
Embed = Callable[[list[str]], Matrix]
_COMMON, _NAME = 0.2, 0.2
"""Shares of what complaints of a touchpoint have in common and of what its name alone says that are
taken off before two are compared: the topic tells no problem. More of the first would hide the
problem that most of them tell."""
_SHIFT = 0.5
"""The same share of what they have in common, where nothing is known of the name."""
_CLEAR = 5.0
"""Length that a complaint has along the directions when it clearly tells a problem: half of what
customers really write is longer. What is shorter ("this was a 13 hour flight") is like nothing."""
_SAID = 0.18
"""How much it counts that two complaints say by their words the same kind of fault, beside where
they lie along the directions: who says none is like nobody quite."""
_UNSAID = 0.8
"""So long is the vector of a complaint whose words say no fault, where it is one of many: most of
those are remarks ("I had an aisle seat"). Among few they are oblique complaints as often."""
_CUT, _LEAST_CUT, _PER_DOUBLING = 0.72, 0.34, 0.08
_FEW = 8
"""Greatest mean distance between two groups of one problem among `_FEW` complaints, at the least,
and how much closer it is with each doubling of their number: the more there are, the more of them
are near by chance. See tests/bench/tried.md for what that does to written complaints."""
_ROUGHLY = 0.05
"""So much further are complaints joined before what they have in common is known."""
_LONER, _LONER_SAYS = 0.1, 0.2
"""So much further away may be who is alone, and so much of what the complaints of a group say is
wrong must be said too: a product of kinds of fault, 1 where all say one and the same."""
_KIND = 0.5
"""How much the kind of trouble counts beside the words."""
_CUT_OF_KINDS, _CUT_OF_MANY = 0.72, 0.6
_MANY = 20
"""From so many complaints on nearness of kinds and words means more: a closer cut parts problems
that are near."""
_EXACT = 2_500
"""More complaints of one touchpoint are first put into cells."""


class Directions(NamedTuple):
    """Where problems differ, as columns: of sentence vectors, of inner vectors; and what usual
    complaints amount to along each."""

    sentence: Matrix
    inner: Matrix
    usual: Matrix


class Told(NamedTuple):
    """Complaints of one touchpoint, told apart."""

    vectors: Matrix
    """one row a complaint, of length one at most: their product tells one problem"""
    labels: Labels
    """groups by those; a complaint like no other is a group of one"""


@cache
def directions() -> Directions:
    """Return the directions in which problems of one touchpoint differ."""
    return Directions(**load_weights(ALIKE_FILE))


def look_along(vectors: Vectors, along: Directions) -> Matrix:
    """Return where complaints lie along directions, one row a complaint."""
    lie: Matrix = vectors.sentence @ along.sentence + vectors.inner @ along.inner - along.usual
    return lie


def told_apart(lie: Matrix, name: Matrix, said: Said) -> Told:
    """Return the problems among the complaints of a touchpoint, from where these lie, where its
    name lies, and what each says is wrong.

    What complaints of a touchpoint have in common is their topic only as far as several problems
    share it: where one problem is told most often, the mean of all complaints would be that problem
    and hide it. So they are grouped twice, the second time around the mean of the groups.
    """
    cut = _cut(len(lie))
    about = lie - _NAME * name
    roughly = _beside(_clear(about - _COMMON * lie.mean(axis=0)), said)
    groups = group_problems(roughly, cut + _ROUGHLY)
    each = 1 / np.bincount(groups)[groups]
    told = _beside(_clear(about - _COMMON * np.average(lie, axis=0, weights=each)), said)
    return Told(told, _with_loners(group_problems(told, cut), told, said.kinds, cut + _LONER))


def _with_loners(labels: Labels, told: Matrix, said: Matrix, cut: float) -> Labels:
    """Return groups that also take in who is alone but says a fault of theirs, up to a distance."""
    sizes = np.bincount(labels)
    groups, alone = np.flatnonzero(sizes > 1), np.flatnonzero(sizes[labels] == 1)
    if not (len(groups) and len(alone)):
        return labels
    near = told[alone] @ _means(told, labels, groups).T
    near[said[alone] @ _means(said, labels, groups).T < _LONER_SAYS] = -1
    is_taken = near.max(axis=1) >= 1 - cut
    out = labels.copy()
    out[alone[is_taken]] = groups[near.argmax(axis=1)[is_taken]]
    return np.unique(out, return_inverse=True)[1]


def _means(vectors: Matrix, labels: Labels, groups: Labels) -> Matrix:
    """Return the mean vector of each group."""
    return np.stack([vectors[labels == group].mean(axis=0) for group in groups])


def _beside(clear: Matrix, said: Said) -> Matrix:
    """Return vectors of which the product counts both where complaints lie and what they say."""
    parts = [math.sqrt(1 - _SAID) * clear, math.sqrt(_SAID) * said.kinds]
    counts = np.where(said.is_fault, 1.0, _UNSAID if len(clear) >= _MANY else 1.0)
    both: Matrix = (np.hstack(parts) * counts[:, None]).astype(np.float32)
    return both


def _cut(n_complaints: int) -> float:
    """Return how far apart the groups of one problem may be among so many complaints."""
    doublings = max(0.0, math.log2(n_complaints / _FEW))
    return max(_LEAST_CUT, _CUT - _PER_DOUBLING * doublings)


def _clear(lie: Matrix) -> Matrix:
    """Return vectors of length one, shorter for what tells its problem less clearly."""
    lengths = np.linalg.norm(lie, axis=1, keepdims=True)
    scaled: Matrix = (lie / np.maximum(lengths, _CLEAR)).astype(np.float32)
    return scaled


def kinds_of_trouble(embed: Embed) -> Matrix:
    """Return the unit vector of each kind of trouble, less what all have in common."""
    listed = tomllib.loads(
        files("pipeline.engines.embedded").joinpath("troubles.toml").read_text(encoding="utf-8")
    )["kinds"]
    said = [sentence for sentences in listed.values() for sentence in sentences]
    vectors = dict(zip(said, embed(said), strict=True))
    means = np.stack([np.mean([vectors[s] for s in own], axis=0) for own in listed.values()])
    return unit(means - means.mean(axis=0))


def told_by_kind(vectors: Matrix, kinds: Matrix, usual: Matrix) -> Told:
    """Return the problems among the complaints of a touchpoint, from another model's vectors.

    `usual` is the mean vector of the complaints about all touchpoints.
    """
    near = (vectors - usual) @ kinds.T
    kind = unit(near - _SHIFT * near.mean(axis=0))
    parts = [np.sqrt(1 - _KIND) * centred(vectors, _SHIFT), np.sqrt(_KIND) * kind]
    told = unit(np.concatenate(parts, axis=1).astype(np.float32))
    return Told(told, group_problems(told, _CUT_OF_MANY if len(told) >= _MANY else _CUT_OF_KINDS))


def group_problems(told: Matrix, cut: float) -> Labels:
    """Return a group for each complaint, from the vectors that tell problems, by average linkage up
    to a distance (1 - product of the vectors); who is like no other is a group of one."""
    if len(told) < 2:
        return np.zeros(len(told), dtype=np.int64)
    if len(told) <= _EXACT:
        rows, columns = np.triu_indices(len(told), 1)
        return link_apart(np.maximum(1 - (told @ told.T)[rows, columns], 0), cut)
    labels = find_groups(told, cut, smallest=2)
    alone = np.flatnonzero(labels < 0)
    labels[alone] = labels.max() + 1 + np.arange(len(alone))
    return labels
