"""Two who reword different parts of a hypothesis keep each other's words."""

import json
import re
import shutil
from html import unescape

import pytest

from pipeline.decisions.log import Log
from pipeline.review.state.desk import Desk
from tests.unit.review.rooms import Browser, make_run

PARTS = ("change", "resources", "measure", "target", "side_effects", "owner")


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("written"))


@pytest.fixture
def desk(written, tmp_path) -> Desk:
    shutil.copytree(written[1], tmp_path / "corpus")
    return Desk(written[0], tmp_path / "corpus")


def first(desk: Desk):
    found = desk.view().lookup.hypotheses_at
    return next(iter(found.values()))[0]


def sent(row, **changed: str) -> dict[str, str]:
    """What the form of the page sends: all parts, a browser's line ends."""
    parts = {name: getattr(row, name).replace("\n", "\r\n") for name in PARTS}
    return parts | changed


def said(desk: Desk) -> list[dict[str, str]]:
    """Return the parts that each decision of the log rewords."""
    arguments = [json.loads(row.argument) for row in Log(desk.corpus_folder).read()]
    return [{name: value for name, value in one.items() if value} for one in arguments]


def test_only_what_was_changed_is_decided(desk):
    anna, row = Browser(desk, "Anna"), first(desk)
    assert anna.decide("edit_hypothesis", row.hypothesis_id, **sent(row, measure="Calls a week"))
    assert said(desk) == [{"measure": "Calls a week"}]
    again = first(desk)
    assert again.measure == "Calls a week"
    assert again.change == row.change
    anna.decide("edit_hypothesis", row.hypothesis_id, **sent(again, target="Half"))
    assert said(desk)[1] == {"target": "Half"}


def test_nothing_changed_is_told(desk):
    row = first(desk)
    answer = Browser(desk, "Anna").decide("edit_hypothesis", row.hypothesis_id, **sent(row))
    assert answer.status_code == 422
    assert "change at least one part" in answer.text.casefold()


def test_whoever_decides_all_the_same_keeps_what_the_other_reworded(desk):
    anna, ben, row = Browser(desk, "Anna"), Browser(desk, "Ben"), first(desk)
    key = row.hypothesis_id
    anna.decide("edit_hypothesis", key, **sent(row, measure="Anna's measure"))
    answer = ben.decide("edit_hypothesis", key, **sent(row, target="Ben's target"), seen=f"{key}:")
    assert answer.status_code == 409
    form = answer.text[answer.text.rindex('<form method="post"') :]
    hidden = re.findall(r'name="(\w+)" value="([^"]*)"', form)
    fields = {name: unescape(value) for name, value in hidden}
    assert ben.client.post("/decisions", data=fields).status_code == 303
    after = first(desk)
    assert (after.measure, after.target) == ("Anna's measure", "Ben's target")


def test_what_an_earlier_edit_said_counts_as_shown(desk):
    anna, row = Browser(desk, "Anna"), first(desk)
    key = row.hypothesis_id
    anna.decide("edit_hypothesis", key, **sent(row, measure="Calls"))
    known, seen = first(desk), f"{key}:{desk.view().seen(key)}"
    anna.decide("edit_hypothesis", key, **sent(known, measure="Fewer calls"))
    answer = Browser(desk, "Ben").decide(
        "edit_hypothesis", key, **sent(known, target="All"), seen=seen
    )
    assert answer.status_code == 409
    assert 'name="measure"' not in answer.text
    assert 'name="target" value="All"' in answer.text
