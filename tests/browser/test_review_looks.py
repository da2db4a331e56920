"""How the review app looks and answers: narrow, dark, enlarged, printed, read aloud, in time."""

import json
import os
import time
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from pipeline.review.pages.teams import slugs
from tests.browser.deeds import Facts
from tests.browser.reviewing import PAGES, Room
from tests.browser.test_review_two import load

pytestmark = pytest.mark.browser

AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
LIMIT = 0.3
"""Seconds in which the server answers."""
CONTROLS = "header .brand, header .progress, header .controls > *, nav.tabs .wide > *, main h1"
"""What everything else is worked with."""
LAPS = """css => {
  const found = [...document.querySelectorAll(css)].filter(el => el.getClientRects().length);
  const boxes = found.map(el => [el, el.getBoundingClientRect()]);
  const told = [];
  for (const [a, x] of boxes) {
    if (x.left < -1 || x.right > innerWidth + 1) told.push('outside: ' + a.textContent.trim());
    for (const [b, y] of boxes) {
      if (a === b || a.contains(b) || b.contains(a)) continue;
      if (x.left < y.right - 1 && y.left < x.right - 1 && x.top < y.bottom - 1 && y.top < x.bottom - 1)
        told.push(a.textContent.trim() + ' / ' + b.textContent.trim());
    }
  }
  return told;
}"""  # noqa: E501
"""What lies over something else, or outside of the window."""


def every_page(found) -> tuple[str, ...]:
    """Return a path of every page there is."""
    facts = Facts(found)
    return (
        *PAGES,
        f"/touchpoints?t={facts.export}",
        f"/touchpoints/{facts.export}",
        f"/quotes/{facts.quotes[0]}",
        f"/links/{facts.edge.edge_id}",
        "/touchpoints?state=left_out",
        "/search?only=unassigned",
        "/name",
        team(found),
    )


def team(found) -> str:
    """Return the page of a team."""
    return f"/teams/{slugs(found.lookup)['Support']}"


