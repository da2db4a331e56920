import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import tables as t
from pipeline.config import Prioritize
from pipeline.stages.prioritize import prioritize
from tests.unit.stages import journeys as j

RULES = Prioritize(resamples=200)
N = 50


def people(n: int = N) -> pd.DataFrame:
    return t.DOCUMENTS.frame(j.document(f"d-c{k:03}", f"c{k:03}") for k in range(n))


def hurt(touchpoint: str, n: int, first: int = 0, **others) -> list[t.Mention]:
    rows = {"kind": "pain", "polarity": -0.6} | others
    return [
        j.mention(f"{touchpoint}{k:03}", f"c{k:03}", touchpoint, **rows)
        for k in range(first, first + n)
    ]


def influence(source: str, target: str, n: int) -> t.Edge:
    nan = math.nan
    return t.Edge(
        source + target, source, target, "influences", "stated", n, nan, nan, nan, nan, 1, True
    )


def run(
    mentions, scores=(), edges=(), efforts=None, pains=(), rules=RULES
) -> dict[str, t.Priority]:
    names = sorted({m.touchpoint_id for m in mentions} | {"calm"})
    points = [j.touchpoint(n, k, effort=(efforts or {}).get(n, j.NAN)) for k, n in enumerate(names)]
    scores = scores or [j.score(n, "frequency", 0.3) for n in names]
    found = prioritize(
        people(), t.MENTIONS.frame(mentions), t.TOUCHPOINTS.frame(points),
        t.PAIN_POINTS.frame(pains), t.EDGES.frame(edges), t.SCORES.frame(scores), rules,
    )  # fmt: skip
    return {row.touchpoint_id: row for row in t.PRIORITIES.rows(found)}


def test_priority_is_the_product_of_its_columns():
    scores = [
        j.score("a", "impact", 0.6), j.score("a", "frequency", 0.3), j.score("b", "frequency", 0.3),
    ]  # fmt: skip
    found = run([*hurt("a", 10, outcome="failed"), *hurt("b", 20)], scores, efforts={"a": 2.0})
    a, b = found["a"], found["b"]
    assert (a.reach, a.severity, a.effort, a.effort_basis) == (0.2, 0.75, 2, "owner")
    assert (b.reach, b.severity, b.effort, b.effort_basis) == (0.4, 0.5, 3, "assumed")
    assert a.impact == pytest.approx(0.25 + 0.75 * 0.6)
    assert b.impact == 0.25
    for row in found.values():
        product = row.reach * row.severity * row.impact * row.confidence / row.effort
        assert row.priority == pytest.approx(product)
    assert (a.rank, b.rank) == (1, 2)


def test_severity_is_each_customers_worst_words():
    mentions = [
        *hurt("a", 2, intensity=0.2),
        j.mention("worse", "c000", "a", kind="pain", intensity=0.8),
        j.mention("praise", "c001", "a", kind="praise", intensity=1.0, polarity=1.0),
    ]
    assert run(mentions)["a"].severity == pytest.approx((0.8 + 0.2) / 2)


def test_only_touchpoints_that_hurt_have_a_row():
    found = run([*hurt("a", 3), *hurt("fine", 9, kind="praise", polarity=0.9)])
    assert list(found) == ["a"]


def test_unproven_impact_neither_hides_nor_lifts():
    scores = [j.score(n, "frequency", 0.3) for n in "abc"] + [
        j.score("a", "impact", 1.0, label="not significant"),
        j.score("b", "impact", 0.0, label="minimal"),
        j.score("c", "impact", 1.0, label="mission-critical"),
    ]
    found = run([*hurt("a", 9), *hurt("b", 9), *hurt("c", 9)], scores)
    assert found["b"].impact == 0.25
    assert found["b"].impact < found["a"].impact < 0.5
    assert found["c"].impact == 1


def test_ranks_tell_how_sure_they_are():
    apart = [("a", 21, 0), ("b", 9, 21), ("c", 9, 30), ("d", 8, 39), ("e", 1, 47)]
    found = run([one for name, n, first in apart for one in hurt(name, n, first)])
    assert (found["a"].rank, found["a"].rank_low) == (1, 1)
    assert found["a"].rank_high <= 2
    assert found["a"].p_top3 > 0.99
    assert found["c"].rank_low <= 2
    assert found["c"].rank_high >= 4
    assert 0.4 < found["d"].p_top3 < found["b"].p_top3 < 0.95
    assert found["e"].p_top3 < 0.05
    assert sorted(row.rank for row in found.values()) == [1, 2, 3, 4, 5]


