"""Touchpoints find their places among the clauses."""

import numpy as np
import pytest

from pipeline.engines.embedded.groups import unit
from pipeline.engines.embedded.places import anchor, drawn, settle
from pipeline.tables import CATALOGUE_PHRASES, CataloguePhrase


@pytest.fixture
def anchors(embedder, phrases):
    return anchor(phrases, embedder)


def around(direction, n, spread, seed):
    """n unit vectors near one direction."""
    noise = np.random.default_rng(seed).normal(size=(n, len(direction))) * spread
    return unit((direction + noise).astype(np.float32))


def test_touchpoint_moves_towards_the_clauses_it_explains(anchors):
    towards = unit(anchors.centred[:1] + 0.9 * np.roll(anchors.centred[:1], 7, axis=1))[0]
    clauses = np.vstack([around(towards, 40, 0.02, 1), around(anchors.centred[1], 40, 0.02, 2)])
    places = settle([f"clause {n}" for n in range(80)], clauses, anchors)
    wanted = unit(towards[None] - places.centre)
    assert (places.known[0] @ wanted[0]) > (anchors.centred[0] @ wanted[0])
    np.testing.assert_allclose(np.linalg.norm(places.known, axis=1), 1, rtol=1e-4)


def test_what_the_catalogue_does_not_explain_becomes_a_rival(anchors):
    strange = np.random.default_rng(5).normal(size=anchors.centred.shape[1]).astype(np.float32)
    strange = unit((strange - anchors.centred.T @ (anchors.centred @ strange))[None])[0]
    clauses = np.vstack([around(anchors.centred[0], 30, 0.02, 1), around(strange, 60, 0.02, 2)])
    places = settle([f"clause {n}" for n in range(90)], clauses, anchors)
    assert len(places.rivals[0]) >= 1
    centred = unit(clauses - places.centre)[30:]
    to_rivals = (centred @ places.rivals[0].T).max(axis=1)
    assert (to_rivals > (centred @ places.known.T).max(axis=1)).all()


def test_among_enough_clauses_two_fits_are_averaged(anchors):
    clauses = np.vstack([around(anchors.centred[n], 60, 0.06, n) for n in range(2)])
    texts = [f"clause {n}" for n in range(len(clauses))]
    many, few = settle(texts, clauses, anchors), settle(texts[::2], clauses[::2], anchors)
    assert (len(many.rivals), len(few.rivals)) == (2, 1)
    lengths = np.linalg.norm(many.known, axis=1)
    assert (lengths < 1 - 1e-6).any()
    assert lengths.max() <= 1 + 1e-5


def test_the_same_words_again_are_no_neighbours(anchors):
    """A sentence that a thousand customers were given to copy draws nothing to itself."""
    clauses = np.vstack([around(anchors.centred[n], 60, 0.06, n) for n in range(2)])
    doubled = np.vstack([clauses, np.repeat(clauses[:1], 40, axis=0)])
    np.testing.assert_allclose(drawn(doubled)[0], drawn(clauses)[0], atol=1e-2)


def test_order_of_the_clauses_does_not_matter(embedder, anchors):
    texts = [f"the {thing} was {how}" for thing in ("export", "training", "invoice", "weather")
             for how in ("late", "good", "wrong", "fine", "clear", "slow")]  # fmt: skip
    vectors = embedder.embed(texts)
    order = np.random.default_rng(3).permutation(len(texts))
    one = settle(texts, vectors, anchors)
    other = settle([texts[n] for n in order], vectors[order], anchors)
    np.testing.assert_allclose(one.known, other.known, atol=1e-4)


def test_few_clauses_leave_the_touchpoints_where_they_are(anchors, embedder):
    texts = ["the payroll export failed"]
    places = settle(texts, embedder.embed(texts), anchors)
    assert (places.known * anchors.centred).sum(axis=1).min() > 0.9
    assert len(places.rivals[0]) == 0


def test_ten_examples_do_not_drown_the_name(embedder):
    rows = [CataloguePhrase("a", "name", "Parking"), CataloguePhrase("b", "name", "Bar")]
    rows += [CataloguePhrase("a", "example", f"my dog number {n}") for n in range(10)]
    anchors = anchor(CATALOGUE_PHRASES.frame(rows), embedder)
    name = unit(embedder.embed(["Parking"]) - embedder.embed(["Bar"]))
    assert (anchors.centred[0] @ name[0]) > 0.3
    assert anchors.weights[0] > anchors.weights[1]
