"""Complaints about one touchpoint, told apart by what is wrong."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from pipeline.engines.embedded.alike import (
    ALIKE_FILE,
    directions,
    kinds_of_trouble,
    look_along,
    told_apart,
    told_by_kind,
)
from pipeline.engines.embedded.faults import Said, read_faults
from pipeline.engines.embedded.weights import provenance

WRITTEN = Path(__file__).parents[2] / "bench/problems"
CHAT = [
    "Chat asked me for the list four times", "I explain it from the start each time I open chat",
    "I told it four times in your chat", "Told chat the same tale twice over",
    "I had to give chat the full account all over again", "The chat window is ugly",
]  # fmt: skip
NEVER = ["The login code never arrives on my phone", "No code comes through however often I ask"]
REFUSED = ["The app rejects the code that you sent me", "The right code is not accepted"]
COLD = ["The room was freezing", "The heating did not work and it was cold"]
LOUD = ["We could not sleep for the noise", "The walls are thin and we heard everyone"]
LEAST_RIGHT, LEAST_FOUND = 0.7, 0.22
"""Of complaints that no weight was fitted to; fitted ones would tell of the weights alone."""
LARGEST_FILE = 150_000


@pytest.fixture(scope="module")
def told(embedder):
    def tell(name, texts):
        lie = look_along(embedder.both([name, *texts]), directions())
        return told_apart(lie[1:], lie[0], read_faults(texts))

    return tell


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


def test_same_topic_with_another_trouble_is_another_problem(told):
    vectors = told("hotel room", [*COLD, *LOUD]).vectors
    alike = vectors @ vectors.T
    assert min(alike[0, 1], alike[2, 3]) > max(alike[0, 2], alike[0, 3], alike[1, 2], alike[1, 3])


def test_written_problems_are_joined_rightly(told):
    right = joined = same = 0
    for title, own in written("terse").items():
        labels = told(title.split(" | ")[1], [text for _, text in own]).labels
        for one, other in combinations(range(len(own)), 2):
            is_same, is_joined = own[one][0] == own[other][0], labels[one] == labels[other]
            right += is_same and is_joined
            joined += is_joined
            same += is_same
    assert right / joined >= LEAST_RIGHT
    assert right / same >= LEAST_FOUND


def test_problem_that_nearly_all_tell_is_not_taken_for_the_topic(told):
    labels = told("support chat", CHAT).labels
    assert np.bincount(labels).max() >= 4
    assert (labels == labels[-1]).sum() == 1


def test_what_tells_no_problem_clearly_is_like_nothing(told):
    vague = told("flight", ["This was a 13 hour flight", "It was a flight of 14 hours"]).vectors
    clear = told("seat", ["The seat was hard and uncomfortable", "Uncomfortable seats"]).vectors
    assert vague[0] @ vague[1] < clear[0] @ clear[1]


def test_same_fault_in_words_makes_complaints_more_alike(told, embedder):
    lie = look_along(embedder.both(["letter", *NEVER]), directions())
    said, unsaid = np.eye(2, dtype=np.float32)[[0, 0]], np.zeros((2, 2), dtype=np.float32)
    with_words, without = (
        told_apart(lie[1:], lie[0], Said(kinds, np.ones(2, dtype=np.bool_))).vectors
        for kinds in (said, unsaid)
    )
    assert with_words[0] @ with_words[1] > without[0] @ without[1] + 0.1


def test_who_is_alone_joins_a_near_group_only_if_it_says_their_fault():
    lie, name = np.zeros((3, 64), dtype=np.float32), np.zeros(64, dtype=np.float32)
    lie[:, :2] = [[9, 0], [9, 0], [2.8, 9]]
    same, other = np.eye(2, dtype=np.float32)[[[0, 0, 0], [0, 0, 1]]]
    joined, apart = (
        told_apart(lie, name, Said(kinds, np.ones(3, dtype=np.bool_))).labels.tolist()
        for kinds in (same, other)
    )
    assert joined[0] == joined[1] == joined[2]
    assert apart[0] == apart[1] != apart[2]


@pytest.mark.parametrize(("n", "is_shorter"), [(8, False), (40, True)])
def test_remark_without_a_fault_is_less_like_others_only_where_there_are_many(n, is_shorter):
    lie = np.random.default_rng(1).normal(size=(n, 64)).astype(np.float32)
    kinds = np.zeros((n, 3), dtype=np.float32)
    is_fault = np.arange(n) > 0
    vectors = told_apart(lie, np.zeros(64, dtype=np.float32), Said(kinds, is_fault)).vectors
    lengths = np.linalg.norm(vectors, axis=1)
    assert (lengths[0] < 0.9 * lengths[1:].min()) == is_shorter


def test_one_complaint_is_a_group_of_its_own(told):
    assert told("till", ["The till was broken"]).labels.tolist() == [0]


def test_order_of_complaints_makes_no_difference(told):
    there = told("sign-in code", [*NEVER, *REFUSED]).labels
    back = told("sign-in code", [*REFUSED[::-1], *NEVER[::-1]]).labels[::-1]
    np.testing.assert_array_equal(there[:, None] == there, back[:, None] == back)


def test_vectors_of_another_model_are_told_apart_by_kinds_of_trouble(embedder):
    vectors = embedder.embed([*NEVER, *REFUSED])
    kinds = kinds_of_trouble(embedder.embed)
    told = told_by_kind(vectors, kinds, vectors.mean(axis=0))
    alike = told.vectors @ told.vectors.T
    assert min(alike[0, 1], alike[2, 3]) > max(alike[0, 2], alike[0, 3], alike[1, 2], alike[1, 3])


def test_weights_are_small_and_say_where_they_come_from():
    told = provenance(ALIKE_FILE)
    assert ALIKE_FILE.stat().st_size < LARGEST_FILE
    assert told["script"] == "tests/bench/train_problems.py"
    assert "reported" not in told["rows"]
