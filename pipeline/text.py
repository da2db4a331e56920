"""Text without meaning: hashes, normal forms, sentence and clause spans."""

import hashlib
import re
import unicodedata

from sentencex import get_sentence_boundaries

ID_LENGTH = 16
_PLAIN_QUOTES = {0x2018: "'", 0x2019: "'", 0x201C: '"', 0x201D: '"'}
_SPACE = re.compile(r"\s+")


def stable_id(*parts: object) -> str:
    """Return a short hash that depends on the parts and their order, and on nothing else."""
    joined = "\x1f".join(str(part) for part in parts)
    return hashlib.sha256(joined.encode("utf-8", "surrogatepass")).hexdigest()[:ID_LENGTH]


def whole_characters(text: str) -> str:
    """Return `text` without halves of characters (lone surrogates), which no file or request can
    hold; two halves side by side become the character they are."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "ignore")


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
