"""The work list: what comes first, why it is there, and what can be done at once."""

from dataclasses import replace

import pytest

from pipeline import tables as t
from pipeline.errors import EngineError
from pipeline.review.pages.worklist import build, for_second_look, items_of
from pipeline.review.parts.states import states
from pipeline.review.state.view import Asked, progress, reviewed
from tests.unit.review.hostile import HOSTILE, MARKS
from tests.unit.review.mixtures import mixed, pained
from tests.unit.review.quotes import decided, mention, point, run
from tests.unit.review.rooms import view_of
from tests.unit.review.served import Desk, page

EXAMPLE = view_of()


def score(key, value):
    return t.Score(key, "impact", value, value, value, 12, "high", "basis", 0.5)


def three(decisions=(), **tables):
    """Touchpoints of the same doubt and different impact, and one nobody spoke of."""
    points = [point(k, f"Point {k}", origin="catalogue") for k in "abcd"]
    mentions = [mention(f"{k}{n}", k, f"words {k} {n}") for k in "abc" for n in range(12)]
    scores = [score("a", 0.2), score("b", 0.9), score("c", 0.5)]
    return run(points, mentions, decisions, scores=scores, **tables)


def names(view, proposals=()):
    return [item.point.name for item in items_of(view, proposals)]


def test_of_equal_doubt_the_greatest_impact_comes_first():
    assert names(three()) == ["Point b", "Point c", "Point a"]


def test_doubt_moves_a_touchpoint_up():
    flags = [t.Flag("c0", "d9", "", "redefined")]
    assert names(three(flags=flags)) == ["Point c", "Point b", "Point a"]


def test_order_is_impact_times_doubt():
    items = items_of(EXAMPLE, ())
    urgency = [item.weight.value * item.doubt.degree for item in items]
    assert urgency == sorted(urgency, reverse=True)


def test_what_is_decided_about_leaves_the_list_and_is_found_among_the_done():
    view = three([decided("accept", "b")])
    assert "Point b" not in page(view, "/").text
    assert "To do 2" in page(view, "/").text
    done = page(view, "/?show=done").text
    assert "Point b" in done
    assert "Point c" not in done
    assert {"Point b", "Point c"} <= set(names(view))


def test_an_undone_decision_brings_it_back():
    view = three([decided("accept", "b"), decided("undo", "d1", n=2)])
    assert "Point b" in page(view, "/").text


def test_what_a_decision_flagged_or_two_see_differently_comes_back():
    flags = [t.Flag("b0", "d9", "", "redefined")]
    assert "Point b" in page(three([decided("accept", "b")], flags=flags), "/").text
    bo = decided("reject", "b", n=2, who="Bo", reason="no")
    assert "Point b" in page(three([decided("accept", "b"), bo]), "/").text


def test_every_item_says_why_and_offers_to_accept_and_reject():
    shown = page(three(), "/")
    assert shown.text.count("nobody has judged it yet") == 3
    for key in "abc":
        assert shown.form("accept", key)["seen"] == [f"{key}:"]
        assert "reason" in shown.form("reject", key)
    assert "d" not in shown.form("accept", "a")["target_id"]


def test_the_weight_is_told_in_words():
    assert "impact 0.90, high" in page(three(), "/").text


def test_the_form_sends_the_decision_it_has_seen():
    view = three([decided("rename", "a", {"name": "Point z"}), decided("undo", "d1", n=2)])
    assert page(view, "/").form("accept", "a")["seen"] == ["a:d2"]


def test_a_split_is_carried_out_as_proposed_or_dismissed():
    shown = page(mixed(), "/")
    split = shown.form("split", "a")
    assert split["name"] == ["Toilets"]
    assert set(split["quotes"]) == {f"a-{n}" for n in range(18, 30)}
    away = shown.form("dismiss")
    assert len(away["target_id"]) == 1
    assert away["told"][0].startswith("Shower: Split off “Toilets”")


