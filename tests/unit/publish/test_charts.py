import math

from pipeline.publish.aggregate import stage_moods
from pipeline.publish.charts import PLOT, draw_journey, draw_matrix, emotion_ends
from pipeline.publish.lookup import look_up


def test_matrix_leaves_out_what_has_too_few_customers(lookup):
    matrix = draw_matrix(lookup)
    assert matrix.x_name == "impact"
    assert len(matrix.bubbles) + matrix.n_left_out == 24
    assert all(PLOT.left <= b.x <= PLOT.right for b in matrix.bubbles)
    assert "Help centre" not in {b.name for b in matrix.bubbles}


def test_bubble_area_grows_with_customers(lookup):
    by_name = {b.name: b for b in draw_matrix(lookup).bubbles}
    assert by_name["Rota builder"].radius > by_name["Customer community"].radius


def test_what_to_fix_always_has_a_label(large):
    chosen = [b for b in draw_matrix(look_up(large[0])).bubbles if b.rank]
    assert len(chosen) == 3
    assert all(b.label for b in chosen)


def test_matrix_falls_back_to_frequency(example):
    tables = dict(example[0])
    scores = tables["scores"]
    tables["scores"] = scores[scores["dimension"] != "impact"]
    assert draw_matrix(look_up(tables)).x_name == "frequency"


def test_journey_shows_both_periods(lookup):
    journey = draw_journey(lookup)
    assert journey is not None
    assert [stop.lines[0] for stop in journey.stops][:2] == ["Land", "Onboarding &"]
    assert journey.before.count("M") >= 1


def test_journey_needs_two_stages(tiny):
    assert draw_journey(look_up(tiny[0])) is None


def test_both_ends_are_ranked_by_strength(lookup):
    negative, positive = emotion_ends(lookup)
    assert negative[0].name == "Payroll export"
    assert positive[0].name == "Check-in with customer success manager"
    assert all(e.interval and e.n_customers for e in negative + positive)


def test_stage_mood_is_weighted_by_customers(lookup):
    moods = {mood.stage: mood for mood in stage_moods(lookup)}
    expected = (-0.29 * 30 - 0.55 * 49) / 79
    assert math.isclose(moods["Renewal"].value, expected)


def test_last_period_is_left_out_when_it_covers_little(lookup):
    before = {mood.stage: mood.before for mood in stage_moods(lookup)}
    measured = {stage for stage, value in before.items() if not math.isnan(value)}
    assert "Advocacy" in measured
    assert "Land" not in measured
