"""The command line from outside."""

import os
import re
import subprocess
import sys

import click
import pytest
import typer

from pipeline.cli import app

COMMANDS = typer.main.get_command(app).commands
HEAVY = ("pandas", "numpy", "chromadb", "sklearn", "rich")
SLOWEST = 0.4


SOURCE = (
    '[corpus]\nname = "Acme"\n[[sources]]\nkind = "survey"\npath = "survey.csv"\n'
    'columns = { customer = "who", date = "day", text = "said" }\n'
)


def run(*arguments, code="from pipeline.cli import main; main()", cwd=None):
    return subprocess.run(  # noqa: S603
        [sys.executable, "-c", code, *arguments],
        capture_output=True, text=True, encoding="utf-8", check=False, cwd=cwd,
    )  # fmt: skip


@pytest.mark.parametrize("name", COMMANDS)
def test_command_and_all_its_parameters_have_help(name):
    command = COMMANDS[name]
    assert re.match(r"[A-Z].+\.$", command.help)
    for parameter in command.params:
        if isinstance(parameter, click.Option | typer.core.TyperArgument):
            assert getattr(parameter, "help", ""), parameter.name


@pytest.mark.parametrize("name", COMMANDS)
def test_command_is_a_verb_in_lower_case(name):
    assert re.fullmatch(r"[a-z]+", name)


def test_help_lists_every_command():
    done = run("--help")
    assert done.returncode == 0
    assert all(re.search(rf"^\s+{name}\s", done.stdout, re.MULTILINE) for name in COMMANDS)


def test_help_imports_nothing_heavy():
    code = f"""
import sys
from pipeline.cli import app
try:
    app(["--help"])
except SystemExit:
    pass
print("loaded:", [name for name in {HEAVY!r} if name in sys.modules])
"""
    assert run(code=code).stdout.endswith("loaded: []\n")


def test_help_comes_at_once():
    # Seconds of the processor: what else runs on the machine is no fault of ours.
    seconds = []
    for _ in range(5):
        began = os.times()
        run("--help")
        ended = os.times()
        user = ended.children_user - began.children_user
        seconds.append(user + ended.children_system - began.children_system)
    assert 0 < min(seconds) < SLOWEST


@pytest.mark.parametrize("arguments", [["fly"], ["run"], ["run", "x", "--nowhere"], []])
def test_wrong_usage_exits_with_two_and_no_trace(arguments):
    done = run(*arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "Usage" in done.stderr + done.stdout


def test_error_is_one_line_and_its_exit_code(tmp_path):
    done = run("show", str(tmp_path / "nowhere"))
    assert done.returncode == 2
    assert done.stderr.startswith("error: no finished run")
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


def test_debug_adds_the_trace_and_changes_nothing_else(tmp_path):
    done = run("--debug", "check", str(tmp_path / "nowhere"))
    assert done.returncode == 2
    assert "Traceback" in done.stderr
    assert "error: no corpus folder at" in done.stderr


def test_a_key_in_the_address_of_a_model_is_refused_and_not_repeated(tmp_path):
    address = "http://me:sk-secret-1@127.0.0.1:9/v1"
    told = ("init", "acme", "--suggest", "We sell tea.", "--model", "m", "--endpoint", address)
    for before in ([], ["--debug"]):
        done = run(*before, *told, cwd=tmp_path)
        assert done.returncode == 2
        assert "--endpoint cannot be used: no user, password" in done.stderr
        assert "secret" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("command", "years", "told"),
    [
        ("run", [2026], "the dates cover 2026Q2 (2), 2026Q3 (1): give --period"),
        ("run", range(2018, 2027), "the dates cover 2018Q2 to 2026Q3 (27 documents): give"),
        ("plan", [2026], "the dates cover 2026Q2 (2), 2026Q3 (1): give --period"),
    ],
)
def test_a_period_without_documents_is_told_and_nothing_is_written(tmp_path, command, years, told):
    days = [f"{year}-{day}" for year in years for day in ("04-02", "06-30", "07-01")]
    rows = [f"C{n},{day},The invoice of {day} was wrong." for n, day in enumerate(days)]
    (tmp_path / "corpus.toml").write_text(SOURCE, "utf-8")
    (tmp_path / "survey.csv").write_text("\n".join(["who,day,said", *rows]), "utf-8")
    done = run(command, ".", "--period", "2031Q1", "--quiet", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: no document is dated in 2031Q1; {told}")
    assert (done.stderr.count("\n"), done.stdout) == (1, "")
    assert {path.name for path in tmp_path.iterdir()} == {"corpus.toml", "survey.csv"}


def test_a_corpus_without_any_document_is_run_as_it_is(tmp_path):
    (tmp_path / "corpus.toml").write_text(SOURCE, "utf-8")
    (tmp_path / "survey.csv").write_text("who,day,said\nC1,2026-07-01,\n", "utf-8")
    done = run("run", ".", "--period", "2031Q1", "--out", "made", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "made" / "report.html").is_file()


def test_the_next_command_can_be_pasted_though_the_name_has_a_blank(tmp_path):
    done = run("init", "my corpus", cwd=tmp_path)
    assert "  touchpoints check 'corpora/my corpus'" in done.stdout