def is_too_wide(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth > innerWidth")


@pytest.fixture
def busy(found, room, sit) -> Room:
    """A room in which two people have decided something of each kind that shows."""
    facts = Facts(found)
    ana, ben = sit(room, name="Ana"), sit(room, name="Ben")
    ana.decide("accept", facts.export)
    ben.decide("rename", facts.export, name="Payroll file", seen=room.last()["decision_id"])
    ana.decide("redefine", facts.demo, definition="Only the first one.")
    ben.decide("reject", facts.trial, reason="not ours")
    return room


@pytest.mark.parametrize("width", [320, 1920])
def test_no_page_is_wider_than_its_window(found, busy, sit, width):
    ana = sit(busy, width=width)
    for path in every_page(found):
        assert not is_too_wide(ana.go(path)), path


def test_all_of_a_narrow_header_is_in_sight_when_all_is_reviewed(found, room, sit):
    ana, keys = sit(room, width=320), list(found.lookup.touchpoints)
    for key in keys:
        ana.decide("accept", key)
    page = ana.go("/glossary")
    expect(page.locator("header .progress")).to_contain_text("100 %")
    assert not is_too_wide(page)
    assert page.evaluate(LAPS, CONTROLS) == []


@pytest.mark.parametrize("width", [1100, 1280, 1640])
def test_the_whole_map_is_seen_at_once(found, room, sit, width):
    key = Facts(found).export
    for path in ("/touchpoints", f"/touchpoints?t={key}", "/touchpoints?stage=Renewal"):
        page = sit(room, width=width).go(path)
        box = page.locator(".mapscroll")
        assert box.evaluate("e => e.scrollWidth <= e.clientWidth"), path
        assert box.evaluate("e => e.scrollHeight <= e.clientHeight"), path
        sizes = "t => t.getBoundingClientRect().height"
        assert box.locator("text.name").first.evaluate(sizes) >= 11, path
    page = sit(room, width=width).go(f"/touchpoints?t={key}")
    list_, detail, map_ = (page.locator(css).bounding_box() for css in
                           ("section.list", "section.chosen", ".mapcard"))  # fmt: skip
    assert list_["x"] + list_["width"] <= detail["x"]
    assert list_["y"] == detail["y"] < 300
    assert map_["y"] >= max(list_["y"] + list_["height"], detail["y"] + detail["height"])


def test_names_as_long_as_can_be_break_nothing(found, room, sit):
    ana, key = sit(room, width=768), Facts(found).demo
    for text in ("W" * 80, "ش" * 80):
        last = room.rows()[-1:]
        ana.decide("rename", key, name=text, seen=last[0]["decision_id"] if last else "")
        for path in ("/", f"/touchpoints/{key}", f"/touchpoints?t={key}", "/decisions"):
            page = ana.go(path)
            assert not is_too_wide(page), path
            assert page.evaluate(LAPS, CONTROLS) == [], path


def test_twice_as_large_everything_is_still_there(found, room, sit):
    # 200 % zoom of a window of 1280 x 900 leaves 640 x 450 pixels of CSS.
    ana = sit(room, width=640, device_scale_factor=2)
    for path in every_page(found):
        page = ana.go(path)
        assert not is_too_wide(page), path
        assert page.evaluate(LAPS, "header .bar > *, header .controls > *, main h1") == [], path
    facts = Facts(found)
    ana.go(f"/touchpoints/{facts.demo}")
    ana.send(ana.fill(ana.about("rename", facts.demo), name="First look"))
    assert room.last()["action"] == "rename"


def test_dark_and_light_differ_and_both_can_be_read(room, sit):
    grounds = []
    for scheme in ("light", "dark"):
        page = sit(room, color_scheme=scheme).go("/")
        grounds.append(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert grounds[0] != grounds[1]


def test_forced_colours_keep_what_is_chosen_visible(found, room, sit):
    ana = sit(room, forced_colors="active")
    page = ana.go(f"/touchpoints?t={Facts(found).export}")
    for css in ("[data-row][aria-current]", ".tabs [aria-current]"):
        style = "getComputedStyle(document.querySelector(css)).outlineStyle"
        assert page.evaluate(f"css => {style}", css) != "none", css
    assert not is_too_wide(page)


def test_motion_is_left_out_for_those_who_ask(room, sit):
    page = sit(room, reduced_motion="reduce").go("/")
    assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"


def test_print_shows_what_is_known_and_no_form(found, ana):
    for path in every_page(found):
        page = ana.go(path)
        page.emulate_media(media="print")
        if path != "/name":
            seen = "all => all.filter(e => e.getClientRects().length && e.checkVisibility()).length"
            assert page.locator("button, input, select, textarea").evaluate_all(seen) == 0, path
            assert page.locator("main").inner_text().strip(), path
        page.emulate_media(media="screen")


def test_without_scripts_everything_can_be_decided(found, room, sit):
    key = Facts(found).demo
    ana = sit(room, java_script_enabled=False)
    ana.go(f"/touchpoints/{key}")
    ana.page.locator("summary", has_text="Rename").first.click()
    form = ana.about("rename", key)
    form.locator('[name="name"]').fill("First look")
    with ana.page.expect_navigation():
        form.locator("button").click()
    expect(ana.page.locator("h1")).to_have_text("First look")
    with ana.page.expect_navigation():
        ana.page.locator("header form button").first.click()
    expect(ana.page.locator("h1")).to_have_text("Product demo")


@pytest.fixture(scope="session")
def axe() -> str:
    """axe-core, as npm installs it from tests/browser/package.json; '' when it is not there."""
    return AXE.read_text("utf-8") if AXE.exists() else ""


def test_axe_is_there(axe):
    if not axe:
        told = "axe-core is missing: npm install --no-package-lock --prefix tests/browser"
        if os.environ.get("TOUCHPOINTS_BROWSER") == "required":
            pytest.fail(told)
        pytest.skip(told)


def faults(page: Page, axe: str) -> list[str]:
    """Return what axe-core finds serious or critical on the page that is open."""
    if not axe:
        return []
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{one['id']}: {one['help']} {json.dumps(node['target'])} {node['html'][:160]}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"][:3]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 768])
def test_pages_can_be_read_by_all(found, busy, sit, axe, width, scheme):
    ana = sit(busy, width=width, color_scheme=scheme)
    told = {}
    for path in every_page(found):
        page = ana.go(path)
        assert not is_too_wide(page), path
        assert page.evaluate(LAPS, CONTROLS) == [], path
        page.evaluate("document.querySelectorAll('details').forEach(fold => { fold.open = true; })")
        if wrong := faults(page, axe):
            told[path] = wrong
    assert told == {}


def test_answers_to_faults_pass_axe(found, busy, sit, axe):
    key = Facts(found).demo
    seen = next(row["decision_id"] for row in busy.rows() if row["target_id"] == key)
    ana, ben = sit(busy, name="Ana"), sit(busy, name="Ben")
    ben.expected = ("409", "422", "404")
    ben.go(f"/touchpoints/{key}")
    ana.decide("rename", key, name="First look", seen=seen)
    ben.send(ben.fill(ben.about("rename", key), name="Walk-through"))
    assert faults(ben.page, axe) == []
    ben.go(f"/touchpoints/{key}")
    ben.send(ben.fill(ben.about("score", key), dimension="impact", value="-1", reason="no"))
    assert faults(ben.page, axe) == []
    assert faults(ben.go("/touchpoints/nothing"), axe) == []


def test_the_server_answers_at_once(found, room, ana):
    ana.go("/")
    slow = {}
    for path in every_page(found):
        times = []
        for _ in range(3):
            began = time.perf_counter()
            answer = ana.page.request.get(room.address + path)
            times.append(time.perf_counter() - began)
            assert answer.status == 200, path
        if min(times) > LIMIT * load():
            slow[path] = min(times)
    assert slow == {}


def test_what_is_decided_is_in_the_published_report(found, own_room, sit):
    facts, ana = Facts(found), sit(own_room)
    report = own_room.run / "report.html"
    assert "Hand-made payroll file" not in report.read_text("utf-8")
    ana.go(f"/touchpoints/{facts.export}")
    ana.send(ana.fill(ana.about("rename", facts.export), name="Hand-made payroll file"))
    page = ana.page
    publish = page.locator('form[action="/publish"]')
    expect(publish.locator(".badge")).to_have_text("1")
    with page.expect_navigation():
        publish.locator("button").click()
    expect(page.locator("#publishing")).to_be_visible()
    expect(page.locator("#publishing[data-state=done]")).to_be_visible(timeout=120_000)
    text = report.read_text("utf-8")
    assert "Hand-made payroll file" in text
    expect(page.locator("h1")).to_have_text("Hand-made payroll file")
    assert publish.locator(".badge").count() == 0
    shown = ana.context.new_page()
    ana.expected = (report.as_uri(),)
    shown.goto(report.as_uri())
    expect(shown.locator("body")).to_contain_text("Hand-made payroll file")
