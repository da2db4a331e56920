"""How doubtful a touchpoint is and why, and what it weighs."""

import math
from dataclasses import replace

import pytest

from pipeline import tables as t
from pipeline.review.advice.doubt import doubts, listed
from pipeline.review.advice.suggestions import Proposal
from pipeline.review.state.weights import weigh
from tests.unit.review.quotes import PRIORITY, decided, document, edge, mention, point, run
from tests.unit.review.rooms import view_of
from tests.unit.review.served import page

NAN = math.nan


def many(key="a", n=12, **fields):
    return [mention(f"{key}{k}", key, f"quote {k}", **fields) for k in range(n)]


def reasons(view, key="a", proposals=()):
    return {r.kind: r.told for r in doubts(view, proposals)[key].reasons}


def settled(mentions, decisions=(), points=None, **tables):
    """A touchpoint of the catalogue that somebody has accepted: nothing to doubt by itself."""
    points = points or [point("a", "Payroll", origin="catalogue")]
    return run(points, mentions, [decided("accept", "a"), *decisions], **tables)


def score(dimension, low, high, label="mixed"):
    middle = (low + high) / 2
    return t.Score("a", dimension, middle, low, high, 12, label, "basis", 0.5)


def test_what_many_say_clearly_and_somebody_accepted_is_not_doubted():
    doubt = doubts(settled(many()))["a"]
    assert doubt.degree == 0
    assert doubt.reasons == ()


def test_nobody_having_looked_is_a_reason():
    view = run([point("a", "Payroll", origin="catalogue")], many())
    assert set(reasons(view)) == {"new"}


def test_few_customers_are_a_reason_and_fewer_a_stronger_one():
    very, few, enough = (doubts(settled(many(n=n)))["a"] for n in (3, 8, 12))
    assert very.degree > few.degree > enough.degree
    assert very.reasons[0].told == "only 3 customers"


def test_one_kind_of_source_is_a_reason_only_where_there_are_more():
    view = settled(many())
    assert "one_kind" not in reasons(view)
    other = mention("b0", "b", "another")
    both = [document(m) for m in many()] + [document(other, "call")]
    points = [point("a", "Payroll", origin="catalogue"), point("b", "Phone")]
    view = settled([*many(), other], points=points, documents=both)
    assert reasons(view)["one_kind"] == "told in one kind of source only (review)"


def test_one_customer_who_speaks_most_is_a_reason():
    loud = [mention(f"l{k}", "a", f"loud {k}", customer_id="C") for k in range(9)]
    assert reasons(settled([*many(), *loud]))["one_voice"] == "one customer said 9 of 21 quotes"
    assert "one_voice" not in reasons(settled([*many(), *loud[:4]]))


def test_quotes_the_engine_is_unsure_of_are_a_reason():
    mentions = many(n=9) + [
        mention(f"u{k}", "a", f"unsure {k}", confidence=0.3) for k in range(3)
    ]  # fmt: skip
    assert reasons(settled(mentions))["unsure"] == "the engine is unsure of 3 of 12 quotes"
    assert "unsure" not in reasons(settled(mentions[:-1]))


def test_a_name_nobody_checked_is_a_reason_until_somebody_renames_it():
    points = [point("a", "Left")]
    assert "engine_name" in reasons(settled(many(), points=points))
    renamed = decided("rename", "a", {"name": "Head count"}, n=2)
    assert "engine_name" not in reasons(settled(many(), [renamed], points))


def test_a_wide_interval_is_a_reason_and_one_without_a_number_is_none():
    assert "wide" in reasons(settled(many(), scores=[score("emotion", -0.6, 0.4)]))
    assert "wide" not in reasons(settled(many(), scores=[score("emotion", -0.6, -0.2)]))
    assert "wide" not in reasons(settled(many(), scores=[score("emotion", NAN, NAN)]))


def linked(link, proof="a0", **fields):
    points = [point("a", "Payroll", origin="catalogue"), point("b", "Phone", origin="catalogue")]
    return settled(
        many(**fields) + many("b"), points=points, edges=[link],
        edge_evidence=[t.EdgeEvidence("e", proof, "because of it")],
    )  # fmt: skip


def test_a_link_of_one_statement_is_a_reason_at_both_ends_until_it_is_confirmed():
    told = "the link Payroll → Phone rests on one statement"
    assert reasons(linked(edge()))["link"] == reasons(linked(edge()), "b")["link"] == told
    assert "link" not in reasons(linked(edge(review="confirmed")))
    assert "link" not in reasons(linked(edge(n_customers=4)))
    assert "link" not in reasons(linked(edge(is_shown=False)))


def test_a_link_only_a_language_model_read_is_a_reason():
    link = edge(n_customers=4)
    assert "language model" in reasons(linked(link, engine="llm-1 some model"))["link"]
    assert "no quote" in reasons(unproven(link))["link"]


def unproven(link):
    points = [point("a", "Payroll", origin="catalogue"), point("b", "Phone", origin="catalogue")]
    return settled(many() + many("b"), points=points, edges=[link])


def test_quotes_flagged_by_a_decision_are_a_reason():
    view = settled(many(), flags=[t.Flag("a0", "d9", "", "redefined")])
    assert reasons(view)["flags"] == "1 quote to look at again after a decision"


def test_a_reason_leads_to_what_shows_it():
    unsure = many(confidence=0.3)
    wide = [score("emotion", -0.9, 0.9)]
    flags = [t.Flag("a0", "d9", "", "redefined")]
    view = settled(unsure[:4], scores=wide, flags=flags)
    led = {r.kind: r.href for r in doubts(view)["a"].reasons}
    assert led == {
        "few": "/touchpoints/a#crowd", "wide": "/touchpoints/a#scores",
        "unsure": "/touchpoints/a?sort=doubt#quotes",
        "flags": "/touchpoints/a?kind=flagged#quotes",
    }  # fmt: skip
    shown = page(view, "/touchpoints/a")
    assert {"crowd", "scores", "quotes", "pains"} <= set(shown.all("id"))


