"""Agreement of two runs, against values worked out by hand or printed in the source."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.methods import agreement as a
from pipeline.tables import MENTIONS
from tests.unit.stages import journeys as j


def mentions(*spans):
    """Mentions from (turn, start, end) or (turn, start, end, touchpoint)."""
    rows = [
        j.mention(f"m{n}", "c", spot[3] if len(spot) > 3 else "t", turn_id=spot[0],
                  start=spot[1], end=spot[2], quote="x" * (spot[2] - spot[1]))
        for n, spot in enumerate(spans)
    ]  # fmt: skip
    return MENTIONS.frame(rows)


def paired(first, second):
    return list(a.pair_mentions(first, second).pairs.itertuples(index=False, name=None))


def touchpoints(*names, origin="discovered"):
    frame = j.touchpoints(names)
    return frame.assign(origin=origin)


def matched(first, second, labels):
    found = a.match_touchpoints(first, second, labels)
    return list(found.itertuples(index=False, name=None))


def test_overlap_in_the_same_turn_is_the_same_quote():
    first = mentions(("t1", 0, 10), ("t1", 20, 30), ("t2", 0, 10))
    second = mentions(("t1", 5, 12), ("t2", 10, 20), ("t3", 0, 10))
    found = a.pair_mentions(first, second)
    assert found.pairs.to_numpy().tolist() == [[0, 0]]
    assert found.in_second.tolist() == [True, False, False]
    assert found.in_first.tolist() == [True, False, False]


def test_pairing_is_the_best_of_all_and_not_the_largest_overlap_first():
    # 0-11 is nearest to 0-12, yet 9/11 + 10/12 is more than 11/12 + 7/12.
    first = mentions(("t", 0, 11), ("t", 2, 12))
    second = mentions(("t", 0, 9), ("t", 0, 12))
    assert paired(first, second) == [(0, 0), (1, 1)]


def test_each_quote_is_paired_once_and_overlap_is_told_all_the_same():
    found = a.pair_mentions(mentions(("t", 0, 40)), mentions(("t", 0, 10), ("t", 12, 40)))
    assert found.pairs.to_numpy().tolist() == [[0, 1]]
    assert found.in_first.tolist() == [True, True]


def test_long_quote_overlaps_with_all_that_lie_in_it():
    found = a.pair_mentions(mentions(("t", 0, 40)), mentions(("t", 5, 10), ("t", 30, 38)))
    assert found.in_first.tolist() == [True, True]
    assert found.pairs.to_numpy().tolist() == [[0, 1]]


def test_of_equal_spans_the_one_about_the_same_touchpoint_is_the_pair():
    first = mentions(("t", 0, 10, "x"), ("t", 0, 10, "y"))
    second = mentions(("t", 0, 10, "y"), ("t", 0, 10, "x"))
    assert paired(first, second) == [(0, 1), (1, 0)]


def test_pairing_of_nothing_is_nothing():
    found = a.pair_mentions(mentions(), mentions(("t", 0, 5)))
    assert found.pairs.empty
    assert found.in_first.tolist() == [False]
    assert found.in_second.tolist() == []


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 30), st.integers(1, 9)), max_size=9)
)
def test_a_run_agrees_with_itself(spans):
    own = mentions(*((turn, start, start + length) for turn, start, length in spans))
    found = a.pair_mentions(own, own)
    ends = own[["turn_id", "start", "end"]].to_numpy().tolist()
    assert [ends[one] for one in found.pairs["first"]] == [ends[o] for o in found.pairs["second"]]
    assert len(found.pairs) == len(own)
    assert found.in_second.all()


def test_touchpoints_of_both_catalogues_are_one_by_their_id():
    both = touchpoints("export", origin="catalogue")
    assert matched(both, both, ([], [])) == [("export", "export", "catalogue", 0)]


def test_discovered_touchpoints_are_one_by_the_quotes_they_share():
    labels = (["a", "a", "a", "b", "b"], ["y", "y", "x", "x", "x"])
    found = matched(touchpoints("a", "b"), touchpoints("x", "y"), labels)
    assert found == [("a", "y", "quotes", 2), ("b", "x", "quotes", 2)]


@pytest.mark.parametrize(
    ("labels", "is_one"),
    [
        ((["a"], ["x"]), False),  # one quote may be chance
        ((["a"] * 2, ["x"] * 2), True),
        ((["a"] * 8, ["x"] * 2 + ["other"] * 6), True),  # 2 of 8: a quarter
        ((["a"] * 9, ["x"] * 2 + ["other"] * 7), False),
    ],
)
def test_least_overlap_of_touchpoints(labels, is_one):
    assert bool(matched(touchpoints("a"), touchpoints("x"), labels)) is is_one


def test_what_shares_no_quotes_but_a_name_is_one_unless_its_quotes_went_elsewhere():
    assert matched(touchpoints("a"), touchpoints("a"), ([], [])) == [("a", "a", "name", 0)]
    labels = (["a"] * 3, ["b"] * 3)
    assert matched(touchpoints("a"), touchpoints("a", "b"), labels) == [("a", "b", "quotes", 3)]


def test_catalogue_touchpoint_that_one_run_had_to_discover_is_found_by_its_quotes():
    labels = (["export"] * 3, ["file"] * 3)
    planned = touchpoints("export", origin="catalogue")
    assert matched(planned, touchpoints("file"), labels) == [("export", "file", "quotes", 3)]


def test_kappa_of_a_two_by_two_table():
    # 20 yes/yes, 5 yes/no, 10 no/yes, 15 no/no: (0.7 - 0.5) / (1 - 0.5)
    first = ["yes"] * 25 + ["no"] * 25
    second = ["yes"] * 20 + ["no"] * 5 + ["yes"] * 10 + ["no"] * 15
    assert a.cohens_kappa(first, second) == pytest.approx(0.4)
    assert a.agree("x", first, second) == a.Agreement("x", 50, 35, pytest.approx(0.4))


@pytest.mark.parametrize(
    ("first", "second", "kappa"),
    [
        ("aabb", "aabb", 1.0),
        ("aaaa", "aaaa", 1.0),
        ("abab", "baba", -1.0),
        ("aaaa", "bbbb", 0.0),
        ("", "", math.nan),
    ],
)
def test_kappa_at_its_ends(first, second, kappa):
    assert a.cohens_kappa(first, second) == pytest.approx(kappa, nan_ok=True)


@pytest.mark.parametrize(
    ("first", "second", "alpha"),
    [
        # Do = 1/3; the six values have the variance 41/30; 1 - (1/3) / (41/15)
        ((1, 2, 3), (1, 2, 4), 36 / 41),
        ((-1, 0, 1), (-1, 0, 1), 1.0),
        ((0.5, 0.5), (0.5, 0.5), 1.0),
        ((-1, 1), (1, -1), -0.5),  # Do = 4; variance 4/3; 1 - 4 / (8/3)
        ((), (), math.nan),
    ],
)
def test_alpha_by_hand(first, second, alpha):
    values = (np.array(side, dtype=np.float64) for side in (first, second))
    assert a.krippendorff_alpha(*values) == pytest.approx(alpha, nan_ok=True)


@pytest.mark.parametrize(
    ("first", "second", "rand"),
    [
        ("aabb", "xxyz", 4 / 7),  # 1 pair in both, 2 and 1 in each, 6 in all
        ("aabb", "bbaa", 1.0),  # the names do not matter
        ("aaaa", "xxxx", 1.0),
        ("abcd", "wxyz", 1.0),
        ("aaaa", "wxyz", 0.0),
        ("a", "x", math.nan),
    ],
)
def test_rand_by_hand(first, second, rand):
    assert a.adjusted_rand(first, second) == pytest.approx(rand, nan_ok=True)


def test_correlation_is_told_only_where_both_vary():
    assert a.correlation(np.array([0.0, 1, 2]), np.array([1.0, 3, 5])) == pytest.approx(1)
    assert math.isnan(a.correlation(np.array([0.0, 1]), np.array([1.0, 1])))
    assert math.isnan(a.correlation(np.array([0.0]), np.array([1.0])))


def test_inputs_are_left_as_they_were():
    first, second = mentions(("t", 0, 10)), mentions(("t", 2, 8))
    before = first.copy(), second.copy()
    a.pair_mentions(first, second)
    pd.testing.assert_frame_equal(first, before[0])
    pd.testing.assert_frame_equal(second, before[1])


def test_work_grows_with_the_mentions_and_not_with_their_square():
    many = mentions(*((f"t{n // 3}", 10 * (n % 3), 10 * (n % 3) + 9) for n in range(6000)))
    assert len(a.pair_mentions(many, many).pairs) == 6000