def test_a_dismissed_proposal_is_not_offered():
    target = page(mixed(), "/").form("dismiss")["target_id"][0]
    shown = page(mixed([decided("dismiss", target)]), "/")
    assert target not in shown.all("value")


def test_pain_points_in_other_words_are_put_under_the_one_that_stays():
    form = page(pained(), "/").form("merge_pain", "p2")
    assert form["into"] == ["p1"]


def leave(**others):
    quotes = {"a": [f"the leave clash was missed in place {n}" for n in range(12)]}
    quotes["c"] = [f"slow wifi in hall {n}" for n in range(12)]
    points = [point("a", "Leave"), point("c", "Wifi", origin="catalogue")]
    points += [point("b", "Absence", origin="catalogue")] if others else []
    return run(points, quotes | others)


def test_a_rename_is_offered_and_may_be_changed():
    assert page(leave(), "/").form("rename", "a")["name"] == ["Leave clash"]


def test_a_merge_is_offered():
    same = [f"the leave clash was missed in place {n}" for n in range(12)]
    assert page(leave(b=same), "/").form("merge", "a")["into"] == ["b"]


def test_an_engine_that_fails_leaves_the_list_without_proposals():
    def broken(texts):
        raise EngineError("the vector cache cannot be read")

    shown = page(mixed(), "/", vectors=broken)
    assert "No proposals this time: the vector cache cannot be read" in shown.text
    assert shown.form("accept", "a")


def test_waiting_decisions_differences_and_touchpoints_without_owner_are_announced():
    waiting = decided("merge", "gone", {"into": "a"}, state="waiting")
    text = page(three([waiting]), "/").text
    assert "1 decision cannot be applied to this run" in text
    assert "Nobody owns 4 touchpoints" in text
    assert "Not listed: 1 touchpoint" in text


def test_progress_and_list_tell_of_the_same_touchpoints():
    view = three([decided("accept", "b")])
    assert reviewed(view) == {"b"}
    assert "1 of 3 touchpoints judged" in page(view, "/").text


def test_facts_that_say_nothing_of_right_or_wrong_are_no_progress():
    facts = [
        decided("own", "a", {"owner": "Ops"}),
        decided("effort", "b", {"effort": 2.0}, n=2, reason="small"),
        decided("mark", "c", {"decision": "buy", "mention_id": ""}, n=3),
        decided("unlink", "a", n=4),
        decided("score", "b", {"dimension": "impact", "value": 0.9}, n=5, reason="contract"),
    ]
    view = three(facts)
    assert reviewed(view) == frozenset()
    assert progress(view) == 0
    assert states(view) == {}
    assert "0 of 3 touchpoints judged" in page(view, "/").text


def test_what_is_split_off_and_what_it_was_split_off_are_reviewed():
    split = decided("split", "a", {"touchpoint_id": "b", "name": "B", "quotes": ["b0"]})
    assert reviewed(three([split])) == {"a", "b"}


def test_what_is_to_be_fixed_and_has_no_hypotheses_is_announced_by_name():
    ranked = [
        t.Priority(key, n, 1, 2, 0.5, 0.5, 0.5, 0.5, 0.5, 3, "assumed", 0.1, n == 1, False, "")
        for n, key in enumerate("ab", 1)
    ]
    shown = page(three(priorities=ranked), "/")
    assert "“Point a” is to be fixed first and has no hypotheses yet" in shown.text
    assert "/touchpoints/a#hypotheses" in shown.all("href")
    assert "/touchpoints/b#hypotheses" not in shown.all("href")
    bet = t.Hypothesis("h1", "a", 1, "lever", *["do"] * 7, "proposed")
    assert "/touchpoints/a#hypotheses" not in page(
        three(priorities=ranked, hypotheses=[bet]), "/"
    ).all("href")


def test_out_of_date_hypotheses_are_announced_by_the_name_of_their_touchpoint():
    bet = t.Hypothesis("h1", "a", 1, "lever", *["do"] * 7, "proposed")
    view = replace(three(hypotheses=[bet]), stale=frozenset({"a"}))
    shown = page(view, "/")
    assert "The hypotheses of “Point a” are out of date" in shown.text
    assert "/touchpoints/a#hypotheses" in shown.all("href")


