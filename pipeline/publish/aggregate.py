"""Stages summed up from the scores of their touchpoints."""

import math
from dataclasses import dataclass

from pipeline.publish.lookup import Lookup
from pipeline.publish.words import is_known

_COVERED = 0.5
"""Last period's mean is shown when this share of the stage's customers can be compared."""


@dataclass(frozen=True, slots=True)
class StageMood:
    """Mean emotion of a stage's touchpoints, weighted by their customers."""

    stage: str
    value: float
    before: float
    """Last period, over the touchpoints measured in both; NaN when those are too small a part."""
    n_customers: int
    points: tuple[tuple[str, float], ...]
    """Name and emotion of each touchpoint that has a number."""


def stage_moods(lookup: Lookup) -> tuple[StageMood, ...]:
    """Return the mood of every stage, in journey order; empty without stages."""
    before = {
        c.touchpoint_id: c.before
        for c in lookup.changes
        if c.dimension == "emotion" and is_known(c.before)
    }
    return tuple(_mood(lookup, stage, before) for stage in lookup.stage_names)


def _mood(lookup: Lookup, stage: str, before: dict[str, float]) -> StageMood:
    members = [p for p in lookup.touchpoints.values() if p.stage == stage]
    people = {m.customer_id for p in members for m in lookup.mentions_at.get(p.touchpoint_id, [])}
    scored = [
        (p, score.value)
        for p in members
        if (score := lookup.scores.get((p.touchpoint_id, "emotion"))) and is_known(score.value)
    ]
    both = [p for p, _ in scored if p.touchpoint_id in before]
    covered = sum(p.n_customers for p in both) / max(1, sum(p.n_customers for p, _ in scored))
    return StageMood(
        stage=stage,
        value=_mean([(value, p.n_customers) for p, value in scored]),
        before=_mean([(before[p.touchpoint_id], p.n_customers) for p in both])
        if covered >= _COVERED
        else math.nan,
        n_customers=len(people),
        points=tuple((p.name, value) for p, value in scored),
    )


def _mean(weighted: list[tuple[float, int]]) -> float:
    weight = sum(n for _, n in weighted)
    return sum(value * n for value, n in weighted) / weight if weight else math.nan
