import pytest

from pipeline import tables as t
from pipeline.publish.lookup import Rows, look_up
from tests.unit.stages import journeys as j


def test_rows_are_made_when_asked_for():
    documents = [j.document(f"d{n}", f"c{n}", score=4.0, value=9.0) for n in (2, 1)]
    frame = t.DOCUMENTS.frame(documents)
    rows = Rows(t.DOCUMENTS, frame, "document_id")
    assert list(rows) == ["d1", "d2"]
    assert len(rows) == 2
    assert rows["d2"] == documents[0]
    assert rows["d2"] is rows["d2"]
    assert "d3" not in rows
    assert rows.get("d3") is None
    with pytest.raises(KeyError):
        rows["d3"]
    assert [row.customer_id for row in rows.values()] == ["c1", "c2"]


def test_only_sources_of_mentions_are_looked_up():
    tables = j.write({"c1": [(j.day(0), ["a"]), (j.day(1), [])]})
    found = look_up(tables | {"touchpoints": j.touchpoints(["a"])})
    assert list(found.documents) == ["c1-0"]
    assert list(found.turns) == ["c1-0-00"]
    assert (found.n_documents, found.n_customers) == (2, 1)


def test_without_tables_there_is_nothing():
    found = look_up({})
    assert (dict(found.documents), dict(found.turns), found.mentions) == ({}, {}, {})
