"""Sends many calls at once: nothing paid twice, nothing lost, no more spent than allowed.

One thread, the caller's, decides what is sent when and keeps all books; a thread for each call
under way asks the endpoint and puts the answer into the cache, before anything else is done with
it. Calls end in any order.
"""

import heapq
import json
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue

from pipeline.config import Llm
from pipeline.engines.engine import Progress
from pipeline.engines.llm.answers_cache import Answer, AnswersCache
from pipeline.engines.llm.chats import Reply
from pipeline.engines.llm.endpoint import Endpoint
from pipeline.engines.llm.faults import Fault
from pipeline.engines.llm.limits import Gate, Pause
from pipeline.engines.llm.money import (
    Books,
    BudgetReached,
    call_cost,
    estimate_tokens,
    most_tokens,
)
from pipeline.engines.llm.questions import (
    Completion,
    Failed,
    Outcome,
    Question,
    Request,
    answer_key,
    identity,
    question_of,
    shown,
)
from pipeline.errors import ConfigError, EngineError

log = logging.getLogger(__name__)

Settle = Callable[[Request, Outcome], list[Request]]

# Asking differently (form, parameters) ends after so many ways, whatever an endpoint says.
MOST_WAYS = 8
# How long calls under way are waited for when the run is stopped by the user, or by a fault.
_GRACE_SECONDS = 1.0
_DRAIN_SECONDS = 30.0
# Waiting goes on in pieces of this length, so that Ctrl-C is heard on every system.
_TICK_SECONDS = 1.0
_KEPT = "all answers so far are kept: run the same command again to go on from here"


_FAILED = "provider_failed"
_REASONS = {
    "busy": "provider_busy",
    "too_long": "too_long_for_model",
    "rejected": "provider_rejected",
    "unsupported": "provider_rejected",
}


@dataclass(slots=True)
class Desk:
    """What lasts from one piece of work to the next."""

    settings: Llm
    endpoint: Endpoint
    answers: AnswersCache
    books: Books
    gate: Gate
    pause: Pause
    arrived: set[str] = field(default_factory=set)
    """Keys of answers that a batch has put into the cache and nobody has seen yet."""

    def refuse_keyless(self) -> None:
        """Raise ConfigError when there is neither a key nor an answer of this model: with answers
        a run may need no key."""
        try:
            self.endpoint.refuse_keyless()
        except ConfigError as error:
            if not self.answers.usage(self.settings.model):
                raise
            log.warning("%s; until then answers that are kept have to do", error)

    def questions(self, request: Request) -> dict[str, Question]:
        """Return a request in each form that the endpoint may know, by the key of its answer.

        The first is to be sent. An answer to any of them will do, so that a run that was answered
        before asks nothing again.
        """
        asked = [question_of(request, form) for form in self.endpoint.forms]
        return {answer_key(self.settings, one, request.attempt): one for one in asked}

    def most_cost(self, question: Question) -> float:
        """Return the most a call can cost."""
        texts = [text for _, text in question.messages()]
        sent = most_tokens(*texts, json.dumps(question.response_format()))
        return call_cost(self.books.price, sent, question.max_tokens)

    def keep(self, key: str, task: str, reply: Reply, estimated: int, seconds: float) -> Answer:
        """Put an answer into the cache and return it; one that says nothing is asked for anew.

        An endpoint that does not count tokens is taken at our own count; `estimated` are those of
        the question.
        """
        prompt, completion = reply.prompt_tokens, reply.completion_tokens
        answer = Answer(
            key=key,
            model=self.settings.model,
            task=task,
            text=reply.text,
            finish=reply.finish,
            refusal=reply.refusal,
            prompt_tokens=estimated if prompt < 0 else prompt,
            completion_tokens=estimate_tokens(reply.text) if completion < 0 else completion,
            estimated_tokens=estimated,
            seconds=round(seconds, 3),
        )
        if not reply.is_empty:
            self.answers.put(answer)
        return answer

    def unusable(self, what: str, fault: Fault) -> EngineError:
        """Return the error that stops the run."""
        return EngineError(
            f"{shown(self.settings.endpoint)}, model {self.settings.model}: {what}: "
            f"{fault.detail}; {_KEPT}"
        )


def estimate(question: Question) -> int:
    """Return about how many tokens a question has."""
    return sum(estimate_tokens(text) for _, text in question.messages())


def _completion(answer: Answer, *, cached: bool) -> Completion:
    """Return an answer as the asker sees it."""
    return Completion(
        answer.text,
        answer.finish,
        answer.refusal,
        answer.prompt_tokens,
        answer.completion_tokens,
        answer.seconds,
        cached,
    )


