"""The LLM engine without its model: every call is built and counted, none is made. For `plan`.

Answers that are in the cache are taken, the others come from an understudy, so that the calls of
one step follow from the answers of the step before as they do in a run.
"""

import json
import re
from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

import pandas as pd

from pipeline.beside import Ask, here
from pipeline.briefs import Brief, Proposal
from pipeline.config import Llm
from pipeline.engines.embedded.engine import EmbeddedEngine
from pipeline.engines.embedding import Matrix
from pipeline.engines.engine import Aftermath, Progress, Reading
from pipeline.engines.llm.answers_cache import Usage
from pipeline.engines.llm.calls import Caller
from pipeline.engines.llm.engine import LlmEngine
from pipeline.engines.llm.money import estimate_tokens
from pipeline.engines.llm.questions import Completion, Question, Request, question_of
from pipeline.engines.llm.sending import Settle
from pipeline.engines.llm.understudy import Understudy
from pipeline.tables import LedgerRow

_SIGNS = re.compile(r"([^\w\s])[^\w\s]")
"""The signs of JSON come in pairs (`":`, `,"`) that current tokenizers keep together."""

_WHOLE_WORDS = 0.9
"""Of the tokens that we reckon with, so as to pack no call too full: current tokenizers keep whole
most of the words of seven letters and more that are two tokens there, about one word in six."""


_SURELY_CUT = 1.1
"""From so many times its limit on an answer is taken to be cut, which makes for further calls: a
little above it, one is as likely to fit."""
_FEW_ANSWERS = 3
"""So many earlier answers tell as much of how long the next will be as the understudy's does."""


class Expected(NamedTuple):
    """One call that a run would make, or find answered."""

    stage: str
    task: str
    round: int
    """Calls of one round are made side by side; the next round waits for their answers."""
    prompt_tokens: int
    completion_tokens: int
    seconds: float
    is_kept: bool
    """The answer is in the cache: nothing to pay, nothing to wait for."""
    model: str


