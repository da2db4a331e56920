"""Records → drafts of documents with their turns and attributes; what cannot be used is told."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.config import Source
from pipeline.errors import shorten
from pipeline.periods import Period
from pipeline.sources.dates import parse_date, parse_number
from pipeline.sources.quotes import split_quotes
from pipeline.sources.records import Record, Utterance, value_of
from pipeline.sources.speakers import AGENT, CUSTOMER, UNKNOWN, name_sides
from pipeline.tables import Attribute, Document, Reject, Turn
from pipeline.text import normalise, stable_id

STAGE = "read"
_EMPTY_ANSWERS = frozenset(
    {"n/a", "na", "n.a.", "#n/a", "none", "nil", "null", "nan", "no comment", "no comments"}
)
_LONGEST_EMPTY = 20
_NO_VOICE = frozenset({"analytics", "event"})
_BOUNDS = {"nps": (0.0, 10.0)}
"""Bounds that the kind of score itself sets; the settings may set others."""


@dataclass(slots=True)
class Draft:
    """What one record became so far; `document` is None when it cannot be used."""

    path: str
    locator: str
    customer: str = ""
    document: Document | None = None
    turns: list[Turn] = field(default_factory=list)
    attributes: list[Attribute] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)

    def reject(self, reason: str, detail: str) -> None:
        """Add a reject about this record."""
        self.rejects.append(reject(self.path, self.locator, reason, detail))


def reject(path: str, locator: str, reason: str, detail: str) -> Reject:
    """Return the reject of a part of a file, '' being the whole file."""
    row_id = f"{path}: {locator}" if locator else path
    return Reject(row_id, STAGE, reason, detail)


def draft_document(
    path: str, record: Record, roles: Mapping[str, str], source: Source, period: Period | None
) -> Draft:
    """Return the draft of one record; a bad date, a date outside or no text leaves no document."""
    draft = Draft(path, record.locator, value_of(record.fields, roles, "customer"))
    occurred_at = _read_when(draft, record, roles, source)
    if occurred_at is None:
        return draft
    if period is not None and not period.holds(occurred_at):
        draft.reject("outside_period", f"{occurred_at} is not in {period.start} to {period.end}")
        return draft
    score = _read_score(draft, value_of(record.fields, roles, "score"), source)
    has_text = any(has_words(u.text) for u in record.utterances)
    if not has_text:
        kept = "its score is kept" if not math.isnan(score) else "nothing to keep"
        said = shorten(" ".join(u.text for u in record.utterances)[:200]) or "empty"
        draft.reject("no_text", f"{said}; {kept}")
        if math.isnan(score):
            return draft
    draft.document = _document(draft, record, roles, source, (occurred_at, score))
    document_id = draft.document.document_id
    draft.turns = _turns(document_id, record, roles, source) if has_text else []
    draft.attributes = _attributes(document_id, record, roles)
    return draft


def _document(
    draft: Draft,
    record: Record,
    roles: Mapping[str, str],
    source: Source,
    read: tuple[str, float],
) -> Document:
    """Return the document; `read` is its time and score, which were checked before."""
    occurred_at, score = read
    document_id = stable_id(draft.path, record.locator)
    return Document(
        document_id=document_id,
        kind=source.kind,
        path=draft.path,
        locator=record.locator,
        customer_id=draft.customer or f"anon-{document_id}",
        is_anonymous=not draft.customer,
        account_id=value_of(record.fields, roles, "account"),
        segment=value_of(record.fields, roles, "segment"),
        channel=value_of(record.fields, roles, "channel") or source.channel,
        occurred_at=occurred_at,
        language="",
        score=score,
        score_kind=source.score_kind if not math.isnan(score) else "",
        outcome=value_of(record.fields, roles, "outcome"),
        value=_read_value(draft, value_of(record.fields, roles, "value")),
        duplicate_of="",
    )


def has_words(text: str) -> bool:
    """Tell whether a text says anything: a letter or digit, and not just `n/a`."""
    if not any(c.isalnum() for c in text):
        return False
    short = text.strip()
    return len(short) > _LONGEST_EMPTY or normalise(short).rstrip(".!") not in _EMPTY_ANSWERS


def _read_when(
    draft: Draft, record: Record, roles: Mapping[str, str], source: Source
) -> str | None:
    """Return the time as ISO text, '' when the source has none; None after a reject."""
    value = value_of(record.fields, roles, "date")
    if not value:
        # Undated documents belong to every period: a gap in a dated source must not become that.
        if source.columns.date:
            draft.reject("no_date", f"{source.columns.date!r} is empty or not there")
            return None
        return ""
    occurred_at = parse_date(value, source.day_first)
    if not occurred_at:
        other = parse_date(value, not source.day_first)
        setting = "false" if source.day_first else "true"
        hint = f"; with day_first = {setting} it would be {other}" if other else ""
        draft.reject("bad_date", f"{shorten(value)!r} is not a date{hint}")
        return None
    return occurred_at


def _read_score(draft: Draft, value: str, source: Source) -> float:
    """Return the score, NaN when there is none or after a reject."""
    if not value:
        return math.nan
    score = parse_number(value)
    if score is None:
        draft.reject("bad_score", f"{shorten(value)!r} is not a number")
        return math.nan
    low, high = _BOUNDS.get(source.score_kind, (-math.inf, math.inf))
    low = low if source.min_score is None else source.min_score
    high = high if source.max_score is None else source.max_score
    if not low <= score <= high:
        draft.reject("bad_score", f"{shorten(value)!r} is not in {low:g} to {high:g}")
        return math.nan
    return score


def _read_value(draft: Draft, value: str) -> float:
    """Return the customer's value, NaN when there is none or after a reject."""
    if not value:
        return math.nan
    number = parse_number(value)
    if number is None:
        draft.reject("bad_value", f"{shorten(value)!r} is not a number")
    return math.nan if number is None else number


