"""Two runs over the same documents."""

from dataclasses import replace

import pytest

from pipeline import tables as t
from pipeline.comparison.readings import Polarity, compare_readings
from tests.unit.comparison.runs import (
    GOOD,
    LATE,
    WRONG,
    rows,
    run_of,
    said,
    tables_of,
    touchpoint,
)

PLANNED = touchpoint("export")
SAME = {f"t{n:02}": f"t{n:02}" for n in range(12)}


def compared(first, second, **others):
    return compare_readings(run_of(first), run_of(second, "B", **others), SAME)


@pytest.fixture
def two():
    """The second run calls `bills` what the first calls `invoice`, and misses the course."""
    first = tables_of(
        [said(n, LATE, "export", polarity=-0.5, outcome="failed") for n in range(4)]
        + [said(n, WRONG, "invoice", polarity=-0.4) for n in range(3)]
        + [said(n, GOOD, "course", polarity=0.8, intensity=0.1 * n) for n in range(2)],
        [PLANNED, touchpoint("invoice", "discovered"), touchpoint("course", "discovered")],
    )
    second = tables_of(
        [said(n, LATE, "export", polarity=-0.5, outcome="worked") for n in range(3)]
        + [said(n, WRONG, "bills", polarity=0.4, kind="pain") for n in range(3)]
        + [said(3, LATE, "bills", polarity=-0.5)],
        [PLANNED, touchpoint("bills", "discovered")],
    )
    return first, second


def test_touchpoints_of_both_and_of_one(two):
    found = compared(*two)
    columns = ("name", "second_name", "basis", "n_first", "n_second", "n_shared")
    assert rows(found.both, *columns) == [
        ("Export", "Export", "catalogue", 4, 3, 3), ("Invoice", "Bills", "quotes", 3, 4, 3)
    ]  # fmt: skip
    assert rows(found.alone, "found_by", "name", "n_mentions", "n_unfound", "n_there") == [
        ("A", "Course", 2, 2, 0)
    ]


def test_touchpoint_of_one_tells_where_the_other_put_its_quotes(two):
    first, second = two
    second["mentions"] = t.MENTIONS.frame(
        [*t.MENTIONS.rows(second["mentions"]), said(0, GOOD, "export")]
    )
    assert rows(compared(first, second).alone, "n_unfound", "elsewhere", "n_there") == [
        (1, "Export", 1)
    ]


def test_shares_by_kind_of_source(two):
    first, second = two
    documents = t.DOCUMENTS.rows(first["documents"])
    changed = t.DOCUMENTS.frame(
        replace(d, kind="ticket") if d.document_id == "d00" else d for d in documents
    )
    first["documents"] = second["documents"] = changed
    columns = ("source", "n_first", "n_first_shared", "n_second", "n_second_shared")
    assert rows(compared(first, second).sources, *columns) == [
        ("all", 9, 7, 7, 7), ("call", 6, 5, 5, 5), ("ticket", 3, 2, 2, 2)
    ]  # fmt: skip


def test_agreement_on_quotes_that_both_found(two):
    found = compared(*two)
    same = {a.what: (a.n_same, a.n) for a in found.agreements}
    assert same == {
        "touchpoint": (6, 7),
        "kind": (4, 7),
        "outcome": (3, 7),
        "known outcome": (0, 3),
    }
    # Export 4 and Invoice 3 against 3 and 4: 4 labels of 7 by chance would be 24/49.
    assert found.agreements[0].kappa == pytest.approx((6 / 7 - 24 / 49) / (1 - 24 / 49))
    assert found.polarity.n_opposed == 3
    assert rows(found.swaps, "first_name", "second_name", "n") == [("Export", "Invoice", 1)]


def test_what_only_one_found_has_the_strongest_first(two):
    found = compared(*two)
    assert rows(found.quotes, "found_by", "customer_id", "quote") == [
        ("A", "c01", "The course was good."), ("A", "c00", "The course was good.")
    ]  # fmt: skip


