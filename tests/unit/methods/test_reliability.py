"""Krippendorff's alpha against the figures of the paper that describes it."""

import math
from collections import Counter
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.methods.reliability import krippendorff_nominal


def _units(*observers):
    """Return the judgements of each unit from one row for each observer, '.' for none."""
    columns = zip(*(row.split() for row in observers), strict=True)
    return [[value for value in column if value != "."] for column in columns]


# Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability": sections A, B and C.
TWO_CATEGORIES = _units("0 1 0 0 0 0 0 0 1 0", "1 1 1 0 0 1 0 0 0 0")
FIVE_CATEGORIES = _units("a a b b d c c c e d d a", "b a b b b c c c e d d d")
FOUR_OBSERVERS_SOME_MISSING = _units(
    "1 2 3 3 2 1 4 1 2 . . .",
    "1 2 3 3 2 2 4 1 2 5 . 3",
    ". 3 3 3 2 3 4 2 2 5 1 .",
    "1 2 3 3 2 4 4 1 2 5 1 .",
)


@pytest.mark.parametrize(
    ("units", "alpha"),
    [(TWO_CATEGORIES, 0.095), (FIVE_CATEGORIES, 0.692), (FOUR_OBSERVERS_SOME_MISSING, 0.743)],
)
def test_published_examples(units, alpha):
    assert krippendorff_nominal(units) == pytest.approx(alpha, abs=0.0005)


def test_full_agreement_is_one_and_steady_disagreement_is_below_zero():
    assert krippendorff_nominal([["a", "a"], ["b", "b", "b"]]) == 1
    assert krippendorff_nominal([["a", "b"], ["b", "a"]]) < 0


@pytest.mark.parametrize("units", [[], [["a"], ["b"], []], [["a", "a"], ["a", "a", "a"]]])
def test_without_pairs_or_with_one_category_it_is_unknown(units):
    assert math.isnan(krippendorff_nominal(units))


def _by_coincidences(units):
    """Return alpha the long way: with the matrix of coincidences."""
    pairs = Counter()
    for unit in units:
        for one, other in permutations(unit, 2):
            pairs[one, other] += 1 / (len(unit) - 1)
    sums = Counter()
    for (one, _), n in pairs.items():
        sums[one] += n
    total = sum(sums.values())
    seen = sum(n for (one, other), n in pairs.items() if one != other)
    chance = sum(sums[a] * sums[b] for a, b in permutations(sums, 2)) / (total - 1)
    return 1 - seen / chance


@given(st.lists(st.lists(st.sampled_from("abc"), max_size=4), max_size=8), st.randoms())
def test_it_is_that_of_the_matrix_of_coincidences_in_any_order(units, chance):
    alpha = krippendorff_nominal(units)
    shuffled = [chance.sample(unit, len(unit)) for unit in chance.sample(units, len(units))]
    if math.isnan(alpha):
        assert len({value for unit in units if len(unit) > 1 for value in unit}) < 2
        return
    assert alpha == pytest.approx(_by_coincidences(units))
    assert krippendorff_nominal(shuffled) == pytest.approx(alpha)
    assert alpha <= 1
