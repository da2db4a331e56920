"""Dates and numbers as sources write them → UTC ISO text and floats."""

import re
from datetime import UTC, date, datetime
from functools import lru_cache

_ISO = re.compile(r"\d{4}-\d{1,2}-\d{1,2}(?:[T ].*)?")
_NUMERIC = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d{2})(?:,?[T ]\s*(\S.*))?")
_YEAR_FIRST = re.compile(r"(\d{4})([./])(\d{1,2})\2(\d{1,2})(?:[T ]\s*(\S.*))?")
_EPOCH = re.compile(r"\d{9,14}(?:\.\d+)?")
_HAS_TIME = re.compile(r"\d:\d\d|\d\s*[ap]\.?m\b", re.IGNORECASE)
_ZONES = {"UTC": 0, "GMT": 0, "Z": 0, "EST": -18000, "EDT": -14400, "CST": -21600, "CDT": -18000,
          "MST": -25200, "MDT": -21600, "PST": -28800, "PDT": -25200, "CET": 3600, "CEST": 7200,
          "BST": 3600, "WET": 0, "WEST": 3600, "EET": 7200, "EEST": 10800}  # fmt: skip
_FIRST_YEAR, _LAST_YEAR = 1900, 2100
_LONGEST = 64


@lru_cache(maxsize=65_536)
def parse_date(value: str, day_first: bool = True) -> str:
    """Return `2026-07-03`, or `2026-07-03T10:15:00Z` when a time is given; '' when unreadable.

    A time without a zone is taken as UTC. A month above 12 is unreadable, never swapped: it means
    that `day_first` is set wrongly for this source.
    """
    value = value.strip()
    if len(value) > _LONGEST:
        return ""
    try:
        moment, has_time = _read(value, day_first)
    except (ValueError, OverflowError, OSError):
        return ""
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        return ""
    if not has_time:
        return moment.date().isoformat()
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except OverflowError:
        return ""


def parse_number(value: str) -> float | None:
    """Return the number in `1,200.50`, `1.200,50`, `€ 1 200` or `8/10`; None when it is none."""
    text = re.sub(r"[\s\u00a0€$£¥]|(?<=\d)/\d+$|^(?:EUR|USD|GBP)|(?:EUR|USD|GBP)$", "", value)
    if re.fullmatch(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?", text):
        text = text.replace(",", "")
    elif re.fullmatch(r"[+-]?\d{1,3}(?:\.\d{3})+,\d+|[+-]?\d{1,3}(?:\.\d{3}){2,}", text):
        text = text.replace(".", "").replace(",", ".")
    elif re.fullmatch(r"[+-]?\d+,\d+", text):
        text = text.replace(",", ".")
    if not re.fullmatch(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,2})?", text, re.ASCII):
        return None
    return float(text)


def _read(value: str, day_first: bool) -> tuple[datetime, bool]:
    """Return the moment and whether it has a time; ValueError when it is none."""
    if _ISO.fullmatch(value):
        return _read_iso(value)
    compact = re.fullmatch(r"(19|20)(\d\d)(\d\d)(\d\d)", value)
    if compact:
        return _naive(int(value[:4]), int(value[4:6]), int(value[6:])), False
    if _EPOCH.fullmatch(value):
        seconds = float(value)
        return datetime.fromtimestamp(seconds / 1000 if seconds >= 1e11 else seconds, UTC), True
    year_first = _YEAR_FIRST.fullmatch(value)
    if year_first:
        year, _, month, day, clock = year_first.groups()
        return _with_clock(_naive(int(year), int(month), int(day)), clock)
    numeric = _NUMERIC.fullmatch(value)
    if numeric:
        first, _, second, year, clock = numeric.groups()
        day, month = (first, second) if day_first else (second, first)
        return _with_clock(_naive(_full_year(year), int(month), int(day)), clock)
    return _read_words(value)


def _read_iso(value: str) -> tuple[datetime, bool]:
    """Read an ISO date, with or without a time; also one without leading zeros."""
    day, *clock = re.split("[T ]", value, maxsplit=1)
    year, month, number = (int(part) for part in day.split("-"))
    return _with_clock(_naive(year, month, number), "".join(clock))


def _with_clock(day: datetime, clock: str | None) -> tuple[datetime, bool]:
    """Add a time of day such as `10:15`, `10:15:00+02:00` or `3:05 pm`."""
    clock = (clock or "").strip()
    if not clock:
        return day, False
    try:
        return datetime.fromisoformat(f"{day.date().isoformat()}T{clock.replace(' ', '')}"), True
    except ValueError:
        return _read_words(f"{day.date().isoformat()} {clock}")[0], True


def _read_words(value: str) -> tuple[datetime, bool]:
    """Read dates with month names; both fillers must give the same day, so that nothing is made up.

    dateutil fills what is missing from a default; two defaults show whether it had to.
    """
    from dateutil.parser import parse

    fillers = (date(2000, 1, 1), date(2001, 2, 2))
    found = [
        parse(value, default=datetime(d.year, d.month, d.day), tzinfos=_zone)  # noqa: DTZ001
        for d in fillers
    ]
    if found[0].date() != found[1].date() or not re.search(r"\d{4}", value):
        raise ValueError(value)
    return found[0], bool(_HAS_TIME.search(value))


def _zone(name: str | None, offset: int | None) -> int | None:
    return offset if offset is not None else _ZONES.get(name or "")


def _naive(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day)  # noqa: DTZ001 - the zone, if any, stands in the clock part


def _full_year(year: str) -> int:
    """Return four digits; two digits mean 1970 to 2069, whatever the year now."""
    number = int(year)
    if len(year) == 4:
        return number
    return number + (2000 if number < 70 else 1900)
