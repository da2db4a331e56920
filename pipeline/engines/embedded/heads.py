"""Small linear heads: does a clause carry a touchpoint (from its vector), and what is its mood
(from its vector and a few cues).

The weights (a few KB) are fitted by tests/bench/train_heads.py, which names their sources.
"""

from functools import cache
from pathlib import Path

import numpy as np

from pipeline.engines.embedding import Matrix

HEADS_FILE = Path(__file__).with_name("heads.npz")


@cache
def _weights() -> dict[str, Matrix]:
    """Return the arrays of the weights file."""
    with np.load(HEADS_FILE) as file:
        return {name: file[name] for name in file.files}


def content_share(vectors: Matrix) -> Matrix:
    """Return for each vector the probability (0 to 1) that its text carries a touchpoint."""
    weights = _weights()
    logits = vectors @ weights["content_w"][0] + weights["content_b"][0]
    share: Matrix = 1 / (1 + np.exp(-logits))
    return share


def mood(features: Matrix) -> Matrix:
    """Return for each row of features the probabilities of negative, neutral, positive: (n, 3)."""
    weights = _weights()
    logits = features @ weights["polarity_w"].T + weights["polarity_b"]
    grown = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities: Matrix = grown / grown.sum(axis=1, keepdims=True)
    return probabilities
