"""The last answer of a function of many texts, at hand should the same texts come again."""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TypeVar

Answer = TypeVar("Answer")


def keeps_last(function: Callable[[list[str]], Answer]) -> Callable[[list[str]], Answer]:
    """Return a function of texts that has its last answer at hand, should the same texts come
    again. Nobody may write to an answer."""
    kept = lru_cache(maxsize=1)(lambda texts: function(list(texts)))

    @wraps(function)
    def ask(texts: list[str]) -> Answer:
        return kept(tuple(texts))

    return ask
