"""Every kind of decision, made by a person in a page, kept in the log, and undone."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from pipeline.decisions.actions import ACTIONS
from pipeline.review.state.desk import Desk
from tests.browser.deeds import DEEDS, NEW_NAME, Deed, Facts
from tests.browser.muddled import muddle
from tests.browser.reviewing import CSS_UNDO, Reviewer, Room, expect_done, furnish, serve

pytestmark = pytest.mark.browser

_ASKS = """form => ["target_id", "into", "name"]
    .map(name => new FormData(form).getAll(name).join()).join("|")"""
ELSEWHERE = {"dismiss", "settle", "undo"}
"""Actions with tests of their own, below and in test_review_two.py."""


def expect_made(reviewer: Reviewer, deed: Deed, *, is_made: bool) -> None:
    """Check that a page shows, or no longer shows, what a deed brings about."""
    page = reviewer.go(deed.place)
    is_there = is_made != deed.is_gone
    for load in (page.reload, lambda: None):
        assert bool(deed.sign(page).count()) == is_there, f"{deed.place}, is made: {is_made}"
        if is_made:
            load()


def test_every_action_has_a_deed():
    assert set(DEEDS) | ELSEWHERE == set(ACTIONS)


@pytest.mark.parametrize("action", DEEDS)
def test_decision_is_made_kept_and_undone(action, found, room, ana):
    deed = DEEDS[action](Facts(found))
    expect_made(ana, deed, is_made=False)

    deed.do(ana)
    expect_done(ana)
    row = room.last()
    assert (row["who"], row["action"], row["period"]) == ("Ana", action, "2026Q3")
    assert {name: str(row["argument"][name]) for name in deed.argument} == deed.argument
    assert bool(row["reason"]) == ACTIONS[action].needs_reason
    expect_made(ana, deed, is_made=True)

    undo_in_history(ana, row["decision_id"])
    assert (room.last()["action"], room.last()["target_id"]) == ("undo", row["decision_id"])
    expect_made(ana, deed, is_made=False)


def undo_in_history(reviewer: Reviewer, decision_id: str) -> None:
    """Take a decision back on the page that lists all of them."""
    line = reviewer.go("/decisions").locator(f"#d-{decision_id}")
    expect(line.locator(".tag").first).to_have_text("applied")
    reviewer.send(line.locator(CSS_UNDO))
    expect_done(reviewer)
    expect(line.locator(".tag").first).to_have_text("undone")
    assert line.locator(CSS_UNDO).count() == 0


def test_undo_can_be_undone(found, room, ana):
    deed = DEEDS["rename"](Facts(found))
    deed.do(ana)
    ana.undo()
    expect_made(ana, deed, is_made=False)
    undo = room.last()
    line = ana.go("/decisions").locator(f"#d-{undo['decision_id']}")
    ana.send(line.locator(CSS_UNDO))
    expect_made(ana, deed, is_made=True)
    assert [row["action"] for row in room.rows()] == ["rename", "undo", "undo"]


@pytest.fixture(scope="module")
def muddled(ran, tmp_path_factory) -> Iterator[Room]:
    own = furnish(ran, tmp_path_factory.mktemp("muddled"))
    muddle(own.run)
    for address in serve(Desk(own.run, own.corpus), "Ana"):
        yield own._replace(address=address)


def test_a_proposal_is_dismissed_for_good(muddled, sit):
    ana = sit(muddled)
    ana.go("/?show=all")
    form = ana.form("dismiss")
    proposal = form.locator('[name="target_id"]').get_attribute("value")
    before = ana.page.locator('form:has([value="dismiss"])').count()
    ana.send(form)
    expect_done(ana)
    last = muddled.last()
    assert (last["action"], last["target_id"]) == ("dismiss", proposal)
    assert last["before"]["words"]
    ana.go("/?show=all")
    assert ana.about("dismiss", proposal).count() == 0
    assert ana.page.locator('form:has([value="dismiss"])').count() >= before - 1
    ana.undo()
    ana.go("/?show=all")
    assert ana.about("dismiss", proposal).count() == 1


@pytest.mark.parametrize("action", ["merge", "split", "rename", "merge_pain"])
def test_a_proposal_is_confirmed_from_the_work_list(action, muddled, sit):
    ana, own = sit(muddled), f'.offer form:has([name="action"][value="{action}"])'
    pages = [f"/?page={number}" for number in range(1, 4)]
    offer = next(form for page in pages for form in ana.go(page).locator(own).all())
    offered = offer.evaluate(_ASKS)
    ana.send(offer)
    expect_done(ana)
    assert muddled.last()["action"] == action
    for page in pages:
        forms = ana.go(f"{page}&show=all").locator(own).all()
        assert offered not in [form.evaluate(_ASKS) for form in forms]


def test_several_touchpoints_are_accepted_at_once(found, room, ana):
    facts = Facts(found)
    page = ana.go("/touchpoints")
    for key in (facts.demo, facts.trial, facts.chat):
        page.locator(f"#t-{key} input[type=checkbox]").check()
    ana.send(page.locator("#ticked"), "accept")
    expect_done(ana)
    assert {row["target_id"] for row in room.rows()} == {facts.demo, facts.trial, facts.chat}
    assert {row["action"] for row in room.rows()} == {"accept"}


@pytest.mark.parametrize("action", ["keep", "discard", "reassign"])
def test_several_quotes_are_decided_at_once(action, found, room, ana):
    facts = Facts(found)
    page = ana.go(f"/touchpoints/{facts.chat}")
    form = page.locator("#quoted")
    boxes = form.locator('[name="quotes"]').all()[:3]
    for box in boxes:
        box.check()
    chosen = {box.get_attribute("value") for box in boxes}
    fields = {"discard": {"reason": "jokes"}, "reassign": {"touchpoint_id": facts.trial}}
    ana.send(ana.fill(form, **fields.get(action, {})), action)
    expect_done(ana)
    assert {row["target_id"] for row in room.rows()} == chosen
    assert {row["action"] for row in room.rows()} == {action}


def test_a_form_that_cannot_be_decided_keeps_what_was_typed(found, room, ana):
    facts = Facts(found)
    ana.expected = ("422",)
    ana.go(f"/touchpoints/{facts.export}")
    form = ana.fill(ana.about("score", facts.export), dimension="function", value="-0.5")
    ana.send(ana.fill(form, reason="measured by hand"))
    page = ana.page
    expect(page.locator("main")).to_contain_text("from 0 to 1")
    assert room.rows() == []
    again = ana.form("score")
    expect(again.locator('[name="reason"]')).to_have_value("measured by hand")
    ana.send(ana.fill(again, value="0.5"))
    expect_done(ana)
    assert room.last()["argument"] == {"dimension": "function", "value": 0.5}


def test_hypotheses_are_marked_stale_and_proposed_anew(found, own_room, sit):
    ana = sit(own_room)
    facts = Facts(found)
    path = f"/touchpoints/{facts.export}"
    DEEDS["redefine"](facts).do(ana)
    section = ana.page.locator("#hypotheses")
    expect(section.locator(".tag.stale")).to_be_visible()
    ana.send(section.locator(f'form[action="/hypotheses/{facts.export}"]'))
    expect(ana.page.locator("#flash")).to_contain_text("proposed anew")
    ana.go(path)
    assert section.locator(".tag.stale").count() == 0
    assert section.locator("article").count() > 0


def test_whatever_was_decided_before_a_touchpoint_can_be_rejected(found, room, ana):
    key = Facts(found).demo
    before = {
        "redefine": {"definition": "Only the first."}, "own": {"owner": "Payroll crew"},
        "rename": {"name": NEW_NAME}, "move": {"stage": "Renewal"},
        "mark": {"decision": "leave", "mention_id": found.lookup.mentions_at[key][0].mention_id},
        "score": {"dimension": "emotion", "value": "0.5", "reason": "asked"},
        "effort": {"effort": "2", "reason": "asked"}, "unlink": {},
    }  # fmt: skip
    seen = ""
    for action, fields in before.items():
        ana.decide(action, key, seen=seen, **fields)
        seen = room.last()["decision_id"]
    ana.go(f"/touchpoints/{key}")
    ana.send(ana.fill(ana.about("reject", key), reason="not ours"))
    expect_done(ana)
    for path in ("/", "/touchpoints", "/decisions", "/teams"):
        expect(ana.go(path).locator("main")).to_be_visible()
    ana.undo()
    expect(ana.go(f"/touchpoints/{key}").locator("h1")).to_have_text(NEW_NAME)


def test_a_name_that_is_taken_is_refused_and_kept_to_be_mended(found, room, ana):
    ana.expected = ("422",)
    taken = found.lookup.touchpoints[Facts(found).demo].name
    ana.go("/touchpoints")
    ana.send(ana.fill(ana.form("add"), name=taken))
    expect(ana.page.locator('main [name="name"]')).to_have_value(taken)
    expect(ana.page.locator("main")).to_contain_text("of this name")
    assert room.rows() == []
