"""What `run`, `show` and `ask` print."""

from pipeline.ask import Found, Hit
from pipeline.terminal import console, print_hits, print_run, print_touchpoint
from tests import example_run


def printed(run):
    with console.capture() as caught:
        print_run(*run)
    return " ".join(caught.get().split())


def test_quotes_of_no_touchpoint_are_told_with_their_size():
    tables, manifest = example_run.build_example()
    n_quotes = len(tables["mentions"]) + 53
    assert f"53 of {n_quotes:,} quotes" in printed((tables, manifest))
    assert "no touchpoint" not in printed(example_run.build_empty())


def test_touchpoint_tells_where_it_failed():
    tables, _ = example_run.build_example()
    with console.capture() as caught:
        print_touchpoint(tables, "Payroll export")
    said = " ".join(caught.get().split())
    rows = tables["failures"].query("way == 'any'").set_index("touchpoint_id")
    names = dict(
        zip(tables["touchpoints"]["name"], tables["touchpoints"]["touchpoint_id"], strict=True)
    )
    row = rows.loc[names["Payroll export"]]
    assert f"Where it failed {row['n_customers']} of {row['n_told']} customers:" in said


def test_answer_that_does_not_fit_is_told_before_its_quotes():
    hit = Hit("It was decent.", 0.31, "c1", "call", "2026-07-01", "calls.csv", "row 1", "")
    with console.capture() as caught:
        print_hits(Found("dinosaurs?", "2026Q3", [hit], [], "nothing fits this question"))
    said = caught.get()
    assert said.index("nothing fits this question") < said.index("It was decent.")
