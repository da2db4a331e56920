"""Evidence search: chunks and touchpoints in Chroma, and the quotes nearest to a question."""

import re
from collections.abc import Hashable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from pipeline.config import EngineChoice
from pipeline.engines.embedded.clauses import clauses
from pipeline.engines.embedding import Matrix
from pipeline.engines.engine import Engine
from pipeline.engines.indexing import Entries
from pipeline.engines.vectors import nearest
from pipeline.errors import ConfigError, shorten
from pipeline.errors import nearest as nearest_word
from pipeline.manifest import Manifest
from pipeline.schema import Tables
from pipeline.store import ANSWERS, EMBEDDINGS, INDEX, home_of, read_run

if TYPE_CHECKING:
    from pipeline.engines.choice import Embeds

_CHUNKS_READ = 40
_DAY = re.compile(r"\d{4}(-\d\d){0,2}", re.ASCII)
_NEAR_TOUCHPOINTS = 3
_BRIEF = 8
"""A text of no more bytes answers nothing ("Yes.", "Me."); Chinese says much in few characters."""
_FITS = 0.36
"""Least fit of a question: half the cosine to the best sentence, half that to the best touchpoint.
Of 20 questions about corpora/kestrel and 20 about other worlds, written for this, 39 lie on the
right side (37 at best by the sentence alone); of 30 further ones, 27."""


class Filters(NamedTuple):
    """What the found quotes must meet; '' means anything."""

    kind: str = ""
    customer: str = ""
    segment: str = ""
    since: str = ""
    until: str = ""


class Hit(NamedTuple):
    """A customer's sentence near the question."""

    quote: str
    similarity: float
    customer_id: str
    kind: str
    occurred_at: str
    path: str
    locator: str
    touchpoint: str
    """the touchpoint it is evidence for, or ''"""


class Found(NamedTuple):
    """The answer to a question."""

    question: str
    period: str
    hits: list[Hit]
    touchpoints: list[str]
    """names of the touchpoints nearest to the question"""
    note: str = ""
    """says that the hits are only the nearest and none fits, '' when they do"""


def ask(
    folder: Path, tables: Tables, engine: "Embeds", question: str, filters: Filters, n: int
) -> list[Hit]:
    """Return the `n` customers' sentences nearest to a question, best first, none twice."""
    vector = engine.embed([question])[0]
    found = nearest(folder / INDEX, "chunks", vector, _CHUNKS_READ, _conditions(filters))
    sentences = _sentences(tables, set(found["id"]))
    sizes = [len(text.encode("utf-8", "surrogatepass")) for text in sentences["text"]]
    sentences = sentences[np.array(sizes, dtype=np.int64) > _BRIEF]
    if sentences.empty:
        return []
    scores = engine.embed(sentences["text"].tolist()) @ vector
    ranked = sentences.assign(similarity=scores).sort_values(
        ["similarity", "sentence_id"], ascending=[False, True]
    )
    best = ranked.drop_duplicates("text").head(n)
    names = _touchpoint_names(tables)
    return [
        Hit(
            quote=row["text"], similarity=float(row["similarity"]), customer_id=row["customer_id"],
            kind=row["kind"], occurred_at=row["occurred_at"], path=row["path"],
            locator=row["locator"], touchpoint=_touchpoint_of(row, names),
        )
        for row in best.to_dict("records")
    ]  # fmt: skip


def ask_run(folder: Path, question: str, filters: Filters, n: int) -> Found:
    """Answer a question from a finished run folder.

    ConfigError when the question is empty or a filter names what is not in the run.
    """
    tables, manifest = read_run(folder)
    if not question.strip():
        raise ConfigError("the question is empty; say what you want to find quotes about")
    engine = _near(folder, manifest)
    _refuse_unknown(filters, tables["documents"])
    near = nearest(folder / INDEX, "touchpoints", engine.embed([question])[0], _NEAR_TOUCHPOINTS)
    known = tables["touchpoints"]
    names = dict(zip(known["touchpoint_id"], known["name"], strict=True))
    hits = ask(folder, tables, engine, question, filters, n)
    touchpoints = [names[t] for t in near["id"] if t in names]
    return Found(question, manifest.period, hits, touchpoints, _note(hits, near))


