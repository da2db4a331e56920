"""A job: many items, one prompt. Packed into few calls, read back item by item, nothing lost.

An item whose call failed is asked again in a smaller company: a pack becomes halves or single
items, a single item becomes pieces, and what fails alone is given back with the reason. So one
poisoned document never costs another its answer.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from pipeline.engines.engine import Progress
from pipeline.engines.llm import repair
from pipeline.engines.llm.money import estimate_tokens
from pipeline.engines.llm.questions import Completion, Failed, Outcome, Request
from pipeline.engines.llm.schemas import Result
from pipeline.engines.llm.sending import Settle
from pipeline.errors import ConfigError
from pipeline.tables import LedgerRow

R = TypeVar("R", bound=Result)
_NONCE = 6
_AS_LETTERS = str.maketrans("0123456789", "ghijklmnop")
"""Digits among letters cost a token each."""
_SEVERAL = 3
_TRIES, _TRIES_ALONE = 2, 3
"""How often the same call is made before its items are asked one by one, and for a single item."""
_ITEMS_SHARE = 3
"""Items get one part in so many of the room of a call: answers copy quotes and say more of each."""
_FENCE_TOKENS = 24
"""Of the marks around an item, at most."""
_LEAST_ANSWER = 200
"""Tokens without which an answer says nothing: an item that leaves less is not asked."""


class Calls(Protocol):
    """Whoever has requests answered: the Caller in a run, a stand-in where calls are counted."""

    def work(
        self, requests: Iterable[Request], settle: Settle, progress: Progress | None = None
    ) -> None:
        """Answer all requests, and those that `settle` returns for what came of each."""

    def ledger(self) -> list[LedgerRow]:
        """Return one row a request that was answered."""


@dataclass(frozen=True, slots=True)
class Item:
    """A piece of text to be judged: lines of data under a key that only we see."""

    key: str
    lines: tuple[str, ...]

    def tokens(self) -> int:
        """Return about how many tokens the lines are."""
        return sum(estimate_tokens(line) + 1 for line in self.lines)

    def halves(self) -> tuple["Item", ...]:
        """Return the item in two pieces; nothing when it is a single line."""
        middle = len(self.lines) // 2
        if not middle:
            return ()
        return Item(self.key, self.lines[:middle]), Item(self.key, self.lines[middle:])


class Fault(NamedTuple):
    """Why an item, or some of its lines, has no answer."""

    reason: str
    detail: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Job(Generic[R]):
    """One prompt over many items."""

    stage: str
    """The step that asks."""
    task: str
    system: str
    result: type[R]
    items: tuple[Item, ...]
    pack_tokens: int
    """Most tokens of items in one call; 0 is one item a call."""
    answer_tokens: int
    room_tokens: int = 0
    """Most tokens of the items and the answer of one call together; 0 is no bound."""

    @property
    def longest(self) -> int:
        """Tokens of items that a call may hold, and from which an item is cut; 0 is no bound."""
        answered = int(self.answer_tokens / self.result.answer_share)
        bounds = (self.pack_tokens, self.room_tokens // _ITEMS_SHARE, answered)
        return min(filter(None, bounds), default=0)

    def room_beside(self, pack: Sequence[Item]) -> int:
        """Return the most tokens that the answer about some items may have."""
        if not self.room_tokens:
            return self.answer_tokens
        held = sum(item.tokens() + _FENCE_TOKENS for item in pack)
        return min(self.answer_tokens, self.room_tokens - held)


@dataclass(frozen=True, slots=True)
class Answered(Generic[R]):
    """What came of a job, by the key of the item."""

    results: dict[str, list[R]] = field(default_factory=dict)
    """One result for an item, or one for each of its pieces in the order of its lines."""
    faults: dict[str, list[Fault]] = field(default_factory=dict)


def ask(caller: Calls, job: Job[R], progress: Progress | None = None) -> Answered[R]:
    """Have every item answered or find out why not; items with the same text are asked once.

    EngineError when the provider cannot be used at all, or the budget is reached; ConfigError when
    nothing fits into a call.
    """
    keys_of: dict[tuple[str, ...], list[str]] = {}
    for item in job.items:
        keys_of.setdefault(item.lines, []).append(item.key)
    asked = _Asked(job)
    caller.work(asked.requests(), asked.settle, progress)
    out: Answered[R] = Answered()
    for lines, keys in keys_of.items():
        found = [result for _, result in sorted(asked.found.get(keys[0], []), key=_place)]
        for key in keys:
            if found:
                out.results[key] = found
            if keys[0] in asked.faults:
                out.faults[key] = asked.faults[keys[0]]
            elif not found:
                out.faults[key] = [Fault("no_answer", "the model left it out", lines)]
    _refuse_narrow(job, out)
    return out


def _refuse_narrow(job: Job[R], answered: Answered[R]) -> None:
    """Raise ConfigError when no item of several fits into a call: the settings are wrong then."""
    reasons = {fault.reason for own in answered.faults.values() for fault in own}
    if len(job.items) >= _SEVERAL and not answered.results and reasons == {"too_long_for_model"}:
        detail = next(iter(answered.faults.values()))[0].detail
        raise ConfigError(
            f"nothing fits into a call to this model ({detail}): set `context_tokens` under "
            "[engine.llm] to what the server gives a call, prompt and answer together, or lower "
            "`answer_tokens`"
        )


def _place(found: tuple[int, Any]) -> int:
    return found[0]


class _Asked(Generic[R]):
    """The state of a job under way: what each call holds, what was found, what failed."""

    def __init__(self, job: Job[R]) -> None:
        self.job = job
        self.found: dict[str, list[tuple[int, R]]] = {}
        self.faults: dict[str, list[Fault]] = {}
        self._packs: dict[Request, tuple[Item, ...]] = {}
        self._firsts: dict[str, dict[str, int]] = {}

    def requests(self) -> list[Request]:
        """Return a request for each pack of the job's items, each text once."""
        once = {item.lines: item for item in reversed(self.job.items)}
        items = [item for item in self.job.items if once[item.lines] is item]
        for item in items:
            self._firsts[item.key] = {line: n for n, line in reversed([*enumerate(item.lines)])}
        return [self._request(pack, 0) for pack in self._packed(items)]

    def _packed(self, items: Iterable[Item]) -> Iterator[tuple[Item, ...]]:
        """Pack neighbours together up to the token target; cut what is longer than that."""
        pack: list[Item] = []
        size = 0
        for item in self._fitting(items):
            tokens = item.tokens()
            if pack and (not self.job.pack_tokens or size + tokens > self.job.longest):
                yield tuple(pack)
                pack, size = [], 0
            pack.append(item)
            size += tokens
        if pack:
            yield tuple(pack)

    def _fitting(self, items: Iterable[Item]) -> Iterator[Item]:
        """Cut divisible items that are longer than a pack; lose what leaves no room to answer."""
        for item in items:
            halves = item.halves() if self.job.result.is_divisible else ()
            if halves and 0 < self.job.longest < item.tokens():
                yield from self._fitting(halves)
            elif self.job.room_tokens and self.job.room_beside((item,)) < _LEAST_ANSWER:
                self._lose(item, "too_long_for_model", "does not fit into context_tokens")
            else:
                yield item

    def _request(self, pack: tuple[Item, ...], attempt: int) -> Request:
        """Return the call for a pack and remember what it holds."""
        request = Request(
            stage=self.job.stage, task=self.job.task, system=self.job.system, user=fence(pack),
            answer=answer_model(self.job.task, self.job.result),
            max_tokens=self.job.room_beside(pack), attempt=attempt,
        )  # fmt: skip
        self._packs[request] = pack
        return request

    def settle(self, request: Request, outcome: Outcome) -> list[Request]:
        """Take what a call brought; return the calls that are needed instead of it."""
        pack = self._packs.pop(request)
        if isinstance(outcome, Failed):
            if outcome.reason == "too_long_for_model":
                return self._smaller(pack, outcome.reason, outcome.detail, is_alone=len(pack) == 1)
            return self._alone(pack, outcome.reason, outcome.detail, is_alone=len(pack) == 1)
        if outcome.refusal or outcome.finish == "filtered":
            # Its words are the model's own: they may be what a text told it to say.
            is_filtered = outcome.finish == "filtered"
            why = "stopped by the content filter" if is_filtered else "the model refused"
            return self._alone(pack, "refused", why, is_alone=len(pack) == 1)
        return self._read(request, pack, outcome)

    def _read(
        self, request: Request, pack: tuple[Item, ...], completion: Completion
    ) -> list[Request]:
        """Take the results of an answer item by item; ask again for the others."""
        is_cut = completion.finish == "length"
        results = read_results(
            completion.text, self.job.result, is_cut=is_cut, is_alone=len(pack) == 1
        )
        for number, item in enumerate(pack, 1):
            if number in results:
                self._keep(item, results[number])
        missing = tuple(item for number, item in enumerate(pack, 1) if number not in results)
        if not missing:
            return []
        if is_cut:
            if len(results) >= len(missing):  # as many again have room in an answer
                return [self._request(missing, 0)]
            limit = "the answer hit its limit of tokens"
            return self._smaller(missing, "answer_too_long", limit, is_alone=len(pack) == 1)
        why = _LEFT_OUT if results or is_bare(completion.text) else _MALFORMED
        tries = _TRIES if len(pack) > 1 else _TRIES_ALONE
        if len(missing) == len(pack) and request.attempt + 1 < tries:
            return [self._request(pack, request.attempt + 1)]
        return self._alone(missing, *why, is_alone=len(pack) == 1)

    def _keep(self, item: Item, result: R) -> None:
        """Keep the result of an item, or of a piece of one."""
        place = self._firsts[item.key].get(item.lines[0], 0) if item.lines else 0
        self.found.setdefault(item.key, []).append((place, result))

    def _alone(
        self, items: tuple[Item, ...], reason: str, detail: str, *, is_alone: bool
    ) -> list[Request]:
        """Ask for each item by itself; what failed when it was alone in the call has failed.

        Also where the provider only failed: there are texts at which a server falls over each time.
        One that is too busy is not asked more often.
        """
        if not is_alone and reason != "provider_busy":
            return [self._request((item,), 0) for item in items]
        for item in items:
            self._lose(item, reason, detail)
        return []

    def _smaller(
        self, items: tuple[Item, ...], reason: str, detail: str, *, is_alone: bool
    ) -> list[Request]:
        """Ask with half the items, or half the lines of one that was alone in the call."""
        if not is_alone:
            middle = len(items) // 2
            return [self._request(half, 0) for half in (items[:middle], items[middle:]) if half]
        halves = items[0].halves() if self.job.result.is_divisible else ()
        if not halves:
            self._lose(items[0], reason, detail)
        return [self._request((half,), 0) for half in halves]

    def _lose(self, item: Item, reason: str, detail: str) -> None:
        """Note that an item, or a piece of one, has no answer."""
        self.faults.setdefault(item.key, []).append(Fault(reason, detail, item.lines))


