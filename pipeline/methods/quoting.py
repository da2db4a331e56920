"""Words in quotation marks: did a customer say them?"""

import re
from collections.abc import Iterable

_DOUBLE = re.compile(
    "\u201c([^\u201c\u201d]*)\u201d|\u201e([^\u201c\u201d\u201e]*)[\u201c\u201d]"
    '|\u00ab([^\u00bb]*)\u00bb|"([^"]*)"'
)
_SINGLE = re.compile(
    r"(?<!\w)\u2018([^\u2018\u2019]*(?:\w\u2019\w[^\u2018\u2019]*)*)\u2019(?!\w)"
    r"|(?<!\w)'([^']*(?:\w'\w[^']*)*)'(?!\w)"
)


def invented(text: str, quotes: Iterable[str]) -> str:
    """Return the first words in quotation marks that none of the quotes holds, or ''."""
    said = [one_line(quote) for quote in quotes]
    rest = text
    for pattern in (_DOUBLE, _SINGLE):
        for match in pattern.finditer(rest):
            words = one_line(next(part for part in match.groups() if part is not None))
            bare = words.strip(" \u2026").removesuffix("...").strip(" .,;:")
            if not any(bare in quote for quote in said):
                return words
        rest = pattern.sub(" ", rest)
    return ""


def unquoted(text: str) -> str:
    """Return a text without what stands in quotation marks, and without the marks."""
    return one_line(_SINGLE.sub(" ", _DOUBLE.sub(" ", text)))


def one_line(text: str) -> str:
    """Return a text with single spaces."""
    return " ".join(text.split())
