import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.publish import words


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.8333333, "+0.83"), (-0.5, "−0.50"), (0.001, "0.00"), (-0.001, "0.00"), (math.nan, "")],
)
def test_emotion_is_shown_with_its_sign(value, text):
    assert words.signed(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.874, "87 %"), (0.0, "0 %"), (0.001, "<1 %"), (math.nan, "")]
)
def test_share_is_a_whole_percentage(value, text):
    assert words.share(value) == text


def test_change_of_a_share_is_in_points():
    assert words.difference("frequency", 0.124) == "+12 pts"
    assert words.difference("emotion", -0.2) == "−0.20"
    assert words.difference("emotion", math.nan) == ""


def test_interval_with_a_missing_end_is_left_out():
    assert words.span("1", "2") == "1 to 2"
    assert words.span("", "2") == ""


@pytest.mark.parametrize(
    ("n", "noun", "text"),
    [(1, "customer", "1 customer"), (1204, "link", "1,204 links"), (2, "day", "2 days")],
)
def test_nouns_follow_their_number(n, noun, text):
    assert words.plural(n, noun) == text


def test_days_are_written_out():
    assert words.day("2026-08-04T09:30:00+00:00") == "4 Aug 2026"
    assert words.day("") == "undated"
    assert words.days("2026-07-01", "2026-09-30") == "1 Jul 2026 to 30 Sep 2026"
    assert words.days("", "soon") == ""


@pytest.mark.parametrize(
    ("period", "noun"),
    [
        ("2026Q3", "quarter"),
        ("2026H1", "half-year"),
        ("2026-08", "month"),
        ("2026", "year"),
        ("spring", "period"),
    ],
)
def test_period_has_its_everyday_name(period, noun):
    assert words.period_noun(period) == noun


def test_tone_goes_from_worst_to_best():
    values = (-1, -0.6, -0.3, -0.1, 0, 0.1, 0.3, 0.6, 1)
    assert [words.tone(v) for v in values] == ["n4", "n3", "n2", "n1", "z", "p1", "p2", "p3", "p4"]
    assert words.tone(math.nan) == "none"


def test_degree_of_nothing_known_is_no_word():
    assert words.degree(1.0) == "severe"
    assert words.degree(0.1) == "mild"
    assert words.degree(math.nan) == ""


@given(st.text())
def test_wrapped_text_keeps_to_its_width(text):
    rows = words.wrap(text, width=16, lines=2)
    assert len(rows) <= 2
    assert all(len(row) <= 16 for row in rows)


def test_wrapping_cuts_what_is_too_long():
    assert words.wrap("Check-in with customer success manager") == (
        "Check-in with",
        "customer succes…",
    )


@given(st.text())
def test_cleaned_text_can_be_written_as_utf8(text):
    assert "\x00" not in words.clean(text + "\x00\ud800")
    words.clean(text + "\ud800").encode()


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_formula_is_guarded(start):
    assert words.guard(f"{start}cmd()") == f"'{start}cmd()"
    assert words.guard(f"a{start}") == f"a{start}"


@given(st.text(max_size=6))
@example("\x00=cmd()")
@example("a=1\ud800")
def test_safe_cell_is_cleaned_and_guarded(text):
    assert words.safe_cell(text) == words.guard(words.clean(text))
    assert words.safe_cell(f"={text}") == words.guard(words.clean(f"={text}"))


def test_anchor_holds_only_safe_characters():
    assert words.anchor("t", 'a"<b> c') == "t-a--b--c"


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (-0.2460000067949295, -0.246),
        (0.7383333333333333, 0.738333),
        (1250000.5, 1250000.5),
        (0.00080467540, 0.0008047),
        (3.4567891e-12, 3.457e-12),
        (0.0, 0.0),
    ],
)
def test_numbers_are_written_without_the_noise_of_arithmetic(value, told):
    assert words.tidy(value) == told
