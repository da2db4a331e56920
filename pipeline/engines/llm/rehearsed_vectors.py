"""Vectors of an endpoint without the endpoint: every call is counted, none is made. For `plan`."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from pipeline.engines.embedding import Matrix
from pipeline.engines.engine import Progress
from pipeline.engines.llm.endpoint_vectors import TASK, EndpointVectors
from pipeline.engines.llm.likeness import reference
from pipeline.engines.llm.money import correction, estimate_tokens
from pipeline.engines.llm.rehearsing import Expected
from pipeline.tables import LedgerRow, Reject

Embed = Callable[[list[str]], Matrix]
_SECONDS_PER_CALL = 1.0
"""How long a call takes, until one has been timed: it writes nothing, which is what takes long."""
_KNOWN = 0.5
"""From this share of known texts on, a step is rehearsed with the endpoint's vectors."""


class RehearsedVectors:
    """Stands where EndpointVectors stand: vectors that are kept, and the embedded model's."""

    def __init__(self, vectors: EndpointVectors, ours: Embed, expected: list[Expected]) -> None:
        """`expected` takes the calls that a run would make, or find answered."""
        self.name = vectors.name
        self._vectors = vectors
        self._ours = ours
        self._expected = expected
        self._counted: set[str] = set()
        self._entered: set[str] = set()
        self._model = vectors.desk.settings.model
        self._usage = vectors.usage()
        self._n_rounds = 0
        self._has_begun = False
        self._is_known: bool | None = None
        """whether this step has the endpoint's vectors; None before it asks for any"""

    @property
    def stage(self) -> str:
        """The step that would ask from now on."""
        return self._vectors.stage

    @stage.setter
    def stage(self, step: str) -> None:
        self._vectors.stage = step
        self._is_known = None

    def embed(self, texts: Sequence[str], progress: Progress | None = None) -> Matrix:  # noqa: ARG002
        """Return unit vectors of texts: in one step all of one kind, as they will be compared."""
        self.prepare(texts)
        missing = set(self._vectors.missing(texts))
        sent = self._vectors.sent(texts)
        is_missing = {text: one in missing for text, one in zip(texts, sent, strict=True)}
        if self._is_known is None and is_missing:
            few = sum(is_missing.values()) <= (1 - _KNOWN) * len(is_missing)
            self._is_known = few and self._vectors.is_ready()
        if self._is_known and is_missing:
            return self._guessed(texts, is_missing)
        return self._ours(list(texts))

    def prepare(self, texts: Sequence[str], progress: Progress | None = None) -> None:  # noqa: ARG002
        """Count the calls that would bring the vectors of texts, and those that brought them."""
        if not self._has_begun:
            # The scale comes first, in calls of its own.
            self._has_begun = True
            self.prepare(reference()[0])
        new = [text for text in self._vectors.missing(texts) if text not in self._counted]
        self._counted.update(new)
        self._n_rounds -= 1
        named = self.stage, f"{TASK}.{self.stage}", self._n_rounds
        for request in self._vectors.requests(new):
            tokens, seconds = self._taken(request.user)
            self._expected.append(Expected(*named, tokens, 0, seconds, False, self._model))
        for answer in self._vectors.calls_behind(texts):
            if answer.key not in self._entered:
                self._entered.add(answer.key)
                self._expected.append(
                    Expected(*named, answer.prompt_tokens, 0, 0.0, True, self._model)
                )

    def ledger(self) -> list[LedgerRow]:
        """Return nothing: nothing was asked."""
        return []

    def drain_faults(self) -> list[Reject]:
        """Return none."""
        return []

    def _taken(self, texts: str) -> tuple[int, float]:
        """Return about how many tokens a call with these texts has, and how long it takes."""
        usage = self._usage
        ratio = correction(usage.n_answers, usage.prompt_tokens, usage.estimated_tokens)
        seconds = usage.seconds / usage.n_answers if usage.n_answers else _SECONDS_PER_CALL
        return round(estimate_tokens(texts) * ratio), seconds

    def _guessed(self, texts: Sequence[str], is_missing: Mapping[str, bool]) -> Matrix:
        """Return the kept vectors of texts; for the others what the embedded model's would be in
        this model's numbers, by least squares over the texts known in both."""
        known = [text for text, is_new in is_missing.items() if not is_new]
        vectors = dict(zip(known, self._vectors.embed(known), strict=True))
        if others := [text for text, is_new in is_missing.items() if is_new]:
            both = [*reference()[0], *known]
            turned = np.linalg.lstsq(self._ours(both), self._vectors.embed(both), rcond=None)[0]
            guessed = self._ours(others) @ turned
            lengths = np.maximum(np.linalg.norm(guessed, axis=1, keepdims=True), 1e-9)
            vectors |= dict(zip(others, guessed / lengths, strict=True))
        return np.stack([vectors[text] for text in texts]).astype(np.float32)
