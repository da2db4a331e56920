"""How much of what was said belongs to no touchpoint."""

import pytest

from pipeline.methods.remainder import remainder_examples, remainder_note
from pipeline.tables import MENTIONS, REJECTS, Reject
from tests.unit.stages import journeys as j


def run(n_mentions, *rejects):
    return {
        "mentions": MENTIONS.frame(j.mention(f"m{n}", f"c{n}", "tp") for n in range(n_mentions)),
        "rejects": REJECTS.frame(
            Reject(f"r{n:03}", stage, reason, detail)
            for n, (stage, reason, detail) in enumerate(rejects)
        ),
    }


def left(n):
    return [
        ("resolve", "unassigned", f"Nobody else says a thing like this, {k}.") for k in range(n)
    ]


@pytest.mark.parametrize(
    ("n_mentions", "n_left", "note"),
    [
        (3, 1, "1 of 4 quotes (25 %) belongs to no touchpoint"),
        (2, 2, "2 of 4 quotes (50 %) belong to no touchpoint"),
        (0, 1, "1 of 1 quote (100 %) belongs to no touchpoint"),
        (1, 0, "0 of 1 quote (0 %) belong to no touchpoint"),
        (999, 1, "1 of 1,000 quotes (<1 %) belongs to no touchpoint"),
        (1, 999, "999 of 1,000 quotes (>99 %) belong to no touchpoint"),
        (0, 0, ""),
    ],
)
def test_remainder_is_told_with_its_size(n_mentions, n_left, note):
    assert remainder_note(run(n_mentions, *left(n_left))) == note


def test_every_quote_without_a_touchpoint_counts_and_nothing_else():
    others = [
        ("resolve", "small_talk", "rain: It rained."),
        ("resolve", "too_few_customers", "lift: The lift was slow."),
        ("read", "no_text", "line 3"), ("extract", "no_touchpoint", "Hello."),
    ]  # fmt: skip
    assert remainder_note(run(1, *left(1), *others)).startswith("3 of 4 quotes (75 %)")


def test_examples_are_up_to_three_bare_quotes_long_ones_first():
    said = ("Why?", "It rained all day.", "It rained all day.", "We went by train.")
    rejects = [("resolve", "unassigned", quote) for quote in said]
    talk = ("resolve", "small_talk", "rain: It rained.")
    tables = run(1, talk, *rejects)
    assert remainder_examples(tables) == ["It rained all day.", "We went by train.", "Why?"]
    assert len(remainder_examples(run(0, *left(9)))) == 3
    assert remainder_examples(run(2, talk)) == []


def test_run_without_a_table_of_rejects_has_no_remainder():
    tables = {"mentions": run(2)["mentions"]}
    assert remainder_note(tables) == "0 of 2 quotes (0 %) belong to no touchpoint"
    assert remainder_examples(tables) == []
