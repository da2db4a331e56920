"""Names made of a thing and a fault."""

import numpy as np
import pytest

from pipeline.engines.embedded.faults import common_fault, kinds_said, made_name, read_faults


def test_name_is_the_thing_that_most_speak_of_and_what_most_say_is_wrong():
    quotes = ["because the records were late", "our records: two weeks late", "late once more"]
    assert made_name(quotes, "Staff data import") == "Records: late"


def test_touchpoint_is_the_thing_where_no_other_is_shared_or_it_has_the_word():
    quotes = ["so slow the other day", "it took ages that time"]
    assert made_name(quotes, "Wifi") == "Wifi: slow"
    assert made_name(["the lounge wifi was slow", "slow, that wifi"], "Lounge wifi") == (
        "Lounge wifi: slow"
    )
    assert made_name(quotes, "") == ""


def test_what_few_say_names_no_group():
    assert made_name(["it was late", "the blue one", "a chair"], "Delivery") == ""
    assert made_name(["it was late"], "Delivery") == ""
    assert made_name([], "Delivery") == ""


def test_thing_that_the_fault_tells_already_is_not_told_twice():
    quotes = ["an ad after every button", "ads, ads, ads", "there is an ad again"]
    assert made_name(quotes, "Ads") == "Too many ads"


def test_words_of_the_fault_are_not_taken_for_the_thing():
    quotes = ["two of them were out of order", "both out of order"]
    assert made_name(quotes, "Check-in") == "Check-in: not working"


def test_verb_is_no_thing_because_the_touchpoint_s_own_word_before_it_is_left_out():
    quotes = ["the letter turned up two days late", "their letter turned up a day late"]
    assert made_name(quotes, "Appointment letter") == "Appointment letter: late"


@pytest.mark.parametrize(
    ("quotes", "fault"),
    [
        (["They never rang back", "nobody replied"], "no reply"),
        (["It never arrived", "my bag did not turn up"], "never came"),
        (["explained it again", "told it three times"], "same question again and again"),
        (["the app logs me out", "signed out every day"], "keeps logging out"),
        (["I liked it", "a chair"], ""),
    ],
)
def test_fault_is_what_most_quotes_say(quotes, fault):
    assert common_fault(quotes) == fault


def test_quotes_that_say_the_same_fault_are_alike_and_who_says_none_is_like_nobody():
    said = kinds_said(["It’s late", "the bus was two hours late", "it was rude", "a blue chair"])
    alike = said @ said.T
    assert alike[0, 1] > 0.5
    assert alike[0, 2] == 0
    np.testing.assert_array_equal(alike[3], 0)
    assert alike.max() <= 1 + 1e-6


def test_a_verdict_alone_counts_less_than_a_fault():
    verdict, fault = kinds_said(["the tea was poor", "the tea was cold"])
    both = kinds_said(["the tea was poor and cold"])[0]
    assert verdict @ both < fault @ both


def test_no_quotes_say_nothing():
    assert len(kinds_said([])) == 0


def test_fault_of_no_kind_is_a_fault_and_a_feeling_is_none():
    said = read_faults(["They ruined it", "I was sad", "the bus was late", "an aisle seat"])
    assert said.is_fault.tolist() == [True, False, True, False]
    np.testing.assert_array_equal(said.kinds.any(axis=1), [False, False, True, False])
    assert said.of(np.array([2])).is_fault.tolist() == [True]
