"""Texts to vectors, each text computed once and kept by its content.

A text has two: its sentence vector (what it is about), and the mean of an inner layer's rows (how
it is told), which the model computes on the way.
"""

import hashlib
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.beside import give_back
from pipeline.engines.minilm import (
    DIMENSIONS,
    GRAPH_VERSION,
    WEIGHTS_SHA256,
    ensure_model,
    model_files,
)
from pipeline.engines.words import WordVectors
from pipeline.errors import EngineError

Matrix = NDArray[np.float32]
Labels = NDArray[np.int64]
Records = NDArray[np.void]
Progress = Callable[[int, int], None]
_MAX_TOKENS = 128
# Larger batches are no faster: their rows no longer fit the processor's cache.
_BATCH_TOKENS = 320
# Starting threads for fewer costs more than it saves.
_FEW_BATCHES = 3
_LOOKUP = 500
# What the tokenizer says of a text takes 3 KB while its tokens take 100 bytes.
_TOKENISED = 1_000
# Vectors just computed are asked for again, step after step: 40 MB of them at most.
_REMEMBERED = 16_384
_WAIT_SECONDS = 60
_CREATE = "CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB)"
_KEPT = np.dtype([("sentence", np.float32, DIMENSIONS), ("inner", np.float16, DIMENSIONS)])


class Vectors(NamedTuple):
    """What the model makes of some texts, one row a text: float32, shape (n, 384)."""

    sentence: Matrix
    """of length one: what a text is about"""
    inner: Matrix
    """the mean of an inner layer's rows, with the precision of float16: how a text is told"""


class Embedder:
    """all-MiniLM-L6-v2 in int8 on onnxruntime, with a cache by content in one SQLite file."""

    name = f"minilm-int8-{WEIGHTS_SHA256[:8]}-v{GRAPH_VERSION}"

    def __init__(self, cache: Path | None = None) -> None:
        self._cache = cache
        self._session: Any = None
        self._tokenizer: Any = None
        self._words: Any = None
        self._recent: dict[bytes, bytes] = {}

    def embed(self, texts: Sequence[str], progress: Progress | None = None) -> Matrix:
        """Return one unit vector a text, in order: float32, shape (len(texts), 384)."""
        return np.ascontiguousarray(self._records(texts, progress)["sentence"])

    def both(self, texts: Sequence[str]) -> Vectors:
        """Return both vectors of each text, in order."""
        records = self._records(texts)
        sentence = np.ascontiguousarray(records["sentence"])
        return Vectors(sentence, records["inner"].astype(np.float32))

    def _records(self, texts: Sequence[str], progress: Progress | None = None) -> Records:
        """Return the vectors of each text, in order; what is missing is computed and kept."""
        keys = [_key(self.name, text) for text in texts]
        known = {key: self._recent[key] for key in keys if key in self._recent}
        known |= self._load(set(keys) - known.keys())
        missing = {k: t for k, t in zip(keys, texts, strict=True) if k not in known}
        if missing:
            fresh = self._compute(list(missing.values()), progress)
            computed = {key: row.tobytes() for key, row in zip(missing, fresh, strict=True)}
            self._save(computed)
            self._remember(computed)
            known |= computed
        # Bytes are joined ten times faster than arrays of one record each.
        return np.frombuffer(b"".join(map(known.__getitem__, keys)), dtype=_KEPT)

    def _compute(self, texts: list[str], progress: Progress | None) -> Records:
        """Run the model on all cores over batches of texts of equal length, long ones first.

        Without padding, and with the graph's fixed int8 ranges, a text's vectors are to the last
        bit those it has alone, whatever the batch.
        """
        self._open()
        out = np.zeros(len(texts), dtype=_KEPT)
        tokens = self._tokens(texts)
        self._words.read(np.concatenate(tokens))
        batches = _batches([len(ids) for ids in tokens])
        done = 0
        for rows, found in zip(batches, self._each(tokens, batches), strict=True):
            out["sentence"][rows] = found.sentence
            out["inner"][rows] = found.inner
            done += len(rows)
            if progress:
                progress(done, len(texts))
        if len(texts) >= _TOKENISED:
            give_back()  # threads that come no more leave some 40 MB
        return out

    def _tokens(self, texts: list[str]) -> list[Labels]:
        """Return the token ids of each text."""
        parts = (texts[at : at + _TOKENISED] for at in range(0, len(texts), _TOKENISED))
        encode = self._tokenizer.encode_batch_fast
        return [np.array(code.ids) for part in parts for code in encode(part)]

    def _each(self, tokens: list[Labels], batches: list[list[int]]) -> Iterator[Vectors]:
        """Yield the vectors of each batch of rows of `tokens`."""

        def run(rows: list[int]) -> Vectors:
            return self._run(np.stack([tokens[row] for row in rows]))

        if len(batches) < _FEW_BATCHES:
            yield from map(run, batches)
            return
        with ThreadPoolExecutor(os.cpu_count() or 1) as threads:
            yield from threads.map(run, batches)

    def _run(self, ids: Labels) -> Vectors:
        """Return the unit mean of each text's last rows, and the mean of its inner ones; `ids` has
        shape (texts, tokens).

        numpy sums the rows of one text in one order; the graph's own mean depends on the batch.
        """
        last, inner = self._session.run(None, {"words": self._words.of(ids)})
        total: Matrix = last.sum(axis=1)
        unit: Matrix = total / np.sqrt((total * total).sum(axis=1, keepdims=True))
        return Vectors(unit, inner.sum(axis=1) / ids.shape[1])

    def _open(self) -> None:
        """Load the model and its tokenizer on first use."""
        if self._session is not None:
            return
        import onnxruntime
        from tokenizers import Tokenizer

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.intra_op_num_threads = 1
        model = ensure_model()
        self._session = onnxruntime.InferenceSession(
            str(model.graph), options, providers=["CPUExecutionProvider"]
        )
        self._words = WordVectors(model.words, DIMENSIONS)
        self._tokenizer = Tokenizer.from_file(str(model_files() / "tokenizer.json"))
        self._tokenizer.enable_truncation(_MAX_TOKENS)
        self._tokenizer.no_padding()

    def _remember(self, computed: dict[bytes, bytes]) -> None:
        """Keep vectors at hand, and none of before when they would be too many."""
        if len(self._recent) + len(computed) > _REMEMBERED:
            self._recent.clear()
        if len(computed) <= _REMEMBERED:
            self._recent |= computed

    def _load(self, keys: set[bytes]) -> dict[bytes, bytes]:
        """Return the vectors already known among `keys`."""
        if not keys or self._cache is None or not self._cache.is_file():
            return {}
        try:
            return _found(self._cache, sorted(keys))
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise EngineError(
                    f"{self._cache}: the vector cache cannot be read: {error}"
                ) from error
            self._cache.unlink()
            return {}

    def _save(self, vectors: dict[bytes, bytes]) -> None:
        """Add vectors to the cache file."""
        if self._cache is None:
            return
        self._cache.parent.mkdir(parents=True, exist_ok=True)
        with _opened(self._cache) as connection:
            insert = "INSERT OR REPLACE INTO vectors VALUES (?, ?)"
            connection.executemany(insert, vectors.items())


