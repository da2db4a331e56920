import re

from pipeline.publish.markdown import plain, to_markdown
from tests import example_run


def test_summary_holds_what_to_fix_links_and_both_ends(example):
    text = to_markdown(*example)
    assert "## If we fix only three things this quarter" in text
    assert "### 1. Payroll export" in text
    assert "Strongest negative" in text
    assert "Strongest positive" in text
    assert "## Strongest links" in text
    assert "## What changed since 2026Q2" in text
    assert text.count("Side effects:") == 15


def test_what_a_reviewer_dropped_is_not_proposed(example):
    *run, dropped = example_run.with_dropped()
    assert (
        to_markdown(*example).count(plain(dropped)) - to_markdown(*run).count(plain(dropped)) == 1
    )


def test_quotes_of_no_touchpoint_are_counted(example, empty):
    n_quotes = len(example[0]["mentions"]) + 53
    assert f"\n\n53 of {n_quotes:,} quotes (" in to_markdown(*example)
    assert "no touchpoint" not in to_markdown(*empty)


def test_names_cannot_change_the_page():
    assert plain("<script>[x](y) *b* | #") == r"\<script\>\[x\](y) \*b\* \| \#"
    assert plain("- a\n# b") == r"\- a \# b"
    assert plain("1. one") == r"\1. one"


def test_empty_run_still_reads(empty):
    text = to_markdown(*empty)
    assert "Nothing stands out to fix first" in text
    assert "None." in text


def test_tables_have_the_same_number_of_cells_in_each_row(example):
    lines = [line for line in to_markdown(*example).splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in lines} == {5, 7}


def test_texts_in_a_language_not_read_are_told_first(example):
    tables, manifest = example
    limited = manifest.model_copy(update={"engine": "embedded-1"})
    japanese = tables | {"documents": tables["documents"].assign(language="ja")}
    assert "in Japanese" in to_markdown(japanese, limited)
    assert "in Japanese" not in to_markdown(tables, limited)


def test_bill_is_told_where_a_model_was_paid(example):
    text = to_markdown(*example_run.with_bill(example))
    assert "gpt-x: 2 calls, 1,001,000 tokens, GBP 0.18; 1 answer from earlier runs" in text
    assert "gpt-x" not in to_markdown(*example)
