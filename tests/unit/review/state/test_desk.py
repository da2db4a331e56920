"""The desk shows the run as the log says at this moment, whoever wrote to it."""

import shutil
import threading
from pathlib import Path

import pytest

from pipeline.decisions.actions import Argument, Into, Move, Rename
from pipeline.decisions.log import ConflictError, Draft, Log
from pipeline.errors import ConfigError, InputError
from pipeline.review.state.desk import Desk
from pipeline.review.state.view import MissingError
from pipeline.store import read_table, write_manifest, write_tables
from tests.unit.review.rooms import make_run, name_corpus, named


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> tuple[Path, Path]:
    return make_run(tmp_path_factory.mktemp("written"))


@pytest.fixture
def desk(written, tmp_path) -> Desk:
    shutil.copytree(written[1], tmp_path / "corpus")
    return Desk(written[0], tmp_path / "corpus")


def draft(action: str, target: str, argument: Argument | None = None, who: str = "Anna") -> Draft:
    return Draft(who, action, target, argument or Argument(), {}, "", "2026Q3")


def test_a_run_nobody_decided_about_is_as_it_was(desk):
    view = desk.view()
    assert {p.name for p in view.lookup.touchpoints.values()} == set(
        view.base["touchpoints"]["name"]
    )
    assert view.decisions == ()
    assert view.stale == frozenset()


def test_a_view_is_kept_until_something_is_decided(desk):
    before = desk.view()
    assert desk.view() is before
    desk.decide([draft("accept", named(desk, "Payroll export"))], None)
    after = desk.view()
    assert after is not before
    assert after.version != before.version
    assert [d.action for d in after.decisions] == ["accept"]


def test_a_decision_is_shown_at_once_and_undone_as_easily(desk):
    key = named(desk, "Payroll export")
    (made,) = desk.decide([draft("rename", key, Rename(name="Pay file"))], {key: ""})
    assert desk.view().lookup.touchpoints[key].name == "Pay file"
    assert desk.view().seen(key) == made.decision_id
    desk.decide([draft("undo", made.decision_id)], None)
    assert desk.view().lookup.touchpoints[key].name == "Payroll export"


def test_what_another_process_decided_is_seen(desk):
    key = named(desk, "Payroll export")
    Log(desk.corpus_folder).append([draft("rename", key, Rename(name="Theirs"), "Ben")], None)
    assert desk.view().lookup.touchpoints[key].name == "Theirs"


def test_two_who_decide_about_the_same_do_not_overwrite_each_other(desk):
    key, other = named(desk, "Payroll export"), named(desk, "Help centre")
    (made,) = desk.decide([draft("rename", key, Rename(name="Anna's"))], {key: ""})
    with pytest.raises(ConflictError) as error:
        desk.decide([draft("rename", key, Rename(name="Ben's"), "Ben")], {key: ""})
    assert [d.decision_id for d in error.value.since] == [made.decision_id]
    desk.decide([draft("move", other, Move(stage="Renewal"), "Ben")], {other: ""})
    assert desk.view().lookup.touchpoints[key].name == "Anna's"


def test_many_threads_lose_no_decision(desk):
    keys = list(desk.view().lookup.touchpoints)[:8]
    faults = []

    def work(key: str) -> None:
        try:
            desk.decide([draft("accept", key)], {key: ""})
            assert key in {d.target_id for d in desk.view().decisions}
        except Exception as error:  # noqa: BLE001 - whatever it is, the test has to tell
            faults.append(error)

    threads = [threading.Thread(target=work, args=(key,)) for key in keys]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert {d.target_id for d in desk.view().decisions} == set(keys)


def test_hypotheses_of_touched_touchpoints_are_stale_until_the_decision_is_undone(desk):
    view = desk.view()
    key = next(iter(view.lookup.hypotheses_at))
    desk.decide([draft("accept", key)], None)
    assert desk.view().stale == frozenset()
    (made,) = desk.decide([draft("move", key, Move(stage="Renewal"))], None)
    assert desk.view().stale == {key}
    desk.decide([draft("undo", made.decision_id)], None)
    assert desk.view().stale == frozenset()


