"""How far reviewers agree, in words, and what they see differently, to be settled."""

import math
from dataclasses import replace

import pytest

from pipeline.decisions.verdicts import FEWEST_SHARED, Agreement
from pipeline.publish.lookup import look_up
from pipeline.review.pages.agreement import build, line
from tests.unit.review.hostile import HOSTILE, MARKS
from tests.unit.review.quotes import decided, point, run
from tests.unit.review.served import page
from tests.unit.review.shown import asked

POINTS = [point("a", "Letter", definition="A letter about prices."), point("b", "Payroll")]
QUOTES = {"a": ["the letter came late"], "b": ["the file was wrong"]}


def view(*decisions):
    return run(POINTS, QUOTES, decisions)


def disputed(*more):
    return view(
        decided("accept", "a", n=1, reason="many speak of it"),
        decided("reject", "a", n=2, who="Bo", reason="not ours"),
        *more,
    )


def agreed(alpha, note="", n_shared=20):
    return line(Agreement("touchpoint", 2, n_shared, 15, alpha, note))


@pytest.mark.parametrize(
    ("alpha", "grade"),
    [(0.9, "reliable"), (0.8, "reliable"), (0.7, "tentative"), (0.667, "tentative"),
     (0.5, "not reliable"), (0.0, "not reliable"), (-0.2, "worse than chance"), (1.0, "reliable")],
)  # fmt: skip
def test_alpha_is_put_in_words(alpha, grade):
    assert agreed(alpha).grade == grade
    assert agreed(alpha).meaning


def test_an_alpha_that_cannot_be_known_has_no_grade_but_a_reason():
    found = agreed(math.nan, "no two reviewers have judged the same yet", 0)
    assert (found.alpha, found.grade, found.same) == ("", "", "")
    assert found.note == "No two reviewers have judged the same yet"


def test_an_alpha_of_few_has_no_grade_as_yet():
    few = agreed(0.0, "fewer than 10 were judged by two", n_shared=FEWEST_SHARED - 1)
    assert (few.alpha, few.grade, few.meaning) == ("0.00", "", "")
    assert few.note
    assert agreed(0.0, n_shared=FEWEST_SHARED).grade == "not reliable"


def test_alpha_is_written_with_its_sign_only_below_zero():
    assert (agreed(0.75).alpha, agreed(-0.25).alpha) == ("0.75", "−0.25")


def test_the_page_counts_what_two_have_judged():
    shown = page(disputed(decided("accept", "b", n=3), decided("accept", "b", n=4, who="Bo")),
                 "/agreement").text  # fmt: skip
    assert "1 of 2" in shown
    assert "Krippendorff" in shown


def test_a_dispute_shows_both_sides_with_reasons_and_evidence():
    (dispute,) = build(asked(disputed()))["disputes"]
    assert (dispute.name, dispute.href) == ("Letter", "/touchpoints/a")
    assert [side.verdict.who for side in dispute.sides] == ["Ann", "Bo"]
    assert [side.reason for side in dispute.sides] == ["many speak of it", "not ours"]
    assert [quote.text for quote in dispute.quotes] == ["the letter came late"]
    shown = page(disputed(), "/agreement").text
    assert "Why: not ours" in shown
    assert "A letter about prices." in shown


def test_a_third_way_is_open():
    shown = page(disputed(), "/agreement")
    assert "Neither: decide something else about it" in shown.text


def test_either_verdict_can_be_settled_on():
    shown = page(disputed(), "/agreement")
    forms = [f for f in shown.forms if ("action", "settle") in f["fields"]]
    chosen = [dict(f["fields"]) for f in forms]
    assert [c["decision_id"] for c in chosen] == ["d1", "d2"]
    assert {c["target_id"] for c in chosen} == {"a"}
    assert {c["seen"] for c in chosen} == {"a:d2"}


def test_what_is_settled_is_no_dispute_any_more():
    settled = decided("settle", "a", {"decision_id": "d1"}, n=3)
    made = build(asked(disputed(settled)))
    assert (made["disputes"], made["n_disputes"], made["n_settled"]) == ([], 0, 1)
    assert "Nothing is seen differently any more" in page(disputed(settled), "/agreement").text


def test_a_disputed_quote_leads_to_its_conversation():
    place = {"turn_id": "t", "start": 0, "end": 3}
    log = view(decided("keep", "b-0", place, n=1),
               decided("discard", "b-0", place, n=2, who="Bo", reason="no"))  # fmt: skip
    (dispute,) = build(asked(log))["disputes"]
    assert dispute.href == "/quotes/b-0"
    assert dispute.about == "It stands at “Payroll”."
    assert [quote.text for quote in dispute.quotes] == ["the file was wrong"]


def test_what_was_rejected_is_still_judged_by_what_customers_said():
    whole = view()
    found = {f"found_{name}": whole.tables[name] for name in ("mentions", "touchpoints")}
    left = {name: frame.iloc[:0] if name in ("mentions", "touchpoints") else frame
            for name, frame in whole.tables.items()}  # fmt: skip
    log = (decided("accept", "a", n=1), decided("reject", "a", n=2, who="Bo", reason="no"))
    now = replace(whole, tables=left, lookup=look_up(left), base=left | found, decisions=log)
    (dispute,) = build(asked(now))["disputes"]
    assert (dispute.name, dispute.about) == ("Letter", "A letter about prices.")
    assert [quote.text for quote in dispute.quotes] == ["the letter came late"]


def test_a_dispute_about_what_was_rejected_leads_to_where_it_is_brought_back():
    log = view(decided("accept", "gone", n=1), decided("reject", "gone", n=2, who="Bo", reason="x"))
    (dispute,) = build(asked(log))["disputes"]
    assert dispute.href == "/touchpoints/gone"


def test_a_dispute_about_what_is_gone_has_no_link():
    log = view(decided("accept", "gone", n=1), decided("rename", "gone", {"name": "X"}, n=2,
                                                       who="Bo"))  # fmt: skip
    (dispute,) = build(asked(log))["disputes"]
    assert dispute.href == ""
    assert dispute.name


@pytest.mark.parametrize(
    ("action", "argument", "word"),
    [("accept_hypothesis", {}, "hypothesis"), ("confirm", {}, "link")],
)
def test_each_kind_is_called_by_its_name(action, argument, word):
    other = {"accept_hypothesis": "drop_hypothesis", "confirm": "hide"}[action]
    link = {"source_id": "a", "target_id": "b", "kind": "follows"} if word == "link" else argument
    log = view(
        decided(action, "x", link, n=1), decided(other, "x", link, n=2, who="Bo", reason="r")
    )
    (dispute,) = build(asked(log))["disputes"]
    assert dispute.kind == word


def test_one_reviewer_alone_is_told_what_is_missing():
    assert "No two reviewers have judged the same yet" in page(
        view(decided("accept", "a")), "/agreement"
    ).text  # fmt: skip
    assert "Nobody has judged anything yet" in page(view(), "/agreement").text


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_are_only_text(text):
    log = run([point("a", text, definition=text)], {"a": [text or "x"]}, [
        decided("accept", "a", n=1, who="Ann", reason=text),
        decided("reject", "a", n=2, who=text[:60], reason=text),
    ])  # fmt: skip
    shown = page(log, "/agreement")
    assert not any(mark in shown.html for mark in MARKS)
    assert not shown.unnamed
