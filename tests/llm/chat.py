"""One chat completion: the request checked, the mind asked, the answer spoilt or not."""

import json
import re
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from tests.llm import faults as f
from tests.llm.shapes import check_format, hold_to
from tests.llm.tokens import FOR_ANSWER, FOR_MESSAGE, count_tokens, cut_at
from tests.llm.wire import ApiError, Reply, as_reply

if TYPE_CHECKING:
    from tests.llm.server import Settings

KNOWN = {
    "messages", "model", "response_format", "max_tokens", "max_completion_tokens", "temperature",
    "top_p", "seed", "stream", "stream_options", "n", "stop", "user", "metadata", "store",
    "presence_penalty", "frequency_penalty", "logit_bias", "logprobs", "top_logprobs",
    "service_tier", "reasoning_effort", "verbosity", "parallel_tool_calls", "prompt_cache_key",
    "prompt_cache_retention", "safety_identifier", "modalities",
}  # fmt: skip
REASONING = re.compile(r"(gpt-5|o\d)")
FENCE = re.compile(
    r"^<<item (\d+) (\w+)>>\n(.*?)\n?^(?=<<(?:item|end) \d+ \2>>)", re.DOTALL | re.MULTILINE
)
MIN_CACHED = 1024
CACHE_STEP = 128
PIECE = 24
"""Characters in each streamed piece."""


class Asked(NamedTuple):
    """A request that was found good."""

    model: str
    task: str
    system: str
    text: str
    """the words of all messages"""
    items: dict[int, str]
    form: str
    """what is enforced: json_schema, json_object or text"""
    schema: dict
    n_prompt: int
    limit: int
    """tokens the answer may have"""
    is_streamed: bool
    tells_usage: bool


class Completion(NamedTuple):
    """What is answered."""

    content: str | None
    refusal: str | None
    finish: str
    n_tokens: int


def read_chat(body: dict, settings: "Settings") -> Asked:
    """The request, or the error OpenAI would give."""
    messages, model = _check_fields(body, settings)
    form, schema = _read_format(body.get("response_format"), settings)
    texts = [(message["role"], _words(message)) for message in messages]
    text = "\n".join(words for _, words in texts)
    if form == "json_object" and "json" not in text.lower():
        raise ApiError(
            400,
            "'messages' must contain the word 'json' in some form, to use 'response_format' of "
            "type 'json_object'.",
            param="messages",
        )
    n_prompt = _count_prompt([words for _, words in texts], schema)
    limit = _read_limit(body, model, settings.max_output)
    _check_window(n_prompt + limit * settings.window_holds_answer, settings.context_window)
    system = "\n".join(words for role, words in texts if role in {"system", "developer"})
    user = "\n".join(words for role, words in texts if role == "user")
    asks = bool(body.get("stream"))
    return Asked(
        model, _task_of(system), system, text, read_items(user), form, schema, n_prompt,
        limit, asks,
        asks and bool((body.get("stream_options") or {}).get("include_usage")),
    )  # fmt: skip


def _check_fields(body: dict, settings: "Settings") -> tuple[list[dict], str]:
    if "model" not in body:
        raise ApiError(400, "you must provide a model parameter")
    model = body["model"]
    if model not in settings.models:
        f.raise_status("404", model, 0)
    unknown = sorted(set(body) - KNOWN)
    if unknown:
        raise ApiError(400, f"Unrecognized request argument supplied: {unknown[0]}")
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages or not all(map(_is_message, messages)):
        raise ApiError(400, "Invalid 'messages': expected a list of messages.", param="messages")
    if body.get("n") not in {None, 1}:
        raise ApiError(400, "Invalid 'n': this server answers once.", param="n")
    if REASONING.match(model) and body.get("temperature") not in {None, 1}:
        raise ApiError(
            400,
            f"Unsupported value: 'temperature' does not support {body['temperature']} with this "
            "model. Only the default (1) value is supported.",
            "unsupported_value",
            param="temperature",
        )
    return messages, model


def _is_message(message: object) -> bool:
    roles = {"system", "developer", "user", "assistant"}
    return isinstance(message, dict) and message.get("role") in roles and "content" in message


def _words(message: dict) -> str:
    content = message["content"] or ""
    if isinstance(content, str):
        return content
    return "".join(part.get("text", "") for part in content)


