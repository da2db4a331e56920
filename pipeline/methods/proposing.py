"""What a reviewer may want to join or take apart: vectors of quotes in, pairs and parts out.

Two groups of quotes are compared as two tests of one ability are: the mean likeness between them,
over what each one's quotes have in common among themselves. Small and loose groups thereby do not
look less alike than they are (correction for attenuation, Spearman 1904).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Labels = npt.NDArray[np.int64]

_LEAST_ALIKE = 0.05
"""The quotes of one group count at least this alike: a group at random would divide by nothing."""
_WORD = 0.1
"""How much nearer to a part a quote counts that says the part's word."""


class Part(NamedTuple):
    """A part of a group, by the rows of its quotes."""

    rows: Labels
    likeness: float
    """to the rest of the group"""
    kept: float
    """the share of the quotes with the part's word that belong to it"""


def less(vectors: Vectors, middle: Vectors, share: float = 1.0) -> Vectors:
    """Return unit vectors (rows) less `share` of a middle: what all quotes have in common tells
    none apart."""
    return _units(vectors - np.float32(share) * middle)


def likeness(vectors: Vectors, groups: Labels, n: int) -> Floats:
    """Return how alike `n` groups of unit vectors are, shape (n, n), corrected for attenuation.

    `groups` holds the number of the group of each row. A group of fewer than two has no likeness of
    its own: it counts as `_LEAST_ALIKE` in itself. The diagonal is 1.
    """
    sums = np.zeros((n, vectors.shape[1]), dtype=np.float64)
    for group in range(n):
        sums[group] = vectors[groups == group].sum(axis=0)
    return likeness_of_sums(sums, np.bincount(groups, minlength=n).astype(np.float64))


def likeness_of_sums(sums: Floats, sizes: Floats) -> Floats:
    """Return the likeness of n groups (n, n) from the sums of their unit vectors (n, d) and their
    sizes (n)."""
    own = np.array([_own_likeness(row, size) for row, size in zip(sums, sizes, strict=True)])
    between = sums @ sums.T / np.maximum(np.outer(sizes, sizes), 1.0)
    alike = between / np.sqrt(np.outer(own, own))
    np.fill_diagonal(alike, 1.0)
    return np.asarray(np.clip(alike, -1.0, 1.0), dtype=np.float64)


def _own_likeness(total: Floats, size: float) -> float:
    """Return the mean cosine of all pairs within a group, from the sum of its unit vectors."""
    if size < 2:
        return _LEAST_ALIKE
    return max(float(total @ total - size) / (size * (size - 1)), _LEAST_ALIKE)


def parts_of(vectors: Vectors, with_word: Flags) -> list[Part | None]:
    """Return for each word the part of a group that it stands for; None where no part is left.

    `vectors` (n, d) are the group's quotes, `with_word` (words, n) tells which say each word. A
    quote goes with the part when it lies nearer the middle of those that say the word than of the
    others; saying the word brings it nearer.
    """
    if not len(with_word):
        return []
    flags = with_word.astype(np.float32)
    inside, outside = flags @ vectors, (1 - flags) @ vectors
    pull = (_units(inside) - _units(outside)) @ vectors.T + _WORD * (2 * flags - 1)
    belongs = pull > 0
    return [_part(vectors, row, word) for row, word in zip(belongs, with_word, strict=True)]


def _part(vectors: Vectors, belongs: Flags, with_word: Flags) -> Part | None:
    """Return a part with its likeness to the rest; None when it or the rest is no group."""
    n = int(belongs.sum())
    if not 2 <= n <= len(belongs) - 2:
        return None
    sums = np.stack([~belongs, belongs]).astype(np.float32) @ vectors
    alike = likeness_of_sums(
        sums.astype(np.float64), np.array([len(belongs) - n, n], dtype=np.float64)
    )
    kept = float(belongs[with_word].mean()) if with_word.any() else 0.0
    return Part(np.flatnonzero(belongs), float(alike[0, 1]), kept)


def _units(vectors: Vectors) -> Vectors:
    """Return each row, or a vector, scaled to length one; zeros stay."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-9), dtype=np.float32)


def most_central(vectors: Vectors, rows: Sequence[int], n: int) -> list[int]:
    """Return the `n` rows nearest to the middle of `rows`, nearest first."""
    own = np.asarray(rows, dtype=np.int64)
    middle = _units(vectors[own].sum(axis=0))
    order = np.argsort(-(vectors[own] @ middle), kind="stable")
    return [int(own[place]) for place in order[:n]]
