"""Sentences into clauses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.engines.embedded.clauses import clauses


def parts(sentence):
    return [sentence[clause.start : clause.end] for clause in clauses(sentence)]


def links(sentence):
    return [clause.link for clause in clauses(sentence)]


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        (
            "The training was lovely but the start date still moved.",
            ["The training was lovely", "but the start date still moved."],
        ),
        (
            "The app is quick, however the export keeps failing.",
            ["The app is quick", "however the export keeps failing."],
        ),
        (
            "The demo was superb; the contract took for ever.",
            ["The demo was superb", "the contract took for ever."],
        ),
        (
            "The demo was superb 😀👍 but 料金 was far too high.",
            ["The demo was superb 😀👍", "but 料金 was far too high."],
        ),
    ],
)
def test_contrast_is_split_into_two_clauses(sentence, expected):
    assert parts(sentence) == expected
    assert links(sentence) == ["", ""]


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Dear Sir or Madam, the letter never came.", ["the letter never came."]),
        ("Dear [NAME], I have the invoice now.", ["I have the invoice now."]),
        ("Hi there! The lift is broken again.", ["The lift is broken again."]),
        ("Hello Megan - the export fails again.", ["the export fails again."]),
        ("To whom it may concern, I want my deposit.", ["I want my deposit."]),
    ],
)
def test_greeting_is_in_no_clause(sentence, expected):
    assert parts(sentence) == expected


@pytest.mark.parametrize(
    "sentence",
    ["Dear Sir or Madam,", "Dear me, what a mess", "hi i paid twice, nobody answers", "Hello,"],
)
def test_what_only_looks_like_a_greeting_or_is_nothing_else_stays(sentence):
    assert parts(sentence) == [sentence]


def test_list_of_judgements_is_split():
    assert len(parts("The food was good, the staff friendly and the wifi slow.")) == 3


@pytest.mark.parametrize(
    "sentence",
    [
        "The hot food and the lounge staff were not good.",
        "The check-in process and the boarding pass were a nightmare.",
        "The new mobile app and the website keep crashing.",
        "Hot food, wifi and lounge staff were awful.",
        "The food, and the drinks, and the wifi were awful.",
        "The help desk and support team were slow.",
        "The newly refurbished lounge and the food were lovely.",
        "The man who served us and the food were awful.",
        "The food they serve and the seats were awful.",
        "My whole family and I were charged twice.",
        "The airport's fast track and the free wifi did not work.",
    ],
)
def test_joined_subjects_stay_with_their_verb(sentence):
    assert parts(sentence) == [sentence]


@pytest.mark.parametrize(
    "sentence",
    ["I liked the hot food and the staff.", "We left because of the noise and the din."],
)
def test_joined_objects_stay_together(sentence):
    assert " and the " in parts(sentence)[-1]


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        (
            "We have decided to leave, it was a shambles.",
            ["We have decided to leave", "it was a shambles."],
        ),
        ("The room was small, it was cold.", ["The room was small, it was cold."]),
        ("food good, staff friendly and wifi slow", ["food good", "staff friendly", "wifi slow"]),
        ("great food, lovely staff", ["great food", "lovely staff"]),
        ("Clean rooms, friendly staff", ["Clean rooms", "friendly staff"]),
        ("No shower, no wifi", ["No shower", "no wifi"]),
        ("The app crashed and the website hung.", ["The app crashed", "and the website hung."]),
        (
            "Great food and the staff were friendly.",
            ["Great food", "the staff were friendly."],
        ),
        (
            "However, I wanted the service and the staff wanted none of it.",
            ["However, I wanted the service", "and the staff wanted none of it."],
        ),
        (
            "We left because of the crowds and the staff said nothing.",
            ["We left", "because of the crowds", "and the staff said nothing."],
        ),
        (
            "I enjoyed the comfort and the friendly staff and the terrible wifi.",
            ["I enjoyed the comfort", "and the friendly staff", "and the terrible wifi."],
        ),
    ],
)
def test_parts_that_say_something_are_apart(sentence, expected):
    assert parts(sentence) == expected


@pytest.mark.parametrize(
    "sentence", ["Great.", "It hangs.", "", "We use it in Leeds, York and Hull.", "Slow but fine."]
)
def test_one_thought_stays_whole(sentence):
    assert parts(sentence) == [sentence]


def test_sentence_is_cut_once_and_nobody_can_change_what_is_kept():
    found = clauses("The training was lovely but the start date moved.")
    assert isinstance(found, tuple)
    assert clauses("The training was lovely but the start date moved.") is found


PIECES = [
    "the export failed", "we left", "it", "😀", "料金", "food good", "staff slow", ", ", " but ",
    " because ", " so ", "; ", " and the ", ".", "Because ", " - ", "As a result ",
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=12).map(lambda p: "".join(p).strip()))
def test_clauses_are_in_order_and_lose_nothing_but_separators_and_connectives(sentence):
    found = clauses(sentence)
    assert found
    assert [c.link in {"", "cause", "effect"} for c in found]
    assert found[0].link == ""
    last = 0
    for clause in found:
        assert last <= clause.start <= clause.end <= len(sentence)
        lost = sentence[last : clause.start]
        assert not any(
            c.isalnum() for c in lost.lower().replace("as a result", "").replace("and", "")
        )
        last = clause.end
    assert last == len(sentence)


@given(st.text(max_size=120))
def test_any_text_can_be_cut(sentence):
    assert all(0 <= c.start <= c.end <= len(sentence) for c in clauses(sentence))
