"""Turns of phrase that settle a mood or keep it from being praise."""

import numpy as np
import pytest

from pipeline.engines.embedded.verdicts import is_doubtful, praises_in_words, settle


def settled(text, polarity=0.9):
    return float(settle([text], np.array([polarity], dtype=np.float32))[0])


@pytest.mark.parametrize(
    "text",
    [
        "thanks for nothing",
        "Great, another form to fill in",
        "Oh brilliant. Yet another password.",
        "TWENTY years in the trade and I have NEVER seen invoices like yours",
        "I just love waiting in for a man who does not come",
        "you lot are fantastic at losing things",
        "We corrected it by hand.",
        "I had to re-enter all of it",
        "the card came two days after I was meant to be there",
        "I waited an hour and went home without seeing anybody",
        "it told me to sit down and nobody knew I was there",
        "so we retyped the addresses ourselves",
    ],
)
def test_sarcasm_and_work_that_customers_took_over_are_bad(text):
    assert settled(text) <= -0.6


@pytest.mark.parametrize(
    "text",
    [
        "I put the shelves up by myself",
        "we glued it",
        "never seen totals like yours",
        "in nine years I have yet to see one of those",
    ],
)
def test_effort_and_doubtful_wonder_are_no_praise(text):
    assert settled(text) == pytest.approx(0.2)


@pytest.mark.parametrize(
    "text",
    [
        "In thirty years I have never had such wonderful service",
        "I set it up myself, so easy",
        "I never had to ring once",
        "we did not have to wait",
        "can't thank the two drivers enough",
        "they fixed it by hand while we had a lovely coffee",
        "another great year with you",
        "the card came two days after I ordered it",
    ],
)
def test_praise_in_words_stays_praise(text):
    assert settled(text) >= 0.6


@pytest.mark.parametrize("text", ["I put the shelves up by myself", "never seen one like yours"])
def test_a_bad_mood_is_not_lifted(text):
    assert settled(text, -0.8) == pytest.approx(-0.8)


def test_polite_words_do_not_praise():
    assert praises_in_words("a lovely room")
    assert not praises_in_words("Thanks, I would like some help please, it is free")


def test_what_may_mean_the_opposite_is_told():
    assert is_doubtful("never seen totals like yours")
    assert is_doubtful("we did it by hand")
    assert not is_doubtful("the totals are right at last")
