"""Where a touchpoint failed its customers, for how many, and in which way, by their own words."""

import re
import tomllib
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path

import pandas as pd

from pipeline.methods.measures import QUOTES_KEPT, best_first, counts, failed
from pipeline.tables import Failure
from pipeline.text import normalise

ANY = "any"
"""The row of all customers for whom a touchpoint failed, whatever the way."""
UNTOLD = "untold"
"""The row of those who did not say how."""
WAY_WORDS = {
    "error": "an error",
    "lock_out": "locked out",
    "outage": "down or closed",
    "refusal": "refused",
    "conflict": "a conflict",
    "no_answer": "no answer",
    "late": "late",
    "wrong": "a wrong result",
    "missing": "something missing",
    "unfit": "uncomfortable or poor",
    "cancelled": "called off",
    "urgent": "told as urgent",
}
_WORDS_FILE = Path(__file__).with_name("failures.toml")


@lru_cache(maxsize=QUOTES_KEPT)
def ways_of(quote: str) -> tuple[str, ...]:
    """Return the ways of failing that `quote` tells of, in the order of the word file."""
    text = normalise(quote)
    return tuple(way for way, words in _words().items() if words.search(text))


def find_failures(mentions: pd.DataFrame) -> list[Failure]:
    """Return for each touchpoint that failed somebody one row in all and one for each way.

    A customer who told of two ways counts in both, so the ways may add up to more than the whole;
    "untold" holds those none of whose words say how.
    """
    told = best_first(failed(mentions))
    if told.empty:
        return []
    ways = told["quote"].map(lambda quote: ways_of(quote) or (UNTOLD,))
    by_way = told.assign(way=ways).explode("way")
    keys = ["touchpoint_id", "customer_id"]
    said = by_way[by_way["way"] != UNTOLD].drop_duplicates(keys)[keys].assign(is_told=True)
    by_way = by_way.merge(said, on=keys, how="left")
    by_way = by_way[(by_way["way"] != UNTOLD) | by_way["is_told"].isna()]
    n_told = counts(mentions)
    return [
        Failure(
            str(place), str(way), group["customer_id"].nunique(), n_told[str(place)],
            str(group["mention_id"].iloc[0]),
        )
        for (place, way), group in pd.concat([by_way, told.assign(way=ANY)]).groupby(
            ["touchpoint_id", "way"]
        )
    ]  # fmt: skip


def ways_in_words(failures: Iterable[Failure]) -> str:
    """Return how one touchpoint failed: "a wrong result 11, late 4; 3 did not say how"."""
    rows = sorted(failures, key=lambda row: (-row.n_customers, row.way))
    told = [f"{WAY_WORDS[row.way]} {row.n_customers}" for row in rows if row.way in WAY_WORDS]
    silent = [f"{row.n_customers} did not say how" for row in rows if row.way == UNTOLD]
    return "; ".join([", ".join(told), *silent] if told else silent)


@cache
def _words() -> dict[str, re.Pattern[str]]:
    data: dict[str, list[str]] = tomllib.loads(_WORDS_FILE.read_text(encoding="utf-8"))
    return {way: re.compile(_alternatives(words)) for way, words in data.items()}


def _alternatives(words: list[str]) -> str:
    """Return one expression for any of the words; those that begin inside a word (n't) may."""
    return rf"(?:(?<!\w)|(?=n't))(?:{'|'.join(words)})(?!\w)"
