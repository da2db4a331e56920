"""What customers expected or were promised, and what they got: quotes set side by side.

A promise counts against a second touchpoint only when the words of both tell of the same thing;
two that merely follow one another prove nothing.
"""

import re
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import cache, lru_cache
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from pipeline.methods.measures import QUOTES_KEPT
from pipeline.tables import MENTIONS, Mention
from pipeline.text import normalise

_WORDS_FILE = Path(__file__).with_name("promises.toml")
_UNMET = -0.35
"""A mention in a calmer mood than this does not say that something was not delivered."""
_NEXT_CLAUSES = 80
"""Characters after an expectation within which another touchpoint may tell how it went."""
_SHARED = 2
"""Words that a promise and a failure elsewhere share when they speak of the same thing."""
_WORD = re.compile(r"[a-z]{4,}")
_TELLING = {"told", "said", "promised", "promise", "assured", "informed", "advised", "would"}


class Broken(NamedTuple):
    """What one customer expected, and what they got; `got` is None when only the first is told."""

    expected: Mention
    got: Mention | None


class _Cues(NamedTuple):
    """What a quote tells of, by its words."""

    expected: bool
    promised: bool


def broken_expectations(events: pd.DataFrame) -> dict[str, list[Broken]]:
    """Return the unmet expectations of each touchpoint, the most telling first.

    `events` are mentions in order of time. What they got is what the same customer says in the same
    document afterwards: at the same touchpoint, or in the very next words.
    """
    found: dict[str, list[Broken]] = defaultdict(list)
    for said in _blocks(events, "document_id", _expects):
        for place, one in enumerate(said):
            if not _expects(one.quote):
                continue
            got = next(_outcomes(one, said[place + 1 :]), None)
            if got or is_unmet(one):
                found[one.touchpoint_id].append(Broken(one, got))
    return {place: sorted(pairs, key=_weight) for place, pairs in found.items()}


def mixed_messages(
    events: pd.DataFrame, linked: set[tuple[str, str]], dated: set[str]
) -> dict[tuple[str, str], list[Broken]]:
    """Return promises made at one touchpoint that another did not keep, by (first, second).

    Both stand in one document, or in two dated ones of a customer when a link joins the touchpoints
    (`linked` holds each link both ways).
    """
    found: dict[tuple[str, str], list[Broken]] = defaultdict(list)
    for said in _blocks(events, "customer_id", _promises):
        for place, one in enumerate(said):
            if not _promises(one.quote):
                continue
            for other in said[place + 1 :]:
                pair = one.touchpoint_id, other.touchpoint_id
                both = {one.document_id, other.document_id}
                is_near = len(both) == 1 or (pair in linked and both <= dated)
                if pair[0] != pair[1] and is_near and _contradicts(one, other):
                    found[pair].append(Broken(one, other))
    return {pair: sorted(broken, key=_weight) for pair, broken in found.items()}


def n_customers(broken: Iterable[Broken]) -> int:
    """Return the distinct customers behind."""
    return len({one.expected.customer_id for one in broken})


def is_unmet(mention: Mention) -> bool:
    """Tell whether a mention says that something was not delivered."""
    return mention.outcome == "failed" or mention.polarity <= _UNMET


def _blocks(
    events: pd.DataFrame, column: str, tells: Callable[[str], bool]
) -> Iterator[list[Mention]]:
    """Yield the mentions that share a value and stand together, in order, if a quote `tells`."""
    shared = [events[name].to_numpy() for name in dict.fromkeys(("customer_id", column))]
    begins = np.any([values[1:] != values[:-1] for values in shared], axis=0)
    block = np.concatenate([[0], begins.cumsum()])[: len(events)]
    telling = np.array([tells(quote) for quote in events["quote"].tolist()], dtype=bool)
    kept = np.isin(block, block[telling])
    rows = zip(block[kept].tolist(), MENTIONS.rows(events[kept]), strict=True)
    for _, said in groupby(rows, key=itemgetter(0)):
        yield [mention for _, mention in said]


def _outcomes(one: Mention, later: list[Mention]) -> Iterator[Mention]:
    """Yield the later mentions that tell what came of an expectation.

    Those are the very next words at the same touchpoint, or elsewhere when they name the same thing
    or begin with a contrast; and later ones at the same touchpoint that name the same thing.
    """
    for other in later:
        is_next = other.turn_id == one.turn_id and 0 <= other.start - one.end <= _NEXT_CLAUSES
        is_there = other.touchpoint_id == one.touchpoint_id
        is_about = bool(_content(one.quote) & _content(other.quote))
        is_contrast = is_next and _matches("contrast", other.quote)
        is_told = (is_next and is_there) or (is_about and (is_next or is_there)) or is_contrast
        if is_told and is_unmet(other) and not _expects(other.quote):
            yield other


def _contradicts(promise: Mention, other: Mention) -> bool:
    """Tell whether a mention says that a promise made elsewhere did not hold."""
    if not is_unmet(other):
        return False
    if _matches("otherwise", other.quote):
        return True
    shared = _content(promise.quote) & _content(other.quote)
    spans = _matches("span", promise.quote) and _matches("span", other.quote)
    return len(shared) >= _SHARED or bool(shared and spans)


def _weight(pair: Broken) -> tuple[bool, float, str]:
    """Order pairs: those that tell both sides first, then by strength."""
    expected, got = pair
    last = got or expected
    strength = last.confidence * last.intensity
    return got is None, -strength, expected.mention_id


def _expects(quote: str) -> bool:
    return any(_cues(quote))


def _promises(quote: str) -> bool:
    return _cues(quote).promised


@lru_cache(maxsize=QUOTES_KEPT)
def _cues(quote: str) -> _Cues:
    text = normalise(quote)
    return _Cues(*(bool(_words()[kind].search(text)) for kind in _Cues._fields))


def _content(quote: str) -> set[str]:
    """Return the words of a quote that name something, without a plural's s."""
    found = set(_WORD.findall(normalise(quote))) - _function_words() - _TELLING
    return {word.removesuffix("s") for word in found}


def _matches(kind: str, quote: str) -> bool:
    return bool(_words()[kind].search(normalise(quote)))


@cache
def _function_words() -> frozenset[str]:
    """Return English words of four letters and more that name nothing."""
    return frozenset(_lists()["function_words"].split())


def _lists() -> dict[str, Any]:
    return tomllib.loads(_WORDS_FILE.read_text(encoding="utf-8"))


@cache
def _words() -> dict[str, re.Pattern[str]]:
    data = _lists()
    ahead, _ = data.pop("ahead"), data.pop("function_words")
    return {
        kind: re.compile(rf"(?<!\w)(?:{'|'.join(words)})(?!\w)".replace("{ahead}", ahead))
        for kind, words in data.items()
    }
