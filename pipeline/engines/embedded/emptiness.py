"""Sentences that surely carry no touchpoint."""

from collections.abc import Sequence

import numpy as np

from pipeline.engines.embedded.clauses import clauses
from pipeline.engines.embedded.heads import content_share, rows_of
from pipeline.engines.embedding import Embedder, Matrix


def content_shares(texts: list[str], embedder: Embedder) -> Matrix:
    """Return the probability (0 to 1) that each sentence or clause carries a touchpoint at all."""
    if not texts:
        return np.zeros(0, dtype=np.float32)
    rows = rows_of(texts, embedder.both(texts))
    return content_share(rows.dense, rows.words)


def surely_empty(sentences: Sequence[str], below: float, embedder: Embedder) -> list[bool]:
    """Tell of each sentence whether it, and every clause of it, carries a touchpoint with a
    probability `below` a bound.

    Where the sentence is not sure to be empty its clauses are not looked at: they hardly ever are.
    """
    doubted = _below(set(sentences), below, embedder)
    parts = {sentence: _clauses(sentence) for sentence in doubted}
    empty = _below({part for own in parts.values() for part in own}, below, embedder)
    told = {sentence for sentence, own in parts.items() if own <= empty}
    return [sentence in told for sentence in sentences]


def _below(texts: set[str], bound: float, embedder: Embedder) -> set[str]:
    """Return the texts that carry a touchpoint with a probability below a bound."""
    asked = sorted(texts)
    shares = content_shares(asked, embedder).tolist()
    return {text for text, share in zip(asked, shares, strict=True) if share < bound}


def _clauses(sentence: str) -> set[str]:
    return {sentence[clause.start : clause.end] for clause in clauses(sentence)}
