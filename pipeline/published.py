"""The files of a finished run, for readers and for other programs."""

import hashlib
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

from pipeline.ask import entries_of
from pipeline.config import Settings
from pipeline.engines.engine import Engine
from pipeline.engines.indexing import index_writer
from pipeline.errors import ConfigError, nearest, shorten
from pipeline.manifest import PUBLISH, Manifest, StepRecord
from pipeline.publish.exports import to_csv, to_graphml, to_json
from pipeline.publish.lookup import Lookup, look_up
from pipeline.publish.markdown import to_markdown
from pipeline.publish.report import render
from pipeline.publish.workbook import to_xlsx
from pipeline.runner import StepProgress, code_hash, record
from pipeline.schema import Tables
from pipeline.store import (
    INDEX,
    built_aside,
    read_run,
    seal,
    sealed,
    table_hashes,
    write_manifest,
    write_tables,
)


class Run(NamedTuple):
    """A run as its files are made from it."""

    tables: Tables
    manifest: Manifest
    lookup: Lookup


def publish(
    target: Path,
    tables: Tables,
    manifest: Manifest,
    engine: Engine,
    progress: StepProgress | None = None,
) -> Manifest:
    """Write everything that readers of the run open; what is there and unchanged stays.

    Returns the manifest as it is written: with what publishing took.
    """
    began = time.perf_counter()
    key = _key(tables, manifest)
    before = sealed(target, key)
    if before:
        done = _with_record(manifest, before.model_copy(update={"reused": True}))
        write_manifest(target, done)
        return done
    with built_aside(target) as folder:
        write_tables(folder / "tables", tables)
        _write_files(folder, tables, manifest, engine, progress)
        taken = record(PUBLISH, (sum(map(len, tables.values())), 0), began)
        seal(folder, key, taken)
        done = _with_record(manifest, taken)
        write_manifest(folder, done)
    return done


def _write_files(
    folder: Path,
    tables: Tables,
    manifest: Manifest,
    engine: Engine,
    progress: StepProgress | None,
) -> None:
    """Write the search index, the report and the exports into a run folder."""
    with index_writer(folder / INDEX) as write_index:
        run = Run(tables, manifest, look_up(tables))
        parts: list[Callable[[], object]] = [
            lambda: write_index(entries_of(tables, engine)),
            lambda: _write_report(folder, run),
            *(partial(_write_in_place, folder, form, run) for form in EXPORTS),
        ]
        for number, write in enumerate(parts):
            if progress:
                progress(PUBLISH, number, len(parts))
            write()


def _with_record(manifest: Manifest, taken: StepRecord) -> Manifest:
    """Return the manifest with what publishing took as its last step."""
    return manifest.model_copy(update={"steps": (*manifest.steps, taken)})


def _write_in_place(folder: Path, form: str, run: Run) -> Path:
    """Write a run in one form to where it stands in a run folder; return where that is."""
    return _write_export(folder / "export" / EXPORTS[form].name, form, run)


def _key(tables: Tables, manifest: Manifest) -> str:
    """Return a hash over everything that is published and the code that does it."""
    facts = manifest.model_dump_json(exclude={"steps"})
    return hashlib.sha256(f"{code_hash()} {table_hashes(tables)} {facts}".encode()).hexdigest()


def write_report(folder: Path) -> Path:
    """Write the report of a finished run again; return where it is."""
    return _write_report(folder, _read(folder))


def write_export(folder: Path, form: str, out: Path | None) -> Path:
    """Write a finished run as xlsx, csv, json, graphml or md; return the file or folder."""
    if form not in EXPORTS:
        known = nearest(form, EXPORTS)
        raise ConfigError(f"--to {shorten(form)!r} is no form we write{known}")
    run = _read(folder)
    return _write_export(out, form, run) if out else _write_in_place(folder, form, run)


def _read(folder: Path) -> Run:
    """Read a finished run with its rows looked up."""
    tables, manifest = read_run(folder)
    return Run(tables, manifest, look_up(tables))


class _Export(NamedTuple):
    """A form in which a run goes to other programs."""

    name: str
    """of its file; '' for the folder itself"""
    content: Callable[[Run], Mapping[str, str | bytes] | str | bytes]
    """its content, or that of each file"""


EXPORTS: dict[str, _Export] = {
    "csv": _Export("", lambda run: to_csv(run.tables)),
    "json": _Export("network.json", lambda run: to_json(*run)),
    "graphml": _Export("network.graphml", lambda run: to_graphml(run.tables, run.lookup)),
    "md": _Export("summary.md", lambda run: to_markdown(*run)),
    "xlsx": _Export("touchpoints.xlsx", lambda run: to_xlsx(*run)),
}


def _write_export(path: Path, form: str, run: Run) -> Path:
    """Write a run in one form to a file, or to a folder where the form has many."""
    content = EXPORTS[form].content(run)
    files = content if isinstance(content, Mapping) else {"": content}
    for name, one in files.items():
        target = path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(one.encode() if isinstance(one, str) else one)
    return path


def _write_report(folder: Path, run: Run) -> Path:
    """Write the report; return where it is."""
    settings = Settings.model_validate(run.manifest.settings)
    path = folder / "report.html"
    path.write_text(render(run.tables, run.manifest, settings.publish, run.lookup), "utf-8")
    return path
