"""How a customer felt: mood (-1 to 1) and intensity (0 to 1) of each clause."""

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from pipeline.engines.embedded.emoji import lean
from pipeline.engines.embedded.heads import Rows, mood
from pipeline.engines.embedded.kept import keeps_last
from pipeline.engines.embedded.predicates import only_names
from pipeline.engines.embedded.surface import LENGTHENED, has_cue
from pipeline.engines.embedded.verdicts import settle
from pipeline.engines.embedding import Matrix

_LOUD = r"!|\b[A-Z]{4,}\b"
_INTENSE = (
    r"[\U0001F300-\U0001FAFF]|[:;]-?[)(D]|\b(?:so|very|really|"
    r"extremely|absolutely|utterly|totally|completely|never|always|far too|way too)\b"
)
_EMPHASIS = re.compile(rf"{_LOUD}|{_INTENSE}")
_EMPHASIS_OR_LENGTHENED = re.compile(rf"{_LOUD}|\w*(\w)\1{{2,}}\w*|{_INTENSE}")
REQUEST_MOOD = 0.2
"""Share of its mood that is left to a request."""
_SPARED = 0.5
"""A trouble that did not come is told in bad words: half of that mood, the other way round."""
_NAME_MOOD = 0.1
"""The same for a bare name ("the hot food"): what sounds good in it is not what was felt."""
_REACH = 3
"""Clauses of a turn, before and after one, that lend it their mood: the nearer, the more."""
_LENT = 0.75
"""What neighbours of one mood lend at most, as odds against neutral (logits): a trouble told in
plain words leans to them, while a clause that praises in its own words between complaints does
not. Lounge reviews before 2013 would have it at 1.0 to 1.5; a higher one than this hid praise that
stands among complaints in the demo corpus."""
_ITSELF = 1.0
"""How much a clause's own neutrality weighs among its neighbours: one of them alone tells less."""
_DECIDED = 2.0
"""Exponent of the shares before they are weighed up: fair shares hover around the middle, and what
reads a mood as good or bad (signals.kind) has cuts for moods that have made up their mind."""


class Manner(NamedTuple):
    """How a text puts things, by its words alone."""

    n_emphases: int
    only_names: bool


@keeps_last
def manner(texts: list[str]) -> list[Manner]:
    """Return how each text puts things."""
    return [_manner(text) for text in texts]


def _manner(text: str) -> Manner:
    """Return how one text puts things."""
    return Manner(_n_emphases(text), only_names(text))


def polarities(
    texts: list[str], rows: Rows, outcomes: list[str], turns: Sequence[str] = ()
) -> Matrix:
    """Return the mood of each text: -1 (surely bad) to 1 (surely good).

    Where `turns` tell which texts, in reading order, belong together, each also leans to those
    around it.
    """
    shares = mood(rows)
    told_together = in_context(shares, turns) if turns else shares
    polarity = settle(texts, lean(texts, weigh_up(told_together))) * _calm(texts, outcomes)
    spared = np.array(has_cue(texts, "spared"), dtype=np.bool_)
    told: Matrix = np.where(spared & (polarity < 0), -_SPARED * polarity, polarity).round(3)
    return told


def in_context(shares: Matrix, turns: Sequence[str]) -> Matrix:
    """Return shares of negative, neutral, positive, shape (n, 3), as the clauses around each in its
    turn make them likelier; rows need not add up to 1."""
    own = shares[:, 2] - shares[:, 0]
    places = np.unique(np.array(turns), return_inverse=True)[1]
    told, weight = np.zeros_like(own), np.full_like(own, _ITSELF)
    for step in range(1, min(_REACH, len(own) - 1) + 1):
        same = places[step:] == places[:-step]
        told[step:] += same * own[:-step] / step
        told[:-step] += same * own[step:] / step
        weight[step:] += same / step
        weight[:-step] += same / step
    leaning = _LENT * (told / weight)[:, None] * np.array([-1, 0, 1], dtype=np.float32)
    lent: Matrix = shares * np.exp(leaning)
    return lent


def weigh_up(shares: Matrix) -> Matrix:
    """Return -1 (bad) to 1 (good) from shares of negative, neutral, positive, shape (n, 3)."""
    decided = shares**_DECIDED
    polarity: Matrix = (decided[:, 2] - decided[:, 0]) / decided.sum(axis=1)
    return polarity


def intensities(texts: list[str], polarity: Matrix) -> Matrix:
    """Return how strongly each text puts it: 0 (flat) to 1 (furious or delighted)."""
    emphasis = np.array([min(told.n_emphases, 3) / 3 for told in manner(texts)])
    strength = np.clip(0.75 * np.abs(polarity) + 0.25 * emphasis, 0, 1)
    return strength.round(3).astype(np.float32)


def _n_emphases(text: str) -> int:
    """Return how often a text puts something strongly; "sooo" is rare, and slow to look for."""
    pattern = _EMPHASIS_OR_LENGTHENED if LENGTHENED.search(text) else _EMPHASIS
    return len(pattern.findall(text))


def _calm(texts: list[str], outcomes: list[str]) -> Matrix:
    """Return a factor for each mood: a request says what is wanted, a name only what it is about,
    neither how it went."""
    told = zip(manner(texts), outcomes, has_cue(texts, "request"), strict=True)
    factors = [_left(*one) for one in told]
    return np.array(factors, dtype=np.float32)


def _left(told: Manner, outcome: str, is_request: bool) -> float:
    """Return the share of its mood that a text keeps."""
    if told.only_names:
        return _NAME_MOOD
    return REQUEST_MOOD if outcome == "unknown" and is_request else 1.0
