"""Rows of what was read: documents and their parts, the intended touchpoints and stages."""

from dataclasses import dataclass
from typing import Annotated as A  # noqa: N817 - it stands before every column


@dataclass(frozen=True, slots=True)
class Document:
    """One call, chat, survey answer, ticket, note, review, post or analytics row."""

    document_id: A[str, "hash of path and locator"]
    kind: A[str, "call, chat, survey, ticket, note, sales, review, social, analytics or event"]
    path: A[str, "source file, relative to the corpus folder"]
    locator: A[str, "where in the file: 'row 12', 'conversation 7' or ''"]
    customer_id: A[
        str, "who spoke, by code or pseudonym; a document without one is a customer of its own"
    ]
    is_anonymous: A[bool, "no customer was named, so customer_id was made up from document_id"]
    account_id: A[str, "the customer's company"]
    segment: A[str, "the customer's segment"]
    channel: A[str, "phone, chat, e-mail ..."]
    occurred_at: A[str, "UTC ISO time, '' when the source has no date"]
    language: A[str, "ISO 639-1 code of the customer's text, '' when nothing tells"]
    score: A[float, "the survey score or stars given with the text"]
    score_kind: A[str, "nps, csat, ces, stars or ''"]
    outcome: A[str, "what the customer did in the end, as the source says it, or ''"]
    value: A[float, "money the customer is worth a year, in the corpus' currency"]
    duplicate_of: A[str, "document_id of the document this one repeats, or ''"]


@dataclass(frozen=True, slots=True)
class Attribute:
    """One further column of a source row, kept as it was."""

    document_id: str
    name: A[str, "the column's name in the source"]
    value: A[str, "its text"]


@dataclass(frozen=True, slots=True)
class Turn:
    """What one speaker said in one go."""

    turn_id: str
    document_id: str
    position: A[int, "0 for the first turn of the document"]
    speaker: A[str, "customer, agent or unknown"]
    speaker_name: A[str, "the label in the source; customers by code or pseudonym"]
    at: A[str, "time within the recording, '' when unknown"]
    text: A[str, "what was said, personal data replaced by [EMAIL] and the like"]


@dataclass(frozen=True, slots=True)
class Sentence:
    """A span of a turn; `text` is exactly the turn's characters start to end."""

    sentence_id: str
    turn_id: str
    document_id: str
    start: A[int, "first character in the turn's text"]
    end: A[int, "one past the last character"]
    text: str


@dataclass(frozen=True, slots=True)
class Chunk:
    """Neighbouring spans of a document, sized for retrieval; what Chroma stores."""

    chunk_id: str
    document_id: str
    position: A[int, "0 for the first chunk of the document"]
    text: A[str, "the spans, one a line, each led by its speaker"]


@dataclass(frozen=True, slots=True)
class ChunkSpan:
    """The part of a turn that stands in a chunk; the spans of all chunks cover every turn."""

    chunk_id: str
    turn_id: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """One touchpoint as the business intends it (a row of touchpoints.csv)."""

    touchpoint_id: A[str, "hash of the name"]
    name: str
    definition: A[str, "what it is, in the business' words"]
    stage: str
    channel: str
    owner: str
    audience: A[str, "customer, employee, candidate or partner"]
    effort: A[float, "1 (easy to change) to 5 (hard), NaN when nobody said"]
    position: A[int, "place in the intended order, 0 first"]
    backup: A[str, "who stands in for the owner, '' when nobody does"] = ""


@dataclass(frozen=True, slots=True)
class CataloguePhrase:
    """One way to recognise a touchpoint of the catalogue."""

    touchpoint_id: str
    kind: A[str, "name, definition, alias or example"]
    text: str


@dataclass(frozen=True, slots=True)
class Stage:
    """A phase of the journey and its contract (a row of stages.csv)."""

    stage: str
    position: A[int, "0 for the first stage"]
    aim_customer: A[str, "what the customer wants to reach here"]
    aim_business: A[str, "what the business wants to reach here"]
    done_when: A[str, "what must be true for the stage to be over"]
    timeframe_days: A[float, "target days, NaN when open"]
    red_flags: A[str, "signs that it goes wrong"]
    owner: str
    backup: A[str, "who stands in for the owner, '' when nobody does"] = ""
