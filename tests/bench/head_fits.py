"""Fits of the small heads: logistic regressions, and nets of one hidden layer."""

import warnings
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

STEP = 0.002
"""The usual constant of fitting nets."""
SURE = 1.25
"""The mood heads are surer of themselves than they should be: their logits are divided by this."""


class Recipe(NamedTuple):
    """How a head that has hidden units is fitted."""

    looseness: float
    """of the regression: scikit-learn's C"""
    nets: int
    hidden: int
    rounds: int
    """passes over the data; more of them only learn it by heart"""
    decay: float
    skipped: int = 0
    """dense features, from the first on, that the nets do not read"""


class Fitted(NamedTuple):
    """A head: weights of dense features, intercepts, weights of words."""

    dense: np.ndarray
    intercept: np.ndarray
    words: np.ndarray | None

    def scores(self, dense: np.ndarray, words: csr_matrix | None = None) -> np.ndarray:
        """Return the logits of each row; one column where there are two classes."""
        logits = dense @ self.dense.T + self.intercept
        return logits if self.words is None else logits + words @ self.words.T

    def arrays(self) -> dict[str, np.ndarray]:
        """Return what is kept, by name."""
        kept = {"w": self.dense.astype(np.float16), "b": self.intercept}
        return kept if self.words is None else kept | {"words": self.words.astype(np.float16)}


class Net(NamedTuple):
    """Weights into and out of a layer of hidden units, each with what is added."""

    into: np.ndarray
    into_b: np.ndarray
    out: np.ndarray
    out_b: np.ndarray

    def scores(self, dense: np.ndarray) -> np.ndarray:
        """Return the logits of each row."""
        return np.maximum(dense @ self.into.T + self.into_b, 0) @ self.out.T + self.out_b

    def arrays(self) -> dict[str, np.ndarray]:
        """Return what is kept, by name."""
        named = {"in_w": self.into, "in_b": self.into_b, "out_w": self.out, "out_b": self.out_b}
        return {name: array.astype(np.float16) for name, array in named.items()}


class Mood(NamedTuple):
    """The two halves of a mood head: their logits add up."""

    linear: Fitted
    net: Net

    def scores(self, dense: np.ndarray, words: csr_matrix) -> np.ndarray:
        """Return the logits of each row; the net may read the last features only."""
        return self.linear.scores(dense, words) + self.net.scores(
            dense[:, -self.net.into.shape[1] :]
        )

    def arrays(self) -> dict[str, np.ndarray]:
        """Return what is kept, by name."""
        return self.linear.arrays() | self.net.arrays()


def fit(
    dense: np.ndarray,
    words: csr_matrix | None,
    labels: list[int],
    weights: np.ndarray | None,
    c: float,
) -> Fitted:
    """Return a weighted logistic regression on dense and sparse features."""
    n_dense = dense.shape[1]
    together = dense if words is None else hstack([csr_matrix(dense), words], format="csr")
    model = LogisticRegression(C=c, max_iter=1000)
    model.fit(together, labels, sample_weight=weights)
    coefficients = model.coef_.astype(np.float16).astype(np.float32)
    sparse = None if words is None else coefficients[:, n_dense:]
    return Fitted(coefficients[:, :n_dense], model.intercept_.astype(np.float32), sparse)


def fit_mood(
    dense: np.ndarray, words: csr_matrix, labels: list[int], weights: np.ndarray, recipe: Recipe
) -> Mood:
    """Return the mean of a logistic regression and of nets."""
    linear = fit(dense, words, labels, weights, recipe.looseness)
    halves = (None if array is None else array / (2 * SURE) for array in linear)
    return Mood(Fitted(*halves), fit_nets(dense[:, recipe.skipped :], labels, weights, recipe))


def fit_nets(dense: np.ndarray, labels: list[int], weights: np.ndarray, recipe: Recipe) -> Net:
    """Return half the mean of small nets that differ in where they started, as one wide net."""
    nets = []
    for seed in range(recipe.nets):
        net = MLPClassifier((recipe.hidden,), alpha=recipe.decay, learning_rate_init=STEP,
                            max_iter=recipe.rounds, random_state=seed)  # fmt: skip
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # they stop early on purpose
            nets.append(net.fit(dense, labels, sample_weight=weights / weights.mean()))
    return Net(
        np.hstack([net.coefs_[0] for net in nets]).T,
        np.concatenate([net.intercepts_[0] for net in nets]),
        np.vstack([net.coefs_[1] for net in nets]).T / (2 * SURE * recipe.nets),
        np.mean([net.intercepts_[1] for net in nets], axis=0) / (2 * SURE),
    )
