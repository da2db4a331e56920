"""Kinds of fault that customers say by their words, and names made of them.

Where no customer puts a problem in a clause that can be read alone, it is called by the thing that
most of them speak of, and what most of them say is wrong with it ("Staff records: late").
"""

import re
from collections import Counter
from collections.abc import Collection, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.engines.embedded.cues import fold, load_cues
from pipeline.engines.embedded.lexicon import BEFORE_NOUNS, FEELING_WORDS, stem, words
from pipeline.engines.embedded.titles import faults, things
from pipeline.engines.embedding import Labels, Matrix
from pipeline.methods.remembered import remembers

_FAULTS = load_cues("faults.toml")
_VAGUEST = "not good enough"
_VAGUE = frozenset({"poor quality", _VAGUEST})
_VAGUE_COUNTS = 0.5
"""How much a verdict counts that says hardly what is wrong."""
_WORD = re.compile(r"\w+")
_MOST = 0.5
"""So many of the quotes of a group say what its name says: otherwise it is no name for them all."""
_FEWEST = 2
_AS_NOUN = 0.3
"""A word that stands after an article or the like in so many of its uses is taken for a thing."""


class Said(NamedTuple):
    """What is wrong by the words of some quotes."""

    kinds: Matrix
    """kinds of fault: one row a quote, of length one, or of zeros where it says none"""
    is_fault: NDArray[np.bool_]
    """whether it says any fault, of a kind or not"""

    def of(self, rows: Labels) -> "Said":
        """Return what some of the quotes say."""
        return Said(self.kinds[rows], self.is_fault[rows])


def read_faults(quotes: Sequence[str]) -> Said:
    """Return what is wrong by the words of some quotes."""
    held = _held(quotes)
    clear = held[:, [name != _VAGUEST for name in _FAULTS]].any(axis=1)
    worded = np.array([bool(faults(q) - FEELING_WORDS) for q in quotes], dtype=np.bool_)
    return Said(_weighed(held), clear | worded)


def kinds_said(quotes: Sequence[str]) -> Matrix:
    """Return the kinds of fault alone."""
    return _weighed(_held(quotes))


def _held(quotes: Sequence[str]) -> NDArray[np.bool_]:
    """Return which quotes say which kinds of fault."""
    held = np.zeros((len(quotes), len(_FAULTS)), dtype=np.bool_)
    for row, quote in enumerate(quotes):
        held[row, kinds_of(quote)] = True
    return held


@remembers
def kinds_of(quote: str) -> list[int]:
    """Return the numbers of the kinds of fault that a quote says."""
    plain = _plain([quote])[0]
    return [number for number, cue in enumerate(_FAULTS.values()) if cue.search(plain)]


def _weighed(held: NDArray[np.bool_]) -> Matrix:
    """Return kinds of fault as rows of length one, verdicts counted less."""
    weights = [_VAGUE_COUNTS if name in _VAGUE else 1.0 for name in _FAULTS]
    found = held * np.array(weights, dtype=np.float32)
    lengths = np.linalg.norm(found, axis=1, keepdims=True)
    kinds: Matrix = (found / np.maximum(lengths, _VAGUE_COUNTS)).astype(np.float32)
    return kinds


def _plain(quotes: Sequence[str]) -> list[str]:
    """Return quotes as the cues read them."""
    return [fold(quote.replace("’", "'")) for quote in quotes]


def made_name(quotes: Sequence[str], called: str) -> str:
    """Return a name for the problem that most of some quotes tell, '' when they say no one fault.

    Without a thing that most share it is the touchpoint's, `called` so; that name itself ("Delay
    notice") tells no fault.
    """
    own = {stem(word) for word in words(called)}
    said = [_WORD.sub(lambda word: _other(word.group(), own), fold(quote)) for quote in quotes]
    wrong = common_fault(said)
    if not wrong:
        return ""
    cut = [_FAULTS[wrong].sub(" ", quote) for quote in said]
    thing = _common_thing(cut, [fold(quote) for quote in quotes]) or called
    named = tuple(stem(word) for word in _WORD.findall(fold(thing)))
    if any(word.startswith(named) for word in wrong.split()):
        return wrong.capitalize()
    return f"{thing}: {wrong}" if thing else ""


def _other(word: str, own: Collection[str]) -> str:
    """Return a word unless it is one of the touchpoint's name."""
    return "" if stem(word) in own else word


def common_fault(quotes: Sequence[str]) -> str:
    """Return the kind of fault that most quotes tell by their words, the narrowest of several, ''
    for none."""
    said = _plain(quotes)
    counts = {name: sum(bool(cue.search(q)) for q in said) for name, cue in _FAULTS.items()}
    wrong, n = max(counts.items(), key=lambda item: item[1])
    return wrong if n >= max(_FEWEST, _MOST * len(quotes)) else ""


def _common_thing(quotes: Sequence[str], whole: Sequence[str]) -> str:
    """Return the thing that most quotes speak of, '' for none; they are `whole` as they were before
    words were taken out, which brings words together that never stood so."""
    uses = Counter(stem(word) for quote in quotes for word in set(things(quote)))
    least = max(_FEWEST, _MOST * len(quotes))
    often = [word for word, n in uses.items() if n >= least and _is_thing(word, whole)]
    if not often:
        return ""
    best = min(often, key=lambda word: (-uses[word], word))
    written = Counter(w for quote in quotes for w in words(quote) if stem(w) == best)
    return min(written, key=lambda word: (-written[word], word)).capitalize()


def _is_thing(thing: str, quotes: Sequence[str]) -> bool:
    """Tell whether a stem stands where nouns stand."""
    before = [
        pair[0] for own in map(words, quotes) for pair in pairwise(own) if stem(pair[1]) == thing
    ]
    return sum(word in BEFORE_NOUNS for word in before) > _AS_NOUN * len(before)
