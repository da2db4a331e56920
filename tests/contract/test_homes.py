"""A run is made again with what was kept for it, and leaves nothing where nobody asked for it."""

import json
from pathlib import Path

import pytest

from pipeline.review.state.desk import Desk
from pipeline.review.state.publishing import options_of
from pipeline.review.state.remake import remake
from pipeline.run import Options, run_corpus
from pipeline.runner import code_hash
from pipeline.store import home_of, read_manifest
from tests.contract.test_decisions import CATALOGUE, SAID, SETTINGS


@pytest.fixture(scope="module")
def corpus(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("homes") / "corpora" / "acme"
    folder.mkdir(parents=True)
    (folder / "corpus.toml").write_text(SETTINGS, "utf-8")
    (folder / "touchpoints.csv").write_text(CATALOGUE, "utf-8")
    rows = [f'C{n},2026-07-1{n},"{text}"' for n, text in enumerate(SAID)]
    (folder / "survey.csv").write_text("\n".join(["who,day,said", *rows]), "utf-8")
    return folder


@pytest.mark.parametrize("is_elsewhere", [False, True])
def test_publishing_uses_what_the_run_was_made_with(corpus, tmp_path, monkeypatch, is_elsewhere):
    out = tmp_path / "shared" / "last" if is_elsewhere else None
    kept = tmp_path / "outputs"
    run = run_corpus(corpus, Options("2026Q3", out=out, outputs=kept)).folder
    manifest = read_manifest(run / "manifest.json")
    assert home_of(run, manifest) == kept / corpus.name
    assert manifest.home == ("../../outputs/acme" if is_elsewhere else "..")
    assert manifest.versions["code"] == code_hash()

    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")  # where the server is started
    before = {path for path in tmp_path.rglob("*") if run not in path.parents}
    Desk(run, corpus).view()
    assert remake(json.loads(json.dumps(options_of(run, corpus, manifest)))) == 0
    after = {path for path in tmp_path.rglob("*") if run not in path.parents}
    assert {path.parts[len(tmp_path.parts)] for path in after - before} <= {"outputs"}
    again = read_manifest(run / "manifest.json")
    assert again.home == manifest.home
    assert [step.step for step in again.steps if not step.reused and step.step != "publish"] == [
        "read"
    ]
