"""Texts folded for comparison, and spans that cut nothing in two."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.methods.folding import fold, is_whole

MIXED = st.text(
    alphabet=st.sampled_from(
        "abcXY .!?\n\t-–日本語가ｶﾞ😀Åéßﬁ㌔İΣ“”’'\"\u00a0\u200d\u200b\u00ad\ufe0f½…1230e\u0301\u0323"
    ),
    max_size=120,
)
ANY = st.one_of(st.text(max_size=120), MIXED)


@given(ANY)
def test_folded_text_is_its_own_folded_text(text):
    assert fold(fold(text).text).text == fold(text).text


@given(ANY)
def test_each_folded_character_comes_from_a_span_and_spans_are_in_order(text):
    folded = fold(text)
    assert len(folded.text) == len(folded.starts) == len(folded.ends)
    last = 0
    for start, end in zip(folded.starts, folded.ends, strict=True):
        assert last <= start < end <= len(text)
        last = start


@given(ANY)
def test_folded_text_has_one_space_at_a_time_and_no_line(text):
    folded = fold(text).text
    assert "  " not in folded
    assert "\n" not in folded
    assert not folded.startswith(" ")


@pytest.mark.parametrize(
    ("one", "other"),
    [("It’s", "it's"), ("a  b", "A\u00a0b"), ("cafe\u0301", "café"), ("ﬁ", "FI"), ("ß", "SS"),
     ("a — b", "a-b"), ("a--b", "a–b"), ("…", "..."), ("ＡＢ３", "ab3"), ("«a»", "“a”"),
     ("x\u00ady", "xy"), ("❤\ufe0f", "❤"), ("İ", "i"), ("ｶﾞ", "ガ"), ("\u1112\u1161\u11ab", "한"),
     ("a\u0301\u0323", "a\u0323\u0301")],
)  # fmt: skip
def test_what_says_the_same_folds_to_the_same(one, other):
    assert fold(one).text == fold(other).text


@pytest.mark.parametrize(
    ("one", "other"),
    [("sınır", "sinir"), ("resume", "résumé"), ("cannot", "can not"), ("3.5", "35"), ("a b", "ab"),
     ("👍", "👍🏽"), ("a?", "a"), ("が", "か"), ("re-sign", "resign")],
)  # fmt: skip
def test_what_says_something_else_does_not(one, other):
    assert fold(one).text != fold(other).text


def test_offsets_lead_back_over_letters_that_fold_to_several():
    folded = fold("Straße 👩‍👩‍👧 ﬁx")
    at = folded.text.index("fix")
    assert (folded.starts[at], folded.ends[at + 2]) == (13, 15)


@pytest.mark.parametrize(
    ("left", "right"),
    [("can", "not"), ("can", "'t"), ("can", "’t"), ("can’", "t"), ("non", "-paid"),
     ("non-", "paid"), ("1", ",300"), ("3.", "5"), ("un\u00ad", "paid"), ("un", "\u00adpaid"),
     ("e", "\u0301"), ("👩", "\u200d👧"), ("👩\u200d", "👧"), ("👍", "🏽"), ("🇬", "🇧"),
     ("1\ufe0f", "\u20e3"), ("می", "\u200cخواهم"), ("कि", "ताब"), ("क", "िताब"), ("ｶ", "ﾞ"),
     ("\u1112", "\u1161")],
)  # fmt: skip
def test_border_that_cuts_something_in_two(left, right):
    text = f"we {left}{right} now"
    assert not is_whole(text, 0, 3 + len(left))
    assert not is_whole(text, 3 + len(left), len(text))


@pytest.mark.parametrize(
    ("left", "right"),
    [("can", " not"), ("slow", ","), ("“", "slow"), ("slow", "…"), ("slow", "–"), ("高い", "ので"),
     ("🇬🇧", "🇩🇪"), ("👍🏽", "👍"), ("slow", "😀"), ("❤\ufe0f", "it"), ("แอป", "ช้า"), ("3", "."),
     ("app", " \u200bis"), ("क्", "\u200d से"), ("app", "\u200b is")],
)  # fmt: skip
def test_border_that_cuts_nothing(left, right):
    text = f"{left}{right}"
    assert is_whole(text, 0, len(left))
    assert is_whole(text, len(left), len(text))


@pytest.mark.parametrize(("start", "end"), [(0, 0), (3, 2), (-1, 2), (0, 99)])
def test_span_outside_the_text_is_not_whole(start, end):
    assert not is_whole("We left.", start, end)
