"""Every sentence of a run's customers, to be found by its words: an index in memory (FTS5)."""

import re
import sqlite3
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar
from weakref import ReferenceType, ref

import pandas as pd

from pipeline.schema import Tables

Made = TypeVar("Made")

_SCHEMA = """
CREATE TABLE said (id INTEGER PRIMARY KEY, sentence_id TEXT, kind TEXT, customer TEXT,
                   segment TEXT, day TEXT, text TEXT);
CREATE VIRTUAL TABLE words USING fts5 (
    text, content=said, content_rowid=id, tokenize="unicode61 remove_diacritics 2"
);
"""
_QUERY = """
SELECT said.sentence_id FROM words JOIN said ON said.id = words.rowid
WHERE words MATCH :wanted
  AND (:kind = '' OR said.kind = :kind) AND (:customer = '' OR said.customer = :customer)
  AND (:segment = '' OR said.segment = :segment)
  AND (:since = '' OR said.day >= :since)
  AND (:until = '' OR (said.day <> '' AND said.day <= :until))
ORDER BY rank, said.id LIMIT :most
"""
_TOKEN = re.compile(r"\w+")
_MOST_TOKENS = 12


def tokens_of(wanted: str) -> list[str]:
    """Return the words of a question that are looked for."""
    return _TOKEN.findall(wanted)[:_MOST_TOKENS]


class Sentences:
    """The sentences of one run; they stay the same whatever is decided."""

    def __init__(self, tables: Tables) -> None:
        self._lock = Lock()
        self._base = sqlite3.connect(":memory:", check_same_thread=False)
        self._base.executescript(_SCHEMA)
        rows = said_by_customers(tables)
        columns = ["sentence_id", "kind", "customer_id", "segment", "day", "text"]
        self._base.executemany(
            "INSERT INTO said (sentence_id, kind, customer, segment, day, text)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            zip(*(rows[column].tolist() for column in columns), strict=True),
        )
        self._base.execute("INSERT INTO words (words) VALUES ('rebuild')")

    def find(self, wanted: str, conditions: dict[str, str], most: int) -> list[str]:
        """Return the ids of sentences that hold all words, or words that begin so, best first.

        `conditions`: kind, customer, segment, since, until; '' for any.
        """
        tokens = tokens_of(wanted)
        if not tokens:
            return []
        query = " ".join(f'"{token}"*' for token in tokens)
        with self._lock:
            found = self._base.execute(_QUERY, conditions | {"wanted": query, "most": most})
            return [row[0] for row in found]


def said_by_customers(tables: Tables) -> pd.DataFrame:
    """Return the sentences that customers said, with their document's facts, in a fixed order."""
    turns, documents = tables["turns"], tables["documents"]
    theirs = turns.loc[turns["speaker"] == "customer", ["turn_id"]]
    facts = documents[["document_id", "kind", "customer_id", "segment", "occurred_at"]]
    joined = tables["sentences"].merge(theirs, on="turn_id").merge(facts, on="document_id")
    ordered = joined.sort_values("sentence_id", ignore_index=True)
    return ordered.assign(day=ordered["occurred_at"].str[:10])


class Latest(Generic[Made]):
    """Keeps what was made from a frame last, for as long as that very frame is asked for."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._of: ReferenceType[pd.DataFrame] | None = None
        self._made: Made | None = None

    def of(self, frame: pd.DataFrame, make: Callable[[], Made]) -> Made:
        """Return what `make` gives for a frame, made once."""
        with self._lock:
            if self._made is None or self._of is None or self._of() is not frame:
                self._made, self._of = make(), ref(frame)
            return self._made


_LATEST: Latest[Sentences] = Latest()
"""One process reviews one run."""


def sentences_of(tables: Tables) -> Sentences:
    """Return the index of a run's sentences, made when it is first needed."""
    return _LATEST.of(tables["sentences"], lambda: Sentences(tables))
