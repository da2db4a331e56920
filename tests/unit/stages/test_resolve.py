"""Candidates into touchpoints and pain points."""

import math
from dataclasses import replace

import pandas as pd
import pytest

from pipeline.answers import GROUPS, Group
from pipeline.config import Resolve
from pipeline.stages.resolve import Known, assign, name_pains
from pipeline.tables import (
    CANDIDATES,
    CATALOGUE,
    CATALOGUE_PHRASES,
    DOCUMENTS,
    MENTIONS,
    PAIN_POINTS,
    TOUCHPOINTS,
    Candidate,
    CatalogueEntry,
    CataloguePhrase,
)
from pipeline.text import normalise, stable_id
from tests.unit.stages import journeys as j

ENTRY = CatalogueEntry(
    "invoice", "Invoice", "The bill.", "Renewal", "mail", "Finance", "customer", 2.0, 0
)
OTHER = replace(ENTRY, touchpoint_id="demo", name="Demo", stage="Land", effort=math.nan, position=1)
ALIAS = CataloguePhrase("invoice", "alias", "bill")


def candidate(mention_id, customer, touchpoint_id="", **facts):
    base = Candidate(
        mention_id, f"d-{customer}", f"turn-{mention_id}", customer, touchpoint_id, "pain",
        "Too slow.", 0, 9, -0.5, 0.5, "failed", 0.7, "e1",
    )  # fmt: skip
    return replace(base, **facts)


def group(mention_id, label="0", name="Parking", near="", **facts):
    return replace(Group(mention_id, label, name, "Found.", near, 0.4), **facts)


def known(earlier=None):
    return Known(
        CATALOGUE.frame([ENTRY, OTHER]),
        CATALOGUE_PHRASES.frame([ALIAS]),
        earlier or {},
    )


def resolved(candidates, groups=(), earlier=None, kinds=None, **settings):
    customers = {c.customer_id for c in candidates}
    documents = [j.document(f"d-{c}", c, kind=(kinds or {}).get(c, "survey")) for c in customers]
    return assign(
        DOCUMENTS.frame(documents), CANDIDATES.frame(candidates), GROUPS.frame(groups),
        known(earlier), Resolve(**settings),
    )  # fmt: skip


FIVE = [candidate(f"m{n}", f"c{n}") for n in range(5)]
GROUPED = [group(f"m{n}") for n in range(5)]


def test_catalogue_match_is_kept_as_it_is():
    mention = MENTIONS.rows(resolved([candidate("m", "c", "invoice")]).mentions)[0]
    assert (mention.touchpoint_id, mention.confidence, mention.pain_point_id) == (
        "invoice", 0.7, ""
    )  # fmt: skip


def test_whole_catalogue_comes_out_with_its_counts():
    done = resolved(
        [candidate("m1", "c1", "invoice"), candidate("m2", "c1", "invoice"),
         candidate("m3", "c2", "invoice")]
    )  # fmt: skip
    demo, invoice = TOUCHPOINTS.rows(done.touchpoints)
    assert (invoice.n_customers, invoice.n_mentions, invoice.owner, invoice.effort) == (
        2, 3, "Finance", 2.0
    )  # fmt: skip
    assert (demo.n_customers, demo.origin, demo.position) == (0, "catalogue", 1)


def test_group_of_enough_customers_is_a_discovered_touchpoint():
    done = resolved(FIVE, GROUPED)
    found = TOUCHPOINTS.rows(done.touchpoints[done.touchpoints["origin"] == "discovered"])[0]
    assert (found.name, found.n_customers, found.position) == ("Parking", 5, 2)
    assert found.touchpoint_id == stable_id("touchpoint", normalise("Parking"))
    assert set(done.mentions["touchpoint_id"]) == {found.touchpoint_id}
    assert set(done.mentions["confidence"]) == {0.4}


def test_many_mentions_of_few_customers_are_no_touchpoint():
    candidates = [candidate(f"m{n}", f"c{n % 4}") for n in range(20)]
    done = resolved(candidates, [group(f"m{n}") for n in range(20)])
    assert done.mentions.empty
    assert set(done.remainder["reason"]) == {"too_few_customers"}
    assert len(done.remainder) == 20


def test_candidate_in_no_group_is_a_counted_reject():
    done = resolved([*FIVE, candidate("lone", "c9")], GROUPED)
    assert done.remainder[["row_id", "reason"]].to_numpy().tolist() == [["lone", "unassigned"]]


def test_only_so_many_are_discovered_largest_first():
    small = [candidate(f"s{n}", f"c{n}") for n in range(4)]
    groups = [*GROUPED, *(group(f"s{n}", "1", "Lift") for n in range(4))]
    done = resolved([*FIVE, *small], groups, min_customers=2, max_discovered=1)
    assert "Parking" in set(done.touchpoints["name"])
    assert "Lift" not in set(done.touchpoints["name"])
    assert len(done.remainder) == 4


