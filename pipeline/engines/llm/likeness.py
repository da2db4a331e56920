"""Another model's vectors → vectors whose cosines mean what the embedded model's mean.

All that is held against a cosine (is this pair worth a question, does this quote belong here) was
measured with the embedded model. Other models have other scales: with some, two texts about
nothing in common have a cosine of 0.8. What both models make of the same reference texts tells how
one scale lies to the other; it depends on the model alone, so that runs, periods and questions
asked later can be compared.
"""

import tomllib
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np

from pipeline.engines import llm
from pipeline.engines.embedding import Labels, Matrix

SCALE_VERSION = 1
"""Another number makes other vectors of the same answers."""
_ROGUE = 3.0
"""A number that varies this many times as much as is usual would decide every cosine alone; it is
brought down to what is usual. MiniLM's vary at most 1.5 times as much. After Timkey and
van Schijndel, "All bark and no bite: rogue dimensions in transformer language models" (2021)."""
_SHARES = np.linspace(0.0, 2.0, 201)
"""How much all vectors may be made to have in common, as a share of what they usually have of their
own."""


class Scale(NamedTuple):
    """How the vectors of a model are moved."""

    middle: Matrix
    """what all texts have in common, shape (dimensions,)"""
    weights: Matrix
    """of each number, shape (dimensions,)"""
    shared: float
    """what all vectors get in common instead, before they are made as long as one"""

    def apply(self, vectors: Matrix) -> Matrix:
        """Return unit vectors, shape (texts, dimensions + 1)."""
        own = self.moved(vectors)
        rest = np.full((len(own), 1), self.shared, dtype=np.float32)
        return _unit(np.concatenate([own, rest], axis=1))

    def moved(self, vectors: Matrix) -> Matrix:
        """Return what each text has of its own, shape (texts, dimensions)."""
        moved: Matrix = (_unit(vectors) - self.middle) * self.weights
        return moved


def fit_scale(theirs: Matrix, ours: Matrix, things: Labels) -> Scale:
    """Return how to move a model's vectors of texts so that they lie as far apart as ours do.

    `things` says what each text is about. The middle of all is taken out, as in Mu and Viswanath,
    "All-but-the-top" (2018); then as much of a direction of its own is put in as brings the mean
    cosine of texts about one thing, and of texts about two, nearest to ours.
    """
    plain = _unit(theirs)
    spread = plain.std(axis=0)
    usual = float(np.median(spread))
    weights = np.where(spread > _ROGUE * usual, usual / np.maximum(spread, 1e-9), 1.0)
    scale = Scale(plain.mean(axis=0), weights.astype(np.float32), 0.0)
    length = float(np.sqrt((scale.moved(theirs) ** 2).sum(axis=1).mean()))
    wanted = _mean_cosines(ours, things)
    tried = [scale._replace(shared=max(float(share) * length, 1e-6)) for share in _SHARES]
    return min(tried, key=lambda one: _distance(_mean_cosines(one.apply(theirs), things), wanted))


def _distance(found: tuple[float, float], wanted: tuple[float, float]) -> float:
    return sum((one - other) ** 2 for one, other in zip(found, wanted, strict=True))


def _unit(vectors: Matrix) -> Matrix:
    """Return vectors of length one; those of length none stay."""
    lengths = np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    return np.asarray(vectors / lengths, dtype=np.float32)


def _mean_cosines(vectors: Matrix, things: Labels) -> tuple[float, float]:
    """Return the mean cosine of two texts about one thing, and of two about different ones."""
    cosines = vectors @ vectors.T
    pairs = np.triu(np.ones_like(cosines, dtype=bool), k=1)
    alike = things[:, None] == things[None, :]
    return float(cosines[pairs & alike].mean()), float(cosines[pairs & ~alike].mean())


@cache
def reference() -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Return the reference texts, and the number of the thing that each is about."""
    listed = tomllib.loads((files(llm) / "reference.toml").read_text("utf-8"))["texts"]
    texts = tuple(text for own in listed for text in own)
    return texts, tuple(number for number, own in enumerate(listed) for _ in own)
