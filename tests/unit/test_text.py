"""Hashes, normal forms, sentence spans, and quotes found word for word."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text import ID_LENGTH, find_quote, normalise, sentence_spans, stable_id

MIXED = st.text(
    alphabet=st.sampled_from("abcXY .!?\n\t\r。！？日本語😀ÅéßﬁİΣ“”’'\u00a0\u200d\u200b½…–1230"),
    max_size=160,
)
ANY = st.one_of(st.text(max_size=160), MIXED)
WORDS = st.lists(
    st.sampled_from(["we", "were", "not", "told", "30", "days", "“late”", "😀", "日本", "Ärger,"]),
    min_size=1,
    max_size=12,
)


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


@given(WORDS, st.data())
def test_whole_words_of_a_text_are_found_in_it(words, data):
    first = data.draw(st.integers(0, len(words) - 1))
    last = data.draw(st.integers(first + 1, len(words)))
    text = "  ".join(words)
    quote = " ".join(words[first:last]).upper()
    span = find_quote(quote, text)
    assert span is not None
    assert normalise(text[slice(*span)]) == normalise(quote)


@given(MIXED, st.data())
def test_found_span_reads_as_the_quote(text, data):
    start = data.draw(st.integers(0, len(text)))
    quote = text[start : data.draw(st.integers(start, len(text)))]
    span = find_quote(quote, text)
    if span:
        assert normalise(text[slice(*span)]) == normalise(quote)


@given(ANY)
def test_text_with_any_letter_is_found_in_itself(text):
    composed = normalise(text)
    assert (find_quote(composed, composed) is not None) == bool(composed)


@given(WORDS)
def test_dropped_or_added_not_is_not_found(words):
    text = " ".join(["we", "were", "not", "told", *words])
    assert find_quote("we were told " + " ".join(words), text) is None
    assert find_quote("we were not not told " + " ".join(words), text) is None


@given(st.integers(0, 9999), st.integers(0, 9999))
def test_changed_number_is_not_found(said, claimed):
    found = find_quote(f"waited {claimed} days", f"We waited {said} days for it.")
    assert (found is not None) == (said == claimed)


@pytest.mark.parametrize(
    ("quote", "text"),
    [
        ("", "Anything."),
        ("  ", "Anything at all."),
        ("it never worked", ""),
        ("it mostly worked", "It worked."),
        ("We left. You cried.", "We left. Nobody cried. You did."),
    ],
)
def test_what_was_not_said_is_not_found(quote, text):
    assert find_quote(quote, text) is None


@pytest.mark.parametrize(
    ("quote", "text"),
    [
        ("It took 3", "It took 30 days."),
        ("5 days", "It took 15 days."),
        ("We can", "We cannot recommend it."),
        ("I would use", "I would useless things buy."),
        ("expected", "That was unexpected."),
        ("We can", "We can't recommend it."),
        ("We can", "We can’t recommend it."),
        ("refundable", "It is non-refundable."),
        ("300 pounds", "It cost 1,300 pounds."),
        ("It took 3", "It took 3.5 days."),
        ("It took 3.", "It took 3.5 days."),
    ],
)
def test_part_of_a_word_or_number_is_not_found(quote, text):
    assert find_quote(quote, text) is None


def test_whole_word_is_found_behind_a_longer_one():
    assert find_quote("no", "Nobody said no.") == (12, 14)


@pytest.mark.parametrize(
    ("quote", "text"),
    [
        ("cafe\u0301 was closed", "The cafe\u0301 was closed."),
        ("café was closed", "The cafe\u0301 was closed."),
        ("cafe\u0301 was closed", "The café was closed."),
    ],
)
def test_accents_are_the_same_composed_or_not(quote, text):
    span = find_quote(quote, text)
    assert span is not None
    assert normalise(text[slice(*span)]) == normalise(quote)


def test_offsets_count_characters_behind_emoji_ligatures_and_cjk():
    text = "👩‍👩‍👧 ﬁne, 料金 “too HIGH”  now"
    span = find_quote('"too high" now', text)
    assert span is not None
    assert text[slice(*span)] == "“too HIGH”  now"
    assert text[slice(*find_quote("fine, 料金", text))] == "ﬁne, 料金"


def test_first_of_two_places_is_taken():
    assert find_quote("again", "Again and again.") == (0, 5)


@pytest.mark.parametrize("quote", ["It's slow", "slow", "we left", "really"])
def test_word_beside_punctuation_is_whole(quote):
    assert find_quote(quote, "“It's slow” – we left,really.") is not None


def test_part_of_a_text_without_spaces_is_found():
    assert find_quote("高い", "料金が高い。") == (3, 5)
