"""Whole texts, one answer each: the touchpoint a row of a spreadsheet is mostly about."""

import re
from collections import Counter
from typing import NamedTuple

import numpy as np
import pandas as pd

from pipeline.engines.embedded.aspects import polarities_toward
from pipeline.engines.embedded.blend import blended, find_blend
from pipeline.engines.embedded.clauses import clauses
from pipeline.engines.embedded.lexicon import words
from pipeline.engines.embedded.matching import Evidence, confidence_of, weigh
from pipeline.engines.embedded.naming import uses_of_names
from pipeline.engines.embedded.places import anchor, settle
from pipeline.engines.embedded.signals import read_signals
from pipeline.engines.embedding import Embedder, Matrix
from pipeline.text import sentence_spans

_CLAUSE_DISCOUNT = 0.05
"""A clause must fit this much better than the whole text to decide."""
_LATIN = re.compile("[a-z]")
"""A text without one such letter in its words is not English, and nothing is read in it."""


class _Parts(NamedTuple):
    """The clauses of all texts."""

    texts: list[str]
    rows: list[int]


def tag(
    texts: list[str], phrases: pd.DataFrame, embedder: Embedder, min_confidence: float
) -> pd.DataFrame:
    """Return touchpoint_id ('' abstained), confidence, polarity and quote of each text.

    The quote is the clause that fits the touchpoint best. Polarity is that clause's mood; where the
    text has other clauses too, it is the mood of the whole text towards the touchpoint.
    """
    if phrases.empty or not texts:
        nothing = np.zeros(len(texts), dtype=np.float32)
        return _frame([""] * len(texts), nothing, nothing, [""] * len(texts))
    parts = _parts(texts)
    anchors = anchor(phrases, embedder)
    whole, pieces = embedder.both(texts), embedder.both(parts.texts)
    named, named_in_part = (
        uses_of_names(said, phrases, anchors.touchpoint_ids) for said in (texts, parts.texts)
    )
    blend = find_blend(whole)
    of_whole = blended(whole, blend)
    places = settle(texts, of_whole, blend, anchors, named)
    of_pieces = weigh(blended(pieces, blend), places, named_in_part)
    evidence = _joined(weigh(of_whole, places, named), of_pieces, parts.rows)
    best = evidence.fitted.argmax(axis=1)
    spoken = np.array([any(_LATIN.search(word) for word in words(text)) for text in texts])
    confidence = np.where(spoken, confidence_of(evidence, best), 0)
    ids = anchors.touchpoint_ids
    sure = spoken & (confidence >= min_confidence)
    chosen = [ids[column] if is_sure else "" for column, is_sure in zip(best, sure, strict=True)]
    quotes = _best_parts(parts, of_pieces.fitted, best, len(texts))
    moods = read_signals(parts.texts, pieces).polarity
    polarity = np.array([moods[part] if part >= 0 else 0.0 for part in quotes])
    several = [row for row, count in Counter(parts.rows).items() if count > 1 and chosen[row]]
    names = phrases[phrases["kind"] == "name"].set_index("touchpoint_id")["text"]
    toward = [str(names[chosen[row]]) for row in several]
    polarity[several] = polarities_toward([texts[row] for row in several], toward, embedder)
    said = [parts.texts[part] if part >= 0 else "" for part in quotes]
    return _frame(chosen, confidence, polarity, said)


def _joined(whole: Evidence, pieces: Evidence, rows: list[int]) -> Evidence:
    """Return the evidence of each text: its own, or that of a clause which says it better."""
    for own, of_pieces in zip(whole[:3], pieces[:3], strict=True):
        np.maximum.at(own, rows, of_pieces - _CLAUSE_DISCOUNT)
    np.logical_or.at(whole.named, rows, pieces.named)
    return whole


def _parts(texts: list[str]) -> _Parts:
    """Return the clauses of each text, in order."""
    parts = _Parts([], [])
    for row, text in enumerate(texts):
        for start, end in sentence_spans(text):
            sentence = text[start:end]
            for clause in clauses(sentence):
                parts.texts.append(sentence[clause.start : clause.end])
                parts.rows.append(row)
    return parts


def _best_parts(parts: _Parts, scores: Matrix, best: Matrix, n_texts: int) -> list[int]:
    """Return for each text the number of the clause that fits its touchpoint best, or -1."""
    found = [-1] * n_texts
    for part, row in enumerate(parts.rows):
        column = int(best[row])
        if found[row] < 0 or scores[part, column] > scores[found[row], column]:
            found[row] = part
    return found


def _frame(
    touchpoints: list[str], confidence: Matrix, polarity: Matrix, quotes: list[str]
) -> pd.DataFrame:
    """Return the four answers as columns."""
    return pd.DataFrame(
        {
            "touchpoint_id": touchpoints,
            "confidence": confidence.astype(float).round(3),
            "polarity": polarity.astype(float).round(3),
            "quote": quotes,
        }
    )
