"""Clauses against the catalogue: which touchpoint is each about, and how sure is that?

Two channels are added up: dense (cosine to the touchpoint's place among the clauses, see blend.py
and places.py) and lexical (the clause uses the touchpoint's own name or alias). A clause that names
nothing itself borrows from the clause before it.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.engines.embedded.blend import blended, find_blend
from pipeline.engines.embedded.naming import Named, uses_of_names
from pipeline.engines.embedded.places import Places, anchor, as_given, settle
from pipeline.engines.embedding import Embedder, Labels, Matrix, Vectors

NAME_WEIGHT = 0.4
_WORD_WEIGHT = 0.1
"""For each rare word of a name that stands in the text, without the others or in another order."""
_DESCRIBED_WEIGHT = 0.08
"""The same for a word of its definition or examples that no other touchpoint has in its own."""
CARRY_OVER = 0.35
"""Share of the clause before in a clause that names nothing: it often goes on about the same thing,
and where it does not, its own topic is told less sure."""
_UNSURE = 0.5
_WEIGHTS = (1.0, 4.3, 3.5)
"""Log-odds for each lead (see `leads`). These and the next are what fit_matching printed when
texts were sentence vectors only; fitted anew they are no better and tag more out of scope."""
_INTERCEPT = -2.0
_UNSEEN = -1.8
"""Log-odds where there is only one text: few texts show no rivals. It halves at `_HALVED` texts.
Both are a little stricter than fitted: in small batches a fifth less is tagged out of scope."""
_HALVED = 60
_CARRYING = 1.0
_CARRYING_NAMED = 1.5
"""Clauses are matched only where they carry a touchpoint at all. Among those the catalogue is right
more often than among texts at large: by about this much in log-odds on corpora written and labelled
for it (broadband, hotel, hospital), and by more where a clause calls the touchpoint by its name."""


class Evidence(NamedTuple):
    """What speaks for each touchpoint in each text: (n texts, n touchpoints)."""

    fitted: Matrix
    """cosine to the touchpoint's place among the clauses, and its name in the text"""
    given: Matrix
    """the same with the touchpoint as the catalogue gives it, and its nearest phrase"""
    rival: Matrix
    """cosine to the nearest place that the catalogue does not explain, mean of the two fits; no
    rival outdoes a touchpoint that the text calls by its name"""
    named: NDArray[np.bool_]
    """the text calls the touchpoint by a name that no other has"""


class Matches(NamedTuple):
    """Similarity of every clause to every touchpoint: shape (n clauses, n touchpoints)."""

    touchpoint_ids: list[str]
    scores: Matrix
    confidence: Matrix
    """of the best touchpoint of each clause, 0 to 1"""
    best: Labels
    """column of the best touchpoint of each clause"""
    second: Labels
    """column of another touchpoint that the clause calls by its name, -1 for none"""
    second_confidence: Matrix
    """of the second touchpoint, as if the best were not there"""


def match(
    texts: list[str],
    vectors: Vectors,
    follows: list[int],
    phrases: pd.DataFrame,
    embedder: Embedder,
) -> Matches:
    """Score clauses against the phrases of the catalogue (table catalogue_phrases).

    `follows` holds for each clause the number of the clause before it in the same turn, or -1.
    """
    if phrases.empty or not texts:
        nothing = np.zeros(len(texts), dtype=np.float32)
        empty = np.zeros((len(texts), 0), dtype=np.float32)
        none = nothing.astype(np.int64)
        return Matches([], empty, nothing, none, none - 1, nothing)
    anchors = anchor(phrases, embedder)
    ids = anchors.touchpoint_ids
    named = uses_of_names(texts, phrases, ids)
    blend = find_blend(vectors)
    clauses = blended(vectors, blend)
    del vectors  # the fit needs their memory
    places = settle(texts, clauses, blend, anchors, named)
    evidence = _carry_over(weigh(clauses, places, named), follows)
    best = evidence.fitted.argmax(axis=1)
    is_named = np.take_along_axis(evidence.named, best[:, None], 1)[:, 0]
    sure = confidence_of(evidence, best, np.where(is_named, _CARRYING_NAMED, _CARRYING))
    return Matches(ids, evidence.fitted, sure, best, *_second(evidence, best))


