"""Two people at once, and one person whose browser or server goes away in the middle."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.deeds import Facts
from tests.browser.reviewing import Reviewer, Room, expect_done, furnish

pytestmark = pytest.mark.browser

START = 2.0
"""Seconds in which the app is to be there."""


def rename(reviewer: Reviewer, key: str, name: str) -> None:
    """Rename a touchpoint on the page that is open."""
    reviewer.send(reviewer.fill(reviewer.about("rename", key), name=name))


def test_who_reviews_is_asked_first_and_remembered(room, sit):
    own = sit(room, name=" ")
    own.go("/name?next=/glossary")
    page = own.page
    form = page.locator('form:has([name="name"])')
    form.locator('[name="name"]').fill("Zoë 'O' <b>")
    with page.expect_navigation():
        form.locator("button").click()
    assert page.url == f"{room.address}/glossary"
    expect(page.locator(".me")).to_contain_text("Zoë 'O' <b>")
    own.send(own.go("/").locator(".item form:has([value='accept'])").first)
    assert room.last()["who"] == "Zoë 'O' <b>"


def test_a_lost_update_is_refused_with_the_difference(found, room, sit):
    key = Facts(found).demo
    ana, ben = sit(room, name="Ana"), sit(room, name="Ben")
    ben.expected = ("409",)
    for one in (ana, ben):
        one.go(f"/touchpoints/{key}")
    rename(ana, key, "First look")
    expect_done(ana)
    with ben.page.expect_response(lambda answer: answer.request.method == "POST") as answer:
        rename(ben, key, "Walk-through")
    assert answer.value.status == 409
    main = ben.page.locator("main")
    for told in ("Ana", "First look", "Product demo", "Walk-through"):
        expect(main).to_contain_text(told)
    expect(main.locator("del").first).to_have_text("Product demo")
    expect(main.locator("ins").first).to_have_text("First look")
    assert [row["who"] for row in room.rows()] == ["Ana"]

    ben.send(ben.form("rename"))
    expect_done(ben)
    assert [row["argument"]["name"] for row in room.rows()] == ["First look", "Walk-through"]
    expect(ana.go(f"/touchpoints/{key}").locator("h1")).to_have_text("Walk-through")


def test_a_conflict_can_be_left_alone(found, room, sit):
    key = Facts(found).demo
    ana, ben = sit(room, name="Ana"), sit(room, name="Ben")
    ben.expected = ("409",)
    for one in (ana, ben):
        one.go(f"/touchpoints/{key}")
    rename(ana, key, "First look")
    rename(ben, key, "Walk-through")
    with ben.page.expect_navigation():
        ben.page.get_by_role("link", name=re.compile("look again", re.IGNORECASE)).click()
    expect(ben.page.locator("h1")).to_have_text("First look")
    assert len(room.rows()) == 1


def test_what_another_decides_shows_on_the_next_page(found, room, sit):
    key = Facts(found).demo
    ana, ben = sit(room, name="Ana"), sit(room, name="Ben")
    ana.go(f"/touchpoints/{key}")
    ben.go("/glossary")
    rename(ana, key, "First look")
    ben.page.reload()
    expect(ben.page.locator(f"#t-{key}")).to_contain_text("First look")
    assert ben.page.locator('header [name="action"][value="undo"]').count() == 0


def test_what_two_see_differently_is_settled(found, room, sit):
    facts = Facts(found)
    ana, ben, chair = (sit(room, name=name) for name in ("Ana", "Ben", "Chair"))
    quote = facts.quotes[0]
    ana.go(f"/quotes/{quote}")
    ana.send(ana.about("keep", quote))
    ben.go(f"/quotes/{quote}")
    ben.send(ben.fill(ben.about("discard", quote), reason="sarcasm"))

    main = chair.go("/agreement").locator("main")
    for told in ("Ana", "Ben", "sarcasm", "kept", "discarded"):
        expect(main).to_contain_text(told)
    expect(main.locator("table.agreement")).to_contain_text("Quotes")
    expect(chair.go("/").locator(".notices")).to_contain_text("differently")

    chair.go("/agreement")
    kept = room.rows()[0]["decision_id"]
    chair.send(chair.form("settle", target_id=quote, decision_id=kept))
    expect_done(chair)
    assert room.last()["action"] == "settle"
    assert chair.page.locator(".dispute").count() == 0
    ana.go(f"/touchpoints/{facts.chat}")
    expect(ana.go(f"/quotes/{quote}").locator(".hero a").first).to_contain_text("Live chat")
    chair.undo()
    chair.go("/agreement")
    expect(chair.page.locator(".dispute")).to_have_count(1)


def test_two_decide_about_different_things_at_once(found, room, sit):
    facts = Facts(found)
    ana, ben = sit(room, name="Ana"), sit(room, name="Ben")
    ana.go(f"/touchpoints/{facts.demo}")
    ben.go(f"/touchpoints/{facts.trial}")
    rename(ana, facts.demo, "First look")
    rename(ben, facts.trial, "Try-out")
    ana.undo()
    assert [row["who"] for row in room.rows()] == ["Ana", "Ben", "Ana"]
    ana.go("/glossary")
    expect(ana.page.locator(f"#t-{facts.demo}")).to_contain_text("Product demo")
    expect(ana.page.locator(f"#t-{facts.trial}")).to_contain_text("Try-out")


def test_a_page_loaded_again_in_the_middle_of_a_form_decides_nothing(found, room, ana):
    key = Facts(found).demo
    ana.go(f"/touchpoints/{key}")
    ana.fill(ana.about("rename", key), name="Half a na")
    ana.page.reload()
    assert room.rows() == []
    rename(ana, key, "First look")
    ana.page.reload()
    ana.page.reload()
    assert len(room.rows()) == 1


def test_the_back_button_after_a_decision_decides_nothing_twice(found, room, ana):
    key = Facts(found).demo
    ana.expected = ("409",)
    ana.go("/glossary")
    page = ana.go(f"/touchpoints/{key}")
    rename(ana, key, "First look")
    page.go_back()
    page.go_forward()
    assert len(room.rows()) == 1
    page.go_back()
    rename(ana, key, "Second look")
    # Either the page was loaded anew and this is a second decision, or it is refused.
    names = [row["argument"]["name"] for row in room.rows()]
    assert names in (["First look"], ["First look", "Second look"])


def test_closing_the_browser_loses_nothing(found, room, sit):
    key = Facts(found).demo
    ana = sit(room, name="Ana")
    ana.go(f"/touchpoints/{key}")
    rename(ana, key, "First look")
    ana.page.close()
    again = sit(room, name="Ana")
    expect(again.go(f"/touchpoints/{key}").locator("h1")).to_have_text("First look")
    again.undo()
    expect(again.go(f"/touchpoints/{key}").locator("h1")).to_have_text("Product demo")


class Command:
    """`touchpoints review` as a person starts it."""

    def __init__(self, room: Room) -> None:
        program = Path(sys.executable).with_name("touchpoints")
        options = ("--no-browser", "--corpus", str(room.corpus))
        began = time.monotonic()
        self.process = subprocess.Popen(  # noqa: S603 - our own program
            [program, "review", room.run, *options], stdout=subprocess.PIPE, text=True
        )
        line = self.process.stdout.readline() if self.process.stdout else ""
        self.seconds = time.monotonic() - began
        self.address = re.search(r"http://[^/ ]+", line).group()  # type: ignore[union-attr]

    def end(self, how: signal.Signals) -> int:
        """End it, and return its exit code."""
        os.kill(self.process.pid, how)
        code = self.process.wait(10)
        if self.process.stdout:
            self.process.stdout.close()
        return code


def test_a_server_that_is_killed_has_lost_nothing(found, ran, sit, tmp_path):
    key = Facts(found).demo
    room = furnish(ran, tmp_path)
    first = Command(room)
    ana = sit(room._replace(address=first.address), name="Ana")
    ana.go(f"/touchpoints/{key}")
    rename(ana, key, "First look")
    first.end(signal.SIGKILL)
    assert len(room.rows()) == 1

    second = Command(room)
    assert min(first.seconds, second.seconds) < START * load()
    again = sit(room._replace(address=second.address), name="Ana")
    expect(again.go(f"/touchpoints/{key}").locator("h1")).to_have_text("First look")
    assert second.end(signal.SIGINT) == 0


def load() -> float:
    """Return how much slower this machine is just now than one that has nothing else to do."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