def test_who_said_most_is_one_click_away():
    mentions = [replace(m, customer_id="C 1") for m in many(n=5)] + many("b", 6)
    mentions = [replace(m, touchpoint_id="a") for m in mentions]
    (voice,) = [r for r in doubts(settled(mentions))["a"].reasons if r.kind == "one_voice"]
    assert voice.href == "/touchpoints/a?customer=C+1#quotes"


def test_reviewers_who_differ_are_the_strongest_reason():
    bo = decided("reject", "a", n=2, who="Bo", reason="not ours")
    doubt = doubts(settled(many(), [bo]))["a"]
    assert doubt.reasons[0].told == "Ann and Bo see it differently"
    assert doubt.reasons[0].href == "/agreement"


def proposal(kind, **fields):
    known = {
        "proposal_id": "p", "touchpoint_id": "a", "target_id": "a", "told": "", "why": "",
        "strength": 0.5, "shown": (), "name": "Toilets",
    }  # fmt: skip
    return Proposal(kind=kind, **(known | fields))


OUTSIDE = "40 % lies outside customers' own figure: 8 % (2 % to 30 %), 12 customers"


def overridden(*more, period="2026Q3", note=OUTSIDE):
    told = {"dimension": "function", "value": 0.4}
    own = decided("score", "a", told, n=2, reason="contract", period=period, note=note)
    basis = f"set by Ann in {period}: contract; customers' own figure: 8 % (2 % to 30 %)"
    row = t.Score("a", "function", 0.4, NAN, NAN, 12, "often fails", basis, 1.0)
    return settled(many(), [own, *more], scores=[row])


def test_a_score_set_against_what_customers_say_is_a_reason_until_it_is_accepted():
    assert reasons(overridden())["set"] == f"function {OUTSIDE}"
    assert "set" not in reasons(overridden(note=""))
    assert "set" not in reasons(overridden(decided("accept", "a", n=3)))


def test_a_score_set_in_an_earlier_period_is_judged_anew_by_what_customers_say_now():
    old = overridden(period="2026Q2", note="")
    assert "customers' own figure: 8 %" in reasons(old)["set_before"]
    again = decided("accept", "a", n=3)
    assert "set_before" not in reasons(overridden(again, period="2026Q2", note=""))


def test_proposals_make_doubtful_each_kind_once():
    proposals = [proposal("merge_pain"), proposal("merge_pain"), proposal("split")]
    found = reasons(settled(many()), proposals=proposals)
    assert found["merge_pain"] == "2 pain points may be another in other words"
    assert found["split"] == "a part of it, “Toilets”, is unlike the rest"
    assert set(found) == {"merge_pain", "split"}


def test_doubt_stays_between_0_and_1_and_grows_with_every_reason():
    view = view_of()
    found = doubts(view)
    assert all(0 <= doubt.degree < 1 for doubt in found.values())
    for doubt in found.values():
        degrees = [reason.degree for reason in doubt.reasons]
        assert degrees == sorted(degrees, reverse=True)
    one = doubts(settled(many(n=3)))["a"].degree
    two = doubts(settled(many(n=3), points=[point("a", "Left")]))["a"].degree
    assert 0 < one < two < 1


def test_touchpoints_without_a_quote_are_not_doubted():
    silent = [k for k, p in view_of().lookup.touchpoints.items() if p.name == "Reference request"]
    assert silent
    assert silent[0] not in doubts(view_of())


@pytest.mark.parametrize(
    ("label", "value", "told", "weight"),
    [
        ("high", 0.7, "impact 0.70, high", 0.7),
        (
            "not significant",
            0.7,
            "no significant impact; reach × severity is 40 % × 0.50 = 0.20",
            0.2,
        ),
        ("too few", NAN, "no significant impact; reach × severity is 40 % × 0.50 = 0.20", 0.2),
    ],
)
def test_weight_is_the_impact_or_else_reach_times_severity(label, value, told, weight):
    impact = t.Score("a", "impact", value, value, value, 12, label, "basis", 0.5)
    row = t.Priority(touchpoint_id="a", reach=0.4, severity=0.5, **PRIORITY)
    found = weigh(settled(many(), scores=[impact], priorities=[row]).lookup, "a")
    assert found.told == told
    assert found.value == pytest.approx(weight)
    assert found.is_impact == (label == "high")


def test_what_hurts_nobody_weighs_next_to_nothing_but_something():
    found = weigh(settled(many()).lookup, "a")
    assert 0 < found.value <= 0.01
    assert found.told == "no impact known and nobody was hurt here"


def test_an_estimate_is_called_one():
    impact = t.Score("a", "impact", 0.2, 0.1, 0.3, 12, "low", "estimated, no outcome known", 0.3)
    assert weigh(settled(many(), scores=[impact]).lookup, "a").told == "estimated impact 0.20, low"


def test_the_view_is_left_as_it_was():
    view = view_of()
    before = {name: frame.copy() for name, frame in view.tables.items()}
    doubts(view)
    assert all(frame.equals(view.tables[name]) for name, frame in before.items())


def test_names_are_listed_as_people_do():
    assert listed([]) == ""
    assert listed(["Ann"]) == "Ann"
    assert listed(["Ann", "Bo", "Ann"]) == "Ann and Bo"
    assert listed(["Ann", "Bo", "Cy"]) == "Ann, Bo and Cy"
