"""Customers' words inside our sentences: cut to size, and in quotation marks only if verbatim."""

import re
from collections.abc import Iterable
from dataclasses import replace

from pipeline.briefs import Brief, Neighbour, Pain

_MARKS = re.compile(
    '["\u201c\u201d\u201e\u201f\u00ab\u00bb\u2039\u203a\u300c\u300d\uff02`\u2018\u201a\u201b]'
)
_OPENER = re.compile(r"(?<!\w)['\u2019]")
_FRAMES = (
    "Aimed at: {pain} ({count}).",
    "{count} {report} this: {pain}.",
    "The problem it goes after: {pain} ({count}).",
    "Prompted by {count}: {pain}.",
    "Meant for {count} with this problem: {pain}.",
)
_FRAMES_OF_SEVERAL = (
    "Aimed at {pain} ({count}).",
    "{count} {report} {pain}.",
    "It goes after {pain} ({count}).",
    "Prompted by {count} with {pain}.",
    "Meant for {count}, who {report} {pain}.",
)
"""The same for complaints that have no name of their own."""
_EDGE = " .,;:\u2026-\u2013\u2014"


def plain(text: str, width: int = 90) -> str:
    """Return `text` on one line without quotation marks, cut at a word."""
    line = _OPENER.sub("", _MARKS.sub("", one_line(text)))
    return _cut(one_line(line), width).strip(_EDGE)


def cite(text: str, width: int = 140) -> str:
    """Return the quote (or its longest part free of quotation marks) in quotation marks, or ''.

    What stands between the marks is verbatim; an ellipsis shows where it was cut.
    """
    line = one_line(text)
    part = max(_MARKS.split(line), key=len).strip(_EDGE)
    short = _cut(part, width).strip(_EDGE)
    if len(short) < 8 or not any(c.isalpha() for c in short):
        return ""
    return f"\u201c{short}\u201d" if short == part else f"\u201c{short} \u2026\u201d"


def one_line(text: str) -> str:
    """Return `text` with single spaces."""
    return " ".join(text.split())


def label(name: str, quotes: Iterable[str]) -> str:
    """Return a pain's name, in quotation marks if a customer said exactly that."""
    said = bool(name) and any(name in one_line(quote) for quote in quotes)
    return cite(name) or name if said else name


def aim(place: int, pain: Pain, name: str, count: str) -> str:
    """Return the sentence on the pain and how many report it; five places have one each."""
    is_one = pain.pain_point_id or len(pain.quotes) == 1
    frames = _FRAMES if is_one else _FRAMES_OF_SEVERAL
    report = "reports" if pain.n_customers == 1 else "report"
    return frames[place].format(pain=name, count=count, report=report)


def capital(text: str) -> str:
    """Return `text` with a capital first letter."""
    return text[:1].upper() + text[1:]


def whole_conditions(text: str, width: int) -> str:
    """Return the first of some conditions with `;` between them that fit, none of them cut."""
    kept: list[str] = []
    for condition in map(one_line, text.split(";")):
        if len("; ".join([*kept, condition])) > width:
            break
        kept.append(plain(condition, width))
    return "; ".join(filter(None, kept))


def tidy(brief: Brief) -> Brief:
    """Return the brief with every name fit to stand in a sentence."""
    return replace(
        brief,
        name=plain(brief.name, 60) or "this touchpoint",
        owner=plain(brief.owner, 60),
        worst_segment=plain(brief.worst_segment, 40),
        pains=tuple(_tidy_pain(pain) for pain in brief.pains),
        outgoing=tuple(_tidy_neighbour(neighbour) for neighbour in brief.outgoing),
        incoming=tuple(_tidy_neighbour(neighbour) for neighbour in brief.incoming),
    )


def _tidy_pain(pain: Pain) -> Pain:
    customers = len({quote.customer_id for quote in pain.quotes})
    # A name in our words with an example keeps the marks of the example.
    name = plain(pain.name) if pain.pain_point_id else one_line(pain.name)
    return replace(pain, name=name, n_customers=max(pain.n_customers, customers))


def _tidy_neighbour(neighbour: Neighbour) -> Neighbour:
    name = plain(neighbour.name, 60) or "a touchpoint without a name"
    # A statement without a mention cannot be looked up, so it is not shown.
    quote = neighbour.quote if neighbour.mention_id else ""
    return replace(neighbour, name=name, owner=plain(neighbour.owner, 60), quote=quote)


def _cut(text: str, width: int) -> str:
    if len(text) <= width:
        return text
    space = text.rfind(" ", width // 2, width)
    return text[: space if space > 0 else width]
