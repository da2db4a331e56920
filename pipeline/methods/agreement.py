"""How far two runs over the same turns agree: quotes, touchpoints, and what was said of them."""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import linear_sum_assignment

Floats = npt.NDArray[np.float64]
LEAST_SHARE = 0.25
"""Two touchpoints are one when at least this part of their quotes that both runs found stands at
both: two halves of one still count as it, a quarter that strayed over does not."""
LEAST_SHARED = 2
"""One quote at both may be chance."""
_SAME_TOUCHPOINT = 1e-6
"""Of two quotes with one span, the one about the same touchpoint is the other run's quote."""
_MATCHED = ["first_id", "second_id", "basis", "n_shared"]


class Pairs(NamedTuple):
    """Which mentions of two runs are one."""

    pairs: pd.DataFrame
    """`first`, `second`: rows (by position) of the mentions that are one; each stands once"""
    in_second: npt.NDArray[np.bool_]
    """for each mention of the first run: its words overlap with some mention of the second"""
    in_first: npt.NDArray[np.bool_]
    """the same for each mention of the second run"""


class Agreement(NamedTuple):
    """How often two runs say the same of quotes that both found."""

    what: str
    n: int
    n_same: int
    kappa: float


def pair_mentions(first: pd.DataFrame, second: pd.DataFrame) -> Pairs:
    """Return the one-to-one pairing of mentions with the largest overlap within their turns.

    Both tables need `turn_id`, `start`, `end` and `touchpoint_id`, and their turns must read the
    same. Overlap is counted in characters both have of those either has. The work grows with the
    number of mentions: only chains of overlapping spans are compared with each other.
    """
    tables = [_spans(first), _spans(second)]
    seen = [np.zeros(len(table), dtype=np.bool_) for table in tables]
    found: list[tuple[int, int]] = []
    for chain in _chains(*tables):
        ones, others = ([row for side, row in chain if side == k] for k in (0, 1))
        if not ones or not others:
            continue
        weight = _overlaps([tables[0][row] for row in ones], [tables[1][row] for row in others])
        seen[0][ones] = weight.any(axis=1)
        seen[1][others] = weight.any(axis=0)
        found += [
            (ones[a], others[b])
            for a, b in zip(*linear_sum_assignment(weight, maximize=True), strict=True)
            if weight[a, b] > 0
        ]
    pairs = pd.DataFrame(sorted(found), columns=["first", "second"], dtype="int64")
    return Pairs(pairs, seen[0], seen[1])


_Span = tuple[str, int, int, str]


def _spans(mentions: pd.DataFrame) -> list[_Span]:
    """Return (turn, start, end, touchpoint) of each mention, in the order of the table."""
    columns = ("turn_id", "start", "end", "touchpoint_id")
    return list(zip(*(mentions[name].tolist() for name in columns), strict=True))


def _chains(first: list[_Span], second: list[_Span]) -> Iterator[list[tuple[int, int]]]:
    """Yield the (run, row) of mentions that overlap, one with the next, within one turn."""
    rows = [
        (*span[:3], side, row)
        for side, table in enumerate((first, second))
        for row, span in enumerate(table)
    ]
    chain: list[tuple[int, int]] = []
    turn, reach = "", 0
    for turn_id, start, end, side, row in sorted(rows):
        if chain and (turn_id != turn or start >= reach):
            yield chain
            chain = []
        reach = max(end, reach) if chain else end
        turn = turn_id
        chain.append((side, row))
    if chain:
        yield chain


def _overlaps(ones: list[_Span], others: list[_Span]) -> Floats:
    """Return the share of characters that each span of `ones` has in common with each other."""
    a = np.array([span[1:3] for span in ones], dtype=np.float64)[:, None]
    b = np.array([span[1:3] for span in others], dtype=np.float64)[None, :]
    both = np.minimum(a[..., 1], b[..., 1]) - np.maximum(a[..., 0], b[..., 0])
    either = np.maximum(a[..., 1], b[..., 1]) - np.minimum(a[..., 0], b[..., 0])
    same = np.array([[one[3] == other[3] for other in others] for one in ones])
    overlap: Floats = np.where(both > 0, both / either + _SAME_TOUCHPOINT * same, 0.0)
    return overlap


