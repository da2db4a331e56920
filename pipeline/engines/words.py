"""The sentence model's vectors of words, on disk.

A corpus of half a million characters uses 6,000 of the 30,000 words. Mapped into memory, where a
page holds three and comes with its neighbours, nearly all of their 47 MB would be there before
long; so the rows of the words that are met are read, each once.
"""

import threading
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
_NUMBER = np.dtype(np.float32)


def write_words(vectors: Array, path: Path) -> None:
    """Write the vectors, one row a word, as they are in memory."""
    path.write_bytes(np.ascontiguousarray(vectors, dtype=_NUMBER).tobytes())


class WordVectors:
    """The vectors in a file; those read are kept. Several threads may use it."""

    def __init__(self, path: Path, width: int) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._rows: Array = np.zeros((0, width), dtype=_NUMBER)
        n_words = path.stat().st_size // (width * _NUMBER.itemsize)
        self._places = np.full(n_words, -1, dtype=np.int32)
        """Where in `_rows` the vector of each word is, -1 for one not read yet."""

    def of(self, ids: NDArray[np.int64]) -> Array:
        """Return the vectors of words: the shape of `ids`, then the width."""
        if (self._places[ids] < 0).any():
            self.read(ids)
        found: Array = self._rows[self._places[ids]]
        return found

    def read(self, ids: NDArray[np.int64]) -> None:
        """Read what was not read before: best for many texts at once."""
        with self._lock, self._path.open("rb", buffering=0) as file:
            met = np.unique(ids)
            new = met[self._places[met] < 0]
            if not len(new):
                return
            fresh = np.zeros((len(new), self._rows.shape[1]), dtype=_NUMBER)
            for row, word in zip(fresh, new.tolist(), strict=True):
                file.seek(word * row.nbytes)
                file.readinto(row.data)
            first = len(self._rows)
            # The rows before their places: another thread may look at both just now.
            self._rows = np.concatenate([self._rows, fresh])
            self._places[new] = np.arange(first, first + len(new))
