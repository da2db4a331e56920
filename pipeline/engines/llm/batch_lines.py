"""The lines of a batch: questions as they are uploaded, answers as they come back."""

import json
from collections.abc import Iterator
from typing import Annotated, Any, Final, NamedTuple

from pydantic import BaseModel, BeforeValidator, ValidationError

from pipeline.engines.llm.chats import FINISHES, Reply, counted
from pipeline.engines.llm.questions import Question

URL: Final = "/v1/chat/completions"


class Unanswered(Exception):  # noqa: N818 (what a line says, not a fault of ours)
    """What a line of errors says, in the form of the SDK's errors."""

    def __init__(self, status: int | None, body: Any) -> None:  # noqa: ANN401 (JSON)
        super().__init__("no answer in the batch")
        self.status_code = status
        self.body = body


class Returned(NamedTuple):
    """What came back for the question with a key."""

    key: str
    outcome: Reply | Unanswered


class _Message(BaseModel):
    content: str | None = None
    refusal: str | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None


_Tokens = Annotated[int, BeforeValidator(counted)]


class _Usage(BaseModel):
    prompt_tokens: _Tokens = -1
    completion_tokens: _Tokens = -1


class _Body(BaseModel):
    choices: list[_Choice]
    usage: _Usage | None = None


class _Response(BaseModel):
    status_code: int
    body: Any = None


class _Line(BaseModel):
    custom_id: str
    response: _Response | None = None
    error: Any = None


def line_of(key: str, model: str, question: Question, parameters: dict[str, Any]) -> bytes:
    """Return a line that asks what an ordinary call asks."""
    messages = [{"role": role, "content": text} for role, text in question.messages()]
    body: dict[str, Any] = {"model": model, "messages": messages, **parameters}
    if form := question.response_format():
        body["response_format"] = form
    line = {"custom_id": key, "method": "POST", "url": URL, "body": body}
    return json.dumps(line, ensure_ascii=False).encode() + b"\n"


def read_lines(text: str) -> Iterator[Returned]:
    """Yield what a file of answers or errors says; what is no such line is left out."""
    # Not splitlines: JSON may hold other signs that end a line for it.
    for line in filter(None, text.split("\n")):
        try:
            found = _Line.model_validate_json(line)
        except ValidationError:
            continue
        yield Returned(found.custom_id, _outcome(found))


def _outcome(line: _Line) -> Reply | Unanswered:
    """Return the answer of a line, or why there is none."""
    response = line.response
    if response is None or response.status_code >= 300:
        body = response.body if response else line.error
        return Unanswered(response.status_code if response else None, body)
    try:
        body = _Body.model_validate(response.body)
        choice = body.choices[0]
    except (ValidationError, IndexError):
        return Unanswered(None, None)
    usage = body.usage or _Usage()
    return Reply(
        choice.message.content or "",
        FINISHES.get((choice.finish_reason or "").lower(), "stop"),
        choice.message.refusal or "",
        usage.prompt_tokens,
        usage.completion_tokens,
    )