def _near(folder: Path, manifest: Manifest) -> "Embeds":
    """Return what made the vectors of a run; an embedding model of an endpoint is asked only for
    texts that are not in the run's caches, such as the question."""
    from pipeline.engines.choice import Caches, choose_near  # noqa: PLC0415 - half a second

    home = home_of(folder, manifest)
    # A run folder may lie alone, or where nothing can be written.
    kept = (path if path.is_file() else None for path in (home / EMBEDDINGS, home / ANSWERS))
    choice = EngineChoice.model_validate(manifest.settings.get("engine", {}))
    return choose_near(choice, Caches(*kept))


def _refuse_unknown(filters: Filters, documents: pd.DataFrame) -> None:
    """Raise ConfigError for a filter that no document of the run can meet."""
    for option, column, value in (
        ("kind", "kind", filters.kind),
        ("customer", "customer_id", filters.customer),
        ("segment", "segment", filters.segment),
    ):
        known = set(documents[column]) - {""}
        if value and value not in known:
            hint = nearest_word(value, known) or "; no document has one"
            raise ConfigError(f"--{option} {shorten(value)!r} is not in this run{hint}")
    if filters.since and filters.until and _first(filters.since) > _last(filters.until):
        raise ConfigError(f"--since {filters.since} is after --until {filters.until}")


def note(folder: Path, engine: "Embeds", question: str, hits: list[Hit]) -> str:
    """Return what to say when nothing in a run fits the question, '' when something does."""
    near = nearest(folder / INDEX, "touchpoints", engine.embed([question])[0], _NEAR_TOUCHPOINTS)
    return _note(hits, near)


def _note(hits: list[Hit], near: pd.DataFrame) -> str:
    """Return what to say when nothing fits the question, '' when something does."""
    if not hits:
        return ""
    said = hits[0].similarity
    fit = (said + float(near["similarity"].iloc[0])) / 2 if len(near) else said
    return "" if fit >= _FITS else "nothing fits this question; the nearest are:"


def chunk_entries(tables: Tables, engine: Engine) -> Entries:
    """Return the chunks for the search index, by the mean of what customers say in each.

    A chunk in which no customer speaks (a note, an analytics summary) gets the vector of its text.
    An engine that reads knows the vectors of clauses, and those of sentences hardly; where a model
    reads it is the other way round.
    """
    chunks = tables["chunks"].merge(tables["documents"], on="document_id")
    said = _sentences(tables, set(chunks["chunk_id"]))
    spoken: list[str] = []
    rows: dict[str, list[int]] = {}
    for chunk_id, text in zip(said["chunk_id"], said["text"], strict=True):
        own = _clauses(text) if engine.has_clauses else [text]
        rows.setdefault(chunk_id, []).extend(range(len(spoken), len(spoken) + len(own)))
        spoken += own
    vectors = engine.embed(spoken)
    texts = chunks["text"].tolist()
    silent = [t for t, c in zip(texts, chunks["chunk_id"], strict=True) if not rows.get(c)]
    by_text = dict(zip(silent, engine.embed(silent), strict=True))
    matrix = [
        _mean(vectors[rows[chunk_id]]) if rows.get(chunk_id) else by_text[text]
        for chunk_id, text in zip(chunks["chunk_id"], texts, strict=True)
    ]
    return Entries(
        ids=chunks["chunk_id"].tolist(),
        vectors=np.stack(matrix) if matrix else np.zeros((0, 1), dtype=np.float32),
        texts=texts,
        facts=[
            {
                "document_id": row["document_id"],
                "kind": row["kind"],
                "customer_id": row["customer_id"],
                "segment": row["segment"],
                "day": _day(row["occurred_at"]),
            }
            for row in chunks.to_dict("records")
        ],
    )


def silent_chunks(tables: Tables) -> list[str]:
    """Return the texts of the chunks in which no customer speaks."""
    chunks = tables["chunks"].merge(tables["documents"][["document_id"]], on="document_id")
    said = _sentences(tables, set(chunks["chunk_id"]))
    texts: list[str] = chunks.loc[~chunks["chunk_id"].isin(said["chunk_id"]), "text"].tolist()
    return texts


def _clauses(text: str) -> list[str]:
    """Return the clauses of a sentence."""
    return [text[clause.start : clause.end] for clause in clauses(text)]


