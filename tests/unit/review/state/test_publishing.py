"""Publishing: the same run made again, beside the server, and what pages say meanwhile."""

import json
import os
import time
from pathlib import Path

import pytest

from pipeline.review.state.desk import Desk
from pipeline.review.state.publishing import Notice, Publisher, options_of
from pipeline.store import ANSWERS, read_manifest
from tests.unit.review.rooms import Browser, make_run, name_corpus, named


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


def test_what_was_kept_for_the_run_is_used_wherever_the_server_was_started(
    made, tmp_path, monkeypatch
):
    run, corpus = made
    monkeypatch.chdir(tmp_path)
    usual = tmp_path / "elsewhere" / corpus.name
    usual.mkdir(parents=True)
    away = os.path.relpath(usual, run)
    manifest = read_manifest(run / "manifest.json").model_copy(update={"home": away})

    def home() -> str:
        return options_of(run, corpus, manifest)["home"]

    assert home() == str(run.parent)  # nothing is kept there any more
    (usual / ANSWERS).touch()
    assert home() == str(usual)


def test_a_model_is_asked_again_only_where_one_was(made):
    run, corpus = made
    manifest = read_manifest(run / "manifest.json")
    engine = {"use": "llm", "llm": {"model": "some-model"}}
    with_model = manifest.model_copy(update={"settings": manifest.settings | {"engine": engine}})
    assert options_of(run, corpus, with_model)["model"] == "some-model"


def test_a_run_that_fails_is_told_and_leaves_the_folder_as_it_was(made):
    run, corpus = made
    before = {p: p.read_bytes() for p in run.rglob("*") if p.is_file()}
    publisher = Publisher(Desk(run))
    name_corpus(corpus, "another")
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


def test_what_was_published_is_told_until_somebody_decides_more(made, monkeypatch):
    desk = Desk(made[0])
    publisher, done = Publisher(desk), Notice("done", "", "Published in 1 s.")
    monkeypatch.setattr(publisher, "_publish", lambda: done)
    browser = Browser(desk, "Anna")
    browser.app._app.state.house.publisher = publisher
    browser.decide("accept", named(desk, "Help centre"))
    publisher.start()
    publisher.wait(10)
    assert publisher.notice() == done
    assert done.told in browser.get("/glossary").text
    browser.decide("accept", named(desk, "Payroll export"))
    assert publisher.notice() is None
    assert done.told not in browser.get("/glossary").text


def test_that_it_was_not_published_is_told_whatever_is_decided(made, monkeypatch):
    desk = Desk(made[0])
    publisher, failed = Publisher(desk), Notice("failed", "bad", "Not published: no space left.")
    monkeypatch.setattr(publisher, "_publish", lambda: failed)
    publisher.start()
    publisher.wait(10)
    Browser(desk, "Anna").decide("accept", named(desk, "Help centre"))
    assert publisher.notice() == failed


def test_a_run_can_be_stopped(made):
    publisher = Publisher(Desk(made[0]))
    publisher.start()
    time.sleep(0.2)
    publisher.stop()
    publisher.wait(30)
    assert not publisher.is_busy
