"""Orders of events by customer, and how likely chance alone would have made each order.

A timeline is a customer's dated documents in order of time; an undated document is a timeline of
its own. The chance of "a before b" comes from shuffled timelines that keep everything but order:
documents change places as wholes, and events change places within their document. So two
touchpoints often told together in one call are no surprise, however often that happens, and an
order told within a call weighs as much as one across calls: each against its own chance.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

Flags = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
STEPS = ("next", "eventual")
"""Next: the one stands directly before the other. Eventual: the first contact with the one comes
before the first with the other; "later at all" would hold both ways for most who came back."""
_ORDER = [
    "customer_id", "timeline", "occurred_at", "document_id", "position", "start", "mention_id",
]  # fmt: skip


class Timeline(NamedTuple):
    """The events of one timeline in order, as numbers."""

    touchpoints: Ints
    """place of each event's touchpoint among the customer's touchpoints"""
    documents: Ints
    """0 for the events of the first document, 1 for the second ..."""


class Chances(NamedTuple):
    """One customer's pairs: arrays (step, source, target) over the customer's touchpoints."""

    touchpoints: Ints
    shown: Flags
    chance: npt.NDArray[np.float64]


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
    ordered = ordered.sort_values(
        [
            "customer_id",
            "timeline",
            "occurred_at",
            "document_id",
            "position",
            "start",
            "mention_id",
        ],
        ignore_index=True,
    )
    same = ["customer_id", "document_id", "touchpoint_id"]
    begins = (ordered[same] != ordered[same].shift()).any(axis=1)
    ordered["event"] = begins.cumsum()
    return ordered


def chances_by_customer(
    events: pd.DataFrame, numbers: dict[str, int], shuffles: int, seed: int
) -> list[Chances]:
    """Return the pairs of every customer with two or more touchpoints, customers in order."""
    firsts = _once(events.drop_duplicates("event"))
    several = firsts.groupby("customer_id")["touchpoint_id"].transform("nunique") > 1
    firsts = firsts[several]
    codes = firsts["touchpoint_id"].map(numbers).to_numpy(dtype=np.int64)
    timeline = pd.factorize(firsts["customer_id"] + "\x1f" + firsts["timeline"])[0]
    document = pd.factorize(firsts["document_id"])[0]
    customer = pd.factorize(firsts["customer_id"])[0]
    found = []
    for n, rows in enumerate(_runs(customer)):
        touchpoints, places = np.unique_inverse(codes[rows])
        lines = [
            Timeline(places[line], np.unique(document[rows][line], return_inverse=True)[1])
            for line in _runs(timeline[rows])
        ]
        met = touchpoints.astype(np.int64)
        found.append(_chances(met, lines, shuffles, np.random.default_rng([seed, n])))
    return found


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


def _chances(
    touchpoints: Ints, lines: list[Timeline], shuffles: int, draw: np.random.Generator
) -> Chances:
    """Return which pairs the timelines show, and in what share of shuffles they would.

    The true order counts as one more shuffle, so that no chance is 0 for a pair that was shown.
    """
    n = len(touchpoints)
    shown = np.zeros((1, 2, n, n), dtype=bool)
    shuffled = np.zeros((shuffles, 2, n, n), dtype=bool)
    for line in lines:
        if len(np.unique(line.touchpoints)) > 1:
            shown |= _pairs(line.touchpoints[None, :], n)
            shuffled |= _pairs(_shuffle(line, shuffles, draw), n)
    chance = (shuffled.sum(axis=0) + shown[0]) / (shuffles + 1)
    return Chances(touchpoints, shown[0], chance)


def _shuffle(line: Timeline, shuffles: int, draw: np.random.Generator) -> Ints:
    """Return rows of touchpoints in shuffled order: documents as wholes, events within them."""
    sizes = np.bincount(line.documents)
    ends = np.cumsum(sizes)
    keys = draw.random((shuffles, len(sizes)))
    # Documents of several events differ from every other: only the others can repeat.
    alone = np.where(sizes == 1, line.touchpoints[ends - 1], -1 - np.arange(len(sizes)))
    if len(np.unique(alone)) < len(alone):
        keys = _without_repeats(alone, keys)
    places = keys.argsort(axis=1).argsort(axis=1)
    within = draw.random((shuffles, len(line.touchpoints)))
    for start, end in zip(ends - sizes, ends, strict=True):
        told = line.touchpoints[start:end]
        if len(np.unique(told)) < len(told):
            within[:, start:end] = _without_repeats(told, within[:, start:end])
    return np.asarray(line.touchpoints[(places[:, line.documents] + within).argsort(axis=1)])


def _without_repeats(told: Ints, within: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the orders with the fewest neighbours alike, repeated to as many as came in.

    Events were collapsed, so the true order has no two neighbours alike; shuffles that have
    would show fewer pairs and make loops (A, B, A) look like more than chance.
    """
    order = told[within.argsort(axis=1)]
    repeats = (order[:, 1:] == order[:, :-1]).sum(axis=1)
    good = np.flatnonzero(repeats == repeats.min())
    return np.asarray(within[good[np.arange(len(within)) % len(good)]])


def _pairs(orders: Ints, n: int) -> Flags:
    """Return for each row of touchpoints (row, step, source, target) whether it shows the pair."""
    rows, length = orders.shape
    flags = np.zeros((rows, 2, n, n), dtype=bool)
    index = np.arange(rows)[:, None]
    flags[index, 0, orders[:, :-1], orders[:, 1:]] = True
    first = np.full((rows, n), length)
    last = np.full((rows, n), -1)
    for place in range(length):
        last[index[:, 0], orders[:, place]] = place
        back = length - 1 - place
        first[index[:, 0], orders[:, back]] = back
    met = last >= 0
    flags[:, 1] = (first[:, :, None] < first[:, None, :]) & met[:, :, None] & met[:, None, :]
    diagonal = np.arange(n)
    flags[:, :, diagonal, diagonal] = False
    return flags
