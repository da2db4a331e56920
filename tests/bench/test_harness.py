"""The benchmark's own arithmetic and files: these run without the real data."""

import csv

import numpy as np
import pandas as pd
import pytest

from tests.bench import figures, timings
from tests.bench.baselines import fewest_words, polarity_name
from tests.bench.conftest import PROFILE, RESULTS
from tests.bench.figures import Figure, tabulate, verdict
from tests.bench.measures import (
    accuracy_at,
    agreement,
    calibration_error,
    mean_agreement,
    sampled_groups,
)
from tests.bench.sets import BANKING
from tests.bench.train_acts import threshold, wilson

HELD_OUT = {"yes", "no", "development"}


@pytest.mark.parametrize(
    ("value", "goal", "wanted"),
    [
        (0.70, ">= 0.70", "PASS"),
        (0.69, ">= 0.70", "short of goal"),
        (0.05, "<= 0.05", "PASS"),
        (0.06, "<= 0.05", "short of goal"),
        (float("nan"), "<= 0.05", "short of goal"),
        (0.1, "", ""),
    ],
)
def test_goal_is_reached_or_not(value, goal, wanted):
    assert verdict(value, goal) == wanted


def test_answers_as_sure_as_they_are_right_have_no_calibration_error():
    right = np.array([1, 1, 1, 0])
    assert calibration_error(np.full(4, 0.75), right) == pytest.approx(0.0)
    assert calibration_error(np.full(4, 1.0), right) == pytest.approx(0.25)


def test_accuracy_at_a_coverage_counts_the_surest():
    confidence = np.array([0.1, 0.9, 0.8, 0.7])
    right = np.array([0, 1, 1, 0])
    assert accuracy_at(0.5, confidence, right) == 1.0
    assert accuracy_at(1.0, confidence, right) == 0.5


def test_agreement_is_on_rows_of_both_samples_whatever_the_groups_are_called():
    one = pd.Series(["a", "a", "b", "b"], index=[0, 1, 2, 3])
    other = pd.Series(["2", "1", "1", "1"], index=[1, 2, 3, 9])
    assert agreement(one, other) == 1.0


def test_groups_that_do_not_depend_on_the_sample_agree():
    samples = sampled_groups(50, lambda rows: [str(row % 3) for row in rows])
    assert {len(sample) for sample in samples} == {45}
    assert mean_agreement(samples) == 1.0
    assert not samples[0].index.equals(samples[1].index)


def test_fewest_words_divide_short_turns_from_those_that_carry():
    texts = ["hi", "ok thanks", "please move me to another seat"]
    assert 3 <= fewest_words(texts, np.array([False, False, True])) <= 6


def test_vader_is_neutral_only_between_its_bounds():
    assert [polarity_name(m) for m in (-0.05, 0.0, 0.05)] == ["negative", "neutral", "positive"]


def test_table_stands_in_columns_and_marks_what_falls_short():
    found = [Figure(BANKING, "one", 0.5, None, ">= 0.70"), Figure(BANKING, "two of", 0.9, 0.6)]
    lines = tabulate(found)
    assert lines[1].endswith("short of goal")
    assert {line.index("banking77") for line in lines[1:]} == {0}
    assert lines[1].index("0.500") == lines[2].index("0.900")


@pytest.mark.parametrize(
    ("path", "columns"), [(RESULTS, figures.COLUMNS), (PROFILE, timings.COLUMNS)]
)
def test_kept_files_hold_whole_rows(path, columns):
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = list(csv.reader(file))
    assert tuple(header) == columns
    assert rows
    assert {len(row) for row in rows} == {len(columns)}


def test_every_kept_figure_says_whether_it_is_held_out():
    kept = pd.read_csv(RESULTS, dtype="str", keep_default_na=False)
    assert set(kept["held_out"]) <= HELD_OUT
    assert (kept.loc[kept["goal"] != "", "value"] != "").all()


def test_each_hand_weighs_the_same_in_the_threshold_of_an_act():
    """Three small hands of two rows: the large one alone would be right from 0.6 on."""
    large = [(0.9, True)] * 30 + [(0.6, True)] * 30
    small = [(0.9, True), (0.7, False)]
    rows = [*large, *small, *small, *small]
    shares, wanted = (np.array(column) for column in zip(*rows, strict=True))
    hands = np.array(["large"] * 60 + [name for name in "abc" for _ in range(2)])
    assert threshold(wanted, shares, hands) == pytest.approx(0.8)
    assert threshold(wanted[:60], shares[:60], hands[:60]) < 0.6


def test_wilson_bound_grows_with_the_cases():
    few, many = wilson(np.array([1.0, 1.0]), np.array([5.0, 50.0]))
    assert 0.5 < few < many < 1
