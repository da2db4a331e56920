"""Decisions as people read them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.decisions.actions import ACTIONS
from pipeline.decisions.wording import (
    NAME_WIDTH,
    all_in_words,
    difference,
    in_words,
    names_given,
)
from tests.unit.decisions.made import ENDS, PLACE, decided, settling, undoing

NAMES = {"t1": "Letter", "t2": "Hotline", "t7": "Old letter", "p1": "slow", "p2": "late"}
QUOTE = {"quote": "I waited for an hour", "touchpoint_id": "t2", "touchpoint_name": "Phone"}
CHANGE = {"change": "Call back within a day", "touchpoint_id": "t1"}
CASES = [
    ("accept", "t1", {}, {}, "accepted 'Letter'"),
    ("rename", "t1", {"name": "Price rise letter"}, {"name": "Letter"},
     "renamed 'Letter' to 'Price rise letter'"),
    ("redefine", "t1", {"definition": "A letter that says what rises"}, {},
     "redefined 'Letter' as “A letter that says what rises”"),
    ("move", "t1", {"stage": "Renew"}, {}, "moved 'Letter' to the stage 'Renew'"),
    ("move", "t1", {"stage": ""}, {}, "took 'Letter' out of its stage"),
    ("own", "t1", {"owner": "Care", "backup": "Sales"}, {},
     "made Care the owner of 'Letter', Sales stands in"),
    ("own", "t1", {"owner": ""}, {}, "left 'Letter' without an owner"),
    ("merge", "t1", {"into": "t2"}, {}, "merged 'Letter' into 'Hotline'"),
    ("split", "t1", {"touchpoint_id": "t9", "name": "Form", "quotes": ["m1", "m2"]}, {},
     "split 'Form' off 'Letter', with 2 quotes"),
    ("split", "t1", {"touchpoint_id": "t9", "name": "Form", "quotes": ["m1"]}, {},
     "split 'Form' off 'Letter', with 1 quote"),
    ("reject", "t1", {}, {}, "rejected 'Letter'"),
    ("score", "t1", {"dimension": "impact", "value": 0.625}, {},
     "set the impact of 'Letter' to 62 %"),
    ("score", "t1", {"dimension": "emotion", "value": -0.4}, {},
     "set the emotion of 'Letter' to −0.40"),
    ("effort", "t1", {"effort": 3}, {}, "set the effort of 'Letter' to 3 of 5"),
    ("add", "t9", {"name": "Form"}, {}, "added 'Form'"),
    ("link", "t1", {"earlier_id": "t7"}, {},
     "linked 'Letter' to 'Old letter' of the period before"),
    ("unlink", "t1", {}, {}, "unlinked 'Letter' from the period before"),
    ("mark", "t1", {"decision": "leave"}, {},
     "marked 'Letter' as a moment where customers decide to leave"),
    ("unmark", "t1", {"decision": "buy"}, {},
     "unmarked 'Letter' as a moment where customers decide to buy"),
    ("confirm", "e1", ENDS, {}, "confirmed that 'Hotline' follows 'Letter'"),
    ("hide", "e1", {**ENDS, "kind": "influences"}, {}, "hid that 'Letter' leads to 'Hotline'"),
    ("keep", "m1", PLACE, QUOTE, "kept the quote “I waited for an hour”"),
    ("reassign", "m1", {**PLACE, "touchpoint_id": "t1"}, QUOTE,
     "moved the quote “I waited for an hour” from 'Hotline' to 'Letter'"),
    ("reassign", "m1", {**PLACE, "touchpoint_id": "t1"}, {}, "moved a quote to 'Letter'"),
    ("discard", "m1", PLACE, QUOTE, "discarded the quote “I waited for an hour”"),
    ("rename_pain", "p1", {"name": "long"}, {"name": "slow"}, "renamed 'slow' to 'long'"),
    ("merge_pain", "p1", {"into": "p2"}, {}, "merged 'slow' into 'late', as one pain point"),
    ("accept_hypothesis", "h1", {}, CHANGE,
     "accepted the hypothesis “Call back within a day” for 'Letter'"),
    ("edit_hypothesis", "h1", {"change": "Call"}, CHANGE,
     "reworded the hypothesis “Call back within a day” for 'Letter'"),
    ("drop_hypothesis", "h1", {}, {"touchpoint_id": "t1"}, "dropped a hypothesis for 'Letter'"),
    ("dismiss", "a1", {}, {"words": "Merge 'A' and 'B'?"},
     "dismissed the suggestion: Merge 'A' and 'B'?"),
    ("dismiss", "a1", {}, {}, "dismissed a suggestion"),
    ("settle", "t1", {"decision_id": "d1"}, {"words": "accepted 'Letter'"},
     "settled what reviewers saw differently: accepted 'Letter'"),
    ("undo", "d1", {}, {"words": "accepted 'Letter'"}, "undid: accepted 'Letter'"),
    ("undo", "d1", {}, {"who": "Ben"}, "undid: a decision of Ben"),
    ("undo", "d1", {}, {}, "undid: an earlier decision"),
]  # fmt: skip


@pytest.mark.parametrize(("action", "target", "argument", "before", "words"), CASES)
def test_each_action_is_told_in_words(action, target, argument, before, words):
    assert in_words(decided(1, "Ann", action, target, before=before, **argument), NAMES) == words


def test_every_action_has_its_words_and_shows_no_id():
    assert {case[0] for case in CASES} == set(ACTIONS)
    ids = {"t1", "t2", "t7", "t9", "p1", "p2", "m1", "m2", "e1", "h1", "d1", "a1", "u1"}
    for action, target, argument, _, _ in CASES:
        bare = decided(1, "Ann", action, target, **argument)
        for names in ({}, NAMES):
            said = [
                in_words(bare, names),
                *(text for one in difference(bare, names) for text in one),
            ]
            assert not ids & set(" ".join(said).replace("'", " ").split())


def test_what_no_run_has_any_more_goes_by_the_name_it_had():
    old = decided(1, "Ann", "merge", before={"name": "Letter", "into_name": "Post"}, into="t2")
    assert in_words(old, {}) == "merged 'Letter' into 'Post'"
    assert in_words(old, {"t1": "Mail"}) == "merged 'Mail' into 'Post'"
    assert in_words(decided(1, "Ann", "merge", into="t2"), {}) == "merged a touchpoint into another"


def test_a_rename_tells_the_name_of_then():
    rename = decided(1, "Ann", "rename", before={"name": "Letter"}, name="Price rise letter")
    assert "renamed 'Letter' to" in in_words(rename, {"t1": "Price rise letter"})
    bare = decided(1, "Ann", "rename", name="Price rise letter")
    assert in_words(bare, {"t1": "Price rise letter"}) == (
        "renamed a touchpoint to 'Price rise letter'"
    )


@pytest.mark.parametrize("action", ["accept", "reject"])
def test_a_judgement_is_of_what_it_was_called_then(action):
    row = decided(1, "Ann", action, before={"name": "Payroll export"})
    told = in_words(row, {row.target_id: "Payroll file"})
    assert told == f"{action}ed 'Payroll export' (now 'Payroll file')"
    assert in_words(row, {row.target_id: "Payroll export"}) == f"{action}ed 'Payroll export'"


def test_the_history_tells_what_was_undone_and_settled():
    add = decided(1, "Ann", "add", "t9", name="Form")
    reject = decided(2, "Ben", "reject", "t9")
    undo = undoing(3, add)
    redo = undoing(4, undo)
    settle = settling(5, reject)
    again = undoing(6, redo)
    words = all_in_words([settle, again, redo, undo, reject, add], {})
    assert words[reject.decision_id] == "rejected 'Form'"
    assert words[undo.decision_id] == "undid: added 'Form'"
    assert words[redo.decision_id] == "brought back: added 'Form'"
    assert words[again.decision_id] == "undid: added 'Form'"
    assert words[settle.decision_id].endswith(": rejected 'Form'")


def test_names_given_are_the_last_ones():
    rows = [
        decided(1, "Ann", "add", "t9", name="Form"),
        decided(2, "Ann", "rename", "t9", before={"name": "Form"}, name="Web form"),
        decided(3, "Ann", "split", "t1", before={"name": "Letter"}, touchpoint_id="t8",
                name="Note", quotes=["m1"]),
    ]  # fmt: skip
    assert names_given(reversed(rows)) == {"t9": "Web form", "t1": "Letter", "t8": "Note"}


@pytest.mark.parametrize(
    ("action", "argument", "before", "expected"),
    [
        ("rename", {"name": "B"}, {"name": "A"}, [("Name", "A", "B")]),
        ("own", {"owner": "B"}, {"owner": "A", "backup": ""}, [("Owner", "A", "B")]),
        ("own", {"owner": "", "backup": "C"}, {"owner": "A"},
         [("Owner", "A", ""), ("Stands in", "", "C")]),
        ("merge", {"into": "t2"}, {}, [("Part of", "", "'Hotline'")]),
        ("split", {"touchpoint_id": "t9", "name": "Form", "quotes": ["m1"]}, {},
         [("Touchpoint", "'Letter'", "'Letter' and 'Form'")]),
        ("reject", {}, {}, [("Touchpoint", "", "rejected")]),
        ("score", {"dimension": "function", "value": 0.5}, {"value": None},
         [("Function", "", "50 %")]),
        ("effort", {"effort": 2.5}, {"effort": 4}, [("Effort", "4 of 5", "2.5 of 5")]),
        ("add", {"name": "Form", "stage": "Buy"}, {}, [("Name", "", "Form"), ("Stage", "", "Buy")]),
        ("link", {"earlier_id": "t7"}, {}, [("Goes on with", "", "'Old letter'")]),
        ("unlink", {}, {"earlier_id": "t7"}, [("Goes on with", "'Old letter'", "")]),
        ("mark", {"decision": "leave"}, {}, [("Moment", "", "leave")]),
        ("unmark", {"decision": "leave"}, {}, [("Moment", "leave", "")]),
        ("hide", ENDS, {"review": "confirmed"}, [("Link", "confirmed", "hidden")]),
        ("reassign", {**PLACE, "touchpoint_id": "t1"}, QUOTE,
         [("Touchpoint", "'Hotline'", "'Letter'")]),
        ("reassign", {**PLACE, "touchpoint_id": "x1"}, {"touchpoint_id": "x2"},
         [("Touchpoint", "another touchpoint", "another touchpoint")]),
        ("edit_hypothesis", {"change": "B"}, {"change": "A", "measure": "M"},
         [("Change", "A", "B")]),
    ],
)  # fmt: skip
def test_the_difference_shows_what_gets_another_value(action, argument, before, expected):
    row = decided(1, "Ann", action, before=before, **argument)
    assert list(difference(row, NAMES)) == expected


@given(st.text(min_size=1, max_size=300), st.sampled_from(CASES))
def test_hostile_names_are_cut_and_turn_nothing_around(name, case):
    action, target, argument, before, _ = case
    names = dict.fromkeys(NAMES, name)
    row = decided(1, "Ann", action, target, before=dict.fromkeys(before, name), **argument)
    for text in (in_words(row, names), *(t for one in difference(row, names) for t in one)):
        assert len(text) < 800
        assert len(text.splitlines()) <= 1
        assert not set(text) & set("\x00\x1b\u202e\u2066\u2028")
    assert len(in_words(decided(1, "Ann", "accept"), names)) <= NAME_WIDTH + len("accepted ''")
