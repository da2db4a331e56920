"""Chroma behind two functions."""

import numpy as np
import pytest

from pipeline.engines.indexing import Entries, index
from pipeline.engines.vectors import nearest
from pipeline.errors import EngineError

VECTORS = np.eye(4, dtype=np.float32)
FACTS = [{"kind": "call", "day": 3}, {"kind": "call", "day": 2}, {"kind": "survey", "day": 0},
         {"kind": "survey", "day": 9}]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run") / "index"
    entries = Entries(list("abcd"), VECTORS, ["w", "x", "y", "z"], FACTS)
    empty = Entries([], np.zeros((0, 1), dtype=np.float32), [], [])
    index(folder, {"chunks": entries, "touchpoints": empty})
    return folder


def test_nearest_come_first_with_their_cosine(folder):
    found = nearest(folder, "chunks", np.array([0.6, 0.8, 0, 0], dtype=np.float32), 2)
    assert found["id"].tolist() == ["b", "a"]
    assert found["similarity"].tolist() == pytest.approx([0.8, 0.6], abs=1e-4)


@pytest.mark.parametrize(
    ("where", "ids"),
    [
        ([{"kind": "call"}], {"a", "b"}),
        ([{"kind": "call"}, {"day": {"$gte": 3}}], {"a"}),
        ([{"kind": "fax"}], set()),
        ([], {"a", "b", "c", "d"}),
    ],
)
def test_conditions_must_all_hold(folder, where, ids):
    assert set(nearest(folder, "chunks", VECTORS[0], 99, where)["id"]) == ids


def test_empty_collection_has_no_neighbours(folder):
    found = nearest(folder, "touchpoints", VECTORS[0], 3)
    assert found.empty
    assert list(found.columns) == ["id", "similarity"]


def test_folder_without_an_index_is_refused(tmp_path):
    with pytest.raises(EngineError, match="no search index"):
        nearest(tmp_path / "index", "chunks", VECTORS[0], 1)


def test_folder_that_lacks_the_collection_is_refused(tmp_path):
    with pytest.raises(EngineError, match="no search index"):
        nearest(tmp_path, "chunks", VECTORS[0], 1)


def test_index_of_another_model_is_told(folder):
    with pytest.raises(EngineError, match="of another model"):
        nearest(folder, "chunks", np.ones(7, dtype=np.float32), 2)
