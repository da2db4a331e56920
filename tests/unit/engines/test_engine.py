"""The embedded engine behind the one protocol."""

import math
from dataclasses import replace
from itertools import count

import pandas as pd
import pytest

from pipeline.answers import ANSWERS, GROUPS
from pipeline.beside import Beside
from pipeline.briefs import Brief
from pipeline.config import Segment
from pipeline.engines.embedded import ahead
from pipeline.engines.embedded.engine import EmbeddedEngine
from pipeline.errors import EngineError
from pipeline.stages.extract import KINDS, OUTCOMES
from pipeline.stages.segment import segment
from pipeline.tables import (
    CANDIDATES,
    CATALOGUE_PHRASES,
    DOCUMENTS,
    MENTIONS,
    SENTENCES,
    TOUCHPOINTS,
    TURNS,
    Candidate,
    CataloguePhrase,
    Turn,
)
from tests.unit.engines.test_discovery import LONERS, PARKING, SHOWERS
from tests.unit.stages import journeys as j

SAID = {
    "t0": "Hello there. 😀 The payroll export was wrong again, so we missed pay day!",
    "t1": "The training by your trainer was lovely but the invoice was wrong and I paid twice.",
}


@pytest.fixture(scope="module")
def sentences():
    turns = TURNS.frame(Turn(t, "d", 0, "customer", "", "", text) for t, text in SAID.items())
    return segment(DOCUMENTS.frame([j.document("d")]), turns, Segment()).sentences


@pytest.fixture(scope="module")
def reading(engine, sentences, phrases):
    return engine.read(sentences, phrases)


def test_answers_quote_the_turn_exactly(reading):
    answers = ANSWERS.rows(reading.answers)
    assert answers
    for answer in answers:
        assert SAID[answer.turn_id][answer.start : answer.end] == answer.quote
        assert answer.kind in KINDS
        assert answer.outcome in OUTCOMES
        assert abs(answer.polarity) <= 1
        assert 0 <= answer.intensity <= 1
        assert 0 <= answer.confidence <= 1


def test_two_touchpoints_in_one_sentence_are_two_answers(reading):
    own = reading.answers[reading.answers["turn_id"] == "t1"]
    found = dict(zip(own["touchpoint_id"], own["polarity"], strict=True))
    assert {"training", "invoice"} <= set(found)
    assert found["training"] > 0 > found["invoice"]


def test_greeting_is_no_answer(reading):
    assert not any("Hello" in quote for quote in reading.answers["quote"])


def test_link_joins_two_answers_and_spans_both(reading):
    answers = {a.answer_id: a for a in ANSWERS.rows(reading.answers)}
    for row in reading.answer_links.to_dict("records"):
        ends = [answers[row["cause_id"]], answers[row["effect_id"]]]
        assert row["start"] <= min(a.start for a in ends)
        assert row["end"] >= max(a.end for a in ends)


def test_reading_does_not_depend_on_row_order_or_on_what_is_known(
    reading, engine, sentences, phrases, tmp_path
):
    fresh = EmbeddedEngine(tmp_path / "cache.sqlite", 0.5)
    assert fresh.name == engine.name
    for again in (
        engine.read(j.shuffled(sentences), phrases), fresh.read(sentences, j.shuffled(phrases))
    ):  # fmt: skip
        pd.testing.assert_frame_equal(again.answers, reading.answers)
        pd.testing.assert_frame_equal(again.answer_links, reading.answer_links)


def test_engine_that_must_be_surer_leaves_more_to_discovery(sentences, phrases, vector_cache):
    """Only a decision, or an end of a stated cause, may be matched by a weaker likeness."""
    matched, weaker = [], set()
    for least in (0.0, 0.5, 1.01):
        answers, links, _ = EmbeddedEngine(vector_cache, least).read(sentences, phrases)
        known = answers[answers["touchpoint_id"] != ""]
        is_end = known["answer_id"].isin([*links["cause_id"], *links["effect_id"]])
        is_stated = is_end | (known["kind"] == "decision")
        assert (known.loc[~is_stated, "confidence"] >= least).all()
        weaker |= set(known.loc[is_stated & (known["confidence"] < least), "answer_id"])
        matched.append(set(known["answer_id"]))
    assert matched[0] >= matched[1] >= matched[2] >= weaker
    assert weaker


def test_without_a_catalogue_everything_is_left_to_discovery(engine, sentences):
    answers = engine.read(sentences, CATALOGUE_PHRASES.frame()).answers
    assert set(answers["touchpoint_id"]) == {""}


def test_nothing_said_is_nothing_read(engine, phrases):
    assert all(frame.empty for frame in engine.read(SENTENCES.frame(), phrases))
    assert engine.warm(SENTENCES.frame(), None) == 0


def test_warm_counts_clauses_and_reports(engine, sentences):
    assert engine.warm(sentences, None) >= len(sentences)