def test_among_few_customers_three_discover_a_touchpoint_unless_there_is_a_catalogue():
    three = [candidate(f"s{n}", f"c{n}") for n in range(3)]
    groups = [group(f"s{n}") for n in range(3)]
    assert "Parking" not in set(resolved(three, groups).touchpoints["name"])
    documents = DOCUMENTS.frame([j.document(f"d-c{n}", f"c{n}", kind="survey") for n in range(3)])
    nothing = Known(CATALOGUE.frame(), CATALOGUE_PHRASES.frame(), {})
    given = documents, CANDIDATES.frame(three), GROUPS.frame(groups), nothing
    found = assign(*given, Resolve())
    assert found.touchpoints[["name", "n_customers"]].to_numpy().tolist() == [["Parking", 3]]
    strict = assign(*given, Resolve(min_customers_of_few=4))
    assert strict.touchpoints.empty
    assert set(strict.remainder["reason"]) == {"too_few_customers"}


def test_discovered_touchpoint_takes_the_stage_of_its_neighbour_in_the_catalogue():
    near = [replace(g, near_id="invoice") for g in GROUPED]
    assert "Renewal" in resolved(FIVE, near).touchpoints.set_index("name").loc["Parking", "stage"]
    lost = [replace(g, near_id="nowhere") for g in GROUPED]
    assert resolved(FIVE, lost).touchpoints.set_index("name").loc["Parking", "stage"] == ""


def test_touchpoint_of_the_period_before_keeps_id_and_name():
    done = resolved(FIVE, GROUPED, earlier={"0": ("old-id", "Car park")})
    found = done.touchpoints.set_index("touchpoint_id").loc["old-id"]
    assert found["name"] == "Car park"
    aliases = set(zip(done.aliases["touchpoint_id"], done.aliases["alias"], strict=True))
    assert aliases == {("invoice", "bill"), ("old-id", "Parking")}


def test_group_named_like_another_is_the_same_touchpoint():
    more = [candidate(f"n{n}", f"c{n}") for n in range(5)]
    groups = [*GROUPED, *(group(f"n{n}", "1", "parking") for n in range(5))]
    done = resolved([*FIVE, *more], groups)
    found = done.touchpoints[done.touchpoints["origin"] == "discovered"]
    assert found[["n_customers", "n_mentions"]].to_numpy().tolist() == [[5, 10]]


def test_group_that_lives_in_conversation_alone_is_small_talk():
    kinds = {f"c{n}": "call" for n in range(5)}
    written = [candidate(f"w{n}", f"w{n}", "invoice") for n in range(5)]
    done = resolved([*FIVE, *written], GROUPED, kinds=kinds)
    assert "Parking" not in set(done.touchpoints["name"])
    assert len(done.remainder) == 5


def test_corpus_of_conversations_alone_has_no_small_talk():
    done = resolved(FIVE, GROUPED, kinds={f"c{n}": "call" for n in range(5)})
    assert "Parking" in set(done.touchpoints["name"])


def test_no_candidate_vanishes():
    candidates = [*FIVE, candidate("a", "c1", "invoice"), candidate("b", "c9")]
    done = resolved(candidates, GROUPED)
    landed = set(done.mentions["mention_id"]) | set(done.remainder["row_id"])
    assert landed == {c.mention_id for c in candidates}


def test_clause_that_spoke_of_two_things_counts_once_where_both_come_to_one_touchpoint():
    twice = [
        candidate("surer", "c0", "invoice", turn_id="turn-x", confidence=0.9),
        candidate("again", "c0", "demo", turn_id="turn-x", confidence=0.6),
    ]
    done = resolved([*FIVE, *twice], [*GROUPED, group("surer"), group("again")])
    assert set(done.mentions["mention_id"]) == {"surer", *(c.mention_id for c in FIVE)}
    left = done.remainder[["row_id", "reason"]].to_numpy().tolist()
    assert left == [["again", "duplicate"]]
    apart = resolved(twice)
    assert set(apart.mentions["touchpoint_id"]) == {"invoice", "demo"}


def test_no_candidates_give_an_unmentioned_catalogue():
    done = resolved([])
    assert done.mentions.empty
    assert done.remainder.empty
    assert done.touchpoints["n_mentions"].tolist() == [0, 0]


def test_empty_catalogue_is_no_fault():
    nothing = Known(CATALOGUE.frame(), CATALOGUE_PHRASES.frame(), {})
    done = assign(DOCUMENTS.frame(), CANDIDATES.frame(), GROUPS.frame(), nothing, Resolve())
    assert all(frame.empty for frame in done)


def test_assigning_leaves_input_untouched_whatever_its_order():
    candidates = CANDIDATES.frame([*FIVE, candidate("a", "c1", "invoice")])
    frames = [DOCUMENTS.frame([j.document(f"d-c{n}", f"c{n}") for n in range(5)]), candidates,
              GROUPS.frame(GROUPED)]  # fmt: skip
    before = [frame.copy() for frame in frames]
    first = assign(*frames, known(), Resolve())
    for frame, old in zip(frames, before, strict=True):
        pd.testing.assert_frame_equal(frame, old)
    for again in (frames, list(map(j.shuffled, frames))):
        for one, other in zip(first, assign(*again, known(), Resolve()), strict=True):
            pd.testing.assert_frame_equal(one, other)


