"""Rows of a table → records: one per row, or one per conversation."""

from collections.abc import Iterable, Mapping, Sequence

from pipeline.config import Source
from pipeline.errors import ConfigError
from pipeline.sources.records import (
    DEFAULTS,
    Fault,
    Parsed,
    Record,
    Row,
    SourceFile,
    Utterance,
    match_roles,
    missing_names,
    require,
    value_of,
)
from pipeline.sources.sheets import Sheet, read_delimited, read_xlsx


def read_delimited_rows(file: SourceFile, source: Source) -> Parsed:
    """Read a .csv or .tsv file."""
    sheet = read_delimited(file)[0]
    return read_rows(file.path, source, sheet.names, sheet.rows, sheet.faults)


def read_xlsx_rows(file: SourceFile, source: Source) -> Parsed:
    """Read the sheets of a workbook that have all the mapped columns; ConfigError if none has."""
    sheets = read_xlsx(file)
    fitting = [sheet for sheet in sheets if _fits(sheet, source)]
    if not any(name for _, name in source.columns):
        fitting = fitting[:1]
    found = [
        read_rows(file.path, source, sheet.names, _located(sheet, sheets[0]), sheet.faults)
        for sheet in fitting or sheets[:1]
    ]
    return Parsed(
        [record for part in found for record in part.records],
        [fault for part in found for fault in part.faults],
        found[0].roles,
    )


def read_rows(
    path: str,
    source: Source,
    names: Sequence[str],
    rows: Sequence[Row],
    faults: Iterable[Fault] = (),
) -> Parsed:
    """Turn rows into records; ConfigError when a mapped column or any text column is missing."""
    faults = list(faults)
    if not rows and not faults:
        return Parsed([], [Fault("", "empty_file", "no row under the header")], {})
    require(path, source.columns, match_roles(source.columns, names, {}), names)
    roles = match_roles(source.columns, names, DEFAULTS)
    if "text" not in roles:
        raise ConfigError(
            f"{path} has no column called text, comment or the like: "
            f"set columns.text of its [[sources]] to one of {', '.join(names)[:200]}"
        )
    if "conversation" in roles:
        records, empty = _conversations(rows, roles)
        return Parsed(_unique(records), faults + empty, roles)
    records = [_single(row, roles) for row in rows]
    return Parsed(_unique(records), faults, roles)


def _fits(sheet: Sheet, source: Source) -> bool:
    """Tell whether a sheet has every mapped column, and one for the text."""
    roles = match_roles(source.columns, sheet.names, DEFAULTS)
    return "text" in roles and not missing_names(source.columns, roles)


def _located(sheet: Sheet, first: Sheet) -> list[Row]:
    """Return the rows, those of a later sheet with the sheet's title in their locator."""
    if sheet.title == first.title:
        return sheet.rows
    return [Row(f"{sheet.title} {row.locator}", row.fields) for row in sheet.rows]


def _single(row: Row, roles: Mapping[str, str]) -> Record:
    """Return the record of a row that is a document of its own."""
    name = roles["text"]
    fields = {key: value for key, value in row.fields.items() if key != name}
    given = value_of(row.fields, roles, "id")
    speaker = value_of(row.fields, roles, "speaker")
    utterance = Utterance(row.fields.get(name, ""), speaker, value_of(row.fields, roles, "at"))
    locator = f"id {given}" if given else row.locator
    return Record(locator, fields, (utterance,), "dialogue" if speaker else "text")


def _conversations(
    rows: Iterable[Row], roles: Mapping[str, str]
) -> tuple[list[Record], list[Fault]]:
    """Return a record per conversation, wherever its rows stand; a row of none is one by itself."""
    groups: dict[str, list[Row]] = {}
    faults: list[Fault] = []
    for row in rows:
        if not row.fields.get(roles["text"], "").strip():
            faults.append(Fault(row.locator, "no_text", "an empty turn of a conversation"))
            continue
        name = value_of(row.fields, roles, "conversation")
        groups.setdefault(f"conversation {name}" if name else row.locator, []).append(row)
    return [_conversation(locator, group, roles) for locator, group in groups.items()], faults


def _conversation(locator: str, rows: Sequence[Row], roles: Mapping[str, str]) -> Record:
    """Return the record of one conversation: its turns in order, its fields from all rows."""
    ordered = sorted(rows, key=lambda row: _turn_key(row, roles))
    turns = tuple(
        Utterance(
            row.fields.get(roles["text"], ""),
            value_of(row.fields, roles, "speaker"),
            value_of(row.fields, roles, "at"),
        )
        for row in ordered
    )
    of_turns = {roles[role] for role in ("text", "turn", "speaker", "at") if role in roles}
    of_one = {name for role, name in roles.items() if role not in ("text", "turn", "speaker", "at")}
    fields: dict[str, str] = {}
    for name in ordered[0].fields:
        if name in of_turns:
            continue
        values = list(dict.fromkeys(row.fields.get(name, "").strip() for row in ordered))
        said = [value for value in values if value]
        fields[name] = (said[0] if name in of_one else " | ".join(said)) if said else ""
    return Record(locator, fields, turns, "dialogue" if "speaker" in roles else "text")


def _turn_key(row: Row, roles: Mapping[str, str]) -> tuple[float, str]:
    """Sort by the number in the turn column, else by its text; without one, in file order."""
    value = value_of(row.fields, roles, "turn")
    try:
        return float(value or 0), ""
    except ValueError:
        return float("inf"), value


def _unique(records: Iterable[Record]) -> list[Record]:
    """Give records that share a locator (a repeated id) one of their own."""
    seen: dict[str, int] = {}
    unique: list[Record] = []
    for record in records:
        times = seen[record.locator] = seen.get(record.locator, 0) + 1
        again = "" if times == 1 else f" (again {times - 1})"
        locator = record.locator + again
        unique.append(Record(locator, record.fields, record.utterances, record.form))
    return unique
