"""A call of an embedding model through OpenAI's SDK, its vectors kept before anybody sees them."""

import base64
import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.config import Llm
from pipeline.engines.embedding import Matrix
from pipeline.engines.llm.answers_cache import AnswersCache, KeptVector
from pipeline.engines.llm.chats import NO_ANSWER, Reply, counted
from pipeline.engines.llm.questions import Question, answer_key, shown

if TYPE_CHECKING:
    from openai import OpenAI

SEPARATOR = "\x1e"
"""Between the texts of one call: a sign that is taken out of them and counts as no token."""
_KEY_FORMAT = 1
"""Another number forgets all vectors: what a key stands for has changed."""


class EmbeddingCalls:
    """Stands where a chat model stands: the texts are the question, the vectors the answer."""

    errors: tuple[type[Exception], ...] = NO_ANSWER

    def __init__(self, settings: Llm, answers: AnswersCache) -> None:
        """`settings` are those for the embedding model."""
        self.faults: dict[str, str] = {}
        """What was wrong with the vectors that were not kept, by the texts of their call."""
        self.cuts: dict[str, int] = {}
        """How many characters are sent of the texts that are too long."""
        self._settings = settings
        self._answers = answers
        self._client: OpenAI | None = None

    def open(self, client: "OpenAI") -> "EmbeddingCalls":
        """Take the client to ask with."""
        import openai

        self._client = client
        self.errors = (openai.OpenAIError, *NO_ANSWER)
        return self

    def key(self, text: str) -> bytes:
        """Return the key of the vector of a text as sent: a hash of all it can depend on."""
        settings = self._settings
        parts = [
            str(_KEY_FORMAT), shown(settings.endpoint), settings.model, text,
        ]  # fmt: skip
        return hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).digest()

    def ask(self, question: Question, parameters: dict[str, Any]) -> Reply:  # noqa: ARG002
        """Have the vectors of a question's texts made, and keep them; the reply says how many.

        It is empty when they are no vectors; `faults` then says why.
        """
        if self._client is None:
            raise RuntimeError("asked before it was opened")
        texts = question.user.split(SEPARATOR)
        sent = [text[: self.cuts.get(text)] for text in texts]
        # Named, because not every server knows base64, which the SDK would ask for.
        found = self._client.embeddings.create(
            model=self._settings.model, input=sent, encoding_format="float"
        )
        tokens = counted(found.usage.prompt_tokens if found.usage else None)
        rows = sorted(found.data, key=lambda row: row.index)
        vectors = [_numbers(row.embedding) for row in rows]
        if fault := _fault(vectors, len(texts)):
            self.faults[question.user] = fault
            return Reply("", "stop", "", tokens, 0)
        call = answer_key(self._settings, question, 0)
        self._answers.put_vectors(
            [
                KeptVector(self.key(text), call, vector.tobytes())
                for text, vector in zip(texts, vectors, strict=True)
            ]
        )
        return Reply(f"{len(texts)} vectors of {len(vectors[0])}", "stop", "", tokens, 0)

    def close(self) -> None:
        """Do nothing: the client belongs to the endpoint."""


def _numbers(embedding: Sequence[float] | str) -> Matrix:
    """Return a vector; a server that was asked for numbers may send base64 all the same."""
    if isinstance(embedding, str):
        return np.frombuffer(base64.b64decode(embedding), dtype="<f4").astype(np.float32)
    return np.array(embedding, dtype=np.float32)


def _fault(vectors: Sequence[Matrix], wanted: int) -> str:
    """Return what is wrong with the vectors of so many texts, '' when nothing is."""
    if len(vectors) != wanted:
        return f"{len(vectors)} vectors came for {wanted} texts"
    sizes = sorted({vector.shape for vector in vectors})
    if len(sizes) > 1:
        return f"vectors of {sizes[0][0]} and of {sizes[-1][0]} numbers came for one call"
    if len(sizes[0]) != 1 or not sizes[0][0]:
        return "vectors without numbers came"
    if not all(np.isfinite(vector).all() and vector.any() for vector in vectors):
        return "a vector came that holds no numbers, or only zeros"
    return ""
