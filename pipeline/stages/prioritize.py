"""reads documents, mentions, touchpoints, pain_points, edges, scores -> writes priorities.

priority = reach x severity x impact x confidence / effort. Impact is shrunk towards a floor:
least_impact + (1 - least_impact) x score, where a score that is not significant counts a quarter
and a missing one nothing. So impact moves a priority by a factor of 1 / least_impact at most, and
no touchpoint falls out because nobody could prove what it costs.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipeline.config import Prioritize
from pipeline.methods import measures
from pipeline.methods.problems import most_told
from pipeline.methods.statistics import resampled_sums
from pipeline.tables import PRIORITIES, SCORES, Priority, Score

Floats = npt.NDArray[np.float64]
_NOT_SIGNIFICANT = 0.25
"""How much of an impact counts that may be chance."""
_LEAST_CHOSEN = 2
"""One angry customer is no reason to change anything."""
_MOST = 0.5
"""The part of the customers hurt that makes two touchpoints one problem."""
_EASY = 2
_Scores = dict[tuple[str, str], Score]


class _Factors(NamedTuple):
    """What multiplies, by touchpoint with a pain, in the order of `ids`."""

    ids: list[str]
    n_all: int
    n_hurt: Floats
    severities: Floats
    """customers x touchpoints: each customer's worst, 0 for who was not hurt"""
    impact: Floats
    impact_sd: Floats
    confidence: Floats
    effort: Floats
    is_stated_effort: list[bool]
    """Whether an owner or a reviewer gave the effort, rather than nobody."""


class _Ranks(NamedTuple):
    """Ranks over resamples, by touchpoint."""

    low: Floats
    high: Floats
    p_top3: Floats


class _Choice(NamedTuple):
    """Which touchpoints are taken, and for those passed over the chosen one that stands for it."""

    chosen: set[str]
    instead: dict[str, str]


class _Told(NamedTuple):
    """What a row says beside its figures."""

    scores: _Scores
    choice: _Choice
    reasons: list[str]
    """in the order of the factors"""


class _Words(NamedTuple):
    """What a reason may name, by touchpoint."""

    names: dict[str, str]
    n_failed: dict[str, int]
    pain: dict[str, str]
    """the pain point most customers told of"""


def prioritize(  # noqa: PLR0913, PLR0917 - everything known of a touchpoint meets here
    documents: pd.DataFrame,
    mentions: pd.DataFrame,
    touchpoints: pd.DataFrame,
    pain_points: pd.DataFrame,
    edges: pd.DataFrame,
    scores: pd.DataFrame,
    settings: Prioritize,
) -> pd.DataFrame:
    """Return what to fix first; only touchpoints with a negative experience have a row."""
    used = measures.usable(documents, mentions, touchpoints)
    hurt = measures.pains(used)
    if not len(hurt):
        return PRIORITIES.frame()
    by_key = {(row.touchpoint_id, row.dimension): row for row in SCORES.rows(scores)}
    n_all = measures.n_customers(documents)
    factors = _gather(hurt, touchpoints, by_key, n_all, settings)
    values = _multiply(factors, factors.severities.sum(axis=0), factors.impact)
    order = np.lexsort((np.array(factors.ids), -values)).tolist()
    choice = _choose([factors.ids[n] for n in order], hurt, edges, settings.choose)
    words = _Words(
        names=dict(_pairs(touchpoints, "touchpoint_id", "name")),
        n_failed=measures.counts(hurt[hurt["outcome"] == "failed"]),
        pain=dict(_pairs(_first_told(pain_points), "touchpoint_id", "name")),
    )
    reasons = [
        _reason(key, int(n), n_all, by_key, words) + _passed_over(key, choice, words)
        for key, n in zip(factors.ids, factors.n_hurt, strict=True)
    ]
    return PRIORITIES.frame(_rows(factors, values, order, settings, _Told(by_key, choice, reasons)))


