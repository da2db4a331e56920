"""Why a quote does not stand in its document: what was changed, left out, or put together."""

import re
from collections.abc import Sequence
from functools import cache, lru_cache

from pipeline.methods.folding import UNSPACED
from pipeline.methods.reversals import HEDGE, pattern_of, words_of

_TOKEN = re.compile(
    rf"[{UNSPACED}]|\d+(?:[.,:]\d+)*|(?:(?![{UNSPACED}\d])\w)+(?:'(?:(?![{UNSPACED}])\w)+)*"
)
_ELLIPSIS = re.compile(r"\s*[\[(]?\.{2,}[\])]?\s*")
_FEWEST_TOKENS = 2
"""Words that must be left when numbers or denials are taken away, or anything is alike."""
_FEWEST_PIECES, _MOST_PIECES = 2, 4
_FEWEST_IN_PIECE = 2
"""Words of each piece of a quote that was put together without saying so."""
_LONGEST = 2_000
"""Characters of a quote in which faults are told apart; a longer one just is not in the source."""
_REMEMBERED = 64
_AUXILIARY = re.compile(r" (?:do|does|did|a|an|any|some)(?= )")
_ENDING = re.compile(r"(?<=\w\w)(?:ed|es|s|d)(?= )")
_BEING = re.compile(r" (?:is|are|was|were|be|been)(?= )")

Said = Sequence[tuple[str, bool]]
"""Folded turns, and whether a customer said each."""


def words(folded: str) -> list[str]:
    """Return the words of a folded text; a character each where words have no spaces."""
    return _TOKEN.findall(folded)


def why_missed(wanted: str, said: Said, language: str) -> str:
    """Return what was done to a folded quote that stands whole in no turn; '' for nothing known."""
    if len(wanted) > _LONGEST:
        return ""
    if _is_joined(wanted, said):
        return "stitched_turns"
    customers = tuple(text for text, is_customer in said if is_customer)
    return _changed(wanted, customers, language) or _stitched(wanted, said)


def _is_joined(wanted: str, said: Said) -> bool:
    """Tell whether the quote runs on over the end of a turn."""
    if any(wanted in text for text, _ in said):
        return False
    everybody = " ".join(text for text, _ in said)
    customers = " ".join(text for text, is_customer in said if is_customer)
    return wanted in everybody or wanted in customers


def _changed(wanted: str, customers: tuple[str, ...], language: str) -> str:
    """Return which words differ when the quote reads like the source but for words of one kind."""
    if _holds(wanted, customers, "", language):
        return ""
    for kind, reason in (
        ("number", "changed_number"), ("negation", "changed_negation"), ("hedge", HEDGE),
    ):  # fmt: skip
        if _holds(wanted, customers, kind, language):
            return reason
    return ""


def _holds(wanted: str, customers: tuple[str, ...], kind: str, language: str) -> bool:
    """Tell whether a turn holds the quote when words of one kind are taken from both."""
    bare = _without(wanted, kind, language)
    if len(bare.split()) < _FEWEST_TOKENS:
        return False
    return any(bare in text for text in _all_without(customers, kind, language))


@lru_cache(maxsize=_REMEMBERED)
def _all_without(customers: tuple[str, ...], kind: str, language: str) -> tuple[str, ...]:
    """Return turns without words of one kind: the answers about a document come together."""
    return tuple(_without(text, kind, language) for text in customers)


def _without(folded: str, kind: str, language: str) -> str:
    """Return the words of a text without those of one kind, a space around each."""
    text = f" {' '.join(words(folded))} "
    if kind == "number":
        text = re.sub(r" \d\S*(?= )", "", text)
    if kind == "negation":
        text = _without_negation(text, language)
    if kind == "hedge":
        text = _BEING.sub(" be", text)
    return _taken_away(kind, language).sub("", text) if kind else text


def _without_negation(text: str, language: str) -> str:
    """Return words as they would be if nothing were denied: "it did not work" as "it work"."""
    for denied, plain in (("can't", "can"), ("won't", "will"), ("cannot", "can")):
        text = text.replace(f" {denied} ", f" {plain} ")
    text = re.sub(r"n't(?= )", "", text).replace(" n'", " ")
    text = text.replace(" kein", " ein") if language == "de" else text
    return _ENDING.sub("", _AUXILIARY.sub("", _taken_away("negation", language).sub("", text)))


@cache
def _taken_away(kind: str, language: str) -> re.Pattern[str]:
    """Return the words of one kind."""
    lists = {"number": ("numbers",), "negation": ("not", "no"), "hedge": ("softer", "modal")}
    found = [word for name in lists[kind] for word in words_of(language, name)]
    return re.compile(rf" {pattern_of(found)}(?= )")


def _stitched(wanted: str, said: Said) -> str:
    """Return how a quote was put together from pieces that all were said."""
    pieces = [piece for piece in _ELLIPSIS.split(wanted) if words(piece)]
    if len(pieces) < _FEWEST_PIECES:
        pieces = _pieces(wanted, "\n".join(text for text, _ in said))
    is_said = all(any(piece in text for text, _ in said) for piece in pieces)
    if len(pieces) < _FEWEST_PIECES or not is_said:
        return ""
    within = any(all(p in text for p in pieces) for text, is_customer in said if is_customer)
    return "stitched" if within else "stitched_turns"


def _pieces(wanted: str, text: str) -> list[str]:
    """Return the fewest pieces of the quote that stand in the text; none when there are many."""
    left = wanted.split(" ")
    pieces: list[str] = []
    while left and len(pieces) < _MOST_PIECES:
        size = _longest(left, text)
        if size < _FEWEST_IN_PIECE:
            return []
        pieces.append(" ".join(left[:size]))
        left = left[size:]
    return [] if left else pieces


def _longest(left: Sequence[str], text: str) -> int:
    """Return how many of the first words stand together in the text."""
    low, high = 0, len(left)
    while low < high:
        middle = (low + high + 1) // 2
        if " ".join(left[:middle]) in text:
            low = middle
        else:
            high = middle - 1
    return low
