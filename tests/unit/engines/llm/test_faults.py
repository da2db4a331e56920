"""What the errors of providers mean."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx2
import openai
import pytest
from langchain_core.exceptions import ContextOverflowError, ModelAuthenticationError

from pipeline.engines.llm.faults import fault_of, without_key

KEY = "sk-abcdefghijk"
REQUEST = httpx2.Request("POST", "https://api.example.com/v1/chat/completions")


def refused(status, message="no", headers=None, **body):
    """The SDK's error for an answer of a provider."""
    response = httpx2.Response(status, headers=headers, request=REQUEST)
    body = {"message": message, **body}
    return openai.APIStatusError(message, response=response, body=body)


def lost(cause):
    """The SDK's error for a call that never ended."""
    error = openai.APITimeoutError(REQUEST)
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (refused(400, "maximum context length is 4096 tokens"), "too_long"),
        (refused(400, "the request exceeds the available context size"), "too_long"),
        (refused(400, code="context_length_exceeded"), "too_long"),
        (refused(413), "too_long"),
        (refused(500, "input is too long: context window is 4096"), "too_long"),
        (refused(429, "Request too large for x on tokens per min (TPM): Limit 3"), "too_long"),
        (ContextOverflowError("prompt"), "too_long"),
        (refused(429), "busy"),
        (refused(429, code="insufficient_quota"), "fatal"),
        (refused(402, "Insufficient Balance"), "fatal"),
        (ModelAuthenticationError("wrong"), "fatal"),
        (refused(404, "model 'x' not found, try pulling it first"), "fatal"),
        (refused(408), "lost"),
        (refused(529, "Overloaded"), "lost"),
        (refused(400, "flagged"), "rejected"),
        (refused(422, "Unprocessable"), "rejected"),
        (refused(400, code="content_filter"), "filtered"),
        (refused(400, "max_tokens is too large: 99", param="max_tokens"), "fatal"),
        (refused(400, "Invalid schema", param="response_format"), "unsupported"),
        (refused(400, "json_schema is not supported by this server"), "unsupported"),
        (lost(httpx2.ReadTimeout("")), "lost"),
        (TypeError("null value for choices"), "lost"),
        (NotImplementedError("no structured output"), "unsupported"),
    ],
    ids=lambda value: value if isinstance(value, str) else str(value)[:40],
)
def test_kinds(error, kind):
    assert fault_of(error, KEY).kind == kind


@pytest.mark.parametrize(
    ("message", "param", "parameter"),
    [
        ("Unsupported value: 'temperature' does not support 0.0", "temperature", "temperature"),
        ("Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens'", "max_tokens",
         "max_tokens"),
        ("Unrecognized request argument supplied: seed", None, "seed"),
        ("unknown field reasoning_effort", None, "reasoning_effort"),
        ("unknown role: robot", None, ""),
    ],
)  # fmt: skip
def test_unsupported_parameters_are_found(message, param, parameter):
    assert fault_of(refused(400, message, param=param), KEY).parameter == parameter


@pytest.mark.parametrize(
    ("headers", "least", "most"),
    [
        ({}, None, None),
        ({"retry-after": "2.5"}, 2.5, 2.5),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25, 0.25),
        ({"retry-after": "-3"}, 0, 0),
        ({"retry-after": "soon"}, None, None),
        ({"retry-after": "nan"}, None, None),
    ],
    ids=str,
)
def test_waits_are_read_from_the_headers(headers, least, most):
    wait = fault_of(refused(429, headers=headers), KEY).wait
    assert wait is least is None or least <= wait <= most


@pytest.mark.parametrize(("hours", "least", "most"), [(1, 3500, 3600), (-1, 0, 0)])
def test_waits_may_be_told_as_a_time(hours, least, most):
    told = format_datetime(datetime.now(UTC) + timedelta(hours=hours))
    wait = fault_of(refused(429, headers={"retry-after": told}), KEY).wait
    assert wait is not None
    assert least <= wait <= most


@pytest.mark.parametrize(
    ("error", "billed"),
    [
        (lost(httpx2.ReadTimeout("")), True),
        (lost(httpx2.ConnectTimeout("")), False),
        (openai.APIConnectionError(request=REQUEST), True),
        (ConnectionError("the answer broke off"), True),
        (refused(503), False),
    ],
    ids=repr,
)
def test_only_calls_that_reached_the_provider_may_have_been_billed(error, billed):
    assert fault_of(error, KEY).billed is billed


def test_words_are_the_providers_own_in_one_line_and_without_keys():
    fault = fault_of(refused(401, f"Incorrect\nAPI key: {KEY}, not Bearer abc123"), KEY)
    assert fault.detail.startswith("401: Incorrect API key: [key], not [key] (is the key ")
    assert without_key("sk-proj-12345678 and KEY-9", "KEY-9") == "[key] and [key]"
    page = refused(502, "<html><head><title>502 Bad Gateway</title></head></html>")
    page.body = None
    assert fault_of(page, KEY).detail == "502: 502 Bad Gateway"
    refusal = openai.APIConnectionError(request=REQUEST)
    refusal.__cause__ = httpx2.ConnectError("[Errno 111] Connection refused")
    assert "Connection refused" in fault_of(refusal, KEY).detail
    assert len(fault_of(refused(400, "x" * 9999), KEY).detail) == 300


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ("404 page not found", "404 page not found"),
        ("<html><title>Gone away</title>", "Gone away"),
        ({"error": "model is not there"}, "model is not there"),
        ({"detail": f"Unauthorized: Bearer {KEY}"}, "Unauthorized: [key]"),
        ({"detail": [{"msg": "too short", "input": "a customer's words"}]}, "too short"),
        ({"error": {"message": "half \ud83d of it"}}, "half of it"),
    ],
    ids=str,
)
def test_words_are_found_wherever_a_server_puts_them(body, detail):
    response = httpx2.Response(400, request=REQUEST)
    error = openai.APIStatusError("Error code: 400", response=response, body=body)
    error.__context__ = ValueError("For more information see a page")
    assert fault_of(error, KEY).detail == f"400: {detail}"


def test_a_context_that_overflows_is_known_from_words_outside_an_error_object():
    response = httpx2.Response(400, request=REQUEST)
    said = {"detail": "the request exceeds the available context size"}
    error = openai.APIStatusError("Error code: 400", response=response, body=said)
    assert fault_of(error, KEY).kind == "too_long"


def test_a_page_that_bars_the_way_is_no_refused_key():
    page = httpx2.Response(403, text="<!DOCTYPE html><html><title>Blocked</title>", request=REQUEST)
    found = fault_of(openai.APIStatusError("403", response=page, body=None), KEY)
    assert found.kind == "lost"
    assert "proxy or firewall" in found.detail
    assert not found.billed
    for own in (refused(403, "Country not supported"), refused(403, "<b>no</b>")):
        assert fault_of(own, KEY).kind == "fatal"
        assert "proxy" not in fault_of(own, KEY).detail
    assert fault_of(refused(407, "Proxy Authentication Required"), KEY).kind == "fatal"
