"""What calls cost: tokens of a text, prices, the ledger and a cap that is never passed."""

import math
import re
from dataclasses import dataclass
from typing import NamedTuple

from pipeline.config import Llm, Price
from pipeline.engines.llm.answers_cache import Answer
from pipeline.errors import ConfigError, EngineError
from pipeline.tables import LedgerRow
from pipeline.text import ID_LENGTH, stable_id

_MILLION = 1_000_000
# Letters of a word, up to three digits (how current tokenizers cut numbers), or one other sign.
_PIECE = re.compile(r"[^\W\d_]+|\d{1,3}|[^\w\s]|_")
# The same for text of ASCII alone, each match a token: three times as fast.
_ASCII_TOKEN = re.compile(r"[A-Za-z]{1,6}|[0-9]{1,3}|[^\w\s]|_")
# Characters a token holds on average: of plain English words, of words with other Latin letters,
# of Greek to Thai alphabets, and of CJK, which has no spaces and few characters a word.
_ENGLISH, _LATIN, _ALPHABETS, _CJK = 6, 4, 2.2, 1.4
_LATIN_END, _CJK_START = 0x0250, 0x2E80
# What the provider adds around the messages of a call.
_OVERHEAD = 16
# Fewer answers do not tell how a model counts.
_ENOUGH_ANSWERS = 3


class Spent(NamedTuple):
    """Sums over all calls so far; answers from the cache cost nothing and are only counted."""

    calls: int
    prompt_tokens: int
    completion_tokens: int
    cost: float
    cached: int


def estimate_tokens(text: str) -> int:
    """Return about how many tokens a text has, from its words and scripts alone.

    Depends on nothing but the text, so what is packed by it is the same in every run. For money
    use `Caller.tokens`, which corrects it by what the model reported before.
    """
    if text.isascii():
        return len(_ASCII_TOKEN.findall(text))
    return round(sum(map(_weight, _PIECE.findall(text))))


