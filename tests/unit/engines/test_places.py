"""Touchpoints find their places among the clauses."""

import numpy as np
import pytest

from pipeline.engines.embedded.blend import Blend, blended, find_blend
from pipeline.engines.embedded.groups import unit
from pipeline.engines.embedded.naming import uses_of_names
from pipeline.engines.embedded.places import (
    anchor,
    as_given,
    drawn,
    drawn_to_uses,
    settle,
)
from pipeline.tables import CATALOGUE_PHRASES, CataloguePhrase


@pytest.fixture
def anchors(embedder, phrases):
    return anchor(phrases, embedder)


@pytest.fixture
def find_places(anchors, phrases):
    """Places among made-up clauses, of which nothing but the topic is known."""

    def run(texts, clauses):
        topic = Blend(
            np.zeros(clauses.shape[1]), np.zeros(clauses.shape[1]), np.zeros((clauses.shape[1], 0))
        )
        named = uses_of_names(texts, phrases, anchors.touchpoint_ids)
        return settle(texts, clauses, topic, anchors, named)

    return run


def around(direction, n, spread, seed):
    """n unit vectors near one direction."""
    noise = np.random.default_rng(seed).normal(size=(n, len(direction))) * spread
    return unit((direction + noise).astype(np.float32))


def test_touchpoint_moves_towards_the_clauses_it_explains(anchors, find_places):
    towards = unit(anchors.centred[:1] + 0.9 * np.roll(anchors.centred[:1], 7, axis=1))[0]
    clauses = np.vstack([around(towards, 40, 0.02, 1), around(anchors.centred[1], 40, 0.02, 2)])
    places = find_places([f"clause {n}" for n in range(80)], clauses)
    assert (places.known[0] @ towards) > (anchors.centred[0] @ towards)
    np.testing.assert_allclose(np.linalg.norm(places.known, axis=1), 1, rtol=1e-4)


def test_what_the_catalogue_does_not_explain_becomes_a_rival(anchors, find_places):
    strange = np.random.default_rng(5).normal(size=anchors.centred.shape[1]).astype(np.float32)
    strange = unit((strange - anchors.centred.T @ (anchors.centred @ strange))[None])[0]
    clauses = np.vstack([around(anchors.centred[0], 30, 0.02, 1), around(strange, 60, 0.02, 2)])
    places = find_places([f"clause {n}" for n in range(90)], clauses)
    assert len(places.rivals[0]) >= 1
    to_rivals = (clauses[30:] @ places.rivals[0].T).max(axis=1)
    assert (to_rivals > (clauses[30:] @ places.known.T).max(axis=1)).all()


def test_among_enough_clauses_two_fits_are_averaged(anchors, find_places):
    clauses = np.vstack([around(anchors.centred[n], 60, 0.06, n) for n in range(2)])
    texts = [f"clause {n}" for n in range(len(clauses))]
    many, few = find_places(texts, clauses), find_places(texts[::2], clauses[::2])
    assert (len(many.rivals), len(few.rivals)) == (2, 1)
    lengths = np.linalg.norm(many.known, axis=1)
    assert (lengths < 1 - 1e-6).any()
    assert lengths.max() <= 1 + 1e-5


def test_the_same_words_again_are_no_neighbours(anchors):
    """A sentence that a thousand customers were given to copy draws nothing to itself."""
    clauses = np.vstack([around(anchors.centred[n], 60, 0.06, n) for n in range(2)])
    doubled = np.vstack([clauses, np.repeat(clauses[:1], 40, axis=0)])
    np.testing.assert_allclose(drawn(doubled)[0], drawn(clauses)[0], atol=1e-2)


def test_order_of_the_clauses_does_not_matter(embedder, anchors, phrases):
    things = ("export", "training", "invoice", "weather", "trainer", "bill", "file", "parking")
    moods = ("late", "good", "wrong", "fine", "clear", "slow", "odd", "dear", "old", "new", "dull")
    ways = ("was", "seemed")
    texts = [f"the {what} {way} {how}" for what in things for way in ways for how in moods]
    order = np.random.default_rng(3).permutation(len(texts))
    one, other = (
        places_among(said, embedder, anchors, phrases)
        for said in (texts, [texts[n] for n in order])
    )
    np.testing.assert_allclose(one.known @ one.known.T, other.known @ other.known.T, atol=1e-3)


