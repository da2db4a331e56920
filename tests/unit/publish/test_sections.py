from dataclasses import replace

import pandas as pd
import pytest

from pipeline.publish import sections
from pipeline.publish.lookup import look_up


def test_cards_are_the_three_chosen_in_order(lookup):
    cards = sections.cards(lookup)
    assert [c.place for c in cards] == [1, 2, 3]
    assert cards[0].name == "Payroll export"
    assert cards[0].certainty == "In the top three in 89 % of resamples"
    assert cards[0].reach.endswith("of 120 customers told of a pain here")
    assert cards[0].quote is not None


def test_heading_is_true_to_the_number_of_cards():
    assert sections.headline(3, "2026Q3") == "If we fix only three things this quarter"
    assert sections.headline(1, "2026-08") == "If we fix only one thing this month"
    assert sections.headline(7, "2026") == "If we fix only 7 things this year"
    assert sections.headline(0, "2026Q3") == "Nothing stands out to fix first"


def test_reach_counts_people_not_mentions(example):
    tables = dict(example[0])
    double = tables["mentions"].assign(mention_id=tables["mentions"]["mention_id"] + "x")
    once = look_up(tables).hurt
    tables["mentions"] = pd.concat([tables["mentions"], double])
    assert look_up(tables).hurt == once


def test_changes_with_a_verdict_come_before_steady_ones(lookup):
    verdicts = [row.verdict for row in sections.changes(lookup)]
    assert verdicts[0] == "new"
    assert verdicts == sorted(verdicts, key=lambda v: v == "steady")


def test_more_customers_is_neither_better_nor_worse(lookup):
    rows = {(r.name, r.dimension): r for r in sections.changes(lookup)}
    assert rows["Product demo", "frequency"].direction == "same"
    assert rows["Payroll export", "emotion"].direction == "worse"


@pytest.mark.parametrize(
    ("dimension", "after", "told"),
    [
        ("pain", 0.39, ("worse", "▲")),
        ("pain", 0.05, ("better", "▼")),
        ("function", 0.39, ("better", "▲")),
        ("impact", 0.39, ("same", "")),
    ],
)
def test_a_pain_that_grows_is_worse(lookup, dimension, after, told):
    verdict = "rising" if after > 0.17 else "falling"
    row = replace(lookup.changes[0], dimension=dimension, before=0.17, after=after, verdict=verdict)
    (shown,) = sections.changes(replace(lookup, changes=[row]))
    assert (shown.direction, shown.arrow) == told


def test_rejects_are_counted_by_step_and_reason(example):
    groups = sections.rejects(example[0])
    assert sum(g.n_rows for g in groups) == len(example[0]["rejects"])
    assert (groups[0].stage, groups[0].reason, groups[0].n_rows) == (
        "extract",
        "no touchpoint",
        212,
    )


def test_gaps_end_with_what_went_as_planned(lookup):
    groups = sections.gaps(lookup)
    assert [g.is_fine for g in groups] == [False] * (len(groups) - 1) + [True]


def test_quotes_of_a_card_never_repeat_a_text(lookup):
    for priority in lookup.priorities:
        texts = [q.text for q in sections.card_quotes(lookup, priority, 6)]
        assert len(texts) == len(set(texts))
