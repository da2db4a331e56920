"""The word lists of the languages that are read partly (languages.toml), ready to look up."""

import re
import tomllib
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from itertools import product
from typing import NamedTuple

VALUES = {
    "great": 1.0, "good": 0.6, "merits": 0.4, "works": 0.4,
    "bad": -0.6, "awful": -1.0, "fails": -0.7, "hurts": -0.5, "leaves": -0.6,
}  # fmt: skip
"""How good or bad the words of a class are."""
SHIFTERS = ("not", "more", "less", "wish", "but")
_GREETS = "greets"
"""Its phrases come first, so that "guten Tag" is a greeting before "guten" is praise."""
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
_CHOICE = re.compile(r"\[(\w+)\]")
_SHORTEST_BEGINNING = 3


class WordLists(NamedTuple):
    """The word lists of one language, folded."""

    whole: dict[str, str]
    """class of each word"""
    begun: dict[str, str]
    """class of all words that begin so"""
    phrases: re.Pattern[str]
    """words in a row, one named group a class"""
    stop: frozenset[str]
    before_nouns: frozenset[str]
    joined_by: str
    """its word for "and\""""

    def kind(self, word: str) -> str:
        """Return the class of a folded word, by the whole word or its longest listed beginning."""
        if word in self.whole:
            return self.whole[word]
        for size in range(len(word), _SHORTEST_BEGINNING - 1, -1):
            if word[:size] in self.begun:
                return self.begun[word[:size]]
        return ""


def fold(text: str, language: str) -> str:
    """Return lower case without accents; German umlauts become two letters, as typed without."""
    lower = unicodedata.normalize("NFC", text.casefold())
    if language == "de":
        lower = lower.translate(_UMLAUTS)
    parts = unicodedata.normalize("NFKD", lower)
    return "".join(c for c in parts if not unicodedata.combining(c))


@cache
def word_lists(language: str) -> WordLists:
    """Return the word lists of a language."""
    path = files("pipeline.engines.embedded").joinpath("languages.toml")
    entry: dict[str, str] = tomllib.loads(path.read_text(encoding="utf-8"))[language]
    whole: dict[str, str] = {}
    begun: dict[str, str] = {}
    phrases: dict[str, list[str]] = {}
    for kind in (_GREETS, *VALUES, *SHIFTERS):
        for word in _expanded(fold(entry[kind], language).split()):
            if "_" in word:
                phrases.setdefault(kind, []).append(_pattern(word))
            elif word.endswith("*"):
                begun[word[:-1]] = kind
            else:
                whole[word] = kind
    longest_first = {kind: sorted(own, key=len, reverse=True) for kind, own in phrases.items()}
    groups = (f"(?P<{kind}>{'|'.join(own)})" for kind, own in longest_first.items())
    return WordLists(
        whole,
        begun,
        re.compile(rf"\b(?:{'|'.join(groups)})\b"),
        frozenset(fold(entry["stop"], language).split()),
        frozenset(fold(entry["before_nouns"], language).split()),
        entry["and"],
    )


def _expanded(words: Sequence[str]) -> Iterator[str]:
    """Yield words with each choice of letters written out: bo[na]s is bons and boas."""
    for word in words:
        # Every second piece is what stood in brackets.
        pieces = _CHOICE.split(word)
        choices = [list(p) if number % 2 else [p] for number, p in enumerate(pieces)]
        yield from ("".join(letters) for letters in product(*choices))


def _pattern(words: str) -> str:
    """Return a pattern of words in a row; `*` at the end of a word stands for any ending."""
    return r"\W+".join(re.escape(word).replace(r"\*", r"\w*") for word in words.split("_"))
