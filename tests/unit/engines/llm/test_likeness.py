"""Vectors of another model are moved so that their cosines mean what the embedded model's do."""

import numpy as np
import pytest

from pipeline.engines.llm.likeness import fit_scale, reference

TEXTS, THINGS = reference()


def foreign(vectors, shift=1.6, stretch=6.0):
    """The vectors as a model would give them whose cosines all lie between 0.6 and 1: a direction
    that all share, and three numbers that vary far more than the others."""
    random = np.random.default_rng(7)
    shared = random.normal(size=vectors.shape[1])
    weights = np.ones(vectors.shape[1])
    weights[:3] = stretch
    moved = vectors * weights + shift * shared / np.linalg.norm(shared)
    return (moved / np.linalg.norm(moved, axis=1, keepdims=True)).astype(np.float32)


def pairs_of(vectors):
    cosines = vectors @ vectors.T
    return cosines[np.triu_indices(len(cosines), 1)]


@pytest.fixture(scope="module")
def known(engine):
    return engine.embed(list(TEXTS))


def test_reference_holds_each_text_once_and_several_of_each_thing():
    assert len(set(TEXTS)) == len(TEXTS)
    assert min(THINGS.count(thing) for thing in set(THINGS)) >= 3


@pytest.mark.parametrize(("shift", "stretch"), [(0.0, 1.0), (1.6, 1.0), (1.6, 6.0), (4.0, 12.0)])
def test_texts_that_were_not_in_the_reference_lie_as_far_apart_as_ours(
    engine, known, shift, stretch
):
    said = [f"{a} {b}" for a, b in zip(TEXTS[::3], TEXTS[1::3], strict=False)]
    said += ["I hated the queue.", "The boarding line was too long.", "Cold food on the plane."]
    ours = engine.embed(said)
    raw = foreign(ours, shift, stretch)
    if shift:
        assert np.median(pairs_of(raw)) > 0.6
    scale = fit_scale(foreign(known, shift, stretch), known, np.array(THINGS))
    found, wanted = pairs_of(scale.apply(raw)), pairs_of(ours)
    assert np.corrcoef(found, wanted)[0, 1] > 0.9
    for quantile in (0.5, 0.9, 0.99):
        assert np.quantile(found, quantile) == pytest.approx(
            np.quantile(wanted, quantile), abs=0.05
        )


def test_vectors_are_of_length_one_whatever_came(known):
    scale = fit_scale(foreign(known), known, np.array(THINGS))
    found = scale.apply(np.concatenate([foreign(known), scale.middle[None], known * 0]))
    assert found.shape == (len(TEXTS) + 1 + len(known), known.shape[1] + 1)
    assert np.linalg.norm(found, axis=1) == pytest.approx(1, abs=1e-4)


def test_a_model_with_no_sense_at_all_does_not_break(known):
    random = np.random.default_rng(1).normal(size=(len(TEXTS), 8)).astype(np.float32)
    scale = fit_scale(random, known, np.array(THINGS))
    assert 0 <= scale.shared < 1
    assert np.isfinite(scale.apply(random)).all()
    same = np.ones((len(TEXTS), 8), dtype=np.float32)
    assert np.isfinite(fit_scale(same, known, np.array(THINGS)).apply(same)).all()
