"""Questions of the simplest kind, and what becomes of them."""

from pydantic import BaseModel, ConfigDict

from pipeline.config import Price
from pipeline.engines.llm.calls import Request

SYSTEM = "Task: same.v1\nDo both names stand for the same touchpoint?"
PRICES = {"gpt-4o-mini": Price(prompt=1.0, completion=4.0)}


class Pair(BaseModel):
    """Whether two names stand for one touchpoint."""

    model_config = ConfigDict(extra="forbid")

    id: int
    same: bool
    confidence: float


class PairAnswer(BaseModel):
    """The whole answer to `same`."""

    model_config = ConfigDict(extra="forbid")

    results: tuple[Pair, ...]


def pair_mind(_task, _system, items):
    """A sensible answer."""
    return {"results": [{"id": id_, "same": True, "confidence": 0.8} for id_ in items]}


def pair(number, attempt=0, stage="resolve", words="", max_tokens=500):
    """A question that differs from those of other numbers."""
    user = f"<<item 1 a1b2c3>>\nA: bill {number} {words}\nB: invoice {number}\n<<end 1 a1b2c3>>"
    return Request(stage, "same.v1", SYSTEM, user, PairAnswer, max_tokens, attempt)


def work(caller, requests, follow=lambda _request, _outcome: []):
    """What each request ended in."""
    ended = {}

    def settle(request, outcome):
        assert request not in ended
        ended[request] = outcome
        return follow(request, outcome)

    caller.work(requests, settle)
    return ended


def outcome_of(caller, request):
    """What one request ended in."""
    return work(caller, [request])[request]