def test_warm_leaves_nothing_to_compute_and_says_how_far_it_is(sentences, monkeypatch):
    monkeypatch.setattr(ahead, "_AT_ONCE", 2)
    monkeypatch.setattr(ahead, "_AT_FIRST", 1)
    told = []
    engine = EmbeddedEngine(None, 0.5)
    engine.warm(sentences, lambda done, total: told.append((done, total)))
    assert told == sorted(told)
    assert told[-1] == (len(sentences), len(sentences))
    known = set(engine._embedder._recent)
    engine.read(sentences, CATALOGUE_PHRASES.frame())
    assert set(engine._embedder._recent) == known


def test_words_are_looked_at_by_whom_they_are_asked_of(tmp_path, sentences, monkeypatch):
    monkeypatch.setattr(ahead, "_AT_FIRST", 1)
    engine = EmbeddedEngine(None, 0.5)
    notes = (tmp_path / str(number) for number in count())
    with Beside(ahead.__name__) as beside:
        asked = []

        def ask(function, *arguments):
            asked.append(function)
            return beside.ask(next(notes), function, *arguments)

        engine.warm(sentences, None, ask)
    assert asked == [ahead.cut, ahead.tell_words]
    elsewhere = engine.read(sentences, CATALOGUE_PHRASES.frame())
    ahead.tell_words(["others"])
    here = engine.read(sentences, CATALOGUE_PHRASES.frame())
    assert all(one.equals(other) for one, other in zip(elsewhere, here, strict=True))


def test_warm_fails_as_its_model_does(sentences, monkeypatch):
    engine = EmbeddedEngine(None, 0.5)

    def fail(texts, progress):
        raise EngineError("no model")

    monkeypatch.setattr(engine._embedder, "embed", fail)
    with pytest.raises(EngineError, match="no model"):
        engine.warm(sentences, None)


def candidates(*quotes):
    return CANDIDATES.frame(
        Candidate(f"m{n:02}", "d", "t", f"c{n}", "", "pain", quote, 0, len(quote), -0.5, 0.5,
                  "failed", 0.5, "e")
        for n, quote in enumerate(quotes)
    )  # fmt: skip


def test_unknown_quotes_are_grouped_and_named(engine, phrases):
    groups = engine.group(candidates(*PARKING, *SHOWERS, *LONERS), phrases)
    names = groups.set_index("mention_id")["name"]
    assert set(names[:5].str.lower()) == {"car park"}
    assert "shower" in names["m05"].lower()
    assert set(groups["mention_id"]) == {f"m{n:02}" for n in range(10)}
    assert groups["confidence"].between(0, 1).all()
    assert set(groups["near_id"]) <= set(phrases["touchpoint_id"]) | {""}
    assert groups["definition"].str.endswith(".").all()


def test_group_named_like_a_touchpoint_of_the_catalogue_is_that_touchpoint(engine, phrases):
    parking = CATALOGUE_PHRASES.frame([CataloguePhrase("cars", "name", "The car parking")])
    known = CATALOGUE_PHRASES.check(pd.concat([phrases, parking]))
    groups = engine.group(candidates(*PARKING, *SHOWERS, *LONERS), known)
    homes = groups.set_index("mention_id")["same_id"]
    assert set(homes[:5]) == {"cars"}
    assert set(homes[5:]) == {""}


def test_grouping_does_not_depend_on_row_order(engine, phrases):
    frame = candidates(*PARKING, *SHOWERS, *LONERS)
    one, other = engine.group(frame, phrases), engine.group(j.shuffled(frame), phrases)
    assert one["mention_id"].tolist() == other["mention_id"].tolist()
    assert one["name"].tolist() == other["name"].tolist()


@pytest.mark.parametrize("quotes", [[], ["The car park was full."]])
def test_too_few_quotes_form_no_group(engine, phrases, quotes):
    assert engine.group(candidates(*quotes), phrases).empty


def test_same_quote_from_several_customers_is_no_fault(engine, phrases):
    flat = ["It is what it is."] * 10
    groups = engine.group(candidates(*["The car park is full."] * 2, *flat), phrases)
    assert set(groups["mention_id"]) <= {"m00", "m01"}


def hurt(*quotes, touchpoint="tp", mark="m"):
    return MENTIONS.frame(
        j.mention(f"{mark}{n}", f"c{n}", touchpoint, quote=quote, kind="pain", polarity=-0.6)
        for n, quote in enumerate(quotes)
    )


def test_pains_are_grouped_by_problem_and_every_one_has_a_group(engine):
    quotes = [
        "The totals are wrong.",
        "All the totals were wrong.",
        "Wrong totals again.",
        "It takes an hour to load.",
        "It is so slow to load.",
        "Loading takes for ever.",
    ]
    groups = engine.group_pains(hurt(*quotes), TOUCHPOINTS.frame()).set_index("mention_id")
    assert len(groups) == 6
    assert groups["group"]["m0"] == groups["group"]["m1"]
    assert groups["group"]["m0"] != groups["group"]["m4"]
    for mention_id, name in groups["name"].items():
        own = [
            quotes[int(m[1:])] for m in groups.index[groups["group"] == groups["group"][mention_id]]
        ]
        assert any(name.lower() in quote.lower() for quote in own)