_LEFT_OUT = ("no_answer", "left out of the answer, repeatedly")
_MALFORMED = ("malformed_answer", "not the JSON that was asked for, repeatedly")


def fence(pack: Sequence[Item]) -> str:
    """Return the user's message: a mark before each item and one behind the last. No text of the
    call contains their code."""
    texts = ["\n".join(item.lines) for item in pack]
    said = "\x1f".join(texts).encode("utf-8", "surrogatepass")
    digest = hashlib.sha256(said).hexdigest().translate(_AS_LETTERS)
    places = range(len(digest) - _NONCE)
    nonces = (digest[n : n + _NONCE] for n in places)
    nonce = next((one for one in nonces if not any(one in text for text in texts)), digest)
    marked = (f"<<item {number} {nonce}>>\n{text}" for number, text in enumerate(texts, 1))
    return "\n".join([*marked, f"<<end {len(texts)} {nonce}>>"])


@cache
def answer_model(task: str, result: type[Result]) -> type[BaseModel]:
    """Return the model of a whole answer: its results in a list, named after the task."""
    return create_model(
        task.split(".", maxsplit=1)[0],
        __config__=ConfigDict(extra="forbid"),
        results=(list[result], ...),  # type: ignore[valid-type]
    )


def read_results(
    text: str, result: type[R], *, is_cut: bool = False, is_alone: bool = False
) -> dict[int, R]:
    """Return the results of an answer that fit their model, by the number of their item.

    An answer that is not JSON is repaired where that is possible. Of one that was cut off the last
    result is left out: nobody knows what it would have said. The first of two with one number
    counts; a single result about a single item needs none.
    """
    found = repair.objects(repair.answered(text))
    if is_alone and len(found) == 1 and "id" not in found[0]:
        found = [{"id": 1, **found[0]}]
    out: dict[int, R] = {}
    for one in found[:-1] if is_cut else found:
        try:
            fit = result.model_validate(one)
        except ValidationError:
            continue
        out.setdefault(fit.id, fit)
    return out


def is_bare(text: str) -> bool:
    """Tell whether an answer has the right form and holds no result at all."""
    return bool(repair.answered(text) == {"results": []})
