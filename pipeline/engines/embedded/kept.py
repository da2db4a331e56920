"""The last answer of a function of many texts, at hand should the same texts come again."""

from collections.abc import Callable
from typing import Generic, TypeVar

Answer = TypeVar("Answer")


class keeps_last(Generic[Answer]):  # noqa: N801 - a decorator
    """A function of texts that has its last answer at hand, should the same texts come again.

    Nobody may write to an answer.
    """

    def __init__(self, function: Callable[[list[str]], Answer]) -> None:
        self.function = function
        self.__doc__ = function.__doc__
        self._last: tuple[tuple[str, ...], Answer] | None = None

    def __call__(self, texts: list[str]) -> Answer:
        """Return the answer for these texts."""
        asked = tuple(texts)
        last = self._last
        if not last or last[0] != asked:
            last = self._last = asked, self.function(texts)
        return last[1]

    def keep(self, texts: list[str], answer: Answer) -> None:
        """Have the answer for these texts at hand, wherever it was worked out."""
        self._last = tuple(texts), answer
