"""What is shown of a form that is not decided: what can be mended there, and what cannot."""

import re
from html import unescape

import pytest

from pipeline.review.state.desk import Desk
from tests.unit.review.rooms import Browser, make_run, named


@pytest.fixture(scope="module")
def quiet(tmp_path_factory) -> Browser:
    """A browser for tests that decide nothing."""
    return Browser(Desk(*make_run(tmp_path_factory.mktemp("faults"))), "Anna")


def text_of(answer) -> str:
    return unescape(" ".join(re.sub(r"<[^>]+>", " ", answer.text).split()))


def fields_of(answer) -> set[str]:
    """Return the fields of the page that somebody can fill in."""
    return set(re.findall(r'<(?:input|select|textarea) name="(\w+)"', answer.text))


@pytest.mark.parametrize(
    ("action", "told"),
    [
        ("split", "No quote was ticked: go back, tick the quotes and split again."),
        ("keep", "No quote was ticked: go back, tick the quotes and keep them."),
        ("reassign", "No quote was ticked: go back, tick the quotes and move them."),
        ("discard", "No quote was ticked: go back, tick the quotes and discard them."),
    ],
)
def test_quotes_that_nobody_ticked_are_ticked_where_they_stand(quiet, action, told):
    key = named(quiet.desk, "Payroll export")
    typed = {"name": "Totals", "definition": "", "stage": "", "reason": "", "touchpoint_id": ""}
    answer = quiet.decide(action, key, next=f"/touchpoints/{key}", **typed)
    assert answer.status_code == 422
    assert told in text_of(answer)
    assert "Send again" not in answer.text
    assert fields_of(answer) == set()
    assert f'<a href="/touchpoints/{key}">Go back</a>' in answer.text
    assert "fill this in" not in answer.text
    assert ("Name, as you typed it: Totals" in text_of(answer)) == (action == "split")
    assert quiet.desk.view().decisions == ()


def test_touchpoints_that_nobody_ticked_are_ticked_where_they_stand(quiet):
    answer = quiet.post("/decisions", action="reject", reason="not ours", next="/touchpoints")
    assert "Nothing was ticked: go back" in text_of(answer)
    assert "Reason, as you typed it: not ours" in text_of(answer)
    assert "Send again" not in answer.text


def test_a_split_asks_for_no_more_than_its_form_did(quiet):
    key = named(quiet.desk, "Payroll export")
    quotes = [m.mention_id for m in quiet.desk.view().lookup.mentions_at[key][:2]]
    typed = {"name": "", "definition": "", "stage": "", "touchpoint_id": "", "reason": ""}
    answer = quiet.decide("split", key, quotes=quotes, **typed)
    assert "Name: fill this in" in text_of(answer)
    assert "Send again" in answer.text
    assert fields_of(answer) == {"name", "definition", "stage", "reason"}
    for quote in quotes:
        assert f'name="quotes" value="{quote}"' in answer.text


def test_a_field_that_is_missing_can_be_filled_in(quiet):
    answer = quiet.decide("score", named(quiet.desk, "Payroll export"), value="0.5", reason="known")
    assert answer.status_code == 422
    assert fields_of(answer) == {"dimension", "value", "reason"}
