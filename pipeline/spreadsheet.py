"""One spreadsheet at a time: tag its rows against a catalogue, or group them without one."""

import json
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from pipeline.engines.embedded.engine import EmbeddedEngine
from pipeline.errors import ConfigError, InputError, nearest, shorten
from pipeline.publish.words import guard
from pipeline.sources.catalogue import read_catalogue_file
from pipeline.sources.decode import decode
from pipeline.sources.records import SourceFile
from pipeline.sources.sheets import read_delimited, read_xlsx

_NO_CACHE = None
"""A spreadsheet is read once: its vectors are not kept."""
_MIN_CONFIDENCE = 0.5


class Tagged(NamedTuple):
    """What `assign` did."""

    rows: int
    assigned: int


class Grouped(NamedTuple):
    """What `discover` did."""

    rows: int
    groups: int
    left: int


def assign_file(file: Path, catalogue: Path, text_column: str, out: Path) -> Tagged:
    """Add touchpoint, confidence, polarity and quote to the rows of a file; write them as CSV.

    A row for which no touchpoint is sure enough gets an empty one.
    """
    rows = _rows(file, text_column, out)
    known = read_catalogue_file(catalogue)
    names = dict(zip(known.catalogue["touchpoint_id"], known.catalogue["name"], strict=True))
    engine = EmbeddedEngine(_NO_CACHE, _MIN_CONFIDENCE)
    tags = engine.tag(rows[text_column].tolist(), known.catalogue_phrases)
    tagged = rows.assign(
        touchpoint=tags["touchpoint_id"].map(names).fillna("").to_numpy(),
        confidence=tags["confidence"].to_numpy(),
        polarity=tags["polarity"].to_numpy(),
        quote=tags["quote"].to_numpy(),
    )
    _write(tagged, out)
    return Tagged(len(tagged), int((tagged["touchpoint"] != "").sum()))


def discover_file(file: Path, text_column: str, out: Path) -> Grouped:
    """Add cluster and cluster_name to the rows of a file; write them as CSV.

    A row that fits no group gets an empty cluster.
    """
    rows = _rows(file, text_column, out)
    engine = EmbeddedEngine(_NO_CACHE, _MIN_CONFIDENCE)
    groups = engine.cluster(rows[text_column].tolist())
    grouped = rows.assign(
        cluster=groups["group"].to_numpy(), cluster_name=groups["name"].to_numpy()
    )
    _write(grouped, out)
    found = set(grouped["cluster"]) - {""}
    return Grouped(len(grouped), len(found), int((grouped["cluster"] == "").sum()))


def _rows(file: Path, text_column: str, out: Path) -> pd.DataFrame:
    """Return all rows of a file as text; ConfigError when it or the column is not there.

    InputError when a row is broken: a tagged file must have the rows of its source.
    """
    if not file.is_file():
        raise ConfigError(f"no file at {file}")
    if out.resolve() == file.resolve():
        raise ConfigError(f"--out {out} is the file that is read; give another name")
    rows = _read(file)
    if text_column not in rows.columns:
        raise ConfigError(f"{file}: no column {text_column!r}{nearest(text_column, rows.columns)}")
    return rows


def _read(file: Path) -> pd.DataFrame:
    """Return the rows of a .jsonl file, a workbook's first sheet, or a delimited file."""
    source = SourceFile(str(file), file.read_bytes())
    if source.suffix == ".jsonl":
        return _read_lines(source)
    sheets = read_xlsx(source) if source.suffix == ".xlsx" else read_delimited(source)
    if not sheets:
        raise InputError(f"{file} has no rows")
    if sheets[0].faults:
        fault = sheets[0].faults[0]
        raise InputError(f"{file}: {fault.locator}: {fault.detail}; mend the row and run again")
    names = list(sheets[0].names)
    cells = [[row.fields.get(name, "") for name in names] for row in sheets[0].rows]
    return pd.DataFrame(cells, columns=names, dtype="str")


def _read_lines(source: SourceFile) -> pd.DataFrame:
    """Return the objects of a .jsonl file as rows; InputError names the line that is none."""
    items: list[dict[str, object]] = []
    for number, line in enumerate(decode(source.data, source.path).splitlines(), start=1):
        if not line.strip():
            continue
        try:
            item = json.loads(line)
        except ValueError as error:
            raise InputError(f"{source.path}: line {number} is not JSON: {error}") from error
        if not isinstance(item, dict):
            raise InputError(f"{source.path}: line {number} is no object but {shorten(line)!r}")
        items.append(item)
    return pd.DataFrame(items).fillna("").astype(str)


def _write(rows: pd.DataFrame, out: Path) -> None:
    """Write rows as CSV that Excel opens right and that runs no formula."""
    out.parent.mkdir(parents=True, exist_ok=True)
    safe = rows.map(lambda cell: guard(cell) if isinstance(cell, str) else cell)
    safe.to_csv(out, index=False, encoding="utf-8-sig", lineterminator="\n")
