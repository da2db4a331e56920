"""The small linear heads."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from pipeline.engines.embedded.heads import (
    HEADS_FILE,
    OUTCOMES,
    Rows,
    content_share,
    evenness,
    features,
    mood,
    outcome_shares,
    rows_of,
)
from pipeline.engines.embedded.surface import N_BUCKETS, N_CUES, stars, word_use
from pipeline.engines.embedded.weights import provenance
from pipeline.engines.minilm import DIMENSIONS

WIDTH = DIMENSIONS + N_CUES


@pytest.mark.parametrize(("head", "classes"), [(mood, 3), (outcome_shares, len(OUTCOMES))])
def test_shares_of_the_classes_add_up_to_one(head, classes):
    dense = np.linspace(-50, 50, 5 * WIDTH, dtype=np.float32).reshape(5, WIDTH)
    words = csr_matrix(np.eye(5, N_BUCKETS, dtype=np.float32))
    shares = head(Rows(dense[:, :DIMENSIONS], dense, words))
    assert shares.shape == (5, classes)
    np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-5)
    assert np.isfinite(shares).all()


def test_experience_carries_more_than_a_greeting(embedder):
    texts = [
        "Hello, good morning.", "Thanks, bye.", "The payroll export was wrong again.",
        "Setting up single sign-on took two weeks.",
    ]  # fmt: skip
    rows = rows_of(texts, embedder.both(texts))
    greeting, thanks, experience, other = content_share(rows.dense, rows.words)
    assert 0 <= max(greeting, thanks) < min(experience, other) <= 1


def test_weights_are_small_and_say_where_they_come_from():
    assert HEADS_FILE.stat().st_size < 360_000
    told = provenance(HEADS_FILE)
    assert all(told["licences"].values())
    assert set(told["examples"]) == {"polarity", "content", "outcome", "aspect"}
    assert all(count > 0 for counts in told["examples"].values() for count in counts.values())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2/5 and that is generous", -0.2),
        ("A solid 8/10.", 0.6),
        ("one star", -1.0),
        ("zero stars", -1.0),
        ("Five stars from us!", 1.0),
        ("★★★★★", 1.0),
        ("★☆☆☆☆", -1.0),
        ("★★★☆☆", 0.0),
        ("on 2/5/2024", 0.0),
        ("12/50 of them", 0.0),
        ("a star ★ in the corner", 0.0),
        ("", 0.0),
    ],
)
def test_written_ratings_are_read(text, expected):
    assert stars(text) == pytest.approx(expected)


def test_words_are_told_apart_without_regard_to_case_and_number_of_words():
    use = word_use(["Slow", "slow", "fast", "", "It's 'slow', it's fast ⭐ 料金"])
    assert use.shape == (5, N_BUCKETS)
    rows = use.toarray()
    np.testing.assert_array_equal(rows[0], rows[1])
    assert (rows[0] != rows[2]).any()
    np.testing.assert_allclose(np.linalg.norm(rows[[0, 2, 3]], axis=1), [1, 1, 0], atol=1e-6)


def test_features_do_not_depend_on_companions(embedder):
    texts = ["It was sooo good!!", "NO.", "料金 😀"]
    together = features(texts, embedder.both(texts).inner, evenness())
    assert together.shape == (3, WIDTH)
    alone = features(texts[1:2], embedder.both(texts[1:2]).inner, evenness())
    np.testing.assert_array_equal(together[1:2], alone)
