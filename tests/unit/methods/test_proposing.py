"""How alike groups of quotes are, and the part of a group that a word stands for."""

import numpy as np
import pytest

from pipeline.methods.proposing import less, likeness, most_central, parts_of


def around(*centres: tuple[float, ...], n: int = 40, spread: float = 0.25) -> np.ndarray:
    """Unit vectors around each centre, `n` of each."""
    draw = np.random.default_rng(3)
    rows = np.repeat(np.array(centres, dtype=np.float64), n, axis=0)
    rows += draw.normal(0, spread, rows.shape)
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def numbered(*sizes: int) -> np.ndarray:
    return np.repeat(np.arange(len(sizes)), sizes)


def test_two_groups_from_one_place_are_one_thing_and_far_ones_are_not():
    vectors = around((1, 0, 0, 0), (1, 0, 0, 0), (0, 1, 0, 0))
    alike = likeness(vectors, numbered(40, 40, 40), 3)
    assert alike[0, 1] == pytest.approx(1.0, abs=0.05)
    assert alike[0, 2] == pytest.approx(0.0, abs=0.1)
    assert np.allclose(alike, alike.T)


def test_a_small_loose_group_counts_as_alike_as_a_large_one():
    vectors = around((1, 0, 0, 0), spread=0.6, n=205)
    alike = likeness(vectors, numbered(200, 5), 2)
    plain = vectors[:200].mean(axis=0) @ vectors[200:].mean(axis=0)
    assert alike[0, 1] > 0.8 > plain


def test_groups_of_nothing_and_of_one_are_no_error():
    alike = likeness(around((1, 0), n=3), np.array([0, 0, 1]), 3)
    assert np.isfinite(alike).all()
    assert (np.abs(alike) <= 1).all()


def test_what_all_have_in_common_is_taken_off():
    vectors = around((1, 0.5, 0), (1, -0.5, 0), spread=0.05)
    middle = vectors.mean(axis=0)
    groups = numbered(40, 40)
    assert likeness(vectors, groups, 2)[0, 1] > 0.5
    assert likeness(less(vectors, middle), groups, 2)[0, 1] < -0.5
    assert np.allclose(np.linalg.norm(less(vectors, middle, 0.5), axis=1), 1, atol=1e-5)


def test_a_part_takes_in_what_means_the_same_without_the_word():
    vectors = around((1, 0, 0), (0, 1, 0), n=20, spread=0.1)
    says = np.zeros((1, 40), dtype=bool)
    says[0, 20:32] = True
    (part,) = parts_of(vectors, says)
    assert part.rows.tolist() == list(range(20, 40))
    assert part.likeness < 0.2
    assert part.kept == 1.0


def test_a_word_that_is_spread_over_all_is_like_the_rest():
    vectors = around((1, 0, 0, 0), n=40, spread=0.3)
    says = (np.arange(40) % 3 == 0)[None, :]
    (part,) = parts_of(vectors, says)
    assert part is None or part.likeness > 0.8


def test_no_part_is_left_where_all_or_none_say_the_word():
    vectors = around((1, 0), n=6)
    assert parts_of(vectors, np.ones((1, 6), dtype=bool)) == [None]
    assert parts_of(vectors, np.zeros((0, 6), dtype=bool)) == []


def test_the_most_central_quote_comes_first():
    vectors = np.array([[1, 0], [0.8, 0.6], [0.6, 0.8], [0, 1]], dtype=np.float32)
    assert most_central(vectors, [0, 1, 2], 2) == [1, 0] or most_central(vectors, [0, 1, 2], 1) == [
        1
    ]
