"""The index is written by a process of its own."""

import numpy as np
import pytest

from pipeline.engines.indexing import Entries, index, index_writer
from pipeline.engines.vectors import nearest
from pipeline.errors import EngineError

VECTORS = np.eye(3, 4, dtype=np.float32)
ENTRIES = Entries(["a", "b", "c"], VECTORS, ["x", "ü\n“", ""], [{"day": n} for n in range(3)])


def test_other_process_writes_what_this_one_would(tmp_path):
    index(tmp_path / "here", {"chunks": ENTRIES})
    with index_writer(tmp_path / "there") as write:
        write({"chunks": ENTRIES})
    here, there = (
        nearest(tmp_path / name, "chunks", VECTORS[1], 3, [{"day": {"$gte": 1}}])
        for name in ("here", "there")
    )
    assert there.equals(here)
    assert there["id"].tolist() == ["b", "c"]
    assert {path.name for path in tmp_path.iterdir()} == {"here", "there"}


def test_nothing_handed_over_is_nothing_written(tmp_path):
    with index_writer(tmp_path / "index"):
        pass
    assert not list(tmp_path.iterdir())


def _write_and_fail(folder):
    with index_writer(folder) as write:
        write({"chunks": ENTRIES})
        raise ZeroDivisionError


def test_process_ends_with_the_block(tmp_path):
    with pytest.raises(ZeroDivisionError):
        _write_and_fail(tmp_path / "index")
    assert not list(tmp_path.iterdir())


def test_reason_why_the_index_could_not_be_written_is_told(tmp_path):
    broken = ENTRIES._replace(ids=["a", "a", "b"])
    with (
        pytest.raises(EngineError, match=r"could not be written.*unique"),
        index_writer(tmp_path / "index") as write,
    ):
        write({"chunks": broken})
