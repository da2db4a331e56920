"""What a reviewer wants to see: filters read from an address, and addresses made from them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from urllib.parse import urlencode

from pipeline.publish import words
from pipeline.publish.lookup import Lookup
from pipeline.tables import Document, Mention

LONGEST = 200
"""Characters of a filter that are read; nothing sensible is longer."""
MOODS = (
    ("negative", "negative"),
    ("neutral", "neutral"),
    ("positive", "positive"),
    ("too_few", "too few to tell"),
)
NO_STAGE = "-"
"""Stands for touchpoints without a stage: '' means any."""
_LONGEST_NUMBER = 9
"""Digits from which on a number is no page."""
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Filters:
    """What is shown; '' means anything."""

    stage: str = ""
    segment: str = ""
    source: str = ""
    """A kind of document."""
    customer: str = ""
    mood: str = ""
    state: str = ""
    words: str = ""
    since: str = ""
    until: str = ""
    """Days, both included, as 2026-07-01."""
    kind: str = ""
    """A kind of mention."""
    pain: str = ""
    sort: str = ""
    links: str = ""
    """'all': weak links are drawn too."""
    page: str = ""

    @property
    def is_about_quotes(self) -> bool:
        """Whether only a part of the quotes counts."""
        return bool(self.segment or self.source or self.customer or self.since or self.until)

    def number(self, n_pages: int) -> tuple[int, int]:
        """Return the page asked for and how many there are, both at least 1."""
        return page_of(self.page, n_pages), max(1, n_pages)

    @property
    def is_any(self) -> bool:
        """Whether anything is left out at all."""
        return replace(self, sort="", links="", page="") != Filters()


def page_of(text: str, n_pages: int) -> int:
    """Return the number of the page that an address asks for, from 1 to the last."""
    asked = int(text) if text.isascii() and text.isdigit() and len(text) < _LONGEST_NUMBER else 1
    return min(max(1, asked), max(1, n_pages))


def read_filters(query: Mapping[str, str]) -> Filters:
    """Return the filters that an address names."""
    names = [field.name for field in fields(Filters)]
    asked = {name: words.clean(query.get(name, "")).strip()[:LONGEST] for name in names}
    days = {name: asked[name] for name in ("since", "until") if _DAY.fullmatch(asked[name])}
    return Filters(**(asked | {"since": "", "until": ""} | days))


def address(path: str, filters: Filters, **more: str) -> str:
    """Return a path with the filters that are set, and with `more`: replacing them, '' removing."""
    asked = {field.name: getattr(filters, field.name) for field in fields(Filters)} | more
    query = urlencode({name: value for name, value in asked.items() if value})
    return f"{path}?{query}" if query else path


def mood_of(value: float) -> str:
    """Return in which of MOODS an emotion or polarity falls."""
    tone = words.tone(value)
    return {"n": "negative", "z": "neutral", "p": "positive"}.get(
        tone[0] if tone != "none" else "", "too_few"
    )


def fits_document(filters: Filters, document: Document | None) -> bool:
    """Tell whether what a document says counts."""
    if document is None:
        return not filters.is_about_quotes
    day = document.occurred_at[:10]
    return (
        filters.segment in ("", document.segment)
        and filters.source in ("", document.kind)
        and filters.customer in ("", document.customer_id)
        and (not filters.since or (bool(day) and day >= filters.since))
        and (not filters.until or (bool(day) and day <= filters.until))
    )


def fits_words(wanted: str, *texts: str) -> bool:
    """Tell whether every word of `wanted` stands somewhere in the texts."""
    text = " ".join(texts).casefold()
    return all(word in text for word in wanted.casefold().split())


def kept(lookup: Lookup, filters: Filters, mentions: list[Mention]) -> list[Mention]:
    """Return the mentions from documents that count."""
    if not filters.is_about_quotes:
        return mentions
    return [m for m in mentions if fits_document(filters, lookup.documents.get(m.document_id))]


def segments(lookup: Lookup) -> list[tuple[str, str]]:
    """Return the customers' segments as choices."""
    found = sorted({d.segment for d in lookup.documents.values()} - {""})
    return [("", "any segment"), *((s, s) for s in found)]


def sources(lookup: Lookup) -> list[tuple[str, str]]:
    """Return the kinds of documents as choices."""
    found = {d.kind for d in lookup.documents.values()}
    named = [(kind, told) for kind, told in words.SOURCE_WORDS.items() if kind in found]
    return [
        ("", "any source"),
        *named,
        *((k, k) for k in sorted(found - words.SOURCE_WORDS.keys())),
    ]


def stages(lookup: Lookup) -> list[tuple[str, str]]:
    """Return the journey's stages as choices."""
    named = [(name, name) for name in lookup.stage_names]
    bare = any(not p.stage for p in lookup.touchpoints.values())
    return [("", "any stage"), *named, *([(NO_STAGE, "no stage")] if bare else [])]


def stage_values(lookup: Lookup) -> list[tuple[str, str]]:
    """Return the stages that a touchpoint can be moved to, as choices."""
    return [*((name, name) for name in lookup.stage_names), ("", "no stage")]


def targets(lookup: Lookup, without: str) -> list[tuple[str, str]]:
    """Return the touchpoints that something can be moved to, by name, as choices."""
    named = sorted((p.name.casefold(), p.name, key) for key, p in lookup.touchpoints.items())
    return [("", "choose a touchpoint"), *((k, name) for _, name, k in named if k != without)]


def owners(lookup: Lookup) -> list[str]:
    """Return everybody who answers for something, as suggestions for a form."""
    points, phases = lookup.touchpoints.values(), lookup.stages
    named = {p.owner for p in points} | {p.backup for p in points}
    return sorted((named | {s.owner for s in phases} | {s.backup for s in phases}) - {""})
