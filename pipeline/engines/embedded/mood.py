"""How a customer felt: mood (-1 to 1) and intensity (0 to 1) of each clause."""

import re
from functools import cache

import numpy as np
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from pipeline.engines.embedded.heads import mood
from pipeline.engines.embedded.outcomes import is_request, outcome
from pipeline.engines.embedding import Matrix

_EMPHASIS = re.compile(
    r"!|\b[A-Z]{4,}\b|\b(?:so|very|really|extremely|absolutely|utterly|totally|"
    r"completely|never|always|far too|way too)\b"
)
N_CUES = 10
REQUEST_MOOD = 0.2


def polarities(texts: list[str], vectors: Matrix, outcomes: list[str]) -> Matrix:
    """Return the mood of each text: -1 (bad) to 1 (good)."""
    shares = mood(features(texts, vectors))
    polarity: Matrix = ((shares[:, 2] - shares[:, 0]) * _calm(texts, outcomes)).round(3)
    return polarity


def intensities(texts: list[str], polarity: Matrix) -> Matrix:
    """Return how strongly each text puts it: 0 (flat) to 1 (furious or delighted)."""
    emphasis = np.array([min(len(_EMPHASIS.findall(text)), 3) / 3 for text in texts])
    strength = np.clip(0.75 * np.abs(polarity) + 0.25 * emphasis, 0, 1)
    return strength.round(3).astype(np.float32)


def features(texts: list[str], vectors: Matrix) -> Matrix:
    """Return what the mood head reads: the sentence vector, VADER's four scores, and cues."""
    cues = np.zeros((len(texts), N_CUES), dtype=np.float32)
    for row, text in enumerate(texts):
        scores = _analyzer().polarity_scores(text)
        result = outcome(text)
        cues[row] = (
            scores["compound"], scores["pos"], scores["neg"], scores["neu"],
            result == "failed", result == "worked", result == "partly",
            "!" in text, "?" in text, len(text.split()) / 30,
        )  # fmt: skip
    joined: Matrix = np.hstack([vectors, cues]).astype(np.float32)
    return joined


def _calm(texts: list[str], outcomes: list[str]) -> Matrix:
    """Return a factor for each mood: a mere request says what is wanted, not how it went."""
    return np.array(
        [
            REQUEST_MOOD if result == "unknown" and is_request(text) else 1.0
            for text, result in zip(texts, outcomes, strict=True)
        ],
        dtype=np.float32,
    )


@cache
def _analyzer() -> SentimentIntensityAnalyzer:
    """Return VADER, loaded once."""
    return SentimentIntensityAnalyzer()
