"""What each action may be told."""

import pytest
from pydantic import ValidationError

from pipeline.decisions.actions import ACTIONS, Argument, Rename, ScoreIs, Wording

ENDS = {"source_id": "a", "target_id": "b"}


@pytest.mark.parametrize(
    ("action", "argument"),
    [
        ("accept", {"extra": 1}),
        ("rename", {"name": "  "}),
        ("rename", {"name": "x" * 81}),
        ("rename", {"name": "two\nlines"}),
        ("rename", {"name": "two\x85lines"}),
        ("rename", {"name": "two\u2028lines"}),
        ("redefine", {"definition": " "}),
        ("redefine", {"definition": "\ud800"}),
        ("merge", {"into": "../t1"}),
        ("split", {"touchpoint_id": "t9", "name": "A", "quotes": []}),
        ("score", {"dimension": "impact", "value": -0.1}),
        ("score", {"dimension": "emotion", "value": -1.1}),
        ("score", {"dimension": "emotion", "value": float("nan")}),
        ("score", {"dimension": "price", "value": 0.1}),
        ("effort", {"effort": 0.5}),
        ("mark", {"decision": "sing"}),
        ("hide", {**ENDS, "kind": "likes"}),
        ("keep", {"turn_id": "u1", "start": 0, "end": 0}),
        ("edit_hypothesis", {}),
        ("edit_hypothesis", {"change": "  "}),
    ],
)
def test_nonsense_is_refused(action, argument):
    with pytest.raises(ValidationError):
        ACTIONS[action].argument.model_validate(argument)


def test_texts_are_stripped_and_arguments_cannot_be_changed():
    name = Rename(name=" Letter\n")
    assert name.name == "Letter"
    with pytest.raises(ValidationError):
        name.name = "Other"


def test_emotion_alone_goes_below_zero():
    assert ScoreIs(dimension="emotion", value=-1).value == -1
    with pytest.raises(ValidationError, match="function goes from 0 to 1"):
        ScoreIs(dimension="function", value=-0.5)


def test_an_edit_says_what_it_changes():
    assert Wording(measure="Calls").model_dump(exclude_defaults=True) == {"measure": "Calls"}


def test_a_reason_is_asked_where_something_is_taken_away_or_overridden():
    assert {name for name, action in ACTIONS.items() if action.needs_reason} == {
        "reject", "score", "effort", "discard", "drop_hypothesis",
    }  # fmt: skip
    assert all(issubclass(action.argument, Argument) for action in ACTIONS.values())