def test_problem_of_two_touchpoints_is_one_of_each(engine):
    quotes = ["The totals are wrong.", "All the totals were wrong.", "It is so slow to load."]
    here, there = hurt(*quotes), hurt(*quotes, touchpoint="other", mark="n")
    both = engine.group_pains(pd.concat([here, there]), TOUCHPOINTS.frame()).set_index("mention_id")
    alone = engine.group_pains(here, TOUCHPOINTS.frame()).set_index("mention_id")
    assert both["group"]["m0"] == both["group"]["m1"]
    assert set(both["group"][:3]).isdisjoint(both["group"][3:])
    assert both["name"].tolist() == alone["name"].tolist() * 2


@pytest.mark.parametrize("n", [0, 1, 2, 4])
def test_few_or_equal_pains_are_no_fault(engine, n):
    groups = engine.group_pains(hurt(*["It is far too slow."] * n), TOUCHPOINTS.frame())
    assert len(groups) == n
    assert list(groups.columns) == list(GROUPS.columns)


def quoted(**groups):
    return pd.DataFrame(
        [(name, quote) for name, quotes in groups.items() for quote in quotes],
        columns=["group", "quote"],
    )


def test_same_thing_is_recognised_in_the_next_period(engine):
    before = quoted(park=PARKING[:3], shower=SHOWERS[:3])
    now = quoted(a=SHOWERS[2:], b=PARKING[2:], c=LONERS)
    assert engine.same_thing(before, now) == {"a": "shower", "b": "park"}


def test_one_group_continues_one_group_only(engine):
    pairs = engine.same_thing(quoted(park=PARKING), quoted(a=PARKING, b=PARKING[1:]))
    assert pairs == {"a": "park"}


def test_nothing_before_or_now_is_nothing_continued(engine):
    nothing = quoted()
    assert engine.same_thing(nothing, quoted(a=PARKING)) == {}
    assert engine.same_thing(quoted(a=PARKING), nothing) == {}


def test_five_proposals_for_each_brief(engine):
    brief = Brief(
        touchpoint_id="tp", name="Payroll export", definition="", owner="", stage="",
        stage_done_when="", stage_timeframe_days=math.nan, n_customers=9, n_all_customers=20,
        n_pain_customers=5, emotion=-0.5, function=0.4, n_function_customers=7, pains=(),
        praises=(), suggestions=(), expectations=(), outgoing=(), incoming=(), worst_segment="",
        n_segment=0, n_segment_pain=0,
    )  # fmt: skip
    proposals = engine.propose([brief, replace(brief, touchpoint_id="other")])
    assert len(proposals) == 10
    assert engine.propose([]) == []


def test_rows_of_a_spreadsheet_are_tagged_or_abstained_from(engine, phrases):
    texts = [
        "Hello. The payroll export had the wrong overtime hours!", "", "It rained at the seaside.",
        "料金 😀",
    ]  # fmt: skip
    tagged = engine.tag(texts, phrases)
    assert len(tagged) == len(texts)
    assert tagged["touchpoint_id"].tolist() == ["export", "", "", ""]
    assert tagged["confidence"].between(0, 1).all()
    assert tagged["polarity"].between(-1, 1).all()
    assert all(quote in text for quote, text in zip(tagged["quote"], texts, strict=True))


def test_rows_without_a_latin_letter_are_abstained_from(engine, phrases):
    texts = ["料金", "счёт", "τιμολόγιο", "فاتورة", "[EMAIL] 料金", "invoice"]
    tagged = engine.tag(texts, phrases)
    assert tagged["touchpoint_id"].tolist() == ["", "", "", "", "", "invoice"]
    assert (tagged["confidence"][:5] == 0).all()


@pytest.mark.parametrize("texts", [[], [""], [" ", ""]])
def test_rows_without_a_text_are_abstained_from(engine, phrases, texts):
    assert engine.tag(texts, phrases)["touchpoint_id"].tolist() == [""] * len(texts)


def test_rows_of_a_spreadsheet_are_grouped_and_named(engine):
    texts = [*PARKING, *SHOWERS, *LONERS]
    found = engine.cluster(texts)
    assert len(found) == len(texts)
    assert found["group"][:5].nunique() == found["group"][5:10].nunique() == 1
    assert found["group"][0] != found["group"][5]
    assert (found.loc[found["group"] == "", "name"] == "").all()


@pytest.mark.parametrize("texts", [[], ["One row."], ["The same row."] * 3, ["", " "]])
def test_few_or_equal_rows_are_no_fault(engine, texts):
    assert len(engine.cluster(texts)) == len(texts)
