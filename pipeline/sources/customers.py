"""The table of customers → what it knows where a document is silent."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from pipeline.config import Customers
from pipeline.errors import ConfigError, nearest, shorten
from pipeline.periods import Period
from pipeline.sources.dates import parse_date, parse_number
from pipeline.sources.documents import reject
from pipeline.sources.find import find_one, load
from pipeline.sources.records import DEFAULTS, Row, SourceFile, match_roles, missing_names, value_of
from pipeline.sources.sheets import read_delimited, read_xlsx
from pipeline.tables import Document, Reject

_DEFAULTS = {
    **{role: DEFAULTS[role] for role in ("customer", "account", "segment")},
    "outcome": ("outcome",),
    "value": ("value", "plan value"),
}


@dataclass(frozen=True, slots=True)
class Known:
    """What the table says about one customer."""

    account_id: str
    segment: str
    outcome: str
    value: float


class CustomerTable(NamedTuple):
    """The customers by id, rows that could not be used, and the file itself (None without one)."""

    customers: dict[str, Known]
    rejects: list[Reject]
    file: SourceFile | None


def read_customers(
    folder: Path, settings: Customers | None, period: Period | None
) -> CustomerTable:
    """Read the [customers] table; ConfigError when the file or a mapped column is missing."""
    if settings is None:
        return CustomerTable({}, [], None)
    file = load(find_one(folder, settings.path))
    sheet = (read_xlsx if file.suffix == ".xlsx" else read_delimited)(file)[0]
    roles = match_roles(settings.columns, sheet.names, _DEFAULTS)
    absent = missing_names(settings.columns, roles)
    if settings.outcome_date and settings.outcome_date not in sheet.names:
        absent = (*absent, settings.outcome_date)
    if absent:
        hint = nearest(absent[0], sheet.names)
        raise ConfigError(f"{file.path} has no column {absent[0]!r} named in [customers]{hint}")
    if "customer" not in roles:
        raise ConfigError(f"{file.path}: set columns.customer of [customers] to its id column")
    rejects = [reject(file.path, f.locator, f.reason, f.detail) for f in sheet.faults]
    customers: dict[str, Known] = {}
    for row in sheet.rows:
        _read_row(file.path, row, roles, _Dates(settings.outcome_date, period), customers, rejects)
    return CustomerTable(customers, rejects, file)


def complete(document: Document, customers: Mapping[str, Known]) -> Document:
    """Return the document with what the table knows where the document says nothing."""
    known = customers.get(document.customer_id)
    if known is None:
        return document
    return replace(
        document,
        account_id=document.account_id or known.account_id,
        segment=document.segment or known.segment,
        outcome=document.outcome or known.outcome,
        value=known.value if math.isnan(document.value) else document.value,
    )


class _Dates(NamedTuple):
    """The column with the outcome's date, and the period it must not be after."""

    column: str
    period: Period | None


def _read_row(
    path: str,
    row: Row,
    roles: dict[str, str],
    dates: _Dates,
    customers: dict[str, Known],
    rejects: list[Reject],
) -> None:
    """Add one row to `customers`, or say in `rejects` why not."""
    customer = value_of(row.fields, roles, "customer")
    if not customer or customer in customers:
        reason, detail = (
            ("repeated_customer", "a row above is about the same customer")
            if customer
            else ("no_customer", "the column of the customer's id is empty")
        )
        rejects.append(reject(path, row.locator, reason, detail))
        return
    value = value_of(row.fields, roles, "value")
    number = parse_number(value) if value else math.nan
    if number is None:
        rejects.append(reject(path, row.locator, "bad_value", f"{shorten(value)!r} is no number"))
    outcome = value_of(row.fields, roles, "outcome")
    when = row.fields.get(dates.column, "") if outcome else ""
    day = parse_date(when)
    if when and not day:
        rejects.append(reject(path, row.locator, "bad_date", f"{shorten(when)!r} is not a date"))
    # What a customer did later is not known yet; what was done before has another cause.
    is_other = bool(day) and dates.period is not None and not dates.period.holds(day)
    customers[customer] = Known(
        account_id=value_of(row.fields, roles, "account"),
        segment=value_of(row.fields, roles, "segment"),
        outcome="" if is_other or (when and not day) else outcome,
        value=math.nan if number is None else number,
    )
