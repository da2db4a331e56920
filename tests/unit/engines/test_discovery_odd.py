"""Discovery of touchpoints from odd input, and quotes of the catalogue that a group takes back."""

import numpy as np
import pytest

from pipeline.engines.embedded.discovery import Claimed, Groups, discover, reclaim
from pipeline.engines.embedded.groups import centred
from pipeline.engines.embedded.lexicon import stem
from pipeline.engines.embedded.terms import count_terms

BUREAU = [
    "The bureau sent the file back.", "Our bureau refuses the file.", "The bureau typed it anew.",
    "The bureau charges us for typing.", "Now the bureau wants another layout.",
]  # fmt: skip
EXPORT = ["The export totals are wrong.", "The export dropped two people.", "The export is late."]


@pytest.mark.parametrize(
    "texts",
    [
        [],
        ["The car park was full."],
        ["The car park was full."] * 40,
        ["", " ", "?", "12", "…"] * 8,
        ["駐車場がいっぱいでした", "ไม่มีที่จอดรถ", "😡😡"] * 12,
        [" ".join(["the driver came late and rude"] * 1500), "The car park was full."] * 3,
    ],
    ids=["none", "one", "all the same", "no words", "no English", "very long"],
)
def test_odd_quotes_are_no_fault(embedder, texts):
    vectors = centred(embedder.embed(texts))
    for customers in ((), ["ann"] * len(texts)):
        labels = discover(texts, vectors, count_terms(texts), customers)
        assert len(labels) == len(texts)
        assert labels.min(initial=-1) >= -1


def test_what_one_customer_says_alone_is_no_touchpoint(embedder):
    vectors = centred(embedder.embed(BUREAU * 4))
    labels = discover(BUREAU * 4, vectors, count_terms(BUREAU * 4), ["ann"] * 20)
    assert set(labels.tolist()) == {-1}


def reclaimed(phrases, nearness):
    """Return the group that takes back a quote with the word of a group, -1 for none."""
    taken = "The bureau refuses our export file."
    vocabulary = count_terms([*BUREAU, taken, *EXPORT * 9])
    towards = np.array([nearness, 1 - nearness], dtype=np.float32)
    groups = Groups(
        BUREAU, np.tile(np.array([1, 0], dtype=np.float32), (5, 1)), np.zeros(5, dtype=np.int64)
    )
    far = np.tile(np.array([0, 1], dtype=np.float32), (3, 1))
    claimed = Claimed([*EXPORT, taken], np.vstack([far, towards]), ["export"] * 4)
    return reclaim(claimed, groups, vocabulary, phrases).tolist()


def test_a_group_takes_back_a_quote_that_uses_its_word_and_lies_nearer():
    assert reclaimed({}, 0.9) == [-1, -1, -1, 0]
    assert reclaimed({}, 0.1) == [-1, -1, -1, -1]


def test_a_word_that_the_touchpoint_has_itself_takes_nothing_back():
    known = {stem(word) for word in ("bureau", "file", "refuses")}
    assert reclaimed({"export": known}, 0.9) == [-1, -1, -1, -1]
