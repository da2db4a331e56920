import pytest

from pipeline import tables as t
from pipeline.publish import intended
from pipeline.publish.lookup import look_up


@pytest.mark.parametrize(
    ("verdict", "had", "telling", "said"),
    [
        ("attainable", 12, 40, "Attainable: 12 of 40 customers who say how it went had it already"),
        ("not yet", 0, 9, "Not shown yet: none of 9 customers who say how it went had it"),
        (
            "too few",
            1,
            9,
            "1 of 9 customers who say how it went had it: too few to call it attainable",
        ),
        ("too few", 0, 0, "Too few to tell whether it is attainable: nobody says how it went"),
        ("", 0, 0, ""),
    ],
)
def test_attainable_says_the_numbers(verdict, had, telling, said):
    assert intended.attainable(t.Gap("a", "expectation", "", 1, verdict, had, telling)) == said


def test_stages_stand_in_order_with_what_was_intended(lookup):
    rows = intended.stage_rows(lookup)
    assert [row.stage for row in rows] == [n for n in lookup.stage_names if n] + (
        [""] if any(not p.stage for p in lookup.touchpoints.values()) else []
    )
    for row in rows:
        assert all(place.is_planned for place in row.intended)
        counts = [place.n_customers for place in row.experienced]
        assert all(counts)
        assert counts == sorted(counts, reverse=True)
        ideal = [bool(one.attainable) for one in row.differences]
        assert ideal == sorted(ideal, reverse=True)
    shown = {one.what.split(" (")[0] for row in rows for one in row.differences}
    assert "planned, never mentioned" in shown or any(row.n_more for row in rows)


def test_what_nobody_planned_has_no_ideal(lookup):
    planned = {p.name for p in lookup.touchpoints.values() if p.origin == "catalogue"}
    for row in intended.stage_rows(lookup):
        for one in row.differences:
            assert one.name in planned or not one.attainable


def test_no_plan_no_comparison(tiny, empty):
    assert intended.stage_rows(look_up(tiny[0])) == ()
    assert intended.stage_rows(look_up(empty[0])) == ()


def test_failures_are_shares_of_those_who_mention_it(lookup):
    rows = intended.failed_rows(lookup)
    assert rows
    assert [r.n_customers for r in rows] == sorted((r.n_customers for r in rows), reverse=True)
    first = rows[0]
    key = next(k for k, p in lookup.touchpoints.items() if p.name == first.name)
    told = {m.customer_id for m in lookup.mentions_at[key]}
    failed = {m.customer_id for m in lookup.mentions_at[key] if m.outcome in {"failed", "partly"}}
    assert first.n_customers == len(failed)
    assert first.share == f"{100 * len(failed) / len(told):.0f} %"
    assert first.quote is not None
