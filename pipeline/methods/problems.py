"""Painful quotes that tell the same problem of a touchpoint, as rows of pain points."""

import pandas as pd

from pipeline.tables import PAIN_POINTS
from pipeline.text import normalise


def pain_points(hurt: pd.DataFrame) -> pd.DataFrame:
    """Return the pain points that the rows of `hurt` name in pain_point_id.

    `hurt` has the columns of mentions, severity (0 to 1), and the name of the pain point. The quote
    of each says its name if one does, and is the worst of those that do.
    """
    points = hurt.groupby("pain_point_id").agg(
        touchpoint_id=("touchpoint_id", "first"),
        name=("name", "first"),
        n_customers=("customer_id", "nunique"),
        n_mentions=("mention_id", "size"),
    )
    worst = hurt.groupby(["pain_point_id", "customer_id"])["severity"].max()
    said = zip(hurt["name"], hurt["quote"], strict=True)
    typical = (
        hurt.assign(is_named=[normalise(name).rstrip(" .") in normalise(q) for name, q in said])
        .sort_values(["is_named", "severity", "mention_id"], ascending=[False, False, True])
        .drop_duplicates("pain_point_id")
        .set_index("pain_point_id")
    )
    points = points.assign(
        severity=worst.groupby("pain_point_id").mean().round(3),
        quote_mention_id=typical["mention_id"],
    )
    return PAIN_POINTS.check(points.reset_index())


def most_told(points: pd.DataFrame) -> pd.DataFrame:
    """Return pain points in the order in which all pages show them: those of most customers first,
    among them the most severe."""
    by = ["n_customers", "severity", "pain_point_id"]
    return points.sort_values(by, ascending=[False, False, True])
