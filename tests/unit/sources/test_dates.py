"""Dates and numbers as sources write them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sources.dates import parse_date, parse_number


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-07-03", "2026-07-03"),
        (" 2026-7-3 ", "2026-07-03"),
        ("2026-07-03T10:15:00Z", "2026-07-03T10:15:00Z"),
        ("2026-07-03 10:15", "2026-07-03T10:15:00Z"),
        ("2026-07-03T10:15:00.123+02:00", "2026-07-03T08:15:00Z"),
        ("2026-07-03 10:15:00 UTC", "2026-07-03T10:15:00Z"),
        ("2026/07/03", "2026-07-03"),
        ("20260703", "2026-07-03"),
        ("03/04/2026", "2026-04-03"),
        ("03.04.26 17:05", "2026-04-03T17:05:00Z"),
        ("3-4-1999 3:05 pm", "1999-04-03T15:05:00Z"),
        ("3 July 2026", "2026-07-03"),
        ("July 3, 2026 3pm EST", "2026-07-03T20:00:00Z"),
        ("Fri, 03 Jul 2026 10:15:00 +0200", "2026-07-03T08:15:00Z"),
        ("1783073700", "2026-07-03T10:15:00Z"),
        ("1783073700000", "2026-07-03T10:15:00Z"),
    ],
)
def test_usual_forms_are_read_as_utc(value, expected):
    assert parse_date(value) == expected


@pytest.mark.parametrize(
    "value",
    ["soon", "Friday", "July 2026", "3 July", "2026-02-30", "2026-13-01", "03/25/2026", "12:30",
     "5", "0001-01-01", "9999-01-01", "1" * 40, "x" * 500, "2026-07-03 noon-ish", "-", "3.4",
     "2026-07-03T25:00"],
)  # fmt: skip
def test_what_is_no_whole_date_is_unreadable(value):
    assert parse_date(value) == ""


def test_month_first_is_honoured_and_never_swapped():
    assert parse_date("03/04/2026", day_first=False) == "2026-03-04"
    assert parse_date("25/04/2026", day_first=False) == ""
    assert parse_date("2026-03-04", day_first=False) == "2026-03-04"


def test_two_digit_years_do_not_depend_on_today():
    assert parse_date("1.1.69") == "2069-01-01"
    assert parse_date("1.1.70") == "1970-01-01"


@given(st.dates(min_value=date(1900, 1, 1),
                max_value=date(2100, 12, 31)))  # fmt: skip
def test_every_day_is_read_alike_in_every_form(day):
    iso = day.isoformat()
    assert parse_date(iso) == iso
    assert parse_date(day.strftime("%d.%m.%Y").rjust(10, "0")) == iso
    assert parse_date(day.strftime("%d %B %Y")) == iso


@given(st.text(max_size=30))
def test_any_text_gives_a_date_or_nothing(value):
    found = parse_date(value)
    assert found == "" or parse_date(found) == found


@pytest.mark.parametrize(
    ("value", "expected"),
    [("9", 9), ("4,5", 4.5), ("1,200.50", 1200.5), ("1.200,50", 1200.5), ("€ 1 200", 1200),
     ("8/10", 8), ("-3", -3), ("9600 EUR", 9600), ("1.200.000", 1200000), (".5", 0.5),
     ("1e3", 1000)],
)  # fmt: skip
def test_numbers_are_read_in_usual_forms(value, expected):
    assert parse_number(value) == expected


@pytest.mark.parametrize("value", ["", "good", "nan", "inf", "9 or 10", "1e999", "٣", "--1"])
def test_what_is_no_number_is_none(value):
    assert parse_number(value) is None
