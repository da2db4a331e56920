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
    poisson_binomial_tails,
    resample_weights,
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


def test_poisson_binomial_tails_are_those_of_scipy_in_any_company():
    draw = np.random.default_rng(1)
    rows = [
        (observed, chances)
        for n in (1, 2, 40, 700, *range(3, 90))
        for chances in (draw.uniform(0, high, n) for high in (0.02, 0.4, 1.0))
        for observed in (0, 1, n // 3, int(chances.sum()) + 1, n)
    ]
    tails = poisson_binomial_tails(*zip(*rows, strict=True))
    expected = [stats.poisson_binom.sf(observed - 1, chances) for observed, chances in rows]
    assert tails == pytest.approx(expected, abs=1e-12)
    alone = [poisson_binomial_tails([observed], [chances])[0] for observed, chances in rows]
    assert tails.tolist() == alone


def test_nothing_happens_of_nothing():
    none = np.zeros(0)
    assert poisson_binomial_tails([0, 1, 3], [none, none, np.ones(2)]).tolist() == [1, 0, 0]
    assert poisson_binomial_tails([], []).tolist() == []


def test_customers_are_drawn_alike_every_time():
    first, second = (list(resample_weights(7, 100, 3)) for _ in range(2))
    assert np.array_equal(first, second)
    (block,) = first
    block += 1
    assert np.array_equal(next(resample_weights(7, 100, 3)), second[0])
    expected = np.random.default_rng(3).multinomial(7, np.full(7, 1 / 7), size=100)
    assert np.array_equal(second[0], expected)
    assert not np.array_equal(next(resample_weights(7, 100, 4)), second[0])


def test_many_customers_are_drawn_in_blocks(monkeypatch):
    monkeypatch.setattr(statistics, "_BLOCK", 70)
    blocks = list(resample_weights(7, 25, 3))
    assert [len(block) for block in blocks] == [10, 10, 5]
    assert np.array_equal(np.vstack(blocks).sum(axis=1), np.full(25, 7))


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
