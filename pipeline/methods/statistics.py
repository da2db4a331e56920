"""Intervals, tests and resamples that several stages share: numbers in, numbers out.

Built on scipy.special: scipy.stats takes a second to import, which a run would pay every time.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln, stdtr, stdtrit

Floats = npt.NDArray[np.float64]
Z95 = 1.959963984540054
_BLOCK = 4_000_000
"""Resampled weights held at once, so that many customers do not fill the memory."""
_AS_LIKELY = 1 + 1e-7
"""Tables count as equally likely within this, for their chances are rounded; as in R's test."""


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
    half = float(stdtrit(len(values) - 1, 0.975) * error)
    return Interval(mean, mean - half, mean + half)


def difference_of_shares(before: tuple[int, int], after: tuple[int, int]) -> Difference:
    """Return the difference of two (successes, n): Newcombe's interval, Fisher's exact p-value."""
    first, second = wilson(*before), wilson(*after)
    change = second.value - first.value
    low = change - np.hypot(second.value - second.low, first.high - first.value)
    high = change + np.hypot(second.high - second.value, first.value - first.low)
    return Difference(float(low), float(high), fisher_exact(before, after))


def difference_of_means(before: Floats, after: Floats, least_sd: float) -> Difference:
    """Return Welch's interval and p-value for the difference of two means."""
    spreads = [max(float(v.std(ddof=1)), least_sd) ** 2 / len(v) for v in (before, after)]
    error = np.sqrt(sum(spreads))
    freedom = sum(spreads) ** 2 / sum(
        s**2 / (len(v) - 1) for s, v in zip(spreads, (before, after), strict=True)
    )
    change = float(after.mean() - before.mean())
    half = float(stdtrit(freedom, 0.975) * error)
    p_value = float(2 * stdtr(freedom, -abs(change) / error))
    return Difference(change - half, change + half, p_value)


def fisher_exact(first: tuple[int, int], second: tuple[int, int]) -> float:
    """Return the two-sided p-value that two shares, each (successes, n), are one.

    Fisher's exact test: the probability of all tables with these margins that are no likelier than
    the one seen.
    """
    chances, seen = _tables_of_margins(first, second)
    alike = chances[chances <= chances[seen] * _AS_LIKELY]
    return min(1.0, float(alike.sum()))


def fisher_exact_greater(first: tuple[int, int], second: tuple[int, int]) -> float:
    """Return the one-sided p-value that the first share, (successes, n), is not the greater one."""
    chances, seen = _tables_of_margins(first, second)
    return min(1.0, float(chances[seen:].sum()))


def _tables_of_margins(first: tuple[int, int], second: tuple[int, int]) -> tuple[Floats, int]:
    """Return the hypergeometric chance of each table with these margins, and which one is seen.

    The tables are in the order of the first share's successes.
    """
    (k, n), (k_other, n_other) = first, second
    successes, total = k + k_other, n + n_other
    least, most = max(0, successes - n_other), min(n, successes)
    at = np.arange(least, most + 1)
    chances = np.exp(
        _log_choose(n, at) + _log_choose(n_other, successes - at) - _log_choose(total, successes)
    )
    return chances, k - least


def _log_choose(n: int, k: npt.NDArray[np.int64] | int) -> Floats:
    """Return the logarithm of the number of ways to choose k of n."""
    ways: Floats = gammaln(n + 1) - gammaln(np.add(k, 1)) - gammaln(np.subtract(n, k) + 1)
    return ways


def poisson_binomial_tail(observed: int, chances: Floats) -> float:
    """Return the probability that at least `observed` of independent events happen.

    Each event has its own chance. The distribution is built up one event at a time (Biscarri, Zhao
    and Brunner 2018, equation 2), as far as it is needed.
    """
    fewer = np.zeros(max(observed, 0), dtype=np.float64)
    fewer[:1] = 1.0
    for chance in chances:
        happens = fewer[:-1] * chance
        fewer *= 1 - chance
        fewer[1:] += happens
    return float(np.clip(1.0 - fewer.cumsum()[-1], 0.0, 1.0)) if observed > 0 else 1.0


def benjamini_hochberg(p_values: Floats) -> Floats:
    """Return the q-value of each p-value; none for none."""
    if len(p_values) == 0:
        return p_values
    order = np.argsort(p_values)
    n = len(p_values)
    raised = p_values[order] * (n / np.arange(1, n + 1))
    q_values = np.empty(n, dtype=np.float64)
    q_values[order] = np.minimum.accumulate(raised[::-1])[::-1]
    return np.clip(q_values, 0.0, 1.0)


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