def _turns(
    document_id: str, record: Record, roles: Mapping[str, str], source: Source
) -> list[Turn]:
    """Return the record's words as turns, each with the side that said it."""
    said = [u for u in record.utterances if u.text.strip()]
    if record.form == "dialogue" and any(u.name for u in said):
        named = _dialogue(said, record, roles, source)
    else:
        side = _author(record, roles, source)
        named = [part for u in said for part in _authored(u, side)]
    return [
        Turn(
            turn_id=stable_id(document_id, position),
            document_id=document_id,
            position=position,
            speaker=side,
            speaker_name=u.name,
            at=u.at,
            text=u.text.strip(),
        )
        for position, (side, u) in enumerate(named)
    ]


def _dialogue(
    said: list[Utterance], record: Record, roles: Mapping[str, str], source: Source
) -> list[tuple[str, Utterance]]:
    """Return each utterance with the side its label stands for; without a label, unknown."""
    agents = [name for name in value_of(record.fields, roles, "agent").split(",") if name.strip()]
    customer = value_of(record.fields, roles, "customer")
    sides = name_sides((u.name for u in said), source, agents, customer)
    return [(sides.get(u.name, UNKNOWN), u) for u in said]


def _author(record: Record, roles: Mapping[str, str], source: Source) -> str:
    """Return whose words a text without labels is.

    A recording without labels holds both sides, so it is nobody's unless the settings say whose;
    an analytics row without a customer was said by nobody.
    """
    if source.kind in _NO_VOICE and not value_of(record.fields, roles, "customer"):
        return UNKNOWN
    if record.form == "dialogue" and "speaker" not in source.model_fields_set:
        return UNKNOWN
    return source.speaker


def _authored(utterance: Utterance, side: str) -> list[tuple[str, Utterance]]:
    """Return one author's text as turns: what staff put in quotes is the customer's."""
    if side != AGENT:
        return [(side, utterance)]
    return [
        (CUSTOMER, Utterance(part, "quoted", utterance.at))
        if is_quote
        else (AGENT, Utterance(part, utterance.name, utterance.at))
        for part, is_quote in split_quotes(utterance.text)
    ]


def _attributes(document_id: str, record: Record, roles: Mapping[str, str]) -> list[Attribute]:
    """Return every field that no column of documents holds."""
    taken = {name for role, name in roles.items() if role != "agent"}
    return [
        Attribute(document_id, name, value)
        for name, value in record.fields.items()
        if name not in taken and value
    ]
