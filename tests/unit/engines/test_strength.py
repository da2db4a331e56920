"""How strongly a mood is put."""

import numpy as np
import pytest

from pipeline.engines.embedded.strength import graded


def strength(text, polarity=0.95):
    return float(graded([text], np.array([polarity], dtype=np.float32))[0])


@pytest.mark.parametrize(
    ("weak", "plain", "strong"),
    [
        ("Nice colours though.", "I can read it from across the room.", "The best colours ever!"),
        ("The food was ok", "The food came hot", "The food was absolutely delicious"),
        ("a decent little tool", "a tool that does it all", "a brilliant tool"),
    ],
)
def test_weak_words_praise_less_than_plain_and_those_less_than_strong(weak, plain, strong):
    assert strength(weak) < strength(plain) < strength(strong) == pytest.approx(0.95)


def test_complaints_are_graded_like_praise():
    assert strength("a bit slow", -0.9) == pytest.approx(-strength("a bit slow", 0.9))
    assert strength("a bit slow", -0.9) > strength("terribly slow", -0.9)


@pytest.mark.parametrize("polarity", [-1.0, -0.4, -0.34, -0.2, 0.0, 0.2, 0.34, 0.4, 1.0])
def test_words_never_decide_whether_a_mood_counts(polarity):
    told = strength("it was okay I suppose", polarity)
    assert np.sign(told) == np.sign(polarity)
    assert (abs(told) >= 0.35) == (abs(polarity) >= 0.35)


def test_what_is_both_weak_and_strong_is_plain():
    assert strength("quite nice, the best of them") == pytest.approx(strength("we got it"))


def test_no_texts_have_no_moods():
    assert graded([], np.zeros(0, dtype=np.float32)).shape == (0,)
