"""The same quarter again: the same bytes from nothing, and nothing done twice where it was kept."""

import hashlib
import json
import logging
import shutil
import time
from pathlib import Path

import pytest

from pipeline.run import Options, run_corpus
from pipeline.runner import logger
from tests.golden.planted import CORPUS, PERIODS

SECONDS = 3.0


def _files(folder: Path) -> dict[str, str]:
    """Return the hash of every table and export; the index is Chroma's own."""
    paths = [*folder.glob("tables/*"), *folder.glob("export/**/*")]
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in paths
        if path.is_file()
    }


def _manifest(folder: Path) -> dict:
    """Return the manifest without what a clock or a memory meter measured."""
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    for step in manifest["steps"]:
        del step["seconds"], step["peak_mb"], step["reused"]
    return manifest


@pytest.fixture(scope="session")
def again(ran, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The second quarter, run once more with no kept step and no kept vector."""
    outputs = tmp_path_factory.mktemp("again")
    home = outputs / CORPUS.name
    home.mkdir()
    shutil.copytree(ran.folders[PERIODS[0]], home / PERIODS[0])
    return run_corpus(CORPUS, Options(PERIODS[1], outputs=outputs)).folder


def test_same_quarter_gives_the_same_bytes(ran, again):
    first, second = _files(ran.folders[PERIODS[1]]), _files(again)
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []
    assert "tables/mentions.parquet" in first


def test_same_quarter_gives_the_same_report(ran, again):
    first, second = ((path / "report.html").read_text("utf-8").split("<") for path in
                     (ran.folders[PERIODS[1]], again))  # fmt: skip
    assert [pair for pair in zip(first, second, strict=True) if pair[0] != pair[1]] == []


def test_every_export_form_is_compared(ran):
    kinds = {Path(name).suffix for name in _files(ran.folders[PERIODS[1]])}
    assert kinds >= {".parquet", ".csv", ".json", ".graphml", ".md", ".xlsx"}


def test_same_quarter_gives_the_same_manifest(ran, again):
    assert _manifest(ran.folders[PERIODS[1]]) == _manifest(again)


def test_unchanged_rerun_reuses_every_step(again, caplog, monkeypatch):
    before = _files(again)
    # Of the processor, up to the last line told: what else runs on the machine is no fault of ours.
    spent: list[float] = []
    monkeypatch.setattr(logger, "handle", lambda _: spent.append(time.process_time()))
    began = time.process_time()
    with caplog.at_level(logging.INFO, logger=logger.name):
        finished = run_corpus(CORPUS, Options(PERIODS[1], outputs=again.parents[1]))
    done = {step.step: step.reused for step in finished.manifest.steps}
    # Only by reading the sources can a run know that they have not changed.
    assert [step for step, reused in done.items() if not reused] == ["read"]
    assert _files(again) == before
    assert spent[-1] - began < SECONDS
