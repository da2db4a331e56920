from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_ind

from pipeline import tables as t
from pipeline.config import Compare
from pipeline.methods.statistics import difference_of_means, difference_of_shares
from pipeline.stages.compare import Compared, Previous, compare
from tests.unit.stages import journeys as j

STAGES = t.STAGES.frame(
    t.Stage(name, n, "", "", "", j.NAN, "", "") for n, name in enumerate(["Land", "Use", "Renew"])
)
PLACES = (("a", "Land"), ("b", "Use"), ("c", "Renew"))
TOUCHPOINTS = t.TOUCHPOINTS.frame(j.touchpoint(n, k, stage=s) for k, (n, s) in enumerate(PLACES))


def people(n: int) -> pd.DataFrame:
    return t.DOCUMENTS.frame(j.document(f"d-c{k:03}", f"c{k:03}") for k in range(n))


def told(touchpoint: str, n: int, first: int = 0, **others) -> list[t.Mention]:
    return [
        j.mention(f"{touchpoint}{k:03}{others.get('kind', '')}", f"c{k:03}", touchpoint, **others)
        for k in range(first, first + n)
    ]


def edge(source: str, target: str, kind: str = "follows", n: int = 9) -> t.Edge:
    return t.Edge(f"{source}{target}", source, target, kind, "next", n, 1, 9, 0, 0, 0.5, True)


def run(
    n: int, mentions, edges=(), previous: Previous | None = None, points=TOUCHPOINTS
) -> Compared:
    return compare(
        people(n), t.TURNS.frame(), t.MENTIONS.frame(mentions), points, t.EDGES.frame(edges),
        STAGES, t.SCORES.frame(), previous, Compare(),
    )  # fmt: skip


def before(n: int, mentions, points=TOUCHPOINTS, scores=(), turns=()) -> Previous:
    return Previous(
        people(n), t.MENTIONS.frame(mentions), points, t.SCORES.frame(scores), t.TURNS.frame(turns)
    )


def gaps(found: Compared) -> dict[tuple[str, str], t.Gap]:
    return {(gap.touchpoint_id, gap.kind): gap for gap in t.GAPS.rows(found.gaps)}


def changes(found: Compared) -> dict[tuple[str, str], t.Change]:
    return {(one.touchpoint_id, one.dimension): one for one in t.CHANGES.rows(found.changes)}


def test_plan_gaps_tell_seen_unseen_and_unplanned():
    points = t.TOUCHPOINTS.frame(
        [*t.TOUCHPOINTS.rows(TOUCHPOINTS), j.touchpoint("new", 3, origin="discovered")]
    )
    found = gaps(run(20, [*told("a", 7), *told("b", 2), *told("new", 3)], points=points))
    assert found["a", "as_planned"].n_customers == 7
    assert found["c", "never_mentioned"].n_customers == 0
    assert found["new", "unplanned"].n_customers == 3
    assert len(found) == 3


def test_edges_against_the_order_of_stages_are_told():
    edges = [
        edge("c", "a", n=12),
        edge("c", "b", n=8),
        edge("a", "b"),
        edge("b", "a", "influences"),
    ]
    found = gaps(run(20, told("a", 7), edges))
    gap = found["c", "other_order"]
    assert gap.n_customers == 12
    assert "A of the earlier stage Land (12 customers)" in gap.detail
    assert "B of the earlier stage Use (8 customers)" in gap.detail
    assert [kind for _, kind in found].count("other_order") == 1


def test_touchpoints_without_a_stage_have_no_order():
    points = TOUCHPOINTS.assign(stage="")
    assert (
        run(9, [], [edge("c", "a")], points=points).gaps["kind"].tolist() == ["never_mentioned"] * 3
    )


def test_unmet_expectations_keep_the_best_quote():
    mentions = [
        *told("a", 3, kind="expectation", polarity=-0.5, quote="I expected a call."),
        j.mention("x", "c009", "a", outcome="failed", intensity=1.0, quote="I'd expected hours!"),
        j.mention("y", "c010", "a", polarity=0.5, quote="As good as I expected."),
        j.mention("w", "c012", "a", kind="expectation", polarity=-0.9, quote="According to her."),
        j.mention("z", "c011", "a", kind="pain", polarity=-0.5),
    ]
    gap = gaps(run(20, mentions))["a", "expectation"]
    assert gap.n_customers == 4
    assert gap.detail == '4 customers expected something else: "I\'d expected hours!"'


