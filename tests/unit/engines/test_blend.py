"""Topic and wording side by side."""

import numpy as np
import pytest

from pipeline.engines.embedded.blend import blended, find_blend, side_by_side, trusted_mean
from pipeline.engines.embedding import Vectors

WIDTH = 384


@pytest.fixture
def vectors():
    """200 texts about one thing, half of which are worded otherwise."""
    rng = np.random.default_rng(2)
    sentence = 1 + rng.normal(size=(200, WIDTH)) * 0.2
    inner = 3 + rng.normal(size=(200, WIDTH)) * 0.2
    inner[::2, :20] += 1.5
    sentence /= np.linalg.norm(sentence, axis=1, keepdims=True)
    return Vectors(sentence.astype(np.float32), inner.astype(np.float32))


def test_texts_of_one_wording_are_nearer(vectors):
    found = blended(vectors, find_blend(vectors))
    alike, other = (found[2::2] @ found[0]).mean(), (found[1::2] @ found[0]).mean()
    assert alike > other + 0.1
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, rtol=1e-4)


def test_among_few_texts_the_topic_is_all(vectors):
    few = Vectors(*(rows[:20] for rows in vectors))
    assert blended(few, find_blend(few)).shape == (20, WIDTH)


def test_one_text_and_texts_all_alike_have_a_blend(vectors):
    for rows in ([0], [0] * 150):
        same = Vectors(*(part[rows] for part in vectors))
        assert np.isfinite(blended(same, find_blend(same))).all()


def test_names_are_seen_as_the_texts_are(vectors):
    """What the names have in common is taken off them, what the texts have in common off these."""
    blend = find_blend(vectors)
    topic = vectors.sentence[:3] - trusted_mean(vectors.sentence[:3])
    topic /= np.linalg.norm(topic, axis=1, keepdims=True)
    names = side_by_side(topic, vectors.inner[:3] - vectors.inner[:3].mean(axis=0), blend)
    assert names.shape == (3, blended(vectors, blend).shape[1])


def test_mean_of_few_is_trusted_by_half():
    assert trusted_mean(np.ones((10, 2), dtype=np.float32)).tolist() == [0.5, 0.5]
