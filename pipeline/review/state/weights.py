"""What is at stake with a touchpoint: one weight for the work list and for the progress shown."""

import math
from typing import NamedTuple

from pipeline.publish import words
from pipeline.publish.lookup import Lookup

_LEAST_WEIGHT = 0.01
"""What hurts nobody and moves nothing still stands in the list, at its end."""


class Weight(NamedTuple):
    """What is at stake with a touchpoint, 0 to 1, and what the figure is."""

    value: float
    told: str
    is_impact: bool
    """False: nothing significant is known of its impact."""


def weigh(lookup: Lookup, touchpoint_id: str) -> Weight:
    """Return the impact of a touchpoint; without a significant one its reach x severity."""
    score = lookup.scores.get((touchpoint_id, "impact"))
    known = score is not None and not math.isnan(score.value) and score.label != "not significant"
    if score is not None and known:
        kind = "estimated impact" if score.basis.startswith("estimated") else "impact"
        value = max(score.value, _LEAST_WEIGHT)
        return Weight(value, f"{kind} {score.value:.2f}, {score.label}", is_impact=True)
    row = lookup.priorities.get(touchpoint_id)
    if row is None:
        return Weight(_LEAST_WEIGHT, "no impact known and nobody was hurt here", is_impact=False)
    value = row.reach * row.severity
    return Weight(
        max(value, _LEAST_WEIGHT),
        f"no significant impact; reach × severity is {words.share(row.reach)} × "
        f"{row.severity:.2f} = {value:.2f}",
        is_impact=False,
    )