def said(place: int, touchpoint: str, quote: str, customer: str = "c000", **others) -> t.Mention:
    """A mention in the customer's only document and turn, `place` characters into it."""
    return j.mention(
        f"{customer}-{place}", customer, touchpoint, turn_id=f"turn-{customer}", quote=quote,
        start=place, end=place + len(quote), **others,
    )  # fmt: skip


PROMISE = "They told me the money would come in two days."
LATE = "It took five weeks for the money."


def test_what_was_expected_stands_beside_what_was_got():
    mentions = [said(0, "a", PROMISE), said(300, "a", LATE, outcome="failed", polarity=-0.8)]
    gap = gaps(run(9, mentions))["a", "expectation"]
    assert gap.n_customers == 1
    assert f'Expected: "{PROMISE}" Got: "{LATE}"' in gap.detail


@pytest.mark.parametrize(
    ("place", "touchpoint", "quote", "polarity"),
    [
        (300, "a", "The staff were rude.", -0.8),
        (300, "b", LATE, -0.8),
        (60, "b", "The staff were rude.", -0.8),
        (300, "a", LATE, 0.5),
    ],
)
def test_other_words_are_not_what_came_of_an_expectation(place, touchpoint, quote, polarity):
    mentions = [said(0, "a", PROMISE), said(place, touchpoint, quote, polarity=polarity)]
    assert ("a", "expectation") not in gaps(run(9, mentions))


def crossed(n: int, second: str = LATE, **others) -> list[t.Mention]:
    people = [f"c{k:03}" for k in range(n)]
    return [
        one
        for name in people
        for one in (
            said(0, "a", PROMISE, name), said(300, "b", second, name, polarity=-0.8, **others)
        )
    ]  # fmt: skip


def test_promise_of_one_touchpoint_not_kept_at_another_is_a_mixed_message():
    gap = gaps(run(20, crossed(5)))["b", "mixed_messages"]
    assert gap.n_customers == 5
    assert PROMISE in gap.detail
    assert LATE in gap.detail
    assert "told one thing at A" in gap.detail


@pytest.mark.parametrize(
    "mentions",
    [
        crossed(4),
        crossed(5, "The staff were rude."),
        crossed(5, document_id="another"),
        [*crossed(4), said(0, "a", "I told them the money would come.", "c008"),
         said(300, "b", LATE, "c008", polarity=-0.8)],
    ],
    ids=["too few", "of something else", "in another document", "own words"],
)  # fmt: skip
def test_no_mixed_message(mentions):
    assert ("b", "mixed_messages") not in gaps(run(20, mentions))


def test_linked_touchpoints_may_contradict_across_documents():
    later = {"occurred_at": "2026-08-01T09:00:00+00:00"}
    second = [j.document(f"e-c{k:03}", f"c{k:03}", **later) for k in range(5)]
    documents = t.DOCUMENTS.frame([*t.DOCUMENTS.rows(people(5)), *second])
    mentions = [
        replace(one, document_id=f"e-{one.customer_id}") if one.touchpoint_id == "b" else one
        for one in crossed(5)
    ]
    for edges, n in (([edge("b", "a")], 1), ([edge("b", "c")], 0)):
        found = compare(
            documents, t.TURNS.frame(), t.MENTIONS.frame(mentions), TOUCHPOINTS,
            t.EDGES.frame(edges), STAGES, t.SCORES.frame(), None, Compare(),
        )  # fmt: skip
        assert (found.gaps["kind"] == "mixed_messages").sum() == n


def test_plan_can_be_had_where_enough_already_had_it():
    good, bad = {"outcome": "worked"}, {"outcome": "failed", "polarity": -0.5}
    mentions = [
        *told("a", 6, **good), *told("a", 4, 10, **bad), *told("a", 1, 0, kind="pain"),
        *told("b", 6, **bad), *told("c", 4, **good), *told("c", 3, 10),
    ]  # fmt: skip
    found = gaps(run(20, mentions))
    verdicts = {
        key: (gap.attainable, gap.n_attained, gap.n_telling)
        for (key, kind), gap in found.items()
        if kind == "as_planned"
    }
    assert verdicts == {"a": ("attainable", 5, 10), "b": ("not yet", 0, 6), "c": ("too few", 4, 4)}


