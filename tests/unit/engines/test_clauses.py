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


def test_list_of_judgements_is_split():
    assert len(parts("The food was good, the staff friendly and the wifi slow.")) == 3


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
def test_clauses_are_in_order_and_lose_nothing_but_separators(sentence):
    found = clauses(sentence)
    assert found
    assert [c.link in {"", "cause", "effect"} for c in found]
    assert found[0].link == ""
    last = 0
    for clause in found:
        assert last <= clause.start <= clause.end <= len(sentence)
        lost = sentence[last : clause.start]
        assert not any(c.isalnum() for c in lost.replace("and", ""))
        last = clause.end
    assert last == len(sentence)


@given(st.text(max_size=120))
def test_any_text_can_be_cut(sentence):
    assert all(0 <= c.start <= c.end <= len(sentence) for c in clauses(sentence))
