"""Vectors are foretold: every call counted once, and what is compared of one kind."""

import numpy as np
import pytest

from pipeline.engines.llm.likeness import reference
from pipeline.engines.llm.rehearsed_vectors import RehearsedVectors
from tests.unit.engines.llm.test_endpoint_vectors import TEXTS, near, ours

__all__ = ["near"]

NEW = ["A parcel came late.", "The parcel was late."]


@pytest.fixture
def rehearsed(near, llm_server):
    """A function: texts whose vectors are kept -> what rehearses, what it expects, the server."""

    def make(known=()):
        server = llm_server()
        vectors = near(server)
        if known:
            vectors.embed(list(known))
        server.forget()
        expected = []
        return RehearsedVectors(near(server), ours, expected), expected, server

    return make


def test_calls_are_counted_once_and_none_is_made(rehearsed):
    vectors, expected, server = rehearsed()
    np.testing.assert_array_equal(vectors.embed(TEXTS), ours(TEXTS))
    vectors.prepare(TEXTS)
    assert vectors.embed([]).size == 0
    n_calls = -(-len(reference()[0]) // 96) + 1
    assert [call.is_kept for call in expected] == [False] * n_calls
    assert not server.records
    assert vectors.ledger() == []
    assert vectors.drain_faults() == []


def test_what_is_kept_is_taken_and_counted_as_kept(rehearsed):
    vectors, expected, server = rehearsed(TEXTS)
    found = vectors.embed(TEXTS)
    assert found.shape == (5, 257)
    assert expected
    assert all(call.is_kept for call in expected)
    assert not server.records


def test_a_few_new_texts_get_vectors_of_the_same_kind(rehearsed):
    vectors, expected, _ = rehearsed(TEXTS)
    found = vectors.embed([*TEXTS, NEW[0]])
    assert found.shape == (6, 257)
    assert np.linalg.norm(found, axis=1) == pytest.approx(1, abs=1e-4)
    assert sum(not call.is_kept for call in expected) == 1


def test_many_new_texts_make_a_step_the_embedded_models(rehearsed):
    vectors, _, _ = rehearsed(TEXTS)
    assert vectors.embed([*NEW, TEXTS[0]]).shape == (3, 64)
    # All that is compared in a step is of one kind.
    assert vectors.embed(TEXTS).shape == (5, 64)
    vectors.stage = "resolve"
    assert vectors.embed(TEXTS).shape == (5, 257)