def test_intended_order_can_be_had_where_customers_kept_it():
    mentions = [
        said(place, key, "It is.", f"c{n:03}")
        for n in range(9)
        for place, key in enumerate(("ca", "ac")[n < 5])
    ]
    gap = gaps(run(9, mentions, [edge("c", "a")]))["c", "other_order"]
    assert (gap.attainable, gap.n_attained, gap.n_telling) == ("attainable", 5, 9)


def test_failures_count_customers_by_way():
    bad = {"outcome": "failed"}
    mentions = [
        *told("a", 3, quote="The screen went blank and the app crashed.", **bad),
        *told("a", 1, 2, kind="pain", quote="I was locked out.", outcome="partly"),
        *told("a", 2, 5, quote="Not good.", **bad),
        *told("a", 4, 10, quote="The app crashed."),
    ]
    rows = t.FAILURES.rows(run(20, mentions).failures)
    assert {row.way: row.n_customers for row in rows} == {
        "any": 5, "error": 3, "lock_out": 1, "untold": 2
    }  # fmt: skip
    assert {row.n_told for row in rows} == {9}


def test_nothing_is_compared_without_a_period_before():
    assert run(20, told("a", 7)).changes.empty
    assert run(20, told("a", 7), previous=before(0, [])).changes.empty


def test_more_customers_is_rising_and_fewer_is_falling():
    found = changes(run(100, [*told("a", 60), *told("b", 10)],
                        previous=before(100, [*told("a", 20), *told("b", 50)])))  # fmt: skip
    rise, fall = found["a", "frequency"], found["b", "frequency"]
    assert (rise.before, rise.after, rise.verdict) == (0.2, 0.6, "rising")
    assert 0 < rise.low < 0.4 < rise.high
    assert (fall.verdict, fall.after) == ("falling", 0.1)


def test_small_differences_are_steady():
    found = changes(run(50, told("a", 22), previous=before(50, told("a", 20))))
    assert found["a", "frequency"].verdict == "steady"
    assert found["a", "emotion"].verdict == "steady"


def test_touchpoint_not_there_before_is_new():
    found = changes(run(50, [*told("a", 9), *told("b", 9)], previous=before(50, told("a", 9))))
    new = [key for key, one in found.items() if one.verdict == "new"]
    assert new == [("b", "emotion"), ("b", "frequency")]
    assert np.isnan(found["b", "frequency"].before)


def test_pain_that_is_gone_is_resolved_and_one_that_shrinks_is_falling():
    then = [*told("a", 40, kind="pain"), *told("b", 60, kind="pain"), *told("c", 5, kind="pain")]
    now = [*told("a", 40), *told("b", 25, kind="pain"), *told("c", 4, kind="pain")]
    found = changes(run(100, now, previous=before(100, then)))
    assert found["a", "pain"].verdict == "resolved"
    assert found["a", "pain"].after == 0
    assert found["b", "pain"].verdict == "falling"
    assert found["c", "pain"].verdict == "steady"


def test_failed_and_negative_counts_as_pain_without_the_word():
    now = told("a", 30, polarity=-0.4, outcome="failed")
    found = changes(run(60, now, previous=before(60, told("a", 30, outcome="failed"))))
    assert found["a", "pain"].verdict == "new"


def test_touchpoint_that_is_not_found_again_tells_nothing():
    points = TOUCHPOINTS[TOUCHPOINTS["touchpoint_id"] != "c"]
    previous = before(80, told("c", 40, kind="pain"))
    found = changes(run(80, told("a", 9), previous=previous, points=points))
    assert not [key for key in found if key[0] == "c"]