def test_three_are_chosen_but_never_for_one_customer():
    found = run([*hurt("a", 9), *hurt("b", 8), *hurt("c", 7), *hurt("d", 6)])
    assert [k for k, row in found.items() if row.is_chosen] == ["a", "b", "c"]
    alone = run([*hurt("a", 9), *hurt("b", 1)])
    assert [k for k, row in alone.items() if row.is_chosen] == ["a"]


def test_effect_of_a_chosen_cause_is_passed_over():
    mentions = [*hurt("a", 12), *hurt("b", 8), *hurt("c", 7), *hurt("d", 6)]
    found = run(mentions, edges=[influence("a", "b", 5), influence("a", "c", 2)])
    assert [k for k, row in found.items() if row.is_chosen] == ["a", "c", "d"]
    assert found["b"].reason.endswith("Not chosen by itself: most of it goes with A.")


def test_pains_told_in_the_same_words_are_one_problem():
    same = [
        j.mention(f"b{k}", f"c{k:03}", "b", kind="pain", turn_id=f"turn-a{k:03}", start=5, end=9)
        for k in range(8)
    ]
    apart = [
        j.mention(f"c{k}", f"c{k:03}", "c", kind="pain", turn_id=f"turn-a{k:03}", start=90, end=99)
        for k in range(8)
    ]
    found = run([*hurt("a", 12), *same, *apart])
    assert [k for k, row in found.items() if row.is_chosen] == ["a", "c"]


def test_quick_wins_are_clearly_negative_and_easy_by_the_owners_word():
    bad = {n: j.score(n, "emotion", -0.5) for n in "abc"}
    scores = [bad["a"], bad["b"], bad["c"], j.score("d", "emotion", -0.05)]
    mentions = [*hurt("a", 9), *hurt("b", 8), *hurt("c", 7), *hurt("d", 7)]
    found = run(mentions, scores, efforts={"a": 2.0, "b": 3.0, "d": 1.0})
    easy = run(mentions, scores, rules=Prioritize(assumed_effort=1, resamples=100))
    assert [k for k, row in found.items() if row.is_quick_win] == ["a"]
    assert not any(row.is_quick_win for row in easy.values())


def test_reason_gives_figures_and_names_the_pain():
    pains = [
        t.PainPoint(key, "a", name, 0, 0, 0.5, "")
        for key, name in (("p1", "Totals do not match."), ("p2", "Takes weeks"))
    ]
    mentions = [
        *hurt("a", 7, outcome="failed", pain_point_id="p1"),
        *hurt("a", 4, 7, pain_point_id="p2"),
        *hurt("b", 1),
    ]
    scores = [j.score("a", "impact", 0.7, label="high")]
    found = run(mentions, scores, pains=pains)
    assert found["a"].reason == (
        "11 of 50 customers were let down here; for 7 of them it failed; "
        "its impact on the outcome is high; most often: Totals do not match."
    )
    assert found["b"].reason == "1 of 50 customers was let down here."


def test_estimated_impact_is_called_so():
    scores = [j.score("a", "impact", 0.7, label="high", basis="estimated, no outcome known")]
    assert "its estimated impact on the outcome is high" in run(hurt("a", 9), scores)["a"].reason


def test_nothing_in_nothing_out():
    assert run([]) == {}


def test_row_order_and_repetition_change_nothing_and_inputs_stay():
    mentions = [*hurt("a", 12), *hurt("b", 8, 3), *hurt("c", 7, outcome="failed")]
    inputs = [
        people(), t.MENTIONS.frame(mentions), j.touchpoints("abc"), t.PAIN_POINTS.frame(),
        t.EDGES.frame([influence("a", "b", 4)]), t.SCORES.frame([j.score("b", "impact", 0.4)]),
    ]  # fmt: skip
    copies = [frame.copy() for frame in inputs]
    first, again = prioritize(*inputs, RULES), prioritize(*map(j.shuffled, inputs), RULES)
    pd.testing.assert_frame_equal(first, again)
    pd.testing.assert_frame_equal(first, prioritize(*inputs, RULES))
    for frame, copy in zip(inputs, copies, strict=True):
        pd.testing.assert_frame_equal(frame, copy)


@settings(max_examples=10, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("abcde"), st.integers(0, N - 1), st.floats(0, 1)), max_size=40
    )
)
def test_ranks_are_a_permutation_within_their_intervals(said):
    mentions = [
        j.mention(f"m{n}", f"c{who:03}", name, kind="pain", intensity=intensity)
        for n, (name, who, intensity) in enumerate(said)
    ]
    found = run(mentions, rules=Prioritize(resamples=100))
    assert sorted(row.rank for row in found.values()) == list(range(1, len(found) + 1))
    assert sum(row.is_chosen for row in found.values()) <= 3
    for row in found.values():
        assert 1 <= row.rank_low <= row.rank_high <= len(found)
        assert np.isfinite(row.priority)
        assert 0 <= row.p_top3 <= 1
