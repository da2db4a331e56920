"""What the surface of a clause tells beside its sentence vector: opinion words, emoji, star
ratings, emphasis, small cues (moods.toml, outcomes.toml), and which words it uses."""

import re
import zlib
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from statistics import fmean

import numpy as np
from scipy.sparse import csr_matrix
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from pipeline.engines.embedded.cues import fold, load_cues
from pipeline.engines.embedded.kept import keeps_last
from pipeline.engines.embedding import Matrix

N_BUCKETS = 4096
"""Words and pairs of words share this many weights; collisions are rare within one clause."""
_CUE_SCALE = 0.5
"""Vectors are of length one: cues of that size would outshout them."""
_CUES = load_cues("moods.toml") | load_cues("outcomes.toml")
_FIRST_CUE = 10
N_CUES = _FIRST_CUE + len(_CUES)
_COLUMNS = {name: _FIRST_CUE + number for number, name in enumerate(_CUES)}

_OF_FIVE = re.compile(r"(?<![\w/.])([0-5](?:\.5)?)\s*(?:/|out of)\s*5(?![\w/])")
_OF_TEN = re.compile(r"(?<![\w/.])(\d|10)\s*(?:/|out of)\s*10(?![\w/])")
_SPOKEN = re.compile(r"\b(zero|no|one|two|three|four|five|[0-5])[- ]stars?\b")
_DRAWN = re.compile("[★⭐☆✩]+")
_NUMBERS = {"zero": 0, "no": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5}
_FULL_STARS = "★⭐"
_RATED = re.compile(r"star|[\d★⭐☆✩]")
"""What a text that rates holds at least."""
LENGTHENED = re.compile(r"(\w)\1{2,}")
"""A letter drawn out: "sooo"."""
_TOKEN = re.compile(r"\w+(?:'\w+)?|[?!]|[^\w\s.,;:'\"()-]")


@keeps_last
def cues(texts: list[str]) -> Matrix:
    """Return small numbers on each text: opinion words, emphasis, stars, cues;
    shape (n, N_CUES)."""
    if not texts:
        return np.zeros((0, N_CUES), dtype=np.float32)
    folded = [fold(text) for text in texts]
    counts = [list(map(len, map(cue.findall, folded))) for cue in _CUES.values()]
    loudness = np.array([_loudness(text) for text in texts], dtype=np.float32)
    told = np.hstack([loudness, np.minimum(np.array(counts, dtype=np.float32).T, 2) / 2])
    scaled: Matrix = told * np.float32(_CUE_SCALE)
    return scaled


def has_cue(texts: list[str], cue: str) -> list[bool]:
    """Return which texts have a cue of moods.toml or outcomes.toml, by its name there."""
    found: list[bool] = (cues(texts)[:, _COLUMNS[cue]] > 0).tolist()
    return found


def _loudness(text: str) -> tuple[float, ...]:
    """Return the opinion words, emphasis and stars of a text."""
    split = text.split()
    is_lengthened = bool(LENGTHENED.search(text))
    scores = _analyzer().polarity_scores(LENGTHENED.sub(r"\1", text) if is_lengthened else text)
    shouted = sum([word.isupper() and len(word) > 2 for word in split])
    return (
        scores["compound"], scores["pos"], scores["neg"], scores["neu"],
        "!" in text, "?" in text, len(split) / 30,
        stars(text), min(shouted, 3) / 3, is_lengthened,
    )  # fmt: skip


def stars(text: str) -> float:
    """Return a rating written in the text ("2/5", "one star", "★☆☆☆☆") as -1 to 1; 0 if none."""
    folded = fold(text)
    shares = list(_ratings(text, folded)) if _RATED.search(folded) else []
    return fmean(shares) if shares else 0.0


def _ratings(text: str, folded: str) -> Iterator[float]:
    """Yield each rating written in a text as -1 to 1."""
    for value in _OF_FIVE.findall(text):
        yield float(value) / 2.5 - 1
    for value in _OF_TEN.findall(text):
        yield float(value) / 5 - 1
    counted = [_NUMBERS[v] if v in _NUMBERS else int(v) for v in _SPOKEN.findall(folded)]
    drawn = [run for run in _DRAWN.findall(text) if len(run) > 1]
    for count in counted + [sum(run.count(star) for star in _FULL_STARS) for run in drawn]:
        yield (min(max(count, 1), 5) - 3) / 2


@keeps_last
def word_use(texts: list[str]) -> csr_matrix:
    """Return which words and pairs of words each text uses, hashed into N_BUCKETS columns, rows
    of length one (feature hashing: Weinberger et al. 2009)."""
    hashes: list[int] = []
    weights: list[float] = []
    ends = [0]
    for text in texts:
        tokens = _TOKEN.findall(text.lower().replace("’", "'"))
        grams = sorted({*tokens, *(f"{a} {b}" for a, b in pairwise(tokens))})
        hashes += [zlib.crc32(gram.encode("utf-8", "surrogatepass")) for gram in grams]
        weights += [1 / len(grams) ** 0.5] * len(grams) if grams else []
        ends.append(len(hashes))
    values = np.array(hashes, dtype=np.int64)
    signed = np.where(values >> 31, 1.0, -1.0) * np.array(weights)
    parts = (signed.astype(np.float32), values % N_BUCKETS, ends)
    return csr_matrix(parts, shape=(len(texts), N_BUCKETS))


@cache
def _analyzer() -> SentimentIntensityAnalyzer:
    """Return VADER, loaded once."""
    return SentimentIntensityAnalyzer()
