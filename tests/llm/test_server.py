"""The provider of the tests behaves as OpenAI's does: shown with the real clients."""

import json
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import openai
import pytest
from openai import OpenAI
from pydantic import BaseModel, Field

from tests.llm.asking import (
    MODEL,
    ask,
    ask_strict,
    client_of,
    list_chunks,
    messages,
    status_of,
    wait_until,
)
from tests.llm.faults import Faults, Rule
from tests.llm.server import LlmServer, Settings
from tests.llm.tokens import count_tokens, cut_at


class _Loose(BaseModel):
    score: float = Field(ge=0, le=1)


LOOSE_SCHEMAS = {
    "'additionalProperties' is required": {"type": "object", "properties": {}, "required": []},
    "Missing 'b'": {
        "type": "object", "additionalProperties": False, "required": ["a"],
        "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
    },
    "'maximum' is not permitted": {
        **_Loose.model_json_schema(), "additionalProperties": False,
    },
    "'default' is not permitted": {
        "type": "object", "additionalProperties": False, "required": ["a"],
        "properties": {"a": {"type": "string", "default": ""}},
    },
    "'format' is not permitted": {
        "type": "object", "additionalProperties": False, "required": ["a"],
        "properties": {"a": {"type": "array", "items": {"type": "string", "format": "date"}}},
    },
    "array schema missing items": {
        "type": "object", "additionalProperties": False, "required": ["a"],
        "properties": {"a": {"type": "array"}},
    },
    "must have a 'type' key": {
        "type": "object", "additionalProperties": False, "required": ["a"], "properties": {"a": {}},
    },
    "reference #/$defs/B not found": {
        "type": "object", "additionalProperties": False, "required": ["a"],
        "properties": {"a": {"$ref": "#/$defs/B"}},
    },
    "$ref cannot have keywords": {
        "type": "object", "additionalProperties": False, "required": ["a"],
        "properties": {"a": {"$ref": "#", "description": "itself"}},
    },
    "got 'type: \"array\"'": {"type": "array", "items": {"type": "string"}},
}  # fmt: skip


@pytest.mark.parametrize("words", LOOSE_SCHEMAS)
def test_a_schema_that_is_not_strict_is_refused(llm_server, words):
    form = {"name": "loose", "strict": True, "schema": LOOSE_SCHEMAS[words]}
    with pytest.raises(openai.BadRequestError, match="Invalid schema for response_format") as told:
        ask(llm_server(), response_format={"type": "json_schema", "json_schema": form})
    assert words in told.value.message
    assert told.value.param == "response_format"


def test_json_object_needs_the_word_json(llm_server):
    server = llm_server()
    with client_of(server) as client, pytest.raises(openai.BadRequestError, match="word 'json'"):
        client.chat.completions.create(
            model=MODEL,
            messages=[{"role": "user", "content": "Hello"}],
            response_format={"type": "json_object"},
        )


def test_a_model_without_structure_refuses_or_ignores_the_schema(llm_server):
    server = llm_server(structured=False)
    with pytest.raises(openai.BadRequestError, match="not supported"):
        ask_strict(server)
    server.change(unstructured="ignore", dress=("fences", "prose"))
    text = ask_strict(server).choices[0].message.content
    assert text.startswith("Sure!")
    assert json.loads(text.split("```json\n")[1].split("\n```")[0])["results"]


@pytest.mark.parametrize("dress", ["trailing_commas", "single_quotes"])
def test_unstructured_json_can_be_loose(llm_server, dress):
    text = ask(llm_server(dress=(dress,))).choices[0].message.content
    with pytest.raises(json.JSONDecodeError):
        json.loads(text)
    assert {"trailing_commas": ",]", "single_quotes": "'results'"}[dress] in text


def test_a_wrong_key_is_refused_and_never_repeated(llm_server):
    server = llm_server()
    secret = "sk-wrong-but-secret"  # noqa: S105
    with (
        OpenAI(base_url=server.base_url, api_key=secret, max_retries=0) as client,
        pytest.raises(openai.AuthenticationError) as told,
    ):
        client.chat.completions.create(model=MODEL, messages=messages("extract"))
    assert told.value.code == "invalid_api_key"
    assert secret not in str(told.value.body) + repr(server.records)


def test_an_unknown_model_is_not_found(llm_server):
    with pytest.raises(openai.NotFoundError) as told:
        ask(llm_server(), model="gpt-99")
    assert told.value.code == "model_not_found"


def test_a_long_prompt_exceeds_the_window(llm_server):
    with pytest.raises(openai.BadRequestError, match="maximum context length is 100") as told:
        ask(llm_server(context_window=100))
    assert told.value.code == "context_length_exceeded"


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
def test_an_answer_is_cut_at_the_limit(llm_server, name):
    said = ask_strict(llm_server(), **{name: 20})
    assert said.choices[0].finish_reason == "length"
    assert said.usage.completion_tokens == 20 == count_tokens(said.choices[0].message.content)


