"""What a clause says beside its topic: mood, strength, outcome, and whether it states an
expectation, a decision or a suggestion."""

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from pipeline.engines.embedded.heads import mood
from pipeline.engines.embedding import Matrix


def _cue(name: str) -> re.Pattern[str]:
    """Return the compiled patterns of one signal in cues.toml."""
    return re.compile(rf"\b(?:{'|'.join(_CUES[name])})(?!\w)", re.IGNORECASE)


_CUES: dict[str, list[str]] = tomllib.loads(
    files("pipeline.engines.embedded").joinpath("cues.toml").read_text(encoding="utf-8")
)
_FAILED, _PARTLY, _WORKED = _cue("failed"), _cue("partly"), _cue("worked")
_NEGATED_WORKED = _cue("negated_worked")
_EXPECTATION, _NOT_EXPECTATION = _cue("expectation"), _cue("not_expectation")
_REQUEST = _cue("request")
_SUGGESTION, _DECISION, _HYPOTHETICAL = _cue("suggestion"), _cue("decision"), _cue("hypothetical")
_EMPHASIS = re.compile(
    r"!|\b[A-Z]{4,}\b|\b(?:so|very|really|extremely|absolutely|utterly|totally|"
    r"completely|never|always|far too|way too)\b"
)
N_CUES = 10
REQUEST_MOOD = 0.2
CLEARLY_BAD = -0.35


class Signals(NamedTuple):
    """What each clause says, in the order of the texts."""

    polarity: Matrix
    intensity: Matrix
    outcome: list[str]
    kind: list[str]


def read_signals(texts: list[str], vectors: Matrix) -> Signals:
    """Return mood (-1..1), intensity (0..1), outcome and kind of each clause."""
    outcomes = [outcome(text) for text in texts]
    shares = mood(features(texts, vectors))
    polarity = (shares[:, 2] - shares[:, 0]) * _calm(texts, outcomes)
    polarity = polarity.round(3)
    emphasis = np.array([min(len(_EMPHASIS.findall(text)), 3) / 3 for text in texts])
    intensity = np.clip(0.75 * np.abs(polarity) + 0.25 * emphasis, 0, 1).round(3)
    kinds = [kind(t, float(p), o) for t, p, o in zip(texts, polarity, outcomes, strict=True)]
    return Signals(polarity, intensity.astype(np.float32), outcomes, kinds)


def _calm(texts: list[str], outcomes: list[str]) -> Matrix:
    """Return a factor for each mood: a mere request says what is wanted, not how it went."""
    return np.array(
        [
            REQUEST_MOOD if result == "unknown" and _REQUEST.search(text) else 1.0
            for text, result in zip(texts, outcomes, strict=True)
        ],
        dtype=np.float32,
    )


def outcome(text: str) -> str:
    """Return worked, partly, failed or unknown: did the touchpoint do its job, apart from mood?"""
    failed = bool(_FAILED.search(text)) or bool(_NEGATED_WORKED.search(text))
    worked = bool(_WORKED.search(text)) and not _NEGATED_WORKED.search(text)
    if _PARTLY.search(text) or (failed and worked):
        return "partly"
    if failed:
        return "failed"
    return "worked" if worked else "unknown"


def kind(text: str, polarity: float, result: str) -> str:
    """Return the kind of mention; the stated ones (decision, expectation, suggestion) go first."""
    if _DECISION.search(text) and not _HYPOTHETICAL.search(text):
        return "decision"
    if _EXPECTATION.search(text) and not _NOT_EXPECTATION.search(text):
        return "expectation"
    if _SUGGESTION.search(text):
        return "suggestion"
    if polarity <= CLEARLY_BAD or (result == "failed" and polarity < 0.2):
        return "pain"
    return "praise" if polarity >= 0.3 else "experience"


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


@cache
def _analyzer() -> SentimentIntensityAnalyzer:
    """Return VADER, loaded once."""
    return SentimentIntensityAnalyzer()
