"""The endpoint of the settings: asks, and learns how the endpoint wants to be asked.

Whatever goes wrong with a call comes back as a Fault, not as an exception.
"""

import ipaddress
import logging
import os
import threading
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from pipeline.config import Llm
from pipeline.engines.llm.chats import Chat, OpenAiChat, Reply, open_other, untraced
from pipeline.engines.llm.faults import Fault, fault_of
from pipeline.engines.llm.questions import OPENAI, Form, Question, sampling, shown
from pipeline.errors import ConfigError, shorten

if TYPE_CHECKING:
    from openai import OpenAI

log = logging.getLogger(__name__)

_FORMS: tuple[Form, ...] = ("strict", "json", "text")
_LIMITS = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}
"""The two names of the most tokens of an answer."""
_SHORT = 3
"""Characters of what stands for a key where none is needed, such as "x"."""


def is_local(endpoint: str) -> bool:
    """Tell whether an endpoint lies on this machine or network, where no key is needed."""
    host = urlsplit(endpoint).hostname or ""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return bool(host) and ("." not in host or host.endswith((".local", ".localhost")))


def _variable_for(endpoint: str) -> str:
    """Return where the key is when nobody says; '' for a server that gets only its own."""
    is_theirs = urlsplit(endpoint or OPENAI).hostname == urlsplit(OPENAI).hostname
    return "OPENAI_API_KEY" if is_theirs or is_local(endpoint) else ""


def _refuse_odd(endpoint: str, key: str) -> None:
    """Raise ConfigError for an address that is none, or holds the key: it is written down."""
    if len(key) > _SHORT and key in endpoint:
        raise ConfigError(
            "the key stands in `endpoint`: take it out there, it is read from the environment alone"
        )
    parts = urlsplit(endpoint)
    try:
        is_address = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:  # no number, or none that a port can have
        is_address = False
    if endpoint and (not is_address or " " in endpoint):
        raise ConfigError(
            f"endpoint {shorten(shown(endpoint))!r} under [engine.llm] in corpus.toml is no "
            "address like http://127.0.0.1:8080/v1"
        )


