"""The engine of a replay is made late, and asked once for each vector; links tell of the past."""

import numpy as np
import pytest

from pipeline import tables as t
from pipeline.config import Corpus, Settings
from pipeline.methods.carrying import relabel
from pipeline.replay import _EngineInWaiting
from pipeline.steps import believed, measured, restate, without_gaps
from tests.unit.stages.reviewed import Log, build, place, vectors


class Engine:
    name = "made up"

    def __init__(self):
        self.asked = []

    def embed(self, texts):
        self.asked += texts
        return vectors(texts)


def refuse():
    raise AssertionError("nothing needs the model")


@pytest.fixture
def waiting():
    near = Engine()
    return near, _EngineInWaiting(refuse, near)


def test_vectors_are_asked_for_once_and_come_in_order(waiting):
    near, engine = waiting
    engine.embed(["late parcel", "bill"])
    found = engine.embed(["bill", "chat", "late parcel", "bill"])
    assert sorted(near.asked) == ["bill", "chat", "late parcel"]
    np.testing.assert_array_equal(found, vectors(["bill", "chat", "late parcel", "bill"]))
    assert engine.embed([]).shape == (0, found.shape[1])


def test_engine_is_made_when_it_is_asked_something_else():
    made = []
    engine = _EngineInWaiting(lambda: made.append("model") or Engine(), Engine())
    engine.embed(["bill"])
    assert made == []
    assert engine.name == "made up"
    assert made == ["model"]


def restated(log, **more):
    """The small run as that of the second quarter, seen from the third."""
    tables = build()
    people = {row.document_id: row.customer_id for row in t.CANDIDATES.rows(tables["candidates"])}
    nothing = float("nan")
    tables |= {
        "documents": t.DOCUMENTS.frame(
            t.Document(key, "survey", "", "", who, False, "", "", "", "", "en", nothing, "", "",
                       nothing, "")
            for key, who in people.items()
        ),
        "decisions": t.DECISIONS.frame(),
    }  # fmt: skip
    tables |= {
        name: tables[f"found_{name}"]
        for name in ("mentions", "touchpoints", "aliases", "pain_points")
    }
    tables |= {"scores": t.SCORES.frame()}
    settings = Settings(corpus=Corpus(name="x"))
    return tables, restate(tables, log.frame, settings, Engine(), ("2026Q2", "2026Q3"))


def names(tables):
    return dict(tables["touchpoints"][["touchpoint_id", "name"]].to_numpy().tolist())


def test_without_decisions_the_period_before_is_as_it_was():
    before, now = restated(Log())
    assert now is before


def test_merge_and_rename_restate_the_period_before():
    log = Log()
    log("merge", "letter", into="billing")
    log("rename", "billing", name="Post")
    _, now = restated(log)
    assert names(now) == {"billing": "Post", "chat": "Chat"}
    assert now["mentions"]["touchpoint_id"].value_counts()["billing"] == 9


def test_link_puts_the_earlier_touchpoint_under_the_id_of_today():
    log = Log()
    log("link", "today", earlier_id="letter")
    _, now = restated(log)
    assert "letter" not in names(now)
    assert names(now)["today"] == "Letter"


@pytest.mark.parametrize(("period", "is_there"), [("2026Q3", False), ("2026Q2", True)])
def test_unlink_parts_a_touchpoint_from_the_runs_before_it(period, is_there):
    log = Log()
    log("unlink", "letter", period=period)
    _, now = restated(log)
    assert ("letter" in names(now)) == is_there


def test_score_that_a_reviewer_set_tells_nothing_of_the_period_before():
    log = Log()
    log("score", "letter", period="2026Q2", reason="x", dimension="impact", value=0.9)
    log("discard", "r1", reason="x", **place("r1"))
    _, now = restated(log)
    assert not now["scores"]["basis"].str.startswith("set by").any()


def test_two_periods_are_compared_by_what_customers_said():
    nothing = float("nan")
    scores = t.SCORES.frame(
        t.Score("a", name, 0.9, low, low, 1, "x", "x", 1.0)
        for name, low in (("emotion", nothing), ("function", 0.5))
    )
    assert measured(scores)["dimension"].tolist() == ["function"]


def test_id_that_another_touchpoint_has_is_not_given_twice():
    tables = relabel(build(), {"letter": "chat"})
    assert set(tables["found_touchpoints"]["touchpoint_id"]) == {"letter", "billing", "chat"}


def test_what_a_reviewer_hid_or_set_is_passed_on_as_such():
    nothing = float("nan")
    edges = t.EDGES.frame(
        t.Edge(key, "a", "b", kind, "next", 1, 1, 1, 1, 1, 1, True, review)
        for key, kind, review in (("e1", "follows", "hidden"), ("e2", "influences", ""))
    )
    assert believed(edges)["edge_id"].tolist() == ["e2"]
    scores = t.SCORES.frame(
        t.Score("a", name, value, nothing, nothing, 1, "x", "x", 1.0)
        for name, value in (("impact", 0.9), ("emotion", nothing))
    )
    done = without_gaps(scores).set_index("dimension")
    assert done.loc["impact", ["low", "high"]].tolist() == [0.9, 0.9]
    assert done.loc["emotion", ["low", "high"]].isna().all()
