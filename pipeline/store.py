"""Runs on disk: parquet tables and a manifest, built aside and renamed into place.

outputs/<corpus>/<period>/             a finished run: manifest.json, tables/, report.html, export/,
                                       index/ (Chroma), seal.json (what all of it was made from)
outputs/<corpus>/.embeddings.sqlite    vectors by the hash of their text
outputs/<corpus>/.steps/<step>-<key>/  a step's tables, kept so that an unchanged step is not redone
"""

import fcntl
import hashlib
import json
import logging
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel

from pipeline.errors import ConfigError, ContractError, shorten
from pipeline.manifest import Manifest, StepRecord
from pipeline.schema import Tables
from pipeline.tables import ALL

logger = logging.getLogger(__name__)

MANIFEST = "manifest.json"
SEAL = "seal.json"
INDEX = "index"
EMBEDDINGS = ".embeddings.sqlite"
ANSWERS = ".answers.sqlite"
_STEPS = ".steps"
_RECORD = "record.json"
_TABLE = "|".join(ALL)
_OWN_FILE = re.compile(
    rf"tables/({_TABLE})\.parquet|export/({_TABLE})\.csv|export/network\.(json|graphml)"
    rf"|export/(summary\.md|touchpoints\.xlsx)|report\.html|{INDEX}/.+|{SEAL}"
)
"""What a run writes, by its path in the run folder."""


def write_tables(folder: Path, tables: Mapping[str, pd.DataFrame]) -> None:
    """Write each table as <name>.parquet; the same table gives the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in tables.items():
        pq.write_table(_to_arrow(name, frame), folder / f"{name}.parquet")


def _to_arrow(name: str, frame: pd.DataFrame) -> Any:  # noqa: ANN401 - pyarrow has no types
    """Return a table, checked, as Arrow's."""
    checked = ALL[name].check(frame)
    return pa.Table.from_pandas(checked, preserve_index=False).replace_schema_metadata(None)


def read_tables(folder: Path) -> Tables:
    """Read every table of a folder, checked; ContractError when one is not what it should be."""
    return {path.stem: read_table(path) for path in sorted(folder.glob("*.parquet"))}


def read_table(path: Path) -> pd.DataFrame:
    """Read one table, checked."""
    if path.stem not in ALL:
        raise ContractError(f"{path}: no table has this name")
    try:
        return ALL[path.stem].check(pd.read_parquet(path))
    except (OSError, ValueError, TypeError, KeyError, NotImplementedError, ContractError) as error:
        raise ContractError(f"{path}: damaged ({shorten(error)}); run the period again") from error


def table_hash(name: str, frame: pd.DataFrame) -> str:
    """Return a hash of the content of a table, whatever the order of its rows."""
    arrow = _to_arrow(name, frame)
    digest = hashlib.sha256(name.encode())
    for field, column in zip(arrow.schema, arrow.columns, strict=True):
        # One column at a time: what is hashed is a copy.
        part = pa.Table.from_arrays([column.combine_chunks()], schema=pa.schema([field]))
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, part.schema) as stream:
            stream.write_table(part)
        digest.update(sink.getvalue())
    return digest.hexdigest()


