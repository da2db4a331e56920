"""reads documents, turns, mentions, causes, touchpoints -> writes edges, edge_evidence, moments.

A follows edge counts customers, never mentions, and is kept when more customers show it than
their own shuffled timelines would (see `methods.timelines`). Every pair is tested that enough
customers could show, whether they do or not: testing only frequent pairs would break the
false-discovery bound. An influences edge is what customers said, word by word.
"""

from math import ceil
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipeline.config import Network
from pipeline.methods.choices import choice_of
from pipeline.methods.measures import best_first, usable
from pipeline.methods.statistics import benjamini_hochberg, poisson_binomial_tail
from pipeline.methods.timelines import STEPS, Chances, build_events, chances_by_customer
from pipeline.tables import EDGE_EVIDENCE, EDGES, MOMENTS, Edge, EdgeEvidence, Moment
from pipeline.text import stable_id

Floats = npt.NDArray[np.float64]
_QUOTES = 5
"""Quotes kept behind a follows edge."""
_SHOWN_PER_TOUCHPOINT = 1.2
"""More arrows than this and the map becomes a poster nobody reads."""
_LARGE_SHARE = 0.5
"""An edge stands out at an end when equal shares would give its weight less often than this."""
_PAIR = ["source_id", "target_id"]
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
    for step in range(len(STEPS)):
        observed, chances = _gather(people, step, len(ids))
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
    kept = {edge.edge_id: edge for edge in edges}
    for edge in sorted(edges, key=lambda edge: (edge.strength, edge.edge_id)):
        if edge.step != "eventual":
            continue
        others = [
            (other.source_id, other.target_id)
            for other in kept.values()
            if other is not edge and other.n_customers >= edge.n_customers - 1
        ]
        if edge.target_id in _reached(edge.source_id, others):
            del kept[edge.edge_id]
    return list(kept.values())


def _reached(start: str, arrows: list[tuple[str, str]]) -> set[str]:
    """Return every touchpoint to which a chain of arrows leads, and the start."""
    reached, ends = set[str](), {start}
    while ends:
        reached |= ends
        ends = {target for source, target in arrows if source in ends} - reached
    return reached


def _travellers(people: list[Chances], n: int) -> npt.NDArray[np.int64]:
    """Return how many customers with two or more touchpoints met each touchpoint."""
    met = [person.touchpoints for person in people]
    return np.bincount(np.concatenate(met), minlength=n) if met else np.zeros(n, dtype=np.int64)


def _gather(
    people: list[Chances], step: int, n: int
) -> tuple[npt.NDArray[np.int64], dict[tuple[int, int], Floats]]:
    """Return how many customers show each pair, and the chances of those who could."""
    observed = np.zeros((n, n), dtype=np.int64)
    codes, chances = [np.zeros(0, dtype=np.int64)], [np.zeros(0)]
    for person in people:
        grid = person.touchpoints[:, None] * n + person.touchpoints[None, :]
        could = person.chance[step] > 0
        codes.append(grid[could])
        chances.append(person.chance[step][could])
        observed[np.ix_(person.touchpoints, person.touchpoints)] += person.shown[step]
    code, chance = np.concatenate(codes), np.concatenate(chances)
    order = np.argsort(code, kind="stable")
    pairs, starts = np.unique(code[order], return_index=True)
    parts = np.split(chance[order], starts[1:])
    found = {(int(p) // n, int(p) % n): part for p, part in zip(pairs, parts, strict=False)}
    return observed, found


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
    smallest = np.array([float(np.prod(chances[pair])) for pair in pairs])
    pairs = [pairs[n] for n in _testable(smallest, settings.max_false_discovery)]
    p_values = np.array(
        [_tail(int(observed[pair]), chances[pair], settings.min_customers) for pair in pairs]
    )
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


def _tail(observed: int, chance: Floats, least: int) -> float:
    """Return how likely `observed` customers or more would show a pair by chance."""
    if observed < least or observed <= chance.sum():
        # Such a pair is never kept: 1 is on the safe side, and saves most of the work.
        return 1.0
    return poisson_binomial_tail(observed, chance)


def _find_stated(mentions: pd.DataFrame, causes: pd.DataFrame) -> pd.DataFrame:
    """Return the causal statements with both touchpoints and the customer who said them."""
    by_id = mentions.set_index("mention_id")
    known = causes[
        causes["cause_mention_id"].isin(by_id.index) & causes["effect_mention_id"].isin(by_id.index)
    ]
    stated = pd.DataFrame(
        {
            "source_id": known["cause_mention_id"].map(by_id["touchpoint_id"]),
            "target_id": known["effect_mention_id"].map(by_id["touchpoint_id"]),
            "customer_id": known["effect_mention_id"].map(by_id["customer_id"]),
            "mention_id": known["effect_mention_id"],
            "quote": known["quote"],
        }
    )
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
    rows: list[EdgeEvidence] = []
    steps = edges[edges["kind"] == "follows"]
    shown = pd.concat([_next_mentions(events, steps), _later_mentions(events, steps)])
    best = best_first(shown).drop_duplicates(["edge_id", "customer_id"])
    for edge_id, group in best.groupby("edge_id"):
        top = group.head(_QUOTES)
        rows += [
            EdgeEvidence(str(edge_id), m, q)
            for m, q in zip(top["mention_id"], top["quote"], strict=True)
        ]
    return EDGE_EVIDENCE.frame(rows)


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
    first = events.groupby([*line, "touchpoint_id"])["event"].min().reset_index()
    eventual = edges.loc[edges["step"] == "eventual", ["edge_id", *_PAIR]]
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
    decided["decision"] = [choice_of(quote) for quote in decided["quote"].tolist()]
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
