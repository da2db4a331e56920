"""Moods that emoji tell."""

import numpy as np
import pytest

from pipeline.engines.embedded.emoji import emoji_sign, lean
from pipeline.engines.embedded.signals import read_signals


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("wifi again 😡", -1),
        ("❤️ the new export", 1),
        ("check-in 👍🏽!!", 1),
        ("“😡” the lift", -1),
        ("the 😡 button is red", 0),
        ("😍 the food, 😡 the wait", 0),
        ("😂😂", 0),
        ("please help 🙏", 0),
        ("invoice 📎", 0),
        ("", 0),
    ],
)
def test_only_a_clear_emoji_at_an_edge_counts(text, sign):
    assert emoji_sign(text) == sign


def test_words_that_plainly_say_the_opposite_are_believed():
    texts = ["so good I cried 😭", "card reader 👎", "😤", "parking", "five weeks for a form 😊"]
    moods = np.array([0.9, 0.5, 0.9, 0.1, -0.8], dtype=np.float32)
    before = moods.copy()
    np.testing.assert_allclose(lean(texts, moods), [0.9, -0.6, -0.6, 0.1, -0.8], atol=1e-6)
    np.testing.assert_allclose(moods, before)


@pytest.mark.parametrize(
    "text", ["😡", "💔", "the new export 😭", "parking 😤", "👎 checkout page"]
)
def test_bad_emoji_make_a_pain(embedder, text):
    signals = read_signals([text], embedder.both([text]))
    assert (signals.kind[0], signals.polarity[0] < -0.35) == ("pain", True)


@pytest.mark.parametrize(
    "text", ["❤️", "👍🏽", "our trainer ❤️", "😁 delivery today", "mobile app 👏👏"]
)
def test_good_emoji_make_a_praise(embedder, text):
    signals = read_signals([text], embedder.both([text]))
    assert (signals.kind[0], signals.polarity[0] > 0.35) == ("praise", True)


def test_question_with_a_smile_stays_a_question(embedder):
    text = "How do I change my address? 😊"
    assert abs(read_signals([text], embedder.both([text])).polarity[0]) < 0.2
