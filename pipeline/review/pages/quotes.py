"""The page of one quote: where it was said, what else was said there, and by the same customer."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

from pipeline import tables as t
from pipeline.publish import evidence, words
from pipeline.review.pages.touchpoint import history
from pipeline.review.parts import filtering
from pipeline.review.parts.quoted import doubts, when
from pipeline.review.state.view import Asked, MissingError, Page, View
from pipeline.schema import Table
from pipeline.tables import Document, Mention, Turn

PATH = "/quotes/{mention_id}"
Row = TypeVar("Row")
SPEAKERS = {"customer": "customer", "agent": "staff", "unknown": "not known who"}
_JOURNEY = 60
"""Quotes of one customer that are listed; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Words:
    """What the page is about: a mention, or a part of a turn that belongs to no touchpoint."""

    mention_id: str
    turn_id: str
    document_id: str
    customer_id: str
    text: str
    start: int
    end: int
    kind: str
    touchpoint_id: str
    """'' when it belongs to none"""
    is_decidable: bool
    """Whether it can be moved to a touchpoint."""
    why_not: str
    """Why it belongs to no touchpoint."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a turn; `mention_id` is '' for what is no quote."""

    text: str
    mention_id: str
    is_chosen: bool
    label: str


@dataclass(frozen=True, slots=True)
class Spoken:
    """A turn of the conversation."""

    speaker: str
    name: str
    at: str
    is_customer: bool
    is_chosen: bool
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """The document, as far as readers need it."""

    kind: str
    place: str
    day: str
    channel: str
    customer: str
    account: str
    segment: str
    score: str
    outcome: str
    value: str
    is_anonymous: bool
    attributes: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Step:
    """A quote on a customer's way."""

    quote: evidence.Quote
    touchpoint_id: str
    touchpoint: str
    is_chosen: bool


def build(asked: Asked) -> Mapping[str, object]:
    """Return what /quotes/{mention_id} shows; MissingError when no such words are in the run."""
    view, key = asked.view, asked.path["mention_id"]
    said = find_words(view, key)
    point = view.lookup.touchpoints.get(said.touchpoint_id)
    steps = journey(view, said)
    return {
        "said": said,
        "point": point,
        "mention": view.lookup.mentions.get(key),
        "seen": view.seen(key),
        "point_seen": view.seen(said.touchpoint_id),
        "pain": _pain(view, key),
        "doubt": doubts(view).get(key),
        "turns": conversation(view, said),
        "source": source_of(view, said),
        "steps": steps[:_JOURNEY],
        "n_more": max(0, len(steps) - _JOURNEY),
        "history": history(view, key),
        "targets": filtering.targets(view.lookup, said.touchpoint_id),
        "stages": filtering.stage_values(view.lookup),
    }


def find_words(view: View, key: str) -> Words:
    """Return the quote, candidate or sentence with an id; MissingError when there is none.

    A candidate that belongs to no touchpoint can be assigned; what no engine took for a quote can
    only be an example of a touchpoint to add.
    """
    mention = view.lookup.mentions.get(key)
    if mention:
        return _words(mention, mention.touchpoint_id, is_decidable=True)
    for name in ("found_mentions", "candidates"):
        rows = _rows(view, t.ALL[name], "mention_id", key)
        if rows:
            return _words(rows[0], "", is_decidable=True, why_not=why_not(view, key))
    sentences = _rows(view, t.SENTENCES, "sentence_id", key)
    if not sentences:
        raise MissingError("no quote of this run has this address")
    row = sentences[0]
    document = _document(view, row.document_id)
    return Words(
        key, row.turn_id, row.document_id, document.customer_id if document else "", row.text,
        row.start, row.end, "", "", is_decidable=False, why_not=why_not(view, key),
    )  # fmt: skip


def _words(
    row: t.Mention | t.Candidate, touchpoint_id: str, *, is_decidable: bool, why_not: str = ""
) -> Words:
    return Words(
        row.mention_id, row.turn_id, row.document_id, row.customer_id, row.quote, row.start,
        row.end, row.kind, touchpoint_id, is_decidable, why_not,
    )  # fmt: skip


def why_not(view: View, key: str) -> str:
    """Return why words became no evidence, '' when nothing says so."""
    rejects = _rows(view, t.REJECTS, "row_id", key)
    return rejects[-1].reason.replace("_", " ") if rejects else ""


