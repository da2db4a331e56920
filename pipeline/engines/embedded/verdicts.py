"""Turns of phrase (verdicts.toml) that settle the mood of a clause or keep it from being praise."""

import re
from typing import NamedTuple

import numpy as np

from pipeline.engines.embedded.cues import fold, load_cues
from pipeline.engines.embedded.kept import keeps_last
from pipeline.engines.embedded.lexicon import IN_PASSING, praise_words, words
from pipeline.engines.embedding import Matrix

_PHRASES = load_cues("verdicts.toml")
_NEGATION = load_cues("moods.toml")["negation"]
_SETTLED = 0.6
"""Mood, at least, of a clause whose turn of phrase leaves no doubt ("talked to me like I was
five"): the head finds no word of opinion there, and guesses."""
_NO_PRAISE = 0.2
"""Mood, at most, of what customers did themselves and of doubtful words: below what counts as
praise."""
_SHOUTED = re.compile(r"\b[A-Z]{4,}\b")


class Verdict(NamedTuple):
    """What the turns of phrase of a text leave of a mood (-1 to 1)."""

    least: float = -1.0
    most: float = 1.0
    for_praise: float | None = None
    """the mood in place of praise that the words do not bear out"""


def settle(texts: list[str], polarity: Matrix) -> Matrix:
    """Return moods (-1 to 1) of which those that a turn of phrase settles are on its side."""
    told = zip(verdicts(texts), polarity, strict=True)
    return np.array([_settled(one, float(p)) for one, p in told], dtype=np.float32)


@keeps_last
def verdicts(texts: list[str]) -> list[Verdict]:
    """Return what the words of each text say of its mood."""
    return [_verdict(text) for text in texts]


def praises_in_words(text: str) -> bool:
    """Tell whether a text has a word that praises something ("lovely"), not only polite ones."""
    return any(word in praise_words() and word not in IN_PASSING for word in words(text))


def denies(text: str) -> bool:
    """Tell whether a text says what is not, did not or nobody did."""
    return bool(_NEGATION.search(fold(text)))


def is_doubtful(text: str) -> bool:
    """Tell whether a text may mean its praise the other way round, or tells of customers' work."""
    folded = fold(text)
    return any(_PHRASES[name].search(folded) for name in ("bad", "doubtful", "effort"))


def _settled(verdict: Verdict, polarity: float) -> float:
    """Return the mood of one text."""
    if verdict.for_praise is not None and polarity > _NO_PRAISE:
        return verdict.for_praise
    return min(max(polarity, verdict.least), verdict.most)


def _verdict(text: str) -> Verdict:
    """Return what the words of one text say of its mood; where both sides are told, nothing."""
    folded = fold(text)
    is_bad, is_good, is_doubtful, is_effort = (
        bool(_PHRASES[name].search(folded)) for name in ("bad", "good", "doubtful", "effort")
    )
    if is_bad != is_good:
        return Verdict(most=-_SETTLED) if is_bad else Verdict(least=_SETTLED)
    if is_bad or not (is_doubtful or is_effort) or praises_in_words(text):
        return Verdict()
    # "TWENTY years and I have NEVER seen totals like yours": who shouts is not lost in wonder.
    is_scorn = is_doubtful and _SHOUTED.search(text)
    return Verdict(for_praise=-_SETTLED if is_scorn else _NO_PRAISE)
