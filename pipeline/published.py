"""The files of a finished run, for readers and for other programs."""

import hashlib
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import cached_property, partial
from importlib import import_module
from pathlib import Path
from typing import Self

from pipeline.ask import chunk_entries, touchpoint_entries
from pipeline.beside import Beside, Waiting, here
from pipeline.engines.embedded.ahead import look_ahead
from pipeline.engines.engine import Engine
from pipeline.engines.indexing import Entries, index
from pipeline.errors import ConfigError, nearest, shorten
from pipeline.forms import (
    EXPORTS,
    Run,
    begin_workbook,
    write_in_place,
    write_page,
    write_rows,
    write_slow,
    write_to,
)
from pipeline.manifest import PUBLISH, Manifest, StepRecord
from pipeline.publish.lookup import look_up
from pipeline.runner import StepProgress, code_hash, record
from pipeline.schema import Tables
from pipeline.store import (
    INDEX,
    SEAL,
    put_in_place,
    read_run,
    scratch_for,
    seal,
    sealed,
    table_hashes,
    write_manifest,
)

_ELSEWHERE = ("csv", "xlsx", "graphml")
"""Forms that are written with the tables, and beside the others."""
_QUOTED = ("mentions", "touchpoints", "pain_points", "documents", "turns", "stages")
"""Tables that the quotes of the workbook are made from."""


class Draft:
    """A run's files while they are made, aside of the folder they are for.

    Leaving the block ends the process that makes some of them, and what was not put in place goes.
    """

    def __init__(self, target: Path) -> None:
        self.target = target
        self._has_chunks = False
        self._open = ExitStack()
        self.beside = Beside(look_ahead.__module__, write_rows.__module__)
        """The process that works on words, and writes the search index and slow forms."""
        self._n_notes = 0
        self._begun: Tables = {}
        """Tables whose files are written, or will be by that process."""

    def __enter__(self) -> Self:
        self._open.enter_context(self.beside)
        if not (self.target / SEAL).is_file():  # a new run: there will be something to write
            self.beside.start()  # it loads its libraries while a core is idle
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    @cached_property
    def folder(self) -> Path:
        """The scratch folder."""
        return self._open.enter_context(scratch_for(self.target))

    def ask(self, function: Callable[..., object], *arguments: object) -> Waiting:
        """Have a function called by the process beside this one, if it runs, else by this one."""
        if not self.beside.is_running:
            return here(function, *arguments)
        return self.beside.ask(self._note(), function, *arguments)

    def begin(self, tables: Tables, engine: Engine) -> None:
        """Have what is known so far written beside the steps that come: at first the chunks in the
        search index, then what is here of the tables, and the quotes in the workbook."""
        if not self._has_chunks:
            self.index_chunks(tables, engine)
            return  # somebody may soon ask for words, and would wait for the tables
        self._call(write_rows, self.folder, self._unwritten(tables))
        if "mentions" in tables and not self._has_quotes(tables):
            known = {name: tables[name] for name in _QUOTED}
            begin = partial(begin_workbook, has_costs=bool(engine.prompts()))
            self._call(begin, self.folder, known)
        self._begun |= tables

    def write_slow(self, tables: Tables, manifest: Manifest) -> None:
        """Have the forms written that take long."""
        write = partial(write_slow, is_begun=self._has_quotes(tables))
        self._call(write, self.folder, tables, manifest)

    def write_rest(self, tables: Tables) -> None:
        """Write the tables that were not written before, or were and have changed since: those
        after what was written then, by the same process."""
        rest = self._unwritten(tables)
        changed = {name: rest.pop(name) for name in self._begun if name in rest}
        if changed:
            self._call(write_rows, self.folder, changed)
        write_rows(self.folder, rest)

    def _unwritten(self, tables: Tables) -> Tables:
        """Return the tables that nobody was told to write as they are."""
        return {name: one for name, one in tables.items() if self._begun.get(name) is not one}

    def _has_quotes(self, tables: Tables) -> bool:
        """Tell whether the workbook was begun with the quotes of these tables."""
        return "mentions" in self._begun and not any(
            name in self._unwritten(tables) for name in _QUOTED
        )

    def index_chunks(self, tables: Tables, engine: Engine) -> None:
        """Have the chunks written into the search index, which takes a while, unless they are."""
        if not self._has_chunks:
            self._index("chunks", chunk_entries(tables, engine))
            self._call(import_module, "networkx")  # for the graph, while there is time
            self._has_chunks = True

    def index_touchpoints(self, tables: Tables, engine: Engine) -> None:
        """Have the touchpoints written into the search index."""
        self._index("touchpoints", touchpoint_entries(tables, engine))

    def _index(self, name: str, entries: Entries) -> None:
        self._call(index, self.folder / INDEX, {name: entries})

    def _call(self, function: Callable[..., object], *arguments: object) -> None:
        """Have a function called by the process beside this one."""
        self.beside.call(self._note(), function, *arguments)

    def _note(self) -> Path:
        """Return a file for a note to that process."""
        self._n_notes += 1
        return self.folder / f".note-{self._n_notes}"


def publish(
    draft: Draft,
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
    before = sealed(draft.target, key)
    if before:
        done = _with_record(manifest, before.model_copy(update={"reused": True}))
        write_manifest(draft.target, done)
        return done
    _write_files(draft, tables, manifest, engine, progress)
    folder = draft.folder
    taken = record(PUBLISH, (sum(map(len, tables.values())), 0), began)
    seal(folder, key, taken)
    done = _with_record(manifest, taken)
    write_manifest(folder, done)
    put_in_place(folder, draft.target)
    return done


def _write_files(
    draft: Draft,
    tables: Tables,
    manifest: Manifest,
    engine: Engine,
    progress: StepProgress | None,
) -> None:
    """Write the tables, the search index, the report and the exports into a run's draft."""
    folder, beside = draft.folder, draft.beside
    run = Run(tables, manifest, look_up(tables))
    parts: list[Callable[[], object]] = [
        partial(draft.index_chunks, tables, engine),
        partial(draft.write_slow, tables, manifest),
        partial(draft.index_touchpoints, tables, engine),
        partial(draft.write_rest, tables),
        partial(write_page, folder, run),
        *(partial(write_in_place, folder, form, run) for form in EXPORTS if form not in _ELSEWHERE),
        beside.finish,
    ]
    for number, write in enumerate(parts):
        if progress:
            progress(PUBLISH, number, len(parts))
        write()


def _with_record(manifest: Manifest, taken: StepRecord) -> Manifest:
    """Return the manifest with what publishing took as its last step."""
    return manifest.model_copy(update={"steps": (*manifest.steps, taken)})


def _key(tables: Tables, manifest: Manifest) -> str:
    """Return a hash over everything that is published and the code that does it."""
    facts = manifest.model_dump_json(exclude={"steps", "bill"})
    return hashlib.sha256(f"{code_hash()} {table_hashes(tables)} {facts}".encode()).hexdigest()


def write_report(folder: Path) -> Path:
    """Write the report of a finished run again; return where it is."""
    return write_page(folder, _read(folder))


def write_export(folder: Path, form: str, out: Path | None) -> Path:
    """Write a finished run as xlsx, csv, json, graphml or md; return the file or folder."""
    if form not in EXPORTS:
        known = nearest(form, EXPORTS)
        raise ConfigError(f"--to {shorten(form)!r} is no form we write{known}")
    run = _read(folder)
    return write_to(out, form, run) if out else write_in_place(folder, form, run)


def _read(folder: Path) -> Run:
    """Read a finished run with its rows looked up."""
    tables, manifest = read_run(folder)
    return Run(tables, manifest, look_up(tables))
