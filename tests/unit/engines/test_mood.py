"""Mood and strength of a clause."""

import numpy as np
import pytest

from pipeline.engines.embedded.heads import rows_of
from pipeline.engines.embedded.mood import in_context, intensities, polarities
from pipeline.engines.embedded.outcomes import outcomes
from pipeline.engines.embedded.verdicts import settle


def moods(embedder, *texts):
    rows = rows_of(list(texts), embedder.both(texts))
    return polarities(list(texts), rows, outcomes(list(texts), rows))


@pytest.mark.parametrize(
    "text",
    [
        "It took five weeks instead of the two days they promised.",
        "The lift stopped between floors again.",
        "I had to tell the whole story a fourth time.",
        "1/10",
        "The export is a terrible mess 😡",
        "They were very kind but it still does not work.",
    ],
)
def test_trouble_is_read_as_bad(embedder, text):
    assert moods(embedder, text)[0] < -0.35


@pytest.mark.parametrize(
    "text",
    [
        "The training was absolutely wonderful!",
        "Seen within five minutes and home by ten.",
        "★★★★★",
        "Best money we have spent in years.",
        "No fuss, no queue, just the keys.",
    ],
)
def test_delight_is_read_as_good(embedder, text):
    assert moods(embedder, text)[0] > 0.3


@pytest.mark.parametrize(
    "text",
    [
        "he typed the whole time and never once looked at me",
        "didnt let me finish a single sentence",
        "the woman on the desk talked to me like I was five",
        "she shouted my problem across the whole hall",
        "No letter ever arrived, I only knew because I phoned",
        "cancelled on me again with one day's notice",
        "I've just had the worst flight experience over the last 20 years",
        "They treated us like cattle",
    ],
)
def test_plain_words_that_nobody_praises_in_are_bad(embedder, text):
    assert moods(embedder, text)[0] <= -0.6


@pytest.mark.parametrize(
    "text",
    [
        "they were so patient with me in the scanner",
        "the phlebotomist was gentle with my boy",
        "Hardly felt the needle",
        "Ultrasound lady let me see the baby, made my week",
        "They treated us like royalty",
        "The owners could not have been more accommodating",
    ],
)
def test_plain_words_that_nobody_complains_in_are_good(embedder, text):
    assert moods(embedder, text)[0] > 0.3


def test_both_sides_told_leave_the_mood_to_the_head():
    both = "They were so patient with me but the scanner was the worst scanner"
    assert settle([both], np.array([0.1], dtype=np.float32))[0] == pytest.approx(0.1)


@pytest.mark.parametrize(
    "text",
    [
        "Can I change the delivery address?",
        "How do I report a lost card?",
        "We have two offices, one in York.",
        "I would like to cancel my booking please.",
    ],
)
def test_requests_and_facts_are_neither(embedder, text):
    assert -0.35 < moods(embedder, text)[0] < 0.3


@pytest.mark.parametrize(
    "text",
    ["The hot food", "The check-in process", "The new mobile app", "Free wifi", "Check-in process"],
)
def test_bare_name_has_hardly_a_mood(embedder, text):
    assert abs(moods(embedder, text)[0]) < 0.15


@pytest.mark.parametrize(
    ("text", "is_good"),
    [("The rude staff", False), ("Great food", True), ("The free wifi was lovely", True),
     ("No hot food", False), ("The hot food and the lounge staff were not good.", False)],
)  # fmt: skip
def test_name_with_a_judgement_keeps_its_mood(embedder, text, is_good):
    mood = moods(embedder, text)[0]
    assert mood > 0.3 if is_good else mood < -0.35


@pytest.mark.parametrize(
    "text",
    [
        "The technician came for the second time and left again without the part.",
        "Nobody at the counter had read the form.",
        "The card was billed to the neighbour for the second time.",
        "They sent my deposit to the previous tenant.",
        "thanks for the answer, the door is still locked",
    ],
)
def test_trouble_told_in_plain_words_is_never_praise(embedder, text):
    assert moods(embedder, text)[0] < 0


@pytest.mark.parametrize(
    "text",
    ["nobody here uses the side door", "I went to the office on Tuesday and spoke to Ann",
     "we have to be there by nine again tomorrow"],
)  # fmt: skip
def test_fact_with_words_of_trouble_is_no_complaint(embedder, text):
    assert -0.35 < moods(embedder, text)[0] < 0.2


@pytest.mark.parametrize(
    "text",
    ["great, another outage", "brilliant, the same form for the fourth time",
     "lovely weather to stand outside a locked door in", "so much for same day delivery"],
)  # fmt: skip
def test_praise_meant_the_other_way_round_is_bad(embedder, text):
    assert moods(embedder, text)[0] < -0.35


@pytest.mark.parametrize(
    "text",
    ["A credit was requested in August", "I support three teams", "the free trial ended in May",
     "we promised the children a trip", "I'd love to know when you open"],
)  # fmt: skip
def test_fact_with_words_of_praise_is_no_praise(embedder, text):
    assert moods(embedder, text)[0] < 0.35


@pytest.mark.parametrize(
    "text",
    ["It was fixed the same afternoon", "never had a problem", "better than last year",
     "the refund was there before I got home"],
)  # fmt: skip
def test_praise_told_as_a_fact_is_good(embedder, text):
    assert moods(embedder, text)[0] > 0.35


def test_doubtful_clause_leans_to_those_around_it_in_its_turn():
    bad, open_, good = [0.9, 0.1, 0.0], [0.3, 0.4, 0.3], [0.0, 0.1, 0.9]
    shares = np.array([bad, open_, bad, open_, good], dtype=np.float32)
    lent = in_context(shares, ["a", "a", "a", "b", "c"])
    assert lent[1, 0] > lent[1, 2]
    np.testing.assert_allclose(lent[3:], shares[3:])


def test_clear_praise_between_complaints_stays_praise():
    shares = np.array([[0.9, 0.1, 0.0], [0.02, 0.08, 0.9], [0.9, 0.1, 0.0]], dtype=np.float32)
    assert in_context(shares, ["a"] * 3)[1].argmax() == 2
    assert len(in_context(shares[:1], ["a"])) == 1


def test_emphasis_is_stronger():
    same = np.array([-0.5, -0.5, -0.5], dtype=np.float32)
    calm, loud, drawn_out = intensities(["It is slow.", "It is ALWAYS slow!", "so slooow"], same)
    assert min(loud, drawn_out) > calm


def test_numbers_stay_in_their_bounds(embedder):
    texts = ["GREAT!!! " * 9, "AWFUL!!! " * 9, "", "料金 😀"]
    found = moods(embedder, *texts)
    assert (np.abs(found) <= 1).all()
    strengths = intensities(texts, found)
    assert ((strengths >= 0) & (strengths <= 1)).all()
