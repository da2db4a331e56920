"""touchpoints.csv and stages.csv → catalogue, catalogue_phrases, stages."""

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import pandas as pd

from pipeline.errors import ConfigError, InputError, nearest, shorten
from pipeline.sources.records import Row, SourceFile, fold
from pipeline.sources.sheets import Sheet, read_delimited
from pipeline.tables import (
    CATALOGUE,
    CATALOGUE_PHRASES,
    STAGES,
    CatalogueEntry,
    CataloguePhrase,
    Stage,
)
from pipeline.text import normalise, stable_id

_TOUCHPOINT_COLUMNS = (
    "name", "definition", "stage", "channel", "owner", "backup", "audience", "effort", "aliases",
    "examples",
)  # fmt: skip
_STAGE_COLUMNS = (
    "stage", "position", "aim_customer", "aim_business", "done_when", "timeframe_days",
    "red_flags", "owner", "backup",
)  # fmt: skip
_AUDIENCES = ("customer", "employee", "candidate", "partner")
_LEAST_EFFORT, _MOST_EFFORT = 1, 5


class Catalogue(NamedTuple):
    """What the business intends: its touchpoints, how to recognise them, and its stages."""

    catalogue: pd.DataFrame
    catalogue_phrases: pd.DataFrame
    stages: pd.DataFrame
    inputs: dict[str, str]
    """sha256 of each file read, by its path."""
    rows: Mapping[str, str] = MappingProxyType({})
    """Where each touchpoint stands in its file ("row 3"), by its id."""


def read_catalogue(folder: Path) -> Catalogue:
    """Read touchpoints.csv and stages.csv of a corpus; a file that is not there gives empty tables.

    ConfigError names file and row: an unknown column, a name given twice, a stage that stages.csv
    does not have, an effort, position or number of days out of range.
    """
    if not folder.is_dir():
        raise ConfigError(f"no corpus folder at {folder}; make one with `touchpoints init NAME`")
    inputs: dict[str, str] = {}
    stages = _read_stages(folder / "stages.csv", inputs)
    known = [stage.stage for stage in stages] if "stages.csv" in inputs else None
    read = _read_touchpoints(folder / "touchpoints.csv", known, inputs)
    return Catalogue(
        CATALOGUE.frame(read.entries.values()), CATALOGUE_PHRASES.frame(read.phrases),
        STAGES.frame(stages), inputs, read.rows,
    )  # fmt: skip


def read_catalogue_file(path: Path) -> Catalogue:
    """Read a single CSV of touchpoints with name, definition and any other catalogue column.

    ConfigError when it is not there or has no touchpoint, and as for `read_catalogue`.
    """
    if not path.is_file():
        raise ConfigError(f"no catalogue at {path}; give a CSV with columns name and definition")
    inputs: dict[str, str] = {}
    read = _read_touchpoints(path, None, inputs)
    if not read.entries:
        raise ConfigError(f"{path} has no touchpoint; add a row with a name and a definition")
    return Catalogue(
        CATALOGUE.frame(read.entries.values()), CATALOGUE_PHRASES.frame(read.phrases),
        STAGES.frame(), inputs, read.rows,
    )  # fmt: skip


class _Touchpoints(NamedTuple):
    """The rows of touchpoints.csv in file order; by id, but for the phrases."""

    entries: dict[str, CatalogueEntry]
    phrases: Iterable[CataloguePhrase]
    rows: dict[str, str]


def _read_touchpoints(
    path: Path, stages: Sequence[str] | None, inputs: dict[str, str]
) -> _Touchpoints:
    """Return the touchpoints, their phrases and where they stand."""
    entries: dict[str, CatalogueEntry] = {}
    phrases: dict[tuple[str, str, str], CataloguePhrase] = {}
    rows: dict[str, str] = {}
    for row in _read_table(path, _TOUCHPOINT_COLUMNS, "name", inputs):
        entry = _entry(path, row, len(entries))
        if entry.touchpoint_id in entries:
            first = rows[entry.touchpoint_id]
            twice = f"touchpoint {shorten(entry.name)!r} is there twice, first in {first}"
            raise _fault(path, row, f"{twice}; capitals do not count")
        if entry.stage and stages is not None and entry.stage not in stages:
            hint = nearest(entry.stage, stages)
            raise _fault(path, row, f"stage {shorten(entry.stage)!r} is not in stages.csv{hint}")
        entries[entry.touchpoint_id] = entry
        rows[entry.touchpoint_id] = row.locator
        for phrase in _phrases(entry, row):
            phrases.setdefault((phrase.touchpoint_id, phrase.kind, phrase.text), phrase)
    return _Touchpoints(entries, phrases.values(), rows)


