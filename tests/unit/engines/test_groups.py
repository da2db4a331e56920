"""Quotes into groups, the number of which is found."""

import subprocess
import sys

import numpy as np
import pytest
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.cluster.vq import kmeans2
from sklearn.metrics import adjusted_rand_score

from pipeline.engines.embedded.groups import (
    _ROUNDS,
    TOUCHPOINT_CUT,
    _k_means,
    centred,
    find_groups,
    link,
    unit,
)


def clouds(*sizes, spread=0.02, seed=1, dimensions=32):
    """Unit vectors around far-off centres, so many for each."""
    draw = np.random.default_rng(seed)
    rows = []
    for n, size in enumerate(sizes):
        centre = np.zeros(dimensions)
        centre[n] = 1
        rows.append(centre + draw.normal(0, spread, (size, dimensions)))
    vectors = np.vstack(rows).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_clouds_are_found_as_groups():
    labels = find_groups(clouds(5, 4, 6), TOUCHPOINT_CUT)
    assert [len(set(labels[a:b])) for a, b in ((0, 5), (5, 9), (9, 15))] == [1, 1, 1]
    assert len(set(labels.tolist())) == 3


def test_few_are_added_and_the_cells_of_many_stay():
    vectors = clouds(*[400] * 8, spread=0.12, seed=3)
    texts = [f"quote {n}" for n in range(len(vectors))]
    kept = np.flatnonzero(np.arange(len(vectors)) % 10 > 0)
    whole = find_groups(vectors, TOUCHPOINT_CUT, texts=texts)
    part = find_groups(vectors[kept], TOUCHPOINT_CUT, texts=[texts[n] for n in kept])
    assert adjusted_rand_score(whole[kept], part) > 0.95


def test_text_far_from_every_group_is_left_over():
    vectors = clouds(60, 60, 1, spread=0.02)
    labels = find_groups(vectors, TOUCHPOINT_CUT)
    assert labels[-1] == -1
    assert -1 not in labels[:-1]


def test_loners_belong_to_no_group():
    labels = find_groups(clouds(5, 1, 2), TOUCHPOINT_CUT)
    assert set(labels[5:].tolist()) == {-1}
    assert -1 not in labels[:5]


def test_many_vectors_are_grouped_through_cells():
    labels = find_groups(clouds(*[400] * 8, spread=0.03), TOUCHPOINT_CUT)
    assert len(set(labels.tolist())) == 8
    assert all(len(set(part.tolist())) == 1 for part in labels.reshape(8, 400))


@pytest.mark.parametrize("n", [0, 1])
def test_fewer_than_two_form_no_group(n):
    assert find_groups(clouds(n), TOUCHPOINT_CUT).tolist() == [-1] * n


def test_nothing_but_loners_forms_no_group():
    assert find_groups(clouds(1, 1, 1), TOUCHPOINT_CUT).tolist() == [-1, -1, -1]


def test_same_vectors_same_groups():
    vectors = clouds(*[150] * 8, spread=0.1)
    before = vectors.copy()
    first = find_groups(vectors, TOUCHPOINT_CUT)
    np.testing.assert_array_equal(first, find_groups(vectors, TOUCHPOINT_CUT))
    np.testing.assert_array_equal(vectors, before)


def test_centred_vectors_have_length_one_and_no_common_part():
    moved = centred(clouds(5, 5))
    np.testing.assert_allclose(np.linalg.norm(moved, axis=1), 1, atol=1e-5)
    assert np.linalg.norm(moved.mean(axis=0)) < 0.1


def test_quotes_that_are_all_the_same_are_no_fault():
    alike = np.tile(clouds(1), (4, 1))
    labels = find_groups(centred(alike), TOUCHPOINT_CUT)
    assert len(set(labels.tolist())) == 1


def test_link_leaves_loners_alone_and_no_vector_is_no_fault():
    labels = link(clouds(4, 3, 1), TOUCHPOINT_CUT)
    assert [len(set(labels[a:b].tolist())) for a, b in ((0, 4), (4, 7))] == [1, 1]
    assert len(set(labels.tolist())) == 3
    assert link(clouds(1)[:0], TOUCHPOINT_CUT).tolist() == []


def test_link_is_average_linkage_on_cosine_distance():
    vectors = centred(clouds(*[20] * 8, spread=0.25))
    by_scipy = fcluster(linkage(vectors, "average", metric="cosine"), TOUCHPOINT_CUT, "distance")
    labels = link(vectors, TOUCHPOINT_CUT)
    assert len(set(labels.tolist())) > 2
    assert adjusted_rand_score(by_scipy, labels) == 1


def test_vectors_without_a_direction_are_one_group():
    vectors = np.vstack([clouds(3), np.zeros((3, 32), dtype=np.float32)])
    vectors = np.roll(vectors, 5, axis=1)
    labels = link(vectors, TOUCHPOINT_CUT)
    assert [len(set(labels[a:b].tolist())) for a, b in ((0, 3), (3, 6))] == [1, 1]
    assert labels[0] != labels[3]


def test_cells_are_those_of_k_means():
    vectors = clouds(*[300] * 5, spread=0.3)
    seeds = vectors[::75].copy()
    _, by_scipy = kmeans2(vectors, seeds, iter=_ROUNDS + 1, minit="matrix")
    assert (_k_means(vectors, seeds) == by_scipy).mean() > 0.999


def test_cell_that_loses_all_its_vectors_is_no_fault():
    vectors = clouds(30, 30)
    nowhere = np.zeros((1, 32), dtype=np.float32)
    nowhere[0, 9] = 50
    cells = _k_means(vectors, np.vstack([vectors[:1], vectors[-1:], nowhere]))
    assert cells.tolist() == [0] * 30 + [1] * 30


def test_unit_scales_one_vector_and_rows_alike_and_leaves_zeros():
    rows = np.array([[3, 4], [0, 0]], dtype=np.float32)
    np.testing.assert_allclose(unit(rows), [[0.6, 0.8], [0, 0]], atol=1e-6)
    np.testing.assert_array_equal(unit(rows[0]), unit(rows)[0])


def test_grouping_does_without_the_library_that_is_slowest_to_load():
    code = (
        "import sys, numpy; from pipeline.engines.embedded import groups;"
        "groups.find_groups(numpy.eye(9, dtype='float32').repeat(300, axis=0), 0.6);"
        "sys.exit('sklearn' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0  # noqa: S603
