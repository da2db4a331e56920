"""How much of an outcome hangs on each touchpoint: ridge regression over customers.

Each touchpoint has two columns: the customer's mean polarity there (0 when not met) and whether
the customer met it. The second is held back harder, so that what both could explain counts as
the quality of the experience. All touchpoints stand in one model: one that only comes together
with a true driver gets no credit for it.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pipeline.methods.statistics import resample_weights

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
    inverse = np.linalg.inv(design.T @ design + penalty)
    found = inverse @ (design.T @ outcome)
    # What each customer misses when predicted from all others: the hat matrix spares the refits.
    leverage = np.einsum("ij,jk,ik->i", design, inverse, design, optimize=True)
    missed = (outcome - design @ found) / np.clip(1 - leverage, 1e-6, None)
    # One step from the fit towards that of each resample, with residuals that no customer could
    # shrink by being in the fit: as good as refitting, and n x k instead of n x k^2 work.
    pulls = (design * missed[:, None]) @ inverse[:, :k]
    moves = np.vstack([(w - 1) @ pulls for w in resample_weights(n, resamples, seed)])
    low, high = np.percentile(found[:k] + moves, [2.5, 97.5], axis=0)
    scale = np.where(spread[:k] > 0, spread[:k], np.inf)
    total = float(((outcome - outcome.mean()) ** 2).sum())
    fit = 1 - float((missed**2).sum()) / total if total > 0 else 0.0
    return Drivers(found[:k] / scale, low / scale, high / scale, fit)
