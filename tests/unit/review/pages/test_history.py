"""The log as people read it: newest first, with before and after, filters and undo."""

import json

import pytest

from pipeline.review.pages.history import build, names_of, rows_of
from tests.unit.review.hostile import HOSTILE, MARKS
from tests.unit.review.quotes import decided, point, run
from tests.unit.review.served import page
from tests.unit.review.shown import asked

POINTS = [point("a", "Letter"), point("b", "Payroll")]


def view(*decisions):
    return run(POINTS, {"a": ["the letter came late"], "b": ["the file was wrong"]}, decisions)


def renamed(n=1, **fields):
    before = fields.pop("before", json.dumps({"name": "Letter"}))
    return decided("rename", "a", {"name": "Price rise letter"}, n=n, before=before, **fields)


def told(log, **query):
    return [row.decision.decision_id for row in build(asked(log, query))["rows"]]


def test_the_last_decision_comes_first():
    assert told(view(renamed(), decided("accept", "b", n=2), decided("accept", "a", n=3))) == [
        "d3", "d2", "d1",
    ]  # fmt: skip


def test_a_row_says_who_when_what_before_after_why_and_its_state():
    shown = page(view(renamed(reason="customers say so", note="")), "/decisions").text
    for part in ("Ann", "1 Oct 2026", "10:00", "renamed 'Letter' to 'Price rise letter'",
                 "customers say so", "applied"):  # fmt: skip
        assert part in shown.replace("&#39;", "'")
    (row,) = rows_of(view(renamed()), view(renamed()).decisions)
    assert [(d.before, d.after) for d in row.differences] == [("Letter", "Price rise letter")]


def test_filters_narrow_and_stand_together():
    log = view(
        renamed(), decided("accept", "b", n=2, who="Bo"),
        decided("accept", "a", n=3, who="Bo", state="undone"),
    )  # fmt: skip
    assert told(log, who="bo") == ["d3", "d2"]
    assert told(log, who="bo", state="applied") == ["d2"]
    assert told(log, action="rename") == ["d1"]
    assert told(log, action="merge") == []
    assert "2 of 3" in page(log, "/decisions?who=bo").text


def test_a_filter_offers_only_what_the_log_has():
    made = build(asked(view(renamed(), decided("accept", "b", n=2, who="bo"))))
    assert [value for value, _ in made["actions"]] == ["", "accept", "rename"]
    assert [value for value, _ in made["people"]] == ["", "ann", "bo"]


def test_what_waits_stands_at_the_top_with_the_reason():
    waiting = decided(
        "merge", "gone", {"into": "b"}, n=1, state="waiting", note="'Leave' is not in this run"
    )
    log = view(waiting, renamed(n=2))
    shown = page(log, "/decisions").text
    assert shown.index("Waiting: 1 decision") < shown.index("All decisions")
    assert "Leave' is not in this run" in shown.replace("&#39;", "'")
    assert not build(asked(log, {"who": "ann"}))["waiting"]


def test_what_holds_or_waits_can_be_undone_and_nothing_else():
    log = view(
        renamed(), decided("accept", "a", n=2, state="undone"),
        decided("move", "a", {"stage": "X"}, n=3, state="superseded"),
        decided("accept", "b", n=4, state="waiting"),
    )  # fmt: skip
    rows = rows_of(log, log.decisions)
    assert [row.is_undoable for row in rows] == [True, False, False, True]
    form = page(log, "/decisions").form("undo", "d1")
    assert form["seen"] == ["d1:"]


def test_an_undo_can_be_taken_back():
    undo = decided("undo", "d1", n=2)
    log = view(renamed(state="undone"), undo)
    assert "Bring back" in page(log, "/decisions").text


def test_rows_lead_to_what_they_are_about_while_it_is_there():
    log = view(renamed(), decided("keep", "b-0", {"turn_id": "t", "start": 0, "end": 3}, n=2),
               decided("rename", "gone", {"name": "X"}, n=3))  # fmt: skip
    hrefs = [row.href for row in rows_of(log, log.decisions)]
    assert hrefs == ["/touchpoints/a", "/quotes/b-0", ""]


