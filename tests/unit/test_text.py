"""Hashes, normal forms and sentence spans."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text import ID_LENGTH, normalise, sentence_spans, stable_id

MIXED = st.text(
    alphabet=st.sampled_from("abcXY .!?\n\t\r。！？日本語😀ÅéßﬁİΣ“”’'\u00a0\u200d\u200b½…–1230"),
    max_size=160,
)
ANY = st.one_of(st.text(max_size=160), MIXED)


@given(st.lists(st.text(max_size=8), max_size=4))
def test_id_is_stable_and_short(parts):
    assert stable_id(*parts) == stable_id(*parts)
    assert len(stable_id(*parts)) == ID_LENGTH


def test_id_depends_on_every_part_and_their_order():
    ids = {stable_id("a", "b"), stable_id("b", "a"), stable_id("ab"), stable_id("a"), stable_id()}
    assert len(ids) == 5
    assert stable_id("t", 1) == stable_id("t", "1")


def test_id_of_broken_unicode_is_no_error():
    assert len(stable_id("\ud83d")) == ID_LENGTH


@given(ANY)
def test_normal_form_is_its_own_normal_form(text):
    assert normalise(normalise(text)) == normalise(text)


def test_normal_form_forgets_case_quote_marks_and_spacing():
    assert normalise("  It’s\u00a0“FINE”\n\n now ") == 'it\'s "fine" now'
    assert normalise(" \n\t") == ""


@pytest.mark.parametrize("language", ["en", "", "de", "ja", "zz"])
@given(text=ANY)
def test_sentences_cover_the_text_in_order_without_overlap(language, text):
    last = 0
    for start, end in sentence_spans(text, language):
        assert last <= start < end <= len(text)
        assert not text[last:start].strip()
        assert text[start:end] == text[start:end].strip()
        last = end
    assert not text[last:].strip()


@given(ANY, st.integers(min_value=5, max_value=40))
def test_no_sentence_is_longer_than_allowed(text, longest):
    assert all(end - start <= longest for start, end in sentence_spans(text, "en", longest))


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("It broke. We left!", ["It broke.", "We left!"]),
        ("Great 😀👍! Now it hangs.", ["Great 😀👍!", "Now it hangs."]),
        ("料金が高い。もう使わない。", ["料金が高い。", "もう使わない。"]),
        ("Dr. Reid rang at 3 p.m. today.", ["Dr. Reid rang at 3 p.m. today."]),
        ("  \n ", []),
        ("", []),
    ],
)
def test_sentences_have_exact_offsets(text, sentences):
    language = "ja" if text[:1] > "あ" else "en"
    assert [text[start:end] for start, end in sentence_spans(text, language)] == sentences


def test_long_sentence_is_cut_at_a_space():
    text = "one two three " * 10
    pieces = [text[start:end] for start, end in sentence_spans(text, "en", 40)]
    assert " ".join(pieces) == text.strip()
    assert {word for piece in pieces for word in piece.split()} == {"one", "two", "three"}


def test_long_word_without_any_space_is_cut_too():
    assert sentence_spans("x" * 100, "en", 40) == [(0, 40), (40, 80), (80, 100)]
