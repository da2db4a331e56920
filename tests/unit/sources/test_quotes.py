"""The customer's words in a text of staff."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sources.quotes import split_quotes


@pytest.mark.parametrize("marks", ['""', "“”", "„“", "„”"])
def test_quoted_words_are_told_from_the_rest(marks):
    text = f"She said {marks[0]}I want my money back{marks[1]} and hung up."
    assert split_quotes(text) == [
        ("She said", False), ("I want my money back", True), ("and hung up.", False)
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        'The "Gold plan" was mentioned.',
        'Screen of 6" and wide by 8" at most today',
        'An open "quote without any end',
        "“also never closed here",
        'Two paragraphs "one two three\n\nfour five six" here',
        "It's the client's own 'idea of it'",
    ],
)
def test_names_and_stray_marks_are_no_quotes(text):
    assert split_quotes(text) == [(text, False)]


def test_text_that_is_only_a_quote_is_one_part():
    assert split_quotes('"it never worked for us"') == [("it never worked for us", True)]
    assert split_quotes("") == []


@given(st.text(alphabet=st.sampled_from('ab \n"“”„.6'), max_size=60))
def test_parts_together_keep_the_text(text):
    parts = "".join(part for part, _ in split_quotes(text))
    kept = str.maketrans("", "", ' \n"“”„')
    assert parts.translate(kept) == text.translate(kept)


def test_million_marks_are_read_fast():
    for text in ('"' * 10**6, "“" * 10**6, ' "a' * 300_000):
        assert split_quotes(text)