def table_hashes(tables: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    """Return the hash of each table, by name."""
    return {name: table_hash(name, frame) for name, frame in sorted(tables.items())}


class _Kept(BaseModel):
    """What is noted beside the kept tables of a step."""

    record: StepRecord
    tables: tuple[str, ...]


class Steps:
    """The kept tables of steps of one corpus, found by a key over all that went into them."""

    def __init__(self, corpus_outputs: Path) -> None:
        self._folder = corpus_outputs / _STEPS
        self._touched: set[str] = set()

    def load(self, step: str, key: str) -> tuple[Tables, StepRecord] | None:
        """Return the tables a step wrote earlier under the same key, if they are all there."""
        folder = self._folder / f"{step}-{key[:24]}"
        self._touched.add(folder.name)
        record = folder / _RECORD
        if not record.is_file():
            return None
        try:
            found = _Kept.model_validate_json(record.read_text("utf-8"))
            tables = read_tables(folder)
        except (ContractError, OSError, ValueError) as error:
            logger.warning("%s is damaged and will be done again: %s", folder, shorten(error))
            return None
        return (tables, found.record) if set(tables) == set(found.tables) else None

    def keep(self, step: str, key: str, tables: Tables, record: StepRecord) -> None:
        """Keep a step's tables; a folder counts only once its record is there."""
        folder = self._folder / f"{step}-{key[:24]}"
        with built_aside(folder) as scratch:
            write_tables(scratch, tables)
            kept = _Kept(record=record, tables=tuple(sorted(tables)))
            (scratch / _RECORD).write_text(kept.model_dump_json(), encoding="utf-8")

    def prune(self, most: int) -> None:
        """Delete the oldest kept steps beyond `most`, sparing those of this run."""
        if not self._folder.is_dir():
            return
        with _alone(self._folder):
            kept = sorted(
                (p for p in self._folder.iterdir() if p.name not in self._touched),
                key=lambda path: path.stat().st_mtime,
            )
            for folder in kept[: max(0, len(kept) - most)]:
                shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def built_aside(target: Path) -> Iterator[Path]:
    """Yield a scratch folder that takes the place of `target` at the end, or vanishes on error."""
    with scratch_for(target) as scratch:
        yield scratch
        put_in_place(scratch, target)


@contextmanager
def scratch_for(target: Path) -> Iterator[Path]:
    """Yield a new folder beside `target`, which vanishes at the end unless it was put in place.

    What a killed run left behind is put right first: its scratch goes, an old folder that it had
    moved aside comes back.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    old = _old(target)
    with _alone(target.parent):
        if old.exists() and not target.exists():
            old.rename(target)
    for stray in target.parent.glob(f".{target.name}.new-*"):
        if not _is_alive(stray.name.rsplit("-", 1)[1]):
            shutil.rmtree(stray, ignore_errors=True)
    scratch = target.parent / f".{target.name}.new-{os.getpid()}"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def put_in_place(scratch: Path, target: Path) -> None:
    """Let a scratch folder take the place of `target`, which stays as it was when that fails.

    Of two runs that finish at once, the place is that of the last.
    """
    old = _old(target)
    with _alone(target.parent):
        shutil.rmtree(old, ignore_errors=True)
        if target.exists():
            target.rename(old)
        try:
            scratch.rename(target)
        finally:
            if old.exists() and not target.exists():
                old.rename(target)
        shutil.rmtree(old, ignore_errors=True)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep other runs from moving what is in a folder; some shared disks know no such lock."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):
            fcntl.flock(opened, fcntl.LOCK_EX)
        yield
    finally:
        os.close(opened)


def _old(target: Path) -> Path:
    """Return where a folder is moved aside to."""
    return target.parent / f".{target.name}.old"


def _is_alive(pid: str) -> bool:
    """Tell whether a process is running."""
    try:
        os.kill(int(pid), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True


def refuse_foreign(target: Path, corpus: str) -> None:
    """Raise ConfigError when a run of `corpus` must not take the place of what is at `target`."""
    if target.is_file():
        raise ConfigError(f"{target} is a file; give a folder to write the run to")
    is_filled = target.is_dir() and any(target.iterdir())
    if is_filled and not (target / MANIFEST).is_file() and not _is_ours(target):
        raise ConfigError(
            f"{target} holds files that are no run of ours and would be lost; "
            "give an empty or new folder"
        )
    if not (target / MANIFEST).is_file():
        return
    try:
        other = read_manifest(target / MANIFEST).corpus
    except ConfigError:
        return  # damaged, so nothing is lost by running it again
    if other != corpus:
        raise ConfigError(
            f"{target} holds a run of {shorten(other)!r}, not of {shorten(corpus)!r}; "
            "rename the corpus folder or give --out"
        )


def _is_ours(folder: Path) -> bool:
    """Tell whether a folder without a manifest holds nothing but what a run writes."""
    noted = _read_seal(folder / SEAL)
    if not noted and not (folder / "tables").is_dir():
        return False
    written = noted.files if noted else {}
    names = (p.relative_to(folder).as_posix() for p in folder.rglob("*") if not p.is_dir())
    return all(name in written or _OWN_FILE.fullmatch(name) for name in names)


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write manifest.json."""
    text = json.dumps(manifest.model_dump(mode="json"), indent=2, ensure_ascii=False)
    scratch = folder / f".{MANIFEST}.new"
    with _alone(folder.parent):
        scratch.write_text(text + "\n", encoding="utf-8")
        scratch.replace(folder / MANIFEST)


class _Seal(BaseModel):
    """What a run folder was made from, and the hashes of its files."""

    key: str
    record: StepRecord | None = None
    """What publishing took."""
    files: dict[str, str]


def seal(folder: Path, key: str, record: StepRecord | None = None) -> None:
    """Note in a run folder the key over all that its files were made from, and what it took."""
    noted = _Seal(key=key, record=record, files=_file_hashes(folder))
    (folder / SEAL).write_text(noted.model_dump_json(indent=1) + "\n", encoding="utf-8")


def sealed(folder: Path, key: str) -> StepRecord | None:
    """Return what publishing took when a run folder was made from the same and is as it was then.

    None when it was made from something else, or somebody changed or lost a file since.
    """
    noted = _read_seal(folder / SEAL)
    if not noted or noted.key != key:
        return None
    with _alone(folder.parent):
        hashes = _file_hashes(folder)
    return noted.record if noted.files.items() <= hashes.items() else None


def _read_seal(path: Path) -> _Seal | None:
    """Return the seal of a run folder, None when it is not there or damaged."""
    if not path.is_file():
        return None
    try:
        return _Seal.model_validate_json(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        logger.warning("%s is damaged, the run is published again: %s", path, shorten(error))
        return None


def _file_hashes(folder: Path) -> dict[str, str]:
    """Return the sha256 of each published file; '' for the index, which Chroma itself rewrites."""
    found: dict[str, str] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if not path.is_file() or name in (SEAL, MANIFEST):
            continue
        own = path.is_relative_to(folder / INDEX)
        found[name] = "" if own else hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def read_manifest(path: Path) -> Manifest:
    """Read manifest.json; ConfigError when it is damaged."""
    try:
        return Manifest.model_validate_json(path.read_text("utf-8"))
    except ValueError as error:
        fault = shorten(error, 160)
        raise ConfigError(f"{path}: damaged ({fault}); run the period again") from error


def read_run(folder: Path) -> tuple[Tables, Manifest]:
    """Read a finished run; ConfigError when the folder holds none, naming those near it."""
    path = folder / MANIFEST
    if not path.is_file():
        near = _run_near(folder)
        hint = f"did you mean {near}? Or make" if near else "make"
        raise ConfigError(f"no finished run at {folder}; {hint} one with `touchpoints run CORPUS`")
    manifest = read_manifest(path)
    tables = read_tables(folder / "tables")
    lost = sorted(set(manifest.tables) - set(tables))
    if lost:
        raise ContractError(f"{folder}: {lost[0]}.parquet is gone; run the period again")
    return tables, manifest


def _run_near(folder: Path) -> Path | None:
    """Return the run that was probably meant: in the folder, around the file, the newest beside it,
    or of the corpus that was named instead."""
    around = [path for path in (folder, *folder.parents[:2]) if (path / MANIFEST).is_file()]
    places = (folder, folder.parent, folder.parent.parent / "outputs" / folder.name)
    inside = [sorted(place.glob(f"[!.]*/{MANIFEST}")) for place in places]
    return next((path for path in around), next((p[-1].parent for p in inside if p), None))


def home_of(run: Path, manifest: Manifest) -> Path:
    """Return the folder where vectors, answers and finished steps of a run are kept: the one it was
    made with, or the one around the run where that is gone, as after a move."""
    around = run.resolve()
    home = (around / manifest.home).resolve()
    is_there = any((home / name).exists() for name in (EMBEDDINGS, ANSWERS))
    return home if is_there else around.parent


def find_previous(corpus_outputs: Path, corpus: str, start: str) -> Path | None:
    """Return the finished run of the corpus that ended last before the day `start`.

    Of a year and its last quarter, which end on one day, the shorter.
    """
    runs: list[tuple[str, str, Path]] = []
    for path in sorted(corpus_outputs.glob(f"*/{MANIFEST}")):
        if path.parent.name.startswith("."):
            continue
        try:
            manifest = read_manifest(path)
        except ConfigError as error:
            logger.warning("not compared with: %s", error)
            continue
        if manifest.corpus == corpus and manifest.end < start:
            runs.append((manifest.end, manifest.start, path.parent))
    return max(runs)[-1] if runs else None
