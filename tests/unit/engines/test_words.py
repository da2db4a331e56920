"""Vectors of words, read as they are met."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from pipeline.engines.words import WordVectors, write_words

ALL = np.random.default_rng(0).normal(size=(50, 8)).astype(np.float32)


@pytest.fixture
def words(tmp_path):
    write_words(ALL, tmp_path / "words.bin")
    return WordVectors(tmp_path / "words.bin", 8)


def test_vectors_are_those_that_were_written_to_the_last_bit(words):
    ids = np.array([[3, 49, 3], [0, 7, 3]])
    assert np.array_equal(words.of(ids), ALL[ids])
    assert np.array_equal(words.of(ids[::-1]), ALL[ids[::-1]])


def test_only_the_words_that_are_met_are_read_and_each_once(words):
    words.read(np.array([3, 7, 3]))
    words.of(np.array([[7, 8]]))
    words.read(np.array([3, 8]))
    assert len(words._rows) == 3


def test_threads_may_meet_words_at_once(words):
    draws = [np.random.default_rng(n).integers(0, 50, size=(3, 4)) for n in range(200)]
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(words.of, draws))
    assert all(np.array_equal(one, ALL[ids]) for one, ids in zip(found, draws, strict=True))
    assert len(words._rows) == 50
