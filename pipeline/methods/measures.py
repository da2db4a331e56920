"""What one customer went through at one touchpoint, in the numbers that stages compare."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

WORKED = {"worked": 1.0, "partly": 0.5, "failed": 0.0}
FAILURE_WEIGHT = {"failed": 0.5, "partly": 0.25}
"""How far an outcome lifts the severity of a pain from its intensity towards 1."""
NOBODYS = ("analytics", "event")
"""Kinds of document that a program wrote; an event may name the customer it is about."""
QUOTES_KEPT = 2**16
"""Quotes of which it is remembered what a word list finds in them. That depends on the words alone,
and between two decisions of a reviewer hardly a quote changes."""
PAIR = ["touchpoint_id", "customer_id"]
_LEAST_WEIGHT = 0.05
"""A mention of no intensity still counts a little, so that a flat customer has a mean."""


def originals(documents: pd.DataFrame) -> pd.DataFrame:
    """Return the documents that repeat no other."""
    return documents[documents["duplicate_of"] == ""]


def failed(mentions: pd.DataFrame) -> pd.DataFrame:
    """Return the mentions of what failed, in whole or in part."""
    return mentions[mentions["outcome"].isin(FAILURE_WEIGHT)]


def voiced(documents: pd.DataFrame) -> pd.DataFrame:
    """Return the originals that somebody is behind: analytics and nameless events are not."""
    kept = originals(documents)
    nameless_event = (kept["kind"] == "event") & kept["is_anonymous"]
    return kept[~(nameless_event | (kept["kind"] == "analytics"))]


def n_customers(documents: pd.DataFrame) -> int:
    """Return how many distinct customers there are."""
    return int(voiced(documents)["customer_id"].nunique())


def usable(
    documents: pd.DataFrame, mentions: pd.DataFrame, touchpoints: pd.DataFrame
) -> pd.DataFrame:
    """Return the mentions of known touchpoints in documents that repeat no other."""
    kept = among(mentions["document_id"], originals(documents)["document_id"])
    known = among(mentions["touchpoint_id"], touchpoints["touchpoint_id"])
    used = kept & known
    return mentions if used.all() else mentions[used]


def among(values: pd.Series, ids: Iterable[str]) -> npt.NDArray[np.bool_]:
    """Return which values are one of the ids; both are texts.

    What `isin` tells too, but that makes an object of each id first and takes fifty times as long.
    """
    known = ids if isinstance(ids, pd.Series) else list(ids)
    found = pc.is_in(
        pa.array(values, pa.large_string()), value_set=pa.array(known, pa.large_string())
    )
    return np.asarray(found, dtype=bool)


def best_first(mentions: pd.DataFrame) -> pd.DataFrame:
    """Return the mentions with the surest and strongest words first."""
    weight = mentions["confidence"] * mentions["intensity"]
    return mentions.assign(weight=weight).sort_values(
        ["weight", "mention_id"], ascending=[False, True]
    )


def emotions(mentions: pd.DataFrame) -> pd.Series:
    """Return each customer's intensity-weighted mean polarity by (touchpoint, customer)."""
    weight = mentions["intensity"].clip(lower=_LEAST_WEIGHT)
    parts = mentions[PAIR].assign(total=mentions["polarity"] * weight, weight=weight)
    sums = parts.groupby(PAIR)[["total", "weight"]].sum()
    return sums["total"] / sums["weight"]


def functions(mentions: pd.DataFrame) -> pd.Series:
    """Return each customer's mean of worked 1, partly 0.5, failed 0 by (touchpoint, customer)."""
    known = mentions[mentions["outcome"].isin(list(WORKED))]
    worked = known["outcome"].map(WORKED).astype("float64")
    return known[PAIR].assign(worked=worked).groupby(PAIR)["worked"].mean()


def pains(mentions: pd.DataFrame) -> pd.DataFrame:
    """Return the clear negative experiences, each with its `severity` (0 to 1)."""
    failed = (mentions["polarity"] < 0) & (mentions["outcome"] == "failed")
    hurt = mentions[(mentions["kind"] == "pain") | failed]
    lift = hurt["outcome"].map(FAILURE_WEIGHT).astype("float64").fillna(0.0)
    return hurt.assign(severity=hurt["intensity"] + (1 - hurt["intensity"]) * lift)


def counts(mentions: pd.DataFrame) -> dict[str, int]:
    """Return the distinct customers of each touchpoint."""
    found = mentions.groupby("touchpoint_id")["customer_id"].nunique()
    return {str(key): int(n) for key, n in found.items()}


def by_touchpoint(values: pd.Series) -> dict[str, np.ndarray[tuple[int], np.dtype[np.float64]]]:
    """Return the customers' values of each touchpoint, from a (touchpoint, customer) series."""
    return {
        str(key): group.to_numpy(dtype=np.float64)
        for key, group in values.groupby(level="touchpoint_id")
    }
