"""Fits of the small heads: logistic regressions, and nets of one hidden layer."""

import warnings
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

NETS, HIDDEN, ROUNDS, DECAY, STEP = 3, 64, 25, 0.01, 0.002
"""Nets of the mood head, their hidden units, passes over the data (more of them only learn it by
heart), and the usual two constants of fitting; chosen by five-fold cross-validation on told/dev.csv
and on what --check keeps out."""
SURE = 1.25
"""The mood head is surer of itself than it should be: its logits are divided by this."""


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
    """The two halves of the mood head: their logits add up."""

    linear: Fitted
    net: Net

    def scores(self, dense: np.ndarray, words: csr_matrix) -> np.ndarray:
        """Return the logits of each row."""
        return self.linear.scores(dense, words) + self.net.scores(dense)

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


def fit_mood(dense: np.ndarray, words: csr_matrix, labels: list[int], weights: np.ndarray) -> Mood:
    """Return the mean of a logistic regression and of the nets."""
    linear = fit(dense, words, labels, weights, 1.0)
    halves = (None if array is None else array / (2 * SURE) for array in linear)
    return Mood(Fitted(*halves), fit_nets(dense, labels, weights))


def fit_nets(dense: np.ndarray, labels: list[int], weights: np.ndarray) -> Net:
    """Return half the mean of small nets that differ in where they started, as one wide net."""
    nets = []
    for seed in range(NETS):
        net = MLPClassifier((HIDDEN,), alpha=DECAY, learning_rate_init=STEP, max_iter=ROUNDS,
                            random_state=seed)  # fmt: skip
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # they stop early on purpose
            nets.append(net.fit(dense, labels, sample_weight=weights / weights.mean()))
    return Net(
        np.hstack([net.coefs_[0] for net in nets]).T,
        np.concatenate([net.intercepts_[0] for net in nets]),
        np.vstack([net.coefs_[1] for net in nets]).T / (2 * SURE * NETS),
        np.mean([net.intercepts_[1] for net in nets], axis=0) / (2 * SURE),
    )
