"""What the comparison needs of this project beside its command; runs in .venv.

    python our_side.py sentences RUN_FOLDER SENTENCES
    python our_side.py vectors SENTENCES VECTORS

The first writes the customers' sentences of a run as JSON, the second their int8 vectors (.npy),
each computed anew. Each imports what it needs by itself: the imports of the second are timed.
"""

import json
import sys
from pathlib import Path

import numpy as np


def write_sentences(run: Path, target: Path) -> None:
    """Write what an engine got to read in a run, in the order of documents and characters."""
    from pipeline.stages.extract import spoken_by_customers  # noqa: PLC0415
    from pipeline.store import read_run  # noqa: PLC0415

    tables, _ = read_run(run)
    said = spoken_by_customers(tables["turns"], tables["sentences"])
    ordered = said.sort_values(["document_id", "turn_id", "start"])
    target.write_text(json.dumps(ordered["text"].tolist()), "utf-8")


def write_vectors(sentences: Path, target: Path) -> None:
    """Write one row of 384 numbers a sentence."""
    from pipeline.engines.embedding import Embedder  # noqa: PLC0415

    np.save(target, Embedder().embed(json.loads(sentences.read_text("utf-8"))))


if __name__ == "__main__":
    commands = {"sentences": write_sentences, "vectors": write_vectors}
    commands[sys.argv[1]](*map(Path, sys.argv[2:]))
