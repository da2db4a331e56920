"""Vectors: the same for the same text, whatever else is asked for, and computed once."""

import sqlite3
from contextlib import closing

import numpy as np
import pytest

from pipeline.engines import embedding
from pipeline.engines.embedding import Embedder, Vectors
from pipeline.engines.minilm import DIMENSIONS

TEXTS = ["The payroll export was wrong again.", "", "料金が高い 😀", "word " * 400]


class Counting(Embedder):
    """Counts the texts that reach the model."""

    n_computed = 0

    def _compute(self, texts, progress):
        self.n_computed += len(texts)
        return super()._compute(texts, progress)


def test_every_text_has_a_unit_vector_in_order(embedder):
    vectors = embedder.embed(TEXTS)
    assert vectors.shape == (4, DIMENSIONS)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    np.testing.assert_array_equal(embedder.embed(TEXTS[::-1]), vectors[::-1])


def test_same_text_has_the_same_vector_whatever_its_companions(embedder):
    alone = np.vstack([Embedder().embed([text]) for text in TEXTS[:2]])
    together = Embedder().embed([*TEXTS, "Something else entirely, and rather long at that."])
    np.testing.assert_array_equal(alone, together[:2])
    np.testing.assert_array_equal(alone, embedder.embed(TEXTS[:2]))


def test_vector_is_the_same_to_the_last_bit_in_any_batch():
    likes = [f"The {thing} was late by {n} days." for thing in ("bus", "bill") for n in range(40)]
    others = ["Nothing to add.", "Why?", "It took them nine weeks to send back what I had paid."]
    alone = np.vstack([Embedder().embed([text]) for text in likes[::9]])
    for companions in (likes[:7], likes, [*others, *reversed(likes)]):
        found = Embedder().embed([*companions, *likes[::9]])[len(companions) :]
        np.testing.assert_array_equal(found, alone)


def test_batches_hold_texts_of_one_length_and_few_tokens(monkeypatch):
    shapes = []
    model = Embedder()
    monkeypatch.setattr(model, "_run", lambda ids: shapes.append(ids.shape) or token_counts(ids))
    model.embed(["word " * n + str(k) for n in (3, 100) for k in range(9)])
    assert sum(n for n, _ in shapes) == 18
    assert max(n * tokens for n, tokens in shapes) <= 320
    assert len({tokens for _, tokens in shapes}) == 2


def test_like_texts_lie_nearer_than_unlike_ones(embedder):
    bill, invoice, training = embedder.embed(
        ["The bill was wrong.", "There was an error in our invoice.", "She teaches yoga."]
    )
    assert bill @ invoice > bill @ training + 0.2


def test_second_call_does_not_compute_again(tmp_path):
    cache = tmp_path / "deep" / "vectors.sqlite"
    first, second = Counting(cache), Counting(cache)
    vectors = first.embed(["one", "two", "one"])
    np.testing.assert_array_equal(second.embed(["two", "one", "three"])[:2], vectors[[1, 0]])
    assert (first.n_computed, second.n_computed) == (2, 1)


def test_both_vectors_of_a_text_are_computed_and_kept_at_once(tmp_path):
    cache = tmp_path / "vectors.sqlite"
    first, second = Counting(cache), Counting(cache)
    first.embed(["one", "the bill was wrong"])
    found = second.both(["the bill was wrong", "one"])
    assert second.n_computed == 0
    np.testing.assert_array_equal(found.sentence, first.embed(["the bill was wrong", "one"]))
    fresh = Embedder().both(["the bill was wrong", "one"])
    np.testing.assert_array_equal(found.inner, fresh.inner)
    assert found.inner.shape == (2, DIMENSIONS)
    assert not np.allclose(found.inner[0], found.inner[1])
    assert [len(one) for one in second.both([])] == [0, 0]


def test_without_a_cache_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert len(Embedder().embed(["one"])) == 1
    assert not list(tmp_path.iterdir())


def test_no_texts_give_an_empty_matrix(embedder):
    assert embedder.embed([]).shape == (0, DIMENSIONS)


def token_counts(ids):
    """Return instead of both vectors how many tokens each text has."""
    return Vectors(*[np.full((len(ids), DIMENSIONS), ids.shape[1], dtype=np.float32)] * 2)


def test_progress_is_told_now_and_then(monkeypatch):
    told = []
    model = Embedder()
    monkeypatch.setattr(model, "_run", token_counts)
    model.embed([f"text {n}" for n in range(120)], lambda *counts: told.append(counts))
    assert told
    assert all(done <= total == 120 for done, total in told)
    assert told == sorted(told)


def test_cache_file_left_empty_by_a_killed_run_is_filled(tmp_path):
    cache = tmp_path / "vectors.sqlite"
    cache.touch()
    model = Counting(cache)
    for _ in range(2):
        model.embed(["one"])
    assert model.n_computed == 1


@pytest.mark.parametrize("n", [1, 1200])
def test_many_known_texts_are_looked_up_at_once(tmp_path, monkeypatch, n):
    cache = tmp_path / "vectors.sqlite"
    texts = [f"text {k}" for k in range(n)]
    model = Counting(cache)
    monkeypatch.setattr(model, "_run", token_counts)
    model.embed(texts)
    again = Counting(cache)
    again.embed(texts)
    assert again.n_computed == 0
    with closing(sqlite3.connect(cache)) as connection:
        assert connection.execute("SELECT count(*) FROM vectors").fetchone() == (n,)


def test_cache_damaged_in_the_middle_is_computed_again(tmp_path):
    cache = tmp_path / "vectors.sqlite"
    texts = [f"the lift was out of order on day {n}" for n in range(400)]
    first = Embedder(cache).embed(texts)
    data = bytearray(cache.read_bytes())
    for at in range(4096, len(data) - 4096, 4096):
        data[at : at + 512] = b"\xff" * 512
    cache.write_bytes(bytes(data))
    np.testing.assert_array_equal(Embedder(cache).embed(texts), first)


def test_vector_of_the_wrong_length_is_computed_again(tmp_path):
    cache = tmp_path / "vectors.sqlite"
    first = Embedder(cache).embed(["the lift was slow"])
    with sqlite3.connect(cache) as connection:
        connection.execute("UPDATE vectors SET vector = ?", (b"\x00" * 10,))
    np.testing.assert_array_equal(Embedder(cache).embed(["the lift was slow"]), first)
    np.testing.assert_array_equal(Embedder(cache).embed(["the lift was slow"]), first)


def test_vectors_just_computed_are_remembered_up_to_a_number(tmp_path, monkeypatch):
    monkeypatch.setattr(embedding, "_REMEMBERED", 2)
    model = Counting(tmp_path / "vectors.sqlite")
    first = model.embed(["the lift was slow", "the staff was kind"])
    model._cache.unlink()
    np.testing.assert_array_equal(model.embed(["the staff was kind"])[0], first[1])
    model.embed(["too many", "for what", "is remembered"])
    assert not model._recent
