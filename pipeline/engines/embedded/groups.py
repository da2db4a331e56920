"""Quotes into groups: how many groups there are is found, not given.

Sentence vectors are centred on the corpus mean, reduced to their main directions and drawn a little
towards their nearest neighbours, which parts what lies in two dense places. Average linkage merges
them up to a fixed cosine distance; many quotes are first put into fine cells by k-means, so that no
all-pairs matrix of more than some thousand rows is made.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from zlib import crc32

import numpy as np
from scipy.sparse import csr_matrix

from pipeline.engines.embedding import Labels, Matrix

TOUCHPOINT_CUT = 0.63
_DIRECTIONS = 64
_NEIGHBOURS = 5
_FEW = 100
"""Among fewer vectors than these the nearest neighbour may well be about something else."""
_EXACT = 2_500
_CELLS = 1_000
_QUOTES_PER_CELL = 4
_ROUNDS = 12
_ROWS = 512
"""So many vectors at a time are compared with all centres: that fits the processor's cache."""
_SMALLEST = 3
_NEAR = 0.2
"""Least cosine to the centre of the group, among centred vectors; below it a text is a loner."""
_ADOPT = 0.4


def unit(vectors: Matrix) -> Matrix:
    """Return a vector, or each row of several, scaled to length one; zeros stay."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    scaled: Matrix = vectors / np.maximum(lengths, 1e-9)
    return scaled


def centred(vectors: Matrix, share: float = 1.0, around: Matrix | None = None) -> Matrix:
    """Return unit vectors less `share` of the mean (of `around`, or of themselves): what all quotes
    have in common tells none apart."""
    if not len(vectors):
        return vectors
    mean = (vectors if around is None else around).mean(axis=0)
    moved = vectors - share * mean
    return unit(moved)


def find_groups(
    vectors: Matrix, cut: float, smallest: int = _SMALLEST, texts: Sequence[str] = ()
) -> Labels:
    """Return a group number for each centred vector, -1 for what fits no group of `smallest`.

    `texts` keep the groups of many vectors steady: see `_cells`.
    """
    if len(vectors) < 2:
        return np.full(len(vectors), -1, dtype=np.int64)
    reduced = _reduced(vectors)
    cells = _cells(reduced, texts)
    centres = _centres(reduced, cells)
    # A cell of many quotes is a mean of neighbours already.
    drawn = _drawn_together(centres) if len(centres) == len(vectors) else centres
    return _adopt_small(vectors, link(drawn, cut)[cells], smallest)


def _reduced(vectors: Matrix) -> Matrix:
    """Return unit vectors of the main directions (principal components) of centred vectors."""
    if len(vectors) < _FEW:
        return vectors
    _, directions = np.linalg.eigh((vectors.T @ vectors).astype(np.float64))
    return unit(vectors @ directions[:, -_DIRECTIONS:].astype(np.float32))


def _drawn_together(vectors: Matrix) -> Matrix:
    """Return each vector plus the weighted mean of its nearest neighbours, scaled to unit length.

    Source: mean shift (Fukunaga and Hostetler, 1975), one step on the graph of nearest neighbours.
    """
    if len(vectors) < _FEW:
        return vectors
    similar = vectors @ vectors.T
    np.fill_diagonal(similar, -1.0)
    nearest = np.argpartition(-similar, _NEIGHBOURS, axis=1)[:, :_NEIGHBOURS]
    weight = np.clip(np.take_along_axis(similar, nearest, 1), 1e-6, 1)
    pull = (weight[..., None] * vectors[nearest]).sum(axis=1)
    return unit(vectors + pull / weight.sum(axis=1, keepdims=True))


def _cells(vectors: Matrix, texts: Sequence[str]) -> Labels:
    """Return a fine cell for each vector; every vector its own while there are few.

    k-means starts from the vectors whose texts have the lowest checksums: nearly the same ones when
    some texts are added or taken away, so that the cells stay nearly the same too.
    """
    if len(vectors) <= _EXACT:
        return np.arange(len(vectors), dtype=np.int64)
    n_cells = min(_CELLS, len(vectors) // _QUOTES_PER_CELL)
    sums = [crc32(text.encode("utf-8", "surrogatepass")) for text in texts] or range(len(vectors))
    _, first = np.unique(sums, return_index=True)
    seeds = np.unique(vectors[first[:n_cells]], axis=0)
    _, cells = np.unique(_k_means(vectors, seeds), return_inverse=True)
    return cells.astype(np.int64)


def _k_means(vectors: Matrix, centres: Matrix) -> Labels:
    """Return the cell of each vector, after some rounds from given centres (Lloyd, 1982)."""
    for _ in range(_ROUNDS):
        cells = _nearest(vectors, centres)
        sums = _sums(vectors, cells, len(centres))
        sizes = np.bincount(cells, minlength=len(centres)).astype(np.float32)[:, None]
        # A centre that lost all its vectors to others stays where it was.
        centres = np.where(sizes > 0, sums / np.maximum(sizes, 1), centres)
    return _nearest(vectors, centres)


def _nearest(vectors: Matrix, centres: Matrix) -> Labels:
    """Return the number of the centre nearest to each vector."""
    half = (centres * centres).sum(axis=1) / 2
    parts = (vectors[at : at + _ROWS] for at in range(0, len(vectors), _ROWS))
    with ThreadPoolExecutor(os.cpu_count() or 1) as threads:
        found = threads.map(lambda part: (part @ centres.T - half).argmax(axis=1), parts)
        return np.concatenate(list(found))


def _sums(vectors: Matrix, cells: Labels, n_cells: int) -> Matrix:
    """Return the sum of the vectors of each cell, added up in their order."""
    ones = np.ones(len(vectors), dtype=np.float32)
    members = csr_matrix((ones, (cells, np.arange(len(vectors)))), shape=(n_cells, len(vectors)))
    sums: Matrix = members @ vectors
    return sums


def _centres(vectors: Matrix, cells: Labels) -> Matrix:
    """Return the unit mean vector of each cell."""
    return unit(_sums(vectors, cells, int(cells.max()) + 1))


def link(vectors: Matrix, cut: float) -> Labels:
    """Return a group number for each of some thousand centred vectors: average linkage on cosine
    distance up to `cut` and no more, so that loners are groups of one."""
    if len(vectors) < 2:
        return np.zeros(len(vectors), dtype=np.int64)
    return link_apart(_distances(vectors), cut)


def link_apart(distances: Matrix, cut: float) -> Labels:
    """Return the groups of average linkage up to `cut`, from the distances of all pairs of two or
    more, as scipy lays out pairs."""
    from scipy.cluster.hierarchy import fcluster, linkage

    # In double already: linkage would keep what it was given beside the double it makes of it.
    tree = linkage(distances.astype(np.float64), "average")
    labels: Labels = fcluster(tree, cut, "distance").astype(np.int64) - 1
    return labels


def _distances(vectors: Matrix) -> Matrix:
    """Return the cosine distance of all pairs of rows, as scipy lays out pairs."""
    from scipy.spatial.distance import squareform

    # A zero vector (all quotes alike, centred) has no direction: all such are one.
    lost = ~vectors.any(axis=1)
    if lost.any():
        vectors = vectors.copy()
        vectors[lost, 0] = 1.0
    rows = unit(vectors)
    apart = rows @ rows.T
    np.subtract(1, apart, out=apart)
    np.maximum(apart, 0, out=apart)
    pairs: Matrix = squareform(apart, checks=False)
    return pairs


def _adopt_small(vectors: Matrix, labels: Labels, smallest: int) -> Labels:
    """Give members of tiny groups to the nearest real group; who is near to none has none."""
    kept = np.flatnonzero(np.bincount(labels) >= smallest)
    if not len(kept):
        return np.full(len(labels), -1, dtype=np.int64)
    similar = vectors @ _centres(vectors, labels)[kept].T
    loose = ~np.isin(labels, kept)
    place = np.where(
        loose, similar.argmax(axis=1), np.searchsorted(kept, labels).clip(max=len(kept) - 1)
    )
    near = similar[np.arange(len(labels)), place]
    least = np.where(loose, _ADOPT, _NEAR)
    return np.where(near >= least, kept[place], -1)