def _rows(
    factors: _Factors, values: Floats, order: list[int], settings: Prioritize, told: _Told
) -> Iterable[Priority]:
    """Yield the rows, first rank first."""
    ranks = _resample(factors, settings)
    for rank, n in enumerate(order, start=1):
        key, is_stated = factors.ids[n], factors.is_stated_effort[n]
        effort = float(factors.effort[n])
        yield Priority(
            touchpoint_id=key,
            rank=rank,
            rank_low=int(ranks.low[n]),
            rank_high=int(ranks.high[n]),
            p_top3=float(ranks.p_top3[n]),
            reach=float(factors.n_hurt[n] / factors.n_all),
            severity=float(factors.severities[:, n].sum() / factors.n_hurt[n]),
            impact=float(factors.impact[n]),
            confidence=float(factors.confidence[n]),
            effort=effort,
            effort_basis="owner" if is_stated else "assumed",
            priority=float(values[n]),
            is_chosen=key in told.choice.chosen,
            is_quick_win=is_stated and effort <= _EASY and _is_negative(key, told.scores),
            reason=told.reasons[n],
        )


def _gather(
    hurt: pd.DataFrame,
    touchpoints: pd.DataFrame,
    scores: _Scores,
    n_all: int,
    settings: Prioritize,
) -> _Factors:
    """Return the factors of every touchpoint that hurt someone."""
    worst = hurt.groupby(["customer_id", "touchpoint_id"])["severity"].max()
    grid = worst.unstack("touchpoint_id").sort_index()  # noqa: PD010 - a Series cannot pivot
    ids = [str(key) for key in grid.columns]
    effort = touchpoints.set_index("touchpoint_id")["effort"].reindex(ids)
    impacts = np.array([_impact(scores.get((key, "impact")), settings) for key in ids])
    return _Factors(
        ids=ids,
        n_all=n_all,
        n_hurt=grid.notna().sum(axis=0).to_numpy(dtype=np.float64),
        severities=grid.fillna(0.0).to_numpy(dtype=np.float64),
        impact=impacts[:, 0],
        impact_sd=impacts[:, 1],
        confidence=np.array([_confidence(key, scores) for key in ids]),
        effort=effort.fillna(settings.assumed_effort).to_numpy(dtype=np.float64),
        is_stated_effort=effort.notna().tolist(),
    )


def _impact(row: Score | None, settings: Prioritize) -> tuple[float, float]:
    """Return the impact shrunk towards its floor, and its standard deviation."""
    if row is None or np.isnan(row.value):
        return settings.least_impact, 0.0
    weight = 1 - settings.least_impact
    if row.label == "not significant":
        weight *= _NOT_SIGNIFICANT
    # A 95 % interval is about four standard deviations wide.
    return settings.least_impact + weight * row.value, weight * (row.high - row.low) / 4


def _confidence(touchpoint_id: str, scores: _Scores) -> float:
    """Return the mean confidence of how often and how it felt."""
    rows = (scores.get((touchpoint_id, name)) for name in ("frequency", "emotion"))
    known = [row.confidence for row in rows if row]
    return float(np.mean(known)) if known else 0.0


def _multiply(factors: _Factors, severity_sums: Floats, impact: Floats) -> Floats:
    """Return the priorities; reach x severity is the sum of severities over all customers."""
    product = severity_sums / factors.n_all * impact * factors.confidence / factors.effort
    return np.asarray(product, dtype=np.float64)


