"""Texts folded for comparison, and the way back to the characters they came from.

Folding forgets what says nothing: case, the kind of quote mark or dash, ligatures and widths
(NFKC), composed or decomposed letters, runs of white space, and characters without any width. It
never forgets a word, a number, an accent or an emoji.
"""

import re
import unicodedata
from array import array
from functools import cache, lru_cache
from typing import NamedTuple

UNSPACED = "\u0e00-\u0eff\u1780-\u17ff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
"""Scripts written without spaces (and Korean, whose particles hang on words): no word ends."""
_SINGLE, _DOUBLE = "'`´‘’‚‛′‹›＇", '"“”„‟″«»〝〞＂'
_QUOTES = str.maketrans(dict.fromkeys(_SINGLE + _DOUBLE, "'"))
_DASHES = "\\-‐‑‒–—―−⁻₋︱︲﹘﹣－"
_NO_WIDTH = (
    "\u00ad\u034f\u061c\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f"
    "\ufeff"
)
"""Soft hyphen, joiners, marks of direction, selectors of a look."""
_LOOSE = (
    "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068"
    "\u2069\ufeff"
)
"""Those that are no part of the letter or emoji before them: a span does not end with them."""
_JOINER = "\u200d"
_WITHOUT_WIDTH = re.compile(f"[{_NO_WIDTH}]+")
_JAMO = "\u1160-\u11ff\uff9e\uff9f"
"""Korean vowels and finals, half-width voice marks: they join the letter before them."""
_FURTHEST_MARK = 0x1F000
_BELONGS = re.compile("[\u20d0-\u20ff\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")
"""Goes with the emoji before it: a keycap, a skin tone, the letters of a region's flag."""
_FLAG = "\U0001f1e6-\U0001f1ff"
_FLAGS = re.compile(f"[{_FLAG}]*$")
_NEAR = 40
"""Characters around a border that can tell whether it cuts: more are looked at nowhere."""
_REMEMBERED = 20_000


class Folded(NamedTuple):
    """A folded text; character i of it came from `starts[i]` to `ends[i]` of the source."""

    text: str
    starts: "array[int]"
    ends: "array[int]"


def fold(text: str) -> Folded:
    """Return `text` folded; time and memory grow with its length and with nothing else.

    A letter and its marks are folded together, or composed and decomposed would differ. A space
    beside a dash counts for nothing.
    """
    folded: list[str] = []
    starts, ends = array("i"), array("i")
    for match in _pieces().finditer(text):
        if match.lastgroup == "plain":
            folded.append(match.group().lower().translate(_QUOTES))
            starts.extend(_counted(match.start(), match.end()))
            ends.extend(_counted(match.start() + 1, match.end() + 1))
            continue
        piece = _folded(match.group())
        last = folded[-1] if folded else ""
        if not piece or (piece == " " and last in ("", " ", "-")) or piece == last == "-":
            continue
        if piece == "-" and last == " ":
            for kept in (folded, starts, ends):
                kept.pop()
        folded.append(piece)
        starts.extend([match.start()] * len(piece))
        ends.extend([match.start() + len(match.group().rstrip(_LOOSE))] * len(piece))
    return Folded("".join(folded), starts, ends)


def _counted(start: int, end: int) -> "array[int]":
    """Return the numbers from `start` to before `end`: copied, which is faster than counting."""
    return _numbers(end.bit_length())[start:end]


@cache
def _numbers(n_bits: int) -> "array[int]":
    """Return the numbers that have so many bits or fewer."""
    return array("i", range(1 << n_bits))


@lru_cache(maxsize=_REMEMBERED)
def _folded(piece: str) -> str:
    """Return what a letter with its marks, a run of white space or a run of dashes folds to."""
    if piece.isspace():
        return " "
    if re.fullmatch(f"[{_DASHES}]+", piece):
        return "-"
    visible = _WITHOUT_WIDTH.sub("", piece).translate(_QUOTES)
    # The capital of the Turkish i folds to an i with a second dot.
    lower = unicodedata.normalize("NFKC", visible).casefold().replace("i\u0307", "i")
    if " " in lower:
        # An accent that stands alone would become a space and a mark without a letter.
        return unicodedata.normalize("NFC", visible)
    return unicodedata.normalize("NFKC", lower).translate(_QUOTES)


@cache
def _marks() -> str:
    """Return all combining marks: what belongs to the letter before it."""
    points = map(chr, range(0x300, _FURTHEST_MARK))
    return "".join(c for c in points if unicodedata.category(c)[0] == "M")


@cache
def _pieces() -> re.Pattern[str]:
    """Return what is folded in one go; a plain ASCII character, or a space between two, folds to
    just one."""
    plain = r"(?P<plain>[!-,.-~]+(?: [!-,.-~]+)*(?=[\s!-~]|$))"
    return re.compile(rf"{plain}|\s+|[{_DASHES}]+|.[{_marks()}{_JAMO}{_NO_WIDTH}]*", re.DOTALL)


def is_whole(text: str, start: int, end: int) -> bool:
    """Tell whether the span lies in `text` and cuts no word, number, letter or emoji in two."""
    inside = 0 <= start < end <= len(text)
    return inside and not (_is_cut(text, start) or _is_cut(text, end))


def _is_cut(text: str, at: int) -> bool:
    """Tell whether something goes on across `at`: can|not, can|'t, non-|paid, 3|.5, a flag."""
    if at in (0, len(text)) or text[at] == " ":
        return False
    if text[at - 1] == " " and text[at].isascii():
        return False
    before, after = text[max(at - _NEAR, 0) : at], text[at : at + _NEAR]
    if _is_letter_cut(before, after):
        return True
    left, right = _WITHOUT_WIDTH.sub("", before)[-2:], _WITHOUT_WIDTH.sub("", after)[:2]
    return any(pattern.search(f"{left}\n{right}") for pattern in _cuts())


def _is_letter_cut(before: str, after: str) -> bool:
    """Tell whether a border stands within what is read as one sign."""
    sides = before.rstrip(_JOINER)[-1:].strip(), after.lstrip(_JOINER)[:1].strip()
    if _BELONGS.match(after) or (_JOINER in (before[-1], after[0]) and all(sides)):
        return True
    if unicodedata.category(after[0])[0] == "M" or re.match(f"[{_JAMO}]", after):
        return not before[-1].isspace()
    flags = _FLAGS.search(before)
    return bool(re.match(f"[{_FLAG}]", after) and flags and len(flags.group()) % 2)


@cache
def _cuts() -> tuple[re.Pattern[str], ...]:
    """Return what stands around a line break that has no business there."""
    spaced = re.sub(rf"[{UNSPACED}\u20d0-\u20ff\ufe00-\ufe0f]", "", _marks())
    # A mark of a spaced script is part of a word, though \w does not say so.
    letter = rf"(?:[^\W_{UNSPACED}]|[{spaced}])"
    joins = r"['\u2019\u2010\u2011-]"
    return (
        re.compile(rf"{letter}\n{letter}"),
        re.compile(rf"{letter}\n{joins}{letter}|\d\n[.,]\d"),
        re.compile(rf"{letter}{joins}\n{letter}|\d[.,]\n\d"),
    )
