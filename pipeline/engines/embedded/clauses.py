"""Sentences into clauses: the smallest spans that can carry one touchpoint and one mood.

"The training was lovely but the start date still moved" is two mentions, not one. Where the split
word states a cause, the clauses are linked: which one led to which.
"""

import re
from typing import NamedTuple

from pipeline.engines.embedded.lexicon import content_words, opinion_words, words

_FEWEST_WORDS = 3
_WORD = re.compile(r"\w+")

_CONTRAST = (
    r"(?:,|;|\s[-–—])?\s+(?=(?:but|however|although|though|whereas|yet|except that|"
    r"on the other hand|apart from|despite|even though)\b)"
)
_COORDINATION = (
    r"\s*;\s+|\s+[–—]\s+|\s-\s|,\s+(?=(?:and|plus|then|while)\s)|"
    r"\s+(?=and\s+(?:the|our|your|my|it|they|we|I|he|she|there)\s)"
)
_FORWARD = (
    r"which (?:then )?(?:meant|led to|made|caused|forced)|which is why|which was why|that is why|"
    r"that's why|that is the reason|this is why|so that is why|as a result|as a consequence|"
    r"led to|leads to|meant that|meaning that|resulted in|and so|therefore|hence|"
    r"so much so that|so we|so I|so they|so our|so my|so the|so it|so nobody|so everything"
)
_BACKWARD = (
    r"because of|because|due to|owing to|on account of|as a result of|as a consequence of|"
    r"caused by|brought on by|down to the|down to your|thanks to the|thanks to your|"
    r"since the|since your|since our"
)
_SPLIT = re.compile(
    rf"(?P<backward>,?\s+(?=(?:{_BACKWARD})\b))|(?P<forward>[,;]?\s+(?=(?:{_FORWARD})\b))|"
    rf"(?P<contrast>{_CONTRAST})|(?P<coordination>{_COORDINATION})",
    re.IGNORECASE,
)
_LIST = re.compile(r"\s*,\s+(?:and\s+)?|\s+and\s+|\.\s+")
_LEADING_FORWARD = re.compile(
    r"\s*(?:(?:and|so)\s+)?(?:that is why|that's why|which is why|this is why|as a result\b(?! of)|"
    r"as a consequence\b(?! of)|because of that|because of this|that led to|this led to|"
    r"that meant|which meant|for that reason|hence|therefore)\b",
    re.IGNORECASE,
)
_LEADING_BACKWARD = re.compile(
    r"\s*(?:and\s+|but\s+)?(?:because of|because|due to|owing to|on account of|as a result of|"
    r"since the|since your|since our)\b(?! (?:that|this)\b)",
    re.IGNORECASE,
)


class Clause(NamedTuple):
    """A span of a sentence's text; `link` tells how it hangs on the clause before it."""

    start: int
    end: int
    link: str
    """'' none, 'effect' of the clause before, or 'cause' of the clause before"""


def clauses(sentence: str) -> list[Clause]:
    """Split a sentence; parts of fewer than three words stay with their neighbour."""
    if _LEADING_BACKWARD.match(sentence):
        return _cause_first(sentence)
    pieces = _merge_short(sentence, _cut(sentence))
    return [part for piece in pieces for part in _split_list(sentence, piece)]


def continues_cause(sentence: str) -> bool:
    """Tell whether a sentence says that the one before led to it ("That is why we left.")."""
    return bool(_LEADING_FORWARD.match(sentence))


def _cut(sentence: str) -> list[Clause]:
    """Return the pieces between split points."""
    pieces: list[Clause] = []
    start, link = 0, ""
    for match in _SPLIT.finditer(sentence):
        if match.start() <= start:
            continue
        pieces.append(Clause(start, match.start(), link))
        start = match.end()
        link = {"forward": "effect", "backward": "cause"}.get(match.lastgroup or "", "")
    pieces.append(Clause(start, len(sentence), link))
    return pieces


def _merge_short(sentence: str, pieces: list[Clause]) -> list[Clause]:
    """Join pieces that are too short to stand alone to the piece before (or after) them."""
    merged: list[Clause] = []
    for piece in pieces:
        short = len(_WORD.findall(sentence[piece.start : piece.end])) < _FEWEST_WORDS
        if merged and (short or _is_short(sentence, merged[-1])):
            last = merged.pop()
            piece = Clause(last.start, piece.end, last.link)  # noqa: PLW2901
        merged.append(piece)
    return merged


def _is_short(sentence: str, piece: Clause) -> bool:
    """Tell whether a piece has too few words to stand alone."""
    return len(_WORD.findall(sentence[piece.start : piece.end])) < _FEWEST_WORDS


def _cause_first(sentence: str) -> list[Clause]:
    """Split "because A, B" at the first comma that leaves words enough on both sides."""
    for match in re.finditer(r",\s+", sentence):
        head, tail = sentence[: match.start()], sentence[match.end() :]
        if min(len(words(head)), len(words(tail))) >= _FEWEST_WORDS:
            return [Clause(0, match.start(), ""), Clause(match.end(), len(sentence), "effect")]
    return [Clause(0, len(sentence), "")]


def _split_list(sentence: str, piece: Clause) -> list[Clause]:
    """Split "food good, staff friendly and wifi slow": each part has a thing and an opinion."""
    parts: list[Clause] = []
    start = piece.start
    for match in _LIST.finditer(sentence, piece.start, piece.end):
        left, right = sentence[start : match.start()], sentence[match.end() : piece.end]
        if match.start() > start and _is_judgement(left) and _is_judgement(right):
            parts.append(Clause(start, match.start(), "" if parts else piece.link))
            start = match.end()
    parts.append(Clause(start, piece.end, "" if parts else piece.link))
    return parts


def _is_judgement(text: str) -> bool:
    """Tell whether a text names a thing and an opinion on it."""
    return bool(opinion_words().intersection(words(text))) and bool(content_words(text))
