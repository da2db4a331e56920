"""reads documents, mentions, touchpoints -> writes scores.

Every number is one of customers: a customer's mentions are first brought to one value.
Impact is the part of the outcome's scale (0 worst, 1 best) that hangs on a touchpoint: the change
of a customer's outcome per unit of polarity (see `pipeline.methods.drivers`) x the mean strength of
polarity there over all customers, those it never touched included. A tenth of the scale or
more is 1, in every period.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipeline.config import Outcome
from pipeline.config import Score as Settings
from pipeline.methods import measures
from pipeline.methods.drivers import find_drivers
from pipeline.methods.grades import in_words
from pipeline.methods.outcomes import Known, known_outcomes
from pipeline.methods.statistics import Interval, mean_of, resampled_sums, wilson
from pipeline.tables import ESTIMATED, SCORES, Score

Floats = npt.NDArray[np.float64]
_NAN = Interval(float("nan"), float("nan"), float("nan"))
_LEAST_SD = 0.1
"""Nobody reads polarity more finely than this: a few equal values are no certainty."""
_FULL_IMPACT = 0.1
"""The part of the outcome's scale that counts as an impact of 1."""
_ESTIMATE_CONFIDENCE = 0.3


class _Measured(NamedTuple):
    """One dimension of one touchpoint before it is put in words."""

    interval: Interval
    n_customers: int
    basis: str
    is_significant: bool = True


class _People(NamedTuple):
    """Customers by touchpoint, as arrays: who met it, with what polarity and what at stake."""

    customers: list[str]
    touchpoints: list[str]
    polarity: Floats
    is_met: Floats
    stake: Floats


def score(
    documents: pd.DataFrame,
    mentions: pd.DataFrame,
    touchpoints: pd.DataFrame,
    settings: Settings,
    outcome: Outcome,
) -> pd.DataFrame:
    """Return four rows per touchpoint; with too few customers a row has no number."""
    kept = measures.voiced(documents)
    used = measures.usable(documents, mentions, touchpoints)
    ids = sorted(touchpoints["touchpoint_id"])
    measured = {
        "emotion": _emotions(used),
        "function": _functions(used),
        "frequency": _frequencies(used, kept),
        "impact": _impacts(used, kept, settings, outcome),
    }
    trust = _trust(used, kept)
    rows = []
    for dimension, found in measured.items():
        for touchpoint_id in ids:
            one = found.get(touchpoint_id, _Measured(_NAN, 0, "no customer told of it"))
            rows.append(_row(touchpoint_id, dimension, one, trust, settings))
    return SCORES.frame(rows)


def _row(
    touchpoint_id: str,
    dimension: str,
    one: _Measured,
    trust: dict[str, float],
    settings: Settings,
) -> Score:
    """Return the value in words, or 'too few'."""
    n = one.n_customers
    # Ten customers earn half the trust that any number of them could.
    confidence = trust.get(touchpoint_id, 0.0) * n / (n + 10)
    if one.basis.startswith(ESTIMATED):
        confidence = min(confidence, _ESTIMATE_CONFIDENCE)
    interval, label = one.interval, "not significant"
    if n < settings.min_customers or np.isnan(interval).any():
        interval, label = _NAN, "too few"
    elif one.is_significant:
        label = in_words(dimension, interval.value)
    return Score(touchpoint_id, dimension, *interval, n, label, one.basis, confidence)


def _trust(mentions: pd.DataFrame, documents: pd.DataFrame) -> dict[str, float]:
    """Return 0 to 1 from how sure the mentions are and from how many kinds of source they come."""
    kinds = mentions["document_id"].map(documents.set_index("document_id")["kind"])
    parts = mentions.assign(source=kinds).groupby("touchpoint_id")
    diverse = (0.4 + 0.2 * parts["source"].nunique()).clip(upper=1.0)
    trust = parts["confidence"].mean() * diverse
    return {str(key): float(value) for key, value in trust.items()}


def _emotions(mentions: pd.DataFrame) -> dict[str, _Measured]:
    """Return the mean over customers of their mean polarity, with its t interval."""
    found = {}
    for key, values in measures.by_touchpoint(measures.emotions(mentions)).items():
        mean = mean_of(values, _LEAST_SD)
        basis = f"mean polarity over {len(values)} customers, each one's mentions by intensity"
        low, high = np.clip([mean.low, mean.high], -1, 1).tolist()
        found[key] = _Measured(Interval(mean.value, low, high), len(values), basis)
    return found


def _functions(mentions: pd.DataFrame) -> dict[str, _Measured]:
    """Return how far it worked for customers of whom that is known."""
    everyone = measures.counts(mentions)
    known = measures.by_touchpoint(measures.functions(mentions))
    found = {}
    for key, n in everyone.items():
        values = known.get(key, np.zeros(0))
        basis = (
            f"worked 1, partly 0.5, failed 0, over the {len(values)} of {n} customers who told; "
            "Wilson interval on customers' means"
        )
        found[key] = _Measured(wilson(float(values.sum()), len(values)), len(values), basis)
    return found


def _frequencies(mentions: pd.DataFrame, documents: pd.DataFrame) -> dict[str, _Measured]:
    """Return the share of all customers heard who told of it."""
    n_all = int(documents["customer_id"].nunique())
    return {
        key: _Measured(wilson(n, n_all), n, f"{n} of {n_all} customers; Wilson interval")
        for key, n in measures.counts(mentions).items()
    }


