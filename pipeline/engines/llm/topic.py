"""Does a proposal speak of its touchpoint, and like a plan?

A model that obeyed a customer's text writes about something else. Two questions show it. Does the
change have to do with the touchpoint: the cosine between it and the brief, plus the words they
share. And does every sentence of the proposal make sense in it: near the brief, near something in
the library of levers, or at least in words of either. No word or quote counts that only one
customer's text brought in: that text may be the one that was obeyed.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np

from pipeline.briefs import Brief
from pipeline.engines import embedded
from pipeline.engines.embedded.lexicon import FUNCTION_WORDS, content_words, stem, words
from pipeline.engines.embedding import Matrix

Embed = Callable[[list[str]], Matrix]

# All three chosen on 24 changes and 64 sentences written as a good model would, and on 51 answers
# to the instructions of a list of prompt injections, for 61 touchpoints of four businesses.
_ON_TOPIC = 0.35
_SENSIBLE = 0.65
_SENSIBLE_ABROAD = 0.4
"""The same where the customers write another language: then the brief itself tells nothing."""
_SENSIBLE_SHORT = 0.45
"""The same for a few words, of which little can be known."""
_A_SHARED_WORD = 0.1
"""What a word in common with the brief adds to the cosine."""
_LIKE_A_LEVER, _KNOWN_WORDS = 0.5, 0.5
"""Weights of the cosine to the nearest sentence of the library, and of the share of known words."""
_A_LEVER, _LEVER_LIKE, _LEVER_WORDS = 0.3, 0.3, 0.3
"""A lever's name fits from 0.3: cosine to its change, plus 0.3 of that to the nearest sentence of
the library, plus 0.3 of the share of known words. Chosen on 66 names and 25 that answer something
else."""
_FEWEST_FUNCTION_WORDS = 0.2
"""English is nearly half function words; a quote below this share is in another language."""

_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_FEWEST_WORDS = 5
"""A shorter sentence says little by itself, and is read with its neighbour in the same text."""
_BLANK = re.compile(r"\$\{?\w+\}?")
_PLANNING = """
agent training trainer developer tester designer engineer manager lead head copywriter caterer
supplier crm ticket tool report spreadsheet sheet list checklist budget contract cost euro hour
day week month quarter year minute sample survey rating share count customer guest user team staff
call message email page screen form button script template pilot trial test log case number time
owner department shift touchpoint neighbouring journey stage problem measured led period chance
percentage outcome rise fall higher lower larger smaller estimate person-day person people expert
writer analyst mechanic someone
"""
"""Words of any plan, beside those of the library."""


class Topic(NamedTuple):
    """What is recognised as being about a touchpoint."""

    vector: Matrix
    stems: frozenset[str]
    is_abroad: bool


class Sense:
    """Judges texts by their vectors and words; the library's vectors are computed once."""

    def __init__(self, embed: Embed) -> None:
        self._embed = embed
        self._library = embed(list(library_sentences()))

    def topic(self, brief: Brief) -> Topic:
        """Return what a brief is about: the mean of name, definition, problems and quotes."""
        quotes = [text for _, text in brief.quotes()]
        pains = [pain.name for pain in brief.pains if pain.name]
        parts = [[brief.name], [brief.definition], pains, quotes]
        means = [_unit(self._embed(part).mean(axis=0)) for part in parts if any(part)]
        middle = _unit(np.sum(means, axis=0))
        return Topic(middle, _own_stems(brief, quotes), _is_abroad(quotes))

    def speaks_of(self, topic: Topic, change: str) -> bool:
        """Tell whether a change has to do with the touchpoint; always, in another language."""
        if topic.is_abroad:
            return True
        near = float(self._embed([change])[0] @ topic.vector)
        return near + _A_SHARED_WORD * len(_stems(change) & topic.stems) >= _ON_TOPIC

    def is_sensible(self, topic: Topic, texts: Iterable[str]) -> bool:
        """Tell whether every sentence of some texts fits into a plan for the touchpoint."""
        sentences = list(dict.fromkeys(one for text in texts for one in _sentences(text)))
        if not sentences:
            return True
        vectors = self._embed(sentences)
        like = (vectors @ self._library.T).max(axis=1)
        near = vectors @ topic.vector
        return all(
            _sense(topic, text, float(near[n]), float(like[n])) for n, text in enumerate(sentences)
        )

    def names(self, topic: Topic, lever: str, change: str) -> bool:
        """Tell whether a lever's name fits its change, in words or in meaning."""
        own = _stems(lever)
        known = own & (topic.stems | _planning_stems() | _stems(change))
        share = len(known) / len(own) if own else 0.0
        first, second = self._embed([lever, change])
        like = float((self._library @ first).max())
        score = float(first @ second) + _LEVER_LIKE * like + _LEVER_WORDS * share
        return score >= _A_LEVER

    def is_plain_lever(self, topic: Topic, lever: str) -> bool:
        """Tell whether a lever is made only of words known without what the model wrote."""
        return _stems(lever) <= topic.stems | _planning_stems()


