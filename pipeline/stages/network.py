"""reads documents, turns, mentions, causes, touchpoints -> writes edges, edge_evidence, moments.

A follows edge counts customers, never mentions, and is kept when more customers show it than
their own shuffled timelines would (see `methods.timelines`). Every pair is tested that enough
customers could show, whether they do or not: testing only frequent pairs would break the
false-discovery bound. An influences edge is what customers said, word by word.
"""

from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from math import ceil
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipeline.config import Network
from pipeline.methods.choices import choice_of
from pipeline.methods.measures import QUOTES_KEPT, among, best_first, usable
from pipeline.methods.statistics import benjamini_hochberg, poisson_binomial_tails
from pipeline.methods.timelines import STEPS, Chances, build_events, chances_by_customer
from pipeline.tables import EDGE_EVIDENCE, EDGES, MOMENTS, Edge, Moment
from pipeline.text import stable_id

Floats = npt.NDArray[np.float64]
_choice_of = lru_cache(maxsize=QUOTES_KEPT)(choice_of)
_QUOTES = 5
"""Quotes kept behind a follows edge."""
_SHOWN_PER_TOUCHPOINT = 1.2
"""More arrows than this and the map becomes a poster nobody reads."""
_LARGE_SHARE = 0.5
"""An edge stands out at an end when equal shares would give its weight less often than this."""
_PAIR = ["source_id", "target_id"]
_TOLD = [
    "event", "customer_id", "timeline", "touchpoint_id", "mention_id", "confidence", "intensity",
]  # fmt: skip
"""What tells whether a mention shows an edge, and how well."""
_REASONS = {
    "buy": "that they bought or would buy",
    "stay": "that they would stay",
    "leave": "that they would leave",
    "upgrade": "that they upgraded or would upgrade",
    "escalate": "that they took it further",
}


class Networked(NamedTuple):
    """What the stage writes."""

    edges: pd.DataFrame
    edge_evidence: pd.DataFrame
    moments: pd.DataFrame


def network(
    documents: pd.DataFrame,
    turns: pd.DataFrame,
    mentions: pd.DataFrame,
    causes: pd.DataFrame,
    touchpoints: pd.DataFrame,
    settings: Network,
) -> Networked:
    """Return the directed edges with their quotes, and the touchpoints where customers decide."""
    used = usable(documents, mentions, touchpoints)
    events = build_events(documents, turns, used)
    follows = _find_follows(events, touchpoints, settings)
    stated = _find_stated(used, causes)
    edges = _mark_shown(pd.concat([follows, _find_influences(stated, settings)]), len(touchpoints))
    evidence = pd.concat([_order_quotes(events, edges), _stated_quotes(stated, edges)])
    return Networked(
        edges=EDGES.check(edges),
        edge_evidence=EDGE_EVIDENCE.check(evidence),
        moments=_find_moments(used, settings),
    )


def _find_follows(
    events: pd.DataFrame, touchpoints: pd.DataFrame, settings: Network
) -> pd.DataFrame:
    """Return the follows edges that pass support, lift and the false-discovery bound.

    A pair that passes as `next` is not told again as `eventual`, nor is one that a chain of edges
    tells step by step.
    """
    ids = sorted(touchpoints["touchpoint_id"])
    numbers = {name: n for n, name in enumerate(ids)}
    people = chances_by_customer(events, numbers, settings.shuffles, settings.seed)
    rows: dict[tuple[int, int], Edge] = {}
    travellers = _travellers(people, len(ids))
    for step, (observed, chances) in enumerate(_gather(people, len(ids))):
        for source, target, p_value, q_value in _test(observed, chances, settings):
            n, expected = int(observed[source, target]), float(chances[source, target].sum())
            passes = q_value <= settings.max_false_discovery and n >= expected * settings.min_lift
            if n < settings.min_customers or not passes or (source, target) in rows:
                continue
            a, b = ids[source], ids[target]
            rows[source, target] = Edge(
                stable_id(a, b, "follows"), a, b, "follows", STEPS[step], n, expected,
                n / expected, p_value, q_value,
                # The share of the source's customers who went on to the target beyond chance.
                (n - expected) / int(travellers[source]), False,
            )  # fmt: skip
    return EDGES.frame(_without_shortcuts(list(rows.values())))


def _without_shortcuts(edges: list[Edge]) -> list[Edge]:
    """Drop each eventual edge, weakest first, that a chain of others tells step by step.

    Every step of the chain must be shown by as many customers as the edge, give or take one.
    """
    onward: dict[str, dict[str, Edge]] = defaultdict(dict)
    for edge in edges:
        onward[edge.source_id][edge.target_id] = edge
    for edge in sorted(edges, key=lambda edge: (edge.strength, edge.edge_id)):
        if edge.step == "eventual":
            del onward[edge.source_id][edge.target_id]
            if not _is_told(edge, onward):
                onward[edge.source_id][edge.target_id] = edge
    return [edge for ends in onward.values() for edge in ends.values()]


