"""How it ended for each customer: one number per customer, or none."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from pipeline.config import Outcome

_LEAST_CUSTOMERS = 20
_LEAST_OF_EACH = 5
"""Fewer good or bad outcomes than this and there is nothing to learn from."""
_SCALES = ((5, 1), (7, 1), (10, 0), (100, 0))
"""Highest and lowest answer of the usual scales: the first that holds all answers is taken."""
_NPS = (10.0, 0.0)


class Known(NamedTuple):
    """Outcomes by customer, 0 (bad) to 1 (good), and what they are; empty when too few."""

    by_customer: pd.Series
    basis: str


def known_outcomes(documents: pd.DataFrame, outcome: Outcome) -> Known:
    """Return what customers did in the end; else how they scored; else nothing."""
    did = _last_outcomes(documents, outcome)
    n_good = int(did.sum())
    if len(did) >= _LEAST_CUSTOMERS and min(n_good, len(did) - n_good) >= _LEAST_OF_EACH:
        return Known(did, f"outcomes of {len(did)} customers ({n_good} good)")
    scored, kinds = _scores(documents)
    if len(scored) >= _LEAST_CUSTOMERS and scored.std() > 0:
        return Known(scored, f"{kinds} scores of {len(scored)} customers")
    return Known(pd.Series(dtype="float64"), "")


def _last_outcomes(documents: pd.DataFrame, outcome: Outcome) -> pd.Series:
    """Return 1 for good and 0 for bad, from the latest document that tells."""
    words = {word.strip().casefold(): 0.0 for word in outcome.bad}
    words |= {word.strip().casefold(): 1.0 for word in outcome.good}
    ended = documents["outcome"].str.strip().str.casefold().map(words).astype("float64")
    told = documents.assign(ended=ended)[ended.notna()]
    return told.sort_values(["occurred_at", "document_id"]).groupby("customer_id")["ended"].last()


def _scores(documents: pd.DataFrame) -> tuple[pd.Series, str]:
    """Return each customer's mean score on 0 to 1, with the differences between kinds removed."""
    told = documents[documents["score"].notna() & (documents["score_kind"] != "")]
    parts = []
    for kind, group in told.groupby("score_kind"):
        highest, lowest = _NPS if kind == "nps" else _scale(float(group["score"].max()))
        parts.append(((group["score"] - lowest) / (highest - lowest)).clip(0.0, 1.0))
    if not parts:
        return pd.Series(dtype="float64"), ""
    scaled = pd.concat(parts).sort_index()
    means = scaled.groupby(told["score_kind"]).transform("mean")
    centred = scaled - means + float(scaled.mean())
    kinds = ", ".join(sorted(set(told["score_kind"])))
    return centred.groupby(told["customer_id"]).mean(), kinds


def _scale(highest: float) -> tuple[float, float]:
    """Return the (highest, lowest) answer of the scale that the largest answer fits."""
    for high, low in _SCALES:
        if highest <= high:
            return float(high), float(low)
    return float(np.ceil(highest)), 0.0
