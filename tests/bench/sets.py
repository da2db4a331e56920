"""The labelled sets: which part is reported, and whether the engine has seen it.

`held_out` is `yes` when neither weights nor thresholds of the engine were chosen with the labels of
the part in sight, `no` when they were, `development` when the part is there to be tuned on.
Whoever trains or tunes on something else changes the line here with it.
"""

from typing import NamedTuple


class Part(NamedTuple):
    """The part of a set on which a figure is reported."""

    set: str
    split: str
    held_out: str
    note: str


BANKING = Part("banking77", "test", "yes", "by the 77 names alone")
CLINC = Part("clinc150", "test", "yes", "by the 150 names alone; the content head read train")
CLINC_OUTSIDE = Part("clinc150", "test + oos_test", "yes", "by the 150 names alone")
INSURANCE = Part("dstc11_insurance", "all", "no", "the cut was first chosen with its labels")
MAMS = Part("mams", "val", "yes", "the heads read train, of the same eight aspects")
AIRLINE = Part("multidogo airline", "test", "yes", "the content head read train of both halves")
LOUNGE = Part("skytrax lounge", "2014", "yes", "the heads read lounge reviews before 2013 only")
LOUNGE_WHOLE = Part("skytrax lounge", "2013-2015", "yes", LOUNGE.note)
LOUNGE_QUOTES = Part("skytrax lounge", "2014", "yes", "texts only, no catalogue, no labels")
PORTUGUESE = Part("nps_pt", "all", "yes", "its word lists are fitted to no data")
FINANCE = Part("multidogo finance", "test", "development", "a domain with names and no catalogue")
APPS = Part("app_reviews", "all", "development", "by the feature names of the same app")


def run_of(corpus: str, period: str) -> Part:
    """Return the part for what a whole run took: no labels are in it."""
    return Part(corpus, period, "no", "no labels: what the run took")
