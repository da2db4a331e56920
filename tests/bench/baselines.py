"""The naive way to do each task: what a figure of the engine stands beside.

Each takes the same sentence vectors as the engine, with common settings and nothing tuned.
"""

import re
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
from sklearn.cluster import HDBSCAN, AgglomerativeClustering
from sklearn.metrics import f1_score
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from pipeline.engines.embedding import Embedder

_CUT = 0.5
_VADER_CLEAR = 0.05
"""The bounds that VADER's authors name for positive and negative."""
_MOST_WORDS = 12


class Nearest(NamedTuple):
    """The name nearest to each text, and the cosine to it."""

    names: list[str]
    cosine: np.ndarray


def nearest_name(embedder: Embedder, texts: Sequence[str], names: Sequence[str]) -> Nearest:
    """Return the name with the greatest cosine to each text."""
    known = sorted(set(names))
    similar = embedder.embed(texts) @ embedder.embed([spaced(name) for name in known]).T
    return Nearest([known[at] for at in similar.argmax(axis=1)], similar.max(axis=1))


def spaced(name: str) -> str:
    """Return a label as words."""
    return name.replace("_", " ")


def average_linkage(vectors: np.ndarray) -> list[str]:
    """Return a group for each vector: average linkage on cosine distance up to 0.5."""
    linkage = AgglomerativeClustering(
        n_clusters=None, distance_threshold=_CUT, metric="cosine", linkage="average"
    )
    return [str(label) for label in linkage.fit_predict(vectors)]


def density(vectors: np.ndarray) -> list[str]:
    """Return a group for each vector by HDBSCAN as it comes, '' for noise."""
    labels = HDBSCAN(copy=True).fit_predict(vectors)
    return [str(label) if label >= 0 else "" for label in labels]


def vader(text: str) -> float:
    """Return VADER's mood of a text, -1 to 1."""
    return float(_analyzer().polarity_scores(text)["compound"])


def polarity_name(mood: float, bad: float = -_VADER_CLEAR, good: float = _VADER_CLEAR) -> str:
    """Return negative, neutral or positive; the bounds themselves are not neutral."""
    return "negative" if mood <= bad else "positive" if mood >= good else "neutral"


def n_words(text: str) -> int:
    """Return the number of words of a text."""
    return len(re.findall(r"\w+", text))


def fewest_words(texts: Sequence[str], carries: np.ndarray) -> int:
    """Return the least number of words at which a turn carries a touchpoint, by F1 on `texts`."""
    lengths = np.array([n_words(text) for text in texts])
    return max(range(1, _MOST_WORDS), key=lambda least: f1_score(carries, lengths >= least))


@cache
def _analyzer() -> SentimentIntensityAnalyzer:
    return SentimentIntensityAnalyzer()
