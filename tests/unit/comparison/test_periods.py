"""Two periods of one corpus."""

import pytest

from pipeline.comparison.periods import compare_periods
from tests.unit.comparison.runs import GOOD, LATE, rows, run_of, said, tables_of, touchpoint

EXPORT, COURSE = touchpoint("export"), touchpoint("course")


def bad(n):
    return [said(k, LATE, "export", kind="pain", polarity=-0.8) for k in range(n)]


@pytest.fixture
def worse():
    """The export hurts 20 of 40 customers where it hurt 6; nobody tells of the course any more."""
    course = [said(k, GOOD, "course") for k in range(6)]
    then = tables_of(bad(6) + course, [EXPORT, COURSE], n_customers=40)
    now = tables_of(
        bad(20) + [said(k, GOOD, "late letter") for k in range(7)],
        [EXPORT, COURSE, touchpoint("late letter", "discovered")],
        n_customers=40,
    )
    return run_of(then, period="2026Q2"), run_of(now, period="2026Q3", previous="2026Q2")


def test_changes_are_those_of_the_stage_with_their_names(worse):
    found = compare_periods(*worse, 0)
    changed = found.changes[found.changes["verdict"] == "rising"]
    assert rows(changed, "name", "dimension", "before", "after") == [
        ("Export", "frequency", 0.15, 0.5), ("Export", "pain", 0.15, 0.5)
    ]  # fmt: skip
    assert found.notes == []


def test_touchpoints_of_one_period_are_told_with_how_sure_that_is(worse):
    arrivals = compare_periods(*worse, 0).arrivals
    assert rows(arrivals, "heard_in", "name", "n_customers", "is_sure") == [
        ("2026Q3", "Late Letter", 7, False),  # its words were said before
        ("2026Q2", "Course", 6, True),
    ]


def test_few_customers_make_nothing_sure(worse):
    then, now = worse
    few = tables_of([*bad(6), said(0, GOOD, "course")], [EXPORT, COURSE], n_customers=40)
    arrivals = compare_periods(then._replace(tables=few), now, 0).arrivals
    assert rows(arrivals, "name", "is_sure")[-1] == ("Course", False)


def test_what_else_may_be_behind_a_change_is_told(worse):
    then, now = worse
    other = now.manifest.model_copy(update={"engine": "llm-1 m", "previous": ""})
    notes = " ".join(compare_periods(then, now._replace(manifest=other), 3).notes)
    assert "2026Q2 was read by embedded-1, 2026Q3 by llm-1" in notes
    assert "share 3 turns" in notes
    assert "2026Q3 was not run after 2026Q2" in notes
