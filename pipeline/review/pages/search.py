"""The search page: customers' sentences by their words or by their meaning, and what belongs to no
touchpoint yet."""

import re
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from pipeline import ask as asking
from pipeline import tables as t
from pipeline.errors import TouchpointsError
from pipeline.methods.measures import among
from pipeline.publish import words
from pipeline.review.parts import filtering
from pipeline.review.parts.filtering import Filters, address, fits_document, read_filters
from pipeline.review.parts.sentences import Latest, sentences_of, tokens_of
from pipeline.review.state.view import Asked, Page, View
from pipeline.tables import Candidate, Document, Mention, Sentence

if TYPE_CHECKING:
    from pipeline.review.state.desk import Desk

PATH = "/search"
MOST = 40
"""Hits on a page: who needs more has asked too wide a question."""
_WIDE = 400
"""Hits by words that are looked at when only what belongs to no touchpoint is wanted."""
BY = (("words", "by words"), ("meaning", "by meaning"))
UNASSIGNED = "unassigned"
_LONGEST = 300
"""Characters of a question that are read."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A customer's sentence, and the quote in it when there is one."""

    key: str
    """What its page is found by: of the quote, the candidate or the sentence."""
    text: str
    pieces: tuple[tuple[str, bool], ...]
    """The text in parts, each with whether it was asked for."""
    customer: str
    day: str
    source: str
    segment: str
    touchpoints: tuple[tuple[str, str], ...]
    """Id and name of those it is evidence for; () when it belongs to none."""
    is_decidable: bool
    """Whether it can be assigned to a touchpoint."""
    seen: str
    fit: str
    """How near its meaning is, '' by words."""


@dataclass(frozen=True, slots=True)
class Results:
    """The answer to a question."""

    hits: tuple[Hit, ...]
    note: str
    """How many there are, or why there are none."""
    n_unassigned: int
    """Quotes of the run that belong to no touchpoint."""
    earlier: str = ""
    """Address of the page before, '' when there is none."""
    later: str = ""

    @property
    def is_any_decidable(self) -> bool:
        """Whether a hit is there that can be given to a touchpoint, or to another."""
        return any(hit.is_decidable for hit in self.hits)


class _Found(NamedTuple):
    """A sentence that answers, and how near its meaning is ('' by words)."""

    sentence: Sentence
    fit: str


def build(asked: Asked) -> Mapping[str, object]:
    """Return what /search shows."""
    filters = read_filters(asked.query)
    question = words.clean(asked.query.get("q", "")).strip()[:_LONGEST]
    by = "meaning" if asked.query.get("by") == "meaning" else "words"
    only = UNASSIGNED if asked.query.get("only") == UNASSIGNED else ""
    view = asked.view
    more = {"q": question, "only": only, "into": _into(asked)}
    return {
        "q": question,
        "by": by,
        "only": only,
        "into": _into(asked),
        "filters": filters,
        "results": find(asked, question, by, only, filters),
        "choices": {
            "by": list(BY),
            "source": filtering.sources(view.lookup),
            "segment": filtering.segments(view.lookup),
            "only": [("", "everything"), (UNASSIGNED, "what belongs to no touchpoint")],
        },
        "other": address(PATH, filters, by="words" if by == "meaning" else "meaning", **more),
        "clear": address(PATH, Filters(), by=by, **more),
        "targets": filtering.targets(view.lookup, ""),
        "stages": filtering.stage_values(view.lookup),
    }


def find(asked: Asked, question: str, by: str, only: str, filters: Filters) -> Results:
    """Return the sentences that answer a question, or a note that says why there are none."""
    view = asked.view
    left = unassigned(view)
    if not question:
        return _browse(asked, left, filters) if only else Results((), "", len(left))
    try:
        found, unfit = (_by_meaning if by == "meaning" else _by_words)(asked, question, filters)
    except TouchpointsError as error:
        return Results((), f"{str(error)[:1].upper()}{str(error)[1:]}.", len(left))
    hits = _hits(view, found, left, pattern(question) if by == "words" else None)
    if only:
        hits = [hit for hit in hits if not hit.touchpoints]
    return Results(tuple(hits[:MOST]), unfit or _told(len(hits), by), len(left))


