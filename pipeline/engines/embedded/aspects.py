"""The mood of a text towards one thing it speaks of: "the food was lovely, the wait was not".

The thing is given by its name, any name. The word of the text most like the name (cosine of single
words) is its anchor; what is said near the anchor, in its clause and in its sentence is read by a
small head. The anchor's own vector is taken out of theirs, and it is also read with "it" in the
anchor's place: the head must judge what is said of a thing, not which thing it is.
"""

import re
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_matrix

from pipeline.engines.embedded.clauses import clauses
from pipeline.engines.embedded.heads import Even, aspect_mood, evened, evenness
from pipeline.engines.embedded.lexicon import FUNCTION_WORDS, WORD, opinion_words
from pipeline.engines.embedded.mood import weigh_up
from pipeline.engines.embedded.surface import cues, word_use
from pipeline.engines.embedding import Embedder, Matrix
from pipeline.text import sentence_spans

_REACH = 4
"""Words on each side of the anchor that are read with it, inside its clause."""
_TOPIC_SHARE = 0.5
"""How much of the anchor's own vector is taken out of the vectors around it."""
N_TOPICAL = 4
"""Sentence vectors the dense features begin with: they tell of topics as much as of moods, and the
hidden units, which could learn topics by heart, leave them out."""
_BEFORE = r"(?:\b(?:the|our|a|an|my|their|your)\s+)?(?<!\w)"


class Spot(NamedTuple):
    """Where a text speaks of a thing."""

    anchor: str
    near: str
    masked: str
    """what stands near, with 'it' for the anchor"""
    clause: str
    sentence: str


class AspectRows(NamedTuple):
    """What the aspect head reads, one row a text and name."""

    dense: Matrix
    """N_TOPICAL vectors of what is said, then how it is said"""
    words: csr_matrix


def moods_toward(texts: list[str], names: list[str], embedder: Embedder) -> Matrix:
    """Return the probabilities of negative, neutral, positive of each text towards the thing of
    the same place in `names`: shape (n, 3)."""
    return aspect_mood(*aspect_features(texts, names, embedder, evenness()))


def polarities_toward(texts: list[str], names: list[str], embedder: Embedder) -> Matrix:
    """Return the mood of each text towards its thing: -1 (bad) to 1 (good)."""
    polarity: Matrix = weigh_up(moods_toward(texts, names, embedder)).round(3)
    return polarity


def aspect_features(
    texts: list[str], names: list[str], embedder: Embedder, even: Even
) -> AspectRows:
    """Return what the aspect head reads, one row a text and name."""
    topics = embedder.embed([name.replace("_", " ").strip().lower() for name in names])
    spots = find_spots(texts, topics, embedder)
    anchors = embedder.embed([spot.anchor for spot in spots])
    near = embedder.both([spot.near for spot in spots])
    masked = embedder.both([spot.masked for spot in spots])
    clause = embedder.embed([spot.clause for spot in spots])
    sentence = embedder.embed([spot.sentence for spot in spots])
    spans = (anchors, near.sentence, clause, sentence)
    fits = np.stack([(span * topics).sum(axis=1) for span in spans], axis=1)
    bare = [span - _TOPIC_SHARE * anchors for span in spans[1:]]
    how = [evened(span.inner, even) for span in (near, masked)]
    told = [cues([s.near for s in spots]), cues([s.clause for s in spots])]
    whole = cues([spot.sentence for spot in spots])[:, :4]
    joined = np.hstack([*bare, masked.sentence, *how, fits, *told, whole]).astype(np.float32)
    return AspectRows(joined, word_use([spot.masked for spot in spots]))


def find_spots(texts: list[str], topics: Matrix, embedder: Embedder) -> list[Spot]:
    """Return where each text speaks of its topic (rows of unit vectors)."""
    candidates = [_candidates(text) for text in texts]
    known = sorted({word.group().lower() for found in candidates for word in found})
    rows = dict(zip(known, embedder.embed(known), strict=True))
    spots = []
    for text, found, topic in zip(texts, candidates, topics, strict=True):
        likeness = [float(rows[word.group().lower()] @ topic) for word in found]
        spots.append(_surroundings(text, found[int(np.argmax(likeness))] if found else None))
    return spots


def _candidates(text: str) -> list[re.Match[str]]:
    """Return the words that may name a thing, or all words where none may."""
    found = list(WORD.finditer(text))
    opinions = opinion_words()
    plain = [
        word
        for word in found
        if len(word.group()) > 2
        and word.group().lower() not in FUNCTION_WORDS
        and word.group().lower() not in opinions
    ]
    return plain or found


def _surroundings(text: str, anchor: re.Match[str] | None) -> Spot:
    """Return the surroundings of an anchor; the whole text where there is none."""
    if anchor is None:
        return Spot(text, text, text, text, text)
    spans = [s for s in sentence_spans(text) if s[0] <= anchor.start() < s[1]] or [(0, len(text))]
    start, end = spans[0]
    sentence = text[start:end]
    at = anchor.start() - start
    parts = [c for c in clauses(sentence) if c.start <= at < c.end]
    clause = sentence[parts[0].start : parts[0].end] if parts else sentence
    near = _window(clause, at - (parts[0].start if parts else 0))
    word = anchor.group()
    masked = re.sub(rf"{_BEFORE}{re.escape(word)}(?!\w)", "it", near, flags=re.IGNORECASE)
    return Spot(word.lower(), near, masked, clause, sentence)


def _window(clause: str, at: int) -> str:
    """Return the words around the one that holds character `at`."""
    found = list(WORD.finditer(clause))
    middle = next((n for n, word in enumerate(found) if word.start() <= at < word.end()), None)
    if middle is None:
        return clause
    first, last = found[max(0, middle - _REACH)], found[min(len(found) - 1, middle + _REACH)]
    return clause[first.start() : last.end()]