@pytest.mark.parametrize("query", ["?page=0", "?page=99", "?page=x", "?show=none", "?page=²"])
def test_an_odd_address_shows_the_list(query):
    assert "Work list" in page(three(), f"/{query}").text


def test_a_long_list_is_told_in_parts():
    points = [point(f"k{n:02}", f"Point {n:02}") for n in range(30)]
    view = run(points, {p.touchpoint_id: [f"one thing {p.name}"] * 2 for p in points})
    first, last = page(view, "/").text, page(view, "/?page=3").text
    assert "1 to 12 of 30" in first
    assert "25 to 30 of 30" in last
    listed = [name for name in (f"Point {n:02}" for n in range(30)) if name in first]
    assert len(listed) == 12
    assert not any(name in last for name in listed)


def shown_first(view, query):
    built = build(Asked(view, query, {}, "Ana", Desk(view)))
    return built["first"], built["items"][0].point.touchpoint_id


def test_what_moves_up_while_items_are_decided_about_is_not_passed_over():
    points = [point(f"k{n:02}", f"Point {n:02}") for n in range(30)]
    quotes = {p.touchpoint_id: [f"one thing {p.name}"] * 2 for p in points}
    ids = [i.point.touchpoint_id for i in items_of(run(points, quotes), ())]
    shown = page(run(points, quotes), "/?page=2")
    assert shown.form("accept", ids[12])["next"] == [f"/?show=open&from={ids[13]}"]
    assert shown.form("reject", ids[15])["next"] == [f"/?show=open&from={ids[12]}"]
    assert page(run(points, quotes), "/").form("accept", ids[0])["next"] == ["/"]
    done = run(points, quotes, [decided("accept", ids[12])])
    assert shown_first(done, {"from": ids[13]}) == (13, ids[13])
    rest = run(points, quotes, [decided("accept", key, n=n) for n, key in enumerate(ids[12:])])
    assert shown_first(rest, {"from": ids[29]}) == (1, ids[0])


def test_an_empty_run_has_nothing_to_do():
    assert "Nothing is left to do" in page(run([], {}), "/").text


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_are_only_text(text):
    points = [point("a", text, definition=text, stage=text, owner=text)]
    shown = page(run(points, {"a": [f"{text} {n}" for n in range(9)]}), "/?show=all")
    assert not any(mark in shown.html for mark in MARKS)


@pytest.mark.parametrize("view", [EXAMPLE, mixed(), pained()])
def test_fields_have_names_and_ids_are_unique(view):
    shown = page(view, "/?show=all")
    assert not shown.unnamed
    ids = shown.all("id")
    assert len(ids) == len(set(ids))
    assert shown.headings[0] == 1
    steps = zip(shown.headings, shown.headings[1:], strict=False)
    assert all(after <= before + 1 for before, after in steps)
    assert not shown.all("style")


def test_what_others_judged_waits_for_a_second_look_without_their_verdict():
    bo = decided("reject", "a", who="Bo", reason="not ours", state="waiting")
    rows = [bo, decided("accept", "b", n=2, who="Bo"), decided("accept", "b", n=3, who="ana"),
            decided("own", "c", {"owner": "Ops"}, n=4, who="Bo")]  # fmt: skip
    view = three(rows)
    assert for_second_look(view, "Ana") == {"a"}
    assert for_second_look(view, "Bo") == frozenset()
    shown = page(view, "/?show=second")
    assert "Second look 1" in shown.text
    assert "Point a" in shown.text
    assert "Point b" not in shown.text
    assert "judged by another" in shown.text
    assert "by Bo" not in shown.text
    assert "/?show=second" in page(view, "/agreement").all("href")


def test_nobody_else_has_judged_anything():
    view = three([decided("accept", "b", who="Ana")])
    assert "Nobody else has judged" in page(view, "/?show=second").text
    assert "/?show=second" not in page(view, "/agreement").all("href")
