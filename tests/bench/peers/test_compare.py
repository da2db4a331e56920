"""The comparison measures what it says: time and memory of a command, and the fixed documents."""

import csv
import sys

import pytest

from tests.bench.peers import compare
from tests.bench.peers.compare import FIELDS, WHOLE, Cost, keep, make_corpus, measure


def _reviews(path, rows):
    """Write a file of reviews given by (text, date)."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ("link", *FIELDS))
        writer.writeheader()
        writer.writerows({"content": text, "date": date} for text, date in rows)


def test_memory_of_a_child_process_is_measured(tmp_path):
    # The command lets a process of its own hold the memory, and sleeps without using the CPU.
    inner = "held = bytearray(150_000_000); held[::4096] = b'x' * len(held[::4096])"
    outer = (
        f"import subprocess, sys, time; subprocess.run([sys.executable, '-c', {inner!r}]); "
        "time.sleep(1); print('done')"
    )
    cost, said = measure([sys.executable, "-c", outer], tmp_path / "run")
    assert said == "done\n"
    assert cost.peak > 140
    assert cost.wall > 1
    assert cost.cpu < cost.wall


def test_a_command_that_fails_ends_the_comparison_with_its_words(tmp_path):
    with pytest.raises(SystemExit, match="no such model"):
        measure([sys.executable, "-c", "raise SystemExit('no such model')"], tmp_path / "run")


def test_documents_are_lounge_reviews_of_earlier_years_then_seat_reviews(tmp_path, monkeypatch):
    (tmp_path / "skytrax").mkdir()
    lounge = [("first", "2012-12-31"), ("too late", "2013-01-01"), ("second", "2011-05-05")]
    _reviews(tmp_path / "skytrax/lounge.csv", lounge)
    _reviews(tmp_path / "skytrax/seat.csv", [("third", "2015-01-01"), ("fourth", "2010-01-01")])
    monkeypatch.setenv("TOUCHPOINTS_DATA", str(tmp_path))
    monkeypatch.setattr(compare, "REVIEWS", 3)
    corpus = make_corpus(tmp_path / "made")
    with (corpus.folder / "reviews.csv").open(encoding="utf-8", newline="") as file:
        texts = [row["content"] for row in csv.DictReader(file)]
    assert texts == ["first", "second", "third"]


def test_cost_of_two_processes_adds_time_and_takes_the_higher_peak():
    assert Cost(1.0, 2.0, 300.0).and_then(Cost(10.0, 20.0, 200.0)) == Cost(11.0, 22.0, 300.0)


def test_rows_are_added_under_the_label_of_the_run(tmp_path, monkeypatch):
    monkeypatch.setattr(compare, "RESULTS", tmp_path / "results.csv")
    for label in ("before", "after"):
        monkeypatch.setenv("TOUCHPOINTS_BENCH_RUN", label)
        keep({WHOLE: Cost(20.0, 30.0, 500.0)}, 7, ["one", "two"], 0.0)
    with (tmp_path / "results.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["run"] for row in rows] == ["before", "after"]
    assert {row["characters"] for row in rows} == {"6"}
    assert {row["wall_s"] for row in rows} == {"20.0"}


def test_both_sides_may_keep_the_bytecode_that_they_compile(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    ask = "import sys; print(sys.dont_write_bytecode)"
    assert measure([sys.executable, "-c", ask], tmp_path / "run")[1] == "False\n"
