"""Questions through the batch endpoint: cheaper, answered within a day, whoever waits for them.

What a batch brings goes into the cache of answers and is settled from there as in any run; what it
does not bring is asked the ordinary way. A batch that was submitted is found again by every later
run that asks one of its questions.
"""

import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pipeline.engines.engine import Progress
from pipeline.engines.llm.batch_book import BatchBook, Waiting
from pipeline.engines.llm.batch_lines import Unanswered, line_of
from pipeline.engines.llm.batch_provider import ENDED, Provider
from pipeline.engines.llm.chats import Reply
from pipeline.engines.llm.money import BudgetReached
from pipeline.engines.llm.questions import Outcome, Question, Request, shown
from pipeline.engines.llm.sending import MOST_WAYS, Desk, Settle, Work, estimate
from pipeline.errors import ConfigError, EngineError, shorten

if TYPE_CHECKING:
    from openai.types import Batch

log = logging.getLogger(__name__)

# Fewer questions that follow from answers are not worth another wait of hours.
_LEAST_FOLLOWING = 20
# Asking differently ends after so many ways, whatever an endpoint says.
_TOO_MANY_TOKENS = "token_limit_exceeded"
_STOP = "you may stop now (Ctrl-C) and run the same command later"


class Batching(NamedTuple):
    """How long to wait between two looks at a batch, in seconds, and how large batches may be."""

    first: float = 0.5
    most: float = 300.0
    growth: float = 1.5
    most_lines: int = 50_000
    most_bytes: int = 200_000_000
    """Of one file; both are OpenAI's limits (platform.openai.com/docs/guides/batch)."""

    def after(self, looks: int) -> float:
        """Return how long to wait after so many looks."""
        return min(self.most, self.first * self.growth ** min(looks, 50))


class _Asked(NamedTuple):
    """A request without an answer."""

    request: Request
    questions: dict[str, Question]
    """By key, in every form that the endpoint may know; the first is the one to send."""

    @property
    def key(self) -> str:
        return next(iter(self.questions))


class Batches:
    """Answers requests through batches; one object serves a whole run."""

    def __init__(self, desk: Desk, answers: Path | None, batching: Batching) -> None:
        """`answers` is where the answers are kept: the list of batches stands beside it.

        ConfigError for a provider whose batches are not OpenAI's.
        """
        if desk.settings.provider != "openai":
            raise ConfigError(
                f"--batch works with provider 'openai' alone (every endpoint with OpenAI's batches)"
                f", not {shorten(desk.settings.provider)!r}: leave it out"
            )
        self._desk = desk
        self._book = BatchBook(answers)
        self._provider = Provider(desk)
        self._batching = batching
        self._asked: set[str] = set()
        """prompts that were put to the model before"""

    def work(
        self, requests: Iterable[Request], settle: Settle, progress: Progress | None = None
    ) -> None:
        """Answer all requests and what comes of them, round by round. See Caller.work.

        KeyboardInterrupt says what goes on at the provider.
        """
        asked, n_ended = list(requests), 0
        # The second round of proposals, say, follows from answers as well.
        tasks = {request.task for request in asked}
        least = _LEAST_FOLLOWING if tasks <= self._asked else 1
        self._asked |= tasks
        while asked:
            told = _after(progress, n_ended)
            _Fetch(self._desk, self._book, self._provider, self._batching).run(asked, least, told)
            following: list[Request] = []

            def gather(
                request: Request, outcome: Outcome, following: list[Request] = following
            ) -> list[Request]:
                following.extend(settle(request, outcome))
                return []

            with self._book.locked():
                Work(self._desk, gather, told).run(asked)
            n_ended += len(asked)
            asked, least = following, _LEAST_FOLLOWING


def _after(progress: Progress | None, n_before: int) -> Progress | None:
    """Return a progress that counts on from so many."""
    if progress is None:
        return None
    return lambda ended, seen: progress(n_before + ended, n_before + seen)


