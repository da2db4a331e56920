"""Chroma, the reading side: the chunks or touchpoints of a run that are nearest to a vector."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.engines.embedding import Matrix
from pipeline.engines.indexing import open_chroma
from pipeline.errors import EngineError


def nearest(
    folder: Path, name: str, vector: Matrix, n: int, where: Sequence[dict[str, Any]] = ()
) -> pd.DataFrame:
    """Return the `n` entries nearest to a vector: columns id, similarity (1 is the same).

    `where` are Chroma conditions that must all hold. EngineError when the folder has no index.
    """
    if not folder.is_dir():
        raise EngineError(f"no search index at {folder}; run the corpus again to build it")
    from chromadb.errors import InvalidArgumentError, InvalidDimensionException, NotFoundError

    with closing(open_chroma(folder)) as client:
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
        try:
            found = collection.query(
                query_embeddings=vector.reshape(1, -1), n_results=min(n, size), where=condition
            )
        except (InvalidArgumentError, InvalidDimensionException) as error:
            told = f"the search index at {folder} is of another model; run the corpus again"
            raise EngineError(f"{told}: {error}") from error
    distances = (found["distances"] or [[]])[0]
    return pd.DataFrame({"id": found["ids"][0], "similarity": [1 - d for d in distances]})
