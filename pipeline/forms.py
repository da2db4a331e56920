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
from pipeline.publish.workbook import to_xlsx
from pipeline.schema import Tables


class Run(NamedTuple):
    """A run as its files are made from it."""

    tables: Tables
    manifest: Manifest
    lookup: Lookup


class _Form(NamedTuple):
    """A form in which a run goes out."""

    name: str
    """of its file; '' for the folder itself"""
    content: Callable[[Run], Mapping[str, str | bytes] | str | bytes]
    """its content, or that of each file"""


EXPORTS: dict[str, _Form] = {
    "csv": _Form("", lambda run: to_csv(run.tables)),
    "json": _Form("network.json", lambda run: to_json(*run)),
    "graphml": _Form("network.graphml", lambda run: to_graphml(run.tables, run.lookup)),
    "md": _Form("summary.md", lambda run: to_markdown(*run)),
    "xlsx": _Form("touchpoints.xlsx", lambda run: to_xlsx(*run)),
}


def write_all(folder: Path, tables: Tables, manifest: Manifest, forms: tuple[str, ...]) -> None:
    """Write a run in some forms to where they stand in its folder."""
    run = Run(tables, manifest, look_up(tables))
    for form in forms:
        write_in_place(folder, form, run)


def write_in_place(folder: Path, form: str, run: Run) -> Path:
    """Write a run in one form to where it stands in a run folder; return where that is."""
    return write_to(folder / "export" / EXPORTS[form].name, form, run)


def write_to(path: Path, form: str, run: Run) -> Path:
    """Write a run in one form to a file, or to a folder where the form has many."""
    content = EXPORTS[form].content(run)
    files = content if isinstance(content, Mapping) else {"": content}
    for name, one in files.items():
        target = path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(one.encode() if isinstance(one, str) else one)
    return path


def write_page(folder: Path, run: Run) -> Path:
    """Write the report into a run folder; return where it is."""
    settings = Settings.model_validate(run.manifest.settings)
    path = folder / "report.html"
    path.write_text(render(run.tables, run.manifest, settings.publish, run.lookup), "utf-8")
    return path
