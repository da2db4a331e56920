"""The review app with the keyboard alone: from the work list to a decision and back."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.deeds import Facts
from tests.browser.reviewing import Reviewer, expect_done

pytestmark = pytest.mark.browser


def focused(page: Page, css: str = "*") -> bool:
    """Tell whether the element with the focus fits a selector."""
    return page.evaluate("css => document.activeElement.matches(css)", css)


def tab_to(page: Page, css: str, most: int = 80) -> None:
    """Press Tab until an element that fits has the focus, and can be seen to have it."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if focused(page, css):
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none", f"nothing shows that {css} has the focus"
            return
    pytest.fail(f"Tab does not lead to {css}")


def press(reviewer: Reviewer, *keys: str) -> None:
    """Press keys one after another, the last of which leads to another page."""
    for key in keys[:-1]:
        reviewer.page.keyboard.press(key)
    with reviewer.page.expect_navigation():
        reviewer.page.keyboard.press(keys[-1])


def test_tab_alone_leads_to_a_decision(room, ana):
    page = ana.go("/")
    page.keyboard.press("Tab")
    assert focused(page, "a[href='#main']")
    page.keyboard.press("Enter")
    tab_to(page, ".item form button")
    press(ana, "Enter")
    expect_done(ana)
    assert room.last()["action"] == "accept"


def test_first_row_is_accepted_and_taken_back(room, ana):
    page = ana.go("/")
    page.keyboard.press("j")
    chosen = page.locator("[data-row].here").get_attribute("id").removeprefix("t-")
    press(ana, "a")
    expect_done(ana)
    assert (room.last()["action"], room.last()["target_id"]) == ("accept", chosen)
    press(ana, "u")
    expect_done(ana)
    assert room.last()["action"] == "undo"
    expect(page.locator(f"#t-{chosen}")).to_be_visible()


def test_second_row_is_opened_and_left_again(ana):
    page = ana.go("/")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("ArrowDown")
    row = page.locator("[data-row]").nth(1)
    expect(row).to_be_focused()
    press(ana, "Enter")
    key = row.get_attribute("id") or page.url
    assert "/touchpoints/" in page.url, key
    press(ana, "g", "w")
    assert page.url == f"{ana.address}/"


def test_reject_asks_for_a_reason_before_it_decides(room, ana):
    page = ana.go("/")
    page.keyboard.press("j")
    chosen = page.locator("[data-row].here").get_attribute("id").removeprefix("t-")
    page.keyboard.press("r")
    assert focused(page, '[name="reason"]')
    page.keyboard.press("Enter")
    assert room.rows() == []
    page.keyboard.type("jar")  # letters that are keys elsewhere
    press(ana, "Enter")
    expect_done(ana)
    row = room.last()
    assert (row["action"], row["target_id"], row["reason"]) == ("reject", chosen, "jar")
    assert page.locator(f"#t-{chosen}").count() == 0


def test_rename_and_merge_from_the_page_of_a_touchpoint(found, room, ana):
    facts = Facts(found)
    page = ana.go(f"/touchpoints/{facts.demo}")
    page.keyboard.press("n")
    assert focused(page, '[name="name"]')
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("First look")
    press(ana, "Enter")
    expect(page.locator("h1")).to_have_text("First look")
    page.keyboard.press("m")
    assert focused(page, 'select[name="into"]')
    page.keyboard.type("Free tri")
    page.keyboard.press("Tab")
    page.keyboard.type("the same")
    press(ana, "Enter")
    expect_done(ana)
    row = room.last()
    assert (row["action"], row["argument"]["into"]) == ("merge", facts.trial)


def stand_on(page: Page, row: Locator) -> str:
    """Press j until a row has the focus; return its touchpoint."""
    for _ in range(40):
        page.keyboard.press("j")
        if row.evaluate("row => row === document.activeElement"):
            return (row.get_attribute("id") or "").removeprefix("t-")
    pytest.fail("j does not lead to the row")


def test_a_row_without_the_form_opens_the_page_that_has_it(room, ana):
    page = ana.go("/?show=all")
    chosen = stand_on(page, page.locator('[data-row]:not(:has([data-key="n"]))').first)
    press(ana, "n")
    assert page.url == f"{ana.address}/touchpoints/{chosen}#rename"
    assert focused(page, '[name="name"]')
    page.keyboard.type("Major rename")  # letters that are keys elsewhere
    press(ana, "Enter")
    expect(page.locator("h1")).to_have_text("Major rename")
    (row,) = room.rows()
    assert (row["action"], row["target_id"]) == ("rename", chosen)
    ana.go("/?show=all")
    chosen = stand_on(page, page.locator('[data-row]:not(:has([data-key="m"]))').first)
    press(ana, "m")
    assert page.url == f"{ana.address}/touchpoints/{chosen}#merge"
    assert focused(page, 'select[name="into"]')
    assert len(room.rows()) == 1


