"""Moods told by emoji (emoji.toml): the heads, which learnt from plain text, hardly know them."""

import re
import tomllib
from importlib.resources import files

from pipeline.engines.embedded.lexicon import praise_words, words
from pipeline.engines.embedding import Matrix

_LEAN = 0.6
"""Mood of a text that words leave open and an emoji decides: plain, not extreme."""
_WORDS_SAY = 0.35
"""From this mood on, words that say the opposite of the emoji are believed ("so good I cried"): bad
ones always, for trouble is told in plain words; good ones when there is a word of praise."""
_LISTS: dict[str, str] = tomllib.loads(
    files("pipeline.engines.embedded").joinpath("emoji.toml").read_text(encoding="utf-8")
)
_SIGNS = {emoji: sign for name, sign in (("good", 1), ("bad", -1)) for emoji in _LISTS[name]}
_ONE = f"[{''.join(_SIGNS)}]"
_AT_EDGE = re.compile(rf"^[\W_]*?({_ONE})|({_ONE})[\W_]*$")


def lean(texts: list[str], polarity: Matrix) -> Matrix:
    """Return the moods, leaning to that of an emoji at the start or end of a text.

    Words that plainly say the opposite keep their mood; a text without words has the emoji's.
    """
    leant: Matrix = polarity.copy()
    for row, text in enumerate(texts):
        sign = 0 if text.isascii() else emoji_sign(text)
        mood = sign * float(polarity[row])
        if sign and (mood > -_WORDS_SAY or not _is_told(text, sign)):
            leant[row] = sign * max(mood, _LEAN)
    return leant


def _is_told(text: str, sign: int) -> bool:
    """Tell whether words alone can say the opposite of an emoji."""
    said = words(text)
    return bool(said) and (sign > 0 or not praise_words().isdisjoint(said))


def emoji_sign(text: str) -> int:
    """Return 1 or -1 for a good or bad emoji at the start or end, 0 for none or for both kinds."""
    if not _AT_EDGE.search(text):
        return 0
    signs = {_SIGNS[character] for character in text if character in _SIGNS}
    return signs.pop() if len(signs) == 1 else 0
