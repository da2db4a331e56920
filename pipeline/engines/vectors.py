"""Chroma, behind two functions: index a run's chunks and touchpoints, and find the nearest.

Vectors are always given, so Chroma never loads (or downloads) an embedder of its own; telemetry is
off. The index can be rebuilt from the tables at any time.
"""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from pipeline.engines.embedding import Matrix
from pipeline.errors import EngineError

_BATCH = 5000
_COSINE = {"hnsw": {"space": "cosine"}}


class Entries(NamedTuple):
    """What goes into one collection, in one order."""

    ids: list[str]
    vectors: Matrix
    texts: list[str]
    facts: list[dict[str, str | int]]
    """per entry what it can be filtered by"""


def index(folder: Path, collections: dict[str, Entries]) -> None:
    """Write the collections into a new Chroma folder."""
    with closing(_client(folder)) as client:
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


def nearest(
    folder: Path, name: str, vector: Matrix, n: int, where: Sequence[dict[str, Any]] = ()
) -> pd.DataFrame:
    """Return the `n` entries nearest to a vector: columns id, similarity (1 is the same).

    `where` are Chroma conditions that must all hold. EngineError when the folder has no index.
    """
    if not folder.is_dir():
        raise EngineError(f"no search index at {folder}; run the corpus again to build it")
    from chromadb.errors import NotFoundError

    with closing(_client(folder)) as client:
        try:
            collection = client.get_collection(name, embedding_function=None)
        except NotFoundError as error:
            raise EngineError(f"no search index at {folder}; run the corpus again") from error
        size = collection.count()
        if not size:
            return pd.DataFrame(
                {"id": pd.Series(dtype="str"), "similarity": pd.Series(dtype=float)}
            )
        condition = {"$and": list(where)} if len(where) > 1 else (where[0] if where else None)
        found = collection.query(
            query_embeddings=vector.reshape(1, -1), n_results=min(n, size), where=condition
        )
    distances = (found["distances"] or [[]])[0]
    return pd.DataFrame({"id": found["ids"][0], "similarity": [1 - d for d in distances]})


def _client(folder: Path) -> Any:  # noqa: ANN401 - chromadb's own types need its slow import
    """Open a Chroma folder."""
    import chromadb
    from chromadb.config import Settings

    return chromadb.PersistentClient(str(folder), settings=Settings(anonymized_telemetry=False))
