"""The mood towards one thing a text speaks of."""

import numpy as np
import pytest

from pipeline.engines.embedded.aspects import find_spots, moods_toward, polarities_toward


@pytest.mark.parametrize(
    ("text", "good", "bad"),
    [
        ("The food was wonderful but the service was terribly slow.", "food", "service"),
        ("The training was excellent but the invoice was wrong.", "training", "invoices"),
        ("Friendly driver, though the bus was dirty.", "driver", "bus"),
    ],
)
def test_one_sentence_praises_one_thing_and_scolds_another(embedder, text, good, bad):
    praised, scolded = polarities_toward([text, text], [good, bad], embedder)
    assert praised > 0.2 > -0.2 > scolded


def test_thing_is_not_praised_for_its_neighbour(embedder):
    text = "Lovely staff, although the room was filthy."
    praised, scolded = polarities_toward([text, text], ["staff", "room"], embedder)
    assert praised > 0.2
    assert scolded < 0.2


def test_shares_add_up_and_do_not_depend_on_companions(embedder):
    texts = ["The food was cold.", "", "料金 😀", "Great view. The lift was out of order."]
    names = ["food", "Opening_hours", "price", "lift"]
    shares = moods_toward(texts, names, embedder)
    assert shares.shape == (4, 3)
    np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-5)
    alone = moods_toward(texts[3:], names[3:], embedder)
    np.testing.assert_allclose(alone, shares[3:], atol=1e-5)


def test_no_texts_have_no_moods(embedder):
    assert moods_toward([], [], embedder).shape == (0, 3)


def test_thing_is_found_in_its_own_clause_and_sentence(embedder):
    text = "We came on Monday. The waiter was rude but the soup was divine."
    spot = find_spots([text], embedder.embed(["staff"]), embedder)[0]
    assert spot.anchor == "waiter"
    assert spot.clause == "The waiter was rude"
    assert spot.masked == "it was rude"
    assert spot.sentence == "The waiter was rude but the soup was divine."
