"""Touchpoints that no catalogue knows."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from pipeline.engines.embedded.discovery import (
    Groups,
    Members,
    _fits,
    _held,
    _is_one_thing,
    _settle,
    alike,
    discover,
    means_of,
)
from pipeline.engines.embedded.groups import centred
from pipeline.engines.embedded.seeds import Seeds
from pipeline.engines.embedded.terms import count_terms

PARKING = [
    "The car park was full again.", "I could not find a space in the car park.",
    "The car park charges a fortune.", "We queued for the car park.", "The car park is too small.",
]  # fmt: skip
SHOWERS = [
    "The showers were cold.", "There was no hot water in the showers.", "The showers are dirty.",
    "I waited an hour for the showers.", "Only one of the showers worked.",
]  # fmt: skip
LONERS = [
    "My cousin plays the trumpet.", "A ticket for the opera.", "Volcanoes frighten me.",
    "The senator gave a speech.", "Bread needs flour and yeast.", "Penguins walk in a line.",
    "The telescope found a comet.", "He repairs old bicycles.", "A poem on autumn leaves.",
    "The chess champion resigned.", "Copper conducts electricity.", "Her novel won a medal.",
    "The ferry crosses at dawn.", "Tomatoes need a greenhouse.", "The judge adjourned the trial.",
    "Knitting a woollen scarf.",
]  # fmt: skip


def found(embedder, texts):
    vectors = centred(embedder.embed(texts))
    return discover(texts, vectors, count_terms(texts))


def test_quotes_about_one_thing_form_a_group(embedder):
    labels = found(embedder, [*PARKING, *SHOWERS, *LONERS])
    assert len(set(labels[:5].tolist())) == 1
    assert len(set(labels[5:10].tolist())) == 1
    assert labels[0] != labels[5]
    assert -1 not in labels[:10]


def test_loners_are_left_out(embedder):
    assert set(found(embedder, [*PARKING, *SHOWERS, *LONERS])[10:].tolist()) == {-1}


def test_quotes_with_nothing_in_common_form_no_group(embedder):
    assert set(found(embedder, LONERS).tolist()) == {-1}


def test_quote_goes_to_the_group_whose_word_it_uses(embedder):
    texts = [*PARKING, *SHOWERS, *LONERS, "The showers beside the car park entrance were cold."]
    labels = found(embedder, texts)
    assert labels[-1] in {labels[0], labels[5]}


def test_partition_stays_when_a_few_quotes_are_taken_away(embedder):
    texts = [*PARKING, *SHOWERS, *LONERS]
    whole, part = found(embedder, texts), found(embedder, [*texts[:4], *texts[5:]])
    kept = np.delete(whole, 4)
    assert adjusted_rand_score(kept, part) == 1.0


def test_same_quotes_same_groups_and_vectors_untouched(embedder):
    texts = [*PARKING, *SHOWERS, *LONERS]
    vectors = centred(embedder.embed(texts))
    before = vectors.copy()
    labels = discover(texts, vectors, count_terms(texts))
    np.testing.assert_array_equal(vectors, before)
    np.testing.assert_array_equal(labels, discover(texts, vectors, count_terms(texts)))


def test_group_of_one_talkative_customer_has_the_middle_of_all(embedder):
    texts = ["The lounge was hot.", "The lounge was warm.", "The sauna lounge was icy cold."]
    vectors = embedder.embed(texts)
    labels = np.zeros(3, dtype=np.int64)
    alone = means_of(Groups(texts, vectors, labels))[0]
    as_two = means_of(Groups(texts, vectors, labels, ["a", "a", "b"]))[0]
    assert float(as_two @ vectors[2]) > float(alone @ vectors[2])
    np.testing.assert_allclose(as_two, vectors[:2].mean(0) / 2 + vectors[2] / 2, atol=1e-6)


CROWDED = [
    "It was far too crowded.", "So packed that we had to stand.", "Overcrowded at weekends.",
    "The place is crowded all day.", "Jammed and packed to the door.",
]  # fmt: skip


def test_quotes_with_one_judgement_in_other_words_are_held_together():
    vocabulary = count_terms([*CROWDED, *SHOWERS, *LONERS])
    assert _held(Members(CROWDED, [1.0] * 5), vocabulary) >= 1
    assert _held(Members(LONERS[:5], [1.0] * 5), vocabulary) < 0.5


def test_near_quotes_need_fewer_of_one_word():
    vocabulary = count_terms([*SHOWERS[:2], *LONERS])
    two_of_five = Members([*SHOWERS[:2], *LONERS[:3]], [1.0] * 5)
    assert 0.3 <= _held(two_of_five, vocabulary) < 0.5
    assert _is_one_thing(two_of_five, 0.8, vocabulary)
    assert not _is_one_thing(two_of_five, 0.68, vocabulary)


def test_one_word_alone_makes_no_group_of_quotes_far_apart():
    vocabulary = count_terms([*SHOWERS, *LONERS])
    assert _is_one_thing(Members(SHOWERS, [1.0] * 5), 0.7, vocabulary)
    assert not _is_one_thing(Members(SHOWERS, [1.0] * 5), 0.5, vocabulary)


def test_likeness_of_two_members_follows_from_the_length_of_their_mean():
    assert alike(1.0, Members(["a", "b"], [1.0, 1.0])) == 1
    assert abs(alike(0.5**0.5, Members(["a", "b"], [1.0, 1.0]))) < 1e-9
    assert alike(1.0, Members(["a"], [1.0])) == 0


def test_group_of_fewer_customers_than_three_gives_its_quotes_to_others():
    fits = np.array([[0.9, 0.5], [0.9, 0.5], [0.1, 0.8], [0.1, 0.7], [0.2, 0.6]], dtype=np.float32)
    who = ["a", "b", "c", "d", "e"]
    assert _settle(fits, who).tolist() == [1, 1, 1, 1, 1]
    assert _settle(fits[:, :1], who).tolist() == [-1] * 5
    assert fits[0, 0] == np.float32(0.9)


def test_of_two_groups_that_fit_alike_a_quote_goes_to_the_commoner(embedder):
    fits = np.array([[0.6, 0.0]] * 9 + [[0.0, 0.6]] * 3 + [[0.6, 0.61]], dtype=np.float32)
    assert _settle(fits, [str(n) for n in range(13)]).tolist() == [0] * 9 + [1] * 3 + [0]


def test_quote_near_a_judgement_belongs_there_only_with_its_word():
    centre = np.array([[1.0, 0.0]], dtype=np.float32)
    vectors = np.repeat(centre, 2, axis=0)
    holds = np.array([[True], [False]])
    of_thing = _fits(vectors, Seeds(centre, holds, np.array([False])))
    of_judgement = _fits(vectors, Seeds(centre, holds, np.array([True])))
    assert of_thing[0, 0] > of_thing[1, 0] > 0.9
    assert of_judgement[0, 0] > 0.9
    assert of_judgement[1, 0] < 0


def test_quotes_that_ask_for_one_thing_without_a_noun_are_found_too(embedder):
    asked = ["How do I spell it?", "Can you spell that for me?", "I cannot spell it.",
             "What letters do I write to spell this?", "Please spell that again."]  # fmt: skip
    labels = found(embedder, [*PARKING, *SHOWERS, *LONERS, *asked])
    assert (labels[-5:] >= 0).sum() >= 4
    assert len(set(labels[-5:].tolist()) - {-1}) == 1


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
    vectors = centred(embedder.embed(PARKING * 4))
    labels = discover(PARKING * 4, vectors, count_terms(PARKING * 4), ["ann"] * 20)
    assert set(labels.tolist()) == {-1}