class Endpoint:
    """The model of the settings behind one client that all threads share."""

    def __init__(self, settings: Llm, chat: Callable[["OpenAI"], Chat] | None = None) -> None:
        """`chat` makes what answers of OpenAI's own client; None is a chat model."""
        if not settings.model:
            raise ConfigError("no model: say `model = ...` under [engine.llm] in corpus.toml")
        self._settings = settings
        self._variable = settings.key_variable or _variable_for(settings.endpoint)
        self._key = SecretStr(os.environ.get(self._variable, "").strip())
        _refuse_odd(settings.endpoint, self._key.get_secret_value())
        self._lock = threading.Lock()
        self._chat: Chat | None = None
        self._make_chat = chat
        self._named_by = "embeddings_key_variable" if chat else "key_variable"
        self._client: OpenAI | None = None
        self._forms = _FORMS if settings.structured == "auto" else (settings.structured,)
        self._limit = "max_tokens" if settings.endpoint else "max_completion_tokens"
        self._was_renamed = False
        self._unsent: frozenset[str] = frozenset()

    @property
    def forms(self) -> tuple[Form, ...]:
        """Forms of answer that the endpoint may know; the first is asked for."""
        return self._forms

    def ask(self, question: Question) -> Reply | Fault:
        """Have one question answered; `open` comes first."""
        chat = self.open()
        try:
            with untraced():
                return chat.ask(question, self.parameters(question))
        except chat.errors as error:
            fault = self.fault(error)
        if fault.kind == "filtered":
            return Reply("", "filtered", fault.detail, 0, 0)
        if fault.kind == "unsupported" and not self.learn(fault, question):
            return fault._replace(kind="fatal")
        return fault

    def open(self) -> Chat:
        """Load the client's packages and read the key; ConfigError when no call can be made."""
        if self._make_chat:
            return self._open_own(self._make_chat)
        with self._lock:
            if self._chat is None:
                with untraced():
                    self._chat = self._made()
                weakref.finalize(self, self._chat.close)
            return self._chat

    def _open_own(self, make: Callable[["OpenAI"], Chat]) -> Chat:
        """Return what answers of OpenAI's own client; `untraced` is for LangChain's."""
        client = self.client()
        with self._lock:
            self._chat = self._chat or make(client)
            return self._chat

    def client(self) -> "OpenAI":
        """Return OpenAI's own client, for files and batches; ConfigError as in `open`."""
        with self._lock:
            if self._client is None:
                import openai

                at_home = is_local(self._settings.endpoint)
                self._client = openai.OpenAI(
                    api_key=self._usable_key(),
                    base_url=self._settings.endpoint or OPENAI,
                    timeout=self._settings.timeout_seconds,
                    max_retries=0,
                    http_client=openai.DefaultHttpxClient(trust_env=not at_home),
                )
                weakref.finalize(self, self._client.close)
            return self._client

    def refuse_keyless(self) -> None:
        """Raise ConfigError when the key that a call would need is not there.

        Packages of other providers may know where else to look for one.
        """
        if self._settings.provider == "openai":
            self._usable_key()

    def fault(self, error: Exception) -> Fault:
        """Return what an error means."""
        return fault_of(error, self._key.get_secret_value())

    def _made(self) -> Chat:
        """Make the chat model."""
        if self._settings.provider != "openai":
            return open_other(self._settings, self._key.get_secret_value())
        at_home = is_local(self._settings.endpoint)
        return OpenAiChat(self._settings, self._usable_key(), is_local=at_home)

    def _usable_key(self) -> str:
        """Return the key to send; ConfigError where one is needed and there is none."""
        key, server = self._key.get_secret_value(), shown(self._settings.endpoint)
        if not key and not self._settings.key_variable and is_local(self._settings.endpoint):
            return "none"
        if not self._variable:
            raise ConfigError(
                f"{server} needs a key of its own: name the environment variable that holds it as "
                f"`{self._named_by}` under [engine.llm] in corpus.toml"
            )
        if not key or not (key.isascii() and key.isprintable()):
            fault = "holds no key" if key else "is not set"
            raise ConfigError(
                f"environment variable {self._variable} {fault}: it must hold the key for {server} "
                f"(or name another one as `{self._named_by}` under [engine.llm] in corpus.toml)"
            )
        if self._settings.endpoint.startswith("http://") and not is_local(self._settings.endpoint):
            raise ConfigError(f"{server} would get the key in the clear: use https")
        return key

    def parameters(self, question: Question) -> dict[str, Any]:
        """Return what is sent beside the messages and the form."""
        wanted = {**sampling(self._settings), self._limit: question.max_tokens}
        unsent = self._unsent
        return {name: value for name, value in wanted.items() if name not in unsent}

    def learn(self, fault: Fault, question: Question) -> bool:
        """Ask differently from now on; False when there is no other way to ask."""
        with self._lock:
            if fault.parameter == "response_format":
                return self._next_form(question.form)
            if fault.parameter in _LIMITS:
                return self._other_limit(fault.parameter)
            if fault.parameter not in self._unsent:
                log.warning("%s: %s is not sent", self._settings.model, fault.parameter)
                self._unsent |= {fault.parameter}
            return True

    def _next_form(self, refused: Form) -> bool:
        """Drop a form that the endpoint does not know."""
        if self._forms[0] != refused:
            return True
        if len(self._forms) == 1:
            return False
        self._forms = self._forms[1:]
        log.warning(
            "%s gives no %s answers: asked for %s", self._settings.model, refused, self._forms[0]
        )
        return True

    def _other_limit(self, refused: str) -> bool:
        """Call the most tokens of an answer by their other name, once."""
        if self._limit != refused:
            return True
        if self._was_renamed:
            return False
        self._limit, self._was_renamed = _LIMITS[refused], True
        return True
