import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import tables as t
from pipeline.config import Outcome
from pipeline.config import Score as Settings
from pipeline.methods.drivers import find_drivers
from pipeline.methods.outcomes import known_outcomes
from pipeline.methods.statistics import wilson
from pipeline.stages.score import score
from tests.unit.stages import journeys as j

RULES = Settings(resamples=200)


def run(documents, mentions, touchpoints, rules: Settings = RULES) -> pd.DataFrame:
    return score(
        t.DOCUMENTS.frame(documents), t.MENTIONS.frame(mentions),
        t.TOUCHPOINTS.frame(touchpoints), rules, Outcome(),
    )  # fmt: skip


def row(scores: pd.DataFrame, touchpoint: str, dimension: str) -> t.Score:
    found = {(r.touchpoint_id, r.dimension): r for r in t.SCORES.rows(scores)}
    return found[touchpoint, dimension]


def people(n: int, **others) -> list[t.Document]:
    return [j.document(f"d-c{k:03}", f"c{k:03}", **others) for k in range(n)]


def told(n: int, touchpoint: str = "a", **others) -> list[t.Mention]:
    return [j.mention(f"{touchpoint}{k:03}", f"c{k:03}", touchpoint, **others) for k in range(n)]


def world(seed: int, n: int, binary: bool = False):
    """Customers whose outcome hangs on `driver`; `shadow` comes along with it and does nothing."""
    draw = np.random.default_rng(seed)
    documents, mentions = [], []
    for k in range(n):
        key = f"c{k:04}"
        has = {"driver": draw.random() < 0.4, "other": draw.random() < 0.3}
        has["shadow"] = draw.random() < 0.8 if has["driver"] else draw.random() < 0.2
        mood = float(draw.uniform(-1, 1))
        polarity = {
            "driver": mood,
            "shadow": float(np.clip(0.6 * mood + draw.normal(0, 0.4), -1, 1)),
            "other": float(draw.uniform(-1, 1)),
        }
        likes = 0.5 + 0.4 * mood * has["driver"]
        well = draw.random() < likes
        nps = float(np.clip(round(10 * (likes + draw.normal(0, 0.15))), 0, 10))
        result = {"outcome": "renewed" if well else "churned"} if binary else {
            "score": nps, "score_kind": "nps",
        }  # fmt: skip
        documents.append(j.document(f"d-{key}", key, **result))
        mentions += [
            j.mention(f"{key}{name}", key, name, polarity=polarity[name])
            for name, is_met in has.items()
            if is_met
        ]
    return documents, mentions, [j.touchpoint(n) for n in ("driver", "shadow", "other")]


def test_frequency_counts_customers_with_a_wilson_interval():
    documents = [*people(20), j.document("more", "c000"), j.document("x", "y", duplicate_of="more")]
    mentions = [*told(8), j.mention("again", "c000", "a")]
    found = row(run(documents, mentions, [j.touchpoint("a")]), "a", "frequency")
    assert (found.value, found.n_customers, found.label) == (0.4, 8, "very common")
    assert (found.low, found.high) == pytest.approx((0.2188, 0.6134), abs=1e-4)
    assert found.basis == "8 of 20 customers; Wilson interval"


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        (8, 20, 0.2188, 0.6134),
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
        (81, 263, 0.2553, 0.3662),
    ],
)
def test_wilson_gives_published_values(successes: int, n: int, low: float, high: float):
    found = wilson(successes, n)
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-4)


def test_emotion_is_a_mean_of_customers_weighted_by_intensity():
    angry = [j.mention(f"b{k}", "c000", "a", polarity=-1.0, intensity=1.0) for k in range(30)]
    mentions = [
        *told(4, polarity=0.5),
        *angry,
        j.mention("calm", "c004", "a", polarity=1.0, intensity=0.2),
        j.mention("cross", "c004", "a", polarity=-0.5, intensity=0.8),
    ]
    found = row(run(people(9), mentions, [j.touchpoint("a")]), "a", "emotion")
    first = (0.5 * 0.5 - 30) / 30.5
    assert found.value == pytest.approx((first + 3 * 0.5 - 0.2) / 5)
    assert found.n_customers == 5
    assert -1 <= found.low < found.value < found.high <= 1
    assert found.label == "mixed"


def test_equal_words_of_few_customers_are_no_certainty():
    found = row(run(people(5), told(5, polarity=-0.8), [j.touchpoint("a")]), "a", "emotion")
    assert found.label == "highly negative"
    assert found.high - found.low > 0.2


def test_function_counts_only_customers_who_told():
    mentions = [
        *[j.mention(f"w{k}", f"c{k:03}", "a", outcome="worked") for k in range(4)],
        *[j.mention(f"p{k}", f"c{k:03}", "a", outcome="partly") for k in range(4, 6)],
        *[j.mention(f"f{k}", f"c{k:03}", "a", outcome="failed") for k in range(6, 10)],
        *[j.mention(f"u{k}", f"c{k:03}", "a") for k in range(10, 15)],
    ]
    found = row(run(people(15), mentions, [j.touchpoint("a")]), "a", "function")
    assert (found.value, found.n_customers, found.label) == (0.5, 10, "works in part")
    assert "10 of 15" in found.basis


def test_too_few_customers_give_no_number():
    scores = run(people(30), told(4, outcome="worked"), [j.touchpoint("a"), j.touchpoint("never")])
    assert len(scores) == 8
    assert set(scores["label"]) == {"too few"}
    assert scores[["value", "low", "high"]].isna().all(axis=None)


