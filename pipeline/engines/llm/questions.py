"""What is asked and what comes back, whichever provider answers and whoever sends it."""

import hashlib
import json
import math
from collections.abc import Hashable
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, NamedTuple
from urllib.parse import urlsplit

from pydantic import BaseModel

from pipeline.config import Llm

Form = Literal["strict", "json", "text"]
"""How the shape of an answer is asked for."""
# Another number forgets all answers: what a key stands for has changed.
_KEY_FORMAT = 1
OPENAI = "https://api.openai.com/v1"
_SCHEMA_INTRO = "\n\nAnswer with one JSON object and nothing else. Its JSON schema:\n"


@dataclass(frozen=True, slots=True)
class Request:
    """One question to the model."""

    stage: str
    """step it belongs to, for the ledger"""
    task: str
    """name and version of the prompt, such as extract.v1"""
    system: str
    user: str
    answer: type[BaseModel]
    """model of the whole answer"""
    max_tokens: int
    attempt: int = 0
    """A question asked again is a question of its own."""


class Completion(NamedTuple):
    """What the model answered."""

    text: str
    finish: str
    """stop, length or filtered"""
    refusal: str
    prompt_tokens: int
    completion_tokens: int
    seconds: float
    cached: bool


class Failed(NamedTuple):
    """Why there is no answer."""

    reason: str
    """too_long_for_model, provider_rejected, provider_busy or provider_failed"""
    detail: str
    """the provider's own words, without any key"""


Outcome = Completion | Failed


class Question(NamedTuple):
    """What goes out in one call, whatever the provider."""

    name: str
    system: str
    user: str
    schema: dict[str, Any]
    form: Form
    max_tokens: int
    is_repeated: bool = False
    """The answer before could not be read: perhaps nothing enforces the schema after all."""

    def messages(self) -> list[tuple[str, str]]:
        """Return roles and texts. Where nothing enforces the schema, it is written out."""
        is_held = self.form == "strict" and not self.is_repeated
        written = "" if is_held else _SCHEMA_INTRO + json.dumps(self.schema)
        return [("system", _clean(self.system + written)), ("user", _clean(self.user))]

    def response_format(self) -> dict[str, Any] | None:
        """Return OpenAI's parameter of that name."""
        if self.form == "strict":
            shape = {"name": self.name, "strict": True, "schema": self.schema}
            return {"type": "json_schema", "json_schema": shape}
        return {"type": "json_object"} if self.form == "json" else None


def shown(endpoint: str) -> str:
    """Return an endpoint's address for messages, without a password or a query."""
    parts = urlsplit(endpoint or OPENAI)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}".rstrip("/")


def identity(request: Request) -> Hashable:
    """Return what makes two requests the same question, whichever step asks."""
    schema = _written(request.answer)
    asked = request.task, request.system, request.user, request.max_tokens
    return asked, schema, request.attempt


def question_of(request: Request, form: Form) -> Question:
    """Return what goes out for a request."""
    name = request.task.partition(".")[0]
    schema = _schema(request.answer)
    is_repeated = request.attempt > 0
    return Question(
        name, request.system, request.user, schema, form, request.max_tokens, is_repeated
    )


def sampling(settings: Llm) -> dict[str, Any]:
    """Return the parameters that say how an answer is drawn, under their names at OpenAI."""
    temperature = settings.temperature
    told = {
        "temperature": None if temperature is None or math.isnan(temperature) else temperature,
        "seed": settings.seed,
        "reasoning_effort": settings.reasoning_effort or None,
    }
    return {name: value for name, value in told.items() if value is not None}


def answer_key(settings: Llm, question: Question, attempt: int) -> str:
    """Return the key of an answer: a hash of all it can depend on, in order."""
    parts = [
        _KEY_FORMAT, settings.provider, shown(settings.endpoint), settings.model,
        sampling(settings), question.max_tokens, question.messages(), question.response_format(),
        question.schema, attempt,
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


@cache
def _schema(answer: type[BaseModel]) -> dict[str, Any]:
    """Return the JSON schema of a model as strict endpoints want it: every field required and
    named, no other allowed. It is sent with every call, so it holds no titles, defaults, notes and
    definitions apart."""
    schema = answer.model_json_schema()
    strict: dict[str, Any] = _strict(_in_place(schema, schema.get("$defs", {})))
    return strict


def _in_place(node: Any, parts: dict[str, Any]) -> Any:  # noqa: ANN401  (any part of a schema)
    """Return a part of a schema with the definitions it refers to put where they are used."""
    if isinstance(node, list):
        return [_in_place(one, parts) for one in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return _in_place(parts[node["$ref"].rsplit("/", 1)[-1]], parts)
    return {key: _in_place(value, parts) for key, value in node.items() if key != "$defs"}


@cache
def _written(answer: type[BaseModel]) -> str:
    """Return the schema of a model as text."""
    return json.dumps(_schema(answer), separators=(",", ":"))


_LEFT_OUT = {"title", "default", "description"}


def _strict(node: Any) -> Any:  # noqa: ANN401  (any part of a JSON schema)
    """Return a part of a schema, made strict."""
    if isinstance(node, list):
        return [_strict(part) for part in node]
    if not isinstance(node, dict):
        return node
    out = {key: _strict(value) for key, value in node.items() if key not in _LEFT_OUT}
    if isinstance(node.get("properties"), dict):
        out["properties"] = {key: _strict(value) for key, value in node["properties"].items()}
        out |= {"additionalProperties": False, "required": list(out["properties"])}
    return out


def _clean(text: str) -> str:
    """Return text without halves of surrogate pairs, which no request can carry."""
    return text.encode("utf-8", "replace").decode()
