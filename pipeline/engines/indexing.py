"""Chroma, the writing side: a run's chunks and touchpoints into a new search index.

Importing Chroma takes a second, and while it writes nothing else in its process goes on. So the
index is written by a process of its own, `python -m pipeline.engines.indexing`, beside this one.
Vectors are always given, so Chroma never loads (or downloads) an embedder of its own; telemetry is
off.
"""

import pickle
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen
from tempfile import TemporaryFile
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import EngineError

_BATCH = 5000
_COSINE = {"hnsw": {"space": "cosine"}}
_ROOT = Path(__file__).parents[2]
"""Where the package `pipeline` is found."""


class Entries(NamedTuple):
    """What goes into one collection, in one order."""

    ids: list[str]
    vectors: NDArray[np.float32]
    texts: list[str]
    facts: list[dict[str, str | int]]
    """per entry what it can be filtered by"""


Collections = dict[str, Entries]
"""Entries by the name of their collection."""


@contextmanager
def index_writer(folder: Path) -> Iterator[Callable[[Collections], None]]:
    """Yield a function that takes collections and has them written into a new Chroma folder.

    The process that writes starts at once, to load Chroma while the entries are still being made;
    leaving the block waits for it. EngineError when the index could not be written.
    """
    handed = folder.with_name(f".{folder.name}.entries").absolute()
    command = [sys.executable, "-m", __name__, str(folder.absolute()), str(handed)]
    with (
        TemporaryFile() as trouble,
        Popen(command, cwd=_ROOT, stdin=PIPE, stdout=DEVNULL, stderr=trouble) as process,  # noqa: S603
    ):
        go: IO[bytes] = process.stdin  # type: ignore[assignment]

        def write(collections: Collections) -> None:
            plain = {name: tuple(entries) for name, entries in collections.items()}
            handed.write_bytes(pickle.dumps(plain))
            go.close()

        try:
            yield write
            go.close()
            process.wait()
        finally:
            process.kill()
            handed.unlink(missing_ok=True)
        if process.returncode:
            trouble.seek(0)
            said = trouble.read().decode("utf-8", "replace").strip().splitlines() or ["no reason"]
            raise EngineError(f"the search index could not be written: {said[-1]}")


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


def _write_when_told(folder: Path, handed: Path) -> None:
    """Load Chroma, wait for the end of the input, and index what was handed over, if anything."""
    import chromadb  # noqa: F401 - it takes a second, while the entries are made

    sys.stdin.read()
    if handed.is_file():
        plain = pickle.loads(handed.read_bytes())  # noqa: S301 - written by the process before us
        index(folder, {name: Entries(*parts) for name, parts in plain.items()})


if __name__ == "__main__":
    _write_when_told(Path(sys.argv[1]), Path(sys.argv[2]))
