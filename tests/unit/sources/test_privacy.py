"""What redaction replaces, what it spares, and that it is repeatable and fast."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.config import Privacy
from pipeline.sources.privacy import redact, redact_text
from pipeline.tables import TURNS, Turn

ALL = Privacy()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mail a.b+c@x-y.co.uk, thanks", "mail [EMAIL], thanks"),
        ("müller@büro.de", "[EMAIL]"),
        ("see (https://x.io/a?b=1).", "see ([URL])."),
        ("at www.example.org/me today", "at [URL] today"),
        ("card 4111-1111-1111-1111 exp 12/27", "card [CARD] exp 12/27"),
        ("4111111111111111", "[CARD]"),
        ("pay DE89 3704 0044 0532 0130 00 now", "pay [IBAN] now"),
        ("gb82west12345698765432", "[IBAN]"),
        ("from 10.0.0.1 today", "from [IP] today"),
        ("host 2001:db8::ff00:42:8329 is down", "host [IP] is down"),
        ("call 07700 900123 or 020 7946 0958", "call [PHONE] or [PHONE]"),
        ("+44 (0)20 7946 0958", "[PHONE]"),
        ("on (212) 555-0123 x45 please", "on [PHONE] please"),
        ("01 42 68 53 00 office", "[PHONE] office"),
        ("my number is 0 7 7 0 0 9 0 0 1 2 3", "my number is [PHONE]"),
    ],
)
def test_personal_data_is_replaced(text, expected):
    assert redact_text(text, ALL) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Invoice of 2026-07-03 was 1,234,567.00 EUR",
        "order number 02079460958 never came",
        "order 4711 2233 44 never came",
        "we paid €1 234 567 in 2026",
        "ticket 0123456789 is open",
        "from 03.07.2026-05.07.2026 at 10:15:00",
        "phone call on 2026-07-03 10:00",
        "it took 3 500 000 rows from 2019-2020",
        "version 1.2.3.4 and firmware 10.0.0.1",
        "card 4111 1111 1111 1112 has a wrong check digit",
        "GB82 WEST 1234 5698 7654 33 has one too",
        "GB82 too short",
        "we meet @ noon, a@b and @home",
        "10:15 and a::b and 1:2:3",
        "999.999.999.999 is no address",
        "9/10 8/10 7/10",
        "",
    ],
)
def test_other_numbers_stay(text):
    assert redact_text(text, ALL) == text


def test_only_chosen_kinds_are_replaced():
    text = "a@b.com 10.0.0.1"
    assert redact_text(text, Privacy(redact=("ip",))) == "a@b.com [IP]"
    assert redact_text(text, Privacy(redact=())) == text


def test_region_reads_national_numbers():
    text = "unter 0301234567 da"
    assert redact_text(text, Privacy(region="DE")) == "unter [PHONE] da"


def test_frame_is_copied_and_other_columns_stay():
    turns = TURNS.frame([Turn("t", "d", 0, "customer", "", "", "mail a@b.com")])
    before = turns.copy(deep=True)
    redacted = redact(turns, ALL)
    assert redacted["text"].tolist() == ["mail [EMAIL]"]
    assert turns.equals(before)
    assert TURNS.check(redacted).equals(redacted)
    assert len(redact(TURNS.frame(), ALL)) == 0


_PIECES = st.sampled_from(
    [
        "call ", "order ", "020 7946 0958", "4111 1111 1111 1111", "+44 20", "(212) ", "555-0123",
        "2026-07-03", "12", "345678", " ", ".", "-", "€", "a@b.com", "@", "http://x.io", "10.0.0.1",
        "::1", "DE89370400440532013000", "x45", "/", ",", "office", "[PHONE]", "0", "ß", "\n", "(",
    ]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(_PIECES, max_size=14).map("".join))
def test_redacting_twice_changes_nothing_more(text):
    once = redact_text(text, ALL)
    assert redact_text(once, ALL) == once


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200))
def test_text_without_digits_and_at_signs_stays(text):
    plain = "".join(c for c in text if not c.isdigit() and c not in "@:/.")
    assert redact_text(plain, ALL) == plain


@pytest.mark.parametrize(
    "piece", ["a@", "1 ", "1.", "(1", "GB12 ", "a:", "12345 67890 abc ", "020 7946 0958 ", "4 "]
)
def test_hostile_text_takes_time_in_proportion(piece):
    text = piece * (100_000 // len(piece))
    started = time.process_time()
    redact_text(text, ALL)
    # 0.6 s at most when measured; a quadratic pattern would take minutes.
    assert time.process_time() - started < 6