def _batches(lengths: list[int]) -> list[list[int]]:
    """Return rows of equal length together, the longest first, at most _BATCH_TOKENS a batch."""
    order = sorted(range(len(lengths)), key=lambda row: -lengths[row])
    batches: list[list[int]] = []
    for length, group in groupby(order, key=lambda row: lengths[row]):
        rows = list(group)
        size = max(1, _BATCH_TOKENS // length)
        batches += [rows[at : at + size] for at in range(0, len(rows), size)]
    return batches


def _found(cache: Path, wanted: list[bytes]) -> dict[bytes, bytes]:
    """Return the whole vectors in the cache file among those wanted."""
    found: dict[bytes, bytes] = {}
    with _opened(cache) as connection:
        for at in range(0, len(wanted), _LOOKUP):
            part = wanted[at : at + _LOOKUP]
            marks = ",".join("?" * len(part))
            query = f"SELECT key, vector FROM vectors WHERE key IN ({marks})"  # noqa: S608
            for key, blob in connection.execute(query, part):
                if len(blob) == _KEPT.itemsize:
                    found[key] = blob
    return found


def _connect(cache: Path) -> sqlite3.Connection:
    """Open the cache with its table."""
    connection = sqlite3.connect(cache, timeout=_WAIT_SECONDS)
    try:
        # What a power cut damages can be computed again, which is quicker than to wait for disks.
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute(_CREATE)
    except sqlite3.DatabaseError:
        connection.close()
        raise
    return connection


@contextmanager
def _opened(cache: Path) -> Iterator[sqlite3.Connection]:
    """Yield the cache with its table; a damaged file is thrown away, it can be computed again."""
    try:
        connection = _connect(cache)
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):
            raise EngineError(f"{cache}: the vector cache cannot be opened: {error}") from error
        cache.unlink()
        connection = _connect(cache)
    with closing(connection), connection:
        yield connection


def _key(model: str, text: str) -> bytes:
    """Return the cache key of a text under a model."""
    return hashlib.sha256(f"{model}\x1f{text}".encode("utf-8", "surrogatepass")).digest()
