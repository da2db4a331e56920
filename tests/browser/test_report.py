import re

import pytest
from playwright.sync_api import Page, expect

from tests import example_run

pytestmark = pytest.mark.browser


def is_too_wide(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth > innerWidth")


@pytest.mark.parametrize("size", ["example", "large", "tiny", "empty"])
def test_report_opens_without_a_complaint(open_report, size):
    page = open_report(getattr(example_run, f"build_{size}")())
    expect(page.locator("h1")).to_contain_text("Kestrel Rota")
    assert not is_too_wide(page)


def test_cost_of_a_model_is_shown_by_step(open_report):
    page = open_report(example_run.with_bill(example_run.build_example()))
    method = page.locator("#method")
    expect(method).to_contain_text("2 calls, 1,001,000 tokens, GBP 0.18")
    expect(method.locator("tr", has_text="0.3600")).to_be_visible()
    assert not is_too_wide(page)


def test_hostile_names_are_shown_and_never_run(open_report):
    page = open_report(example_run.build_example())
    assert page.locator("script").count() == 1
    expect(page.locator("#scores")).to_contain_text(example_run.HOSTILE_NAME)
    assert page.locator("#scores b", has_text="froze").count() == 0


def test_keyboard_alone_opens_and_closes_evidence(open_report):
    page = open_report(example_run.build_example())
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('.node')"):
            break
    first = page.evaluate("document.activeElement.getAttribute('href')")
    page.keyboard.press("ArrowRight")
    second = page.evaluate("document.activeElement.getAttribute('href')")
    assert second not in (None, first)
    page.keyboard.press("Enter")
    expect(page.locator("#panel")).to_be_visible()
    expect(page.locator(f"#panel article{second}")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_hidden()
    assert page.evaluate("document.activeElement.getAttribute('href')") == second
    assert page.locator(f"#evidence article{second}").count() == 1


def test_arrow_keys_reach_every_box(open_report):
    page = open_report(example_run.build_example())
    hrefs = page.eval_on_selector_all(".node", "all => all.map(e => e.getAttribute('href'))")
    found, waiting = {hrefs[0]}, [hrefs[0]]
    while waiting:
        here = waiting.pop()
        for key in ("ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"):
            page.locator(f'.node[href="{here}"]').focus()
            page.keyboard.press(key)
            there = page.evaluate("document.activeElement.getAttribute('href')")
            if there not in found:
                found.add(there)
                waiting.append(there)
    assert found == set(hrefs)


def test_line_opens_its_evidence_with_enter(open_report):
    page = open_report(example_run.build_example())
    line = page.locator(".line:not(.weak)").first
    line.focus()
    page.keyboard.press("Enter")
    expect(page.locator(f"#panel article{line.get_attribute('href')}")).to_be_visible()
    page.locator("#panel article a").first.click()
    expect(page.locator("#panel .measures")).to_be_visible()
    page.locator("#close").click()
    expect(page.locator("#panel")).to_be_hidden()


def test_slider_changes_how_many_links_are_drawn(open_report):
    page = open_report(example_run.build_example())
    counter, drawn = page.locator("#counter"), page.locator(".line:not(.weak)")
    expect(counter).to_have_text("28 of 41 links")
    assert drawn.count() == 28
    page.locator("#weak").press("Home")
    expect(counter).to_have_text("41 of 41 links")
    assert drawn.count() == 41
    page.locator("#weak").press("End")
    expect(counter).to_have_text("0 of 41 links")


def test_focus_marks_what_leads_in_and_out(open_report):
    page = open_report(example_run.build_example())
    node = page.locator(".node", has_text="Payroll export").first
    node.focus()
    key = node.get_attribute("href")[1:]
    assert page.locator(f'.line.in[data-target="{key}"]').count() > 0
    assert page.locator(f'.line.out:not([data-source="{key}"])').count() == 0
    colours = {
        page.locator(f".line.{way} .stroke").first.evaluate("e => getComputedStyle(e).stroke")
        for way in ("in", "out")
    }
    assert len(colours) == 2


def test_report_reads_without_javascript(open_report):
    page = open_report(example_run.build_example(), java_script_enabled=False)
    expect(page.locator("#control")).to_be_hidden()
    expect(page.locator("#print")).to_be_hidden()
    expect(page.locator("#panel")).to_be_hidden()
    node = page.locator(".node", has_text="Payroll export").first
    href = node.get_attribute("href")
    node.click()
    expect(page.locator(f"#evidence article{href} .measures")).to_be_visible()


def test_table_sorts_by_number(open_report):
    page = open_report(example_run.build_example())
    page.get_by_role("button", name="Sort by Emotion").click()
    values = page.eval_on_selector_all(
        "#scores tbody tr", "rows => rows.map(r => r.cells[4].dataset.sort).filter(Boolean)"
    )
    numbers = [float(value) for value in values]
    assert numbers == sorted(numbers)


def test_narrow_screen_has_no_sideways_scroll(open_report):
    page = open_report(example_run.build_large(), width=768)
    assert not is_too_wide(page)
    page.locator(".node").first.click()
    expect(page.locator("#panel")).to_be_visible()
    assert not is_too_wide(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_every_box(open_report, scheme):
    page = open_report(example_run.build_example(), color_scheme=scheme)
    pairs = page.eval_on_selector_all(
        ".node",
        """all => all.map(e => [
            getComputedStyle(e.querySelector('.box')).fill,
            getComputedStyle(e.querySelector('.name')).fill])
            .filter(pair => pair[0].startsWith('rgb'))""",
    )
    assert len(pairs) > 15
    assert min(contrast(back, front) for back, front in pairs) >= 4.5


def test_dark_mode_darkens_the_page_but_not_the_print(open_report):
    page = open_report(example_run.build_example(), color_scheme="dark")
    assert brightness(page.evaluate("getComputedStyle(document.body).backgroundColor")) < 0.05
    page.emulate_media(media="print", color_scheme="dark")
    assert brightness(page.evaluate("getComputedStyle(document.body).backgroundColor")) > 0.95


def test_print_adds_the_quotes_behind_what_to_fix(open_report):
    page = open_report(example_run.build_example())
    quotes = page.locator(".print-only .quote").first
    expect(quotes).to_be_hidden()
    page.emulate_media(media="print")
    expect(quotes).to_be_visible()
    expect(page.locator("nav.sections")).to_be_hidden()


def brightness(colour: str) -> float:
    """Relative luminance after WCAG."""
    parts = [int(n) / 255 for n in re.findall(r"\d+", colour)[:3]]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((brightness(one), brightness(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)