def _read_format(asked: dict | None, settings: "Settings") -> tuple[str, dict]:
    """What will be enforced, and the schema."""
    kind = (asked or {}).get("type", "text")
    if kind not in {"text", "json_object", "json_schema"}:
        raise ApiError(
            400,
            f"Invalid value: '{kind}'. Supported values are: 'json_object', 'json_schema', and "
            "'text'.",
            "invalid_value",
            param="response_format.type",
        )
    is_known = {
        "text": True,
        "json_object": settings.json_object,
        "json_schema": settings.structured,
    }
    if not is_known[kind]:
        if settings.unstructured == "refuse":
            raise ApiError(
                settings.refusal_status, f"response_format '{kind}' is not supported by this model."
            )
        return "text", {}
    if kind != "json_schema":
        return kind, {}
    check_format(asked)
    named = asked["json_schema"]
    return ("json_schema", named["schema"]) if named.get("strict") else ("json_object", {})


def _count_prompt(texts: list[str], schema: dict) -> int:
    """Tokens of the messages and of the schema, which OpenAI puts before them."""
    n_schema = count_tokens(json.dumps(schema)) if schema else 0
    return n_schema + FOR_ANSWER + sum(FOR_MESSAGE + count_tokens(text) for text in texts)


def _check_window(n_prompt: int, window: int) -> None:
    if n_prompt > window:
        raise ApiError(
            400,
            f"This model's maximum context length is {window} tokens. However, your messages "
            f"resulted in {n_prompt} tokens. Please reduce the length of the messages.",
            "context_length_exceeded",
            param="messages",
        )


def _read_limit(body: dict, model: str, max_output: int) -> int:
    if body.get("max_tokens") is not None and REASONING.match(model):
        raise ApiError(
            400,
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use "
            "'max_completion_tokens' instead.",
            "unsupported_parameter",
            param="max_tokens",
        )
    name = "max_tokens" if body.get("max_tokens") is not None else "max_completion_tokens"
    limit = body.get(name)
    if limit is None:
        return max_output
    if not isinstance(limit, int) or limit < 1:
        raise ApiError(400, f"Invalid '{name}': integer below minimum value.", param=name)
    if limit > max_output:
        raise ApiError(
            400,
            f"{name} is too large: {limit}. This model supports at most {max_output} completion "
            f"tokens, whereas you provided {limit}.",
            "invalid_value",
            param=name,
        )
    return limit


def _task_of(system: str) -> str:
    first = system.split("\n", 1)[0]
    return first.removeprefix("Task:").strip() if first.startswith("Task:") else ""


def read_items(user: str) -> dict[int, str]:
    """Texts between fences by number; only fences with the first one's nonce count. A message
    without fences is item 1."""
    found = list(FENCE.finditer(user))
    items = {int(m[1]): m[3] for m in found if m[2] == found[0][2]}
    return items or {1: user}


def write_answer(
    asked: Asked, settings: "Settings", fault: f.Fault | None, digest: str
) -> Completion:
    """Asks the mind; then what is enforced, the fault, and the limit of tokens, in this order."""
    kind = fault.kind if fault else ""
    if kind == "refusal":
        return Completion(None, f.REFUSAL, "stop", count_tokens(f.REFUSAL))
    answer = settings.mind(asked.task, asked.system, asked.items)
    if asked.form == "json_schema":
        answer = hold_to(answer, asked.schema, asked.schema)
    if fault and kind in f.ITEM_KINDS:
        answer = f.spoil_items(fault, answer, asked.items, digest)
    if asked.form == "text":
        answer = _loosen(answer, settings.dress)
    text = json.dumps(answer, ensure_ascii=False)
    if asked.form == "text":
        text = dress_up(text, settings.dress)
    text = f.spoil_text(kind, text)
    n_tokens = count_tokens(text)
    finish = kind if kind in {"length", "content_filter"} else "stop"
    if n_tokens > asked.limit:
        text, n_tokens, finish = cut_at(text, asked.limit), asked.limit, "length"
    return Completion(text, None, finish, n_tokens)


def _loosen(answer: dict, dress: tuple[str, ...]) -> dict:
    """The answer with keys that nobody asked for, or without its numbers, or wrapped."""
    results = answer.get("results", [])
    if "extra_keys" in dress:
        results = [{**result, "reasoning": "It is said in line 1."} for result in results]
    if "no_ids" in dress:
        results = [{k: v for k, v in result.items() if k != "id"} for result in results]
    answer = {**answer, "results": results}
    return {"answer": answer} if "wrapped" in dress else answer


