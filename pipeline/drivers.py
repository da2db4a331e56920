"""How much of an outcome hangs on each touchpoint: ridge regression over customers.

Each touchpoint has two columns: the customer's mean polarity there (0 when not met) and whether
the customer met it. The second is held back harder, so that what both could explain counts as
the quality of the experience. All touchpoints stand in one model: one that only comes together
with a true driver gets no credit for it.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pipeline.statistics import resample_weights

Floats = npt.NDArray[np.float64]
_HELD_BACK = 1.0
"""Ridge on the columns that tell who met a touchpoint, as a share of the customers: where all
experiences are alike, the two columns of a touchpoint are nearly the same, and least squares
would divide the effect between them at random however many customers there are."""


class Drivers(NamedTuple):
    """Change of the outcome per unit of polarity, by touchpoint, with 95 % intervals."""

    effect: Floats
    low: Floats
    high: Floats
    fit: float
    """R2 on customers left out of the fit; below 0 the model is worse than the mean"""


def find_drivers(
    outcome: Floats, polarity: Floats, is_met: Floats, resamples: int, seed: int
) -> Drivers:
    """Return the effect of every column of `polarity` (customers x touchpoints) on `outcome`."""
    n, k = polarity.shape
    columns = np.hstack([polarity, is_met])
    spread = columns.std(axis=0)
    design = np.hstack([columns / np.where(spread > 0, spread, 1), np.ones((n, 1))])
    # From next to nothing with many customers to as strong as the data with as many as columns:
    # more would hand a part of a driver's effect to whatever comes together with it.
    ridge = k**2 / n
    penalty = np.diag(
        np.concatenate([np.full(k, ridge), np.full(k, ridge + n * _HELD_BACK), [1e-9]])
    )
    penalty[:-1, :-1] += np.eye(2 * k) * 1e-9
    effects = [
        _solve(design, outcome, weights, penalty)[:k]
        for block in resample_weights(n, resamples, seed)
        for weights in block
    ]
    low, high = np.percentile(effects, [2.5, 97.5], axis=0)
    scale = np.where(spread[:k] > 0, spread[:k], np.inf)
    found = _solve(design, outcome, np.ones(n), penalty)
    return Drivers(
        found[:k] / scale, low / scale, high / scale, _fit_left_out(design, outcome, found, penalty)
    )


def _solve(design: Floats, outcome: Floats, weights: Floats, penalty: Floats) -> Floats:
    """Return the coefficients with customers counted as often as `weights` says."""
    drawn = weights > 0
    rows, times = design[drawn], weights[drawn]
    gram = (rows * times[:, None]).T @ rows + penalty
    return np.asarray(np.linalg.solve(gram, rows.T @ (times * outcome[drawn])))


def _fit_left_out(design: Floats, outcome: Floats, found: Floats, penalty: Floats) -> float:
    """Return R2 with each customer predicted from all others (the hat matrix spares the refits)."""
    total = float(((outcome - outcome.mean()) ** 2).sum())
    gram = design.T @ design + penalty
    leverage = np.einsum("ij,ji->i", design, np.linalg.solve(gram, design.T))
    missed = (outcome - design @ found) / np.clip(1 - leverage, 1e-6, None)
    return 1 - float((missed**2).sum()) / total if total > 0 else 0.0