class RehearsedCalls:
    """Stands where the Caller stands: answers from the cache or by the understudy, and counts."""

    def __init__(self, caller: Caller, settings: Llm, understudy: Understudy) -> None:
        self.expected: list[Expected] = []
        self.n_earlier = sum(usage.n_answers for usage in caller.usage().values())
        """answers of this model in the cache, from which lengths and times are taken"""
        self._caller = caller
        self._settings = settings
        self._understudy = understudy
        self._usage = caller.usage()
        self._n_rounds = 0

    def work(
        self, requests: Iterable[Request], settle: Settle, progress: Progress | None = None
    ) -> None:
        """Settle all requests and what comes of them."""
        waiting = deque(requests)
        self._n_rounds += 1
        n_ended = 0
        while waiting:
            request = waiting.popleft()
            waiting.extend(settle(request, self._answered(request)))
            n_ended += 1
            if progress:
                progress(n_ended, n_ended + len(waiting))

    def ledger(self) -> list[LedgerRow]:
        """Return nothing: nothing was asked."""
        return []

    def _answered(self, request: Request) -> Completion:
        """Note a call, and return the answer that is in the cache or else the understudy's."""
        kept = self._caller.kept(request)
        if not kept:
            return self._played(request)
        tokens = kept.prompt_tokens, kept.completion_tokens
        named = request.stage, request.task, self._n_rounds
        self.expected.append(Expected(*named, *tokens, 0.0, True, self._settings.model))
        return Completion(kept.text, kept.finish, kept.refusal, *tokens, 0.0, cached=True)

    def _played(self, request: Request) -> Completion:
        """Note a call that would be made and return what the understudy says to it."""
        text = self._understudy.answer(request.task, request.user)
        usage = self._usage.get(request.task)
        prompt, completion = self._tokens(request, text, usage)
        finish, most = "stop", request.max_tokens
        if completion > _SURELY_CUT * most:
            finish, text = "length", text[: len(text) * most // completion]
        completion = min(completion, most)
        seconds = self._settings.seconds_per_call
        if usage and usage.seconds:  # answers of batches are not timed
            seconds = usage.seconds / usage.n_answers
        if self._is_foreseen(request):
            named = request.stage, request.task, self._n_rounds
            model = self._settings.model
            self.expected.append(Expected(*named, prompt, completion, seconds, False, model))
        return Completion(text, finish, "", prompt, completion, 0.0, cached=False)

    def _tokens(self, request: Request, text: str, usage: Usage | None) -> tuple[int, int]:
        """Return about how many tokens a call sends and gets, after the understudy's answer."""
        fuller = self._understudy.fuller(request.task, request.user)
        prompt = self._prompt_tokens(request, usage)
        prompt += round((fuller - 1) * _WHOLE_WORDS * estimate_tokens(request.user))
        played = _WHOLE_WORDS * estimate_tokens(_SIGNS.sub(r"\1", text))
        expected = played * self._understudy.share(request.task)
        if usage:
            weight = usage.n_answers / (usage.n_answers + _FEW_ANSWERS)
            expected += weight * (_as_before(request, usage) - expected)
        return prompt, round(fuller * expected)

    def _is_foreseen(self, request: Request) -> bool:
        """Tell whether a call is counted: that a second round of proposals is needed is not to be
        foreseen, the understudy's proposals tell nothing of how many of a model's will hold."""
        return request.stage != "hypothesize" or all(
            one.task != request.task or one.round == self._n_rounds for one in self.expected
        )

    def _prompt_tokens(self, request: Request, usage: Usage | None) -> int:
        """Return about how many tokens a call sends, as this model counted before."""
        question = question_of(request, self._caller.desk.endpoint.forms[0])
        texts = [text for _, text in question.messages()]
        # Providers put the schema before the messages: as much in every call, large or small.
        schema = _schema_tokens(question)
        if usage and usage.estimated_tokens:
            counted = max(usage.prompt_tokens - usage.n_answers * schema, 0)
            ratio = counted / usage.estimated_tokens
            return round(sum(map(estimate_tokens, texts)) * ratio) + schema
        if self.n_earlier:
            return sum(map(self._caller.tokens, texts))
        return round(_WHOLE_WORDS * sum(map(estimate_tokens, texts))) + schema


def _schema_tokens(question: Question) -> int:
    """Return about how many tokens the schema of an answer is, where the endpoint enforces it."""
    if question.form != "strict":
        return 0
    return estimate_tokens(_SIGNS.sub(r"\1", json.dumps(question.schema)))


def _as_before(request: Request, usage: Usage) -> float:
    """Return how long an answer will be when for each token of items as much is answered as in
    earlier answers to the same prompt."""
    system = estimate_tokens(request.system)
    items = max(usage.estimated_tokens - usage.n_answers * system, usage.n_answers)
    return usage.completion_tokens / items * estimate_tokens(request.user)


class Rehearsal:
    """An engine that does all a run does but ask the model."""

    def __init__(
        self, engine: LlmEngine, embedded: EmbeddedEngine, calls: RehearsedCalls,
        understudy: Understudy,
    ) -> None:  # fmt: skip
        self._engine = engine
        self._embedded = embedded
        self._understudy = understudy
        self.calls = calls
        self.has_endpoint_vectors = engine.has_endpoint_vectors
        self.has_clauses = engine.has_clauses
        self.name = engine.name
        self.examples = engine.examples
        self.staff_characters = engine.staff_characters

    def begin(self, step: str) -> None:
        """Note which step would ask from now on."""
        self._engine.begin(step)

    def unread(self, language: str) -> str:
        """Return why texts in a language are not read: never."""
        return self._engine.unread(language)

    def warm(self, sentences: pd.DataFrame, progress: Progress | None, ask: Ask = here) -> int:
        """Compute what a run computes ahead, and what the embedded engine needs to stand in."""
        self._embedded.warm(sentences, progress, ask)
        return self._engine.warm(sentences, progress, ask)

    def read(
        self,
        sentences: pd.DataFrame,
        catalogue_phrases: pd.DataFrame,
        progress: Progress | None = None,
    ) -> Reading:
        """Return what stands in answers that are kept, and what the understudy reads."""
        laid_out = self._engine.lay_out(sentences)
        self._understudy.learn_reading(
            laid_out.asked, self._embedded.read(sentences, catalogue_phrases), sentences,
            catalogue_phrases,
        )  # fmt: skip
        return self._engine.read_laid_out(laid_out, sentences, catalogue_phrases, progress)

    def group(
        self, candidates: pd.DataFrame, catalogue_phrases: pd.DataFrame, ask: Ask = here
    ) -> pd.DataFrame:
        """Return GROUPS as a run would form them."""
        return self._engine.group(candidates, catalogue_phrases, ask)

    def group_pains(self, mentions: pd.DataFrame, touchpoints: pd.DataFrame) -> pd.DataFrame:
        """Return GROUPS of painful mentions as a run would form them."""
        return self._engine.group_pains(mentions, touchpoints)

    def same_thing(self, before: pd.DataFrame, now: pd.DataFrame) -> dict[str, str]:
        """Match groups of two periods by their vectors."""
        return self._engine.same_thing(before, now)

    def embed(self, texts: list[str]) -> Matrix:
        """Return unit vectors of texts."""
        return self._engine.embed(texts)

    def embed_locally(self, texts: list[str]) -> Matrix:
        """Return the embedded model's unit vectors of texts."""
        return self._engine.embed_locally(texts)

    def propose(self, briefs: list[Brief]) -> list[Proposal]:
        """Return the proposals that would be left of the library's."""
        self._understudy.learn_briefs(briefs)
        return self._engine.propose(briefs)

    def drain(self) -> Aftermath:
        """Return that nothing is settled, so that no step keeps what was only rehearsed."""
        return self._engine.drain()._replace(is_settled=not self.calls.expected)

    def prompts(self) -> dict[str, str]:
        """Return the sha256 of each prompt in the form for this model."""
        return self._engine.prompts()
