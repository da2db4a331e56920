"""The labelled sets: which part is reported, and whether the engine has seen it.

`held_out` is `yes` when neither weights nor thresholds of the engine were chosen with the labels of
the part in sight, `no` when they were, `development` when the part is there to be tuned on. Each
line tells of the weights and thresholds as they are now; `note` says what else of the set was seen.
"""

from typing import NamedTuple


class Part(NamedTuple):
    """The part of a set on which a figure is reported."""

    set: str
    split: str
    held_out: str
    note: str


BANKING = Part("banking77", "test", "yes", "by the 77 names alone")
_SAME_NAMES = "by the 150 names alone; constants chosen on train and val of the same 150 names"
CLINC = Part("clinc150", "test", "yes", f"{_SAME_NAMES}; the content head read train")
CLINC_OUTSIDE = Part("clinc150", "test + oos_test", "yes", _SAME_NAMES)
INSURANCE = Part("dstc11_insurance", "all", "no", "the cut was first chosen with its labels")
MAMS = Part("mams", "val", "yes", "the heads read train, of the same eight aspects")
MAMS_ALL = Part("mams", "val", "yes", "by the 8 names alone; second aspects were tried on train")
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
