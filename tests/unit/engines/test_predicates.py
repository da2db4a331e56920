"""Whether a piece says something of its subject."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.engines.embedded.predicates import has_opinion, only_names, says_something


@pytest.mark.parametrize(
    "text",
    [
        "The export failed", "staff friendly", "Great food", "no wifi", "It chills", "Went home",
        "and the website hung", "because we moved house", "This was it", "The drinks keep coming",
        "",
    ],
)  # fmt: skip
def test_verb_or_judgement_says_something(text):
    assert says_something(text)
    assert not only_names(text)


@pytest.mark.parametrize(
    "text",
    [
        "The hot food", "and the check-in process", "The new boarding pass", "The rude staff",
        "the flat bed", "My lost card", "The man who served us", "The food they serve",
        "This lounge", "The ability to get through",
    ],
)  # fmt: skip
def test_name_says_nothing(text):
    assert not says_something(text)


@pytest.mark.parametrize("text", ["The hot food", "Free wifi", "And the new app", "My claim form"])
def test_name_without_opinion_only_names(text):
    assert only_names(text)


@pytest.mark.parametrize(
    "text",
    ["The rude staff", "The overpriced drinks", "The app 😡", "The delay", "5 weeks", "Woe"],
)
def test_name_with_a_judgement_or_an_unsure_one_is_left_to_the_mood_head(text):
    assert not only_names(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("hot food", False), ("food hot", True), ("fast track", False), ("it was fast", True),
     ("customer support", False), ("rude support", True)],
)  # fmt: skip
def test_opinion_within_a_name_is_none(text, expected):
    assert has_opinion(text) == expected


@given(st.text(max_size=80))
def test_any_text_can_be_asked(text):
    assert not (only_names(text) and says_something(text))
