"""Texts to unit vectors, each text computed once and kept by its content."""

import hashlib
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.engines.minilm import (
    DIMENSIONS,
    GRAPH_VERSION,
    WEIGHTS_SHA256,
    ensure_graph,
    model_files,
)
from pipeline.errors import EngineError

Matrix = NDArray[np.float32]
Labels = NDArray[np.int64]
Progress = Callable[[int, int], None]
_MAX_TOKENS = 128
_REPORT_EVERY = 50
_LOOKUP = 500
_WAIT_SECONDS = 60
_CREATE = "CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB)"


class Embedder:
    """all-MiniLM-L6-v2 in int8 on onnxruntime, with a cache by content in one SQLite file."""

    name = f"minilm-int8-{WEIGHTS_SHA256[:8]}-v{GRAPH_VERSION}"

    def __init__(self, cache: Path | None = None) -> None:
        self._cache = cache
        self._session: Any = None
        self._tokenizer: Any = None

    def embed(self, texts: Sequence[str], progress: Progress | None = None) -> Matrix:
        """Return one unit vector a text, in order: float32, shape (len(texts), 384)."""
        keys = [_key(self.name, text) for text in texts]
        vectors = self._load(set(keys))
        missing = {k: t for k, t in zip(keys, texts, strict=True) if k not in vectors}
        if missing:
            fresh = self._compute(list(missing.values()), progress)
            computed = dict(zip(missing, fresh, strict=True))
            self._save(computed)
            vectors |= computed
        if not keys:
            return np.zeros((0, DIMENSIONS), dtype=np.float32)
        return np.stack([vectors[key] for key in keys])

    def _compute(self, texts: list[str], progress: Progress | None) -> Matrix:
        """Run the model over each text by itself, on all cores.

        Dynamic quantisation scales activations over the whole batch: in a batch, a text's vector
        would depend on its companions (cosine 0.99 between two batches). Alone it depends on the
        text only, and without padding one text a call still keeps three quarters of the speed.
        """
        self._open()
        out = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
        order = sorted(range(len(texts)), key=lambda row: -len(texts[row]))
        with ThreadPoolExecutor(os.cpu_count() or 1) as threads:
            vectors = threads.map(lambda row: self._embed_one(texts[row]), order)
            for done, (row, vector) in enumerate(zip(order, vectors, strict=True), start=1):
                out[row] = vector
                if progress and done % _REPORT_EVERY == 0:
                    progress(done, len(texts))
        return out

    def _embed_one(self, text: str) -> Matrix:
        """Return the vector of one text."""
        ids = np.array([self._tokenizer.encode(text).ids], dtype=np.int64)
        vector: Matrix = self._session.run(None, {"ids": ids, "mask": np.ones_like(ids)})[0][0]
        return vector

    def _open(self) -> None:
        """Load the model and its tokenizer on first use."""
        if self._session is not None:
            return
        import onnxruntime
        from tokenizers import Tokenizer

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            str(ensure_graph()), options, providers=["CPUExecutionProvider"]
        )
        self._tokenizer = Tokenizer.from_file(str(model_files() / "tokenizer.json"))
        self._tokenizer.enable_truncation(_MAX_TOKENS)
        self._tokenizer.no_padding()

    def _load(self, keys: set[bytes]) -> dict[bytes, Matrix]:
        """Return the vectors already known among `keys`."""
        if self._cache is None or not self._cache.is_file():
            return {}
        found: dict[bytes, Matrix] = {}
        wanted = sorted(keys)
        with _opened(self._cache) as connection:
            for at in range(0, len(wanted), _LOOKUP):
                part = wanted[at : at + _LOOKUP]
                marks = ",".join("?" * len(part))
                query = f"SELECT key, vector FROM vectors WHERE key IN ({marks})"  # noqa: S608
                for key, blob in connection.execute(query, part):
                    found[key] = np.frombuffer(blob, dtype=np.float32)
        return found

    def _save(self, vectors: dict[bytes, Matrix]) -> None:
        """Add vectors to the cache file."""
        if self._cache is None:
            return
        self._cache.parent.mkdir(parents=True, exist_ok=True)
        with _opened(self._cache) as connection:
            rows = ((key, vector.tobytes()) for key, vector in vectors.items())
            connection.executemany("INSERT OR IGNORE INTO vectors VALUES (?, ?)", rows)


@contextmanager
def _opened(cache: Path) -> Iterator[sqlite3.Connection]:
    """Yield the cache with its table; a damaged file is thrown away, it can be computed again."""
    try:
        connection = sqlite3.connect(cache, timeout=_WAIT_SECONDS)
        connection.execute(_CREATE)
    except sqlite3.DatabaseError as error:
        connection.close()
        if isinstance(error, sqlite3.OperationalError):
            raise EngineError(f"{cache}: the vector cache cannot be opened: {error}") from error
        cache.unlink()
        connection = sqlite3.connect(cache, timeout=_WAIT_SECONDS)
        connection.execute(_CREATE)
    with closing(connection), connection:
        yield connection


def _key(model: str, text: str) -> bytes:
    """Return the cache key of a text under a model."""
    return hashlib.sha256(f"{model}\x1f{text}".encode("utf-8", "surrogatepass")).digest()