def test_discovered_touchpoint_is_new_only_when_its_words_are():
    points = TOUCHPOINTS[TOUCHPOINTS["touchpoint_id"] != "c"]
    documents = people(80)["document_id"].tolist()
    spoken = [
        t.Turn(f"t{k}", documents[k], 0, "customer", "", "", "The letter came.") for k in range(30)
    ]
    now = told("c", 30)
    today = TOUCHPOINTS.assign(
        name=TOUCHPOINTS["name"].where(TOUCHPOINTS["touchpoint_id"] != "c", "Letter"),
        origin=TOUCHPOINTS["origin"].where(TOUCHPOINTS["touchpoint_id"] != "c", "discovered"),
    )
    silent = changes(run(80, now, previous=before(80, [], points), points=today))
    said = changes(run(80, now, previous=before(80, [], points, turns=spoken), points=today))
    assert silent["c", "frequency"].verdict == "new"
    assert ("c", "frequency") not in said


def test_means_change_with_welch_and_too_few_are_left_out():
    then = [*told("a", 30, polarity=-0.5, outcome="failed"), *told("b", 3, outcome="failed")]
    now = [*told("a", 30, polarity=0.3, outcome="worked"), *told("b", 3, outcome="worked")]
    found = changes(run(60, now, previous=before(60, then)))
    emotion, function = found["a", "emotion"], found["a", "function"]
    assert (emotion.verdict, function.verdict) == ("rising", "rising")
    assert (emotion.before, emotion.after) == pytest.approx((-0.5, 0.3))
    assert ("b", "function") not in found


def test_published_scores_are_the_ones_compared():
    scores = [j.score("a", "emotion", -0.123)]
    found = changes(run(60, told("a", 9), previous=before(60, told("a", 9), scores=scores)))
    assert found["a", "emotion"].before == -0.123


def test_newcombe_gives_the_published_interval():
    # Newcombe 1998, example (a): 56/70 against 48/80, method 10.
    found = difference_of_shares((48, 80), (56, 70))
    assert (found.low, found.high) == pytest.approx((0.0524, 0.3339), abs=1e-4)


def test_welch_agrees_with_scipy():
    draw = np.random.default_rng(1)
    first, second = draw.normal(0, 1, 20), draw.normal(0.5, 2, 35)
    found = difference_of_means(first, second, 0.0)
    expected = ttest_ind(second, first, equal_var=False)
    interval = expected.confidence_interval()
    assert found.p_value == pytest.approx(expected.pvalue)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high))


def test_nothing_changed_gives_few_false_alarms():
    draw = np.random.default_rng(5)
    names = [f"t{n:02}" for n in range(40)]
    points = j.touchpoints(names)

    def heard() -> list[t.Mention]:
        return [
            j.mention(f"{name}{k}", f"c{k:03}", name, polarity=float(draw.uniform(-1, 1)))
            for name in names
            for k in np.flatnonzero(draw.random(100) < 0.3)
        ]

    found = run(100, heard(), previous=before(100, heard(), points), points=points)
    assert (found.changes["verdict"] != "steady").sum() <= 2


def test_nothing_in_nothing_out():
    empty = t.TOUCHPOINTS.frame()
    found = run(0, [], previous=before(0, [], empty), points=empty)
    assert found.gaps.empty
    assert found.changes.empty


def test_row_order_and_repetition_change_nothing_and_inputs_stay():
    now = [
        *told("a", 30, polarity=-0.4, outcome="failed"),
        *told("b", 9, kind="expectation", polarity=-1),
    ]
    then = before(50, [*told("a", 12), *told("c", 20, kind="pain")])
    inputs = [
        people(60),
        t.TURNS.frame(),
        t.MENTIONS.frame(now),
        TOUCHPOINTS,
        t.EDGES.frame([edge("c", "a")]),
        STAGES,
    ]
    copies = [frame.copy() for frame in [*inputs, *then]]
    first = compare(*inputs, t.SCORES.frame(), then, Compare())
    mixed = Previous(*map(j.shuffled, then))
    again = compare(*map(j.shuffled, inputs), t.SCORES.frame(), mixed, Compare())
    for one, other in zip(first, again, strict=True):
        pd.testing.assert_frame_equal(one, other)
    for frame, copy in zip([*inputs, *then], copies, strict=True):
        pd.testing.assert_frame_equal(frame, copy)