def _impacts(
    mentions: pd.DataFrame, documents: pd.DataFrame, settings: Settings, outcome: Outcome
) -> dict[str, _Measured]:
    """Return the impact of each touchpoint that was met, with the money that stands behind it."""
    people = _gather(mentions, documents)
    known = known_outcomes(documents, outcome)
    if len(known.by_customer):
        found = _regressed(people, known, settings)
    else:
        found = _estimated(people, settings)
    total, behind = _worth(people, documents)
    if total <= 0:
        return found
    money = {
        key: f"; its customers stand for {part:,.0f} of {total:,.0f} in value a year"
        for key, part in zip(people.touchpoints, behind, strict=True)
    }
    return {key: one._replace(basis=one.basis + money[key]) for key, one in found.items()}


def _worth(people: _People, documents: pd.DataFrame) -> tuple[float, list[float]]:
    """Return the value of all accounts, and of those that met each touchpoint.

    People of one account share its value: it counts once. Without an account, a customer is one.
    """
    named = documents.sort_values(["customer_id", "account_id"]).groupby("customer_id")
    account = named["account_id"].last().reindex(people.customers).fillna("")
    payers = account.where(account != "", account.index.to_series())
    worth = named["value"].max().reindex(people.customers).fillna(0.0).groupby(payers).max()
    met = pd.DataFrame(people.is_met, index=payers.to_numpy()).groupby(level=0).max()
    values = worth.reindex(met.index).to_numpy(dtype=np.float64)
    return float(values.sum()), (values @ met.to_numpy(dtype=np.float64)).tolist()


def _gather(mentions: pd.DataFrame, documents: pd.DataFrame) -> _People:
    """Return the arrays over all customers heard and all touchpoints met."""
    everyone = {*documents["customer_id"].tolist(), *mentions["customer_id"].tolist()}
    customers, touchpoints = sorted(everyone), sorted(set(mentions["touchpoint_id"].tolist()))
    decided = mentions["kind"] == "decision"
    at_stake = mentions.assign(stake=mentions["intensity"].where(~decided, 1.0))
    stakes = at_stake.groupby(measures.PAIR)["stake"].max()
    polarity = measures.emotions(mentions)
    rows = pd.Index(customers).get_indexer(polarity.index.get_level_values("customer_id"))
    columns = pd.Index(touchpoints).get_indexer(polarity.index.get_level_values("touchpoint_id"))
    grids = []
    for values in (polarity, polarity * 0 + 1, stakes.reindex(polarity.index)):
        grid = np.zeros((len(customers), len(touchpoints)))
        grid[rows, columns] = values.to_numpy(dtype=np.float64)
        grids.append(grid)
    return _People(customers, touchpoints, *grids)


def _regressed(people: _People, known: Known, settings: Settings) -> dict[str, _Measured]:
    """Return own effect x exposure from one model of all touchpoints."""
    told = known.by_customer.reindex(people.customers).to_numpy(dtype=np.float64)
    rows = np.flatnonzero(~np.isnan(told))
    n_met = people.is_met[rows].sum(axis=0)
    columns = np.flatnonzero(n_met >= settings.min_customers)
    found = {
        key: _Measured(_NAN, int(n), f"{known.basis}; too few of them told of it")
        for key, n in zip(people.touchpoints, n_met, strict=True)
    }
    if not len(columns):
        return found
    part = np.ix_(rows, columns)
    drivers = find_drivers(
        told[rows], people.polarity[part], people.is_met[part], settings.resamples, settings.seed
    )
    exposure = np.abs(people.polarity[:, columns]).mean(axis=0) / _FULL_IMPACT
    ends = np.stack([drivers.effect, drivers.low, drivers.high]) * exposure
    basis = (
        f"{known.basis}, ridge regression on {len(columns)} touchpoints together, "
        f"R2 {drivers.fit:.2f} on customers left out"
    )
    for n, column in enumerate(columns.tolist()):
        interval = Interval(*np.clip(ends[:, n], 0.0, 1.0).tolist())
        significant = bool(drivers.low[n] > 0)
        words = basis if significant else f"{basis}; {_doubt(float(drivers.high[n]))}"
        key = people.touchpoints[column]
        found[key] = _Measured(interval, int(n_met[column]), words, significant)
    return found


def _doubt(high: float) -> str:
    """Return why an impact is not significant."""
    if high < 0:
        return "better experiences here went with worse outcomes, so it drives nothing"
    return "may be chance: the interval holds 0"


def _estimated(people: _People, settings: Settings) -> dict[str, _Measured]:
    """Return twice the mean over all customers of what was at stake: 1 for a decision told
    here, else the strongest intensity, 0 for who never met it.
    """
    n = len(people.customers)
    values = people.stake.sum(axis=0) / max(n, 1)
    sums = resampled_sums(people.stake, settings.resamples, settings.seed) / max(n, 1)
    ends = np.percentile(sums, [2.5, 97.5], axis=0)
    basis = f"{ESTIMATED}: share of customers x intensity, a decision counting full"
    found = {}
    for column, key in enumerate(people.touchpoints):
        triple = np.clip(2 * np.array([values[column], *ends[:, column]]), 0.0, 1.0)
        n_met = int(people.is_met[:, column].sum())
        found[key] = _Measured(Interval(*triple.tolist()), n_met, basis)
    return found
