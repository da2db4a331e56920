"""Embeddings: unit vectors of hashed words, so that texts with common words are near."""

import base64
import hashlib
import re
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from tests.llm.tokens import count_tokens
from tests.llm.wire import ApiError

if TYPE_CHECKING:
    from tests.llm.server import Settings

N_DIMENSIONS = 256
"""Fewer than OpenAI's 1,536, to be quick; `dimensions` in the request changes it."""
MAX_INPUTS = 2048
PLACES_OF_WORD = 4


def count_inputs(body: dict) -> tuple[int, int]:
    """How many texts a request holds, and their tokens."""
    texts = _read_inputs(body.get("input"))
    return len(texts), sum(count_tokens(text) for text in texts)


def answer_embeddings(body: dict, settings: "Settings") -> dict:
    """The body of /v1/embeddings; `embedding_habits` say what is wrong with it:

    short: a vector is missing; nan: the first holds none; ragged: the last is a number longer;
    other_size: all are; base64: whatever was asked for; no_usage: tokens are not told;
    odd_usage: they are told in words;
    reversed: the last comes first, by its index; single: more than one input is refused; words-N:
    an input of more than N words is refused.
    """
    if body.get("model") not in settings.embedding_models:
        raise ApiError(
            404,
            f"The model `{body.get('model')}` does not exist or you do not have access to it.",
            "model_not_found",
        )
    texts = _read_inputs(body.get("input"))
    habits = settings.embedding_habits
    _refuse_inputs(texts, habits)
    vectors = _spoilt(_vectors(texts, body, settings), habits)
    is_base64 = body.get("encoding_format") == "base64" or "base64" in habits
    rows = [
        {"object": "embedding", "index": place, "embedding": _encode(vector, is_base64)}
        for place, vector in enumerate(vectors)
    ]
    n_tokens = sum(count_tokens(text) for text in texts)
    told = {} if "no_usage" in habits else {"prompt_tokens": n_tokens, "total_tokens": n_tokens}
    if "odd_usage" in habits:
        told = {"prompt_tokens": "many", "total_tokens": None}
    data = rows[::-1] if "reversed" in habits else rows
    answer = {"object": "list", "data": data, "model": body["model"]}
    return answer | ({"usage": told} if told else {})


def _vectors(texts: list[str], body: dict, settings: "Settings") -> list[np.ndarray]:
    if settings.embed:
        return list(settings.embed(texts))
    return [embed(text, body.get("dimensions") or N_DIMENSIONS) for text in texts]


def _refuse_inputs(texts: list[str], habits: tuple[str, ...]) -> None:
    if "single" in habits and len(texts) > 1:
        raise ApiError(422, "batch size 2 > maximum allowed batch size 1")
    most = min((int(h.partition("-")[2]) for h in habits if h.startswith("words-")), default=None)
    if most is not None and max(len(text.split()) for text in texts) > most:
        raise ApiError(400, f"This model's maximum context length is {most} tokens.")


def _spoilt(vectors: list[np.ndarray], habits: tuple[str, ...]) -> list[np.ndarray]:
    if "short" in habits:
        vectors = vectors[:-1]
    if "nan" in habits:
        vectors[0] = np.full_like(vectors[0], np.nan)
    if "ragged" in habits:
        vectors[-1] = np.append(vectors[-1], np.float32(0))
    if "other_size" in habits:
        vectors = [np.append(vector, np.float32(0)) for vector in vectors]
    return vectors


def _read_inputs(given: object) -> list[str]:
    """One text, texts, tokens, or lists of tokens; a token is taken as a word."""
    inputs = given if isinstance(given, list) else [given]
    if inputs and all(isinstance(token, int) for token in inputs):
        inputs = [inputs]
    texts = [" ".join(map(str, i)) if isinstance(i, list) else i for i in inputs]
    if not texts or not all(isinstance(text, str) and text for text in texts):
        raise ApiError(400, "'$.input' is invalid. Please check the API reference.", param="input")
    if len(texts) > MAX_INPUTS:
        raise ApiError(400, f"'$.input' has more than {MAX_INPUTS} inputs.", param="input")
    return texts


def embed(text: str, size: int) -> np.ndarray:
    """float32, of length 1."""
    vector = np.zeros(size, dtype=np.float32)
    for word in re.findall(r"\w+", text.lower()) or [text]:
        for place, sign in _places(word):
            vector[place % size] += sign
    length = float(np.linalg.norm(vector))
    if length == 0:
        vector[0] = length = 1.0
    return vector / np.float32(length)


@lru_cache(maxsize=50_000)
def _places(word: str) -> tuple[tuple[int, float], ...]:
    digest = hashlib.sha256(word.encode("utf-8", "surrogatepass")).digest()
    numbers = [int.from_bytes(digest[4 * n : 4 * n + 4]) for n in range(PLACES_OF_WORD)]
    return tuple((number >> 1, 1.0 if number & 1 else -1.0) for number in numbers)


def _encode(vector: np.ndarray, is_base64: bool) -> str | list[float]:
    if is_base64:
        return base64.b64encode(vector.astype("<f4").tobytes()).decode()
    return vector.tolist()
