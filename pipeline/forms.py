"""The forms in which a run goes to readers and other programs, and the files they are."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from pipeline.config import Settings
from pipeline.manifest import Manifest
from pipeline.publish.exports import to_csv, to_graphml, to_json
from pipeline.publish.lookup import Lookup, look_up
from pipeline.publish.markdown import to_markdown
from pipeline.publish.report import render
from pipeline.publish.workbook import Begun, to_xlsx
from pipeline.schema import Tables
from pipeline.store import write_tables

Content = Mapping[str, str] | str | bytes
"""What stands in a file, or in each file of a folder."""


class Run(NamedTuple):
    """A run as its files are made from it."""

    tables: Tables
    manifest: Manifest
    lookup: Lookup


class _Form(NamedTuple):
    """A form in which a run goes out."""

    name: str
    """of its file; '' for the folder itself"""
    content: Callable[[Run], Content]


EXPORTS: dict[str, _Form] = {
    "csv": _Form("", lambda run: to_csv(run.tables)),
    "json": _Form("network.json", lambda run: to_json(*run)),
    "graphml": _Form("network.graphml", lambda run: to_graphml(run.tables, run.lookup)),
    "md": _Form("summary.md", lambda run: to_markdown(*run)),
    "xlsx": _Form("touchpoints.xlsx", lambda run: to_xlsx(*run)),
}


_begun: dict[Path, Begun] = {}
"""Workbooks that this process has begun and not finished, by the run folder they are for."""


def begin_workbook(folder: Path, tables: Tables, *, has_costs: bool) -> None:
    """Begin the workbook of a run whose quotes are known; `write_slow` finishes it."""
    _begun[folder] = Begun(look_up(tables), has_costs=has_costs, folder=folder)


def write_slow(folder: Path, tables: Tables, manifest: Manifest, *, is_begun: bool) -> None:
    """Write a run's workbook, which takes long, and its graph, which needs a library that does.

    `is_begun` tells whether the workbook was begun with these tables.
    """
    run = Run(tables, manifest, look_up(tables))
    begun = _begun.pop(folder, None) if is_begun else None
    book = to_xlsx(tables, manifest, run.lookup, begun)
    _write(folder / "export" / EXPORTS["xlsx"].name, book)
    write_in_place(folder, "graphml", run)


def write_rows(folder: Path, tables: Tables) -> None:
    """Write tables into a run folder: as they are, and as CSV for readers."""
    write_tables(folder / "tables", tables)
    _write(folder / "export" / EXPORTS["csv"].name, to_csv(tables))


def write_in_place(folder: Path, form: str, run: Run) -> Path:
    """Write a run in one form to where it stands in a run folder; return where that is."""
    return write_to(folder / "export" / EXPORTS[form].name, form, run)


def write_to(path: Path, form: str, run: Run) -> Path:
    """Write a run in one form to a file, or to a folder where the form has many."""
    _write(path, EXPORTS[form].content(run))
    return path


def _write(path: Path, content: Content) -> None:
    """Write content to a file, or to a folder where it is that of many."""
    files = content if isinstance(content, Mapping) else {"": content}
    for name, one in files.items():
        target = path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(one.encode() if isinstance(one, str) else one)


def write_page(folder: Path, run: Run) -> Path:
    """Write the report into a run folder; return where it is."""
    settings = Settings.model_validate(run.manifest.settings)
    path = folder / "report.html"
    path.write_text(render(run.tables, run.manifest, settings.publish, run.lookup), "utf-8")
    return path
