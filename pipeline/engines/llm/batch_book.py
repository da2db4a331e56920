"""Which questions wait in which batch: kept on disk, so that a run that was closed finds them.

Whoever submits, collects, or asks the ordinary way what batches left, does so with the file locked,
so that of several runs only one pays. The lock is SQLite's own: it ends with the process that held
it, however that ended.
"""

import logging
import sqlite3
import time
import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from pipeline.errors import EngineError

log = logging.getLogger(__name__)

# Waiting for another run goes on in pieces of this length, so that Ctrl-C is heard.
_TICK_SECONDS = 1.0
_CREATE = (
    "CREATE TABLE IF NOT EXISTS batches (id TEXT PRIMARY KEY)",
    """CREATE TABLE IF NOT EXISTS waiting (
        key TEXT PRIMARY KEY, batch TEXT, stage TEXT, task TEXT, estimated_tokens INTEGER
    )""",
    "CREATE TABLE IF NOT EXISTS given_up (key TEXT PRIMARY KEY, at REAL)",
)


class Waiting(NamedTuple):
    """A question that was submitted: the key of its answer and what belongs to it."""

    key: str
    stage: str
    task: str
    estimated_tokens: int


class BatchBook:
    """The batches that were submitted; of those that ended only the ids."""

    def __init__(self, answers: Path | None) -> None:
        """Open the book beside the file of answers; in memory without one."""
        self._opened_at = time.time()
        self._path = answers.with_name(f"{answers.stem}.batches.sqlite") if answers else None
        with self._told():
            if self._path:
                self._path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(
                self._path or ":memory:", timeout=_TICK_SECONDS, isolation_level=None,
                check_same_thread=False,
            )  # fmt: skip
            weakref.finalize(self, self._connection.close)
        with self.locked():
            for statement in _CREATE:
                self._connection.execute(statement)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep all other runs out; what is written is kept at the end unless there was an error."""
        with self._told():
            self._lock()
        is_done = False
        try:
            yield
            is_done = True
        finally:
            with self._told():
                self._connection.execute("COMMIT" if is_done else "ROLLBACK")

    def _lock(self) -> None:
        """Wait until nobody else holds the lock."""
        is_told = False
        while True:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    raise
                if not is_told:
                    log.info("another run is at work on the same questions: waiting for it")
                    is_told = True
            else:
                return

    def places(self) -> dict[str, str]:
        """Return the batch of each question that waits, by key."""
        with self._told():
            return dict(self._connection.execute("SELECT key, batch FROM waiting"))

    def waiting(self, batch: str) -> dict[str, Waiting]:
        """Return what a batch that has not been collected holds, by key."""
        rows = "SELECT key, stage, task, estimated_tokens FROM waiting WHERE batch = ?"
        with self._told():
            return {row[0]: Waiting(*row) for row in self._connection.execute(rows, (batch,))}

    def knows(self, batch: str) -> bool:
        """Tell whether a batch was ever entered."""
        found = "SELECT 1 FROM batches WHERE id = ?"
        with self._told():
            return self._connection.execute(found, (batch,)).fetchone() is not None

    def enter(self, batch: str, questions: Iterable[Waiting]) -> None:
        """Note what a batch holds."""
        rows = ((one.key, batch, *one[1:]) for one in questions)
        with self._told():
            self._connection.execute("INSERT OR IGNORE INTO batches VALUES (?)", (batch,))
            self._connection.executemany(
                "INSERT OR REPLACE INTO waiting VALUES (?, ?, ?, ?, ?)", rows
            )

    def strike(self, batch: str) -> None:
        """Note that nothing waits in a batch any more."""
        with self._told():
            self._connection.execute("DELETE FROM waiting WHERE batch = ?", (batch,))

    def give_up(self, keys: Iterable[str]) -> None:
        """Note what runs that are under way now ask the ordinary way; later ones may submit it."""
        rows = ((key, time.time()) for key in keys)
        with self._told():
            self._connection.executemany("INSERT OR REPLACE INTO given_up VALUES (?, ?)", rows)

    def given_up(self) -> set[str]:
        """Return what was given up while this run was under way, whichever run did."""
        found = "SELECT key FROM given_up WHERE at >= ?"
        with self._told():
            return {key for (key,) in self._connection.execute(found, (self._opened_at,))}

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn SQLite's errors into one that says what to do."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise EngineError(
                f"{self._path}: the list of batches cannot be used: {error}; delete it and run the "
                "same command again: batches are found again at the provider"
            ) from error
