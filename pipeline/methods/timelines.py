"""Orders of events by customer, and how likely chance alone would have made each order.

A timeline is a customer's dated documents in order of time; an undated document is a timeline of
its own. The chance of "a before b" comes from shuffled timelines that keep everything but order:
documents change places as wholes, and events change places within their document. So two
touchpoints often told together in one call are no surprise, however often that happens, and an
order told within a call weighs as much as one across calls: each against its own chance.
"""

from functools import lru_cache
from itertools import accumulate, groupby, pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipeline.text import stable_id

Flags = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
STEPS = ("next", "eventual")
"""Next: the one stands directly before the other. Eventual: the first contact with the one comes
before the first with the other; "later at all" would hold both ways for most who came back."""
_ORDER = [
    "customer_id", "timeline", "occurred_at", "document_id", "position", "start", "mention_id",
]  # fmt: skip


_CUSTOMERS_KEPT = 2**14
"""Customers whose chances are remembered. They depend on the customer's own orders and random
numbers alone, and between two decisions of a reviewer hardly a customer's change."""


class Timeline(NamedTuple):
    """The events of one timeline in order, as numbers."""

    touchpoints: tuple[int, ...]
    """place of each event's touchpoint among the customer's touchpoints"""
    sizes: tuple[int, ...]
    """how many of the events each document has, documents in order"""


class _Person(NamedTuple):
    """One customer: the touchpoints, and the timelines that lead from one to another."""

    touchpoints: Ints
    lines: tuple[Timeline, ...]
    lot: int
    """Where the customer's random numbers start: nobody else's orders can change them."""


class Chances(NamedTuple):
    """One customer's pairs: arrays (step, source, target) over the customer's touchpoints."""

    touchpoints: Ints
    shown: Flags
    chance: Floats


def build_events(
    documents: pd.DataFrame, turns: pd.DataFrame, mentions: pd.DataFrame
) -> pd.DataFrame:
    """Return the mentions in order of time, with `timeline` and `event`.

    Mentions that share an event number stand directly after one another in the same document
    and tell of the same touchpoint.
    """
    times = documents.set_index("document_id")["occurred_at"]
    positions = turns.set_index("turn_id")["position"]
    ordered = mentions.assign(
        occurred_at=mentions["document_id"].map(times),
        position=mentions["turn_id"].map(positions).fillna(0),
    )
    undated = ordered["occurred_at"] == ""
    ordered["timeline"] = ordered["document_id"].where(undated, "")
    ordered = ordered.sort_values(_ORDER, ignore_index=True)
    same = ["customer_id", "document_id", "touchpoint_id"]
    begins = (ordered[same] != ordered[same].shift()).any(axis=1)
    ordered["event"] = begins.cumsum()
    return ordered


def chances_by_customer(
    events: pd.DataFrame, numbers: dict[str, int], shuffles: int, seed: int
) -> list[Chances]:
    """Return the pairs of every customer with two or more touchpoints, customers in order."""
    return [
        Chances(
            person.touchpoints,
            *_chances(len(person.touchpoints), person.lines, shuffles, seed, person.lot),
        )
        for person in _read(events, numbers)
    ]


def _read(events: pd.DataFrame, numbers: dict[str, int]) -> list[_Person]:
    """Return every customer with two or more touchpoints, in order."""
    columns = ["customer_id", "timeline", "document_id", "touchpoint_id", "event"]
    firsts = _once(events[columns].drop_duplicates("event"))
    several = firsts.groupby("customer_id")["touchpoint_id"].transform("nunique") > 1
    firsts = firsts[several]
    codes = firsts["touchpoint_id"].map(numbers).tolist()
    lines = _runs(pd.factorize(firsts["customer_id"] + "\x1f" + firsts["timeline"])[0])
    documents = pd.factorize(firsts["document_id"])[0].tolist()
    customers, names = pd.factorize(firsts["customer_id"])
    people, ends = [], iter(lines)
    for rows, name in zip(_runs(customers), names.tolist(), strict=True):
        met = sorted(set(codes[rows]))
        place = {code: n for n, code in enumerate(met)}
        told = []
        for line in ends:
            order = tuple(place[code] for code in codes[line])
            sizes = tuple(len(list(same)) for _, same in groupby(documents[line]))
            if len(set(order)) > 1:
                told.append(Timeline(order, sizes))
            if line.stop == rows.stop:
                break
        people.append(_Person(np.array(met, dtype=np.int64), tuple(told), int(stable_id(name), 16)))
    return people


