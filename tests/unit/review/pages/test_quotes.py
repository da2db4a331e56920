"""A quote in its conversation: every word of it, marked where it stands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import tables as t
from pipeline.review.pages.quotes import (
    Words,
    build,
    conversation,
    find_words,
    journey,
    pieces,
    source_of,
)
from pipeline.review.state.view import MissingError
from tests.unit.review.shown import asked, browser, decision, get, talk, view_of


@pytest.fixture(scope="module")
def view():
    return view_of(*talk())


def test_the_whole_conversation_is_there_in_order(view):
    turns = conversation(view, find_words(view, "m1"))
    assert ["".join(p.text for p in turn.pieces) for turn in turns] == [
        "How can I help?",
        "I waited an hour. The file was wrong and nobody rang. Thank you anyway.",
        "It is a <b>mess</b>.",
    ]
    assert [(turn.speaker, turn.at, turn.is_chosen) for turn in turns] == [
        ("staff", "0:01", False), ("customer", "0:05", True), ("customer", "0:31", False),
    ]  # fmt: skip


def test_customers_go_by_their_pseudonym_and_staff_by_their_name(view):
    turns = conversation(view, find_words(view, "m1"))
    assert [turn.name for turn in turns] == ["Tom", "C1, speaker 1", "C1, speaker 2"]
    html = get(browser(view), "/quotes/m1").html
    assert "Poe" not in html


def test_the_quote_is_marked_in_place_and_others_lead_to_their_pages(view):
    (_, turn, _) = conversation(view, find_words(view, "m1"))
    assert [(p.text, p.mention_id, p.is_chosen) for p in turn.pieces] == [
        ("I waited an hour.", "m1", True),
        (" ", "", False),
        ("The file was wrong", "m2", False),
        (" and nobody rang.", "m3", False),
        (" Thank you anyway.", "", False),
    ]
    assert turn.pieces[2].label == "Pay file and Hotline"


def test_a_quote_inside_another_is_marked_whole(view):
    (_, turn, _) = conversation(view, find_words(view, "m3"))
    marked = "".join(p.text for p in turn.pieces if p.is_chosen)
    assert marked == "The file was wrong and nobody rang."


@given(
    text=st.text(max_size=40),
    spans=st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=5),
)
def test_pieces_together_are_the_turn_whatever_the_spans(text, spans):
    spans = [(min(a, len(text)), min(b, len(text))) for a, b in spans]
    spans = [(min(pair), max(pair)) for pair in spans]
    mentions = [
        t.Mention(f"m{n}", "d", "t", "c", "p", "", "pain", text[a:b], a, b, 0.0, 0.0, "", 1.0, "")
        for n, (a, b) in enumerate(spans)
    ]
    turn = t.Turn("t", "d", 0, "customer", "", "", text)
    first = mentions[0] if mentions else None
    said = Words(
        "m0" if first else "x", "t", "d", "c", first.quote if first else "",
        first.start if first else 0, first.end if first else 0, "", "p", True, "",
    )  # fmt: skip
    found = pieces(turn, said, mentions, {"p": "Point"})
    assert "".join(p.text for p in found) == text
    if first:
        assert "".join(p.text for p in found if p.is_chosen) == first.quote


def test_source_says_where_when_and_how_it_ended(view):
    call, survey = source_of(view, find_words(view, "m1")), source_of(view, find_words(view, "m4"))
    assert (call.place, call.day, call.outcome) == ("calls/a.txt", "2 Aug 2026", "left")
    assert call.value == "1,200 GBP a year"
    assert (survey.place, survey.score) == ("nps.csv · row 4", "3 (nps)")
    assert call.account == "Vets"


def test_the_customers_way_is_told_in_order_of_time(view):
    steps = journey(view, find_words(view, "m1"))
    assert [s.quote.mention_id for s in steps] == ["m4", "m1", "m2", "m3"]
    assert [s.is_chosen for s in steps] == [False, True, False, False]


def test_an_unnamed_customer_is_called_so(view):
    page = get(browser(view), "/quotes/m5")
    assert "The source names no customer" in page.text
    assert "x9" not in page.text


def test_what_belongs_to_no_touchpoint_can_be_assigned(view):
    said = find_words(view, "c1")
    assert (said.touchpoint_id, said.is_decidable, said.why_not) == ("", True, "unassigned")
    page = get(browser(view), "/quotes/c1")
    form = page.form("reassign", "c1")
    assert form["seen"] == ["c1:"]
    assert "Set aside: unassigned." in page.text
    assert page.form("add")["like"] == [""]
    assert "Nobody there, ever.</textarea>" in page.html


def test_a_sentence_that_is_no_quote_has_its_conversation_but_cannot_be_moved(view):
    said = find_words(view, "st12")
    assert (said.text, said.is_decidable) == ("Thank you anyway.", False)
    page = get(browser(view), "/quotes/st12")
    with pytest.raises(AssertionError):
        page.form("reassign")
    assert page.form("add")


def test_a_discarded_quote_keeps_its_page_with_the_decision():
    tables, manifest = talk()
    tables["mentions"] = tables["mentions"][tables["mentions"]["mention_id"] != "m2"]
    rows = (decision("discard", "m2", reason="a joke"),)
    page = get(browser(view_of(tables, manifest, rows)), "/quotes/m2")
    assert page.form("undo", rows[0].decision_id)
    assert "a joke" in page.text


def test_forms_of_a_quote_send_what_was_seen_of_it():
    rows = (decision("keep", "m1"), decision("accept", "p1", 1))
    page = get(browser(view_of(*talk(), rows)), "/quotes/m1")
    assert page.form("discard", "m1")["seen"] == [f"m1:{rows[0].decision_id}"]
    mark = page.form("mark", "p1")
    assert mark["mention_id"] == ["m1"]
    assert mark["seen"] == [f"p1:{rows[1].decision_id}"]


def test_markup_in_what_was_said_is_shown_as_it_was_said(view):
    html = get(browser(view), "/quotes/m1").html
    assert "<b>mess" not in html
    assert "&lt;b&gt;mess" in html


def test_words_that_are_not_there_are_missing(view):
    with pytest.raises(MissingError):
        build(asked(view, mention_id="nothing"))
    get(browser(view), "/quotes/nothing", 404)
