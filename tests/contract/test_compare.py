"""`touchpoints compare` from outside."""

import subprocess
import sys

from tests.unit.comparison.runs import GOOD, LATE, said, tables_of, touchpoint, written


def compare(*arguments):
    code = "from pipeline.cli import main; main()"
    return subprocess.run(  # noqa: S603
        [sys.executable, "-c", code, "compare", *map(str, arguments)],
        capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip


def test_page_is_printed_and_both_files_are_written(tmp_path):
    known = [touchpoint("export"), touchpoint("course")]
    first = written(tmp_path / "a", tables_of([said(0, LATE, "export")], known))
    second = written(tmp_path / "b", tables_of([said(1, GOOD, "course")], known), engine="llm-1 m")
    done = compare(first, second, "--out", tmp_path / "page.md", "--csv", tmp_path / "quotes.csv")
    assert (done.returncode, done.stderr) == (0, "")
    assert "two runs of the same documents" in done.stdout
    assert (tmp_path / "page.md").read_text("utf-8").startswith("# Acme, 2026Q3")
    lines = (tmp_path / "quotes.csv").read_text("utf-8-sig").splitlines()
    assert [line.split(",")[:2] for line in lines[1:]] == [
        ["embedded", "Export"],
        ["llm", "Course"],
    ]


def test_runs_that_have_nothing_in_common_are_one_line_and_exit_code_two(tmp_path):
    first = written(tmp_path / "a", tables_of([], []))
    second = written(tmp_path / "b", tables_of([], [], text="Other words."), corpus="Bolt")
    done = compare(first, second)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert "share no documents" in done.stderr