def _resample(factors: _Factors, settings: Prioritize) -> _Ranks:
    """Return the ranks with customers drawn again, and impacts drawn within their intervals."""
    n_rest = max(0, factors.n_all - len(factors.severities))
    everyone = np.vstack([factors.severities, np.zeros((n_rest, len(factors.ids)))])
    sums = resampled_sums(everyone, settings.resamples, settings.seed)
    draw = np.random.default_rng([settings.seed, 1])
    impacts = np.clip(draw.normal(factors.impact, factors.impact_sd, size=sums.shape), 0.0, 1.0)
    values = _multiply(factors, sums, impacts)
    ranks = np.argsort(np.argsort(-values, axis=1, kind="stable"), axis=1) + 1
    return _Ranks(
        low=np.percentile(ranks, 2.5, axis=0, method="lower"),
        high=np.percentile(ranks, 97.5, axis=0, method="higher"),
        p_top3=(ranks <= 3).mean(axis=0),
    )


def _choose(ordered: list[str], hurt: pd.DataFrame, edges: pd.DataFrame, most: int) -> _Choice:
    """Return the first `most` touchpoints that are problems of their own."""
    n_hurt = measures.counts(hurt)
    stated = edges[edges["kind"] == "influences"]
    ends = zip(stated["source_id"].tolist(), stated["target_id"].tolist(), strict=True)
    causes = dict(zip(ends, stated["n_customers"].tolist(), strict=True))
    chosen: list[str] = []
    instead: dict[str, str] = {}
    for key in ordered:
        if len(chosen) == most:
            break
        if n_hurt[key] < _LEAST_CHOSEN:
            continue
        least = _MOST * n_hurt[key]
        same = (
            other
            for other in chosen
            if causes.get((other, key), 0) >= least or _n_shared(hurt, other, key) >= least
        )
        standing = next(same, "")
        if standing:
            instead[key] = standing
        else:
            chosen.append(key)
    return _Choice(set(chosen), instead)


def _n_shared(hurt: pd.DataFrame, one: str, other: str) -> int:
    """Return how many customers told of both pains in the same words."""
    columns = ["turn_id", "customer_id", "start", "end"]
    first = hurt.loc[hurt["touchpoint_id"] == one, columns]
    second = hurt.loc[hurt["touchpoint_id"] == other, columns]
    both = first.merge(second, on=["turn_id", "customer_id"], suffixes=("", "_other"))
    overlap = (both["start"] < both["end_other"]) & (both["start_other"] < both["end"])
    return int(both.loc[overlap, "customer_id"].nunique())


def _is_negative(touchpoint_id: str, scores: _Scores) -> bool:
    """Tell whether the whole interval of the emotion is below 0."""
    row = scores.get((touchpoint_id, "emotion"))
    return row is not None and row.high < 0


def _pairs(frame: pd.DataFrame, key: str, value: str) -> Iterable[tuple[str, str]]:
    return zip(frame[key].tolist(), frame[value].tolist(), strict=True)


def _first_told(pain_points: pd.DataFrame) -> pd.DataFrame:
    """Return the pain point that most customers of each touchpoint told of."""
    return most_told(pain_points).drop_duplicates("touchpoint_id")


def _reason(key: str, n_hurt: int, n_all: int, scores: _Scores, words: _Words) -> str:
    """Return one sentence with figures."""
    noun, verb = "customer" if n_all == 1 else "customers", "was" if n_hurt == 1 else "were"
    parts = [f"{n_hurt} of {n_all} {noun} {verb} let down here"]
    if key in words.n_failed:
        parts.append(f"for {words.n_failed[key]} of them it failed")
    impact = scores.get((key, "impact"))
    if impact and impact.label not in {"too few", "not significant"}:
        kind = "estimated impact" if impact.is_estimated else "impact"
        parts.append(f"its {kind} on the outcome is {impact.label}")
    if key in words.pain:
        parts.append(f"most often: {words.pain[key]}")
    return "; ".join(parts).rstrip(".!? ") + "."


def _passed_over(key: str, choice: _Choice, words: _Words) -> str:
    """Return why a touchpoint was not chosen although its rank would do, or nothing."""
    if key not in choice.instead:
        return ""
    return f" Not chosen by itself: most of it goes with {words.names[choice.instead[key]]}."
