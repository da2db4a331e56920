"""What is said about two runs."""

import pandas as pd
import pytest

from pipeline.comparison.page import to_markdown, write_table
from pipeline.comparison.periods import compare_periods
from pipeline.comparison.readings import compare_readings
from pipeline.comparison.runs import page_of
from pipeline.terminal_compare import console, print_page
from tests import example_run
from tests.unit.comparison.runs import LATE, run_of, said, tables_of, touchpoint

HOSTILE = example_run.HOSTILE_NAME


@pytest.fixture
def itself():
    tables, manifest = example_run.build_example()
    run = run_of(tables, corpus=manifest.corpus)
    return compare_readings(
        run, run._replace(label="B"), {key: key for key in tables["turns"].turn_id}
    )


def shown(page):
    with console.capture() as caught:
        print_page(page)
    return " ".join(caught.get().split())


def test_run_beside_itself_has_nothing_of_its_own(itself):
    page = page_of(itself)
    text = shown(page)
    assert "only A none, only B none" in text
    assert "none of them one hears clearly good" in text
    assert "Only A found" not in text
    assert page.table.empty


def test_terminal_and_file_say_the_same(itself):
    page = page_of(itself)
    text, markdown = shown(page), to_markdown(page)
    for section in page.sections:
        assert section.title in text
        assert f"## {section.title}".split("&")[0] in markdown
    assert HOSTILE not in markdown
    assert "\\<script\\>" in markdown


def test_run_without_quotes_beside_one_with():
    full = tables_of([said(n, LATE, "export") for n in range(3)], [touchpoint("export")])
    nothing = tables_of([], [touchpoint("export")])
    same = {key: key for key in full["turns"]["turn_id"]}
    text = shown(page_of(compare_readings(run_of(full), run_of(nothing, "B"), same)))
    assert "B found 0 (0 %) of A's 3 quotes; B found no quote." in text
    assert "nothing on which they could agree" in text
    assert "nan" not in text
    both = shown(page_of(compare_readings(run_of(nothing), run_of(nothing, "B"), same)))
    assert "Neither found a link" in both


def test_better_and_worse_are_told_for_customers():
    mentions = [
        [said(n, LATE, "export", kind="pain", polarity=-0.8) for n in range(size)]
        for size in (6, 30)
    ]
    runs = [
        run_of(tables_of(own, [touchpoint("export")], n_customers=40), period=period)
        for own, period in zip(mentions, ("2026Q2", "2026Q3"), strict=True)
    ]
    worse = shown(page_of(compare_periods(*runs, 0)))
    assert "Worse beyond chance: Export (more pain)." in worse
    assert "rising, worse" in worse
    better = shown(page_of(compare_periods(*(run._replace() for run in reversed(runs)), 0)))
    assert "Better beyond chance: Export (less pain)." in better


def test_table_runs_no_formula(tmp_path, itself):
    page = page_of(itself)._replace(table=pd.DataFrame({"quote": ["=1+1", "plain"]}))
    write_table(page, tmp_path / "new" / "out.csv")
    assert (tmp_path / "new" / "out.csv").read_text("utf-8-sig").splitlines() == [
        "quote", "'=1+1", "plain"
    ]  # fmt: skip