def _once(firsts: pd.DataFrame) -> pd.DataFrame:
    """Return the events without documents that only tell what the one before only told.

    Three tickets in a row about one touchpoint are one stay there, not three chances to leave.
    """
    alone = firsts.groupby("document_id")["touchpoint_id"].transform("size") == 1
    same = ["customer_id", "timeline", "touchpoint_id"]
    again = (firsts[same] == firsts[same].shift()).all(axis=1)
    return firsts[~(alone & alone.shift(fill_value=False) & again)]


def _runs(values: npt.NDArray[np.intp]) -> list[slice]:
    """Return the slices over which a sorted-by-block array stays the same."""
    cuts = np.flatnonzero(np.diff(values)) + 1
    edges = [0, *cuts.tolist(), len(values)] if len(values) else [0]
    return [slice(a, b) for a, b in pairwise(edges)]


@lru_cache(maxsize=_CUSTOMERS_KEPT)
def _chances(
    n: int, lines: tuple[Timeline, ...], shuffles: int, seed: int, lot: int
) -> tuple[Flags, Floats]:
    """Return which pairs of n touchpoints the timelines show, and in what share of shuffles.

    The true order counts as one more shuffle, so that no chance is 0 for a pair that was shown.
    """
    draw = np.random.default_rng([seed, lot])
    flags = np.zeros((len(STEPS), n, n, shuffles + 1), dtype=bool)
    for line in lines:
        orders = np.empty((len(line.touchpoints), shuffles + 1), dtype=np.int64)
        orders[:, :-1] = _shuffle(line, shuffles, draw).T
        orders[:, -1] = line.touchpoints
        _flag(flags, orders)
    diagonal = np.arange(n)
    flags[:, diagonal, diagonal] = False
    shown, chance = flags[..., -1].copy(), flags.sum(axis=-1) / (shuffles + 1)
    for kept in (shown, chance):
        kept.flags.writeable = False
    return shown, chance


def _shuffle(line: Timeline, shuffles: int, draw: np.random.Generator) -> Ints:
    """Return rows of touchpoints in shuffled order: documents as wholes, events within them."""
    touchpoints = np.array(line.touchpoints)
    keys = draw.random((shuffles, len(line.sizes)))
    within = draw.random((shuffles, len(touchpoints)))
    spans = list(pairwise([0, *accumulate(line.sizes)]))
    # Documents of several events differ from every other: only the others can repeat.
    alone = [line.touchpoints[a] if b - a == 1 else -1 - a for a, b in spans]
    if len(set(alone)) < len(alone):
        keys = _without_repeats(np.array(alone), keys)
    if len(spans) == len(touchpoints):
        return np.asarray(touchpoints[keys.argsort(axis=1)])
    for start, end in spans:
        told = touchpoints[start:end]
        if len(set(line.touchpoints[start:end])) < end - start:
            within[:, start:end] = _without_repeats(told, within[:, start:end])
    if len(spans) > 1:
        within += np.repeat(keys.argsort(axis=1).argsort(axis=1), line.sizes, axis=1)
    return np.asarray(touchpoints[within.argsort(axis=1)])


def _without_repeats(told: Ints, within: Floats) -> Floats:
    """Return the orders with the fewest neighbours alike, repeated to as many as came in.

    Events were collapsed, so the true order has no two neighbours alike; shuffles that have
    would show fewer pairs and make loops (A, B, A) look like more than chance.
    """
    order = told[within.argsort(axis=1)]
    repeats = (order[:, 1:] == order[:, :-1]).sum(axis=1)
    good = np.flatnonzero(repeats == repeats.min())
    return np.asarray(within[good[np.arange(len(within)) % len(good)]])


def _flag(flags: Flags, orders: Ints) -> None:
    """Mark the pairs that orders (place, order) show, in (step, source, target, order)."""
    _, n, _, n_orders = flags.shape
    length, order = len(orders), np.arange(n_orders)
    first = np.full((n, n_orders), length, dtype=np.int32)
    for place in reversed(range(length)):
        first[orders[place], order] = place
        if place:
            flags[0, orders[place - 1], orders[place], order] = True
    # A touchpoint that the line does not have comes neither before nor after another.
    reached = np.where(first < length, first, -1)
    flags[1] |= first[:, None] < reached[None, :]
