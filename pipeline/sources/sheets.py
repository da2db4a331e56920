"""Table files (.csv, .tsv, .xlsx) → rows by column name; a broken row is a fault, not an end."""

import csv
import io
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time
from typing import NamedTuple
from xml.etree.ElementTree import ParseError

from pipeline.errors import InputError, shorten
from pipeline.sources.decode import clean, decode
from pipeline.sources.records import Fault, Row, SourceFile

_DELIMITERS = ",;\t|"
_LARGEST_FIELD = 2**31 - 1
_XLSX_ERRORS = (
    zipfile.BadZipFile, ParseError, KeyError, ValueError, TypeError, OSError, IndexError,
    AttributeError, EOFError,
)  # fmt: skip


class Sheet(NamedTuple):
    """One table: its column names, its rows, and the rows that could not be read."""

    title: str
    names: tuple[str, ...]
    rows: list[Row]
    faults: list[Fault]


def read_delimited(file: SourceFile, keep_blank: bool = False) -> list[Sheet]:
    """Read a .csv or .tsv file; the delimiter of a .csv is found in its first line.

    Rows without any value are left out, unless `keep_blank`. An empty line is a row only under a
    single column: under more, even a blank row has its delimiters.
    """
    text = decode(file.data, file.path)
    lines = list(io.StringIO(text, newline=""))
    delimiter = "\t" if file.suffix == ".tsv" else _find_delimiter(lines)
    records = _records(lines, delimiter)
    header = next((r for r in records if r.cells is None or any(c.strip() for c in r.cells)), None)
    if header is None:
        return [Sheet("", (), [], [])]
    if header.cells is None:
        raise InputError(f"{file.path}: line {header.line}: the header is broken: {header.fault}")
    names = _name_columns(header.cells)
    rows, faults = _fit(records, names, keep_blank)
    return [Sheet("", names, rows, faults)]


def read_xlsx(file: SourceFile, keep_blank: bool = False) -> list[Sheet]:
    """Read every sheet of a workbook that is not empty; formula cells give their stored value.

    Rows without any value are left out; with `keep_blank`, only those after the last value.
    """
    from warnings import catch_warnings, simplefilter

    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    sheets: list[Sheet] = []
    try:
        # openpyxl warns about styles and validations it does not keep; none holds data.
        with catch_warnings():
            simplefilter("ignore")
            book = load_workbook(io.BytesIO(file.data), read_only=True, data_only=True)
            for page in book.worksheets:
                page.reset_dimensions()
                rows = page.iter_rows(values_only=True)
                sheets.append(_read_page(page.title, rows, keep_blank))
    except (*_XLSX_ERRORS, InvalidFileException) as error:
        place = f" after {len(sheets)} sheets" if sheets else " at byte offset 0"
        raise InputError(
            f"{file.path}: not readable as an Excel workbook{place}: {shorten(error)}"
        ) from error
    kept = [sheet for sheet in sheets if sheet.names]
    return kept or [Sheet("", (), [], [])]


class _Line(NamedTuple):
    """One record of a delimited file; `cells` is None when it is broken."""

    line: int
    cells: list[str] | None
    fault: str


def _records(lines: Sequence[str], delimiter: str) -> Iterator[_Line]:
    """Give every record with its line; after a broken one, go on with the next line."""
    csv.field_size_limit(_LARGEST_FIELD)
    start = 0
    while start < len(lines):
        rest = (lines[i] for i in range(start, len(lines)))
        reader = csv.reader(rest, delimiter=delimiter, strict=True)
        begin = start
        try:
            for cells in reader:
                yield _Line(begin + 1, cells, "")
                begin = start + reader.line_num
        except csv.Error as error:
            # An opened quote that never closes would swallow all good rows after it.
            yield _Line(begin + 1, None, str(error))
            start = begin + 1
        else:
            return


def _fit(
    records: Iterable[_Line], names: Sequence[str], keep_blank: bool
) -> tuple[list[Row], list[Fault]]:
    """Return rows that fit the header, and faults; short rows are filled with ''."""
    rows: list[Row] = []
    faults: list[Fault] = []
    is_lost = False
    for number, record in enumerate(records, start=2):
        cells = record.cells
        if cells is not None and not any(cell.strip() for cell in cells):
            if keep_blank and (cells or len(names) == 1):
                rows.append(_row(f"row {number}", names, ()))
            continue
        fault = record.fault or _misfit(cells or [], names, is_lost)
        is_lost = cells is None or (is_lost and bool(fault))
        if fault:
            faults.append(Fault(f"row {number}", "broken_row", f"line {record.line}: {fault}"))
        else:
            rows.append(_row(f"row {number}", names, cells or []))
    return rows, faults


def _misfit(cells: Sequence[str], names: Sequence[str], is_lost: bool) -> str:
    """Say why cells do not fit the header, '' when they do.

    Right after a broken row a short one is its tail, not a row of its own.
    """
    if any(cell.strip() for cell in cells[len(names) :]):
        return f"{len(cells)} fields under {len(names)} columns: {shorten(cells)}"
    if is_lost and len(cells) < len(names):
        return f"the tail of a broken row: {shorten(cells)}"
    return ""


def _row(locator: str, names: Sequence[str], cells: Sequence[str]) -> Row:
    filled = [*cells, *[""] * (len(names) - len(cells))]
    return Row(locator, {name: clean(c) for name, c in zip(names, filled, strict=False)})


def _read_page(title: str, page: Iterable[Sequence[object]], keep_blank: bool) -> Sheet:
    """Read one sheet."""
    names: tuple[str, ...] = ()
    rows: list[Row] = []
    faults: list[Fault] = []
    blank: list[Row] = []
    for number, cells in enumerate(page, start=1):
        texts = [_cell_text(cell) for cell in cells]
        if not any(texts):
            if names and keep_blank:
                blank.append(_row(f"row {number}", names, ()))
            continue
        # Formatted cells below the last value are no rows, and can be a million.
        rows += blank
        blank = []
        if names and (fault := _misfit(texts, names, False)):
            faults.append(Fault(f"row {number}", "broken_row", fault))
        elif names:
            rows.append(_row(f"row {number}", names, texts))
        else:
            while texts and not texts[-1]:
                texts.pop()
            names = _name_columns(texts)
    return Sheet(title, names, rows, faults)


def _cell_text(cell: object) -> str:
    """Return a cell as text: whole numbers without `.0`, dates as ISO, midnight without time."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, datetime):
        return (cell.date() if cell.time() == time() else cell).isoformat()
    return cell.isoformat() if isinstance(cell, date | time) else str(cell).strip()


def _name_columns(cells: Iterable[str]) -> tuple[str, ...]:
    """Return the header's names; empty and repeated ones are numbered."""
    seen: Counter[str] = Counter()
    names: list[str] = []
    for place, cell in enumerate(cells, start=1):
        name = " ".join(clean(cell).removeprefix("\ufeff").split()) or f"column {place}"
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return tuple(names)


def _find_delimiter(lines: Sequence[str]) -> str:
    """Return the delimiter that stands most often in the first line, outside quotes."""
    first = next((line for line in lines if line.strip()), "")
    bare = "".join(first.split('"')[0::2])
    return max(_DELIMITERS, key=bare.count)
