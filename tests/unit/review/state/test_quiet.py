"""What changes nothing but the list of decisions is shown without a replay, and shown the same; so
is a run as it was published."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

from pipeline import tables as t
from pipeline.decisions.actions import ACTIONS, Settle
from pipeline.decisions.log import Draft
from pipeline.replay import context_of, replay
from pipeline.review.state import desk as desks
from pipeline.review.state.desk import Desk
from pipeline.store import read_run, write_tables
from tests.unit.review.rooms import make_run, named


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> tuple[Path, Path]:
    """A run whose tables are those that its steps write, and its corpus."""
    run, corpus = make_run(tmp_path_factory.mktemp("written"))
    tables, manifest = read_run(run)
    nothing = context_of(run, manifest, tables, t.DECISIONS.frame())
    write_tables(run / "tables", replay(tables, nothing))
    return run, corpus


@pytest.fixture
def desk(written, tmp_path) -> Desk:
    shutil.copytree(written[1], tmp_path / "corpus")
    return Desk(written[0], tmp_path / "corpus")


@pytest.fixture
def replays(monkeypatch) -> list[int]:
    """How often the run was replayed: one entry each time."""
    found: list[int] = []
    real = desks.replay

    def counted(*given):
        found.append(1)
        return real(*given)

    monkeypatch.setattr(desks, "replay", counted)
    return found


def decide(desk: Desk, action: str, target: str, who: str = "Anna", **argument: str) -> str:
    said = ACTIONS[action].argument.model_validate(argument)
    reason = "why" if ACTIONS[action].needs_reason else ""
    seen = {"name": desk.view().names().get(target, "")}
    (made,) = desk.decide([Draft(who, action, target, said, seen, reason, "2026Q3")], None)
    return made.decision_id


def assert_as_a_replay_has_it(desk: Desk, written) -> None:
    """The view is what another desk, which knows no decision, makes of the same log."""
    other, own = Desk(written[0], desk.corpus_folder).view(), desk.view()
    assert own.tables.keys() == other.tables.keys()
    for name, frame in other.tables.items():
        pd.testing.assert_frame_equal(own.tables[name], frame, obj=name)
    assert own.decisions == other.decisions
    assert (own.stale, own.version) == (other.stale, other.version)
    assert own.names() == other.names()


def test_a_run_as_it_was_published_is_replayed_once_more_was_decided(desk, written, replays):
    published = desk.view()
    decide(desk, "accept", named(desk, "Help centre"))
    assert desk.view().tables["changes"] is published.tables["changes"]
    assert replays == []
    made = decide(desk, "rename", named(desk, "Payroll export"), name="Pay file")
    assert desk.view().lookup.touchpoints[named(desk, "Pay file")]
    assert replays == [1]
    decide(desk, "undo", made)
    assert_as_a_replay_has_it(desk, written)


def test_a_run_is_shown_as_published_with_the_decisions_it_was_made_with(
    written, replays, tmp_path
):
    run, corpus = (shutil.copytree(folder, tmp_path / folder.name) for folder in written)
    desk = Desk(run, corpus)
    made = decide(desk, "rename", named(desk, "Payroll export"), name="Pay file")
    write_tables(run / "tables", desk.view().tables)
    n = len(replays)
    again = Desk(run, corpus)
    assert [d.decision_id for d in again.view().decisions] == [made]
    assert named(again, "Pay file")
    assert len(replays) == n
    for name, frame in desk.view().tables.items():
        pd.testing.assert_frame_equal(again.view().tables[name], frame, obj=name)


def test_what_is_made_ahead_changes_nothing(desk, replays):
    before = desk.view()
    desk.rehearse()
    assert replays == [1]
    assert desk.view() is before


def test_accepting_and_dismissing_replay_nothing(desk, written, replays):
    first, second = named(desk, "Payroll export"), named(desk, "Help centre")
    decide(desk, "rename", first, name="Pay file")
    desk.view()
    n = len(replays)
    decide(desk, "accept", first)
    assert desk.view().told()
    decide(desk, "dismiss", "some-proposal")
    accepted = decide(desk, "accept", second, who="Ben")
    desk.view()
    decide(desk, "accept", second)
    desk.view()
    decide(desk, "undo", accepted)
    assert [d.state for d in desk.view().decisions][-3:] != ["", "", ""]
    assert len(replays) == n
    assert_as_a_replay_has_it(desk, written)


@pytest.mark.parametrize("first", ["reject", "rename", "away", "unmade", "settled"])
def test_what_brings_something_back_is_replayed(desk, written, replays, first):
    key, other = named(desk, "Payroll export"), named(desk, "Help centre")
    if first == "rename":
        made = decide(desk, "rename", key, name="Pay file")
        desk.view()
        decide(desk, "undo", made)
    elif first == "settled":
        accepted = decide(desk, "accept", key)
        decide(desk, "reject", key, who="Ben")
        desk.view()
        desk.decide(
            [Draft("Cy", "settle", key, Settle(decision_id=accepted), {}, "", "2026Q3")], None
        )
    elif first == "unmade":
        made = decide(desk, "accept", other)
        undone = decide(desk, "undo", made)
        desk.view()
        decide(desk, "undo", undone)
    else:
        decide(desk, "reject", key)
        desk.view()
        decide(desk, "accept", key if first == "reject" else "nowhere")
    n = len(replays)
    desk.view()
    assert len(replays) == n + 1
    assert_as_a_replay_has_it(desk, written)