def test_links_moments_and_priorities_are_told_in_the_first_runs_touchpoints(two):
    first, second = two
    for tables, key in ((first, "invoice"), (second, "bills")):
        edge = t.Edge(f"e-{key}", "export", key, "follows", "next", 5, 2, 2.5, 0.01, 0.01, 1, True)
        tables["edges"] = t.EDGES.frame([edge])
        tables["moments"] = t.MOMENTS.frame([t.Moment(key, "leave", "", 3, "")])
        tables["priorities"] = t.PRIORITIES.frame(
            [t.Priority(key, 1, 1, 1, 1, 0.5, 1, 1, 1, 3, "assumed", 1, True, False, "")]
        )
    second["moments"] = t.MOMENTS.frame([t.Moment("bills", "stay", "", 3, "")])
    found = compared(first, second)
    assert rows(found.network, "what", "in_first", "in_second") == [
        ("Export → Invoice", True, True),
        ("Invoice: leave", True, False),
        ("Invoice: stay", False, True),
    ]
    assert rows(found.chosen, "name", "rank_first", "rank_second") == [("Invoice", 1, 1)]


def test_scores_stand_side_by_side(two):
    first, second = two
    value = t.Score("export", "emotion", -0.5, -0.6, -0.4, 4, "negative", "", 0.5)
    first["scores"] = t.SCORES.frame([value])
    scores = compared(first, second).scores
    assert rows(scores, "name", "emotion_first", "emotion_label_first")[0] == (
        "Export", -0.5, "negative"
    )  # fmt: skip
    assert scores["emotion_second"].isna().all()


def test_id_that_means_something_else_in_the_other_run_is_kept_apart():
    """Both discover an `a`, but the second has the quotes of the first's `a` at `b`."""
    first = tables_of([said(n, LATE, "a") for n in range(3)], [touchpoint("a", "discovered")])
    second = tables_of(
        [said(n, LATE, "b") for n in range(3)] + [said(n, GOOD, "a") for n in range(2)],
        [touchpoint("a", "discovered"), touchpoint("b", "discovered")],
    )
    found = compared(first, second)
    assert rows(found.both, "name", "second_name", "n_shared") == [("A", "B", 3)]
    assert rows(found.alone, "found_by", "name", "n_mentions") == [("B", "A", 2)]


def test_run_agrees_with_itself(two):
    found = compared(two[0], two[0])
    assert found.alone.empty
    assert found.quotes.empty
    assert [a.kappa for a in found.agreements] == [1, 1, 1, 1]
    assert found.rand == 1
    assert found.polarity == pytest.approx(Polarity(1, 1, 9, 0))
    assert found.swaps.empty
    assert found.notes == []


def test_run_without_mentions_agrees_on_nothing(two):
    found = compared(two[0], tables_of([], [PLANNED]))
    assert found.both.empty
    assert len(found.quotes) == 9
    assert [a.n for a in found.agreements] == [0, 0, 0, 0]
    assert rows(found.sources, "n_first", "n_second")[0] == (9, 0)


def test_engines_give_the_runs_their_names_and_settings_that_differ_are_told(two):
    settings = run_of(two[0]).manifest.settings
    strict = settings | {"extract": settings["extract"] | {"min_confidence": 0.9}}
    found = compared(*two, engine="llm-1 m", settings=strict)
    assert (found.first.label, found.second.label) == ("embedded", "llm")
    assert found.notes == ["setting extract.min_confidence: 0.5 against 0.9"]


def test_quotes_of_turns_that_one_run_lacks_are_not_compared(two):
    same = {key: turn for key, turn in SAME.items() if key != "t00"}
    found = compare_readings(run_of(two[0]), run_of(two[1], "B"), same)
    assert rows(found.sources, "n_first", "n_second")[0] == (6, 5)
    assert [note.split(" in ")[0] for note in found.notes] == ["1 of 12 turns of customers"] * 2
