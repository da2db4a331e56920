"""Faults come as OpenAI sends them, when they were asked for, and again with the same seed."""

import json

import openai
import pytest

from tests.llm.asking import (
    MODEL,
    ask_strict,
    client_of,
    messages,
    results_of,
    status_of,
    wait_until,
)
from tests.llm.faults import KINDS, REFUSAL, STATUS_KINDS, Faults, Rule
from tests.llm.server import LlmServer

ERRORS = {
    "429": (openai.RateLimitError, "rate_limit_exceeded"),
    "429_after": (openai.RateLimitError, "rate_limit_exceeded"),
    "429_after_ms": (openai.RateLimitError, "rate_limit_exceeded"),
    "429_quota": (openai.RateLimitError, "insufficient_quota"),
    "400": (openai.BadRequestError, "invalid_prompt"),
    "400_filter": (openai.BadRequestError, "content_filter"),
    "context_length": (openai.BadRequestError, "context_length_exceeded"),
    "401": (openai.AuthenticationError, "invalid_api_key"),
    "403": (openai.PermissionDeniedError, "unsupported_country_region_territory"),
    "403_page": (openai.PermissionDeniedError, None),
    "404": (openai.NotFoundError, "model_not_found"),
    "500": (openai.InternalServerError, None),
    "502": (openai.InternalServerError, None),
    "503": (openai.InternalServerError, None),
    "504": (openai.InternalServerError, None),
}


@pytest.mark.parametrize("kind", STATUS_KINDS)
def test_errors_come_as_openai_sends_them(llm_server, kind):
    error, code = ERRORS[kind]
    server = llm_server(faults=Faults(rules=(Rule("", kind),)), retry_after=0.25)
    with pytest.raises(error) as told:
        ask_strict(server)
    assert told.value.code == code
    assert told.value.status_code == int(kind[:3] if kind[0] in "45" else 400)
    headers = told.value.response.headers
    wanted = {"429_after": ("0.25", None), "429_after_ms": (None, "250")}.get(kind, (None, None))
    assert (headers.get("retry-after"), headers.get("retry-after-ms")) == wanted
    assert server.records[0].fault == kind
    assert told.value.request_id.startswith("req_")


def with_fault(llm_server, kind: str, text: str = "") -> LlmServer:
    return llm_server(faults=Faults(rules=(Rule(text, kind),)))


@pytest.mark.parametrize("kind", ["malformed", "garbage", "truncated", "length"])
def test_spoilt_json_does_not_parse(llm_server, kind):
    choice = ask_strict(with_fault(llm_server, kind)).choices[0]
    with pytest.raises(json.JSONDecodeError):
        json.loads(choice.message.content)
    assert choice.finish_reason == ("length" if kind == "length" else "stop")


def test_a_refusal_has_no_content(llm_server):
    message = ask_strict(with_fault(llm_server, "refusal")).choices[0].message
    assert (message.content, message.refusal) == (None, REFUSAL)


@pytest.mark.parametrize(
    ("kind", "finish"), [("content_filter", "content_filter"), ("empty", "stop")]
)
def test_content_can_be_missing(llm_server, kind, finish):
    choice = ask_strict(with_fault(llm_server, kind)).choices[0]
    assert (choice.message.content, choice.finish_reason) == ("", finish)


@pytest.mark.parametrize(
    ("kind", "ids"),
    [
        ("missing_items", [1, 3]),
        ("doubled_items", [1, 2, 3, 2]),
        ("unknown_items", [1, 2, 3, 900]),
        ("wrong_schema", [1, 2, 3]),
    ],
)
def test_items_are_lost_doubled_invented_or_misshapen(llm_server, kind, ids):
    texts = ("[1] The pool was great.", "[1] The invoice was poison.", "[1] The pool was bad.")
    results = results_of(ask_strict(with_fault(llm_server, kind, "poison"), *texts))
    assert [result["id"] for result in results] == ids
    misshapen = [result["id"] for result in results if "causes" not in result]
    assert misshapen == ([2] if kind == "wrong_schema" else [])


def test_a_timeout_lasts_until_the_client_gives_up(llm_server):
    server = with_fault(llm_server, "timeout")
    with client_of(server, timeout=0.2) as client, pytest.raises(openai.APITimeoutError):
        client.chat.completions.create(model=MODEL, messages=messages("extract"))
    wait_until(lambda: server.in_flight == 0)
    assert [record.status for record in server.records] == [499]
    assert not server.answered


def test_a_slow_answer_is_late_and_good(llm_server):
    server = llm_server(faults=Faults(rules=(Rule("", "slow"),)), slow_seconds=0.2)
    assert results_of(ask_strict(server))
    assert server.records[0].seconds >= 0.2
    assert server.records[0].is_good


def test_a_dropped_answer_is_a_lost_connection(llm_server):
    with pytest.raises(openai.APIConnectionError):
        ask_strict(with_fault(llm_server, "dropped"))


def test_a_poisoned_text_fails_whatever_stands_beside_it(llm_server):
    server = with_fault(llm_server, "400", "the poisoned words")
    assert results_of(ask_strict(server, "[1] The pool was great."))
    for texts in (("the poisoned words",), ("[1] Fine.", "[1] Here the poisoned words stand.")):
        with pytest.raises(openai.BadRequestError):
            ask_strict(server, *texts)


def test_a_rule_may_end(llm_server):
    server = llm_server(faults=Faults(rules=(Rule("", "500", times=2),)))
    assert [status_of(server, "one") for _ in range(3)] == [500, 500, 200]
    server.change(faults=Faults(rules=(Rule("", "429", attempts=1),)))
    assert [status_of(server, text) for text in ("two", "two", "three")] == [429, 200, 429]


def test_faults_repeat_with_their_seed(llm_server):
    def run(seed: int) -> list[int]:
        server = llm_server(faults=Faults(seed, {"500": 0.3, "429": 0.2}))
        return [status_of(server, f"text {n % 15}") for n in range(30)]

    first = run(1)
    assert first == run(1) != run(2)
    assert 0.2 < sum(status != 200 for status in first) / 30 < 0.8
    assert first[:15] != first[15:]


def test_unknown_faults_are_refused():
    with pytest.raises(ValueError, match="explosion"):
        Faults(shares={"explosion": 0.1})
    assert len(KINDS) == len(set(KINDS))
