"""Quotes into groups, the number of which is found."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from pipeline.engines.embedded.groups import TOUCHPOINT_CUT, centred, find_groups, link, unit


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


def test_unit_scales_one_vector_and_rows_alike_and_leaves_zeros():
    rows = np.array([[3, 4], [0, 0]], dtype=np.float32)
    np.testing.assert_allclose(unit(rows), [[0.6, 0.8], [0, 0]], atol=1e-6)
    np.testing.assert_array_equal(unit(rows[0]), unit(rows)[0])
