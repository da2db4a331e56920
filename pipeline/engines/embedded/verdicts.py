"""Turns of phrase (verdicts.toml) that settle the mood of a clause or keep it from being praise."""

import re

import numpy as np

from pipeline.engines.embedded.cues import fold, load_cues
from pipeline.engines.embedded.lexicon import IN_PASSING, praise_words, words
from pipeline.engines.embedding import Matrix

_PHRASES = load_cues("verdicts.toml")
_SETTLED = 0.6
"""Mood, at least, of a clause whose turn of phrase leaves no doubt ("talked to me like I was
five"): the head finds no word of opinion there, and guesses."""
_NO_PRAISE = 0.2
"""Mood, at most, of what customers did themselves and of doubtful words: below what counts as
praise."""
_SHOUTED = re.compile(r"\b[A-Z]{4,}\b")


def settle(texts: list[str], polarity: Matrix) -> Matrix:
    """Return moods (-1 to 1) of which those that a turn of phrase settles are on its side."""
    settled = [_settled(text, float(p)) for text, p in zip(texts, polarity, strict=True)]
    return np.array(settled, dtype=np.float32)


def praises_in_words(text: str) -> bool:
    """Tell whether a text has a word that praises something ("lovely"), not only polite ones."""
    return any(word in praise_words() and word not in IN_PASSING for word in words(text))


def is_doubtful(text: str) -> bool:
    """Tell whether a text may mean its praise the other way round, or tells of customers' work."""
    folded = fold(text)
    return any(_PHRASES[name].search(folded) for name in ("bad", "doubtful", "effort"))


def _settled(text: str, polarity: float) -> float:
    """Return the mood of one text; where both sides are told, the head's."""
    folded = fold(text)
    is_bad, is_good = (bool(_PHRASES[side].search(folded)) for side in ("bad", "good"))
    if is_bad != is_good:
        return min(polarity, -_SETTLED) if is_bad else max(polarity, _SETTLED)
    if is_bad or polarity <= _NO_PRAISE or praises_in_words(text):
        return polarity
    if _PHRASES["doubtful"].search(folded):
        # "TWENTY years and I have NEVER seen totals like yours": who shouts is not lost in wonder.
        return -_SETTLED if _SHOUTED.search(text) else _NO_PRAISE
    return _NO_PRAISE if _PHRASES["effort"].search(folded) else polarity
