"""Vectors of an endpoint: kept by text, in bounded calls, on the embedded model's scale."""

import sqlite3

import numpy as np
import pytest

from pipeline.config import Llm, Price
from pipeline.engines.llm.answers_cache import AnswersCache
from pipeline.engines.llm.endpoint_vectors import EndpointVectors, as_sent, vector_settings
from pipeline.engines.llm.likeness import reference
from pipeline.engines.llm.money import BudgetReached, Purse, estimate_tokens
from pipeline.errors import ConfigError, EngineError
from tests.llm.embeddings import embed as hashed
from tests.llm.faults import Faults, Rule
from tests.llm.server import KEY
from tests.unit.engines.llm.conftest import QUICK

MODEL = "text-embedding-3-small"
PRICES = {MODEL: Price(prompt=0.02, completion=0)}
TEXTS = ["The queue was long.", "Long queue", "", "The bill was wrong.", "The queue was long."]


def ours(texts):
    """What stands for the embedded model."""
    return np.stack([hashed(text, 64) for text in texts or ["none"]])[: len(texts)]


@pytest.fixture
def near(tmp_path, monkeypatch):
    """A function from a server and settings to its vectors; all share one cache."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)

    def make(server, budget=None, **settings):
        told = {
            "endpoint": server.base_url, "model": "gpt-4o-mini", "embeddings": MODEL,
            "retries": 2, "timeout_seconds": 10, "prices": PRICES,
        }  # fmt: skip
        answers = AnswersCache(tmp_path / "answers.sqlite")
        return EndpointVectors(Llm(**told | settings), answers, ours, Purse(budget), QUICK)

    return make


def sent_texts(server):
    return [text for record in server.embeddings for text in record.body["input"]]


def test_each_text_has_a_unit_vector_and_is_sent_once(near, llm_server):
    server = llm_server()
    vectors = near(server)
    found = vectors.embed(TEXTS)
    assert found.shape == (5, 257)
    assert found.dtype == np.float32
    assert np.linalg.norm(found, axis=1) == pytest.approx(1, abs=1e-5)
    np.testing.assert_array_equal(found[0], found[4])
    assert found[0] @ found[1] > found[0] @ found[3]
    assert sorted(sent_texts(server)) == sorted([*reference()[0], *set(TEXTS) - {""}, "-"])
    assert all(record.body["encoding_format"] == "float" for record in server.embeddings)
    assert vectors.embed([]).shape == (0, 257)


def test_what_was_paid_is_not_paid_again(near, llm_server):
    server = llm_server()
    first = near(server).embed(TEXTS)
    n_calls = len(server.embeddings)
    again = near(server)
    np.testing.assert_array_equal(again.embed(TEXTS), first)
    assert again.is_ready()
    assert len(server.embeddings) == n_calls
    rows = again.ledger()
    assert len(rows) == n_calls
    assert all(row.cached and row.cost == 0 and row.prompt_tokens > 0 for row in rows)


def test_ledger_has_a_row_a_call_with_the_model_its_tokens_and_price(near, llm_server):
    server = llm_server()
    vectors = near(server)
    vectors.stage = "resolve"
    vectors.embed(TEXTS)
    rows = vectors.ledger()
    assert len(rows) == len(server.embeddings)
    assert {(row.model, row.stage, row.completion_tokens) for row in rows} == {
        (MODEL, "resolve", 0)
    }
    assert sum(r.prompt_tokens for r in rows) == sum(r.prompt_tokens for r in server.embeddings)
    assert sum(row.cost for row in rows) == pytest.approx(
        sum(row.prompt_tokens for row in rows) * 0.02 / 1e6
    )


def test_calls_of_another_step_are_not_booked_to_this_one(near, llm_server):
    server = llm_server()
    first = near(server)
    first.stage = "resolve"
    first.embed(TEXTS)
    other = near(server)
    other.stage = "decide"
    other.embed(TEXTS)
    assert other.ledger() == []


def test_another_model_server_or_prefix_has_other_vectors(near, llm_server):
    server = llm_server(embedding_models=(MODEL, "bge-m3"))
    near(server).embed(TEXTS)
    n_sent = len(sent_texts(server))
    one = near(server, embeddings="bge-m3", prices={})
    one.embed(TEXTS)
    prefixed = near(server, embeddings_prefix="query: ")
    prefixed.embed(TEXTS)
    assert len(sent_texts(server)) == 3 * n_sent
    assert "query: Long queue" in sent_texts(server)
    assert len({near(server).name, one.name, prefixed.name}) == 3


def test_calls_hold_no_more_texts_and_tokens_than_they_may(near, llm_server):
    server = llm_server()
    near(server).embed([f"text number {n}" for n in range(500)])
    assert max(record.n_items for record in server.embeddings) == 96
    server.forget()
    near(server).embed([f"{n} " + "word " * 400 for n in range(40)])
    assert max(record.n_items for record in server.embeddings) < 20
    server.forget()
    near(server, profile="small").embed([f"small {n}" for n in range(40)])
    assert max(record.n_items for record in server.embeddings) == 16
    assert server.max_in_flight == 1


def test_a_text_is_cut_before_it_is_sent():
    assert as_sent("  a \n b\x1ec ", "") == "a b c"
    assert as_sent("", "query: ") == "query: -"
    for text in ("word " * 9_000, "語" * 9_000, "x" * 9_000, "é" * 3_000, "!?" * 3_000):
        cut = as_sent(text, "")
        assert estimate_tokens(cut) <= 450
        assert text.startswith(cut)
        assert as_sent(cut, "") == cut


def test_a_text_too_long_for_the_server_is_halved_until_it_fits(near, llm_server):
    server = llm_server(embedding_habits=("words-50",))
    vectors = near(server)
    long = " ".join(f"word{n}" for n in range(150))
    found = vectors.embed(["Short text", long])
    assert np.isfinite(found).all()
    assert vectors.drain_faults() == []
    again = near(server)
    n_calls = len(server.embeddings)
    np.testing.assert_array_equal(again.embed(["Short text", long]), found)
    assert len(server.embeddings) == n_calls


@pytest.mark.parametrize("habit", ["base64", "no_usage", "odd_usage", "reversed", "single"])
def test_habits_of_servers_change_nothing(near, llm_server, habit):
    honest = near(llm_server()).embed(TEXTS)
    server = llm_server(embedding_habits=(habit,))
    vectors = near(server)
    np.testing.assert_allclose(vectors.embed(TEXTS), honest, atol=1e-6)
    assert all(row.prompt_tokens > 0 for row in vectors.ledger())


@pytest.mark.parametrize(
    ("habits", "words"),
    [
        (("short",), "0 vectors came for 1 texts"),
        (("nan",), "holds no numbers"),
    ],
)
def test_useless_vectors_end_the_run_in_one_sentence(near, llm_server, habits, words):
    server = llm_server(embedding_habits=habits)
    with pytest.raises(EngineError, match=words) as told:
        near(server).embed(TEXTS)
    assert MODEL in str(told.value)
    assert "127.0.0.1" in str(told.value)


def test_vectors_of_another_size_than_before_are_refused(near, llm_server):
    server = llm_server()
    near(server).embed(TEXTS)
    server.change(embedding_habits=("other_size",))
    with pytest.raises(EngineError, match=r"257.* another model than before has this name"):
        near(server).embed([*TEXTS, "A new text"])
    # Also where none of the texts was known.
    with pytest.raises(EngineError, match="257"):
        near(server).embed(["Another new text"])


def test_sizes_that_differ_within_a_call_are_asked_for_one_by_one(near, llm_server):
    server = llm_server(embedding_habits=("ragged",))
    vectors = near(server)
    assert vectors.embed(TEXTS).shape == (5, 258)


@pytest.mark.parametrize(
    ("kind", "words"), [("401", "Incorrect API key"), ("404", "does not exist")]
)
def test_what_no_call_survives_is_told(near, llm_server, kind, words):
    server = llm_server(faults=Faults(rules=(Rule("", kind),)))
    with pytest.raises(EngineError, match=words) as told:
        near(server).embed(TEXTS)
    assert KEY not in str(told.value)
    assert len(server.embeddings) <= 8


def test_a_model_the_server_does_not_have_is_named(near, llm_server):
    with pytest.raises(EngineError, match="nomic-embed-text"):
        near(llm_server(), embeddings="nomic-embed-text", prices={}).embed(TEXTS)


def test_a_server_that_is_gone_ends_the_run(near, llm_server):
    server = llm_server()
    vectors = near(server)
    server.stop()
    with pytest.raises(EngineError):
        vectors.embed(TEXTS)


def test_one_poisoned_text_costs_no_other_its_vector(near, llm_server):
    texts = [f"text number {n}" for n in range(40)] + ["the zephyr came"]
    for kind, reason in (("400", "provider_rejected"), ("500", "provider_failed")):
        server = llm_server(faults=Faults(rules=(Rule("zephyr", kind),)))
        vectors = near(server)
        found = vectors.embed(texts)
        [lost] = vectors.drain_faults()
        assert (lost.reason, lost.stage) == (reason, "embed")
        assert "zephyr" in lost.detail
        assert vectors.drain_faults() == []
        assert np.isfinite(found).all()
        assert (found[:-1] @ found[-1]).max() < 0.6
        np.testing.assert_array_equal(vectors.embed(texts[:3]), found[:3])


def test_faults_cost_no_text(near, llm_server):
    faults = Faults(5, {"429": 0.2, "500": 0.2, "timeout": 0.05, "malformed": 0.05})
    server = llm_server(faults=faults)
    vectors = near(server, retries=12, timeout_seconds=0.3, concurrency=4)
    texts = [f"text number {n}" for n in range(900)]
    found = vectors.embed(texts)
    assert vectors.drain_faults() == []
    assert any(record.fault for record in server.embeddings)
    assert not server.texts_paid_twice
    honest = near(llm_server()).embed(texts)
    np.testing.assert_array_equal(found, honest)


def test_budget_is_never_passed_and_what_came_is_kept(near, llm_server):
    server = llm_server()
    near(server).embed([])
    texts = [f"This is the text with the number {n}" for n in range(960)]
    server.forget()
    vectors = near(server, budget=0.0001, concurrency=1)
    with pytest.raises(BudgetReached) as told:
        vectors.embed(texts)
    assert told.value.answered > 0
    spent = sum(record.prompt_tokens for record in server.embeddings) * 0.02 / 1e6
    assert 0 < spent <= 0.0001
    near(server).embed(texts)
    assert not server.texts_paid_twice


def test_models_of_one_run_share_the_budget(near, llm_server):
    server = llm_server()
    vectors = near(server, budget=0.0001)
    vectors.desk.books.purse.hold(0.0001)  # as a call of the chat model would
    with pytest.raises(BudgetReached):
        vectors.embed(TEXTS)
    assert not server.embeddings


def test_budget_needs_the_price_of_the_embedding_model(near, llm_server):
    with pytest.raises(ConfigError, match=MODEL):
        near(llm_server(), budget=1.0, prices={})


def test_key_of_the_chat_model_goes_to_no_other_server(monkeypatch, near, llm_server):
    here = Llm(model="m", embeddings="e", endpoint="https://a.example/v1", key_variable="A_KEY")
    assert vector_settings(here).key_variable == "A_KEY"
    assert vector_settings(here).endpoint == "https://a.example/v1"
    away = here.model_copy(update={"embeddings_endpoint": "https://b.example/v1"})
    assert vector_settings(away).key_variable == ""
    told = away.model_copy(update={"embeddings_key_variable": "B_KEY"})
    assert vector_settings(told).key_variable == "B_KEY"
    other = Llm(model="m", provider="anthropic", key_variable="A_KEY", embeddings="e")
    assert vector_settings(other).key_variable == ""
    assert vector_settings(other).provider == "openai"
    server = llm_server()
    with pytest.raises(ConfigError, match="embeddings_key_variable"):
        near(server, embeddings_endpoint="https://b.example/v1").embed(TEXTS)


def test_key_is_not_in_the_cache(near, llm_server, tmp_path):
    near(llm_server()).embed(TEXTS)
    assert KEY.encode() not in (tmp_path / "answers.sqlite").read_bytes()


def test_vectors_of_a_damaged_file_are_taken_over_or_paid_again(near, llm_server, tmp_path):
    server = llm_server()
    vectors = near(server)
    found = vectors.embed(TEXTS)
    with sqlite3.connect(tmp_path / "answers.sqlite") as kept:
        kept.execute("DELETE FROM vectors WHERE rowid % 2")
    np.testing.assert_array_equal(near(server).embed(TEXTS), found)