def _weight(piece: str) -> float:
    """Return about how many tokens a word, number or sign has."""
    if not piece[0].isalpha():
        return 1
    if piece.isascii():
        return -(-len(piece) // _ENGLISH)
    highest = ord(max(piece))
    if highest < _LATIN_END:
        return -(-len(piece) // _LATIN)
    return len(piece) / (_CJK if highest >= _CJK_START else _ALPHABETS)


def most_tokens(*texts: str) -> int:
    """Return a number of tokens that texts cannot pass: there are never more than bytes."""
    return sum(len(text.encode("utf-8", "replace")) for text in texts) + _OVERHEAD


def call_cost(price: Price | None, prompt_tokens: int, completion_tokens: int) -> float:
    """Return the cost of a call; 0 without a price."""
    if price is None:
        return 0.0
    return (prompt_tokens * price.prompt + completion_tokens * price.completion) / _MILLION


def correction(n_answers: int, reported: int, estimated: int) -> float:
    """Return by what to multiply estimates, from the sums of earlier answers of a model."""
    if n_answers < _ENOUGH_ANSWERS or not estimated or not reported:
        return 1.0
    return reported / estimated


@dataclass(slots=True)
class Purse:
    """What was spent, what is held for calls under way, and the cap on both together.

    A call is held at the most it can cost: more tokens than bytes sent, or than it may answer, are
    not possible. So the cap holds however many are under way; what that leaves unspent at the end
    is less than one call. A call that timed out may have been billed and stays held.
    """

    budget: float | None
    spent: float = 0.0
    held: float = 0.0
    uncertain: float = 0.0

    def hold(self, amount: float) -> bool:
        """Hold an amount for a call; False, and nothing is held, if that could pass the cap."""
        if self.budget is not None and self.spent + self.held + amount > self.budget:
            return False
        self.held += amount
        return True

    def owe(self, amount: float) -> None:
        """Hold an amount for calls that an earlier run has made, whatever the cap says."""
        self.held += amount

    def release(self, amount: float, cost: float) -> None:
        """Let go of what was held for a call that ended and cost this much."""
        self.held = max(0.0, self.held - amount)
        self.spent += cost

    def write_off(self, amount: float) -> None:
        """Keep what was held for a call of which nobody knows whether it was billed."""
        self.uncertain += amount


class Books:
    """What all calls of a run to one model came to; models of one run share a purse."""

    def __init__(self, purse: Purse, price: Price | None) -> None:
        self.purse = purse
        self.price = price
        self.spent = Spent(0, 0, 0, 0.0, 0)
        self._rows: dict[str, LedgerRow] = {}

    def enter_paid(self, stage: str, answer: Answer, held: float, share: float = 1.0) -> None:
        """Enter an answer that was paid now at a share of its price, and for which so much was
        held."""
        tokens = answer.prompt_tokens, answer.completion_tokens
        cost = share * call_cost(self.price, *tokens)
        self.purse.release(held, cost)
        sums = self.spent
        self.spent = Spent(
            sums.calls + 1,
            sums.prompt_tokens + tokens[0],
            sums.completion_tokens + tokens[1],
            sums.cost + cost,
            sums.cached,
        )
        self._add(stage, answer, cost, cached=False)

    def enter_cached(self, stage: str, answer: Answer) -> None:
        """Enter an answer that was there already."""
        self.spent = self.spent._replace(cached=self.spent.cached + 1)
        self._add(stage, answer, 0.0, cached=True)

    def ledger(self) -> list[LedgerRow]:
        """Return one row an answer that was paid now, or taken from the cache, by id. Looked up
        again in the same run, it has still one row; paid again, it has another."""
        return [self._rows[request_id] for request_id in sorted(self._rows)]

    def _add(self, stage: str, answer: Answer, cost: float, *, cached: bool) -> None:
        row_id = answer.key[:ID_LENGTH]
        while not cached and row_id in self._rows:  # an empty answer of a batch, asked for anew
            row_id = stable_id(row_id)
        row = LedgerRow(
            row_id,
            stage,
            answer.model,
            answer.prompt_tokens,
            answer.completion_tokens,
            cost,
            cached,
            answer.seconds,
        )
        self._rows.setdefault(row.request_id, row)


class BudgetReached(EngineError):  # noqa: N818  (an end that was asked for, not a fault)
    """The next call could pass the cap. What was answered is kept.

    Every run has a budget of its own, so the same command goes on; only where not even an untouched
    budget has room for what comes next is more needed: `least`, which is 0 otherwise.
    """

    def __init__(
        self, purse: Purse, answered: int, left: int, needed: float, *, is_batch: bool = False
    ) -> None:
        """`needed` is the most that the dearest call left, or the whole batch, could cost."""
        self.spent, self.budget = purse.spent, purse.budget or 0.0
        self.answered, self.left = answered, left
        self.least = _rounded_up(needed) if needed > self.budget else 0.0
        unknown = (
            f" (and up to {purse.uncertain:.4f} for calls that broke off)"
            if purse.uncertain
            else ""
        )
        what = f"a batch that may cost up to {needed:.4f}" if is_batch else "another call"
        again = (
            f"not one {'batch' if is_batch else 'call'} fits into it, which takes a --budget of "
            f"{self.least:g} at least"
            if self.least
            else "run the same command again to go on from here: each run has the whole budget"
        )
        super().__init__(
            f"the budget of {self.budget:g} does not allow {what}: {self.spent:.4f} spent"
            f"{unknown}, {answered} requests answered, {left} left of this question, beside what "
            f"later ones ask (`touchpoints plan` tells); all answers are kept: {again}"
        )


def _rounded_up(amount: float) -> float:
    """Return an amount with two digits that count, never less."""
    step = 10.0 ** (math.floor(math.log10(amount)) - 1)
    return math.ceil(amount / step) * step


def price_for(settings: Llm, model: str, budget: float | None) -> Price | None:
    """Return a model's price; ConfigError when a budget is given and it is not known."""
    price = settings.prices.get(model)
    if budget is not None and price is None:
        raise ConfigError(
            f"a budget needs the price of {model!r}: add to corpus.toml\n"
            f'[engine.llm.prices."{model}"]\n'
            "prompt = 0.0      # per million tokens\n"
            "completion = 0.0  # per million tokens"
        )
    return price