def touchpoint_entries(tables: Tables, engine: Engine) -> Entries:
    """Return the touchpoints for the search index, by their quotes or else name and definition."""
    rows = tables["touchpoints"].to_dict("records")
    shown = touchpoint_texts(tables)
    spoken = engine.embed([text for own in shown for text in own])
    ends = np.cumsum([len(own) for own in shown], dtype=np.int64).tolist()
    parts = zip([0, *ends], ends, strict=False)
    vectors = np.stack([_mean(spoken[start:end]) for start, end in parts]) if rows else spoken
    texts = [_told(row) for row in rows]
    facts: list[dict[str, str | int]] = [
        {"stage": row["stage"], "origin": row["origin"]} for row in rows
    ]
    return Entries([row["touchpoint_id"] for row in rows], vectors, texts, facts)


def touchpoint_texts(tables: Tables) -> list[list[str]]:
    """Return what stands for each touchpoint in the search index."""
    quotes = tables["mentions"].groupby("touchpoint_id")["quote"].agg(list).to_dict()
    return [
        quotes.get(row["touchpoint_id"]) or [_told(row)]
        for row in tables["touchpoints"].to_dict("records")
    ]


def indexed_texts(tables: Tables) -> list[str]:
    """Return the texts by which touchpoints are found, and those by which reviewers change them."""
    known = tables["touchpoints"]
    told = [*known["name"].tolist(), *filter(None, known["definition"].tolist())]
    return [text for own in touchpoint_texts(tables) for text in own] + told


def _told(touchpoint: dict[Hashable, Any]) -> str:
    return f"{touchpoint['name']}: {touchpoint['definition']}"


def _sentences(tables: Tables, chunk_ids: set[str]) -> pd.DataFrame:
    """Return the customers' sentences that begin in the chunks, with their documents' facts."""
    spans = tables["chunk_spans"][tables["chunk_spans"]["chunk_id"].isin(chunk_ids)]
    turns = tables["turns"]
    said = turns.loc[turns["speaker"] == "customer", ["turn_id"]]
    joined = (
        tables["sentences"]
        .merge(said, on="turn_id")
        .merge(spans, on="turn_id", suffixes=("", "_chunk"))
    )
    inside = joined["start"].between(joined["start_chunk"], joined["end_chunk"], inclusive="left")
    facts = tables["documents"][
        ["document_id", "customer_id", "kind", "occurred_at", "path", "locator"]
    ]
    return (
        joined[inside].merge(facts, on="document_id").sort_values("sentence_id", ignore_index=True)
    )


def _conditions(filters: Filters) -> list[dict[str, object]]:
    """Return the filters as Chroma conditions."""
    conditions: list[dict[str, object]] = [
        {name: value}
        for name, value in (
            ("kind", filters.kind), ("customer_id", filters.customer), ("segment", filters.segment)
        )
        if value
    ]  # fmt: skip
    if filters.since:
        conditions.append({"day": {"$gte": _first(filters.since)}})
    if filters.until:
        conditions.append({"day": {"$lte": _last(filters.until)}})
    return conditions


def _first(since: str) -> int:
    """Return a day, or the first of a month or year, as `_day` does."""
    return _bound(since, "0")


def _last(until: str) -> int:
    """Return a day, or the last of a month or year, as `_day` does."""
    return _bound(until, "9")


def _bound(day: str, fill: str) -> int:
    """Return a bound as `_day` does; a year or a month stands for its first or last day."""
    if not _DAY.fullmatch(day):
        raise ConfigError(f"{day!r} is no day; write it as 2026-07-01 (or 2026-07, or 2026)")
    return int(day.replace("-", "").ljust(8, fill))


def _day(occurred_at: str) -> int:
    """Return a date as a number that sorts like it: 20260703; 0 when there is none."""
    digits = occurred_at[:10].replace("-", "")
    return int(digits) if digits.isdigit() else 0


def _mean(vectors: Matrix) -> Matrix:
    """Return the unit mean of vectors."""
    mean: Matrix = vectors.mean(axis=0)
    scaled: Matrix = mean / max(float(np.linalg.norm(mean)), 1e-9)
    return scaled


def _touchpoint_names(tables: Tables) -> pd.DataFrame:
    """Return each mention's turn, span and touchpoint name."""
    names = tables["touchpoints"][["touchpoint_id", "name"]]
    return tables["mentions"].merge(names, on="touchpoint_id")


def _touchpoint_of(sentence: dict[Hashable, Any], mentions: pd.DataFrame) -> str:
    """Return the name of the touchpoint that the sentence is evidence for, or ''."""
    near = mentions[mentions["turn_id"] == sentence["turn_id"]]
    inside = near[(near["start"] < sentence["end"]) & (near["end"] > sentence["start"])]
    return str(inside["name"].iloc[0]) if len(inside) else ""
