"""Words, content words and stems."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.engines.embedded.lexicon import (
    FUNCTION_WORDS,
    content_words,
    opinion_words,
    stem,
    words,
)


def test_words_are_lower_case_without_numbers_and_punctuation():
    assert words("It’s the 3rd RE-TYPED “export”, again!") == ["it's", "the", "rd", "re-typed",
                                                              "export", "again"]  # fmt: skip
    assert words("42 — 😀") == []


def test_content_words_name_things():
    assert content_words("The payroll export was terrible on Monday.") == ["payroll", "export"]


def test_opinions_and_function_words_name_no_touchpoint():
    assert {"terrible", "wonderful"} <= opinion_words()
    assert {"monday", "the"} <= FUNCTION_WORDS
    assert "payroll" not in FUNCTION_WORDS | opinion_words()


@pytest.mark.parametrize(
    ("plural", "singular"),
    [("showers", "shower"), ("batches", "batch"), ("queries", "query"), ("boxes", "box"),
     ("status", "status"), ("access", "access"), ("analysis", "analysis"), ("bus", "bus")],
)  # fmt: skip
def test_plural_and_singular_are_one_word(plural, singular):
    assert stem(plural) == stem(singular) == singular


@given(st.text(max_size=60))
def test_content_words_are_among_the_words(text):
    assert set(content_words(text)) <= set(words(text))
