"""Runs in which something is to be proposed: a touchpoint that is two, one problem in two words."""

from pipeline.tables import PainPoint
from tests.unit.review.quotes import mention, point, run

TOILETS = ["the toilets were dirty {}", "dirty toilets near the door {}", "no toilets in the {}"]
SHOWERS = ["a hot shower was great {}", "great shower pressure {}", "showers with hot water {}"]
OTHER = ["slow wifi in the hall {}", "the wifi kept failing {}", "wifi password missing {}"]
PLACES = ("corner", "morning", "evening", "building", "airport", "january", "april", "basement")
PAINS = {
    "p1": ("Overtime wrong in the payroll file", ["overtime is wrong in the payroll file {}"]),
    "p2": ("The payroll file has overtime wrong", ["payroll file has the overtime wrong {}"]),
    "p3": ("The phone rings at night", ["the phone rings at night in {}"]),
}


def told(patterns, n=12):
    """Quotes made from patterns, each about another place."""
    return [patterns[k % len(patterns)].format(PLACES[k % len(PLACES)]) for k in range(n)]


def mixed(decisions=(), **fields):
    """A touchpoint that is two, and another."""
    points = [point("a", "Shower", **fields), point("b", "Wifi")]
    return run(points, {"a": told(SHOWERS, 18) + told(TOILETS), "b": told(OTHER)}, decisions)


def pained():
    """A touchpoint with three pain points, two of which are one problem in two wordings."""
    mentions = [
        mention(f"{key}-{n}", "a", q, pain_point_id=key)
        for key, (_, patterns) in PAINS.items()
        for n, q in enumerate(told(patterns, {"p1": 9, "p2": 5, "p3": 4}[key]))
    ]
    rows = [
        {"pain_point_id": key, "touchpoint_id": "a", "name": name, "n_customers": 9 - place,
         "n_mentions": 9, "severity": 0.5, "quote_mention_id": f"{key}-0"}
        for place, (key, (name, _)) in enumerate(PAINS.items())
    ]  # fmt: skip
    mentions += [mention(f"b{n}", "b", q) for n, q in enumerate(told([*OTHER, *SHOWERS], 60))]
    points = [point("a", "Payroll"), point("b", "Hotel")]
    return run(points, mentions, pain_points=[PainPoint(**row) for row in rows])