def test_more_tokens_than_the_model_has_are_refused(llm_server):
    with pytest.raises(openai.BadRequestError, match="max_tokens is too large"):
        ask(llm_server(), max_tokens=1_000_000)


@pytest.mark.parametrize("option", [{"max_tokens": 50}, {"temperature": 0}])
def test_reasoning_models_refuse_what_openai_refuses(llm_server, option):
    with pytest.raises(openai.BadRequestError, match="Unsupported"):
        ask(llm_server(), model="gpt-5-mini", **option)


def test_an_unknown_argument_is_refused(llm_server):
    with pytest.raises(openai.BadRequestError, match="Unrecognized request argument"):
        ask(llm_server(), extra_body={"temprature": 0})


def test_the_schema_costs_prompt_tokens_and_a_long_system_message_is_cached(llm_server):
    server = llm_server()
    plain, strict = ask(server).usage, ask_strict(server).usage
    assert strict.prompt_tokens > plain.prompt_tokens + 100
    long = {"role": "system", "content": "Answer with care. " * 400}
    with client_of(server) as client:
        cached = [
            client.chat.completions.create(
                model=MODEL, messages=[long, {"role": "user", "content": text}]
            ).usage.prompt_tokens_details.cached_tokens
            for text in ("one", "two")
        ]
    assert cached == [0, count_tokens(long["content"]) // 128 * 128]


def test_tokens_are_close_to_those_of_gpt():
    assert count_tokens("The boarding queue was awful, we waited 40 minutes.") == 11
    assert cut_at("one two three", 2) == "one two"


def test_a_stream_says_the_same_as_the_whole_answer(llm_server):
    server = llm_server()
    whole = ask_strict(server)
    chunks = list_chunks(server)
    text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert text == whole.choices[0].message.content
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-1].usage.total_tokens == whole.usage.total_tokens


def test_a_dropped_stream_is_a_lost_connection(llm_server):
    server = llm_server(faults=Faults(rules=(Rule("", "dropped"),)))
    with pytest.raises(openai.APIConnectionError):
        list_chunks(server)


def test_64_slow_calls_run_at_once(llm_server):
    server = llm_server(latency=0.3)
    with client_of(server) as client, ThreadPoolExecutor(64) as pool:
        began = time.monotonic()
        calls = [
            pool.submit(
                client.chat.completions.create,
                model=MODEL,
                messages=messages("extract", f"[1] {n}"),
            )
            for n in range(64)
        ]
        assert all(call.result().choices for call in calls)
    assert time.monotonic() - began < 1.8
    assert server.max_in_flight > 32
    assert server.in_flight == 0
    assert len(server.answered) == 64


def test_calls_beyond_the_capacity_are_told_to_wait(llm_server):
    server = llm_server(latency=0.2, capacity=2)
    with ThreadPoolExecutor(5) as pool:
        statuses = list(pool.map(lambda n: status_of(server, f"text {n}"), range(5)))
    assert sorted(statuses) == [200, 200, 429, 429, 429]


def test_what_is_paid_twice_is_noticed(llm_server):
    server = llm_server(faults=Faults(rules=(Rule("sour", "malformed", attempts=1),)))
    for text in ("sweet", "sour", "sour", "salty"):
        ask(server, text)
    assert server.paid_twice == {}
    ask(server, "sweet")
    assert server.paid_twice == {server.chats[0].digest: 2}
    assert [record.attempt for record in server.chats] == [0, 0, 1, 0, 1]
    assert server.wait_for(5)
    assert not server.wait_for(6, seconds=0.01)
    server.forget()
    assert server.records == []


def test_a_server_stops_at_once_though_calls_hang():
    with LlmServer(Settings(latency=60)) as server, ThreadPoolExecutor(4) as pool:
        calls = [pool.submit(status_of, server, f"text {n}") for n in range(4)]
        wait_until(lambda: server.in_flight == 4)
        began = time.monotonic()
        server.stop()
        assert time.monotonic() - began < 1
        for call in calls:
            assert call.exception() is not None or call.result() == 503


def test_embeddings_are_unit_vectors_near_for_like_texts(llm_server):
    server = llm_server()
    texts = ["the boarding queue", "a boarding queue", "hotel pool"]
    model = "text-embedding-3-small"
    with client_of(server) as client:
        asked = client.embeddings.create(model=model, input=texts)
        floats = client.embeddings.create(model=model, input=texts, encoding_format="float")
    vectors = np.array([row.embedding for row in asked.data])
    assert np.allclose(vectors, [row.embedding for row in floats.data])
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert vectors[0] @ vectors[1] > 0.5 > vectors[0] @ vectors[2]
    assert asked.usage.prompt_tokens == 8
    assert server.records[0].body["encoding_format"] == "base64"


def test_models_are_listed(llm_server):
    server = llm_server(models=("llama3.1:8b",))
    with client_of(server) as client:
        assert client.models.list().data[0].id == "llama3.1:8b"
        assert client.models.retrieve("llama3.1:8b").id == "llama3.1:8b"
        with pytest.raises(openai.NotFoundError):
            client.models.retrieve("gpt-99")
