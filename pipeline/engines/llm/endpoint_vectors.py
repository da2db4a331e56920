"""Texts to unit vectors by the embedding model of an endpoint: nothing paid twice, nothing lost.

A call goes the way of all others (`sending`): within the budget, several at once, tried again, a
row in the ledger. Vectors are kept by text the moment they arrive. They are moved onto the scale of
the embedded model's (`likeness`), with which all bounds were measured.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np
from pydantic import BaseModel

from pipeline.config import Llm
from pipeline.engines.embedding import Matrix
from pipeline.engines.engine import Progress
from pipeline.engines.llm.answers_cache import Answer, AnswersCache, Usage
from pipeline.engines.llm.embedding_calls import SEPARATOR, EmbeddingCalls
from pipeline.engines.llm.endpoint import Endpoint
from pipeline.engines.llm.likeness import SCALE_VERSION, Scale, fit_scale, reference
from pipeline.engines.llm.limits import Gate, Pause
from pipeline.engines.llm.money import Books, Purse, estimate_tokens, price_for
from pipeline.engines.llm.questions import Completion, Failed, Outcome, Request, shown
from pipeline.engines.llm.sending import Desk, Work
from pipeline.errors import ConfigError, EngineError, shorten
from pipeline.tables import LedgerRow, Reject
from pipeline.text import ID_LENGTH

Embed = Callable[[list[str]], Matrix]

TASK = "embed"
"""What these calls are called, with the step that makes them, where others have their prompt."""
_MOST_TEXTS, _MOST_TEXTS_SMALL = 96, 16
"""Texts in a call. OpenAI takes 2,048; smaller calls are tried again at less cost, and servers on a
desk answer before the time is out."""
_MOST_TOKENS = 6_000
"""Tokens in a call, as estimated."""
_LONGEST = 450
"""Tokens of a text, as estimated: many models read 512 and refuse, or pass over, the rest."""
_SHORTEST = 40
"""A text that is too long at so many characters is not cut any more."""
_BLANK = "-"
"""Stands for a text of blanks alone, which endpoints refuse."""


class _NoAnswer(BaseModel):
    """Stands where other calls have the shape of their answer."""


def vector_settings(llm: Llm) -> Llm:
    """Return the settings for calls of the embedding model; another server than the chat model's
    gets no key but its own."""
    is_elsewhere = bool(llm.embeddings_endpoint) or llm.provider != "openai"
    variable = llm.embeddings_key_variable or ("" if is_elsewhere else llm.key_variable)
    return llm.model_copy(
        update={
            "provider": "openai",
            "endpoint": llm.embeddings_endpoint if is_elsewhere else llm.endpoint,
            "model": llm.embeddings,
            "key_variable": variable,
        }
    )


def as_sent(text: str, prefix: str) -> str:
    """Return a text as an embedding model gets it: not empty, not too long, after its prefix."""
    plain = " ".join(text.encode("utf-8", "replace").decode().split()) or _BLANK
    while (size := estimate_tokens(plain)) > _LONGEST:
        plain = plain[: min(len(plain) * _LONGEST // size, len(plain) - 1)].rstrip() or _BLANK
    return prefix + plain


class EndpointVectors:
    """The embedding model of the settings; one object serves a whole run."""

    def __init__(
        self,
        llm: Llm,
        answers: AnswersCache,
        ours: Embed,
        purse: Purse,
        pause: Pause = Pause(),  # noqa: B008  (immutable)
    ) -> None:
        """`ours` gives the embedded model's vectors; `purse` is the run's, for all its models.

        ConfigError when there is a budget and the model has no price.
        """
        self.stage = TASK
        """the step that asks from now on, for the ledger"""
        self._ours = ours
        self._answers = answers
        settings = vector_settings(llm)
        self._calls = EmbeddingCalls(settings, answers)
        self.desk = Desk(
            settings,
            Endpoint(settings, self._calls.open),
            answers,
            Books(purse, price_for(llm, llm.embeddings, purse.budget)),
            Gate(llm.most_at_once, llm.timeout_seconds, pause),
            pause,
        )
        parts = [shown(settings.endpoint), llm.embeddings_prefix, SCALE_VERSION, reference()]
        digest = hashlib.sha256(json.dumps(parts).encode()).hexdigest()
        self.name = f"{llm.embeddings} {digest[:8]}"
        self._faults: list[Reject] = []
        self._entered: set[str] = set()
        self._is_answering = False

    def embed(self, texts: Sequence[str], progress: Progress | None = None) -> Matrix:
        """Return one unit vector a text, in order: float32, shape (len(texts), dimensions + 1).

        EngineError when the endpoint cannot be used or sends no vectors; BudgetReached and
        ConfigError as for all calls.
        """
        scale = self.scale
        if not len(texts):
            return scale.apply(np.zeros((0, len(scale.middle)), dtype=np.float32))
        raw = self._raw(texts, progress)
        if raw.shape[1] != len(scale.middle):
            raise self._changed(raw.shape[1], len(scale.middle))
        return scale.apply(raw)

    def prepare(self, texts: Sequence[str], progress: Progress | None = None) -> None:
        """Have the vectors of texts made and kept; errors as for `embed`."""
        self.embed(texts, progress)

    @cached_property
    def scale(self) -> Scale:
        """How the model's vectors are moved, from what it makes of the reference texts."""
        texts, things = reference()
        return fit_scale(self._raw(texts), self._ours(list(texts)), np.array(things))

    def is_ready(self) -> bool:
        """Tell whether the scale is known without a call."""
        return not self.missing(reference()[0])

    def sent(self, texts: Iterable[str]) -> list[str]:
        """Return texts as they are sent."""
        prefix = self.desk.settings.embeddings_prefix
        return [as_sent(text, prefix) for text in texts]

    def missing(self, texts: Iterable[str]) -> list[str]:
        """Return the texts, as they are sent, whose vectors are not kept; each once."""
        return self._unkept(self.sent(texts))

    def requests(self, texts: Iterable[str]) -> list[Request]:
        """Return the calls that bring the vectors of texts, as they are sent."""
        most = _MOST_TEXTS_SMALL if self.desk.settings.profile == "small" else _MOST_TEXTS
        batches: list[list[str]] = []
        room = 0
        for text in texts:
            size = estimate_tokens(text)
            if not batches or len(batches[-1]) >= most or size > room:
                batches.append([])
                room = _MOST_TOKENS
            batches[-1].append(text)
            room -= size
        return [self._request(batch) for batch in batches]

    def calls_behind(self, texts: Iterable[str]) -> list[Answer]:
        """Return the kept answers to this step that brought vectors of these texts, each once."""
        keys = sorted(set(map(self._calls.key, self.sent(texts))))
        return self._answers_of({row.call for row in self._answers.vectors(keys)})

    def usage(self) -> Usage:
        """Return what all calls of this model needed so far."""
        settings = self.desk.settings
        usages = self._answers.usage(settings.model)
        own = [usage for task, usage in usages.items() if task.startswith(f"{TASK}.")]
        return Usage(*(sum(part) for part in zip((0, 0, 0, 0, 0.0), *own, strict=True)))

    def ledger(self) -> list[LedgerRow]:
        """Return one row a call, paid now or before, ordered by id."""
        return self.desk.books.ledger()

    def drain_faults(self) -> list[Reject]:
        """Return the texts that got no vector of their own since the last time."""
        faults, self._faults = self._faults, []
        return faults

    def _raw(self, texts: Sequence[str], progress: Progress | None = None) -> Matrix:
        """Return the model's own vectors, shape (len(texts), dimensions)."""
        sent = self.sent(texts)
        keys = list(map(self._calls.key, sent))
        known = self._look_up(keys)
        missing = {key: text for key, text in zip(keys, sent, strict=True) if key not in known}
        if missing:
            self._ask(list(missing.values()), progress)
            known |= self._look_up(list(missing))
        sizes = sorted({len(vector) for vector in known.values()})
        if len(sizes) > 1:
            raise self._changed(*sizes[:2])
        if not sizes:
            raise self._useless("no vector came")
        return np.stack([known[k] if k in known else _alone(k, sizes[0]) for k in keys])

    def _ask(self, sent: Sequence[str], progress: Progress | None) -> None:
        """Have the vectors of texts made and kept."""
        try:
            Work(self.desk, self._settle, progress).run(self.requests(sent))
        except ConfigError as error:
            many = "a text has no vector" if len(sent) == 1 else f"{len(sent)} texts have no vector"
            model = self.desk.settings.model
            raise ConfigError(f"{many} of {model} yet, and it cannot be asked: {error}") from error

    def _unkept(self, sent: Iterable[str]) -> list[str]:
        """Return the texts, as sent, whose vectors are not kept; each once."""
        by_key = {self._calls.key(text): text for text in sent}
        kept = {row.key for row in self._answers.vectors(list(by_key))}
        return [text for key, text in by_key.items() if key not in kept]

    def _look_up(self, keys: Sequence[bytes]) -> dict[bytes, Matrix]:
        """Return the vectors that are kept, and enter the answers to this step that brought them.

        A step that is not done again keeps its own rows of the ledger.
        """
        rows = self._answers.vectors(sorted(set(keys)))
        for answer in self._answers_of({row.call for row in rows} - self._entered):
            self._entered.add(answer.key)
            self.desk.books.enter_cached(self.stage, answer)
        return {row.key: np.frombuffer(row.vector, dtype=np.float32) for row in rows}

    def _answers_of(self, calls: Iterable[str]) -> list[Answer]:
        """Return the answers to this step among calls by their keys."""
        found = filter(None, map(self._answers.get, sorted(calls)))
        return [answer for answer in found if answer.task == self._task]

    @property
    def _task(self) -> str:
        return f"{TASK}.{self.stage}"

    def _request(self, texts: Sequence[str], attempt: int = 0) -> Request:
        return Request(self.stage, self._task, "", SEPARATOR.join(texts), _NoAnswer, 0, attempt)

    def _settle(self, request: Request, outcome: Outcome) -> list[Request]:
        """Return what is asked next: nothing, or in halves the texts that have no vector yet."""
        left = self._unkept(request.user.split(SEPARATOR))
        self._is_answering |= not left
        if not left:
            return []
        if isinstance(outcome, Completion) and outcome.cached:
            # Of a damaged file the answer was saved, and not its vectors.
            return [self._request(left, request.attempt + 1)]
        if SEPARATOR in request.user:
            half = (len(left) + 1) // 2
            return [self._request(part) for part in (left[:half], left[half:]) if part]
        return self._cut_or_given_up(request, outcome)

    def _cut_or_given_up(self, request: Request, outcome: Outcome) -> list[Request]:
        """Return a call for half of a single text that is too long; note any other as lost.

        EngineError while not one text got a vector: then it is not the text's fault.
        """
        text = request.user
        reason, detail = "malformed_answer", self._calls.faults.get(text, "")
        if isinstance(outcome, Failed):
            reason, detail = outcome
        length = self._calls.cuts.get(text, len(text)) // 2
        if reason == "too_long_for_model" and length >= _SHORTEST:
            self._calls.cuts[text] = length
            return [replace(request, attempt=request.attempt + 1)]
        if not self._is_answering:
            raise self._useless(detail)
        row_id = f"{TASK}/{self._calls.key(text).hex()[:ID_LENGTH]}"
        self._faults.append(Reject(row_id, self.stage, reason, f"{shorten(text)}: {detail}"))
        return []

    def _useless(self, detail: str) -> EngineError:
        settings = self.desk.settings
        return EngineError(
            f"{shown(settings.endpoint)}, model {settings.model}: no vectors of texts: {detail}"
        )

    def _changed(self, one: int, other: int) -> EngineError:
        return self._useless(
            f"some have {one} numbers and some {other}: another model than before has this name; "
            "name the model as it is, or delete .answers.sqlite of the corpus, which holds all "
            "answers that were paid"
        )


def _alone(key: bytes, size: int) -> Matrix:
    """Return a vector for a text that got none: like no other, and the same each time."""
    numbers = np.random.default_rng(int.from_bytes(key[:8])).normal(size=size)
    return np.asarray(numbers, dtype=np.float32)
