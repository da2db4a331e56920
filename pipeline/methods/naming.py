"""Texts that use the words of a name: thousands of texts, looked through name by name."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate

_ALIKE = str.maketrans({"ı": "i", "İ": "i", "ſ": "s", "\u212a": "k"})
"""Letters beyond ASCII that count as these where capitals do not matter; the last is Kelvin's."""


class Texts:
    """Texts to be searched for the words of names.

    Built to be asked for many names: a search for plain words in one long text is many times as
    fast as a pattern that ignores capitals in each of thousands. The answers are the same.
    """

    def __init__(self, texts: list[str]) -> None:
        self._texts = texts
        folded = [_fold(text) for text in texts]
        self._joined = "\n".join(folded)
        self._starts = list(accumulate((len(text) + 1 for text in folded), initial=0))
        self._known: dict[str, frozenset[int]] = {}

    def naming(self, name: str) -> frozenset[int]:
        """Return which texts have a word that begins as one of the name's, but for a final s."""
        if name not in self._known:
            self._known[name] = frozenset(self._naming(name))
        return self._known[name]

    def _naming(self, name: str) -> set[int]:
        words = {word.rstrip("s") for word in name.lower().split() if word != "and"}
        if all(word and word.isascii() for word in words) and words:
            return {row for word in words for row in self._rows(word)}
        pattern = re.compile(rf"\b(?:{'|'.join(map(re.escape, sorted(words)))})", re.IGNORECASE)
        return {row for row, text in enumerate(self._texts) if pattern.search(text)}

    def _rows(self, word: str) -> Iterator[int]:
        """Yield the texts where a word begins so, each once."""
        at = self._joined.find(word)
        while at >= 0:
            row = bisect_right(self._starts, at) - 1
            is_inside = at > 0 and _is_of_word(self._joined[at - 1])
            begins = is_inside != _is_of_word(word[0])
            if begins:
                yield row
            at = self._joined.find(word, self._starts[row + 1] if begins else at + 1)


def _fold(text: str) -> str:
    """Return a text without capitals, of as many characters."""
    return text.lower() if text.isascii() else text.translate(_ALIKE).lower()


def _is_of_word(character: str) -> bool:
    """Tell whether regular expressions count a character as part of a word."""
    return character.isalnum() or character == "_"
