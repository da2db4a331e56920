"""The small linear heads."""

import numpy as np
import pytest

from pipeline.engines.embedded.heads import HEADS_FILE, content_share, mood


@pytest.fixture(scope="module")
def weights():
    with np.load(HEADS_FILE) as file:
        return {name: file[name] for name in file.files}


def test_mood_is_a_share_of_each_of_three(weights):
    width = weights["polarity_w"].shape[1]
    shares = mood(np.linspace(-50, 50, 5 * width, dtype=np.float32).reshape(5, width))
    assert shares.shape == (5, 3)
    np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-5)
    assert np.isfinite(shares).all()


def test_experience_carries_more_than_a_greeting(embedder):
    greeting, thanks, experience, other = content_share(
        embedder.embed(
            ["Hello, good morning.", "Thanks, bye.", "The payroll export was wrong again.",
             "Setting up single sign-on took two weeks."]
        )
    )  # fmt: skip
    assert 0 <= max(greeting, thanks) < min(experience, other) <= 1


def test_weights_are_small():
    assert HEADS_FILE.stat().st_size < 100_000
