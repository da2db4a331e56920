"""A run's files: written once, and again only when something they came from has changed."""

import shutil

import pytest

from pipeline.engines.vectors import nearest
from pipeline.errors import ConfigError, EngineError
from pipeline.published import Draft, write_export, write_report
from pipeline.published import publish as publish_draft
from pipeline.store import INDEX, MANIFEST, SEAL, read_manifest
from tests import example_run

EARLY = ("documents", "turns", "sentences", "chunks", "chunk_spans")
"""Tables that are there before anything was found in them."""


def publish(folder, *rest):
    """Publish a run as one does who has not begun to before."""
    with Draft(folder) as draft:
        return publish_draft(draft, *rest)


@pytest.fixture(scope="module")
def example():
    tables, manifest = example_run.build_example()
    settings = manifest.settings | {"corpus": {"name": "Kestrel Rota"}}
    return tables, manifest.model_copy(update={"settings": settings, "tables": tuple(tables)})


@pytest.fixture(scope="module")
def published(tmp_path_factory, example, engine):
    folder = tmp_path_factory.mktemp("published") / "run"
    return folder, publish(folder, *example, engine)


@pytest.fixture
def run_folder(tmp_path, published):
    return shutil.copytree(published[0], tmp_path / "run")


def moments(folder):
    """Return when each file was written, but for the manifest."""
    return {
        path.relative_to(folder).as_posix(): path.stat().st_mtime_ns
        for path in folder.rglob("*")
        if path.is_file() and path.name != MANIFEST
    }


def test_every_form_is_there(run_folder):
    written = {path.name for path in (run_folder / "export").iterdir()}
    assert written >= {"network.json", "network.graphml", "summary.md", "touchpoints.xlsx"}
    assert "mentions.csv" in written
    assert (run_folder / "report.html").is_file()
    assert (run_folder / INDEX).is_dir()


def test_unchanged_run_is_not_written_again(run_folder, example, engine):
    before = moments(run_folder)
    tables, manifest = example
    steps = tuple(step.model_copy(update={"reused": True}) for step in manifest.steps)
    again = publish(run_folder, tables, manifest.model_copy(update={"steps": steps}), engine)
    assert moments(run_folder) == before
    assert read_manifest(run_folder / MANIFEST) == again
    assert all(step.reused for step in again.steps)


def test_what_publishing_took_is_the_last_step(published, run_folder, example, engine):
    tables, manifest = example
    folder, done = published
    assert read_manifest(folder / MANIFEST) == done
    assert done.steps[:-1] == manifest.steps
    last = done.steps[-1]
    assert (last.step, last.rejected, last.reused) == ("publish", 0, False)
    assert last.rows_in == last.used == sum(len(frame) for frame in tables.values())
    assert last.seconds > 0
    assert last.peak_mb > 1
    again = publish(run_folder, *example, engine).steps[-1]
    assert again == last.model_copy(update={"reused": True})


def test_failed_index_leaves_the_run_as_it_was(run_folder, example, engine, monkeypatch):
    before = moments(run_folder)
    tables, manifest = example
    fewer = dict(tables, gaps=tables["gaps"].iloc[:0])
    monkeypatch.setattr("sys.executable", shutil.which("false"))
    with pytest.raises(EngineError, match="a file could not be written"):
        publish(run_folder, fewer, manifest, engine)
    assert moments(run_folder) == before
    assert not [path for path in run_folder.parent.iterdir() if path != run_folder]


def test_what_was_begun_early_is_not_begun_again(tmp_path, published, example, engine):
    tables, manifest = example
    with Draft(tmp_path / "run") as draft:
        draft.index_chunks({name: tables[name] for name in EARLY}, engine)
        publish_draft(draft, tables, manifest, engine)
    early, late = tmp_path / "run", published[0]
    assert {name for name in moments(early) if INDEX not in name} == {
        name for name in moments(late) if INDEX not in name
    }
    vector = engine.embed(["the invoice was wrong"])[0]
    for name in ("chunks", "touchpoints"):
        one, other = (nearest(folder / INDEX, name, vector, 5) for folder in (early, late))
        assert one.equals(other)
        assert len(one) == min(5, len(tables[name]))


