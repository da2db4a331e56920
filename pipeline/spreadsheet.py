"""One spreadsheet at a time: tag its rows against a catalogue, or group them without one."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from pipeline.engines.embedded.engine import EmbeddedEngine
from pipeline.engines.embedded.partly import cluster_partly, tag_partly
from pipeline.engines.embedded.wording import capital, one_line, plain
from pipeline.engines.embedding import Matrix
from pipeline.errors import ConfigError, InputError, nearest, shorten
from pipeline.methods.languages import ENGLISH, support
from pipeline.publish.words import guard
from pipeline.sources.catalogue import read_catalogue_file
from pipeline.sources.decode import decode
from pipeline.sources.languages import find_languages
from pipeline.sources.records import SourceFile
from pipeline.sources.sheets import read_delimited, read_xlsx

_NO_CACHE = None
"""A spreadsheet is read once: its vectors are not kept."""
_MIN_CONFIDENCE = 0.5
_NAME_WIDTH = 40
"""Most characters of a group's name that is a customer's own words: a column stays readable."""


class Tagged(NamedTuple):
    """What `assign` did."""

    rows: int
    assigned: int
    unread: int
    """Rows in a language that the engine does not read."""


class Grouped(NamedTuple):
    """What `discover` did."""

    rows: int
    groups: int
    left: int
    unread: int
    """Rows in a language that the engine does not read, among those in no group."""


def assign_file(file: Path, catalogue: Path, text_column: str, out: Path) -> Tagged:
    """Add touchpoint, confidence, polarity and quote to the rows of a file; write them as CSV.

    A row without a text, for which no touchpoint is sure enough, or in a language not read, gets an
    empty one.
    """
    rows = _rows(file, text_column, out, ("touchpoint", "confidence", "polarity", "quote"))
    known = read_catalogue_file(catalogue)
    names = dict(zip(known.catalogue["touchpoint_id"], known.catalogue["name"], strict=True))
    engine = EmbeddedEngine(_NO_CACHE, _MIN_CONFIDENCE)
    phrases = known.catalogue_phrases
    tags, unread = _by_language(
        rows[text_column],
        lambda texts: engine.tag(texts, phrases),
        lambda language, texts: tag_partly(language, texts, phrases),
    )
    tagged = rows.assign(
        touchpoint=tags["touchpoint_id"].map(names).astype("str").fillna("").to_numpy(),
        confidence=tags["confidence"].fillna(0.0).to_numpy(),
        polarity=tags["polarity"].fillna(0.0).to_numpy(),
        quote=tags["quote"].astype("str").fillna("").to_numpy(),
    )
    _write(tagged, out)
    return Tagged(len(tagged), int((tagged["touchpoint"] != "").sum()), unread)


def discover_file(file: Path, text_column: str, out: Path) -> Grouped:
    """Add cluster and cluster_name to the rows of a file; write them as CSV.

    A row that fits no group, without a text, or in a language not read, gets an empty cluster.
    """
    rows = _rows(file, text_column, out, ("cluster", "cluster_name"))
    engine = EmbeddedEngine(_NO_CACHE, _MIN_CONFIDENCE)
    groups, unread = _by_language(rows[text_column], engine.cluster, cluster_partly)
    groups = name_by_texts(groups.astype("str").fillna(""), rows[text_column], engine.embed)
    grouped = rows.assign(
        cluster=groups["group"].to_numpy(), cluster_name=groups["name"].to_numpy()
    )
    _write(grouped, out)
    found = set(grouped["cluster"]) - {""}
    return Grouped(len(grouped), len(found), int((grouped["cluster"] == "").sum()), unread)


def name_by_texts(
    groups: pd.DataFrame, texts: pd.Series, embed: Callable[[list[str]], Matrix]
) -> pd.DataFrame:
    """Return the groups with those that have no name called by their most typical text.

    That is the text nearest to the middle of its group, of the alike the first; one that another
    group is called by already is passed over.
    """
    names = groups["name"].copy()
    for group in sorted(set(groups.loc[names == "", "group"]) - {""}):
        own = texts[groups["group"] == group]
        vectors = embed(own.tolist())
        nearness = np.round(vectors @ vectors.mean(axis=0), 4)
        ranked = own.iloc[np.argsort(-nearness, kind="stable")]
        labels = [capital(plain(text, _NAME_WIDTH)) or one_line(text) for text in ranked]
        names[own.index] = next((one for one in labels if one not in set(names)), labels[0])
    return groups.assign(name=names)


def _by_language(
    texts: pd.Series,
    in_english: Callable[[list[str]], pd.DataFrame],
    in_part: Callable[[str, list[str]], pd.DataFrame],
) -> tuple[pd.DataFrame, int]:
    """Return the answers row by row, and how many rows are in a language not read.

    Those rows are NaN, as are those without a text.
    """
    said = texts[texts.str.strip() != ""]
    languages = pd.Series(find_languages(said.tolist(), ENGLISH), index=said.index, dtype="str")
    levels = languages.map(support).astype("str")
    english = said[levels == "full"]
    parts = [in_english(english.tolist()).set_index(english.index)]
    for language in sorted(set(languages[levels == "partly"])):
        own = said[languages == language]
        parts.append(in_part(language, own.tolist()).set_index(own.index))
    return pd.concat(parts).reindex(texts.index), int((levels == "none").sum())


def _rows(file: Path, text_column: str, out: Path, added: tuple[str, ...]) -> pd.DataFrame:
    """Return all rows of a file as text; ConfigError when it or the column is not there, or when
    it has a column that would be `added`.

    InputError when a row is broken: a tagged file must have the rows of its source.
    """
    if not file.is_file():
        raise ConfigError(f"no file at {file}")
    if out.resolve() == file.resolve():
        raise ConfigError(f"--out {out} is the file that is read; give another name")
    rows = _read(file)
    if text_column not in rows.columns:
        raise ConfigError(f"{file}: no column {text_column!r}{nearest(text_column, rows.columns)}")
    for name in added:
        if name in rows.columns:
            raise ConfigError(f"{file} has a column {name!r} already; rename it, it would be lost")
    return rows


def _read(file: Path) -> pd.DataFrame:
    """Return the rows of a .jsonl file, a workbook's first sheet, or a delimited file."""
    source = SourceFile(str(file), file.read_bytes())
    if source.suffix == ".jsonl":
        return _read_lines(source)
    read = read_xlsx if source.suffix == ".xlsx" else read_delimited
    sheets = read(source, keep_blank=True)
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
