"""Stages are pure: they know tables, settings and words, and nothing of the world."""

import ast
from pathlib import Path

import pytest

from pipeline import stages

FOLDER = Path(stages.__file__).parent
STAGES = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "__init__")
FORBIDDEN = ("sources", "engines", "store", "publish", "run", "runner", "cli", "ask", "review")
OF_THE_WORLD = {"os", "pathlib", "random", "time", "datetime", "logging", "socket", "sqlite3"}


def _imported(path):
    """Return the modules a file imports, names out of packages included."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or "."
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _within(module, package):
    return module == package or module.startswith(f"{package}.")


def test_there_are_stages():
    assert {"segment", "chunk", "extract", "resolve", "network", "score"} <= set(STAGES)


@pytest.mark.parametrize("stage", STAGES)
def test_stage_imports_no_world_and_no_other_stage(stage):
    imported = set(_imported(FOLDER / f"{stage}.py"))
    outside = [f"pipeline.{name}" for name in FORBIDDEN]
    others = [f"pipeline.stages.{name}" for name in STAGES if name != stage]
    assert not [m for m in imported for package in (*outside, *others) if _within(m, package)]
    assert not {m.split(".")[0] for m in imported} & OF_THE_WORLD


@pytest.mark.parametrize("stage", STAGES)
def test_stage_says_first_what_it_reads_and_writes(stage):
    said = ast.get_docstring(ast.parse((FOLDER / f"{stage}.py").read_text(encoding="utf-8")))
    head = " ".join(said.split("\n\n")[0].split())
    assert head.startswith("reads ")
    assert "-> writes " in head


@pytest.mark.parametrize("stage", STAGES)
def test_stage_has_a_public_function(stage):
    tree = ast.parse((FOLDER / f"{stage}.py").read_text(encoding="utf-8"))
    public = [f.name for f in tree.body if isinstance(f, ast.FunctionDef) and f.name[0] != "_"]
    assert public
