import base64
import hashlib
import re
import time
from html import unescape
from html.parser import HTMLParser

import pandas as pd
import pytest

from pipeline.config import Publish
from pipeline.publish.report import render
from tests import example_run

VOID = {"meta", "input", "br", "link", "img"}


class Page(HTMLParser):
    """Collects what a browser would see, and fails on tags that do not match."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.names: set[str] = set()
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.names |= {name for name, _ in attrs}
        self.ids += [values["id"]] if "id" in values else []
        self.links += [values["href"]] if "href" in values else []
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_report_is_well_formed_with_every_link_leading_somewhere(any_run):
    page = Page(render(*any_run, Publish()))
    assert len(page.ids) == len(set(page.ids))
    assert {link for link in page.links if link[1:] not in page.ids} == set()


def test_report_asks_the_network_for_nothing(example):
    html = render(*example, Publish())
    assert "http:" not in html
    assert "https:" not in html
    assert "src=" not in html


def test_policy_allows_exactly_the_style_and_script_in_the_file(example):
    html = render(*example, Publish())
    policy = re.search(r'Security-Policy" content="([^"]*)"', html)[1].replace("&#39;", "'")
    for tag in ("style", "script"):
        [inside] = re.findall(rf"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy
    assert "style" not in Page(html).names


def test_hostile_text_is_escaped(example):
    html = render(*example, Publish())
    assert example_run.HOSTILE_NAME not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "<b>froze</b>" not in html


def test_control_characters_never_reach_the_file(tiny):
    tables, manifest = tiny
    name = "a\x00b\x1b"
    odd = tables | {"touchpoints": tables["touchpoints"].assign(definition=name)}
    html = render(odd, manifest, Publish())
    assert "\x00" not in html
    assert "\x1b" not in html


def test_only_customers_words_stand_in_quotation_marks(example):
    tables, manifest = example
    said = set(tables["mentions"]["quote"]) | set(tables["edge_evidence"]["quote"])
    said |= set(tables["rejects"].query("reason == 'unassigned'")["detail"])
    quoted = re.findall("“([^”]*)”", unescape(render(tables, manifest, Publish())))
    assert len(quoted) > 100
    for text in quoted:
        assert text in said


def test_no_number_is_shown_where_there_are_too_few(tiny):
    html = render(*tiny, Publish())
    assert "too few" in html
    assert "nan" not in html.lower().replace("finance", "").replace("maintenance", "").split()


def test_no_raw_float_reaches_the_reader(example):
    html = re.sub(r"<(script|style|svg).*?</\1>", "", render(*example, Publish()), flags=re.DOTALL)
    text = re.sub(r"<[^>]*>", " ", html)
    assert re.findall(r"\d\.\d{4,}", text) == []


def test_empty_run_says_so(empty):
    html = render(*empty, Publish())
    assert "No touchpoint was found" in html
    assert '<svg class="network' not in html


def test_changes_are_shown_only_with_a_period_before(example):
    tables, manifest = example
    assert 'id="changes"' in render(tables, manifest, Publish())
    alone = manifest.model_copy(update={"previous": ""})
    assert 'id="changes"' not in render(tables, alone, Publish())


def test_order_of_rows_is_irrelevant(any_run):
    tables, manifest = any_run
    same = render(example_run.shuffled(tables), manifest, Publish())
    assert same == render(tables, manifest, Publish())


def test_tables_are_left_untouched(example):
    tables, manifest = example
    before = {name: frame.copy(deep=True) for name, frame in tables.items()}
    render(tables, manifest, Publish())
    for name, frame in tables.items():
        pd.testing.assert_frame_equal(frame, before[name])


@pytest.mark.parametrize("size", [5, 60])
def test_report_stays_small_and_quick(size):
    tables, manifest = example_run.build_large(size)
    start = time.process_time()
    html = render(tables, manifest, Publish(quotes_per_touchpoint=12))
    assert time.process_time() - start < 5
    assert len(html.encode()) < 1_500_000


def test_quotes_of_no_touchpoint_are_counted_and_shown(example, empty):
    tables, manifest = example
    html = render(tables, manifest, Publish())
    assert f"53 of {len(tables['mentions']) + 53:,} quotes" in html
    assert "belong to no touchpoint, for example:" in html
    assert "“It was &lt;i&gt;very&lt;/i&gt; unsettling, all of it.”" in html
    assert "belong to no touchpoint" not in render(*empty, Publish())


def test_typical_quotes_stand_under_the_definition_of_what_was_discovered(example):
    html = render(*example, Publish())
    n_discovered = int((example[0]["touchpoints"]["origin"] == "discovered").sum())
    assert html.count("<h4>Typical quotes</h4>") == n_discovered > 0


def test_missing_table_counts_as_empty(example):
    tables, manifest = example
    few = {name: tables[name] for name in ("touchpoints", "mentions", "documents")}
    assert "Payroll export" in render(few, manifest, Publish())


def test_texts_in_a_language_not_read_are_told_first(example):
    tables, manifest = example
    limited = manifest.model_copy(update={"engine": "embedded-1"})
    japanese = tables | {"documents": tables["documents"].assign(language="ja")}
    assert "in Japanese" in render(japanese, limited, Publish())
    assert "in Japanese" not in render(tables, limited, Publish())


def test_what_a_reviewer_dropped_is_not_proposed(example):
    tables, manifest, dropped = example_run.with_dropped()
    page, before = (unescape(render(*run, Publish())) for run in ((tables, manifest), example))
    assert before.count(dropped) - page.count(dropped) == 2
    assert page.count("accepted by a reviewer") == 1
    assert "accepted by a reviewer" not in before


def test_cost_of_a_model_is_told_by_step(example):
    page = render(*example_run.with_bill(example), Publish())
    Page(page)
    told = unescape(page)
    assert "What the language model cost" in told
    assert "2 calls, 1,001,000 tokens, GBP 0.18" in told
    assert "with them the result cost GBP 0.36" in told
    assert "at most 0.0021 (calls/7.txt &lt;b&gt;)" in page
    assert "0.3600" in told
    assert "language model cost" not in render(*example, Publish())