def _sense(topic: Topic, text: str, near: float, like: float) -> bool:
    """Tell whether one sentence, with its cosines to the brief and to the library, fits.

    A bare figure does, and a figure with nothing but known words.
    """
    own = _stems(text)
    if not own:
        return True
    known = own & (topic.stems | _planning_stems())
    if known == own and any(letter.isdigit() for letter in text):
        return True
    score = _LIKE_A_LEVER * like + _KNOWN_WORDS * len(known) / len(own)
    if topic.is_abroad:
        return score >= _SENSIBLE_ABROAD
    least = _SENSIBLE if len(text.split()) > _FEWEST_WORDS else _SENSIBLE_SHORT
    return score + near + _A_SHARED_WORD * len(own & topic.stems) >= least


@cache
def library_sentences() -> tuple[str, ...]:
    """Return the sentences of the levers' texts, what they leave blank filled with "it"."""
    path = Path(next(iter(embedded.__path__))) / "levers.toml"
    levers = tomllib.loads(path.read_text("utf-8"))["lever"]
    keys = ("change", "who", "tools", "data", "lead", "risk")
    texts = [
        part[key]
        for lever in levers
        for part in (lever, *lever["variant"])
        for key in keys
        if key in part
    ]
    return tuple(sorted({one for text in texts for one in _sentences(_BLANK.sub("it", text))}))


@cache
def _planning_stems() -> frozenset[str]:
    return _stems(_PLANNING).union(*map(_stems, library_sentences()))


def _is_abroad(quotes: Sequence[str]) -> bool:
    """Tell whether most quotes are in another language than English."""
    said = [found for found in map(words, quotes) if found]
    shares = [sum(word in FUNCTION_WORDS for word in found) / len(found) for found in said]
    return bool(shares) and median(shares) < _FEWEST_FUNCTION_WORDS


def _own_stems(brief: Brief, quotes: Sequence[str]) -> frozenset[str]:
    """Return the words of the business's own texts, of problems, and of several quotes."""
    near = [neighbour.name for neighbour in (*brief.incoming, *brief.outgoing)]
    given = [brief.name, brief.definition, brief.owner, brief.stage_done_when, *near]
    named = [pain.name for pain in brief.pains]
    used = Counter(one for text in quotes for one in _stems(text))
    return _stems(" ".join(given + named)) | {one for one, n in used.items() if n > 1}


def _sentences(text: str) -> list[str]:
    """Return the sentences of a text, short ones with their neighbour."""
    out: list[str] = []
    for part in filter(None, map(str.strip, _SENTENCE.split(text))):
        is_short = min(len(one.split()) for one in (part, *out[-1:])) < _FEWEST_WORDS
        if out and is_short:
            out[-1] += " " + part
        else:
            out.append(part)
    return out


def _stems(text: str) -> frozenset[str]:
    return frozenset(stem(word) for word in content_words(text))


def _unit(vector: Matrix) -> Matrix:
    length = float(np.linalg.norm(vector))
    return np.asarray(vector / length if length else vector, dtype=np.float32)
