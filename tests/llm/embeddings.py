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


def answer_embeddings(body: dict, settings: "Settings") -> dict:
    """The body of /v1/embeddings."""
    if body.get("model") not in settings.embedding_models:
        raise ApiError(
            404,
            f"The model `{body.get('model')}` does not exist or you do not have access to it.",
            "model_not_found",
        )
    texts = _read_inputs(body.get("input"))
    size = body.get("dimensions") or N_DIMENSIONS
    is_base64 = body.get("encoding_format") == "base64"
    rows = [
        {"object": "embedding", "index": place, "embedding": _encode(embed(text, size), is_base64)}
        for place, text in enumerate(texts)
    ]
    n_tokens = sum(count_tokens(text) for text in texts)
    return {
        "object": "list",
        "data": rows,
        "model": body["model"],
        "usage": {"prompt_tokens": n_tokens, "total_tokens": n_tokens},
    }


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
