"""What a provider's error means for us, whichever package raised it."""

import json
import math
import re
import time
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Literal, NamedTuple

from pipeline.errors import shorten
from pipeline.text import whole_characters

Kind = Literal["busy", "lost", "too_long", "filtered", "unsupported", "rejected", "fatal"]
"""`busy` and `lost` (no or no usable answer) are tried again, `unsupported` is asked differently,
`too_long`, `filtered` and `rejected` are about this one request, `fatal` about all."""

_FATAL = {401, 402, 403, 404, 407}
_FORBIDDEN = 403
_HINTS = {
    401: " (is the key the one for this server?)",
    404: " (are `model` and `endpoint` right? most endpoints end in /v1)",
}
_LOST = {408, 409, 425}
_NO_QUOTA = re.compile(
    r"insufficient_quota|insufficient_balance|billing_hard_limit|exceeded your current quota"
)
# As OpenAI, Azure, vLLM, llama.cpp, LiteLLM and others put it.
_TOO_LONG = re.compile(
    r"context_length_exceeded|context length|context window|context size|prompt is too long"
    r"|input is too long|too many tokens|tokens exceed|maximum context"
)
# One request alone passes what the account may send in a minute: waiting does not help.
_TOO_LARGE = re.compile(r"request too large")
_PAGE = re.compile(r"\s*(?:<!--.*?-->\s*)*<(?:!doctype|html|head|body|title)\b", re.I | re.DOTALL)
_BARRED = "a page of a proxy or firewall on the way, not an answer of the provider"
"""So a 403 that is HTML is told: it says nothing of the key, and may be about one text."""
_PAGE_TITLE = re.compile(r"<title>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_FORMAT = re.compile(r"response_format|json_schema|json_object|structured output|json mode|grammar")
_NO_FORMAT = re.compile(
    r"response_format.{0,80}(?:must be|not implemented|support)"
    r"|(?:not implemented|support).{0,80}response_format",
    re.DOTALL,
)
"""What a server says that fails (500, 501) because it knows no such form."""
_REFUSED_PARAMETER = re.compile(r"unsupported|not supported|does not support|unrecognized|unknown")
PARAMETERS = ("max_completion_tokens", "max_tokens", "temperature", "seed", "reasoning_effort")
"""What may be left out, or called by its other name, when an endpoint does not know it."""
# LangChain's own classes, for providers whose errors carry no status.
_STATUS = {
    "ModelAuthenticationError": 401,
    "ModelPermissionDeniedError": 403,
    "ModelNotFoundError": 404,
    "ModelRateLimitError": 429,
    "ModelInvalidRequestError": 400,
    "ContextOverflowError": 413,
}
_ODD = {
    "JSONDecodeError": "an answer that is no JSON: is `endpoint` right?",
    "ValidationError": "an answer of another form than OpenAI's",
    "AttributeError": "an answer of another form than OpenAI's",
    "IndexError": "an answer without choices",
}
"""What cannot be read is told by its kind: its own words may be those of the model."""
_NO_OBJECT = "Unexpected response type"
"""So LangChain begins, and repeats the whole answer."""
# Raised before the request has left, so that nobody can have billed it.
_NOT_SENT = {"ConnectError", "ConnectTimeout", "PoolTimeout", "ConnectionRefusedError"}
_KEY_LIKE = re.compile(r"\bsk-[\w*.-]{6,}|(?i:\bbearer\s+)[^\s\"',}]+")
_WIDTH = 300
_MILLISECONDS = 1000


class Fault(NamedTuple):
    """Why a call brought no answer."""

    kind: Kind
    detail: str
    """the provider's own words, without any key"""
    wait: float | None = None
    """seconds the provider asks us to wait"""
    billed: bool = False
    """may have been billed all the same"""
    parameter: str = ""
    """what is unsupported: 'response_format' or one of PARAMETERS"""


def fault_of(error: Exception, key: str) -> Fault:
    """Return what an error of a provider's package means; `key` is struck out of its words."""
    status = _status(error)
    words = whole_characters(_words(error))
    evidence = f"{_code(error)} {words}".lower()
    detail = shorten(without_key(f"{status}: {words}" if status else words, key), _WIDTH)
    detail += _HINTS.get(status or 0, "")
    kind = _kind(status, _code(error), evidence)
    if status == _FORBIDDEN and _is_page(error):
        kind, detail = "lost", shorten(f"{_BARRED} ({detail})", _WIDTH)
    if isinstance(error, NotImplementedError) or (kind == "lost" and _NO_FORMAT.search(evidence)):
        # So LangChain says that a provider's model gives no structured output; servers of small
        # models say it with a status of their own fault.
        return Fault("unsupported", detail, parameter="response_format")
    if kind == "lost":
        names = {type(cause).__name__ for cause in _chain(error)}
        return Fault(kind, detail, _wait(error), billed=status is None and not names & _NOT_SENT)
    if kind != "rejected":
        return Fault(kind, detail, _wait(error))
    if parameter := _unsupported(error, evidence):
        return Fault("unsupported", detail, parameter=parameter)
    # What is wrong with a setting is wrong for every request.
    return Fault("fatal" if _parameter(error) in PARAMETERS else "rejected", detail)


def _kind(status: int | None, code: str, evidence: str) -> Kind:
    """Return the kind of a fault, as far as status, code and words tell."""
    if status == 429 and not _TOO_LARGE.search(evidence):
        return "fatal" if _NO_QUOTA.search(evidence) else "busy"
    if status in {413, 429} or _TOO_LONG.search(evidence):
        return "too_long"
    if status is None or status >= 500 or status in _LOST:
        return "lost"
    if status in _FATAL:
        return "fatal"
    return "filtered" if code == "content_filter" else "rejected"


def without_key(words: str, key: str) -> str:
    """Return words of a provider without the key, or anything that looks like one."""
    if len(key) > 3:
        words = words.replace(key, "[key]")
    return _KEY_LIKE.sub("[key]", words)


def _status(error: Exception) -> int | None:
    """Return the HTTP status of an error, or the one its class stands for."""
    status = getattr(error, "status_code", None)
    if isinstance(status, int):
        return status
    for kind in type(error).__mro__:
        if kind.__name__ in _STATUS:
            return _STATUS[kind.__name__]
    return None


def _body(error: Exception) -> Mapping[str, Any]:
    """Return the error object of the provider's answer."""
    body = getattr(error, "body", None)
    if not isinstance(body, Mapping):
        return {}
    inner = body.get("error")
    return inner if isinstance(inner, Mapping) else body


def _code(error: Exception) -> str:
    return str(_body(error).get("code") or getattr(error, "code", None) or "")


def _words(error: Exception) -> str:
    """Return what the provider said, or the error's own text and what caused it."""
    if odd := _ODD.get(type(error).__name__):
        return odd
    if said := _said(error):
        page = _PAGE_TITLE.search(said)
        return page.group(1) if page else said
    root = list(_chain(error))[-1]
    text = str(error) or type(error).__name__
    if page := _PAGE_TITLE.search(text):
        return page.group(1)
    if text.startswith(_NO_OBJECT):
        return _ODD["JSONDecodeError"]
    more = f" ({type(root).__name__}: {root})" if root is not error and str(root) else ""
    return text + more


def _said(error: Exception) -> str:
    """Return the words of the provider's answer, wherever it puts them; '' when there are none.

    OpenAI has an object with a message, Ollama `error` as a text, FastAPI `detail`, gateways no
    JSON at all.
    """
    body = getattr(error, "body", None)
    if isinstance(body, str):
        return body
    told = _body(error)
    named = (told.get(name) for name in ("message", "error", "detail"))
    found = next((one for one in named if one), "")
    if isinstance(found, list):
        # FastAPI's faults of a request repeat what was sent: only what is wrong is told.
        found = "; ".join(
            str(one["msg"]) for one in found if isinstance(one, dict) and "msg" in one
        )
    return found if isinstance(found, str) else json.dumps(found)


def _is_page(error: Exception) -> bool:
    """Tell whether an answer is a page for people."""
    response = getattr(error, "response", None)
    said = str(getattr(response, "text", "")) or str(error)
    return not _body(error) and bool(_PAGE.match(said))


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what it came from."""
    seen: list[BaseException] = []
    at: BaseException | None = error
    while at is not None and at not in seen:
        seen.append(at)
        yield at
        at = at.__cause__ or at.__context__


def _unsupported(error: Exception, evidence: str) -> str:
    """Return the parameter that the endpoint does not know; '' when it is about something else."""
    named = _parameter(error)
    if named.startswith("response_format") or _FORMAT.search(evidence):
        return "response_format"
    if not _REFUSED_PARAMETER.search(evidence):
        return ""
    return next((name for name in PARAMETERS if name in (named or evidence)), "")


def _parameter(error: Exception) -> str:
    """Return the parameter that the provider's answer names."""
    return str(_body(error).get("param") or "")


def _wait(error: Exception) -> float | None:
    """Return the seconds the provider asks to wait: retry-after-ms, or retry-after (RFC 9110)."""
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    try:
        if exact := headers.get("retry-after-ms"):
            return _bounded(float(exact) / _MILLISECONDS)
        return _seconds(headers.get("retry-after"))
    except ValueError:
        return None


def _seconds(after: str | None) -> float | None:
    """Read retry-after: seconds or a date; ValueError when it is neither."""
    if not after:
        return None
    try:
        return _bounded(float(after))
    except ValueError:
        return _bounded(parsedate_to_datetime(after).timestamp() - time.time())


def _bounded(seconds: float) -> float | None:
    """Return seconds from now, None for what is no number of seconds."""
    return max(0.0, seconds) if math.isfinite(seconds) else None
