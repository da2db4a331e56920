"""Publishing: the same run made again, beside the server, and what pages say meanwhile."""

import json
import time
from pathlib import Path

import pytest

from pipeline.review.state.desk import Desk
from pipeline.review.state.publishing import Publisher, options_of
from pipeline.store import EMBEDDINGS, read_manifest
from tests.unit.review.rooms import make_run


@pytest.fixture
def made(tmp_path) -> tuple[Path, Path]:
    return make_run(tmp_path)


def test_the_same_run_is_asked_for_again(made):
    run, corpus = made
    manifest = read_manifest(run / "manifest.json")
    told = options_of(run, corpus, manifest)
    assert (told["period"], told["engine"], told["model"]) == (manifest.period, "embedded", "")
    assert (told["out"], told["corpus"]) == (str(run.resolve()), str(corpus.resolve()))
    assert json.loads(json.dumps(told)) == told


def test_caches_are_those_beside_the_run_or_the_usual_ones(made, tmp_path, monkeypatch):
    run, corpus = made
    monkeypatch.chdir(tmp_path)
    manifest = read_manifest(run / "manifest.json")
    home, usual = tmp_path / "results" / corpus.name, tmp_path / "outputs" / corpus.name
    own = home / "2026Q3"
    own.mkdir(parents=True)
    usual.mkdir(parents=True)

    def outputs(folder: Path) -> str:
        return options_of(folder, corpus, manifest)["outputs"]

    assert outputs(own) == str(tmp_path / "results")
    assert outputs(tmp_path / "results" / "2026Q3") == str(tmp_path / "results")
    (usual / EMBEDDINGS).touch()
    assert outputs(own) == outputs(tmp_path / "results" / "2026Q3") == str(tmp_path / "outputs")
    (home / EMBEDDINGS).touch()
    assert outputs(own) == str(tmp_path / "results")


def test_a_model_is_asked_again_only_where_one_was(made):
    run, corpus = made
    manifest = read_manifest(run / "manifest.json")
    engine = {"use": "llm", "llm": {"model": "some-model"}}
    with_model = manifest.model_copy(update={"settings": manifest.settings | {"engine": engine}})
    assert options_of(run, corpus, with_model)["model"] == "some-model"


def test_a_run_that_fails_is_told_and_leaves_the_folder_as_it_was(made):
    run, _ = made
    before = {p: p.read_bytes() for p in run.rglob("*") if p.is_file()}
    publisher = Publisher(Desk(run))
    assert publisher.notice() is None
    publisher.start()
    publisher.start()  # asked for again meanwhile: done once more, afterwards
    assert publisher.is_busy
    assert publisher.notice().state in ("queued", "running")
    publisher.wait(60)
    notice = publisher.notice()
    assert (notice.state, notice.kind) == ("failed", "bad")
    assert "holds a run of" in notice.told  # what the run itself says
    assert {p: p.read_bytes() for p in run.rglob("*") if p.is_file()} == before


def test_a_run_can_be_stopped(made):
    publisher = Publisher(Desk(made[0]))
    publisher.start()
    time.sleep(0.2)
    publisher.stop()
    publisher.wait(30)
    assert not publisher.is_busy
