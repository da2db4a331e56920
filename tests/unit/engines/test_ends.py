"""Ends of stated causes: what of a clause happened, and what may be an end at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.engines.embedded.ends import happened, is_clear, trimmed


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("we left", "we left"),
        ("well we left", "we left"),
        ("Well trained staff", "Well trained staff"),
        ("No answer came", "No answer came"),
        ("Honestly, we left, lol.", "we left"),
        ("and um they were flat you see", "they were flat"),
        ("a repack at the gate, at their cost.", "a repack at the gate"),
        ("I think it broke", "I think it broke"),
        ("The reason we left was", "we left"),
        ("The cause of the noise is", "the noise"),
        ("It was the hose that", "the hose"),
        ("It was late", "It was late"),
        ("yeah lol", "yeah lol"),
        ("in old ways that", "in old ways"),
        ("I was charged because of that", "I was charged because of that"),
        ("", ""),
    ],
)
def test_what_is_at_the_edges_of_an_end_only_is_left_out(text, left):
    start, end = trimmed(text)
    assert text[start:end] == left


@given(st.text(alphabet="well, so it was that I think lol.ıİ’", max_size=40))
def test_what_is_left_lies_in_the_text(text):
    start, end = trimmed(text)
    assert 0 <= start <= end <= len(text)


@pytest.mark.parametrize("text", ["this", "This may be", "and it is", "that's why", "word " * 31])
def test_a_pronoun_or_a_long_tale_is_no_end(text):
    assert not is_clear(text)


def test_a_clause_may_be_an_end():
    assert is_clear("the lift was out")


@pytest.mark.parametrize(
    ("cause", "effect", "is_told"),
    [
        ("it broke", "we left", True),
        ("it broke", "i'd been shouting", True),
        ("it broke", "i'd prefer another", False),
        ("it broke", "so we may leave", False),
        ("it hangs", "only 3 stars", False),
    ],
)
def test_verdicts_and_thoughts_are_no_events(cause, effect, is_told):
    assert happened(cause, effect) is is_told
