"""A run's search index, as it is written."""

import numpy as np

from pipeline.engines.indexing import Entries, index
from pipeline.engines.vectors import nearest

VECTORS = np.eye(3, 4, dtype=np.float32)
ENTRIES = Entries(["a", "b", "c"], VECTORS, ["x", "ü\n“", ""], [{"day": n} for n in range(3)])


def test_collections_may_come_one_after_the_other(tmp_path):
    index(tmp_path / "one", {"chunks": ENTRIES, "touchpoints": ENTRIES})
    index(tmp_path / "two", {"chunks": ENTRIES})
    index(tmp_path / "two", {"touchpoints": ENTRIES})
    for name in ("chunks", "touchpoints"):
        one, two = (
            nearest(tmp_path / folder, name, VECTORS[1], 3, [{"day": {"$gte": 1}}])
            for folder in ("one", "two")
        )
        assert one.equals(two)
        assert one["id"].tolist() == ["b", "c"]
