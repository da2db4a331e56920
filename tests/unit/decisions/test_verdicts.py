"""What reviewers think, how far they agree, and where they differ."""

import math

import pytest
from hypothesis import given

from pipeline.decisions.verdicts import agreement, differing, verdicts
from tests.unit.decisions.made import ENDS, PLACE, decided, histories, settling, undoing


def _said(rows):
    return {(v.target_id, v.who): (v.kind, v.verdict, v.into) for v in verdicts(rows)}


@pytest.mark.parametrize(
    ("action", "argument", "expected"),
    [
        ("accept", {}, ("touchpoint", "accept", "")),
        ("rename", {"name": "A"}, ("touchpoint", "change", "")),
        ("merge", {"into": "t2"}, ("touchpoint", "change", "")),
        ("reject", {}, ("touchpoint", "reject", "")),
        ("keep", PLACE, ("quote", "keep", "")),
        ("reassign", {**PLACE, "touchpoint_id": "t2"}, ("quote", "reassign", "t2")),
        ("discard", PLACE, ("quote", "discard", "")),
        ("confirm", ENDS, ("link", "confirm", "")),
        ("hide", ENDS, ("link", "hide", "")),
        ("accept_hypothesis", {}, ("hypothesis", "accept", "")),
        ("edit_hypothesis", {"change": "A"}, ("hypothesis", "edit", "")),
        ("drop_hypothesis", {}, ("hypothesis", "drop", "")),
    ],
)
def test_each_judging_action_is_a_verdict(action, argument, expected):
    assert _said([decided(1, "Ann", action, "x1", **argument)]) == {("x1", "Ann"): expected}


@pytest.mark.parametrize(
    ("action", "argument"),
    [("own", {"owner": "A"}), ("effort", {"effort": 2}), ("mark", {"decision": "buy"})],
)
def test_what_the_engine_cannot_know_is_no_verdict_on_it(action, argument):
    assert verdicts([decided(1, "Ann", action, **argument)]) == ()


def test_who_renames_and_then_accepts_changed_it():
    rename = decided(1, "Ann", "rename", name="A")
    accept = decided(2, "Ann", "accept")
    (verdict,) = verdicts([rename, accept])
    assert (verdict.verdict, verdict.decision_id) == ("change", rename.decision_id)


def test_a_rejection_counts_until_it_is_taken_back():
    reject, rename = decided(1, "Ann", "reject"), decided(2, "Ann", "rename", name="A")
    assert _said([reject, rename])["t1", "Ann"][1] == "reject"
    assert _said([reject, rename, decided(3, "Ann", "accept")])["t1", "Ann"][1] == "change"
    assert _said([reject, rename, undoing(3, reject)])["t1", "Ann"][1] == "change"
    assert _said([reject, undoing(3, reject)]) == {}


def test_the_last_verdict_on_a_quote_counts():
    rows = [decided(1, "Ann", "keep", "m1", **PLACE), decided(2, "Ann", "discard", "m1", **PLACE)]
    assert _said(rows) == {("m1", "Ann"): ("quote", "discard", "")}


def test_a_verdict_that_another_superseded_is_still_its_reviewers():
    rows = [decided(1, "Ann", "accept"), decided(2, "Ben", "reject")]
    assert {who: said[1] for (_, who), said in _said(rows).items()} == {
        "Ann": "accept", "Ben": "reject",
    }  # fmt: skip


def test_one_reviewer_typed_in_two_ways_is_one():
    (verdict,) = verdicts([decided(1, "ann", "accept"), decided(2, "Ann", "reject")])
    assert (verdict.who, verdict.verdict) == ("Ann", "reject")


def _judge(who, minute, **said):
    """Return decisions of a reviewer: t1='accept' and so on."""
    return [
        decided(minute + n, who, action, target) for n, (target, action) in enumerate(said.items())
    ]


def test_agreement_counts_what_two_or_more_judged():
    rows = _judge("Ann", 0, t1="accept", t2="reject", t3="accept", t4="accept")
    rows += _judge("Ben", 10, t1="accept", t2="reject", t3="reject")
    rows += [decided(20, "Ben", "keep", "m1", **PLACE)]
    touchpoints, quotes = agreement(rows)
    assert touchpoints[:4] == ("touchpoint", 2, 3, 2)
    # Labels a a, r r, a r: 6 values, 3 and 3; 1 - 5 * 2 / 18.
    assert touchpoints.alpha == pytest.approx(1 - 10 / 18)
    assert "fewer than 10" in touchpoints.note
    assert quotes[:4] == ("quote", 0, 0, 0)
    assert math.isnan(quotes.alpha)
    assert quotes.note == "no two reviewers have judged the same yet"


def test_agreement_on_one_class_only_has_no_alpha_and_says_why():
    same = {f"t{n}": "accept" for n in range(20)}
    (found,) = agreement(_judge("Ann", 0, **same) + _judge("Ben", 30, **same))
    assert (found.n_shared, found.n_same) == (20, 20)
    assert math.isnan(found.alpha)
    assert "all verdicts are 'accept'" in found.note


def test_enough_shared_verdicts_need_no_note():
    said = {f"t{n}": "reject" if n % 2 else "accept" for n in range(10)}
    (found,) = agreement(_judge("Ann", 0, **said) + _judge("Ben", 30, **said))
    assert (found.alpha, found.note) == (1, "")


def test_nobody_agrees_on_nothing():
    assert agreement([]) == ()
    assert differing([]) == ()


def test_quotes_given_to_different_touchpoints_differ():
    rows = [
        decided(1, "Ann", "reassign", "m1", **PLACE, touchpoint_id="t1"),
        decided(2, "Ben", "reassign", "m1", **PLACE, touchpoint_id="t2"),
    ]
    (found,) = differing(rows)
    assert (found.kind, found.target_id) == ("quote", "m1")
    assert [(v.who, v.into) for v in found.verdicts] == [("Ann", "t1"), ("Ben", "t2")]


def test_what_was_settled_differs_no_more_until_somebody_judges_again():
    accept, reject = decided(1, "Ann", "accept"), decided(2, "Ben", "reject")
    settle = settling(3, accept)
    assert [d.target_id for d in differing([accept, reject])] == ["t1"]
    assert differing([accept, reject, settle]) == ()
    assert len(differing([accept, reject, settle, undoing(4, settle)])) == 1
    assert len(differing([accept, reject, settle, decided(4, "Cleo", "reject")])) == 1


def test_equal_verdicts_do_not_differ():
    rows = [decided(1, "Ann", "rename", name="A"), decided(2, "Ben", "move", stage="B")]
    assert differing(rows) == ()


@given(histories())
def test_verdicts_differ_only_where_agreement_is_not_full(rows):
    open_kinds = {found.kind for found in differing(rows)}
    for found in agreement(rows):
        assert found.n_same <= found.n_shared
        assert found.kind not in open_kinds or found.n_same < found.n_shared
    assert differing(reversed(rows)) == differing(rows)
    assert agreement([*rows, *rows]) == agreement(rows)
