"""Answers that depend on the words of a text alone, worked out once for each text.

Another process may work them out: it hands over what it remembers, see `learn`.
"""

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from pipeline.methods.measures import QUOTES_KEPT

Answer = TypeVar("Answer")


class remembers(Generic[Answer]):  # noqa: N801 - a decorator
    """A function of a text that remembers its answers. Nobody may write to one."""

    def __init__(self, function: Callable[[str], Answer]) -> None:
        self.function = function
        self.__doc__ = function.__doc__
        self._known: dict[str, Answer] = {}

    def __call__(self, text: str) -> Answer:
        """Return the answer for this text."""
        if text in self._known:
            return self._known[text]
        if len(self._known) >= QUOTES_KEPT:
            self._known.clear()
        answer = self._known[text] = self.function(text)
        return answer

    def hand_over(self) -> dict[str, Answer]:
        """Return the answers by text, and forget them."""
        known, self._known = self._known, {}
        return known

    def learn(self, answers: dict[str, Answer]) -> None:
        """Remember answers too, wherever they were worked out."""
        self._known |= answers


Told = list[dict[str, Any]]
"""The answers of some functions, in their order."""


def learn(functions: Sequence[remembers[Any]], told: Told) -> None:
    """Have functions remember what was told of each."""
    for function, answers in zip(functions, told, strict=True):
        function.learn(answers)
