"""The model calls of a run: cached, several at a time, within a budget, with a ledger."""

from collections.abc import Iterable
from pathlib import Path

from pipeline.config import Llm
from pipeline.engines.engine import Progress
from pipeline.engines.llm.answers_cache import Answer, AnswersCache, Usage
from pipeline.engines.llm.batch import Batches, Batching
from pipeline.engines.llm.endpoint import Endpoint
from pipeline.engines.llm.limits import Gate, Pause
from pipeline.engines.llm.money import (
    Books,
    BudgetReached,
    Purse,
    Spent,
    correction,
    estimate_tokens,
    price_for,
)
from pipeline.engines.llm.questions import Completion, Failed, Outcome, Request
from pipeline.engines.llm.sending import Desk, Settle, Work
from pipeline.tables import LedgerRow

__all__ = [
    "BudgetReached", "Caller", "Completion", "Failed", "Outcome", "Request", "Spent",
]  # fmt: skip


class Caller:
    """Answers requests with the model of the settings; one object serves a whole run."""

    def __init__(
        self,
        settings: Llm,
        cache: Path | None,
        budget: float | None = None,
        pause: Pause = Pause(),  # noqa: B008  (immutable)
        batching: Batching | None = None,
    ) -> None:
        """`cache` None keeps answers for this object only; `budget` is in the prices' currency.

        With `batching` the batch endpoint is asked first. ConfigError when there is no model, a
        budget and no price, or batches and another provider than `openai`.
        """
        self.desk = Desk(
            settings,
            Endpoint(settings),
            AnswersCache(cache),
            Books(Purse(budget), price_for(settings, settings.model, budget)),
            Gate(settings.most_at_once, settings.timeout_seconds, pause),
            pause,
        )
        self._batches = Batches(self.desk, cache, batching) if batching else None
        self._ratio: float | None = None

    def work(
        self, requests: Iterable[Request], settle: Settle, progress: Progress | None = None
    ) -> None:
        """Answer all requests, several at a time.

        `settle` is called in this thread for each that ended and may return more, which are sent
        while others are under way. `progress` is told how many ended, and of how many so far.

        EngineError when the provider cannot be used or answers no more; BudgetReached when the
        next call could pass the budget; ConfigError when there is no key or package. Whichever it
        is, the answers that came are kept.
        """
        if self._batches:
            self._batches.work(requests, settle, progress)
        else:
            Work(self.desk, settle, progress).run(requests)

    def kept(self, request: Request) -> Answer | None:
        """Return the answer in the cache, in any form that the endpoint may turn out to need."""
        answers = map(self.desk.answers.get, self.desk.questions(request))
        return next(filter(None, answers), None)

    @property
    def spent(self) -> Spent:
        """Sums over all calls so far."""
        return self.desk.books.spent

    def ledger(self) -> list[LedgerRow]:
        """Return one row a request that was answered, ordered by id."""
        return self.desk.books.ledger()

    def usage(self) -> dict[str, Usage]:
        """Return what this model's answers in the cache needed, by task (`extract.v1`)."""
        return self.desk.answers.usage(self.desk.settings.model)

    def tokens(self, text: str) -> int:
        """Return about how many tokens the model will count, as far as it has told before."""
        if self._ratio is None:
            sums = list(self.usage().values())
            self._ratio = correction(
                sum(usage.n_answers for usage in sums),
                sum(usage.prompt_tokens for usage in sums),
                sum(usage.estimated_tokens for usage in sums),
            )
        return round(estimate_tokens(text) * self._ratio)
