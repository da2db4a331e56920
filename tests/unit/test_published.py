"""A run's files: written once, and again only when something they came from has changed."""

import pytest

from pipeline.errors import ConfigError
from pipeline.published import publish, write_export, write_report
from pipeline.store import INDEX, MANIFEST, SEAL, read_manifest
from tests import example_run


@pytest.fixture(scope="module")
def example():
    tables, manifest = example_run.build_example()
    settings = manifest.settings | {"corpus": {"name": "Kestrel Rota"}}
    return tables, manifest.model_copy(update={"settings": settings, "tables": tuple(tables)})


@pytest.fixture
def run_folder(tmp_path, example, engine):
    publish(tmp_path / "run", *example, engine)
    return tmp_path / "run"


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
    again = manifest.model_copy(update={"steps": steps})
    publish(run_folder, tables, again, engine)
    assert moments(run_folder) == before
    assert read_manifest(run_folder / MANIFEST) == again


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
