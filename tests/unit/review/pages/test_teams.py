"""Who owns what, what is asked of them, hand-offs, and what nobody owns."""

import math

import pytest

from pipeline import tables as t
from pipeline.review.pages.teams import build_all, owners, parted, slugs, teams_of
from tests.unit.review.hostile import HOSTILE, MARKS
from tests.unit.review.quotes import PRIORITY, edge, mention, point, run
from tests.unit.review.rooms import view_of
from tests.unit.review.served import page
from tests.unit.review.shown import asked

NAN = math.nan


def stage(name, owner, backup=""):
    return t.Stage(name, 0, "", "", "", NAN, "", owner, backup)


def score(key, value):
    return t.Score(key, "impact", value, value, value, 12, "high", "basis", 0.5)


def view(**tables):
    points = [
        point("a", "Payroll", owner="Product", backup="Support", stage="Use"),
        point("b", "Hotline", owner="Support", stage="Use"),
        point("c", "Letter"),
        point("d", "Swaps"),
    ]
    quotes = [mention(f"{k}{n}", k, f"{k} {n}", customer_id=f"{k}{n}") for k in "abcd"
              for n in range(3)]  # fmt: skip
    known = {
        "stages": [stage("Use", "Product and Support"), stage("Leave", "", "")],
        "scores": [score("c", 0.3), score("d", 0.8)],
        "edges": [edge(source_id="a", target_id="b", n_customers=7)],
        "priorities": [t.Priority(touchpoint_id="a", reach=0.4, severity=0.5, **PRIORITY)],
        "pain_points": [t.PainPoint("p", "a", "Totals wrong", 3, 3, 0.8, "a0")],
    }
    return run(points, quotes, **(known | tables))


def team(name, **tables):
    return {one.name: one for one in teams_of(view(**tables))}[name]


def test_everybody_who_owns_or_stands_in_is_a_team():
    assert owners(view().lookup) == ("Product", "Support")


def test_two_names_in_one_field_are_two_owners_only_if_both_stand_elsewhere():
    assert parted("Product and Support", {"Product", "support"}) == ("Product", "Support")
    assert parted("Research and Development", {"Research"}) == ("Research and Development",)
    assert parted(" ", {"a"}) == ()
    assert [s.stage for s in team("Product").stages] == ["Use"]
    assert [s.stage for s in team("Support").stages] == ["Use"]


def test_a_team_has_its_touchpoints_and_those_it_stands_in_for():
    assert [o.point.name for o in team("Support").owned] == ["Hotline"]
    assert [o.point.name for o in team("Support").backs] == ["Payroll"]


def test_what_is_asked_of_a_team_is_what_hurts_at_its_touchpoints():
    found = team("Product")
    assert [(p.rank, at.name) for p, at in found.asked] == [(1, "Payroll")]
    assert found.n_chosen == 1
    assert [pain.row.name for pain in found.pains] == ["Totals wrong"]
    assert not team("Support").asked


def hypothesis(key, status, position):
    return t.Hypothesis(key, "a", position, "", f"change {key}", "", "", "", "", "", "", status)


def test_hypotheses_stand_accepted_first_and_without_those_dropped():
    rows = [hypothesis("h1", "proposed", 1), hypothesis("h2", "dropped", 2),
            hypothesis("h3", "accepted", 3)]  # fmt: skip
    assert [i.row.hypothesis_id for i in team("Product", hypotheses=rows).ideas] == ["h3", "h1"]


def test_a_link_between_owners_is_a_hand_off_for_both():
    assert [h.taker for h in team("Product").given] == ["Support"]
    assert [h.giver for h in team("Support").taken] == ["Product"]
    assert not team("Support").given


@pytest.mark.parametrize(
    "fields", [{"is_shown": False}, {"review": "hidden"}, {"source_id": "b", "target_id": "b"}]
)
def test_what_is_not_drawn_or_stays_in_one_hand_is_no_hand_off(fields):
    link = edge(**({"source_id": "a", "target_id": "b"} | fields))
    assert not build_all(asked(view(edges=[link])))["handoffs"]


def test_what_nobody_owns_is_told_by_impact():
    made = build_all(asked(view()))
    assert [o.point.name for o in made["nobody"]] == ["Swaps", "Letter"]
    assert [o.point.name for o in made["alone"]] == ["Hotline"]
    assert [s.stage for s in made["stages_of_nobody"]] == ["Leave"]
    assert [s.stage for s in made["stages_alone"]] == ["Use"]


def test_an_owner_can_be_set_where_nobody_is():
    shown = page(view(), "/teams")
    form = shown.form("own", "d")
    assert {"owner", "backup", "seen"} <= set(form)
    backup = shown.form("own", "b")
    assert backup["owner"] == ["Support"]


def test_a_hand_off_to_nobody_is_told():
    link = edge(source_id="a", target_id="d", n_customers=7)
    assert "nobody" in page(view(edges=[link]), "/teams/product").text


def test_a_team_has_a_page_of_its_own():
    text = page(view(), "/teams/support").text
    assert "Owns 1 touchpoint and the stage Use" in text
    assert "Payroll" in text


def test_an_unknown_team_is_not_found():
    page(view(), "/teams/nobody-here", 404)


def test_addresses_are_plain_and_apart():
    names = ["Customer Success", "customer-success", "Größe", "日本", "x" * 80, "A/B"]
    points = [point(f"k{n}", f"P{n}", owner=name) for n, name in enumerate(names)]
    log = run(points, {"k0": ["x"]})
    found = slugs(log.lookup)
    assert set(found) == set(names)
    assert len(set(found.values())) == len(names)
    for slug in found.values():
        page(log, f"/teams/{slug}")


def test_nobody_owns_anything_yet():
    assert "Nobody owns anything yet" in page(run([], {}), "/teams").text


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_are_only_text(text):
    points = [point("a", text, owner=text, backup=text), point("b", "B")]
    log = run(points, {"a": ["x"], "b": ["y"]}, edges=[edge()], stages=[stage(text, text)])
    for slug in ("", *(f"/{slug}" for slug in slugs(log.lookup).values())):
        shown = page(log, f"/teams{slug}")
        assert not any(mark in shown.html for mark in MARKS)
        assert not shown.unnamed


def test_the_example_is_whole():
    view = view_of()
    for path in ("/teams", *(f"/teams/{slug}" for slug in slugs(view.lookup).values())):
        shown = page(view, path)
        ids = shown.all("id")
        assert len(ids) == len(set(ids))
        assert shown.headings[0] == 1