def test_confidence_grows_with_customers_and_kinds_of_source():
    one = row(run(people(40), told(6), [j.touchpoint("a")]), "a", "frequency")
    more = row(run(people(40), told(30), [j.touchpoint("a")]), "a", "frequency")
    kinds = [j.document(f"d-c{k:03}", f"c{k:03}", kind=("call", "chat")[k % 2]) for k in range(40)]
    mixed = row(run(kinds, told(30), [j.touchpoint("a")]), "a", "frequency")
    assert 0 < one.confidence < more.confidence < mixed.confidence < 1


@pytest.mark.parametrize("binary", [False, True])
def test_touchpoint_without_effect_never_beats_the_driver_it_comes_with(binary: bool):
    firsts = []
    for seed in range(4):
        scores = run(*world(seed, 300, binary))
        driver, shadow = row(scores, "driver", "impact"), row(scores, "shadow", "impact")
        firsts.append(driver.value > shadow.value and driver.label != "not significant")
        assert shadow.value < 0.35
    assert all(firsts)


def test_impact_without_proof_says_so_and_keeps_a_value():
    scores = run(*world(1, 300))
    found = row(scores, "other", "impact")
    assert found.label == "not significant"
    assert 0 <= found.value < 0.3
    assert "may be chance" in found.basis or "worse outcomes" in found.basis
    assert "R2" in found.basis


def test_impact_names_the_money_behind_it():
    documents, mentions, touchpoints = world(2, 100)
    paying = [t.Document(**{**_fields(d), "value": 10.0}) for d in documents]
    found = row(run(paying, mentions, touchpoints), "driver", "impact")
    assert f"stand for {found.n_customers * 10:,} of 1,000 in value a year" in found.basis


def _fields(document: t.Document) -> dict:
    return {name: getattr(document, name) for name in t.DOCUMENTS.columns}


def test_impact_is_estimated_when_no_outcome_is_known():
    mentions = [*told(20, intensity=0.5), *told(10, "b", kind="decision", intensity=0.1)]
    scores = run(people(40), mentions, [j.touchpoint("a"), j.touchpoint("b")])
    first, second = row(scores, "a", "impact"), row(scores, "b", "impact")
    assert first.value == second.value == pytest.approx(0.5)
    assert first.low < 0.5 < first.high
    assert first.basis.startswith("estimated")
    assert first.confidence <= 0.3


def test_impact_has_no_number_where_few_with_an_outcome_were():
    documents, mentions, touchpoints = world(3, 60)
    mentions += [j.mention(f"r{k}", f"z{k}", "rare", document_id=f"z{k}") for k in range(9)]
    documents += [j.document(f"z{k}", f"z{k}") for k in range(9)]
    found = row(run(documents, mentions, [*touchpoints, j.touchpoint("rare")]), "rare", "impact")
    assert found.label == "too few"
    assert math.isnan(found.value)


def test_outcomes_are_the_latest_and_scores_lose_their_kind():
    late = {"outcome": "Churned ", "occurred_at": "2026-08-01"}
    documents = [
        *people(25, outcome="renewed"),
        *[j.document(f"l{k}", f"c{k:03}", **late) for k in range(6)],
    ]
    known = known_outcomes(t.DOCUMENTS.frame(documents), Outcome())
    assert known.by_customer["c000"] == 0
    assert known.by_customer.sum() == 19
    scored = [
        j.document(f"s{k}", f"c{k}", score=float(k % 5 + 1), score_kind=("csat", "stars")[k % 2])
        for k in range(20)
    ] + [j.document(f"n{k}", f"n{k}", score=float(k % 11), score_kind="nps") for k in range(22)]
    values = known_outcomes(t.DOCUMENTS.frame(scored), Outcome())
    nps = values.by_customer[values.by_customer.index.str.startswith("n")]
    assert nps.mean() == pytest.approx(values.by_customer.mean())
    assert values.basis == "csat, nps, stars scores of 42 customers"


def test_more_touchpoints_than_customers_still_give_an_answer():
    draw = np.random.default_rng(1)
    met = (draw.random((25, 60)) < 0.3).astype(float)
    found = find_drivers(draw.random(25), met * draw.uniform(-1, 1, met.shape), met, 100, 1)
    assert np.isfinite([found.effect, found.low, found.high]).all()
    assert (found.low <= found.high).all()


def test_nothing_in_nothing_out():
    assert run([], [], []).empty
    assert set(run([], [], [j.touchpoint("a")])["label"]) == {"too few"}


def test_row_order_and_repetition_change_nothing_and_inputs_stay():
    documents, mentions, touchpoints = world(4, 80)
    inputs = [
        t.DOCUMENTS.frame(documents), t.MENTIONS.frame(mentions), t.TOUCHPOINTS.frame(touchpoints),
    ]  # fmt: skip
    copies = [frame.copy() for frame in inputs]
    first = score(*inputs, RULES, Outcome())
    pd.testing.assert_frame_equal(first, score(*inputs, RULES, Outcome()))
    again = score(*map(j.shuffled, inputs), RULES, Outcome())
    pd.testing.assert_frame_equal(first, again)
    for frame, copy in zip(inputs, copies, strict=True):
        pd.testing.assert_frame_equal(frame, copy)


@settings(max_examples=12, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.floats(-1, 1), st.floats(0, 1)), max_size=30))
def test_values_stay_in_their_intervals(said: list[tuple[int, float, float]]):
    mentions = [
        j.mention(f"m{n}", f"c{who:03}", "a", polarity=polarity, intensity=intensity)
        for n, (who, polarity, intensity) in enumerate(said)
    ]
    for one in t.SCORES.rows(
        run(people(10), mentions, [j.touchpoint("a")], Settings(resamples=100))
    ):
        assert (one.label == "too few") == math.isnan(one.value)
        if one.label != "too few":
            assert -1 <= one.low <= one.value + 1e-9 <= one.high + 2e-9
            assert one.high <= 1