def painful(*customers, **facts):
    return [
        j.mention(f"m{n}", c, "invoice", kind="pain", polarity=-0.5, outcome="failed", **facts)
        for n, c in enumerate(customers)
    ]


def pained(mentions, groups, **settings):
    return name_pains(MENTIONS.frame(mentions), GROUPS.frame(groups), Resolve(**settings))


def test_group_of_painful_mentions_is_a_named_pain_point():
    done = pained(
        painful("c1", "c2", "c2", quote="It is late."),
        [group(f"m{n}", name="It is late") for n in range(3)],
    )
    point = PAIN_POINTS.rows(done.pain_points)[0]
    assert (point.name, point.n_customers, point.n_mentions) == ("It is late", 2, 3)
    assert set(done.mentions["pain_point_id"]) == {point.pain_point_id}
    assert point.quote_mention_id in set(done.mentions["mention_id"])
    assert 0 <= point.severity <= 1


def test_severity_of_a_pain_point_is_the_mean_of_its_customers_worst():
    intensities = {"m0": ("c1", 0.2), "m1": ("c1", 0.8), "m2": ("c2", 0.4), "m3": ("c3", 0.9)}
    mentions = [
        j.mention(m, c, "invoice", kind="pain", polarity=-0.5, outcome="unknown", intensity=i)
        for m, (c, i) in intensities.items()
    ]
    groups = [group(m, name="Late" if m != "m3" else "Dear") for m in intensities]
    points = pained(mentions, groups, min_pain_customers=1).pain_points.set_index("name")
    assert points["severity"].to_dict() == {"Late": 0.6, "Dear": 0.9}
    assert points["quote_mention_id"].to_dict() == {"Late": "m1", "Dear": "m3"}


def test_quote_that_holds_the_name_stands_for_the_pain_point():
    mentions = [
        *painful("c1", "c2"),
        j.mention("z", "c3", "invoice", kind="pain", quote="SO late!"),
    ]
    groups = [group(m.mention_id, name="So late") for m in mentions]
    assert pained(mentions, groups).pain_points["quote_mention_id"].tolist() == ["z"]


def test_group_without_a_name_states_no_problem_and_is_no_pain_point():
    done = pained(painful("c1", "c2"), [group(f"m{n}", name="") for n in range(2)])
    assert done.pain_points.empty
    assert len(done.mentions) == 2


def test_pain_of_one_customer_is_no_pain_point():
    done = pained(painful("c1", "c1"), [group("m0"), group("m1")])
    assert done.pain_points.empty
    assert set(done.mentions["pain_point_id"]) == {""}


def test_what_does_not_hurt_joins_no_pain_point():
    praise = j.mention("p", "c3", "invoice", kind="praise", polarity=0.9)
    done = pained([*painful("c1", "c2"), praise], [group("m0"), group("m1"), group("p")])
    assert done.mentions.set_index("mention_id").loc["p", "pain_point_id"] == ""
    assert done.pain_points["n_mentions"].tolist() == [2]


def test_same_group_number_at_two_touchpoints_is_two_pain_points():
    there = [replace(m, mention_id=f"x{m.mention_id}", touchpoint_id="demo")
             for m in painful("c1", "c2")]  # fmt: skip
    mentions = [*painful("c1", "c2"), *there]
    done = pained(mentions, [group(m.mention_id) for m in mentions])
    assert sorted(done.pain_points["touchpoint_id"]) == ["demo", "invoice"]


@pytest.mark.parametrize("names", [("Too slow", "Too slow"), ("Too slow", "too  SLOW")])
def test_counts_of_a_pain_point_are_those_of_its_mentions(names):
    groups = [group(f"m{n}", str(n // 2), names[n // 2]) for n in range(4)]
    done = pained(painful("c1", "c2", "c3", "c4"), groups)
    for point in PAIN_POINTS.rows(done.pain_points):
        own = done.mentions[done.mentions["pain_point_id"] == point.pain_point_id]
        assert (point.n_mentions, point.n_customers) == (len(own), own["customer_id"].nunique())


def test_no_pains_give_no_pain_points():
    done = pained([], [])
    assert done.mentions.empty
    assert done.pain_points.empty


def test_naming_leaves_input_untouched_whatever_its_order():
    mentions = MENTIONS.frame(painful("c1", "c2", "c3"))
    groups = GROUPS.frame(group(f"m{n}") for n in range(3))
    before = mentions.copy()
    first = name_pains(mentions, groups, Resolve())
    pd.testing.assert_frame_equal(mentions, before)
    again = name_pains(j.shuffled(mentions), j.shuffled(groups), Resolve())
    for one, other in zip(first, again, strict=True):
        pd.testing.assert_frame_equal(one, other)