def test_merging_into_a_touchpoint_makes_its_hypotheses_stale(desk):
    view = desk.view()
    key = next(iter(view.lookup.hypotheses_at))
    other = next(k for k in view.lookup.touchpoints if k not in view.lookup.hypotheses_at)
    desk.decide([draft("merge", other, Into(into=key))], None)
    assert key in desk.view().stale


def test_hypotheses_proposed_anew_take_the_place_of_stale_ones(desk):
    moved = next(iter(desk.view().lookup.touchpoints))
    desk.decide([draft("move", moved, Move(stage="Renewal"))], None)
    ranked = desk.view().lookup.priorities
    key = next(key for key, row in ranked.items() if row.is_chosen)
    desk.decide([draft("move", key, Move(stage="Renewal"))], None)
    n = desk.propose(key)
    view = desk.view()
    assert view.fresh == {key}
    assert key not in view.stale
    assert len(view.lookup.hypotheses_at.get(key, ())) == n
    desk.decide([draft("move", key, Move(stage="Land"))], None)
    assert (key in desk.view().stale) == bool(n)
    other = next(key for key, row in ranked.items() if not row.is_chosen)
    with pytest.raises(MissingError, match="to fix first"):
        desk.propose(other)


def test_a_log_with_an_open_conflict_is_told_and_mended(desk):
    desk.view()
    desk.log.path.write_text("<<<<<<< HEAD\n", encoding="utf-8")
    with pytest.raises(InputError, match="conflict"):
        desk.view()
    desk.log.path.unlink()
    assert desk.view().decisions == ()


def test_a_run_published_anew_is_read_anew_and_stays_while_it_is_replaced(tmp_path):
    run, _ = make_run(tmp_path)
    desk = Desk(run)
    before = desk.view()
    aside = run.rename(run.with_name("aside"))
    assert desk.view() is before
    for name in ("found_touchpoints", "touchpoints"):
        touchpoints = read_table(aside / "tables" / f"{name}.parquet")
        write_tables(aside / "tables", {name: touchpoints.assign(definition="Anew.")})
    write_manifest(aside, before.manifest.model_copy(update={"business": "another"}))
    aside.rename(run)
    after = desk.view()
    assert after.manifest.business == "another"
    assert {p.definition for p in after.lookup.touchpoints.values()} == {"Anew."}


def test_a_folder_without_a_run_is_told(tmp_path):
    with pytest.raises(ConfigError, match="no finished run"):
        Desk(tmp_path)


def test_a_corpus_that_moved_is_told_and_found_where_it_is_said_to_be(tmp_path):
    run, corpus = make_run(tmp_path)
    moved = corpus.rename(tmp_path / "elsewhere")
    with pytest.raises(ConfigError, match=r"manifest\.corpus_folder .* --corpus PATH"):
        Desk(run)
    with pytest.raises(ConfigError, match="--corpus"):
        Desk(run, tmp_path)
    assert Desk(run, moved).corpus_folder == moved


@pytest.mark.parametrize("is_said", [True, False])
def test_the_folder_of_another_corpus_is_refused_and_its_log_stays_as_it_was(tmp_path, is_said):
    run, corpus = make_run(tmp_path)
    other = shutil.copytree(corpus, tmp_path / "other") if is_said else corpus
    name_corpus(other, "Bakery")
    told = r"is the corpus 'Bakery', the run is of 'Kestrel Rota'.*--corpus.*run the period again"
    with pytest.raises(ConfigError, match=told) as caught:
        Desk(run, other if is_said else None)
    assert str(caught.value).startswith(str(other))
    assert "\n" not in str(caught.value)
    assert [path.name for path in other.iterdir()] == ["corpus.toml"]
