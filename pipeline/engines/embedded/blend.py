"""What texts are about and how they are worded, side by side in one vector.

The sentence vectors of "pto used" and "pto balance" hardly differ, nor do those of what customers
say of the two: the model's last layers keep the topic and let the words go. An inner layer still
tells them apart. Its vectors are centred on the texts at hand and reduced to the main directions in
which those differ.
"""

from typing import NamedTuple

import numpy as np

from pipeline.engines.embedded.groups import unit
from pipeline.engines.embedding import Matrix, Vectors

_WORDED = 0.5
"""Weight of how a text is worded where what it is about weighs 1."""
_DIRECTIONS = 64
_FEW_TO_TELL = 100
"""Among fewer texts than these nobody can tell which directions set apart: the topic is all."""
_FEW = 10
"""The mean of so few vectors is trusted by half: it is as much topic as background."""


class Blend(NamedTuple):
    """How vectors become blended ones."""

    topic: Matrix
    """what is taken off every sentence vector"""
    wording: Matrix
    """what is taken off every inner vector of length one"""
    directions: Matrix
    """(dimensions, directions) of the inner vectors; without directions among few texts"""


def trusted_mean(vectors: Matrix, few: int = _FEW) -> Matrix:
    """Return the mean of vectors, the nearer to zero the fewer they are."""
    mean: Matrix = vectors.sum(axis=0) / (len(vectors) + few)
    return mean


def find_blend(vectors: Vectors) -> Blend:
    """Return the blend that suits some texts."""
    inner = unit(vectors.inner)
    wording = trusted_mean(inner)
    n_directions = _DIRECTIONS if len(inner) >= _FEW_TO_TELL else 0
    apart = unit(inner - wording)
    _, directions = np.linalg.eigh((apart.T @ apart).astype(np.float64))
    main = directions[:, len(directions) - n_directions :].astype(np.float32)
    return Blend(trusted_mean(vectors.sentence), wording, main)


def blended(vectors: Vectors, blend: Blend) -> Matrix:
    """Return one unit vector a text: (n texts, dimensions and directions)."""
    topic = unit(vectors.sentence - blend.topic)
    return side_by_side(topic, unit(vectors.inner) - blend.wording, blend)


def side_by_side(topic: Matrix, wording: Matrix, blend: Blend) -> Matrix:
    """Return unit vectors of what is centred already, topics of length one."""
    worded = unit(wording @ blend.directions)
    return unit(np.concatenate([topic, _WORDED * worded], axis=1))
