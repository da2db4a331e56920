"""How reliable judgements are: agreement of any number of people beyond chance."""

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence

import numpy as np


def krippendorff_nominal(units: Iterable[Sequence[Hashable]]) -> float:
    """Return agreement beyond chance about categories: 1 always the same, 0 as often as by chance.

    `units` holds for each thing judged the categories that people gave it, in any order and
    without those who gave none; one with fewer than two is left out, for nothing can agree there.
    Below 0 people differ more than by chance. NaN when no unit has two judgements, and when all
    judgements are one category: what people would call otherwise never came up, so nothing tells
    agreement from habit.

    Krippendorff's alpha with the nominal metric: Krippendorff 2011, "Computing Krippendorff's
    Alpha-Reliability", section D. With o(c, k) the number of pairs c, k within units, each unit's
    pairs divided by its judgements less one, and n(c) their sums: 1 - (n - 1) * sum of o(c, k)
    over c != k / sum of n(c) * n(k) over c != k.
    """
    totals: Counter[Hashable] = Counter()
    n_differing = 0.0
    for unit in units:
        if len(unit) < 2:
            continue
        counts = Counter(unit)
        totals += counts
        same_pairs = sum(n * (n - 1) for n in counts.values())
        n_differing += (len(unit) * (len(unit) - 1) - same_pairs) / (len(unit) - 1)
    n = totals.total()
    n_by_chance = n**2 - sum(count**2 for count in totals.values())
    return 1 - (n - 1) * n_differing / n_by_chance if n_by_chance else np.nan
