"""Chat models of LangChain: a question in, a reply out. Loaded when the first call is made.

Nothing of a call goes anywhere but to the provider: LangSmith's tracing and its gateway are off
whatever the environment says, and no tokenizer is loaded.
"""

import json
import os
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

from pipeline.config import Llm
from pipeline.engines.llm.questions import OPENAI, Question, sampling
from pipeline.errors import ConfigError
from pipeline.text import whole_characters

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessage

Finish = Literal["stop", "length", "filtered"]
FINISHES: dict[str, Finish] = {
    "length": "length",
    "max_tokens": "length",
    "content_filter": "filtered",
    "safety": "filtered",
    "refusal": "filtered",
}
"""What providers call an end; all others are `stop`."""
# LangChain refuses to work at all while these are set: they belong to a tracer it has given up.
_OLD_TRACERS = ("LANGCHAIN_TRACING", "LANGCHAIN_HANDLER")
_PACKAGE = re.compile(r"pip install(?: -U)? [`'\"]?([\w-]+)")
# What LangChain and the packages under it raise of their own for an answer that is none: a page of
# HTML, no choices, no message.
NO_ANSWER = (ValueError, LookupError, TypeError, AttributeError, RuntimeError, OSError)


class Reply(NamedTuple):
    """What the model said. Tokens are -1 where the endpoint does not report them."""

    text: str
    finish: Finish
    refusal: str = ""
    prompt_tokens: int = -1
    completion_tokens: int = -1

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing was said though nothing stood in the way."""
        return self.finish == "stop" and not self.text.strip() and not self.refusal


class Chat(Protocol):
    """A chat model."""

    @property
    def errors(self) -> tuple[type[Exception], ...]:
        """What `ask` may raise."""

    def ask(self, question: Question, parameters: dict[str, Any]) -> Reply:
        """Answer one question, sending these parameters under their names at OpenAI."""

    def close(self) -> None:
        """Close all connections."""


@contextmanager
def untraced() -> Iterator[None]:
    """Keep LangSmith out: the texts are customers' and go to the chosen provider alone."""
    from langsmith.run_helpers import tracing_context

    for name in _OLD_TRACERS:
        os.environ.pop(name, None)
    with tracing_context(enabled=False):
        yield


class OpenAiChat:
    """An OpenAI-compatible endpoint behind ChatOpenAI."""

    def __init__(self, settings: Llm, key: str, *, is_local: bool) -> None:
        import openai
        from langchain_core.exceptions import LangChainException

        self.errors: tuple[type[Exception], ...] = (
            openai.OpenAIError,
            LangChainException,
            *NO_ANSWER,
        )
        # It warns of its own advice against response_format; the fault is handled here.
        warnings.filterwarnings("ignore", category=UserWarning, module=r"langchain_openai\.")
        # And pydantic of numbers in a stream that are none: they are dealt with here, too.
        warnings.filterwarnings("ignore", "Pydantic serializer warnings", UserWarning)
        # A proxy of the environment does not lead to this machine.
        self._client = openai.DefaultHttpxClient(trust_env=not is_local)
        self._is_streamed = settings.stream
        # The address is always named: LangChain would else take one from the environment, or
        # LangSmith's gateway.
        self._model = _chat_openai()(
            model=settings.model,
            api_key=key,
            base_url=settings.endpoint or OPENAI,
            timeout=settings.timeout_seconds,
            max_retries=0,
            http_client=self._client,
            openai_proxy=None,
            use_responses_api=False,
            stream_usage=True,
        )

    def ask(self, question: Question, parameters: dict[str, Any]) -> Reply:
        """Answer one question.

        The form goes into the body as it is: given by its own name, LangChain would have the
        SDK parse the answer, which raises on a cut one and loses what it cost.
        """
        body: dict[str, Any] = {}
        if form := question.response_format():
            body["response_format"] = form
        if "max_tokens" in parameters:
            # LangChain would rename it, and not every server knows the new name.
            body["max_tokens"] = parameters["max_tokens"]
        rest = {name: value for name, value in parameters.items() if name != "max_tokens"}
        messages = question.messages()
        if not self._is_streamed:
            return _reply(self._model.invoke(messages, extra_body=body, **rest))
        return self._streamed(messages, {"extra_body": body, **rest})

    def _streamed(self, messages: list[tuple[str, str]], parameters: dict[str, Any]) -> Reply:
        """Answer one question bit by bit; ConnectionError when the end does not come."""
        chunks = list(self._model.stream(messages, **parameters))
        if not any(chunk.response_metadata.get("finish_reason") for chunk in chunks):
            raise ConnectionError("the answer broke off")
        whole = chunks[0]
        for chunk in chunks[1:]:
            whole = whole + chunk
        return _reply(whole)

    def close(self) -> None:
        """Close all connections."""
        self._client.close()


