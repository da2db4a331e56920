"""Text without meaning: hashes, normal forms, sentence and clause spans."""

import hashlib
import re
import unicodedata

from sentencex import get_sentence_boundaries

ID_LENGTH = 16
_PLAIN_QUOTES = {0x2018: "'", 0x2019: "'", 0x201C: '"', 0x201D: '"'}
_SPACE = re.compile(r"\s+")
_LETTER = re.compile(r".[\u0300-\u036f\u1160-\u11ff\u3099\u309a]*", re.DOTALL)
# Scripts written without spaces have no word ends to respect.
_UNSPACED = "\u0e00-\u0eff\u1780-\u17ff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff"
_W = rf"[^\W_{_UNSPACED}]"
_LEFT, _RIGHT = re.compile(rf"{_W}$"), re.compile(_W)
_JOINED = re.compile(rf"{_W}\n['\u2019-]{_W}|\d\n[.,]\d")
_JOINED_BEFORE = re.compile(rf"{_W}['\u2019-]\n{_W}|\d[.,]\n\d")


def stable_id(*parts: object) -> str:
    """Return a short hash that depends on the parts and their order, and on nothing else."""
    joined = "\x1f".join(str(part) for part in parts)
    return hashlib.sha256(joined.encode("utf-8", "surrogatepass")).hexdigest()[:ID_LENGTH]


def normalise(text: str) -> str:
    """Return `text` folded for comparison: NFKC, lower case, plain quotes, single spaces."""
    return _SPACE.sub(" ", _plain(text)).strip()


def _plain(text: str) -> str:
    """Return `text` in NFKC, lower case and with plain quotes."""
    return unicodedata.normalize("NFKC", text).casefold().translate(_PLAIN_QUOTES)


def sentence_spans(text: str, language: str = "en", longest: int = 600) -> list[tuple[int, int]]:
    """Return (start, end) of each sentence of `text`, without the white space around it.

    A sentence longer than `longest` characters is cut at a space.
    """
    spans: list[tuple[int, int]] = []
    for found in get_sentence_boundaries(language or "en", text):
        start, end = _trim(text, found["start_index"], found["end_index"])
        while end - start > longest:
            cut = text.rfind(" ", start + 1, start + longest)
            cut = cut if cut > start else start + longest
            spans.append(_trim(text, start, cut))
            start, end = _trim(text, cut, end)
        if start < end:
            spans.append((start, end))
    return spans


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the span without leading and trailing white space."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def find_quote(quote: str, text: str) -> tuple[int, int] | None:
    """Return where the whole `quote` stands in `text`, whatever its case, quote marks and spacing.

    None when it does not stand there word for word: nothing is guessed.
    """
    wanted = normalise(quote)
    if not wanted:
        return None
    folded, starts, ends = _fold(text)
    at = folded.find(wanted)
    while at >= 0:
        span = starts[at], ends[at + len(wanted) - 1]
        if is_whole(text, *span):
            return span
        at = folded.find(wanted, at + 1)
    return None


def is_whole(text: str, start: int, end: int) -> bool:
    """Tell whether the span lies in `text` and cuts no word or number in two."""
    inside = 0 <= start < end <= len(text)
    return inside and not (_is_cut(text, start) or _is_cut(text, end))


def _is_cut(text: str, at: int) -> bool:
    """Tell whether a word or number goes on across `at`: can|not, can|'t, non-|paid, 3|.5."""
    around = text[max(at - 2, 0) : at], text[at : at + 2]
    return bool(_LEFT.search(around[0]) and _RIGHT.match(around[1])) or bool(
        _JOINED.fullmatch("\n".join((around[0][-1:], around[1])))
        or _JOINED_BEFORE.fullmatch("\n".join((around[0], around[1][:1])))
    )


def _fold(text: str) -> tuple[str, list[int], list[int]]:
    """Return `text` as `normalise` does, and where each character starts and ends in `text`.

    A letter and its combining marks are folded together, or composed and decomposed would differ.
    """
    folded: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for match in _LETTER.finditer(text):
        for character in _SPACE.sub(" ", _plain(match.group())):
            if character == " " and (not folded or folded[-1] == " "):
                continue
            folded.append(character)
            starts.append(match.start())
            ends.append(match.end())
    return "".join(folded), starts, ends
