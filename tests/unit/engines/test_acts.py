"""Decisions, expectations and suggestions that customers state."""

import numpy as np
import pytest

from pipeline.engines.embedded import acts
from pipeline.engines.embedded.acts import (
    ACTS,
    ACTS_FILE,
    PHRASES,
    features,
    phrase_use,
    phrases,
    shares,
    stated,
)
from pipeline.engines.embedded.weights import load_columns, provenance
from pipeline.engines.minilm import DIMENSIONS

STATED = {
    "decision": [
        "We have decided to leave.",
        "That's when we started looking elsewhere.",
        "We have decided to leave, it was a shambles.",
        "I cancelled my subscription yesterday.",
        "We renewed for another three years.",
        "I've lodged a complaint with the ombudsman.",
    ],
    "expectation": [
        "We were promised a reply in a day.",
        "The website said breakfast was included.",
        "It was supposed to be ready by Monday.",
        "I expected a hot meal.",
    ],
    "suggestion": [
        "You should add a dark mode.",
        "How about a quiet hour on Sundays?",
        "It would be better if the bill listed each call.",
        "Please bring back the old menu.",
    ],
    "": [
        "If the price goes up again I'll leave.",
        "We nearly cancelled last year.",
        "My brother left them last summer.",
        "I used to renew every year.",
        "How do I cancel my contract?",
        "They have decided to close the branch.",
        "I expect you are busy.",
        "What should I expect on the day?",
        "It was quicker than I expected.",
        "Could you tell me when my contract ends?",
        "Should I restart it?",
        "Please send me a copy of my bill.",
        "The bill was wrong again.",
        "The staff were lovely.",
        "I got my refund within a day.",
        "They closed my account by mistake.",
        "My card was accepted everywhere.",
        "I got the email.",
        "The auditor visited our office.",
        "Cancelled on me again with one day's notice.",
        'It said, "This start date is after the leaving date."',
    ],
}


@pytest.mark.parametrize(
    ("text", "expected"), [(text, act) for act, texts in STATED.items() for text in texts]
)
def test_only_what_is_stated_counts(embedder, text, expected):
    assert stated([text], embedder.embed([text])) == [expected]


def test_typographic_apostrophes_change_nothing(embedder):
    plain, typed = "That's when we left.", "That’s when we left."
    vectors = embedder.embed([plain])
    assert (features([plain], vectors) == features([typed], vectors)).all()


def test_shares_are_probabilities_in_the_order_of_the_acts(embedder):
    texts = [STATED[act][0] for act in ACTS]
    used = phrase_use(texts, load_columns(ACTS_FILE, PHRASES))
    found = shares(features(texts, embedder.embed(texts)), used)
    assert found.shape == (3, 3)
    assert ((found >= 0) & (found <= 1)).all()
    assert found.argmax(axis=1).tolist() == [0, 1, 2]


def test_phrases_are_words_and_pairs_with_both_ends_of_the_text():
    assert phrases("I’ll pay 40!") == sorted(
        ["^", "^ i'll", "i'll", "i'll pay", "pay", "pay 0", "0", "0 !", "!", "! $", "$"]
    )
    assert phrases("") == ["$", "^", "^ $"]


def test_only_known_phrases_count_and_rows_are_of_one_length():
    used = phrase_use(["We left.", "Qwfp", ""], {"we": 0, "left": 1, "^ $": 2})
    lengths = np.asarray(used.multiply(used).sum(axis=1)).ravel()
    assert used.shape == (3, 3)
    assert sorted(used.indices.tolist()) == [0, 1, 2]
    assert lengths.tolist() == pytest.approx([4, 0, 4], rel=1e-5)


def test_no_texts_state_nothing():
    assert stated([], np.zeros((0, DIMENSIONS), dtype=np.float32)) == []


def test_the_weights_say_where_they_come_from():
    told = provenance(ACTS_FILE)
    assert all(told["licences"].values())
    assert set(told["examples"]) == set(ACTS)
    assert all(count > 0 for counts in told["examples"].values() for count in counts.values())


@pytest.mark.parametrize(("share", "found"), [(0.9, ""), (0.96, "expectation")])
def test_without_the_words_of_an_act_it_has_to_be_surer(monkeypatch, share, found):
    texts = ["I expected more of it.", "The total at the bottom is too high."]
    rows = np.array([[0.0, share, 0.0]] * 2, dtype=np.float32)
    monkeypatch.setattr(acts, "shares", lambda *_: rows)
    vectors = np.zeros((2, DIMENSIONS), dtype=np.float32)
    assert stated(texts, vectors) == ["expectation", found]