class OtherChat:
    """A chat model of another provider, through LangChain's init_chat_model.

    The form of the answer is left to the provider's package where it is to be enforced.
    """

    def __init__(self, model: "BaseChatModel") -> None:
        import openai
        from langchain_core.exceptions import LangChainException

        # Many providers' packages are built on the SDK of OpenAI.
        self.errors: tuple[type[Exception], ...] = (
            openai.OpenAIError,
            LangChainException,
            *NO_ANSWER,
        )
        self._model = model

    def ask(self, question: Question, parameters: dict[str, Any]) -> Reply:  # noqa: ARG002
        """Answer one question; the parameters were set when the model was made."""
        import openai
        from langchain_core.runnables import RunnableSequence

        if question.form != "strict":
            return _reply(self._model.invoke(question.messages()))
        schema = {"title": question.name, "description": question.name, **question.schema}
        shaped = self._model.with_structured_output(schema)
        # Without the parser behind it: what the model said is kept even if it is no good.
        asked: Any = shaped.first if isinstance(shaped, RunnableSequence) else shaped
        try:
            return _reply(asked.invoke(question.messages()))
        except openai.LengthFinishReasonError as error:
            usage = error.completion.usage
            sums = (usage.prompt_tokens, usage.completion_tokens) if usage else (-1, -1)
            return Reply(error.completion.choices[0].message.content or "", "length", "", *sums)

    def close(self) -> None:
        """Leave the connections to the provider's package."""


def open_other(settings: Llm, key: str) -> OtherChat:
    """Make a chat model of another provider; ConfigError names the package that is missing."""
    from langchain.chat_models import init_chat_model

    wanted: dict[str, Any] = {
        "api_key": key or None,
        "base_url": settings.endpoint or None,
        "temperature": sampling(settings).get("temperature"),
    }
    options = {name: value for name, value in wanted.items() if value is not None}
    try:
        model = init_chat_model(
            settings.model,
            model_provider=settings.provider,
            max_tokens=min(settings.answer_tokens, settings.context // 2),
            timeout=settings.timeout_seconds,
            max_retries=0,
            **options,
        )
    except ImportError as error:
        package = _PACKAGE.search(str(error))
        name = package.group(1) if package else f"langchain-{settings.provider}"
        raise ConfigError(
            f"provider {settings.provider!r} needs a package that is not installed: "
            f"pip install {name}"
        ) from error
    except ValueError as error:
        raise ConfigError(f"provider {settings.provider!r} of [engine.llm]: {error}") from None
    return OtherChat(model)


def counted(tokens: object) -> int:
    """Return a number of tokens as an endpoint tells it; -1 where it is none, such as "many"."""
    try:
        return max(int(tokens), -1)  # type: ignore[call-overload, no-any-return]
    except (TypeError, ValueError, OverflowError):
        return -1


def _usage(told: object) -> dict[str, int] | None:
    """Return what an endpoint tells of tokens as LangChain can read it; None where it tells none.

    Of an answer with anything else there LangChain would make an error.
    """
    if not isinstance(told, dict):
        return None
    tokens = {name: counted(told.get(name)) for name in ("prompt_tokens", "completion_tokens")}
    return tokens if min(tokens.values()) >= 0 else None


def _chat_openai() -> type[Any]:
    """Return ChatOpenAI with two mends: it drops the words of a refusal that is streamed, and
    whole answers of endpoints that count tokens in an odd way."""
    from langchain_openai import ChatOpenAI

    class _ChatOpenAI(ChatOpenAI):
        def _create_chat_result(self, response: Any, *rest: Any) -> Any:  # noqa: ANN401
            if usage := getattr(response, "usage", None):
                told = _usage(usage.model_dump(warnings=False))
                response = response.model_copy(update={"usage": told})
            return super()._create_chat_result(response, *rest)

        def _convert_chunk_to_generation_chunk(self, chunk: dict[str, Any], *rest: Any) -> Any:  # noqa: ANN401
            chunk = {**chunk, "usage": _usage(chunk.get("usage"))}
            made = super()._convert_chunk_to_generation_chunk(chunk, *rest)
            choices = chunk.get("choices") or [{}]
            refusal = (choices[0].get("delta") or {}).get("refusal")
            if made is not None and refusal:
                made.message.additional_kwargs["refusal"] = refusal
            return made

    return _ChatOpenAI


def _reply(message: "AIMessage") -> Reply:
    """Read LangChain's message. Where the answer came as a call of a tool, that is the text."""
    found = message.response_metadata
    finish = str(found.get("finish_reason") or found.get("stop_reason") or "").lower()
    usage = message.usage_metadata
    text = whole_characters(str(message.text))
    if not text and message.tool_calls:
        text = json.dumps(message.tool_calls[0]["args"], ensure_ascii=False)
    return Reply(
        text,
        FINISHES.get(finish, "stop"),
        whole_characters(str(message.additional_kwargs.get("refusal") or "")),
        usage["input_tokens"] if usage else -1,
        usage["output_tokens"] if usage else -1,
    )