def test_a_touchpoint_taken_out_is_reached_from_what_took_it_out():
    out = decided("reject", "gone", n=1, reason="no", before=json.dumps({"name": "Small talk"}))
    log = view(out, decided("rename", "other", {"name": "X"}, n=2))
    assert [row.href for row in rows_of(log, log.decisions)] == ["/touchpoints/gone", ""]
    assert "/touchpoints/gone" in page(log, "/decisions").all("href")


def test_what_ended_a_decision_is_told():
    log = view(
        decided("move", "a", {"stage": "X"}, n=1, state="superseded"),
        decided("move", "a", {"stage": "Y"}, n=2, who="Bo"),
        decided("accept", "b", n=3, state="undone"), decided("undo", "d3", n=4, who="Bo"),
    )  # fmt: skip
    rows = rows_of(log, log.decisions)
    assert rows[0].note == "Bo moved 'Letter' to the stage 'Y', 1 Oct 2026, 10:00 UTC"
    assert rows[2].note.startswith("Bo undid: accepted 'Payroll'")
    assert (rows[1].note, rows[1].ending) == ("", None)
    assert [row.look for row in rows] == ["superseded", "applied", "undone", "applied"]
    assert "Bo moved" in page(log, "/touchpoints/a").text


def test_who_decides_the_same_as_another_overrules_nobody():
    log = view(
        decided("accept", "a", n=1, state="superseded"), decided("accept", "a", n=2, who="Bo"),
    )  # fmt: skip
    rows = rows_of(log, log.decisions)
    assert (rows[0].look, rows[0].note) == ("shared", "Bo did the same, 1 Oct 2026, 10:00 UTC")
    for path in ("/decisions", "/touchpoints/a"):
        shown = page(log, path)
        assert "superseded" not in shown.html.replace('value="superseded"', ""), path
    again = view(
        decided("accept", "a", n=1, state="superseded"), decided("accept", "a", n=2, who="ann"),
    )  # fmt: skip
    assert rows_of(again, again.decisions)[0].look == "superseded"


def test_the_minute_of_a_decision_is_told_wherever_its_history_is():
    log = view(renamed(at="2026-10-01T16:02:00.000001+00:00"))
    for path in ("/decisions", "/touchpoints/a"):
        shown = page(log, path)
        assert "16:02" in shown.text, path
        assert "2026-10-01T16:02:00.000001+00:00" in shown.all("datetime"), path


def test_what_is_gone_is_still_called_by_its_name():
    gone = decided("reject", "gone", n=1, reason="no", before=json.dumps({"name": "Small talk"}))
    assert names_of(view(gone))["gone"] == "Small talk"


def test_a_long_log_is_told_in_parts():
    log = view(*(decided("accept", "a", n=n, state="superseded") for n in range(1, 101)))
    assert told(log)[0] == "d100"
    assert told(log, page="3")[-1] == "d1"
    assert told(log, page="99") == told(log, page="3")
    assert "1 of 3" in page(log, "/decisions").text


def test_nobody_has_decided_anything_yet():
    assert "Nobody has decided anything yet" in page(view(), "/decisions").text


@pytest.mark.parametrize("query", ["?page=x", "?who=%00", "?state=none&action=none", "?page=-1"])
def test_an_odd_address_is_no_error(query):
    shown = page(view(renamed()), f"/decisions{query}").text
    is_filtered = "who=" in query or "state=" in query
    told = "No decision meets" if is_filtered else "renamed &#39;Letter&#39; to"
    assert told in shown


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_are_only_text(text):
    made = decided(
        "rename", "a", {"name": text[:80]}, who=text[:60], reason=text, note=text,
        before=json.dumps({"name": text}),
    )  # fmt: skip
    shown = page(view(made, decided("reject", "b", n=2, state="waiting", note=text)), "/decisions")
    assert not any(mark in shown.html for mark in MARKS)
    assert not shown.unnamed
