"""Measures that no library has: calibration, coverage, and agreement between samples."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from sklearn.metrics import adjusted_rand_score

_BINS = 15
SAMPLE_SHARE = 0.9
N_SAMPLES = 10
"""Five pairs: samples 0 and 1, 2 and 3, and so on; each number is the seed of its sample."""


def calibration_error(confidence: np.ndarray, is_right: np.ndarray) -> float:
    """Return the expected calibration error over 15 bins of equal width (Guo et al. 2017)."""
    bins = np.clip((confidence * _BINS).astype(int), 0, _BINS - 1)
    gaps = [
        abs(float(confidence[bins == at].mean() - is_right[bins == at].mean())) * (bins == at).sum()
        for at in sorted(set(bins.tolist()))
    ]
    return float(sum(gaps) / len(confidence))


def accuracy_at(coverage: float, confidence: np.ndarray, is_right: np.ndarray) -> float:
    """Return the accuracy of the share of answers that are the surest."""
    surest = np.argsort(-confidence, kind="stable")[: round(coverage * len(confidence))]
    return float(is_right[surest].mean())


def sampled_groups(n: int, group: Callable[[np.ndarray], Sequence[str]]) -> list[pd.Series]:
    """Return the groups of ten 90 % samples of n rows, each by row number.

    `group` takes the row numbers of a sample and returns a group for each, '' for none.
    """
    samples = []
    for seed in range(N_SAMPLES):
        chosen = np.random.default_rng(seed).choice(n, round(SAMPLE_SHARE * n), replace=False)
        rows = np.sort(chosen)
        samples.append(pd.Series(list(group(rows)), index=rows))
    return samples


def agreement(one: pd.Series, other: pd.Series) -> float:
    """Return the adjusted Rand index on the rows of both; all rows in no group are one group."""
    shared = one.index.intersection(other.index)
    return float(adjusted_rand_score(one[shared], other[shared]))


def mean_agreement(samples: Sequence[pd.Series]) -> float:
    """Return the mean agreement of samples 0 and 1, 2 and 3, and so on."""
    pairs = zip(samples[::2], samples[1::2], strict=True)
    return float(np.mean([agreement(*pair) for pair in pairs]))
