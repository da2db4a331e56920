"""Complaints about one touchpoint, told apart by what is wrong."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from pipeline.engines.embedded.alike import by_problem, group_problems, kinds_of_trouble

WRITTEN = Path(__file__).parents[2] / "bench/problems"
NEVER = ["The login code never arrives on my phone", "No code comes through however often I ask"]
REFUSED = ["The app rejects the code that you sent me", "The right code is not accepted"]
LEAST_RIGHT, LEAST_FOUND = 0.7, 0.3


@pytest.fixture(scope="module")
def kinds(embedder):
    return kinds_of_trouble(embedder.embed)


def written(name):
    """Yield for each touchpoint its complaints, and the problem of each."""
    lines = (WRITTEN / f"{name}.txt").read_text("utf-8").splitlines()
    found, touchpoint, problem, is_head = {}, "", "", False
    for line in lines:
        if line.startswith("#"):
            touchpoint, is_head = line[2:], True
        elif is_head:
            problem, is_head = line, False
        else:
            found.setdefault(touchpoint, []).append((problem, line))
    return found


def test_same_topic_with_another_trouble_is_another_problem(embedder, kinds):
    vectors = embedder.embed([*NEVER, *REFUSED])
    told = by_problem(vectors, kinds, vectors.mean(axis=0))
    alike = told @ told.T
    assert min(alike[0, 1], alike[2, 3]) > max(alike[0, 2], alike[0, 3], alike[1, 2], alike[1, 3])


def test_written_problems_are_joined_rightly(embedder, kinds):
    touchpoints = written("dev").values()
    usual = embedder.embed([text for own in touchpoints for _, text in own]).mean(axis=0)
    right = joined = same = 0
    for own in touchpoints:
        labels = group_problems(by_problem(embedder.embed([text for _, text in own]), kinds, usual))
        for one, other in combinations(range(len(own)), 2):
            is_same, is_joined = own[one][0] == own[other][0], labels[one] == labels[other]
            right += is_same and is_joined
            joined += is_joined
            same += is_same
    assert right / joined >= LEAST_RIGHT
    assert right / same >= LEAST_FOUND


def test_one_complaint_is_a_group_of_its_own(embedder, kinds):
    vectors = embedder.embed(["The till was broken"])
    told = by_problem(vectors, kinds, vectors.mean(axis=0))
    assert group_problems(told).tolist() == [0]


def test_order_of_complaints_makes_no_difference(embedder, kinds):
    vectors = embedder.embed([*NEVER, *REFUSED])
    usual = vectors.mean(axis=0)
    there = group_problems(by_problem(vectors, kinds, usual))
    back = group_problems(by_problem(vectors[::-1], kinds, usual))[::-1]
    np.testing.assert_array_equal(there[:, None] == there, back[:, None] == back)
