"""What the surface of a clause tells beside its sentence vector: opinion words, emoji, star
ratings, emphasis, small cues (moods.toml, outcomes.toml), and which words it uses."""

import re
import zlib
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import pairwise
from statistics import fmean

import numpy as np
from scipy.sparse import csr_matrix
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from pipeline.engines.embedded.cues import load_cues
from pipeline.engines.embedding import Matrix

N_BUCKETS = 4096
"""Words and pairs of words share this many weights; collisions are rare within one clause."""
_CUE_SCALE = 0.5
"""Vectors are of length one: cues of that size would outshout them."""
_CUES = load_cues("moods.toml") | load_cues("outcomes.toml")
N_CUES = 10 + len(_CUES)

_OF_FIVE = re.compile(r"(?<![\w/.])([0-5](?:\.5)?)\s*(?:/|out of)\s*5(?![\w/])")
_OF_TEN = re.compile(r"(?<![\w/.])(\d|10)\s*(?:/|out of)\s*10(?![\w/])")
_SPOKEN = re.compile(r"\b(zero|no|one|two|three|four|five|[0-5])[- ]stars?\b", re.IGNORECASE)
_DRAWN = re.compile("[★⭐☆✩]+")
_NUMBERS = {"zero": 0, "no": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5}
_FULL_STARS = "★⭐"
_LENGTHENED = re.compile(r"(\w)\1{2,}")
_TOKEN = re.compile(r"\w+(?:'\w+)?|[?!]|[^\w\s.,;:'\"()-]")


def cues(texts: list[str]) -> Matrix:
    """Return small numbers on each text: opinion words, emphasis, stars, cues;
    shape (n, N_CUES)."""
    if not texts:
        return np.zeros((0, N_CUES), dtype=np.float32)
    return np.stack([_cues_of(text) for text in texts])


@lru_cache(maxsize=2**15)
def _cues_of(text: str) -> Matrix:
    """Return the cues of one text; kept, for mood, outcome and content all ask for them."""
    scores = _analyzer().polarity_scores(_LENGTHENED.sub(r"\1", text))
    shouted = sum(word.isupper() and len(word) > 2 for word in text.split())
    found = (
        scores["compound"], scores["pos"], scores["neg"], scores["neu"],
        "!" in text, "?" in text, len(text.split()) / 30,
        stars(text), min(shouted, 3) / 3, bool(_LENGTHENED.search(text)),
        *(min(len(cue.findall(text)), 2) / 2 for cue in _CUES.values()),
    )  # fmt: skip
    return np.array(found, dtype=np.float32) * np.float32(_CUE_SCALE)


def stars(text: str) -> float:
    """Return a rating written in the text ("2/5", "one star", "★☆☆☆☆") as -1 to 1; 0 if none."""
    shares = list(_ratings(text))
    return fmean(shares) if shares else 0.0


def _ratings(text: str) -> Iterator[float]:
    """Yield each written rating as -1 to 1."""
    for value in _OF_FIVE.findall(text):
        yield float(value) / 2.5 - 1
    for value in _OF_TEN.findall(text):
        yield float(value) / 5 - 1
    counted = [_NUMBERS[v] if v in _NUMBERS else int(v) for v in _SPOKEN.findall(text.lower())]
    drawn = [run for run in _DRAWN.findall(text) if len(run) > 1]
    for count in counted + [sum(run.count(star) for star in _FULL_STARS) for run in drawn]:
        yield (min(max(count, 1), 5) - 3) / 2


def word_use(texts: list[str]) -> csr_matrix:
    """Return which words and pairs of words each text uses, hashed into N_BUCKETS columns, rows
    of length one (feature hashing: Weinberger et al. 2009)."""
    columns: list[int] = []
    signs: list[float] = []
    ends = [0]
    for text in texts:
        tokens = _TOKEN.findall(text.lower().replace("’", "'"))
        grams = sorted({*tokens, *(f"{a} {b}" for a, b in pairwise(tokens))})
        hashes = [zlib.crc32(gram.encode("utf-8", "surrogatepass")) for gram in grams]
        columns += [value % N_BUCKETS for value in hashes]
        signs += [(1.0 if value >> 31 else -1.0) / len(grams) ** 0.5 for value in hashes]
        ends.append(len(columns))
    parts = (np.array(signs, dtype=np.float32), np.array(columns, dtype=np.int64), ends)
    return csr_matrix(parts, shape=(len(texts), N_BUCKETS))


@cache
def _analyzer() -> SentimentIntensityAnalyzer:
    """Return VADER, loaded once."""
    return SentimentIntensityAnalyzer()