def places_among(texts, embedder, anchors, phrases):
    vectors = embedder.both(texts)
    blend = find_blend(vectors)
    named = uses_of_names(texts, phrases, anchors.touchpoint_ids)
    return settle(texts, blended(vectors, blend), blend, anchors, named)


def test_few_clauses_leave_the_touchpoints_where_they_are(anchors, embedder, phrases):
    places = places_among(["the wages were wrong"], embedder, anchors, phrases)
    assert (places.known * anchors.centred).sum(axis=1).min() > 0.9
    assert len(places.rivals[0]) == 0


@pytest.mark.parametrize(("n_times", "tells"), [(1, False), (60, True)])
def test_words_used_tell_nothing_among_few_clauses(n_times, tells, embedder, anchors, phrases):
    """The only clause that says "export" may be about something else."""
    texts = [f"{what} {n}" for n in range(n_times) for what in ("export of goods", "it rained")]
    vectors = embedder.both(texts)
    blend = find_blend(vectors)
    named = uses_of_names(texts, phrases, anchors.touchpoint_ids)
    unsaid = named._replace(covered=np.zeros_like(named.covered))
    one, other = (
        settle(texts, blended(vectors, blend), blend, anchors, used) for used in (named, unsaid)
    )
    assert np.allclose(one.known, other.known) != tells


def test_touchpoint_is_drawn_to_the_clauses_that_use_its_words():
    """The most to those that use all of them, not at all where none does."""
    known = CATALOGUE_PHRASES.frame(
        CataloguePhrase(name, "name", name) for name in ("pto used", "pto", "parking")
    )
    ids = ["parking", "pto", "pto used"]
    texts = ["pto used so far", "how much pto have I used", *["we like the trainer"] * 6]
    given, clauses = np.eye(3, 5, dtype=np.float32), np.zeros((8, 5), dtype=np.float32)
    clauses[:2, 3], clauses[2:, 4] = 1, 1
    moved = drawn_to_uses(given, clauses, uses_of_names(texts, known, ids))
    assert moved[0].tolist() == given[0].tolist()
    assert moved[2, 3] > moved[1, 3] > 0
    assert (moved[:, 4] == 0).all()


def test_ten_examples_do_not_drown_the_name(embedder):
    rows = [CataloguePhrase("a", "name", "Parking"), CataloguePhrase("b", "name", "Bar")]
    rows += [CataloguePhrase("a", "example", f"my dog number {n}") for n in range(10)]
    anchors = anchor(CATALOGUE_PHRASES.frame(rows), embedder)
    name = unit(embedder.embed(["Parking"]) - embedder.embed(["Bar"]))
    assert (anchors.centred[0] @ name[0]) > 0.3
    assert anchors.weights[0] > anchors.weights[1]


def test_the_nearest_phrase_of_a_touchpoint_tells(embedder):
    """A clause about one of its phrases is not held against the others."""
    said = ["scanner", "rain in Spain", "a loud tube", "old bills"]
    rows = [CataloguePhrase("a", "name", "Scans"), CataloguePhrase("b", "name", "Blood")]
    rows += [CataloguePhrase("a", "alias", text) for text in said]
    known = CATALOGUE_PHRASES.frame(rows)
    vectors = embedder.both([*said, "blood"])
    blend = find_blend(vectors)
    clauses = blended(vectors, blend)
    anchors = anchor(known, embedder)
    named = uses_of_names([*said, "blood"], known, anchors.touchpoint_ids)
    near = as_given(clauses, settle([*said, "blood"], clauses, blend, anchors, named))
    assert near.shape == (5, 2)
    assert (near[:4, 0] > near[:4, 1] + 0.3).all()
    assert near[4, 1] > near[4, 0]
