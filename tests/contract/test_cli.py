"""The command line from outside."""

import re
import subprocess
import sys
import time

import click
import pytest
import typer

from pipeline.cli import app

COMMANDS = typer.main.get_command(app).commands
HEAVY = ("pandas", "numpy", "chromadb", "sklearn", "rich")
SLOWEST = 0.4


def run(*arguments, code="from pipeline.cli import main; main()"):
    return subprocess.run(  # noqa: S603
        [sys.executable, "-c", code, *arguments],
        capture_output=True, text=True, encoding="utf-8", check=False,
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
    seconds = []
    for _ in range(5):
        began = time.perf_counter()
        run("--help")
        seconds.append(time.perf_counter() - began)
    assert min(seconds) < SLOWEST


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
