"""What counts of a history of decisions."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.decisions import history
from pipeline.decisions.actions import ACTIONS
from pipeline.decisions.history import (
    about,
    fates,
    latest,
    latest_of_all,
    settled,
    since,
    standing,
    states,
)
from tests.unit.decisions.made import ENDS, PLACE, decided, histories, settling, undoing


def test_what_is_undone_does_not_count():
    rename = decided(1, "Ann", "rename", name="Letter")
    undo = undoing(2, rename, "Ben")
    assert standing([rename, undo]) == ()
    assert fates([rename, undo])[rename.decision_id] == ("undone", undo.decision_id)
    assert states([rename, undo])[undo.decision_id] == ""


def test_undoing_an_undo_brings_the_decision_back():
    rename = decided(1, "Ann", "rename", name="Letter")
    undo = undoing(2, rename)
    redo = undoing(3, undo)
    assert standing([rename, undo, redo]) == (rename,)
    assert standing([rename, undo, redo, undoing(4, redo)]) == ()


def test_two_undos_of_one_decision_are_both_to_be_undone():
    rename = decided(1, "Ann", "rename", name="Letter")
    undos = (undoing(2, rename, "Ann"), undoing(3, rename, "Ben"))
    rows = [rename, *undos]
    rows.append(undoing(4, undos[0]))
    assert standing(rows) == ()
    rows.append(undoing(5, undos[1]))
    assert standing(rows) == (rename,)


def test_an_undo_of_what_nobody_decided_does_nothing():
    rename = decided(1, "Ann", "rename", name="Letter")
    stray = decided(2, "Ann", "undo", "0123456789abcdef")
    assert standing([rename, stray]) == (rename,)
    assert set(states([rename, stray])) == {rename.decision_id, stray.decision_id}


SPLIT = {"touchpoint_id": "t9", "name": "New", "quotes": ["m1"]}
SAME = [
    ("rename", {"name": "A"}, "rename", {"name": "B"}),
    ("redefine", {"definition": "A"}, "redefine", {"definition": "B"}),
    ("move", {"stage": "A"}, "move", {"stage": ""}),
    ("own", {"owner": "A", "backup": "C"}, "own", {"owner": "B"}),
    ("effort", {"effort": 2}, "effort", {"effort": 3}),
    ("score", {"dimension": "impact", "value": 0.1}, "score",
     {"dimension": "impact", "value": 0.2}),
    ("accept", {}, "reject", {}),
    ("reject", {}, "accept", {}),
    ("accept", {}, "accept", {}),
    ("merge", {"into": "t2"}, "merge", {"into": "t3"}),
    ("link", {"earlier_id": "t7"}, "unlink", {}),
    ("unlink", {}, "link", {"earlier_id": "t7"}),
    ("mark", {"decision": "leave"}, "unmark", {"decision": "leave"}),
    ("unmark", {"decision": "leave"}, "mark", {"decision": "leave", "mention_id": "m1"}),
    ("confirm", ENDS, "hide", ENDS),
    ("hide", ENDS, "confirm", ENDS),
    ("keep", PLACE, "discard", PLACE),
    ("discard", PLACE, "reassign", {**PLACE, "touchpoint_id": "t2"}),
    ("reassign", {**PLACE, "touchpoint_id": "t2"}, "keep", PLACE),
    ("rename_pain", {"name": "A"}, "rename_pain", {"name": "B"}),
    ("merge_pain", {"into": "p2"}, "merge_pain", {"into": "p3"}),
    ("accept_hypothesis", {}, "drop_hypothesis", {}),
    ("drop_hypothesis", {}, "accept_hypothesis", {}),
    ("accept_hypothesis", {}, "edit_hypothesis", {"change": "A"}),
    ("drop_hypothesis", {}, "edit_hypothesis", {"change": "A"}),
    ("edit_hypothesis", {"change": "A"}, "drop_hypothesis", {}),
    ("edit_hypothesis", {"change": "A"}, "edit_hypothesis", {"change": "B", "measure": "C"}),
]  # fmt: skip
APART = [
    ("rename", {"name": "A"}, "redefine", {"definition": "B"}),
    ("rename", {"name": "A"}, "accept", {}),
    ("rename", {"name": "A"}, "reject", {}),
    ("score", {"dimension": "impact", "value": 0.1}, "score",
     {"dimension": "function", "value": 0.2}),
    ("mark", {"decision": "leave"}, "unmark", {"decision": "stay"}),
    ("edit_hypothesis", {"change": "A"}, "accept_hypothesis", {}),
    ("edit_hypothesis", {"change": "A", "target": "D"}, "edit_hypothesis", {"change": "B"}),
    ("split", SPLIT, "split", {**SPLIT, "touchpoint_id": "t8"}),
    ("add", {"name": "A"}, "add", {"name": "B"}),
    ("dismiss", {}, "dismiss", {}),
]  # fmt: skip


@pytest.mark.parametrize(("first", "argument", "second", "other"), SAME)
def test_a_later_decision_about_the_same_supersedes(first, argument, second, other):
    one = decided(1, "Ann", first, reason="so", **argument)
    two = decided(2, "Ben", second, reason="so", **other)
    assert fates([one, two])[one.decision_id] == ("superseded", two.decision_id)
    assert standing([one, two]) == (two,)
    elsewhere = decided(2, "Ben", second, "t5", reason="so", **other)
    assert standing([one, elsewhere]) == (one, elsewhere)
    assert standing([one, two, undoing(3, two)]) == (one,)


@pytest.mark.parametrize(("first", "argument", "second", "other"), APART)
def test_a_decision_about_something_else_leaves_it_standing(first, argument, second, other):
    rows = (decided(1, "Ann", first, **argument), decided(2, "Ben", second, **other))
    assert standing(rows) == rows


def test_each_action_is_in_the_table_of_what_supersedes():
    assert not [action for action in ACTIONS if action not in history.__doc__]


def test_an_edit_from_before_a_drop_counts_again_when_the_hypothesis_is_accepted_after_all():
    edit = decided(1, "Ann", "edit_hypothesis", change="A")
    drop = decided(2, "Ben", "drop_hypothesis", reason="no")
    accept = decided(3, "Ann", "accept_hypothesis")
    assert standing([edit, drop]) == (drop,)
    assert standing([edit, drop, accept]) == (edit, accept)


def test_a_settle_overrules_the_earlier_verdicts_of_others_on_its_target():
    accept = decided(1, "Ann", "accept")
    reject = decided(2, "Ben", "reject", reason="no")
    owner = decided(3, "Ben", "own", owner="Care")
    elsewhere = decided(4, "Ben", "rename", "t2", name="B")
    settle = settling(5, accept, "Cleo")
    rows = [accept, reject, owner, elsewhere, settle]
    assert standing(rows) == (accept, owner, elsewhere)
    assert fates(rows)[reject.decision_id] == ("superseded", settle.decision_id)
    assert states(rows)[settle.decision_id] == ""


def test_a_settle_lets_all_that_its_reviewer_decided_stand():
    rename = decided(1, "Ann", "rename", name="A")
    accept = decided(2, "ann ", "accept")
    reject = decided(3, "Ben", "reject", reason="no")
    settle = settling(4, accept)
    assert standing([rename, accept, reject, settle]) == (rename, accept)


def test_an_undone_settle_overrules_nothing():
    accept, reject = decided(1, "Ann", "accept"), decided(2, "Ben", "reject", reason="no")
    settle = settling(3, accept)
    assert standing([accept, reject, settle]) == (accept,)
    assert standing([accept, reject, settle, undoing(4, settle)]) == (reject,)
    assert standing([accept, reject, settle, u := undoing(4, settle), undoing(5, u)]) == (accept,)


def test_a_settle_holds_no_longer_than_the_decision_it_chose():
    accept, reject = decided(1, "Ann", "accept"), decided(2, "Ben", "reject", reason="no")
    rows = [accept, reject, settling(3, accept), undoing(4, accept)]
    assert standing(rows) == (reject,)
    assert settled(rows) == {}


def test_the_last_settle_counts():
    accept, reject = decided(1, "Ann", "accept"), decided(2, "Ben", "reject", reason="no")
    first, second = settling(3, accept), settling(4, reject, "Ben")
    rows = [accept, reject, first, second]
    assert standing(rows) == (reject,)
    assert fates(rows)[first.decision_id] == ("superseded", second.decision_id)
    assert settled(rows) == {"t1": second}
    assert standing([*rows, undoing(5, second)]) == (accept,)
    assert standing([*rows, undoing(5, reject)]) == (accept,)


def test_what_is_decided_after_a_settle_counts():
    accept, reject = decided(1, "Ann", "accept"), decided(2, "Ben", "reject", reason="no")
    again = decided(4, "Ben", "reject", reason="still no")
    assert standing([accept, reject, settling(3, accept), again]) == (again,)


def test_a_settle_of_another_target_or_of_nothing_does_nothing():
    accept, reject = decided(1, "Ann", "accept"), decided(2, "Ben", "reject", reason="no")
    for target, key in (("t2", accept.decision_id), ("t1", "0123456789abcdef")):
        stray = decided(3, "Ann", "settle", target, decision_id=key)
        assert standing([accept, reject, stray]) == (reject,)


def test_all_that_concerns_a_target_is_about_it():
    rows = [
        decided(1, "Ann", "rename", "t1", name="A"),
        decided(2, "Ann", "merge", "t2", into="t1"),
        decided(3, "Ann", "split", "t3", touchpoint_id="t1", name="B", quotes=["m1", "m2"]),
        decided(4, "Ann", "reassign", "m3", **PLACE, touchpoint_id="t1"),
        decided(5, "Ann", "hide", "e1", source_id="t4", target_id="t1", kind="follows"),
        decided(6, "Ann", "link", "t5", earlier_id="t1"),
    ]
    rows.append(undoing(7, rows[2]))
    rows.append(undoing(8, rows[6]))
    rows.append(decided(9, "Ann", "rename", "t8", name="Z"))
    assert about(rows, "t1") == tuple(rows[:8])
    assert about(rows, "m2") == (rows[2], rows[6], rows[7])
    assert about(rows, "t4") == (rows[4],)
    assert about(rows, "") == ()


def test_the_latest_decision_is_that_which_altered_a_target():
    rename = decided(1, "Ann", "rename", "t1", name="A")
    quote = decided(2, "Ben", "reassign", "m1", **PLACE, touchpoint_id="t1")
    hide = decided(3, "Ben", "hide", "e1", **ENDS)
    rows = [rename, quote, hide]
    assert latest(rows, "t1") == rename.decision_id
    assert latest(rows, "m1") == quote.decision_id
    assert latest(rows, "t7") == ""
    merge = decided(4, "Ben", "merge", "t2", into="t1")
    assert latest([*rows, merge], "t1") == merge.decision_id
    undo = undoing(5, merge)
    assert latest([*rows, merge, undo], "t1") == undo.decision_id
    assert latest([*rows, merge, undo], "t2") == undo.decision_id
    assert latest([*rows, merge, undo], merge.decision_id) == undo.decision_id


def test_since_is_all_that_altered_a_target_after_what_was_seen():
    rows = [decided(n, "Ann", "rename", "t1", name=str(n)) for n in range(3)]
    other = decided(9, "Ann", "rename", "t2", name="x")
    assert since([*rows, other], ["t1"], {"t1": rows[0].decision_id}) == tuple(rows[1:])
    assert since([*rows, other], ["t1"], {}) == tuple(rows)
    assert since([*rows, other], ["t1"], {"t1": rows[2].decision_id}) == ()


@given(histories(), st.randoms(use_true_random=False))
def test_order_and_repetition_of_rows_are_irrelevant(rows, chance):
    mixed = [*rows, *chance.choices(rows, k=len(rows))]
    chance.shuffle(mixed)
    assert standing(mixed) == standing(rows)
    assert fates(mixed) == fates(rows)
    assert latest_of_all(mixed) == latest_of_all(rows)
    assert about(mixed, "t1") == about(rows, "t1")


@given(histories())
def test_undoing_everything_leaves_nothing_standing(rows):
    undos = [undoing(100 + n, row) for n, row in enumerate(rows) if row.action != "undo"]
    everything = [*rows, *undos]
    assert standing(everything) == ()
    assert settled(everything) == {}
    # ... and undoing that brings back what was, once earlier undos hold no more than before.
    redone = [*everything, *(undoing(200 + n, undo) for n, undo in enumerate(undos))]
    assert standing(redone) == standing(rows)


@given(histories())
def test_each_decision_has_one_fate_and_what_counts_is_in_order(rows):
    found = fates(rows)
    assert set(found) == {row.decision_id for row in rows}
    known = {row.decision_id: row for row in rows}
    for key, (state, by) in found.items():
        assert bool(state) == bool(by)
        assert not by or known[by].at > known[key].at
        assert not by or not found[by].state, "what is without effect itself has none on others"
    left = standing(rows)
    assert [row.at for row in left] == sorted(row.at for row in left)
    assert {row.decision_id for row in left} == {
        key for key, (state, _) in found.items()
        if not state and known[key].action not in ("undo", "settle")
    }  # fmt: skip


def test_all_orders_of_a_short_history_say_the_same():
    accept, reject = decided(1, "Ann", "accept"), decided(2, "Ben", "reject", reason="no")
    settle = settling(3, accept)
    rows = [accept, reject, settle, undoing(4, settle)]
    assert {standing(order) for order in permutations(rows)} == {(reject,)}