def match_touchpoints(
    first: pd.DataFrame, second: pd.DataFrame, labels: tuple[Sequence[str], Sequence[str]]
) -> pd.DataFrame:
    """Return which touchpoints of two runs are one: first_id, second_id, basis, n_shared.

    `first` and `second` are tables of touchpoints; `labels` holds, for each mention that both runs
    found, its touchpoint in the first and in the second. A touchpoint of both catalogues
    is one by its id (basis `catalogue`). All others are assigned one to one so that most of their
    quotes fall together (`quotes`; Kuhn 1955, the assignment problem): of the quotes found by both
    runs that stand at either, the share that stands at both, from LEAST_SHARE on. What is left and
    has the same id, which a name makes, is one too (`name`).
    """
    shared = Counter(zip(*labels, strict=True))
    planned = _ids(first, "catalogue") & _ids(second, "catalogue")
    rows = [(key, key, "catalogue") for key in sorted(planned)]
    left = [sorted(_ids(table) - planned) for table in (first, second)]
    by_quotes = _assign(left[0], left[1], shared, labels)
    rows += [(one, other, "quotes") for one, other in by_quotes]
    ones, others = (
        (set(ids) for ids in zip(*by_quotes, strict=True)) if by_quotes else (set(), set())
    )
    rows += [(key, key, "name") for key in left[0] if key in left[1] and key not in ones | others]
    return pd.DataFrame([(*row, shared[row[0], row[1]]) for row in rows], columns=_MATCHED)


def _ids(touchpoints: pd.DataFrame, origin: str = "") -> set[str]:
    """Return the ids of all touchpoints, or of those of one origin."""
    own = touchpoints[touchpoints["origin"] == origin] if origin else touchpoints
    return set(own["touchpoint_id"].tolist())


def _assign(
    ones: list[str],
    others: list[str],
    shared: Counter[tuple[str, str]],
    labels: tuple[Sequence[str], Sequence[str]],
) -> list[tuple[str, str]]:
    """Return the pairs of touchpoints of which enough quotes fall together."""
    rows, columns = ({key: n for n, key in enumerate(ids)} for ids in (ones, others))
    sizes = [Counter(side) for side in labels]
    share = np.zeros((len(ones), len(others)))
    for (one, other), n in shared.items():
        if one in rows and other in columns and n >= LEAST_SHARED:
            either = sizes[0][one] + sizes[1][other] - n
            share[rows[one], columns[other]] = n / either if n / either >= LEAST_SHARE else 0.0
    best = zip(*linear_sum_assignment(share, maximize=True), strict=True)
    return [(ones[a], others[b]) for a, b in best if share[a, b] > 0]


def agree(what: str, first: Sequence[Hashable], second: Sequence[Hashable]) -> Agreement:
    """Return how often two runs give the same label, with Cohen's kappa."""
    same = sum(one == other for one, other in zip(first, second, strict=True))
    return Agreement(what, len(first), same, cohens_kappa(first, second))


def cohens_kappa(first: Sequence[Hashable], second: Sequence[Hashable]) -> float:
    """Return agreement beyond chance: 1 always the same, 0 as often as by chance.

    Cohen 1960, "A coefficient of agreement for nominal scales". NaN for no labels; 1 when both
    give one and the same label throughout, where chance leaves nothing to agree on.
    """
    n = len(first)
    if not n:
        return np.nan
    seen = sum(one == other for one, other in zip(first, second, strict=True)) / n
    counts, others = Counter(first), Counter(second)
    chance = sum(counts[label] * others[label] for label in counts) / n**2
    return 1.0 if chance == 1 else float((seen - chance) / (1 - chance))


def krippendorff_alpha(first: Floats, second: Floats) -> float:
    """Return agreement of two runs' numbers beyond chance: 1 equal, 0 as by chance.

    Krippendorff's alpha with the interval metric for two observers who both judged every unit
    (Hayes and Krippendorff 2007): 1 - mean squared difference / twice the variance of all values.
    NaN for no values; 1 when all are one and the same.
    """
    if not len(first):
        return np.nan
    spread = 2 * np.concatenate([first, second]).var(ddof=1)
    return float(1 - ((first - second) ** 2).mean() / spread) if spread > 0 else 1.0


def correlation(first: Floats, second: Floats) -> float:
    """Return Pearson's correlation; NaN when either side does not vary."""
    if len(first) < 2 or np.ptp(first) == 0 or np.ptp(second) == 0:
        return np.nan
    return float(np.corrcoef(first, second)[0, 1])


def adjusted_rand(first: Sequence[Hashable], second: Sequence[Hashable]) -> float:
    """Return how far two groupings put the same quotes together, whatever they call the groups.

    1 is the same grouping, 0 what chance would bring about: the adjusted Rand index of Hubert and
    Arabie 1985, "Comparing partitions". NaN for fewer than two quotes; 1 when neither grouping
    leaves chance anything to do (all in one group, or each alone, in both).
    """
    n = len(first)
    if n < 2:
        return np.nan
    both = _n_together(Counter(zip(first, second, strict=True)).values())
    ones, others = _n_together(Counter(first).values()), _n_together(Counter(second).values())
    chance = ones * others / _n_together([n])
    most = (ones + others) / 2
    return 1.0 if most == chance else float((both - chance) / (most - chance))


def _n_together(sizes: Iterable[int]) -> float:
    """Return how many pairs stand in one group, from the sizes of the groups."""
    return float(sum(size * (size - 1) / 2 for size in sizes))
