"""What goes wrong, and when: drawn from a seed, or bound to words of the request."""

import random
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.llm.wire import ApiError, GatewayError

STATUS_KINDS = (
    "429", "429_after", "429_after_ms", "429_quota", "400", "400_filter", "context_length",
    "401", "403", "403_page", "404", "500", "502", "503", "504",
)  # fmt: skip
TRANSPORT_KINDS = ("timeout", "slow", "dropped")
TEXT_KINDS = ("malformed", "garbage", "truncated", "length", "refusal", "content_filter", "empty")
ITEM_KINDS = ("wrong_schema", "missing_items", "unknown_items", "doubled_items")
KINDS = (*STATUS_KINDS, *TRANSPORT_KINDS, *TEXT_KINDS, *ITEM_KINDS)
UNKNOWN_ID = 900
"""Ids invented by `unknown_items` begin here."""
GARBAGE = "I read all of it carefully and found nothing that would worry me."
REFUSAL = "I'm sorry, but I can't help with that."


@dataclass(frozen=True)
class Rule:
    """`kind` happens whenever `text` stands in the request's messages ("" stands in all)."""

    text: str
    kind: str
    times: int | None = None
    """only to so many requests of the server"""
    attempts: int | None = None
    """only to so many attempts of each request"""


@dataclass(frozen=True)
class Fault:
    """What happens to one request; the text of the rule, if a rule made it happen."""

    kind: str
    text: str = ""


@dataclass(frozen=True)
class Faults:
    """A table of shares and rules. A server's own copy counts how often each rule was used."""

    seed: int = 0
    shares: dict[str, float] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()

    def __post_init__(self) -> None:
        unknown = {*self.shares, *(rule.kind for rule in self.rules)} - set(KINDS)
        if unknown or sum(self.shares.values()) > 1 + 1e-9:
            raise ValueError(f"unknown faults {sorted(unknown)} or shares above 1: {self.shares}")


class Dice:
    """Draws the fault of each request; may be asked from any thread."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._lock = threading.Lock()
        self._n_used = [0] * len(faults.rules)

    def draw(self, text: str, digest: str, attempt: int) -> Fault | None:
        """A rule first, else by share; the same seed, request and attempt draw the same."""
        for number, rule in enumerate(self._faults.rules):
            if rule.text in text and self._may_use(number, rule, attempt):
                return Fault(rule.kind, rule.text)
        point = random.Random(f"{self._faults.seed} {digest} {attempt}").random()  # noqa: S311
        for kind, share in self._faults.shares.items():
            if point < share:
                return Fault(kind)
            point -= share
        return None

    def _may_use(self, number: int, rule: Rule, attempt: int) -> bool:
        if rule.attempts is not None and attempt >= rule.attempts:
            return False
        with self._lock:
            if rule.times is not None and self._n_used[number] >= rule.times:
                return False
            self._n_used[number] += 1
        return True


def raise_status(kind: str, model: str, retry_after: float) -> None:
    """Raises what OpenAI answers for a kind of STATUS_KINDS; nothing for the others."""
    if kind in {"429", "429_after", "429_after_ms"}:
        raise rate_limited(model, kind, retry_after)
    if kind == "403_page":
        raise GatewayError(403, "Access denied by policy")
    if kind in {"502", "504"}:
        raise GatewayError(int(kind), "Bad Gateway" if kind == "502" else "Gateway Time-out")
    if kind in _STATUS_ERRORS:
        status, message, code, type_ = _STATUS_ERRORS[kind]
        raise ApiError(status, message.format(model=model), code, type_=type_)


_BAD_REQUEST = "invalid_request_error"
_STATUS_ERRORS = {
    "429_quota": (
        429,
        "You exceeded your current quota, please check your plan and billing details.",
        "insufficient_quota",
        "insufficient_quota",
    ),
    "400": (
        400,
        "Invalid prompt: your prompt was flagged as potentially violating our usage policy.",
        "invalid_prompt",
        _BAD_REQUEST,
    ),
    "400_filter": (
        400,
        "The response was filtered due to the prompt triggering the content management policy.",
        "content_filter",
        _BAD_REQUEST,
    ),
    "context_length": (
        400,
        "This model's maximum context length is 128000 tokens. However, your messages resulted in "
        "128001 tokens. Please reduce the length of the messages.",
        "context_length_exceeded",
        _BAD_REQUEST,
    ),
    "401": (401, "Incorrect API key provided.", "invalid_api_key", _BAD_REQUEST),
    "403": (
        403,
        "Country, region, or territory not supported",
        "unsupported_country_region_territory",
        "request_forbidden",
    ),
    "404": (
        404,
        "The model `{model}` does not exist or you do not have access to it.",
        "model_not_found",
        _BAD_REQUEST,
    ),
    "500": (
        500,
        "The server had an error while processing your request. Sorry about that!",
        None,
        "server_error",
    ),
    "503": (
        503,
        "The engine is currently overloaded, please try again later",
        None,
        "service_unavailable",
    ),
}


def rate_limited(model: str, kind: str, retry_after: float) -> ApiError:
    """429, with the header that the kind names."""
    headers = {}
    if kind == "429_after":
        headers["retry-after"] = f"{retry_after:g}"
    elif kind == "429_after_ms":
        headers["retry-after-ms"] = f"{retry_after * 1000:.0f}"
    message = f"Rate limit reached for {model} on tokens per min (TPM): Limit 200000, Used 200000."
    return ApiError(429, message, "rate_limit_exceeded", type_="tokens", headers=headers)


def spoil_items(fault: Fault, answer: dict, items: dict[int, str], digest: str) -> dict:
    """The answer with a fault of ITEM_KINDS; it is copied, not changed."""
    results = list(answer.get("results", []))
    hit = _hit_ids(fault, items, digest)
    if fault.kind == "missing_items":
        results = [result for result in results if result["id"] not in hit]
    elif fault.kind == "doubled_items":
        results += [result for result in results if result["id"] in hit]
    elif fault.kind == "unknown_items":
        foreign = [result for result in results if result["id"] in hit]
        results += [{**r, "id": UNKNOWN_ID + place} for place, r in enumerate(foreign)]
    elif fault.kind == "wrong_schema":
        results = [_misshape(result) if result["id"] in hit else result for result in results]
    return {**answer, "results": results}


def _hit_ids(fault: Fault, items: dict[int, str], digest: str) -> set[int]:
    """The items that hold the rule's text, else about a third, at least one."""
    if fault.text:
        return {number for number, text in items.items() if fault.text in text}
    n_hit = max(1, len(items) // 3)
    drawn: Sequence[int] = random.Random(digest).sample(sorted(items), min(n_hit, len(items)))  # noqa: S311
    return set(drawn)


def _misshape(result: dict) -> dict:
    """Another key instead of the last field, and words where a number stood."""
    kept = dict(list(result.items())[:-1])
    return {**kept, "comment": "I was not sure about this one"}


def spoil_text(kind: str, text: str) -> str:
    """The answer's text with a fault of TEXT_KINDS."""
    if kind == "malformed":
        return re.sub(r'":', '"', text, count=2).rstrip("}]")
    if kind == "garbage":
        return GARBAGE
    if kind in {"truncated", "length"}:
        return text[: max(1, len(text) * 3 // 5)]
    return "" if kind in {"empty", "refusal", "content_filter"} else text