def _is_told(edge: Edge, onward: dict[str, dict[str, Edge]]) -> bool:
    """Tell whether a chain of others that enough customers show leads from source to target."""
    reached, ends = {edge.source_id}, [edge.source_id]
    while ends:
        for target, other in onward.get(ends.pop(), {}).items():
            if other.n_customers >= edge.n_customers - 1 and target not in reached:
                reached.add(target)
                ends.append(target)
    return edge.target_id in reached


def _travellers(people: list[Chances], n: int) -> npt.NDArray[np.int64]:
    """Return how many customers with two or more touchpoints met each touchpoint."""
    met = [person.touchpoints for person in people]
    return np.bincount(np.concatenate(met), minlength=n) if met else np.zeros(n, dtype=np.int64)


def _gather(
    people: list[Chances], n: int
) -> Iterator[tuple[npt.NDArray[np.int64], dict[tuple[int, int], Floats]]]:
    """Yield for each step how many customers show each pair, and the chances of those who could."""
    if not people:
        yield from ((np.zeros((n, n), dtype=np.int64), {}) for _ in STEPS)
        return
    met = [person.touchpoints for person in people]
    codes = np.concatenate([(one[:, None] * n + one).ravel() for one in met])
    all_shown = np.hstack([person.shown.reshape(len(STEPS), -1) for person in people])
    all_chances = np.hstack([person.chance.reshape(len(STEPS), -1) for person in people])
    order = np.argsort(codes, kind="stable")
    for shown, chances in zip(all_shown, all_chances, strict=True):
        observed = np.bincount(codes[shown], minlength=n * n).reshape(n, n)
        could = order[chances[order] > 0]
        pairs, starts = np.unique(codes[could], return_index=True)
        parts = np.split(chances[could], starts[1:])
        ends = (divmod(pair, n) for pair in pairs.tolist())
        yield observed, dict(zip(ends, parts, strict=False))


def _test(
    observed: npt.NDArray[np.int64],
    chances: dict[tuple[int, int], Floats],
    settings: Network,
) -> list[tuple[int, int, float, float]]:
    """Return (source, target, p, q) of each pair that enough customers could show.

    A pair that could not become significant even if every customer showed it costs the others no
    power: it is left out of the false-discovery count (Tarone 1990, for FDR Gilbert 2005). Which
    pairs these are depends on their chances alone, never on what was observed.
    """
    pairs = [pair for pair, chance in chances.items() if len(chance) >= settings.min_customers]
    smallest = np.array([chances[pair].prod() for pair in pairs])
    pairs = [pairs[n] for n in _testable(smallest, settings.max_false_discovery)]
    p_values = _tails(observed, chances, pairs, settings.min_customers)
    q_values = benjamini_hochberg(p_values)
    return [
        (source, target, float(p), float(q))
        for (source, target), p, q in zip(pairs, p_values, q_values, strict=True)
    ]


def _testable(smallest: Floats, level: float) -> list[int]:
    """Return the tests whose smallest reachable p-value allows significance beside each other."""
    for n_tests in range(1, len(smallest) + 1):
        reachable = np.flatnonzero(smallest <= level / n_tests)
        if len(reachable) <= n_tests:
            return [int(number) for number in reachable]
    return []


def _tails(
    observed: npt.NDArray[np.int64],
    chances: dict[tuple[int, int], Floats],
    pairs: list[tuple[int, int]],
    least: int,
) -> Floats:
    """Return how likely as many customers as observed or more would show each pair by chance."""
    p_values = np.ones(len(pairs))
    # The other pairs are never kept: 1 is on the safe side, and saves most of the work.
    above = [
        n
        for n, pair in enumerate(pairs)
        if observed[pair] >= least and observed[pair] > chances[pair].sum()
    ]
    seen = [int(observed[pairs[n]]) for n in above]
    p_values[above] = poisson_binomial_tails(seen, [chances[pairs[n]] for n in above])
    return p_values


def _find_stated(mentions: pd.DataFrame, causes: pd.DataFrame) -> pd.DataFrame:
    """Return the causal statements with both touchpoints and the customer who said them."""
    ends = causes[["cause_mention_id", "effect_mention_id"]].to_numpy()
    named = mentions[among(mentions["mention_id"], ends.ravel())].set_index("mention_id")
    stated = pd.DataFrame(
        {
            "source_id": causes["cause_mention_id"].map(named["touchpoint_id"]),
            "target_id": causes["effect_mention_id"].map(named["touchpoint_id"]),
            "customer_id": causes["effect_mention_id"].map(named["customer_id"]),
            "mention_id": causes["effect_mention_id"],
            "quote": causes["quote"],
        }
    ).dropna()
    # Where no end is known, what was mapped holds no text but numbers that are none.
    stated = stated.astype("str")
    return stated[stated["source_id"] != stated["target_id"]]


