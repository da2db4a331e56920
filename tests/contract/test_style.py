"""House rules no linter checks, and what must not stand in any file."""

import ast
import json
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in sorted((ROOT / "pipeline").rglob("*.py"))
}
LONGEST_MODULE = 400
LONGEST_FUNCTION = 50
MAY_PRINT = {"pipeline/cli.py", "pipeline/terminal.py"}
# Letters in brackets, so that this file does not hold what it looks for.
REGISTRIES = re.compile(
    r"py[p]i\.org|pythonho[s]ted|--(?:extra-)?inde[x]-url|[/]simple/|artifac[t]ory|devp[i]|"
    r"npm[j]s\.|proxy\.golan[g]"
)
HOMES = re.compile(r"(?<![\w.~])/(?:hom[e]|Use[r]s)/[\w.-]+/|\b[C]:\\Users")


def _functions(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _length(function):
    """Return the lines of a function, its docstring left out."""
    first = function.body[0]
    said = first.end_lineno - first.lineno + 1 if ast.get_docstring(function) else 0
    return function.end_lineno - function.lineno + 1 - said


@pytest.mark.parametrize("name", MODULES)
def test_no_module_is_too_long(name):
    assert len(MODULES[name].splitlines()) <= LONGEST_MODULE


@pytest.mark.parametrize("name", MODULES)
def test_no_function_is_too_long(name):
    long = {f.name: _length(f) for f in _functions(MODULES[name])}
    assert {f: n for f, n in long.items() if n > LONGEST_FUNCTION} == {}


@pytest.mark.parametrize("name", MODULES)
def test_only_the_command_line_prints(name):
    calls = [node for node in ast.walk(ast.parse(MODULES[name])) if isinstance(node, ast.Call)]
    prints = [c.lineno for c in calls if isinstance(c.func, ast.Name) and c.func.id == "print"]
    assert name in MAY_PRINT or prints == []


@pytest.mark.parametrize("name", MODULES)
def test_only_the_command_line_catches_everything(name):
    handlers = [n for n in ast.walk(ast.parse(MODULES[name])) if isinstance(n, ast.ExceptHandler)]
    broad = [
        h.lineno
        for h in handlers
        if h.type is None or {"Exception", "BaseException"} & {
            n.id for n in ast.walk(h.type) if isinstance(n, ast.Name)
        }
    ]  # fmt: skip
    assert name == "pipeline/cli.py" or broad == []


@pytest.mark.parametrize("name", MODULES)
def test_no_module_changes_a_frame_in_place_or_walks_it_by_row(name):
    assert "inplace=True" not in MODULES[name]
    assert ".iterrows(" not in MODULES[name]


def _tracked_texts():
    done = subprocess.run(  # noqa: S603
        ["git", "-C", str(ROOT), "ls-files", "-z"],  # noqa: S607
        capture_output=True,
        check=False,
    )
    if done.returncode:
        pytest.skip("not a checkout")
    for name in filter(None, done.stdout.decode("utf-8").split("\0")):
        path = ROOT / name
        if path.is_file() and b"\0" not in path.read_bytes():
            yield name, path.read_bytes().decode("utf-8", "replace")


def test_no_file_names_a_package_registry():
    assert {n: m.group() for n, t in _tracked_texts() if (m := REGISTRIES.search(t))} == {}


def test_no_file_names_a_folder_of_one_machine():
    own = [str(folder) for folder in (ROOT, Path.home()) if len(folder.parts) > 1]
    places = re.compile("|".join([HOMES.pattern, *(rf"(?<![\w.]){re.escape(p)}\b" for p in own)]))
    assert {n: m.group() for n, t in _tracked_texts() if (m := places.search(t))} == {}


@pytest.mark.parametrize("path", sorted((ROOT / "prompts").glob("*.jsonl")), ids=lambda p: p.name)
def test_examples_of_a_prompt_are_valid_lines_of_json(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    examples = [json.loads(line) for line in lines]
    assert examples
    texts = ["\n".join(example.get("item", [example.get("text", "")])) for example in examples]
    assert all(text.strip() for text in texts)
    assert len(set(texts)) == len(texts)