def _entry(path: Path, row: Row, position: int) -> CatalogueEntry:
    """Return the touchpoint of a row."""
    fields = row.fields
    audience = fields.get("audience", "").casefold() or "customer"
    if audience not in _AUDIENCES:
        hint = nearest(audience, _AUDIENCES)
        raise _fault(path, row, f"audience {shorten(audience)!r} is unknown{hint}")
    effort = _number(path, row, "effort")
    if not math.isnan(effort) and not _LEAST_EFFORT <= effort <= _MOST_EFFORT:
        raise _fault(path, row, f"effort {fields['effort']!r} is not 1 (easy) to 5 (hard)")
    return CatalogueEntry(
        touchpoint_id=stable_id("touchpoint", normalise(fields["name"])),
        name=fields["name"],
        definition=fields.get("definition", ""),
        stage=fields.get("stage", ""),
        channel=fields.get("channel", ""),
        owner=fields.get("owner", ""),
        audience=audience,
        effort=effort,
        position=position,
        backup=fields.get("backup", ""),
    )


def _phrases(entry: CatalogueEntry, row: Row) -> list[CataloguePhrase]:
    """Return the ways to recognise a touchpoint: its name, definition, aliases and examples."""
    texts = [("name", entry.name), ("definition", entry.definition)]
    texts += [("alias", alias) for alias in row.fields.get("aliases", "").split(";")]
    # With spaces around it, so that a bar inside an example does not cut it.
    texts += [("example", example) for example in row.fields.get("examples", "").split(" | ")]
    return [
        CataloguePhrase(entry.touchpoint_id, kind, text.strip())
        for kind, text in texts
        if text.strip()
    ]


def _read_stages(path: Path, inputs: dict[str, str]) -> list[Stage]:
    """Return the stages in the order of their positions, else of the file."""
    placed: list[tuple[float, int, Stage]] = []
    names: set[str] = set()
    for place, row in enumerate(_read_table(path, _STAGE_COLUMNS, "stage", inputs)):
        name = row.fields["stage"]
        if normalise(name) in names:
            raise _fault(path, row, f"stage {shorten(name)!r} is there twice")
        names.add(normalise(name))
        days = _number(path, row, "timeframe_days")
        if days < 0:
            raise _fault(path, row, f"timeframe_days {row.fields['timeframe_days']!r} is below 0")
        given = _number(path, row, "position")
        placed.append((place if math.isnan(given) else given, place, _stage(row, days)))
    placed.sort(key=lambda item: item[:2])
    return [
        Stage(s.stage, n, s.aim_customer, s.aim_business, s.done_when, s.timeframe_days,
              s.red_flags, s.owner, s.backup)
        for n, (_, _, s) in enumerate(placed)
    ]  # fmt: skip


def _stage(row: Row, days: float) -> Stage:
    texts = {name: row.fields.get(name, "") for name in _STAGE_COLUMNS}
    return Stage(
        stage=texts["stage"],
        position=0,
        aim_customer=texts["aim_customer"],
        aim_business=texts["aim_business"],
        done_when=texts["done_when"],
        timeframe_days=days,
        red_flags=texts["red_flags"],
        owner=texts["owner"],
        backup=texts["backup"],
    )


def _read_table(path: Path, columns: Sequence[str], key: str, inputs: dict[str, str]) -> list[Row]:
    """Return the rows by our own column names, [] when there is no file."""
    if not path.is_file():
        return []
    file = SourceFile(path.name, path.read_bytes())
    try:
        sheet = read_delimited(file)[0]
    except InputError as error:
        raise ConfigError(f"{path.parent / str(error)}") from error
    inputs[path.name] = hashlib.sha256(file.data).hexdigest()
    names = _known_names(path, sheet, columns, key)
    rows = [Row(r.locator, {names[n]: v for n, v in r.fields.items() if n in names})
            for r in sheet.rows]  # fmt: skip
    for row in rows:
        if not row.fields[key]:
            raise _fault(path, row, f"{key} is empty")
    return rows


def _known_names(path: Path, sheet: Sheet, columns: Iterable[str], key: str) -> dict[str, str]:
    """Return our name for each column of the file; ConfigError for one that we do not know."""
    folded = {fold(column): column for column in columns}
    names = {name: folded[fold(name)] for name in sheet.names if fold(name) in folded}
    for name in sheet.names:
        if name not in names and key in names.values():
            raise ConfigError(f"{path}: unknown column {shorten(name)!r}{nearest(name, columns)}")
    if sheet.names and key not in names.values():
        given = ", ".join(shorten(name, 30) for name in sheet.names[:8])
        raise ConfigError(f"{path}: column {key!r} is missing; the file has {given}")
    for fault in sheet.faults:
        raise ConfigError(f"{path}: {fault.locator}: {fault.detail}")
    return names


def _number(path: Path, row: Row, name: str) -> float:
    """Return a number, NaN when the cell is empty; ConfigError when it is something else."""
    value = row.fields.get(name, "")
    if not value:
        return math.nan
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise _fault(path, row, f"{name} {shorten(value)!r} is not a number")
    return number


def _fault(path: Path, row: Row, what: str) -> ConfigError:
    return ConfigError(f"{path}: {row.locator}: {what}")