def _find_influences(stated: pd.DataFrame, settings: Network) -> pd.DataFrame:
    """Return an edge for each cause that enough customers stated."""
    nan = float("nan")
    said = stated.groupby(_PAIR)["customer_id"].nunique()
    said = said[said >= settings.min_stated]
    ends = (said.index.get_level_values(name).tolist() for name in _PAIR)
    rows = [
        Edge(
            stable_id(source, target, "influences"), source, target, "influences", "stated", n,
            # Two statements draw a clear line, twenty a strong one, in any period.
            nan, nan, nan, nan, n / (n + 3), False,
        )
        for source, target, n in zip(*ends, said.tolist(), strict=True)
    ]  # fmt: skip
    return EDGES.frame(rows)


def _mark_shown(edges: pd.DataFrame, n_touchpoints: int) -> pd.DataFrame:
    """Return the edges with the few that are drawn by default marked.

    Stated causes come first, then direct order, then eventual order; among them those a disparity
    filter finds to stand out at one of their ends, then the strongest.
    """
    rank = edges["step"].map({"stated": 0, "next": 1, "eventual": 2})
    ordered = edges.assign(rank=rank, faint=~_stands_out(edges)).sort_values(
        ["rank", "faint", "strength", "edge_id"], ascending=[True, True, False, True]
    )
    room = ceil(_SHOWN_PER_TOUCHPOINT * n_touchpoints)
    ordered["is_shown"] = np.arange(len(ordered)) < room
    return ordered.drop(columns=["rank", "faint"])


def _stands_out(edges: pd.DataFrame) -> pd.Series:
    """Return for each edge whether its strength is a large share at its source or target."""
    stands = pd.Series(False, index=edges.index)
    for end in _PAIR:
        ends = edges.groupby(["kind", end])["strength"]
        share, degree = edges["strength"] / ends.transform("sum"), ends.transform("size")
        chance = (1 - share).clip(lower=0) ** (degree - 1)
        stands |= (chance < _LARGE_SHARE) | (degree == 1)
    return stands


def _order_quotes(events: pd.DataFrame, edges: pd.DataFrame) -> pd.DataFrame:
    """Return up to five quotes of the target, each from another customer who shows the edge."""
    steps = edges[edges["kind"] == "follows"]
    said = events[_TOLD]
    shown = pd.concat([_next_mentions(said, steps), _later_mentions(said, steps)])
    best = best_first(shown).drop_duplicates(["edge_id", "customer_id"])
    top = best.loc[best.groupby("edge_id").cumcount() < _QUOTES, ["edge_id", "mention_id"]]
    return top.merge(events[["mention_id", "quote"]], on="mention_id")


def _next_mentions(events: pd.DataFrame, edges: pd.DataFrame) -> pd.DataFrame:
    """Return the mentions of the events that directly follow their edge's source."""
    firsts = events.drop_duplicates("event").set_index("event")
    line = firsts["customer_id"] + "\x1f" + firsts["timeline"]
    before = firsts["touchpoint_id"].shift().where(line == line.shift())
    told = events.assign(
        source_id=events["event"].map(before).astype("str"), target_id=events["touchpoint_id"]
    )
    return told.merge(edges.loc[edges["step"] == "next", ["edge_id", *_PAIR]], on=_PAIR)


def _later_mentions(events: pd.DataFrame, edges: pd.DataFrame) -> pd.DataFrame:
    """Return the mentions that come at any time after their edge's source."""
    line = ["customer_id", "timeline"]
    eventual = edges.loc[edges["step"] == "eventual", ["edge_id", *_PAIR]]
    ends = [*eventual["source_id"].tolist(), *eventual["target_id"].tolist()]
    events = events[among(events["touchpoint_id"], ends)]
    first = events.groupby([*line, "touchpoint_id"])["event"].min().reset_index()
    first.columns = pd.Index([*line, "source_id", "begun"])
    told = events.assign(target_id=events["touchpoint_id"]).merge(eventual, on="target_id")
    told = told.merge(first, on=[*line, "source_id"])
    return told[told["event"] > told["begun"]].drop(columns="begun")


def _stated_quotes(stated: pd.DataFrame, edges: pd.DataFrame) -> pd.DataFrame:
    """Return every causal statement behind the influences edges."""
    influences = edges.loc[edges["kind"] == "influences", ["edge_id", *_PAIR]]
    told = stated.merge(influences, on=_PAIR).sort_values(["edge_id", "mention_id", "quote"])
    return told.drop_duplicates(["edge_id", "mention_id"])[["edge_id", "mention_id", "quote"]]


def _find_moments(mentions: pd.DataFrame, settings: Network) -> pd.DataFrame:
    """Return the touchpoints where enough customers told of the same decision."""
    decided = best_first(mentions[mentions["kind"] == "decision"])
    decided["decision"] = [_choice_of(quote) for quote in decided["quote"].tolist()]
    decided = decided[decided["decision"] != ""]
    rows = []
    for _, group in decided.groupby(["touchpoint_id", "decision"]):
        best = group.iloc[0]
        n = int(group["customer_id"].nunique())
        if n >= settings.min_decisions:
            said = "1 customer" if n == 1 else f"{n} customers"
            reason = f"{said} said here {_REASONS[best['decision']]}"
            rows.append(
                Moment(best["touchpoint_id"], best["decision"], reason, n, best["mention_id"])
            )
    return MOMENTS.frame(rows)