@dataclass(eq=False, slots=True)
class _Job:
    """A request that is not in the cache, and those who asked the same meanwhile."""

    request: Request
    question: Question
    key: str
    twins: list[Request] = field(default_factory=list)
    tries: int = 0
    ways: int = 0
    held: float = 0.0
    started_at: float = 0.0


class Work:
    """Answers requests until none is left. All but `_send` runs in the thread that called it."""

    def __init__(self, desk: Desk, settle: Settle, progress: Progress | None) -> None:
        self._desk = desk
        self._settle = settle
        self._progress = progress
        self._asked: deque[Request] = deque()
        self._open: dict[Hashable, _Job] = {}
        """all jobs: those under way, those that may be sent, and those to be sent later"""
        self._ready: deque[_Job] = deque()
        self._later: list[tuple[float, int, _Job]] = []
        self._done: SimpleQueue[tuple[_Job, Answer | Fault | EngineError]] = SimpleQueue()
        self._n_under_way = self._n_seen = self._n_ended = self._n_delayed = 0
        self._is_short = False
        """the next call could pass the budget"""

    def run(self, requests: Iterable[Request]) -> None:
        """Answer the requests and all that come of them."""
        self._take(requests)
        try:
            self._look_up()
            while self._open:
                self._start()
                if self._is_short and not self._n_under_way:
                    raise self._budget_reached()
                self._wait()
                self._look_up()
        except KeyboardInterrupt:
            self._drain(_GRACE_SECONDS)
            raise
        except EngineError:
            self._drain(min(_DRAIN_SECONDS, self._desk.settings.timeout_seconds))
            raise

    def _budget_reached(self) -> BudgetReached:
        """Return the end of a run whose budget has no room for the next call."""
        jobs = self._open.values()
        dearest = max(self._desk.most_cost(job.question) for job in jobs)
        left = sum(1 + len(job.twins) for job in jobs)
        return BudgetReached(self._desk.books.purse, self._n_ended, left, dearest)

    def _take(self, requests: Iterable[Request]) -> None:
        """Queue requests."""
        before = len(self._asked)
        self._asked.extend(requests)
        self._n_seen += len(self._asked) - before

    def _look_up(self) -> None:
        """Settle what the cache knows, with all that comes of it, and get the rest ready."""
        while self._asked:
            request = self._asked.popleft()
            if twin := self._open.get(identity(request)):
                twin.twins.append(request)
                continue
            job, answer = self._found(request)
            if answer:
                self._end(request, self._as_found(request, answer))
            else:
                self._open[identity(request)] = job
                self._ready.append(job)

    def _found(self, request: Request) -> tuple[_Job, Answer | None]:
        """Return the call to make for a request, and the answer if one is kept."""
        questions = self._desk.questions(request)
        answers = filter(None, map(self._desk.answers.get, questions))
        key, question = next(iter(questions.items()))
        return _Job(request, question, key), next(answers, None)

    def _as_found(self, request: Request, answer: Answer) -> Completion:
        """Return a kept answer. One that a batch has brought just now is entered already."""
        is_new = answer.key in self._desk.arrived
        self._desk.arrived.discard(answer.key)
        if not is_new:
            self._desk.books.enter_cached(request.stage, answer)
        return _completion(answer, cached=not is_new)

    def _start(self) -> None:
        """Send what may be sent now."""
        self._is_short = False
        now = time.monotonic()
        while self._later and self._later[0][0] <= now:
            # First of all: it may have to be made again, and the end waits for the last one.
            self._ready.appendleft(heapq.heappop(self._later)[2])
        while self._ready and self._desk.gate.is_open(self._n_under_way):
            self._desk.endpoint.open()
            job = self._ready[0]
            self._ask_as_known(job)
            job.held = self._desk.most_cost(job.question)
            self._is_short = not self._desk.books.purse.hold(job.held)
            if self._is_short:
                return
            self._ready.popleft()
            self._n_under_way += 1
            job.started_at = time.monotonic()
            threading.Thread(target=self._send, args=(job,), daemon=True).start()

    def _ask_as_known(self, job: _Job) -> None:
        """Put a question in the form that the endpoint is by now known to take."""
        form = self._desk.endpoint.forms[0]
        if job.question.form != form:
            job.question = question_of(job.request, form)
            job.key = answer_key(self._desk.settings, job.question, job.request.attempt)

    def _send(self, job: _Job) -> None:
        """Make a call, in a thread of its own."""
        outcome: Answer | Fault | EngineError = Fault("fatal", "a call ended in an unknown way")
        try:
            outcome = self._kept(job)
        except EngineError as error:
            outcome = error
        finally:
            self._done.put((job, outcome))

    def _kept(self, job: _Job) -> Answer | Fault:
        """Return the answer to a call, after it was put into the cache."""
        reply = self._desk.endpoint.ask(job.question)
        if isinstance(reply, Fault):
            return reply
        seconds = time.monotonic() - job.started_at
        return self._desk.keep(job.key, job.request.task, reply, estimate(job.question), seconds)

    def _wait(self) -> None:
        """Wait for a call to end, or until one may start."""
        try:
            job, outcome = self._done.get(timeout=self._seconds_to_wait())
        except Empty:
            return
        self._n_under_way -= 1
        if isinstance(outcome, EngineError):
            raise outcome
        told = self._read(job, outcome)
        if told is None:
            return
        del self._open[identity(job.request)]
        # The place that has become free is filled before the answer is looked into.
        self._start()
        for request, end in told:
            self._end(request, end)

    def _seconds_to_wait(self) -> float:
        """Return for how long nothing can happen but the end of a call."""
        times = [self._later[0][0]] if self._later else []
        if self._ready and self._desk.gate.has_place(self._n_under_way):
            times.append(self._desk.gate.opens_at)
        soonest = min(times, default=float("inf")) - time.monotonic()
        return min(max(soonest, 0.0), _TICK_SECONDS)

    def _read(self, job: _Job, outcome: Answer | Fault) -> list[tuple[Request, Outcome]] | None:
        """Enter the end of a call; return what it came to, None when it is made again."""
        books = self._desk.books
        if isinstance(outcome, Answer):
            self._desk.gate.succeeded(outcome.seconds)
            books.enter_paid(job.request.stage, outcome, job.held)
            for twin in job.twins:
                books.enter_cached(twin.stage, outcome)
            told = [_completion(outcome, cached=number > 0) for number in range(1 + len(job.twins))]
            return list(zip((job.request, *job.twins), told, strict=True))
        if outcome.billed:
            books.purse.write_off(job.held)
        else:
            books.purse.release(job.held, 0.0)
        if self._goes_on(job, outcome):
            return None
        failed = Failed(_REASONS.get(outcome.kind, _FAILED), outcome.detail)
        return [(request, failed) for request in (job.request, *job.twins)]

    def _goes_on(self, job: _Job, fault: Fault) -> bool:
        """Queue a call again where that makes sense; EngineError when no call makes sense."""
        gate = self._desk.gate
        if fault.kind == "lost":
            gate.lost(job.started_at, fault.wait)
            if gate.gives_up():
                raise self._desk.unusable(f"the last {gate.failures} calls failed", fault)
            return self._again(job, fault)
        if fault.kind == "busy":
            gate.busy(job.started_at, fault.wait)
            return self._again(job, fault)
        gate.reached()
        if fault.kind == "fatal":
            raise self._desk.unusable("no call can be answered", fault)
        if fault.kind == "unsupported" and job.ways < MOST_WAYS:
            job.ways += 1
            self._ready.appendleft(job)
            return True
        return False

    def _again(self, job: _Job, fault: Fault) -> bool:
        """Queue a call for later, unless it was made often enough."""
        job.tries += 1
        if job.tries > self._desk.settings.retries:
            return False
        pause = self._desk.pause.after(job.tries, self._desk.gate.round_trip)
        # A call that took its time before it failed has waited already.
        took = time.monotonic() - job.started_at
        wait = max(pause - took, fault.wait or 0.0)
        due = time.monotonic() + min(wait, self._desk.settings.timeout_seconds)
        self._n_delayed += 1
        heapq.heappush(self._later, (due, self._n_delayed, job))
        return True

    def _end(self, request: Request, outcome: Outcome) -> None:
        """Settle one request and take what comes of it."""
        self._n_ended += 1
        self._take(self._settle(request, outcome))
        if self._progress:
            self._progress(self._n_ended, self._n_seen)

    def _drain(self, seconds: float) -> None:
        """Wait so long for calls under way: they are paid, and their threads keep the answers."""
        ends_at = time.monotonic() + seconds
        while self._n_under_way and (left := ends_at - time.monotonic()) > 0:
            try:
                job, outcome = self._done.get(timeout=min(left, _TICK_SECONDS))
            except Empty:
                continue
            self._n_under_way -= 1
            if isinstance(outcome, Answer):
                self._desk.books.enter_paid(job.request.stage, outcome, job.held)