def test_accept_from_a_list_without_buttons_waits_to_be_pressed(room, ana):
    page = ana.go("/glossary")
    chosen = stand_on(page, page.locator("[data-row]").nth(1))
    press(ana, "a")
    assert page.url == f"{ana.address}/touchpoints/{chosen}#accept"
    assert focused(page, '[data-key="a"]')
    assert room.rows() == []
    press(ana, "Enter")
    expect_done(ana)
    assert (room.last()["action"], room.last()["target_id"]) == ("accept", chosen)


def test_words_typed_while_a_page_is_opened_decide_nothing(room, ana):
    page = ana.go("/?show=all")
    stand_on(page, page.locator('[data-row]:not(:has([data-key="n"]))').first)
    with page.expect_navigation():
        page.evaluate(
            """() => { for (const key of ['n', 'r', 'a', 'u', 'Enter'])
            document.activeElement.dispatchEvent(
                new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true})); }"""
        )
    assert page.url.endswith("#rename")
    assert focused(page, '[name="name"]')
    assert room.rows() == []


def test_words_typed_for_a_form_that_did_not_open_are_no_commands(room, ana):
    page = ana.go("/")
    page.keyboard.press("r")  # nobody stands on a row: the first is only stood on
    expect(page.locator("[data-row].here")).to_have_count(1)
    page.keyboard.type("nearly a word")
    page.keyboard.press("Enter")
    assert page.url == f"{ana.address}/"
    assert page.locator(".item details[open]").count() == 0
    assert room.rows() == []
    page.wait_for_timeout(1_100)
    page.keyboard.press("r")
    assert focused(page, '[name="reason"]')


def test_keys_in_a_field_are_letters(room, ana):
    page = ana.go("/search")
    page.keyboard.press("/")
    assert focused(page, "input[type=search]")
    page.keyboard.type("jar mug?")
    expect(page.locator("input[type=search]")).to_have_value("jar mug?")
    page.keyboard.press("Escape")
    assert focused(page, "body")
    assert room.rows() == []


def test_search_is_reached_from_every_page(ana):
    for path in ("/", "/touchpoints", "/decisions", "/glossary"):
        page = ana.go(path)
        page.keyboard.press("/")
        page.wait_for_url("**/search")
    page.keyboard.press("/")
    page.keyboard.type("overtime")
    press(ana, "Enter")
    assert page.locator(".hits > li").count() > 0
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    press(ana, "Enter")
    assert "/quotes/" in page.url


def test_help_opens_holds_the_focus_and_closes(ana):
    page = ana.go("/")
    page.keyboard.press("?")
    dialog = page.locator("#help")
    expect(dialog).to_be_visible()
    for key in ("a", "j", "u", "r"):
        page.keyboard.press(key)
    expect(dialog).to_be_visible()
    assert page.evaluate("document.activeElement.closest('dialog') !== null")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    tab_to(page, "#help-open")
    page.keyboard.press("Enter")
    expect(dialog).to_be_visible()


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("t", "/touchpoints"), ("s", "/search"), ("h", "/decisions"), ("a", "/agreement"),
        ("l", "/glossary"), ("m", "/teams"),
    ],
)  # fmt: skip
def test_g_and_a_letter_go_to_a_page(ana, key, path):
    page = ana.go("/")
    press(ana, "g", key)
    assert page.url == ana.address + path


def test_rows_are_ticked_and_accepted_together(room, ana):
    page = ana.go("/touchpoints")
    for key in "jxjx":
        page.keyboard.press(key)
    assert page.locator("[data-tick]:checked").count() == 2
    page.locator('#ticked button[value="accept"]').focus()
    press(ana, "Enter")
    expect_done(ana)
    assert [row["action"] for row in room.rows()] == ["accept", "accept"]


def test_boxes_and_lines_of_the_map_are_links_to_the_keyboard(ana):
    page = ana.go("/touchpoints")
    page.locator(".mapscroll").focus()
    page.keyboard.press("Tab")
    assert focused(page, "svg a.line")
    page.locator("svg a.node").first.focus()
    page.keyboard.press("Tab")
    assert focused(page, "svg a.node")
    shown = "parseFloat(getComputedStyle(document.activeElement.querySelector('.box')).strokeWidth)"
    assert page.evaluate(shown) > 2
    press(ana, "Enter")
    assert "t=" in page.url
    expect(page.locator("#detail")).to_be_visible()


def test_one_key_decides_once_however_often_it_is_pressed(room, ana):
    page = ana.go("/")
    page.keyboard.press("j")
    with page.expect_navigation():
        page.evaluate(
            """() => { for (let n = 0; n < 3; n += 1)
            document.dispatchEvent(new KeyboardEvent('keydown', {key: 'a', bubbles: true})); }"""
        )
    expect_done(ana)
    assert len(room.rows()) == 1
