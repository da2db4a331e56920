"""Intervals, tests and resamples that several stages share: numbers in, numbers out."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import stats

Floats = npt.NDArray[np.float64]
Z95 = 1.959963984540054
_BLOCK = 4_000_000
"""Resampled weights held at once, so that many customers do not fill the memory."""


class Interval(NamedTuple):
    """A value with the ends of its 95 % interval."""

    value: float
    low: float
    high: float


class Difference(NamedTuple):
    """What was added from before to after, its 95 % interval and two-sided p-value."""

    low: float
    high: float
    p_value: float


def wilson(successes: float, n: float) -> Interval:
    """Return a share with its Wilson 95 % interval; NaN when `n` is 0."""
    if n <= 0:
        return Interval(np.nan, np.nan, np.nan)
    share = successes / n
    centre = (share + Z95**2 / (2 * n)) / (1 + Z95**2 / n)
    half = Z95 / (1 + Z95**2 / n) * np.sqrt(share * (1 - share) / n + Z95**2 / (4 * n * n))
    # At 0 and 1 the formula misses the bound by a rounding error.
    low = 0.0 if successes <= 0 else max(0.0, float(centre - half))
    high = 1.0 if successes >= n else min(1.0, float(centre + half))
    return Interval(share, low, high)


def mean_of(values: Floats, least_sd: float) -> Interval:
    """Return the mean with its t interval; `least_sd` keeps a few equal values from certainty."""
    if len(values) < 2:
        return Interval(float(values[0]) if len(values) else np.nan, np.nan, np.nan)
    mean = float(values.mean())
    error = max(float(values.std(ddof=1)), least_sd) / np.sqrt(len(values))
    half = float(stats.t.ppf(0.975, len(values) - 1) * error)
    return Interval(mean, mean - half, mean + half)


def difference_of_shares(before: tuple[int, int], after: tuple[int, int]) -> Difference:
    """Return the difference of two (successes, n): Newcombe's interval, Fisher's exact p-value."""
    first, second = wilson(*before), wilson(*after)
    change = second.value - first.value
    low = change - np.hypot(second.value - second.low, first.high - first.value)
    high = change + np.hypot(second.high - second.value, first.value - first.low)
    grid = [[k, n - k] for k, n in (before, after)]
    return Difference(float(low), float(high), float(stats.fisher_exact(grid).pvalue))


def difference_of_means(before: Floats, after: Floats, least_sd: float) -> Difference:
    """Return Welch's interval and p-value for the difference of two means."""
    spreads = [max(float(v.std(ddof=1)), least_sd) ** 2 / len(v) for v in (before, after)]
    error = np.sqrt(sum(spreads))
    freedom = sum(spreads) ** 2 / sum(
        s**2 / (len(v) - 1) for s, v in zip(spreads, (before, after), strict=True)
    )
    change = float(after.mean() - before.mean())
    half = float(stats.t.ppf(0.975, freedom) * error)
    p_value = float(2 * stats.t.sf(abs(change) / error, freedom))
    return Difference(change - half, change + half, p_value)


def benjamini_hochberg(p_values: Floats) -> Floats:
    """Return the q-value of each p-value; none for none."""
    if len(p_values) == 0:
        return p_values
    return np.asarray(stats.false_discovery_control(p_values, method="bh"), dtype=np.float64)


def resample_weights(n: int, resamples: int, seed: int) -> Iterator[Floats]:
    """Yield blocks of rows; a row says how often each of `n` customers was drawn."""
    draw = np.random.default_rng(seed)
    rows = max(1, _BLOCK // max(n, 1))
    for start in range(0, resamples, rows):
        size = min(rows, resamples - start)
        yield draw.multinomial(n, np.full(n, 1 / n), size=size).astype(np.float64)


def resampled_sums(columns: Floats, resamples: int, seed: int) -> Floats:
    """Return the column sums (resamples x columns) over customers drawn with replacement."""
    if len(columns) == 0:
        return np.zeros((resamples, columns.shape[1]))
    return np.vstack([w @ columns for w in resample_weights(len(columns), resamples, seed)])
