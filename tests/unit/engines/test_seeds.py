"""Words that customers use of one thing."""

import numpy as np
from sklearn.metrics import adjusted_rand_score

from pipeline.engines.embedded.groups import centred
from pipeline.engines.embedded.seeds import _alike, _anchors, find_seeds, least_customers
from pipeline.engines.embedded.terms import count_terms
from tests.unit.engines.test_discovery import LONERS, PARKING, SHOWERS

TEXTS = [*PARKING, *SHOWERS, *LONERS]
WHO = [f"c{n}" for n in range(len(TEXTS))]


def seeds_of(embedder, texts, who, business=""):
    return find_seeds(texts, centred(embedder.embed(texts)), count_terms(texts, business), who)


def words_of(embedder, texts, who, business=""):
    vectors = centred(embedder.embed(texts))
    return {a.term for a in _anchors(texts, vectors, count_terms(texts, business), who)}


def test_words_of_one_thing_begin_one_touchpoint(embedder):
    seeds = seeds_of(embedder, TEXTS, WHO)
    parking, showers = seeds.holds[:5].sum(axis=0), seeds.holds[5:10].sum(axis=0)
    assert parking.max() == 5
    assert showers.max() == 5
    assert parking.argmax() != showers.argmax()
    np.testing.assert_allclose(np.linalg.norm(seeds.centres, axis=1), 1, atol=1e-5)


def test_word_of_one_talkative_customer_begins_nothing(embedder):
    assert ("shower",) in words_of(embedder, TEXTS, WHO)
    assert ("shower",) not in words_of(embedder, TEXTS, [*WHO[:5], *["x"] * 5, *WHO[10:]])


def test_business_own_name_begins_nothing(embedder):
    assert ("shower",) not in words_of(embedder, TEXTS, WHO, "The Shower Company")


def test_name_of_a_known_touchpoint_begins_no_other(embedder):
    vectors, vocabulary = centred(embedder.embed(TEXTS)), count_terms(TEXTS)
    known = [frozenset({"cold", "shower"}), frozenset({"car"}), frozenset({"park"})]
    seeds = find_seeds(TEXTS, vectors, vocabulary, WHO, known)
    assert seeds.holds[:5].any(axis=0).sum() == seeds.holds.shape[1] > 0
    assert not seeds.holds[5:10].any()


def test_word_that_another_always_follows_begins_nothing_alone(embedder):
    words = words_of(embedder, TEXTS, WHO)
    assert ("car", "park") in words
    assert ("car",) not in words


def test_word_used_of_this_and_that_begins_nothing(embedder):
    texts = [text.replace(".", " on the side.") for text in LONERS[:6]]
    assert ("side",) not in words_of(embedder, [*TEXTS[:10], *texts], WHO[: 10 + len(texts)])


def test_few_quotes_taken_away_leave_the_seeds_as_they_are(embedder):
    whole = seeds_of(embedder, TEXTS, WHO).holds
    part = seeds_of(embedder, TEXTS[:4] + TEXTS[5:], WHO[:4] + WHO[5:]).holds
    kept = np.delete(whole, 4, axis=0)[:9]
    assert adjusted_rand_score(kept.argmax(axis=1), part[:9].argmax(axis=1)) == 1


def test_order_of_quotes_does_not_matter(embedder):
    backwards = seeds_of(embedder, TEXTS[::-1], WHO[::-1])
    forwards = seeds_of(embedder, TEXTS, WHO)
    np.testing.assert_array_equal(backwards.holds[::-1], forwards.holds)
    np.testing.assert_allclose(backwards.centres, forwards.centres, atol=1e-5)


def test_no_quotes_no_seeds(embedder):
    seeds = find_seeds([], embedder.embed(["a"])[:0], count_terms([]), [])
    assert seeds.centres.shape == (0, 384)
    assert seeds.holds.shape == (0, 0)


def test_more_customers_are_asked_for_among_many():
    assert least_customers(["a"] * 50) == 3
    assert least_customers([str(n) for n in range(10_000)]) == 15


def test_few_users_of_a_word_are_not_trusted_as_many_are():
    assert _alike(np.array([0.6, 0.0], dtype=np.float32), 3) < _alike(np.array([0.6, 0.0]), 40)