def dress_up(text: str, dress: tuple[str, ...]) -> str:
    """The JSON as models without structured output write it."""
    if "single_quotes" in dress:
        text = re.sub(r'"((?:[^"\\\']|\\[^"])*)"', r"'\1'", text)
    if "trailing_commas" in dress:
        text = re.sub(r"(?<=[\]}])(?=[\]}])", ",", text)
    if "fences" in dress:
        text = f"```json\n{text}\n```"
    if "prose" in dress:
        text = f"Sure! Here is what I found:\n\n{text}\n\nLet me know if you need anything else."
    if "thoughts" in dress:
        text = (
            f'<think>\nThe form is {{"results": [{{"id": 1}}]}}. Line [1] ...\n</think>\n\n{text}'
        )
    return text


def count_cached(asked: Asked, seen: set[int]) -> int:
    """Prompt tokens that OpenAI would have in its cache; notes this system message as seen."""
    key = hash(asked.system)
    n_system = count_tokens(asked.system)
    is_cached = key in seen and n_system >= MIN_CACHED
    seen.add(key)
    return n_system // CACHE_STEP * CACHE_STEP if is_cached else 0


ODD_USAGE = {"prompt_tokens": "many", "completion_tokens": None, "total_tokens": "12.5k"}
"""Tokens as words."""


def as_completion(asked: Asked, said: Completion, number: int, n_cached: int) -> dict:
    """The body of an answer that is not streamed."""
    message = {
        "role": "assistant", "content": said.content, "refusal": said.refusal, "annotations": [],
    }  # fmt: skip
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": said.finish}
    return {
        **_head(asked, number, "chat.completion"),
        "choices": [choice],
        "usage": _usage(asked, said, n_cached),
    }


def as_small_server(body: dict, habits: tuple[str, ...]) -> dict:
    """The same body as servers of small models write it."""
    [choice] = body["choices"]
    message = choice["message"]
    if "no_usage" in habits:
        del body["usage"]
    if "odd_usage" in habits:
        body["usage"] = ODD_USAGE
    if "no_finish" in habits:
        choice["finish_reason"] = None
    if "parts" in habits:
        message["content"] = [{"type": "text", "text": message["content"]}]
    if "extras" in habits:
        message |= {"reasoning_content": "It is simple.", "tool_calls": None}
        body |= {"timings": {"predicted_per_second": 12.5}, "prompt_logprobs": None}
        choice["stop_reason"] = None
    return body


def as_stream(
    asked: Asked, said: Completion, number: int, n_cached: int, habits: tuple[str, ...] = ()
) -> Reply:
    """The same as server-sent events."""
    head = _head(asked, number, "chat.completion.chunk")
    chunks = [{**head, "choices": [_delta(delta)]} for delta in _deltas(said)]
    chunks.append({**head, "choices": [_delta({}, said.finish)]})
    if asked.tells_usage:
        chunks = [{**chunk, "usage": None} for chunk in chunks]
        usage = ODD_USAGE if "odd_usage" in habits else _usage(asked, said, n_cached)
        chunks.append({**head, "choices": [], "usage": usage})
    events = [f"data: {json.dumps(chunk)}\n\n".encode() for chunk in chunks]
    return Reply(200, b"", "text/event-stream", events=(*events, b"data: [DONE]\n\n"))


def reply_with(
    asked: Asked, said: Completion, number: int, n_cached: int, habits: tuple[str, ...] = ()
) -> Reply:
    """Streamed if it was asked for."""
    if asked.is_streamed:
        return as_stream(asked, said, number, n_cached, habits)
    return as_reply(as_small_server(as_completion(asked, said, number, n_cached), habits))


def _deltas(said: Completion) -> Iterator[dict]:
    yield {"role": "assistant", "content": "" if said.refusal is None else None, "refusal": None}
    name, text = ("content", said.content) if said.refusal is None else ("refusal", said.refusal)
    for start in range(0, len(text or ""), PIECE):
        yield {name: text[start : start + PIECE]}


def _delta(delta: dict, finish: str | None = None) -> dict:
    return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}


def _head(asked: Asked, number: int, kind: str) -> dict:
    return {
        "id": f"chatcmpl-{number:08d}", "object": kind, "created": int(time.time()),
        "model": asked.model, "service_tier": "default", "system_fingerprint": "fp_tests",
    }  # fmt: skip


def _usage(asked: Asked, said: Completion, n_cached: int) -> dict:
    return {
        "prompt_tokens": asked.n_prompt,
        "completion_tokens": said.n_tokens,
        "total_tokens": asked.n_prompt + said.n_tokens,
        "prompt_tokens_details": {"cached_tokens": n_cached, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": 0, "audio_tokens": 0,
            "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0,
        },
    }  # fmt: skip
