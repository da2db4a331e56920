"""Shared statistics: the same figures as scipy.stats, which is too slow to import in a run."""

import subprocess
import sys
from itertools import product

import numpy as np
import pytest
from scipy import stats

from pipeline.methods import statistics
from pipeline.methods.statistics import (
    benjamini_hochberg,
    difference_of_means,
    difference_of_shares,
    fisher_exact,
    fisher_exact_greater,
    mean_of,
    poisson_binomial_tail,
)

SHARES = [
    *product([(0, 5), (2, 5), (5, 5), (1, 1), (0, 1)], repeat=2),
    ((8, 10), (1, 6)), ((3, 60), (21, 90)), ((400, 1000), (460, 1000)),
    ((70, 90_000), (99, 80_000)),
]  # fmt: skip


def _grid(first, second):
    return [[k, n - k] for k, n in (first, second)]


@pytest.mark.parametrize(("first", "second"), SHARES)
def test_fisher_is_that_of_scipy(first, second):
    grid = _grid(first, second)
    both = stats.fisher_exact(grid).pvalue
    assert fisher_exact(first, second) == pytest.approx(both, rel=1e-7)
    assert difference_of_shares(first, second).p_value == pytest.approx(both, rel=1e-7)
    above = stats.fisher_exact(grid, alternative="greater").pvalue
    assert fisher_exact_greater(first, second) == pytest.approx(above, rel=1e-7)


def test_tables_as_likely_as_the_one_seen_count_on_the_other_side():
    assert fisher_exact((3, 5), (2, 5)) == pytest.approx(1)
    assert fisher_exact((4, 5), (1, 5)) == pytest.approx(2 * fisher_exact_greater((4, 5), (1, 5)))


@pytest.mark.parametrize("n", [1, 2, 40, 700])
def test_poisson_binomial_tail_is_that_of_scipy(n):
    draw = np.random.default_rng(n)
    for high in (0.02, 0.4, 1.0):
        chances = draw.uniform(0, high, n)
        for observed in {0, 1, n // 3, int(chances.sum()) + 1, n}:
            expected = stats.poisson_binom.sf(observed - 1, chances)
            assert poisson_binomial_tail(observed, chances) == pytest.approx(expected, abs=1e-12)


def test_nothing_happens_of_nothing():
    assert poisson_binomial_tail(0, np.zeros(0)) == 1
    assert poisson_binomial_tail(1, np.zeros(0)) == 0
    assert poisson_binomial_tail(3, np.ones(2)) == 0


@pytest.mark.parametrize("n", [1, 2, 17])
def test_false_discoveries_are_those_of_scipy(n):
    p_values = np.random.default_rng(n).uniform(0, 1, n).round(1)
    expected = stats.false_discovery_control(p_values, method="bh")
    assert benjamini_hochberg(p_values).tolist() == expected.tolist()
    assert benjamini_hochberg(np.zeros(0)).tolist() == []


def test_means_are_tested_as_scipy_tests_them():
    draw = np.random.default_rng(3)
    before, after = draw.normal(0, 1, 12), draw.normal(0.4, 2, 30)
    found = difference_of_means(before, after, 0.01)
    expected = stats.ttest_ind(after, before, equal_var=False)
    interval = expected.confidence_interval(0.95)
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-12)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high), rel=1e-12)
    half = stats.t.ppf(0.975, 11) * before.std(ddof=1) / 12**0.5
    assert mean_of(before, 0.01).high - before.mean() == pytest.approx(half, rel=1e-12)


def test_scipy_stats_is_not_imported():
    code = f"import sys, {statistics.__name__}; sys.exit('scipy.stats' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=False)  # noqa: S603 - our own code
    assert done.returncode == 0
