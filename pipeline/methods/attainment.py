"""Whether what was intended can be had: how many customers already had it, of those who tell.

Nothing is foretold. Enough customers who had it show that it can be had; nobody among enough shows
that it has not been had yet; anything between is too few to tell.
"""

from typing import NamedTuple

import pandas as pd

from pipeline.methods.measures import PAIR, counts, failed, pains

ATTAINABLE, NOT_YET, TOO_FEW = "attainable", "not yet", "too few"


class Attained(NamedTuple):
    """Distinct customers who had what was intended, of those whose words tell."""

    n_attained: int = 0
    n_telling: int = 0


def worked_well(mentions: pd.DataFrame) -> dict[str, Attained]:
    """Return for each touchpoint the customers for whom it worked or who praised it.

    A customer who also told of a failure or a pain there did not have what was intended.
    """
    is_good = (mentions["outcome"] == "worked") | (mentions["kind"] == "praise")
    good = mentions[is_good][PAIR].drop_duplicates()
    bad = pd.concat([failed(mentions)[PAIR], pains(mentions)[PAIR]]).drop_duplicates()
    clean = good.merge(bad, on=PAIR, how="left", indicator=True)
    n_good = counts(clean[clean["_merge"] == "left_only"])
    n_telling = counts(pd.concat([good, bad]))
    return {key: Attained(n_good.get(key, 0), n) for key, n in n_telling.items()}


class Orders:
    """Who met which of two touchpoints first.

    `events` are mentions in order of time with their timeline; only first contacts count.
    """

    def __init__(self, events: pd.DataFrame) -> None:
        columns = [events[name].tolist() for name in ("touchpoint_id", "customer_id", "timeline")]
        self._met: dict[str, dict[tuple[str, str], int]] = {}
        for place, (key, customer, timeline) in enumerate(zip(*columns, strict=True)):
            self._met.setdefault(key, {}).setdefault((customer, timeline), place)

    def attained(self, first: str, second: str) -> Attained:
        """Return the customers who met `first` before `second`, of those who met both."""
        begins, others = self._met.get(first, {}), self._met.get(second, {})
        both = begins.keys() & others.keys()
        planned = {
            customer for customer, line in both if begins[customer, line] < others[customer, line]
        }
        return Attained(len(planned), len({customer for customer, _ in both}))


def verdict(attained: Attained, least: int) -> str:
    """Return whether what was intended can be had; `least` customers are enough to tell."""
    if attained.n_attained >= least:
        return ATTAINABLE
    return NOT_YET if attained.n_telling >= least and not attained.n_attained else TOO_FEW
