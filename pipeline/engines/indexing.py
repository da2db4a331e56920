"""Chroma, the writing side: a run's chunks and touchpoints into a new search index.

Importing Chroma takes a second, and while it writes nothing else in its process goes on, so it is
best done beside the rest (`pipeline.beside`).
Vectors are always given, so Chroma never loads (or downloads) an embedder of its own; telemetry is
off.
"""

from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

_BATCH = 5000
_COSINE = {"hnsw": {"space": "cosine"}}


class Entries(NamedTuple):
    """What goes into one collection, in one order."""

    ids: list[str]
    vectors: NDArray[np.float32]
    texts: list[str]
    facts: list[dict[str, str | int]]
    """per entry what it can be filtered by"""


Collections = dict[str, Entries]
"""Entries by the name of their collection."""


def index(folder: Path, collections: Collections) -> None:
    """Write the collections into a new Chroma folder."""
    with closing(open_chroma(folder)) as client:
        for name, entries in collections.items():
            collection = client.create_collection(
                name, embedding_function=None, configuration=_COSINE
            )
            for at in range(0, len(entries.ids), _BATCH):
                part = slice(at, at + _BATCH)
                collection.upsert(
                    ids=entries.ids[part],
                    embeddings=entries.vectors[part],
                    documents=entries.texts[part],
                    metadatas=entries.facts[part],
                )


def open_chroma(folder: Path) -> Any:  # noqa: ANN401 - chromadb's own types need its slow import
    """Open a Chroma folder."""
    import chromadb
    from chromadb.config import Settings

    return chromadb.PersistentClient(str(folder), settings=Settings(anonymized_telemetry=False))