def conversation(view: View, said: Words) -> tuple[Spoken, ...]:
    """Return the turns of a document in order, with its quotes marked in place."""
    turns = sorted(
        _rows(view, t.TURNS, "document_id", said.document_id), key=lambda turn: turn.position
    )
    document = _document(view, said.document_id)
    is_anonymous = document is not None and document.is_anonymous
    labels = _labels(turns, "unnamed customer" if is_anonymous else said.customer_id)
    inside = [m for m in view.lookup.mentions.values() if m.document_id == said.document_id]
    names = {key: p.name for key, p in view.lookup.touchpoints.items()}
    return tuple(
        Spoken(
            speaker=SPEAKERS.get(turn.speaker, turn.speaker),
            name=labels.get(turn.speaker_name, turn.speaker_name)
            if turn.speaker == "customer"
            else turn.speaker_name,
            at=turn.at,
            is_customer=turn.speaker == "customer",
            is_chosen=turn.turn_id == said.turn_id,
            pieces=pieces(turn, said, [m for m in inside if m.turn_id == turn.turn_id], names),
        )
        for turn in turns
    )


def _labels(turns: list[Turn], customer: str) -> dict[str, str]:
    """Return what to call each customer who speaks: by pseudonym, numbered when there are several.

    The source's own labels are names of people.
    """
    names = list(dict.fromkeys(t.speaker_name for t in turns if t.speaker == "customer"))
    if len(names) < 2:
        return dict.fromkeys(names, customer)
    return {name: f"{customer}, speaker {n}" for n, name in enumerate(names, start=1)}


def pieces(
    turn: Turn, said: Words, mentions: list[Mention], names: Mapping[str, str]
) -> tuple[Piece, ...]:
    """Cut a turn where quotes begin and end: its text is what the pieces say together."""
    spans = [(m.start, m.end, m.mention_id, names.get(m.touchpoint_id, "")) for m in mentions]
    if turn.turn_id == said.turn_id:
        spans.append((said.start, said.end, said.mention_id, ""))
    cuts = sorted({0, len(turn.text), *(s for s, *_ in spans), *(e for _, e, *_ in spans)})
    found = []
    for start, end in pairwise(cuts):
        over = [span for span in spans if span[0] <= start and end <= span[1]]
        chosen = any(span[2] == said.mention_id for span in over)
        other = next((span for span in over if span[2] != said.mention_id), None)
        label = " and ".join(dict.fromkeys(span[3] for span in over if span[3]))
        shown = said.mention_id if chosen else other[2] if other else ""
        found.append(Piece(turn.text[start:end], shown, chosen, label))
    return tuple(found)


def source_of(view: View, said: Words) -> Source:
    """Return what is known of the document and of who spoke."""
    document = _document(view, said.document_id)
    if document is None:
        raise MissingError("the document of this quote is not in the run")
    score = f"{document.score:g}" if words.is_known(document.score) else ""
    value = words.count(document.value) if words.is_known(document.value) else ""
    attributes = _rows(view, t.ATTRIBUTES, "document_id", said.document_id)
    return Source(
        kind=words.SOURCE_WORDS.get(document.kind, document.kind),
        place=" · ".join(part for part in (document.path, document.locator) if part),
        day=words.day(document.occurred_at),
        channel=document.channel,
        customer=said.customer_id,
        account=document.account_id,
        segment=document.segment,
        score=f"{score} ({document.score_kind})" if score and document.score_kind else score,
        outcome=document.outcome,
        value=f"{value} {view.manifest.currency} a year" if value else "",
        is_anonymous=document.is_anonymous,
        attributes=tuple((row.name, row.value) for row in attributes if row.value),
    )


def journey(view: View, said: Words) -> tuple[Step, ...]:
    """Return every quote of the same customer in the order they were said."""
    lookup = view.lookup
    own = [m for m in lookup.mentions.values() if m.customer_id == said.customer_id]
    steps = []
    for mention in sorted(own, key=lambda m: when(lookup, m)):
        quote = evidence.quote(lookup, mention.mention_id)
        point = lookup.touchpoints.get(mention.touchpoint_id)
        if quote and point:
            is_chosen = mention.mention_id == said.mention_id
            steps.append(Step(quote, point.touchpoint_id, point.name, is_chosen))
    return tuple(steps)


def _pain(view: View, mention_id: str) -> str:
    mention = view.lookup.mentions.get(mention_id)
    if not mention:
        return ""
    pains = view.lookup.pains_at.get(mention.touchpoint_id, [])
    return next((p.name for p in pains if p.pain_point_id == mention.pain_point_id), "")


def _document(view: View, document_id: str) -> Document | None:
    found = view.lookup.documents.get(document_id)
    return found or next(iter(_rows(view, t.DOCUMENTS, "document_id", document_id)), None)


def _rows(view: View, table: Table[Row], column: str, value: str) -> list[Row]:
    """Return the rows of a table with a value in a column."""
    frame = view.tables.get(table.name)
    return table.rows(frame[frame[column] == value]) if frame is not None else []


PAGES = (Page(PATH, "Quote", "quote.html", build),)
