"""Clauses against the catalogue: which touchpoint is each about, and how sure is that?

Two channels are added up: dense (cosine to the touchpoint's place among the clauses, see places.py)
and lexical (the clause uses the touchpoint's own name or alias). A clause that names nothing itself
borrows from the clause before it.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from pipeline.engines.embedded.naming import uses_of_names
from pipeline.engines.embedded.places import Places, anchor, settle, unit
from pipeline.engines.embedding import Embedder, Labels, Matrix

NAME_WEIGHT = 0.4
CARRY_OVER = 0.45
"""Share of the clause before that a clause without a topic of its own takes over."""
_UNSURE = 0.5
_OUTRIGHT = 0.4
"""A clause is about a second touchpoint only where it uses a name that few others share."""
_LEAD, _LEAD_OVER_RIVAL, _LEAD_AS_GIVEN, _INTERCEPT = 2.3, 3.6, 3.3, -1.65


_CARRYING = 1.0
"""Clauses are matched only where they carry a touchpoint at all. Among those the catalogue is right
more often than among texts at large: by about this much in log-odds on the development chats, where
it was right for 87 to 98 % of the clauses kept at an even chance."""


class Evidence(NamedTuple):
    """What speaks for each touchpoint in each text: (n texts, n touchpoints)."""

    fitted: Matrix
    """cosine to the touchpoint's place among the clauses, and its name in the text"""
    given: Matrix
    """the same with the touchpoint as the catalogue gives it"""
    rival: Matrix
    """cosine to the nearest place that the catalogue does not explain; no rival outdoes a
    touchpoint that the text calls by its name"""
    named: Matrix
    """how far the text calls the touchpoint by its name, 0 to 1"""


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
    vectors: Matrix,
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
    places = settle(texts, vectors, anchor(phrases, embedder))
    evidence = _carry_over(weigh(texts, vectors, places, phrases), follows)
    best = evidence.fitted.argmax(axis=1)
    ids = places.anchors.touchpoint_ids
    return Matches(ids, evidence.fitted, confidence_of(evidence), best, *_second(evidence, best))


def weigh(texts: list[str], vectors: Matrix, places: Places, phrases: pd.DataFrame) -> Evidence:
    """Return what speaks for each touchpoint in each text."""
    anchors = places.anchors
    named = uses_of_names(texts, phrases, anchors.touchpoint_ids)
    centred = unit(vectors - places.centre)
    rivals = centred @ places.rivals.T
    rival = rivals.max(axis=1, keepdims=True, initial=0.0)
    fitted = centred @ places.known.T + NAME_WEIGHT * named
    given = centred @ anchors.centred.T + NAME_WEIGHT * named
    rival = np.where(named > 0, np.minimum(rival, fitted), rival)
    return Evidence(fitted, given, rival, named)


def similarities(
    texts: list[str], vectors: Matrix, phrases: pd.DataFrame, embedder: Embedder
) -> tuple[list[str], Matrix]:
    """Return the touchpoints and the similarity of every text to each: (texts, touchpoints)."""
    matches = match(texts, vectors, [-1] * len(texts), phrases, embedder)
    return matches.touchpoint_ids, matches.scores


def confidence_of(evidence: Evidence, more: float = 0.0) -> Matrix:
    """Return the probability (0 to 1) that the best touchpoint of each text is the right one;
    `more` is what else is known of the texts, in log-odds.

    A logistic regression on three leads: over the second best, over the nearest rival, and over the
    others as the catalogue gives them. Fitted on the development sets of places.py, each weighing
    the same; with each set left out in turn, the mean calibration error was 0.10.
    """
    best = evidence.fitted.argmax(axis=1)[:, None]
    top = np.take_along_axis(evidence.fitted, best, 1)[:, 0]
    logits = (
        _LEAD * _lead(evidence.fitted, best)
        + _LEAD_OVER_RIVAL * (top - np.take_along_axis(evidence.rival, best, 1)[:, 0])
        + _LEAD_AS_GIVEN * _lead(evidence.given, best)
        + _INTERCEPT
        + more
    )
    confidence: Matrix = (1 / (1 + np.exp(-logits))).round(3).astype(np.float32)
    return confidence


def _second(evidence: Evidence, best: Labels) -> tuple[Labels, Matrix]:
    """Return a further touchpoint of each clause ("the food and the staff were great"), or -1, and
    how sure it is."""
    others = Evidence(*(part.copy() for part in evidence))
    for part in (others.fitted, others.given, others.named):
        np.put_along_axis(part, best[:, None], -1.0, axis=1)
    second = others.fitted.argmax(axis=1)
    is_named = np.take_along_axis(others.named, second[:, None], 1)[:, 0] >= _OUTRIGHT
    confidence = confidence_of(others)
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
    """Let a clause that names no touchpoint and has no clear topic take over part of the evidence
    of the one before."""
    parts = [part.copy() for part in evidence]
    unsure = (confidence_of(evidence) < _UNSURE) & ~evidence.named.any(axis=1)
    for row, before in enumerate(follows):
        if before >= 0 and unsure[row]:
            for part in parts:
                taken = (1 - CARRY_OVER) * part[row] + CARRY_OVER * part[before]
                part[row] = np.maximum(part[row], taken)
    return Evidence(*parts)