def _told(n: int, by: str) -> str:
    if not n:
        return "No customer said this in these words." if by == "words" else "Nothing is near."
    if by == "meaning":
        return (
            "The nearest in meaning, which need not be near: 1 is the same, 0 is about "
            "something else."
        )
    many = f"the best {MOST} of " if n > MOST else ""
    more = " or more" if n >= _WIDE else ""
    return f"{many}{words.plural(n, 'sentence')}{more}".capitalize()


def _browse(asked: Asked, left: pd.DataFrame, filters: Filters) -> Results:
    """Return a page of what belongs to no touchpoint, the strongest words first."""
    view, n_left = asked.view, len(left)
    if filters.is_about_quotes:
        documents = _documents(view, left["document_id"].tolist())
        own = {key for key, row in documents.items() if fits_document(filters, row)}
        left = left[left["document_id"].isin(own)]
    number, n_pages = filters.number(-(-len(left) // MOST))
    first = (number - 1) * MOST
    rows = t.CANDIDATES.rows(left.iloc[first : first + MOST])
    documents = _documents(view, [row.document_id for row in rows])
    hits = tuple(
        _hit(view, documents[row.document_id], (row.mention_id, row.quote), [], [row])
        for row in rows
    )
    place = f", page {number} of {n_pages}" if n_pages > 1 else ""
    return Results(
        hits,
        f"{words.plural(len(left), 'quote')}, the strongest words first{place}",
        n_left,
        _page(asked, filters, number - 1) if number > 1 else "",
        _page(asked, filters, number + 1) if number < n_pages else "",
    )


def _into(asked: Asked) -> str:
    """Return the touchpoint that quotes are looked for, '' for none in particular."""
    into = asked.query.get("into", "")
    return into if into in asked.view.lookup.touchpoints else ""


def _page(asked: Asked, filters: Filters, number: int) -> str:
    shown = replace(filters, page=str(number))
    return address(PATH, shown, only=UNASSIGNED, into=_into(asked))


_LEFT: Latest[pd.DataFrame] = Latest()


def unassigned(view: View) -> pd.DataFrame:
    """Return the CANDIDATES that belong to no touchpoint as reviewed, the strongest words first."""
    return _LEFT.of(view.tables["mentions"], lambda: _unassigned(view))


def _unassigned(view: View) -> pd.DataFrame:
    tables = view.tables
    candidates = tables.get("candidates", t.CANDIDATES.frame())
    remainder = tables.get("remainder", t.REMAINDER.frame())
    left = among(candidates["mention_id"], remainder["row_id"])
    assigned = among(candidates["mention_id"], tables["mentions"]["mention_id"])
    return candidates[left & ~assigned].sort_values(
        ["intensity", "mention_id"], ascending=[False, True], ignore_index=True
    )


def _by_words(asked: Asked, question: str, filters: Filters) -> tuple[list[_Found], str]:
    """Return the sentences that hold the words, and nothing more to say."""
    conditions = {
        "kind": filters.source,
        "customer": filters.customer,
        "segment": filters.segment,
        "since": filters.since,
        "until": filters.until,
    }
    ids = sentences_of(asked.view.base).find(question, conditions, _WIDE)
    by_id = {row.sentence_id: row for row in _sentences(asked.view, "sentence_id", ids)}
    return [_Found(by_id[key], "") for key in ids], ""


def _by_meaning(asked: Asked, question: str, filters: Filters) -> tuple[list[_Found], str]:
    """Return the sentences nearest in meaning, from the run's index, and a note when none fits."""
    desk, view = asked.desk, asked.view
    wanted = asking.Filters(
        filters.source, filters.customer, filters.segment, filters.since, filters.until
    )
    hits = asking.ask(desk.folder, view.tables, desk.engine, question, wanted, MOST)
    documents = view.tables["documents"]
    documents = documents[documents["path"].isin({hit.path for hit in hits})]
    places = zip(documents["path"], documents["locator"], documents["document_id"], strict=True)
    own = {(path, locator): key for path, locator, key in places}
    keys = [own[hit.path, hit.locator] for hit in hits]
    rows = {(row.document_id, row.text): row for row in _sentences(view, "document_id", keys)}
    found = [
        _Found(rows[key, hit.quote], f"{hit.similarity:.2f}")
        for key, hit in zip(keys, hits, strict=True)
    ]
    told = asking.note(desk.folder, desk.engine, question, hits)
    return found, f"{told[:1].upper()}{told[1:]}"


def pattern(question: str) -> re.Pattern[str] | None:
    """Return what finds the words of a question in a text, None when it has none."""
    tokens = sorted(map(re.escape, tokens_of(question)), key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(tokens)})\w*", re.IGNORECASE) if tokens else None


def pieces(text: str, wanted: re.Pattern[str] | None) -> tuple[tuple[str, bool], ...]:
    """Cut a text into what was asked for and what was not."""
    at, found = 0, []
    for match in wanted.finditer(text) if wanted else ():
        found += [(text[at : match.start()], False), (match.group(), True)]
        at = match.end()
    return tuple(part for part in (*found, (text[at:], False)) if part[0])


def _hits(
    view: View, found: list[_Found], left: pd.DataFrame, wanted: re.Pattern[str] | None
) -> list[Hit]:
    """Return sentences with the quotes in them."""
    turns = {row.sentence.turn_id for row in found}
    mentions: dict[str, list[Mention]] = defaultdict(list)
    for mention in view.lookup.mentions.values():
        if mention.turn_id in turns:
            mentions[mention.turn_id].append(mention)
    candidates: dict[str, list[Candidate]] = defaultdict(list)
    for candidate in t.CANDIDATES.rows(left[left["turn_id"].isin(turns)]):
        candidates[candidate.turn_id].append(candidate)
    documents = _documents(view, [row.sentence.document_id for row in found])
    hits: dict[str, Hit] = {}
    for sentence, fit in found:
        hit = _hit(
            view,
            documents[sentence.document_id],
            (sentence.sentence_id, sentence.text),
            [m for m in mentions[sentence.turn_id] if _overlaps(m, sentence)],
            [c for c in candidates[sentence.turn_id] if _overlaps(c, sentence)],
        )
        # Two sentences of one quote lead to the same page: the nearer one stands for both.
        hits.setdefault(hit.key, replace(hit, fit=fit, pieces=pieces(sentence.text, wanted)))
    return list(hits.values())


def _hit(
    view: View,
    document: Document,
    said: tuple[str, str],
    mentions: list[Mention],
    candidates: list[Candidate],
) -> Hit:
    """Return a hit; `said` is the sentence's id and its text."""
    sentence_id, text = said
    decidable = [m.mention_id for m in mentions] + [c.mention_id for c in candidates]
    key = decidable[0] if decidable else sentence_id
    names = view.lookup.touchpoints
    homes = dict.fromkeys(m.touchpoint_id for m in mentions if m.touchpoint_id in names)
    return Hit(
        key=key,
        text=text,
        pieces=((text, False),),
        customer="unnamed customer" if document.is_anonymous else document.customer_id,
        day=words.day(document.occurred_at),
        source=words.SOURCE_WORDS.get(document.kind, document.kind),
        segment=document.segment,
        touchpoints=tuple((home, names[home].name) for home in homes),
        is_decidable=bool(decidable),
        seen=view.seen(key),
        fit="",
    )


def _overlaps(quote: Mention | Candidate, sentence: Sentence) -> bool:
    return quote.start < sentence.end and quote.end > sentence.start


def _sentences(view: View, column: str, values: list[str]) -> list[Sentence]:
    frame = view.tables["sentences"]
    return t.SENTENCES.rows(frame[frame[column].isin(values)])


def _documents(view: View, ids: list[str]) -> dict[str, Document]:
    frame = view.tables["documents"]
    rows = t.DOCUMENTS.rows(frame[frame["document_id"].isin(ids)])
    return {row.document_id: row for row in rows}


def warm(view: View, desk: "Desk | None" = None) -> None:
    """Make the index of words, the model and the index of meanings ready, so that the first search
    need not wait for them; what is wrong with these is told when somebody asks."""
    sentences_of(view.base)
    if desk and not desk.engine.has_endpoint_vectors:  # nobody is asked before somebody searches
        with suppress(TouchpointsError):
            asking.ask(desk.folder, view.tables, desk.engine, "warm", asking.Filters(), 1)


PAGES = (Page(PATH, "Search", "search.html", build),)
