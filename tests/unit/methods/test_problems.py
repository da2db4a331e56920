"""The order of pain points."""

import pandas as pd

from pipeline.methods.problems import most_told


def test_of_two_problems_told_by_as_many_the_more_severe_comes_first():
    points = pd.DataFrame(
        {
            "pain_point_id": ["a", "b", "c", "d"],
            "n_customers": [3, 15, 15, 15],
            "severity": [1.0, 0.4, 0.9, float("nan")],
        }
    )
    assert most_told(points)["pain_point_id"].tolist() == ["c", "b", "d", "a"]
    assert most_told(points[::-1])["pain_point_id"].tolist() == ["c", "b", "d", "a"]
