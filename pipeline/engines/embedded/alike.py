"""Complaints about one touchpoint, told apart by what is wrong.

"The refund never came" and "the refund was refused" share their topic, which is all that a sentence
vector sees of them. So a complaint is also placed by how near it lies to sentences that tell a kind
of trouble and no topic (troubles.toml), and both likenesses count the same.
"""

import tomllib
from collections.abc import Callable
from importlib.resources import files

import numpy as np

from pipeline.engines.embedded.groups import centred, find_groups, link, unit
from pipeline.engines.embedding import Labels, Matrix

Embed = Callable[[list[str]], Matrix]
_SHIFT = 0.5
"""Share of what all complaints of a touchpoint have in common that is taken off before two are
compared: all of it would hide the problem that most of them tell."""
_KIND = 0.5
"""How much the kind of trouble counts beside the words. See tests/bench/README.md for what this and
the cuts do to written pairs of complaints."""
_CUT, _CUT_OF_MANY = 0.72, 0.6
_FEW = 20
"""From so many complaints on nearness means more: a closer cut parts problems that are near."""
_EXACT = 2_500
"""More complaints of one touchpoint are first put into cells."""


def kinds_of_trouble(embed: Embed) -> Matrix:
    """Return the unit vector of each kind of trouble, less what all have in common."""
    listed = tomllib.loads(
        files("pipeline.engines.embedded").joinpath("troubles.toml").read_text(encoding="utf-8")
    )["kinds"]
    said = [sentence for sentences in listed.values() for sentence in sentences]
    vectors = dict(zip(said, embed(said), strict=True))
    means = np.stack([np.mean([vectors[s] for s in own], axis=0) for own in listed.values()])
    return unit(means - means.mean(axis=0))


def by_problem(vectors: Matrix, kinds: Matrix, usual: Matrix) -> Matrix:
    """Return for each complaint of a touchpoint a unit vector whose cosine tells one problem.

    `usual` is the mean vector of the complaints about all touchpoints.
    """
    near = (vectors - usual) @ kinds.T
    kind = unit(near - _SHIFT * near.mean(axis=0))
    parts = [np.sqrt(1 - _KIND) * centred(vectors, _SHIFT), np.sqrt(_KIND) * kind]
    return unit(np.concatenate(parts, axis=1).astype(np.float32))


def group_problems(told: Matrix) -> Labels:
    """Return a group for each complaint, from the vectors that tell problems; who is like no other
    is a group of one."""
    cut = _CUT_OF_MANY if len(told) >= _FEW else _CUT
    if len(told) <= _EXACT:
        return link(told, cut)
    labels = find_groups(told, cut, smallest=2)
    alone = np.flatnonzero(labels < 0)
    labels[alone] = labels.max() + 1 + np.arange(len(alone))
    return labels
