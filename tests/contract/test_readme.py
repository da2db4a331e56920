"""The README names every command, table and setting there is."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from pipeline.cli import app
from pipeline.config import Settings
from pipeline.tables import ALL

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
NAMED = set(re.findall(r"`([^`\n]+)`", README))
UNSTORED = {"answers", "answer_links", "groups"}


def keys(section: type[BaseModel]) -> set[str]:
    """Return every key of a section and of the sections in it."""
    found: set[str] = set()
    for name, field in section.model_fields.items():
        found.add(name)
        inner = [a for a in (field.annotation, *getattr(field.annotation, "__args__", ())) if a]
        for kind in inner:
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                found |= keys(kind)
    return found


@pytest.mark.parametrize("command", [c.callback.__name__ for c in app.registered_commands])
def test_command_is_named(command):
    assert any(f"touchpoints {command} " in name for name in NAMED)


@pytest.mark.parametrize("table", sorted(set(ALL) - UNSTORED))
def test_table_is_named(table):
    assert table in NAMED


@pytest.mark.parametrize("key", sorted(keys(Settings)))
def test_setting_is_named(key):
    assert key in NAMED or f"[{key}]" in NAMED or f"[[{key}]]" in NAMED
