"""Clauses against the catalogue: which touchpoint is each about, and how sure is that?

Two channels are added up: dense (cosine between centred sentence vectors of the clause and of the
touchpoint's name, definition, aliases and examples) and lexical (the clause uses the touchpoint's
own name or alias). A clause that names nothing itself borrows from the clause before it.
"""

import re
from collections import Counter
from typing import NamedTuple

import numpy as np
import pandas as pd

from pipeline.engines.embedded.lexicon import content_words, stem, words
from pipeline.engines.embedding import Embedder, Labels, Matrix

LEXICAL_WEIGHT = 0.30
CARRY_OVER = 0.45
"""Share of the clause before that a clause without a topic of its own takes over."""
_MIDPOINT = 0.42
_STEEPNESS = 14.0
_MARGIN_WEIGHT = 0.8
_USUAL_MARGIN = 0.08
_CALLED = re.compile(r"(?:^|[,!] )([A-Z][a-z]+)(?=[,.!?])|, ([A-Z][a-z]+)\b")
"""A name that is called ("Thanks, Megan.") is not what the clause is about."""


class Matches(NamedTuple):
    """Similarity of every clause to every touchpoint: shape (n clauses, n touchpoints)."""

    touchpoint_ids: list[str]
    scores: Matrix
    confidence: Matrix
    """of the best touchpoint of each clause, 0 to 1"""
    best: Labels
    """column of the best touchpoint of each clause"""


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
    ids, scores = similarities(texts, vectors, phrases, embedder)
    if not ids or not texts:
        nothing = np.zeros(len(texts), dtype=np.float32)
        return Matches(ids, scores, nothing, nothing.astype(np.int64))
    scores = _carry_over(scores, follows)
    return Matches(ids, scores, confidence_of(scores), scores.argmax(axis=1))


def similarities(
    texts: list[str], vectors: Matrix, phrases: pd.DataFrame, embedder: Embedder
) -> tuple[list[str], Matrix]:
    """Return the touchpoints and the similarity of every text to each: (texts, touchpoints)."""
    ids = sorted(set(phrases["touchpoint_id"]))
    if not ids or not texts:
        return ids, np.zeros((len(texts), len(ids)), dtype=np.float32)
    lexical = _lexical(texts, phrases, ids)
    return ids, _dense(vectors, phrases, ids, embedder) + LEXICAL_WEIGHT * lexical


def confidence_of(scores: Matrix) -> Matrix:
    """Return how sure the best touchpoint of each text is (0 to 1): its similarity, and how far
    the second best is behind."""
    if scores.shape[1] > 1:
        top_two = np.partition(scores, -2, axis=1)[:, -2:]
        top, margin = top_two[:, 1], top_two[:, 1] - top_two[:, 0]
    else:
        top = margin = scores[:, 0]
    logits = _STEEPNESS * (top + _MARGIN_WEIGHT * (margin - _USUAL_MARGIN) - _MIDPOINT)
    confidence = 1 / (1 + np.exp(-logits))
    return confidence.round(3).astype(np.float32)


def _dense(vectors: Matrix, phrases: pd.DataFrame, ids: list[str], embedder: Embedder) -> Matrix:
    """Return the mean of the best two phrase similarities of each touchpoint."""
    texts = [
        f"{name}: {text}" if kind == "definition" else text
        for kind, text, name in zip(phrases["kind"], phrases["text"], _names(phrases), strict=True)
    ]
    known = embedder.embed(texts)
    centre = vectors.mean(axis=0)
    similar = _unit(vectors - 0.7 * centre) @ _unit(known - 0.7 * known.mean(axis=0)).T
    owner = phrases["touchpoint_id"].to_numpy()
    out = np.zeros((len(vectors), len(ids)), dtype=np.float32)
    for column, touchpoint_id in enumerate(ids):
        own = similar[:, owner == touchpoint_id]
        out[:, column] = np.sort(own, axis=1)[:, -2:].mean(axis=1)
    return out


def _names(phrases: pd.DataFrame) -> list[str]:
    """Return for each phrase the name of its touchpoint."""
    named = phrases[phrases["kind"] == "name"].set_index("touchpoint_id")["text"].to_dict()
    return [named.get(touchpoint_id, "") for touchpoint_id in phrases["touchpoint_id"]]


def _lexical(texts: list[str], phrases: pd.DataFrame, ids: list[str]) -> Matrix:
    """Return 1 where a clause holds a whole name or alias; less when several touchpoints share
    the words, or when the words are everywhere in the corpus."""
    column = {touchpoint_id: number for number, touchpoint_id in enumerate(ids)}
    terms: dict[tuple[str, ...], set[int]] = {}
    named = phrases[phrases["kind"].isin(["name", "alias"])]
    for touchpoint_id, text in zip(named["touchpoint_id"], named["text"], strict=True):
        term = tuple(stem(w) for w in words(text))
        if term and content_words(text):
            terms.setdefault(term, set()).add(column[touchpoint_id])
    longest = max((len(term) for term in terms), default=0)
    hits: list[list[tuple[str, ...]]] = []
    for text in texts:
        stems = [stem(w) for w in words(text)]
        called = {stem(name.lower()) for pair in _CALLED.findall(text) for name in pair if name}
        hits.append(
            [
                tuple(stems[at : at + size])
                for size in range(1, longest + 1)
                for at in range(len(stems) - size + 1)
                if tuple(stems[at : at + size]) in terms and not (size == 1 and stems[at] in called)
            ]
        )
    common = Counter(term for found in hits for term in set(found))
    out = np.zeros((len(texts), len(ids)), dtype=np.float32)
    for row, found in enumerate(hits):
        for term in found:
            rarity = 1.0 if common[term] / len(texts) < 0.08 else 0.5
            for place in terms[term]:
                out[row, place] = max(out[row, place], rarity / len(terms[term]))
    return out


def _carry_over(scores: Matrix, follows: list[int]) -> Matrix:
    """Let a clause without a clear topic take over part of the scores of the one before."""
    out = scores.copy()
    for row, before in enumerate(follows):
        if before >= 0 and scores[row].max() < _MIDPOINT:
            out[row] = np.maximum(out[row], (1 - CARRY_OVER) * out[row] + CARRY_OVER * out[before])
    return out


def _unit(matrix: Matrix) -> Matrix:
    """Return the rows scaled to length one."""
    scaled: Matrix = matrix / np.maximum(np.linalg.norm(matrix, axis=1, keepdims=True), 1e-9)
    return scaled
