"""Every paid answer and vector in one SQLite file, committed before anybody sees it."""

import logging
import sqlite3
import threading
import time
import weakref
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.errors import EngineError

log = logging.getLogger(__name__)

_WAIT_SECONDS = 60
_BUSY_SECONDS = 0.01
_CREATE = """CREATE TABLE IF NOT EXISTS answers (
    key TEXT PRIMARY KEY, model TEXT, task TEXT, text TEXT, finish TEXT, refusal TEXT,
    prompt_tokens INTEGER, completion_tokens INTEGER, estimated_tokens INTEGER, seconds REAL
)"""
_CREATE_VECTORS = (
    "CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, call TEXT, vector BLOB)"
)
_SELECT = "SELECT * FROM answers"
_SELECT_VECTORS = "SELECT * FROM vectors"
_INSERT = "INSERT OR IGNORE INTO answers VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_INSERT_VECTOR = "INSERT OR IGNORE INTO vectors VALUES (?, ?, ?)"
_LOOKUP = 500
_USAGE = """SELECT task, COUNT(*), SUM(prompt_tokens), SUM(completion_tokens),
    SUM(estimated_tokens), COALESCE(COUNT(*) * AVG(NULLIF(seconds, 0)), 0)
    FROM answers WHERE model = ? GROUP BY task"""


class Answer(NamedTuple):
    """One paid answer. `estimated_tokens` is what the prompt was estimated at before."""

    key: str
    model: str
    task: str
    text: str
    finish: str
    refusal: str
    prompt_tokens: int
    completion_tokens: int
    estimated_tokens: int
    seconds: float


class KeptVector(NamedTuple):
    """The vector of a text, as float32 in bytes, and the key of the answer that brought it."""

    key: bytes
    call: str
    vector: bytes


class Usage(NamedTuple):
    """Sums over the answers of a model to one task.

    Answers from batches were not timed: they count as if they had taken as long as the others did;
    `seconds` is 0 when there are no others.
    """

    n_answers: int
    prompt_tokens: int
    completion_tokens: int
    estimated_tokens: int
    seconds: float


class AnswersCache:
    """Answers by key, for several threads and several processes; in memory without a path.

    A damaged file is set aside under another name, never deleted, and what can still be read of
    it is taken over.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._connection = self._open()

    def get(self, key: str) -> Answer | None:
        """Return the answer kept under a key."""
        rows = self._run(f"{_SELECT} WHERE key = ?", (key,))
        return Answer(*rows[0]) if rows else None

    def put(self, answer: Answer) -> None:
        """Keep an answer; the first one under a key stays."""
        self._run(_INSERT, tuple(answer))

    def vectors(self, keys: Sequence[bytes]) -> list[KeptVector]:
        """Return the vectors kept under these keys, in any order."""
        found: list[KeptVector] = []
        for at in range(0, len(keys), _LOOKUP):
            part = tuple(keys[at : at + _LOOKUP])
            marks = ",".join("?" * len(part))
            rows = self._run(f"{_SELECT_VECTORS} WHERE key IN ({marks})", part)
            found += [KeptVector(*row) for row in rows]
        return found

    def put_vectors(self, vectors: Sequence[KeptVector]) -> None:
        """Keep the vectors of one answer, all or none; the first one under a key stays."""
        marks = ",".join(["(?, ?, ?)"] * len(vectors))
        values = tuple(value for vector in vectors for value in vector)
        self._run(f"INSERT OR IGNORE INTO vectors VALUES {marks}", values)  # noqa: S608

    def usage(self, model: str) -> dict[str, Usage]:
        """Return what the answers of a model needed so far, by task."""
        return {task: Usage(*sums) for task, *sums in self._run(_USAGE, (model,))}

    def close(self) -> None:
        """Close the file; happens by itself when nobody uses the cache any more."""
        self._closing()

    def _run(self, statement: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
        """Run one statement in one transaction, once more when the file had to be mended."""
        with self._lock:
            try:
                return self._transact(statement, values)
            except sqlite3.Error as error:
                if self._path is None or not _is_damage(error):
                    raise self._trouble(error) from error
                self._closing()
                self._connection = self._mended(self._path)
                return self._transact(statement, values)

    def _transact(self, statement: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
        """Run one statement and commit it."""
        with self._connection:
            return self._connection.execute(statement, values).fetchall()

    def _open(self) -> sqlite3.Connection:
        """Open the file, a new one if it is damaged."""
        if self._path is None:
            return self._kept(_connect(":memory:"))
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            return self._kept(_connect(self._path))
        except (sqlite3.Error, OSError) as error:
            if _is_damage(error):
                return self._mended(self._path)
            raise self._trouble(error) from error

    def _kept(self, connection: sqlite3.Connection) -> sqlite3.Connection:
        """See to it that a connection is closed in the end."""
        self._closing = weakref.finalize(self, connection.close)
        return connection

    def _mended(self, path: Path) -> sqlite3.Connection:
        """Set the damaged file aside and return a new one with what could be read of it."""
        aside = _set_aside(path)
        connection = self._kept(_connect(path))
        with connection:
            n_saved = 0
            for row in _readable(aside, _SELECT):
                connection.execute(_INSERT, row)
                n_saved += 1
            for row in _readable(aside, _SELECT_VECTORS):
                connection.execute(_INSERT_VECTOR, row)
        log.warning("%s is damaged: kept as %s, %d answers taken over", path, aside.name, n_saved)
        return connection

    def _trouble(self, error: Exception) -> EngineError:
        return EngineError(f"{self._path}: the cache of answers cannot be used: {error}")


def _is_damage(error: Exception) -> bool:
    """Tell whether the file is no database, or no longer a whole one."""
    code = getattr(error, "sqlite_errorcode", None)
    # The low byte is the kind, the rest says more about it.
    return code is not None and code & 0xFF in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def _connect(path: Path | str) -> sqlite3.Connection:
    """Open a file with its table. Who reads does not wait for who writes (WAL)."""
    connection = sqlite3.connect(path, timeout=_WAIT_SECONDS, check_same_thread=False)
    try:
        _log_ahead(connection)
        # Not even a power cut loses an answer; a call takes far longer than the disk.
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(_CREATE)
        connection.execute(_CREATE_VECTORS)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _log_ahead(connection: sqlite3.Connection) -> None:
    """Switch to WAL. SQLite does not wait for others itself when it does that to a new file."""
    ends_at = time.monotonic() + _WAIT_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > ends_at:
                raise
            time.sleep(_BUSY_SECONDS)
        else:
            return


def _set_aside(path: Path) -> Path:
    """Rename a damaged file, with its journal, to a name that is free."""
    number = 1
    while (aside := path.with_name(f"{path.name}.damaged-{number}")).exists():
        number += 1
    for ending in ("", "-wal", "-shm"):
        part = path.with_name(path.name + ending)
        if part.exists():
            part.rename(aside.with_name(aside.name + ending))
    return aside


def _readable(path: Path, select: str) -> Iterable[tuple[object, ...]]:
    """Yield the rows of a table of a damaged file up to where it is damaged."""
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    try:
        yield from connection.execute(select)
    except sqlite3.DatabaseError:
        return
    finally:
        connection.close()