def test_what_is_begun_step_by_step_is_what_is_written_at_once(
    tmp_path, published, example, engine
):
    tables, manifest = example
    found = {"mentions", "touchpoints", "pain_points", "stages"}
    with Draft(tmp_path / "run") as draft:
        draft.begin({name: tables[name] for name in EARLY}, engine)
        draft.begin({name: tables[name] for name in (*EARLY, *found)}, engine)
        publish_draft(draft, tables, manifest, engine)
    for path in moments(tmp_path / "run"):
        if INDEX not in path and path != SEAL:
            assert (tmp_path / "run" / path).read_bytes() == (published[0] / path).read_bytes()


def test_what_changed_since_it_was_begun_is_written_anew(tmp_path, published, example, engine):
    tables, manifest = example
    fewer = {name: tables[name].iloc[:1] for name in ("mentions", "pain_points")}
    with Draft(tmp_path / "run") as draft:
        draft.begin(tables | fewer, engine)
        publish_draft(draft, tables, manifest, engine)
    for path in ("tables/mentions.parquet", "export/mentions.csv", "export/touchpoints.xlsx"):
        assert (tmp_path / "run" / path).read_bytes() == (published[0] / path).read_bytes()


def test_draft_that_is_not_published_vanishes(tmp_path, example, engine):
    with Draft(tmp_path / "run") as draft:
        draft.index_chunks(example[0], engine)
        assert [path.name for path in tmp_path.iterdir()] != []
    assert list(tmp_path.iterdir()) == []


def test_writing_process_is_started_at_once_for_a_new_run_only(tmp_path, run_folder):
    with Draft(tmp_path / "new") as draft:
        assert draft.beside.is_running
    with Draft(run_folder) as draft:
        assert not draft.beside.is_running


def test_draft_in_which_nothing_is_begun_leaves_no_trace(tmp_path):
    with Draft(tmp_path / "corpus" / "run"):
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["report.html", "export/touchpoints.xlsx", "tables/gaps.parquet"])
def test_file_that_somebody_changed_is_written_again(run_folder, example, engine, name):
    before = (run_folder / name).read_bytes()
    (run_folder / name).write_bytes(b"something else")
    publish(run_folder, *example, engine)
    assert (run_folder / name).read_bytes() == before


def test_run_with_a_damaged_seal_is_written_again(run_folder, example, engine):
    (run_folder / SEAL).write_text("{", "utf-8")
    before = moments(run_folder)
    publish(run_folder, *example, engine)
    assert moments(run_folder).items().isdisjoint(before.items())


def test_lost_file_is_written_again(run_folder, example, engine):
    (run_folder / "export/summary.md").unlink()
    publish(run_folder, *example, engine)
    assert (run_folder / "export/summary.md").is_file()


def test_every_file_moves_the_bar(tmp_path, example, engine):
    told = []
    publish(tmp_path / "run", *example, engine, lambda *counts: told.append(counts))
    assert {name for name, _, _ in told} == {"publish"}
    assert [done for _, done, _ in told] == list(range(told[0][2]))
    publish(tmp_path / "run", *example, engine, lambda *_: pytest.fail("nothing has changed"))


def test_other_tables_are_published(run_folder, example, engine):
    tables, manifest = example
    fewer = dict(tables, gaps=tables["gaps"].iloc[:0])
    before = (run_folder / "export/gaps.csv").read_bytes()
    publish(run_folder, fewer, manifest, engine)
    assert (run_folder / "export/gaps.csv").read_bytes() != before


def test_report_and_exports_can_be_written_again(run_folder, tmp_path):
    before = (run_folder / "report.html").read_bytes()
    assert write_report(run_folder).read_bytes() == before
    folder = write_export(run_folder, "csv", tmp_path / "csv")
    assert (folder / "mentions.csv").is_file()
    path = write_export(run_folder, "json", tmp_path / "deep" / "net.json")
    assert path.read_bytes() == (run_folder / "export/network.json").read_bytes()


def test_unknown_form_is_refused(run_folder):
    with pytest.raises(ConfigError, match="xlsx"):
        write_export(run_folder, "xls", None)