@dataclass(slots=True)
class _Fetch:
    """Brings answers to requests into the cache, as many as batches give."""

    desk: Desk
    book: BatchBook
    provider: Provider
    batching: Batching
    held: dict[str, float] = field(default_factory=dict)
    """What is held in the purse, by key."""
    submitted: set[str] = field(default_factory=set)
    """Batches that did not exist before."""
    most_lines: int = 0
    ways: int = 0
    is_one_by_one: bool = False
    """No batch is submitted beside another: the account has a limit of tokens under way."""

    def run(self, requests: list[Request], least: int, progress: Progress | None) -> None:
        """Submit what no batch holds, if it is at least so much, and wait for all batches.

        BudgetReached before anything is submitted when it could cost too much.
        """
        self.most_lines = self.batching.most_lines
        try:
            while left := self._left(requests):
                self._submit(left, _LEAST_FOLLOWING if self.ways else least)
                ids = self._places(left)
                if not ids:
                    return
                told = _after(progress, len(requests) - len(left))
                for batch_id, batch in self._await(ids, len(left), told):
                    self._collect(batch_id, batch, left)
        finally:
            self._let_go(list(self.held))

    def _left(self, requests: list[Request]) -> list[_Asked]:
        """Return the requests that neither the cache nor a batch has dealt with, each once."""
        left: dict[str, _Asked] = {}
        given_up = self.book.given_up()
        for request in requests:
            asked = _Asked(request, self.desk.questions(request))
            if given_up.isdisjoint(asked.questions) and not self._is_answered(asked):
                left.setdefault(asked.key, asked)
        return list(left.values())

    def _is_answered(self, asked: _Asked) -> bool:
        """Tell whether the cache holds an answer."""
        return any(self.desk.answers.get(key) for key in asked.questions)

    def _places(self, asked: list[_Asked]) -> list[str]:
        """Return the batches that hold these questions."""
        places = self.book.places()
        return sorted({places[key] for one in asked for key in one.questions if key in places})

    def _free(self, asked: list[_Asked]) -> list[_Asked]:
        """Return what no batch holds, and no other run has had answered meanwhile."""
        taken = self.book.places().keys()
        return [
            one for one in asked
            if taken.isdisjoint(one.questions) and not self._is_answered(one)
        ]  # fmt: skip

    def _submit(self, left: list[_Asked], least: int) -> None:
        """Submit what no batch holds, in as many batches as it needs."""
        free = self._free(left)
        keys = {one.key for one in free}
        self._hold([one for one in left if one.key not in keys], is_owed=True)
        if len(free) < least:
            return
        self._hold(free, is_owed=False)
        while free:
            with self.book.locked():
                free = self._free(free)
                if not free or (self.is_one_by_one and self._places(left)):
                    return
                self._submit_some(free)

    def _hold(self, asked: list[_Asked], *, is_owed: bool) -> None:
        """Hold the most that questions can cost; what was submitted before is owed already."""
        share = self.desk.settings.batch_share
        costs = {
            one.key: share * self.desk.most_cost(one.questions[one.key])
            for one in asked
            if one.key not in self.held
        }
        needed = sum(costs.values())
        if is_owed:
            self.desk.books.purse.owe(needed)
        elif not self.desk.books.purse.hold(needed):
            raise BudgetReached(self.desk.books.purse, 0, len(asked), needed, is_batch=True)
        self.held |= costs

    def _let_go(self, keys: Iterable[str]) -> None:
        """Hold nothing any more for questions that no batch will answer."""
        for key in keys:
            self.desk.books.purse.release(self.held.pop(key, 0.0), 0.0)

    def _submit_some(self, free: list[_Asked]) -> None:
        """Submit one batch with as much of this as it may hold."""
        endpoint, model = self.desk.endpoint, self.desk.settings.model
        lines: dict[str, bytes] = {}
        waiting: list[Waiting] = []
        n_bytes = 0
        for one in free[: self.most_lines]:
            question = one.questions[one.key]
            line = line_of(one.key, model, question, endpoint.parameters(question))
            n_bytes += len(line)
            if lines and n_bytes > self.batching.most_bytes:
                break
            lines[one.key] = line
            estimated = estimate(question)
            waiting.append(Waiting(one.key, one.request.stage, one.request.task, estimated))
        taken = self.provider.submit(lines, b"".join(lines.values()), self.book.knows)
        self.book.enter(taken.id, waiting)
        self.submitted |= {taken.id} if taken.is_new else set()
        log.info("%s holds %s questions", taken.id, f"{len(lines):,}")

    def _await(
        self, ids: list[str], n_left: int, progress: Progress | None
    ) -> list[tuple[str, "Batch | None"]]:
        """Return the batches that ended, or are not known any more, as soon as there is one."""
        names = ids[0] if len(ids) == 1 else f"{len(ids)} batches, {ids[0]} to {ids[-1]}"
        at = f"{names} at {shown(self.desk.settings.endpoint)}"
        log.info("waiting for %s: %s questions; %s", at, f"{n_left:,}", _STOP)
        try:
            looks = 0
            while True:
                states = [(batch_id, self.provider.state(batch_id)) for batch_id in ids]
                ended = [
                    (name, batch) for name, batch in states if not batch or batch.status in ENDED
                ]
                if ended:
                    return ended
                if progress:
                    progress(sum(_n_done(batch) for _, batch in states if batch), n_left)
                time.sleep(self.batching.after(looks))
                looks += 1
        except KeyboardInterrupt:
            raise KeyboardInterrupt(
                f"stopped; {at} goes on without this run: run the same command again to go on"
            ) from None

    def _collect(self, batch_id: str, batch: "Batch | None", left: list[_Asked]) -> None:
        """Put what a batch brought into the cache, unless another run was first; then nothing of
        it stays at the provider."""
        if self._is_collected(batch_id, batch, left) and batch:
            self.provider.clear(batch)

    def _is_collected(self, batch_id: str, batch: "Batch | None", left: list[_Asked]) -> bool:
        """Collect a batch; False if another run was first or there is nothing to collect."""
        with self.book.locked():
            waiting = self.book.waiting(batch_id)
            if not waiting:
                return False
            self.book.strike(batch_id)
            results = self.provider.results(batch) if batch else None
            if batch is None or results is None:
                self._let_go(waiting)
                self._forget(batch_id)
                return False
            faults: dict[str, Unanswered] = {}
            for key, outcome in results:
                if isinstance(outcome, Unanswered):
                    faults[key] = outcome
                elif key in waiting:
                    self._keep(waiting[key], outcome)
                    if not outcome.is_empty:
                        del waiting[key]
            self._let_go(waiting)
            if waiting:
                self._go_on(batch, waiting, faults, left)
            return True

    def _forget(self, batch_id: str) -> None:
        """Have what a lost batch held submitted anew; EngineError if that was done just now."""
        if batch_id in self.submitted:
            raise EngineError(
                f"{shown(self.desk.settings.endpoint)} took {batch_id} and does not know it any "
                "more: run the same command again, or without --batch"
            )
        log.warning("%s is not known any more: its questions are submitted anew", batch_id)

    def _keep(self, waiting: Waiting, reply: Reply) -> None:
        """Keep an answer and enter what it cost."""
        answer = self.desk.keep(waiting.key, waiting.task, reply, waiting.estimated_tokens, 0.0)
        held = self.held.pop(waiting.key, 0.0)
        share = self.desk.settings.batch_share
        self.desk.books.enter_paid(waiting.stage, answer, held, share)
        if not reply.is_empty:
            self.desk.arrived.add(waiting.key)

    def _go_on(
        self,
        batch: "Batch",
        waiting: dict[str, Waiting],
        faults: dict[str, Unanswered],
        left: list[_Asked],
    ) -> None:
        """Decide what becomes of questions without an answer: a batch again, or no batch."""
        errors = (batch.errors.data if batch.errors else None) or []
        if len(waiting) > 1 and any(error.code == _TOO_MANY_TOKENS for error in errors):
            self.most_lines, self.is_one_by_one = (len(waiting) + 1) // 2, True
            log.info("%s is too large for the account: asked in parts", batch.id)
            return
        again = self._learn(faults, left)
        lost = waiting.keys() - again
        self.book.give_up(lost)
        if lost:
            why = "; ".join(str(error.message) for error in errors[:1])
            log.warning(
                "%s %s, %s of its questions not answered: they are asked the ordinary way, at the "
                "full price%s", batch.id, batch.status, f"{len(lost):,}", why and f" ({why})",
            )  # fmt: skip

    def _learn(self, faults: dict[str, Unanswered], left: list[_Asked]) -> set[str]:
        """Let the endpoint learn from errors how it wants to be asked; return what to ask again."""
        endpoint = self.desk.endpoint
        again: set[str] = set()
        if self.ways >= MOST_WAYS:
            return again
        questions = {key: question for one in left for key, question in one.questions.items()}
        for key, unanswered in faults.items():
            fault = endpoint.fault(unanswered)
            if fault.kind == "unsupported" and key in questions:
                again |= {key} if endpoint.learn(fault, questions[key]) else set()
        self.ways += bool(again)
        return again


def _n_done(batch: "Batch") -> int:
    """Return how many questions of a batch are dealt with."""
    counts = batch.request_counts
    return counts.completed + counts.failed if counts else 0
