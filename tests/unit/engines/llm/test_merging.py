"""Labels become groups: near ones are judged, judged ones are joined, chains are not."""

import math

import numpy as np
import pandas as pd
import pytest

from pipeline.engines.llm import merging as m
from pipeline.engines.llm.jobs import Answered
from pipeline.engines.llm.schemas import SameResult


def at(*degrees):
    """Unit vectors at angles in a plane: their cosine is that of the difference."""
    return np.array([[math.cos(math.radians(d)), math.sin(math.radians(d))] for d in degrees])


def label(place, degrees, n_rows=2):
    [vector] = at(degrees)
    return m.Label(str(place), f"label {place}", tuple(range(n_rows)), vector)


def candidates(*labels):
    return pd.DataFrame({"label": labels})


def test_wordings_with_the_same_words_are_one_label():
    told = candidates("Boarding queue", "queue for boarding", "", "Boarding queue", "Gate")
    labels = m.gather(told, at(0, 10, 50, 20, 90), at(0, 0, 0, 0, 90))
    assert [(one.text, one.rows) for one in labels] == [
        ("Boarding queue", (0, 1, 3)), ("Gate", (4,)),
    ]  # fmt: skip
    assert all(np.linalg.norm(one.vector) == pytest.approx(1) for one in labels)


def test_a_label_of_no_content_words_is_told_from_others():
    assert m.key_of("The") == "the"
    assert m.key_of("Queues, boarding") == m.key_of("boarding queue")


def test_only_near_labels_are_proposed_each_pair_once():
    labels = [label(0, 0), label(1, 20), label(2, 120)]
    assert [pair[:2] for pair in m.propose_pairs(labels, [])] == [(0, 1)]


def test_each_label_gets_its_nearest_and_those_of_the_catalogue():
    labels = [label(n, 3 * n) for n in range(8)]
    intended = [label(n, d, 0) for n, d in ((8, 1), (9, 2), (10, 4))]
    pairs = m.propose_pairs(labels, intended)
    with_catalogue = [pair for pair in pairs if pair.first == 0 and pair.second >= 8]
    assert [pair.second for pair in with_catalogue] == [8, 9]
    assert all(pair.first < pair.second for pair in pairs)


def test_a_rare_label_has_one_pair_and_none_with_the_catalogue():
    labels = [label(0, 0), label(1, 5), label(2, 3, n_rows=1), label(3, 3.5, n_rows=1)]
    pairs = m.propose_pairs(labels, [label(4, 3, 0)])
    assert [pair[:2] for pair in pairs if 2 in pair[:2]] == [(1, 2)]
    assert m.propose_pairs([label(0, 0, 1), label(1, 0, 1)], []) == []


def test_a_rare_label_has_to_be_nearer_to_be_judged():
    often, near, far = label(0, 0), label(1, 51), label(2, 51, n_rows=1)
    assert [pair[:2] for pair in m.propose_pairs([often, near], [])] == [(0, 1)]
    assert m.propose_pairs([often, far], []) == []
    assert m.propose_pairs([often, label(1, 55)], []) == []


def test_a_name_of_one_word_is_shown_with_a_quote():
    pairs = [m.Pair(0, 1, 0.9), m.Pair(1, 2, 0.9), m.Pair(2, 3, 0.9)]
    names = ["Queue", "Boarding queue", "搭乗の列", "Line"]
    items, _ = m.pair_items(pairs, names, ["I queued."] * 4)
    assert ["- I queued." in item.lines for item in items] == [True, False, True]


def test_only_what_may_become_a_touchpoint_is_worth_a_name():
    groups = [[0], [1, 2], [3, 4, 5], [6, 7], [8, 9, 10]]
    customers = [f"c{n}" for n in range(10)] + ["c9"]
    same = ["", "", "", "known", ""]
    assert m.worth_naming(groups, same, customers, 2, 30) == {1, 2, 4}
    assert m.worth_naming(groups, same, customers, 3, 30) == {2}
    assert m.worth_naming(groups, same, customers, 2, 1) == {2}
    assert m.worth_naming([], [], [], 2, 30) == set()


def test_items_ask_of_each_pair_once():
    pairs = [m.Pair(0, 1, 0.9), m.Pair(0, 3, 0.8), m.Pair(1, 2, 0.7)]
    items, beside = m.pair_items(pairs, ["a", "b", "c", "d"], ["said " * 40, "", "x", ""])
    assert beside == {"0 0": (1, 3), "1 0": (2,)}
    assert items[0].lines[0] == "a"
    assert items[0].lines[1].startswith("- said said")
    assert len(items[0].lines[1]) <= 93
    assert items[0].lines[2:] == ("1: b", "2: d")
    assert items[1].lines == ("b", "1: c")


def test_a_name_beside_many_is_judged_in_several_items():
    pairs = [m.Pair(0, other, 0.9) for other in range(1, 40)]
    items, beside = m.pair_items(pairs, ["a"] * 40, [""] * 40)
    assert max(len(item.lines) for item in items) <= 27
    assert sorted(other for others in beside.values() for other in others) == list(range(1, 40))


def test_verdicts_of_pairs_without_an_answer_are_missing():
    answered = Answered({"0 0": [SameResult(id=1, same=(2, 7)), SameResult(id=1, same=(1,))]}, {})
    assert m.verdicts({"0 0": [1, 3], "1 0": [2]}, answered) == {(0, 1): False, (0, 3): True}


def test_what_is_judged_the_same_and_lies_near_is_one_group():
    pairs = [m.Pair(0, 1, 0.9), m.Pair(1, 2, 0.8)]
    same = {(0, 1): True, (1, 2): True}
    assert m.unite(pairs, same, at(0, 10, 20)) == [[0, 1, 2]]
    assert m.unite(pairs, {}, at(0, 10, 20)) == [[0], [1], [2]]


def test_one_verdict_against_it_keeps_groups_apart():
    pairs = [m.Pair(0, 1, 0.9), m.Pair(0, 2, 0.5), m.Pair(1, 2, 0.8)]
    same = {(0, 1): True, (1, 2): True, (0, 2): False}
    assert m.unite(pairs, same, at(0, 10, 20)) == [[0, 1], [2]]


def test_a_chain_of_likenesses_is_no_proof():
    pairs = [m.Pair(n, n + 1, 0.77) for n in range(4)]
    same = {pair[:2]: True for pair in pairs}
    groups = m.unite(pairs, same, at(0, 40, 80, 120, 160))
    assert len(groups) > 1


def test_joining_twice_changes_nothing():
    pairs = [m.Pair(0, 1, 0.9), m.Pair(0, 2, 0.9), m.Pair(1, 2, 0.9)]
    assert m.unite(pairs, {pair[:2]: True for pair in pairs}, at(0, 1, 2)) == [[0, 1, 2]]


def test_a_quote_without_a_label_joins_the_nearest_if_it_is_near():
    told = candidates("a", "b", "", "")
    labels = [m.Label("a", "a", (0,), at(0)[0]), m.Label("b", "b", (1,), at(90)[0])]
    assert m.join_unlabelled(told, at(0, 90, 80, 200), labels) == {2: 1}
    assert m.join_unlabelled(told, at(0, 90, 80, 200), []) == {}
    assert m.join_unlabelled(candidates("a"), at(0), labels) == {}


def test_typical_quotes_come_of_different_customers_first():
    vectors = at(0, 1, 2, 30, 60)
    customers = ["x", "x", "x", "y", "z"]
    assert m.typical(range(5), vectors, customers, 3) == [3, 2, 4]
    assert m.typical(range(5), vectors, customers, 9) == [3, 2, 4, 1, 0]
