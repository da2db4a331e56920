import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.methods.naming import Texts


def expected(texts: list[str], name: str) -> set[int]:
    """What a pattern in each text says."""
    words = "|".join(re.escape(w.rstrip("s")) for w in name.lower().split() if w != "and")
    pattern = re.compile(rf"\b(?:{words})", re.IGNORECASE)
    return {n for n, text in enumerate(texts) if pattern.search(text)}


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("Reminder texts", {0, 1, 4}), ("Letters", {2}), ("and", {0, 1, 2, 3, 4, 5, 6}),
        ("Sign-on", {6}), ("Überweisung", {5}), ("s", {0, 1, 2, 3, 4, 5, 6}), ("nothing", set()),
    ],
)  # fmt: skip
def test_texts_are_found_by_the_words_of_a_name(name, rows):
    texts = [
        "A REMINDER came.", "two\ntexts", "The letter", "subtext, outletter", "Text", "überweisung",
        "the sign-on", "",
    ]  # fmt: skip
    assert Texts(texts).naming(name) == rows == expected(texts, name)


LETTERS = "asikzASIKZ ıİſ\u212aéÉßẞǅ_-(n1\u0307"
WORDS = st.text(LETTERS, max_size=8)


@given(st.lists(WORDS, max_size=6), st.text("asikzSK -(1éıſß", max_size=4))
def test_texts_are_those_that_a_pattern_finds(texts, name):
    assert Texts(texts).naming(name) == expected(texts, name)


def test_no_texts_name_nothing():
    assert Texts([]).naming("Letter") == set()
