"""The files of a finished run, for readers and for other programs."""

import hashlib
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

from pipeline.ask import index_run
from pipeline.config import Settings
from pipeline.engines.engine import Engine
from pipeline.errors import ConfigError, nearest, shorten
from pipeline.manifest import Manifest
from pipeline.publish.exports import to_csv, to_graphml, to_json
from pipeline.publish.markdown import to_markdown
from pipeline.publish.report import render
from pipeline.publish.workbook import to_xlsx
from pipeline.runner import StepProgress, code_hash
from pipeline.schema import Tables
from pipeline.store import (
    built_aside,
    is_sealed,
    read_run,
    seal,
    tables_hash,
    write_manifest,
    write_tables,
)


def publish(
    target: Path,
    tables: Tables,
    manifest: Manifest,
    engine: Engine,
    progress: StepProgress | None = None,
) -> None:
    """Write everything that readers of the run open; what is there and unchanged stays."""
    key = _key(tables, manifest)
    if is_sealed(target, key):
        write_manifest(target, manifest)
        return
    with built_aside(target) as folder:
        write_tables(folder / "tables", tables)
        write_manifest(folder, manifest)
        parts: list[Callable[[], object]] = [
            lambda: index_run(folder, tables, engine),
            lambda: _write_report(folder, tables, manifest),
            *(partial(_write_in_place, folder, form, tables, manifest) for form in EXPORTS),
        ]
        for number, write in enumerate(parts):
            if progress:
                progress("publish", number, len(parts))
            write()
        seal(folder, key)


def _write_in_place(folder: Path, form: str, tables: Tables, manifest: Manifest) -> Path:
    """Write a run in one form to where it stands in a run folder; return where that is."""
    return _write_export(folder / "export" / EXPORTS[form].name, form, tables, manifest)


def _key(tables: Tables, manifest: Manifest) -> str:
    """Return a hash over everything that is published and the code that does it."""
    facts = manifest.model_dump_json(exclude={"steps"})
    return hashlib.sha256(f"{code_hash()} {tables_hash(tables)} {facts}".encode()).hexdigest()


def write_report(folder: Path) -> Path:
    """Write the report of a finished run again; return where it is."""
    return _write_report(folder, *read_run(folder))


def write_export(folder: Path, form: str, out: Path | None) -> Path:
    """Write a finished run as xlsx, csv, json, graphml or md; return the file or folder."""
    if form not in EXPORTS:
        known = nearest(form, EXPORTS)
        raise ConfigError(f"--to {shorten(form)!r} is no form we write{known}")
    tables, manifest = read_run(folder)
    if out:
        return _write_export(out, form, tables, manifest)
    return _write_in_place(folder, form, tables, manifest)


class _Export(NamedTuple):
    """A form in which a run goes to other programs."""

    name: str
    """of its file; '' for the folder itself"""
    content: Callable[[Tables, Manifest], Mapping[str, str | bytes] | str | bytes]
    """its content, or that of each file"""


EXPORTS: dict[str, _Export] = {
    "csv": _Export("", lambda tables, _: to_csv(tables)),
    "json": _Export("network.json", to_json),
    "graphml": _Export("network.graphml", lambda tables, _: to_graphml(tables)),
    "md": _Export("summary.md", to_markdown),
    "xlsx": _Export("touchpoints.xlsx", to_xlsx),
}


def _write_export(path: Path, form: str, tables: Tables, manifest: Manifest) -> Path:
    """Write a run in one form to a file, or to a folder where the form has many."""
    content = EXPORTS[form].content(tables, manifest)
    files = content if isinstance(content, Mapping) else {"": content}
    for name, one in files.items():
        target = path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(one.encode() if isinstance(one, str) else one)
    return path


def _write_report(folder: Path, tables: Tables, manifest: Manifest) -> Path:
    """Write the report; return where it is."""
    settings = Settings.model_validate(manifest.settings)
    path = folder / "report.html"
    path.write_text(render(tables, manifest, settings.publish), "utf-8")
    return path
