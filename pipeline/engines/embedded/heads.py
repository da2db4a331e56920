"""Small linear heads: does a clause carry a touchpoint, what is its mood, how did it go, and what
is the mood towards one thing it names.

Each is a softmax of (features @ weights), fitted by tests/bench/train_heads.py; that file and
`weights.provenance` name the sources. Dense features are the model's inner vectors (how a text is
told; each channel evened out) and cues (surface.cues), sparse ones the words used
(surface.word_use). Both moods are also read by units of one hidden layer over dense features: a
trouble told in plain words has no word that could be weighed.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_matrix

from pipeline.engines.embedded.surface import cues, word_use
from pipeline.engines.embedded.weights import load_weights
from pipeline.engines.embedding import Matrix, Vectors

HEADS_FILE = Path(__file__).with_name("heads.npz")
OUTCOMES = ("failed", "partly", "unknown", "worked")


class Even(NamedTuple):
    """What evens out the channels of inner vectors: their mean in ordinary text, and a factor."""

    mean: Matrix
    factor: Matrix


class Rows(NamedTuple):
    """What the heads read of some texts, one row a text."""

    vectors: Matrix
    dense: Matrix
    """inner vectors and cues side by side"""
    words: csr_matrix


def rows_of(texts: list[str], vectors: Vectors) -> Rows:
    """Return what the heads read of texts with these vectors."""
    dense = features(texts, vectors.inner, evenness())
    return Rows(vectors.sentence, dense, word_use(texts))


def features(texts: list[str], inner: Matrix, even: Even) -> Matrix:
    """Return what the heads read beside the words: inner vectors and cues side by side."""
    joined: Matrix = np.hstack([evened(inner, even), cues(texts)], dtype=np.float32)
    return joined


def evened(inner: Matrix, even: Even) -> Matrix:
    """Return inner vectors with channels of like size, about of length one."""
    rows: Matrix = (inner - even.mean) * even.factor
    return rows


def evenness() -> Even:
    """Return how the heads were taught to even out inner vectors."""
    weights = load_weights(HEADS_FILE)
    return Even(weights["even_mean"], weights["even_factor"])


def content_share(dense: Matrix, words: csr_matrix) -> Matrix:
    """Return the probability (0 to 1) that each text carries a touchpoint."""
    share: Matrix = _shares("content", dense, words)[:, 1]
    return share


def mood(rows: Rows) -> Matrix:
    """Return the probabilities of negative, neutral, positive: (n, 3)."""
    return _softmax(_logits("polarity", rows.dense, rows.words) + _told("polarity", rows.dense))


def outcome_shares(rows: Rows) -> Matrix:
    """Return the probabilities of OUTCOMES, in that order: (n, 4)."""
    return _shares("outcome", rows.dense, rows.words)


def aspect_mood(dense: Matrix, words: csr_matrix) -> Matrix:
    """Return the probabilities of negative, neutral, positive towards one thing each: (n, 3)."""
    return _softmax(_logits("aspect", dense, words) + _told("aspect", dense))


def _told(head: str, dense: Matrix) -> Matrix:
    """Return the logits of a head's hidden units, which may read the last columns only."""
    weights = load_weights(HEADS_FILE)
    into = weights[f"{head}_in_w"]
    hidden = np.maximum(dense[:, -into.shape[1] :] @ into.T + weights[f"{head}_in_b"], 0)
    logits: Matrix = hidden @ weights[f"{head}_out_w"].T + weights[f"{head}_out_b"]
    return logits


def _shares(head: str, dense: Matrix, words: csr_matrix) -> Matrix:
    """Return a head's probabilities, one row a text; two classes are 0 and 1."""
    logits = _logits(head, dense, words)
    if logits.shape[1] == 1:
        logits = np.hstack([np.zeros_like(logits), logits])
    return _softmax(logits)


def _logits(head: str, dense: Matrix, words: csr_matrix) -> Matrix:
    """Return the linear part of a head, one row a text."""
    weights = load_weights(HEADS_FILE)
    of_words: Matrix = words @ weights[f"{head}_words"].T
    logits: Matrix = dense @ weights[f"{head}_w"].T + weights[f"{head}_b"] + of_words
    return logits


def _softmax(logits: Matrix) -> Matrix:
    """Return shares that add up to 1 in each row."""
    grown = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: Matrix = grown / grown.sum(axis=1, keepdims=True)
    return shares