def weigh(clauses: Matrix, places: Places, named: Named) -> Evidence:
    """Return what speaks for each touchpoint in each text (blended vectors)."""
    nearest = [
        (clauses @ rivals.T).max(axis=1, keepdims=True, initial=0.0) for rivals in places.rivals
    ]
    rival = np.mean(nearest, axis=0)
    called = NAME_WEIGHT * named.weight + _WORD_WEIGHT * named.in_part
    called += _DESCRIBED_WEIGHT * named.described
    fitted = clauses @ places.known.T + called
    given = as_given(clauses, places) + called
    outright = named.outright.copy()
    for shorter, longer in named.inside:
        # Its words are those of the longer name, which fits the text better.
        outright[:, shorter] &= fitted[:, shorter] >= fitted[:, longer]
    rival = np.where(outright, np.minimum(rival, fitted), rival)
    return Evidence(fitted, given, rival, outright)


def confidence_of(evidence: Evidence, columns: Labels, more: float | Matrix = 0.0) -> Matrix:
    """Return the probability (0 to 1) that the touchpoint in `columns` is the right one for each
    text; `more` is what else is known of the texts, in log-odds.

    A logistic regression (tests/bench/fit_matching.py, names alone): on sets of a kind that it was
    not fitted on, the mean calibration error was 0.11.
    """
    known = _INTERCEPT + _UNSEEN * unseen(len(columns)) + more
    logits = leads(evidence, columns) @ np.array(_WEIGHTS, dtype=np.float32) + known
    confidence: Matrix = (1 / (1 + np.exp(-logits))).round(3).astype(np.float32)
    return confidence


def leads(evidence: Evidence, columns: Labels) -> Matrix:
    """Return what tells how sure the touchpoint in `columns` is, shape (n texts, 3): its lead over
    the second best, over the nearest rival, and over the others as the catalogue gives them."""
    at = columns[:, None]
    over_rival = np.take_along_axis(evidence.fitted - evidence.rival, at, 1)[:, 0]
    return np.stack([_lead(evidence.fitted, at), over_rival, _lead(evidence.given, at)], axis=1)


def unseen(n_texts: int) -> float:
    """Return how little of a corpus so many texts show: 1 for none, 0 for endlessly many."""
    return 1 / (1 + n_texts / _HALVED)


def _second(evidence: Evidence, best: Labels) -> tuple[Labels, Matrix]:
    """Return a further touchpoint of each clause ("the food and the staff were great"), or -1, and
    how sure it is."""
    others = evidence._replace(
        fitted=evidence.fitted.copy(), given=evidence.given.copy(), named=evidence.named.copy()
    )
    np.put_along_axis(others.fitted, best[:, None], -1.0, axis=1)
    np.put_along_axis(others.given, best[:, None], -1.0, axis=1)
    np.put_along_axis(others.named, best[:, None], False, axis=1)
    second = np.where(others.named, others.fitted, -1.0).argmax(axis=1)
    is_named = np.take_along_axis(others.named, second[:, None], 1)[:, 0]
    confidence = confidence_of(others, second)
    is_told = is_named & (confidence >= _UNSURE)
    return np.where(is_told, second, -1).astype(np.int64), confidence


def _lead(scores: Matrix, best: Labels) -> Matrix:
    """Return how far the best touchpoint is ahead of the best of the others."""
    others = scores.copy()
    np.put_along_axis(others, best, -np.inf, axis=1)
    second = np.maximum(others.max(axis=1), 0.0)
    lead: Matrix = np.take_along_axis(scores, best, 1)[:, 0] - second
    return lead


def _carry_over(evidence: Evidence, follows: list[int]) -> Evidence:
    """Let a clause that names no touchpoint take over part of the evidence of the one before."""
    parts = np.stack(evidence[:3])
    may_borrow = ~evidence.named.any(axis=1) & (np.array(follows) >= 0)
    for row in np.flatnonzero(may_borrow).tolist():
        parts[:, row] += CARRY_OVER * (parts[:, follows[row]] - parts[:, row])
    fitted, given, rival = parts
    return Evidence(fitted, given, rival, evidence.named)
