"""Intervals, tests and resamples that several stages share: numbers in, numbers out.

Built on scipy.special: scipy.stats takes a second to import, which a run would pay every time.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln, stdtr, stdtrit

Floats = npt.NDArray[np.float64]
_ROWS = 64
"""Rows of events worked out together: the more, the more is filled up."""
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


def poisson_binomial_tails(observed: Sequence[int], chances: Sequence[Floats]) -> Floats:
    """Return for each row of chances how likely `observed` or more of its events happen.

    The events of a row are independent, each with its own chance. The distribution is built up one
    event at a time (Biscarri, Zhao and Brunner 2018, equation 2), as far as it is needed. Rows are
    worked out side by side: an event with no chance changes nothing, so short ones are filled up.
    """
    found = np.ones(len(chances))
    rows = [n for n in range(len(chances)) if observed[n] > 0]
    rows.sort(key=lambda n: (len(chances[n]), observed[n]))
    for start in range(0, len(rows), _ROWS):
        part = rows[start : start + _ROWS]
        seen = np.array([observed[n] for n in part])
        events = np.zeros((max(len(chances[n]) for n in part), len(part)))
        for column, n in enumerate(part):
            events[: len(chances[n]), column] = chances[n]
        fewer = np.zeros((int(seen.max()), len(part)))
        fewer[0] = 1.0
        for chance in events:
            happens = fewer[:-1] * chance
            fewer *= 1 - chance
            fewer[1:] += happens
        below = fewer.cumsum(axis=0)[seen - 1, np.arange(len(part))]
        found[part] = np.clip(1.0 - below, 0.0, 1.0)
    return found


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
    rows = max(1, _BLOCK // max(n, 1))
    if rows >= resamples:
        yield _drawn(n, resamples, seed).astype(np.float64)
        return
    draw = np.random.default_rng(seed)
    for start in range(0, resamples, rows):
        yield _draw(n, min(rows, resamples - start), draw).astype(np.float64)


@lru_cache(maxsize=4)
def _drawn(n: int, resamples: int, seed: int) -> npt.NDArray[np.uint16]:
    """Return one block, kept for the next time: between two decisions of a reviewer the number of
    customers hardly changes, and drawing them takes longer than all that is done with them.
    """
    drawn = _draw(n, resamples, np.random.default_rng(seed))
    drawn.flags.writeable = False
    return drawn


def _draw(n: int, resamples: int, draw: np.random.Generator) -> npt.NDArray[np.uint16]:
    # A count is at most n, and of more customers than 65,535 none is drawn that often.
    return draw.multinomial(n, np.full(n, 1 / n), size=resamples).astype(np.uint16)


def resampled_sums(columns: Floats, resamples: int, seed: int) -> Floats:
    """Return the column sums (resamples x columns) over customers drawn with replacement."""
    if len(columns) == 0:
        return np.zeros((resamples, columns.shape[1]))
    return np.vstack([w @ columns for w in resample_weights(len(columns), resamples, seed)])
