"""Encodings of text files."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import InputError
from pipeline.sources.decode import clean, decode

TEXT = "Café – “naïve” für 5 €, sagte Zoë.\nEnde"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]
)
def test_common_encodings_give_the_same_text(encoding):
    assert decode(TEXT.encode(encoding), "a.txt") == TEXT


def test_latin_1_is_read():
    assert decode("Grüße aus Zürich".encode("latin-1"), "a.txt") == "Grüße aus Zürich"


def test_other_alphabets_are_guessed():
    text = "Служба поддержки не ответила на мой вопрос, и я очень недоволен этим. " * 5
    assert decode(text.encode("cp1251"), "a.txt") == text


@pytest.mark.parametrize(
    ("data", "offset"),
    [
        (b"abc\x00def\x01", 3),
        (b"\x89PNG\r\n\x1a\n\x00\x00", 6),
        ("héé ok ".encode() * 5 + b"\xff" + "öö".encode(), 45),
        (b"\xff\xfeab\x00", 4),
        (b"\xff\x01\x02binary", 1),
        (b"it is \x81 and no more", 6),
    ],
)
def test_what_is_no_text_names_file_and_byte(data, offset):
    with pytest.raises(InputError, match=rf"calls/a\.txt: .*byte offset {offset}\b"):
        decode(data, "calls/a.txt")


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"])))
def test_any_utf_8_text_comes_back(text):
    assert decode(text.encode("utf-8-sig"), "a") == text


def test_clean_leaves_plain_lines():
    assert clean(" a\r\nb\rc\x00\ud800 ") == "a\nb\nc\ufffd\ufffd"
