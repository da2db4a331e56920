"""What `run`, `show` and `ask` print."""

from pipeline.ask import Found, Hit
from pipeline.plan import Planned, StepPlan
from pipeline.terminal import console, print_hits, print_plan, print_run, print_touchpoint
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


def test_cost_of_a_model_is_one_line():
    example = example_run.build_example()
    told = "gpt-x: 2 calls, 1,001,000 tokens, GBP 0.18; 1 answer from earlier runs"
    assert told in printed(example_run.with_bill(example))
    assert "gpt-x" not in printed(example)


def test_first_hypothesis_that_nobody_dropped_is_to_be_tried():
    tables, manifest, dropped = example_run.with_dropped()
    first = tables["hypotheses"].query("status == 'accepted'")["change"].item()
    before, said = printed(example_run.build_example()), printed((tables, manifest))
    assert f"Try first: {dropped}"[:60] in before
    assert before.count("Try first") == said.count("Try first")
    assert f"Try first: {first}"[:60] in said


def test_impact_that_nobody_measured_is_marked_as_estimated():
    tables, manifest = example_run.build_example()
    scores = tables["scores"].copy()
    told = scores["dimension"].eq("impact") & scores["value"].notna()
    scores.loc[told, ["label", "basis"]] = ["moderate", "estimated, no outcome known: by share"]
    value = scores.loc[told, "value"].iloc[0]
    said = printed(({**tables, "scores": scores}, manifest))
    assert f"~{value:.2f}" in said
    assert "~ estimated, no outcome known" in said
    assert "~" not in printed((tables, manifest))


def planned(**told):
    """A plan of one step."""
    facts = dict.fromkeys(Planned._fields, "") | {
        "n_documents": 300, "n_customers": 250, "n_sentences": 1700, "n_left_out": 8,
        "engine": "gpt-x", "currency": "GBP", "own_seconds": 10.0, "notes": ("a note",),
        "steps": (StepPlan("extract", 7, 2, 44_704, 81_000, 0.0551, 120.0, is_done=False),),
    }  # fmt: skip
    return Planned(**facts | told)


def printed_plan(plan):
    with console.capture() as caught:
        print_plan(plan)
    return " ".join(caught.get().split())


def test_plan_tells_calls_price_and_time():
    said = printed_plan(planned())
    assert "shown to gpt-x: 1,692 sentences; 8 left out" in said
    assert "0.0551 GBP; 2 answers are kept and cost nothing" in said
    assert "time 2 min" in said
    assert "a note" in said


def test_plan_without_a_price_or_a_time_says_so():
    step = StepPlan("extract", 7, 0, 1, 1, float("nan"), float("nan"), is_done=True)
    said = printed_plan(planned(steps=(step,)))
    assert "price not known" in said
    assert "time up to a day" in said
    assert "extract (done)" in said


def test_plan_of_the_embedded_engine_has_no_price():
    said = printed_plan(planned(steps=()))
    assert "0 calls, no cost" in said
    assert "price" not in said


def test_nothing_found_prints_no_table():
    assert "emotion" not in printed(example_run.build_empty())
    assert "emotion" in printed(example_run.build_example())


def test_dropped_hypothesis_is_not_shown_at_its_touchpoint():
    tables, _, dropped = example_run.with_dropped()
    touchpoint_id = tables["hypotheses"].query("status == 'dropped'")["touchpoint_id"].iloc[0]
    names = tables["touchpoints"].set_index("touchpoint_id")["name"]
    with console.capture() as caught:
        print_touchpoint(tables, str(names[touchpoint_id]))
    assert dropped[:40] not in " ".join(caught.get().split())
