"""Mood, strength, outcome and kind of a clause."""

import numpy as np
import pytest

from pipeline.engines.embedded.signals import kind, read_signals, reconciled
from pipeline.engines.embedding import Vectors
from pipeline.engines.minilm import DIMENSIONS


def test_stated_kinds_go_before_mood(embedder):
    decided = "It was a shambles and we have decided to leave."
    found = signals(embedder, decided, "It is a shambles.")
    assert found.kind == ["decision", "pain"]


@pytest.mark.parametrize(
    ("polarity", "result", "expected"),
    [(-0.9, "unknown", "pain"), (0.0, "failed", "pain"), (0.9, "worked", "praise"),
     (0.0, "unknown", "experience")],
)  # fmt: skip
def test_mood_and_outcome_tell_the_other_kinds(polarity, result, expected):
    assert kind(polarity, result) == expected


@pytest.mark.parametrize(
    ("result", "polarity", "expected"),
    [("worked", -0.9, "unknown"), ("failed", 0.9, "unknown"), ("worked", -0.2, "worked"),
     ("failed", 0.2, "failed"), ("partly", -0.9, "partly")],
)  # fmt: skip
def test_an_outcome_that_says_the_opposite_of_the_mood_is_left_open(result, polarity, expected):
    assert reconciled("So they came.", result, polarity) == expected


@pytest.mark.parametrize(
    ("text", "polarity", "expected"),
    [
        ("The food was good", 0.9, "worked"), ("Works great on my phone", 0.9, "worked"),
        ("so easy to use", 0.8, "worked"), ("Legroom was good", 0.9, "worked"),
        ("The food was good", 0.1, "unknown"), ("such a friendly lady", 0.9, "unknown"),
        ("I would love a good screen", 0.9, "unknown"), ("a good app crashes", 0.9, "unknown"),
        ("extremely uncomfortable", -0.9, "failed"), ("Leg room is little", -0.9, "failed"),
        ("The worst seats", -0.9, "failed"), ("such a rude man", -0.9, "unknown"),
        ("uncomfortable at first, works well now", -0.7, "unknown"),
        ("extremely uncomfortable", -0.1, "unknown"),
    ],
)  # fmt: skip
def test_a_thing_judged_fit_for_its_job_worked_and_one_judged_unfit_failed(
    text, polarity, expected
):
    assert reconciled(text, "unknown", polarity) == expected


def signals(embedder, *texts):
    return read_signals(list(texts), embedder.both(texts))


def test_good_and_bad_are_told_apart(embedder):
    found = signals(
        embedder, "The training was absolutely wonderful!", "The export is a terrible mess.",
        "We have three clinics.",
    )  # fmt: skip
    good, bad, flat = found.polarity
    assert good > 0.3 > flat > -0.4
    assert bad < -0.3
    assert found.kind[:2] == ["praise", "pain"]


def test_emphasis_is_stronger(embedder):
    calm, loud = signals(embedder, "It is slow.", "It is ALWAYS so very slow!!").intensity
    assert loud > calm


def test_numbers_stay_in_their_bounds(embedder):
    found = signals(embedder, "GREAT!!! " * 9, "AWFUL!!! " * 9, "", "料金 😀")
    assert (np.abs(found.polarity) <= 1).all()
    assert ((found.intensity >= 0) & (found.intensity <= 1)).all()


def test_no_texts_give_no_signals():
    found = read_signals([], Vectors(*[np.zeros((0, DIMENSIONS), dtype=np.float32)] * 2))
    assert len(found.polarity) == len(found.outcome) == len(found.kind) == 0


def test_what_was_there_no_room_for_did_not_work_in_a_rage(embedder):
    found = signals(embedder, "They rang the evening before and could give me no new date")
    assert found.polarity[0] < -0.35
    assert found.outcome[0] != "worked"
