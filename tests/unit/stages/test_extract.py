"""The quote gate."""

import math
from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.answers import ANSWER_LINKS, ANSWERS, Answer, AnswerLink
from pipeline.config import Segment
from pipeline.methods.folding import fold
from pipeline.stages.extract import extract, spoken_by_customers
from pipeline.stages.segment import segment
from pipeline.tables import CANDIDATES, DOCUMENTS, SENTENCES, TURNS, Sentence, Turn
from tests.unit.stages import journeys as j

SAID = "It took 30 days 😀. We were not told. So we left."
DOCUMENT = DOCUMENTS.frame([j.document("d", "c1")])
SPOKEN = TURNS.frame(
    [Turn("t", "d", 0, "customer", "", "", SAID),
     Turn("u", "d", 1, "agent", "", "", "I am very sorry. It was our mistake."),
     Turn("v", "d", 2, "unknown", "", "", "Somebody said this.")]
)  # fmt: skip


def answer(quote, turn_id="t", **facts):
    """An answer with its quote's true span, where there is one."""
    start = SAID.find(quote)
    base = Answer("a1", turn_id, "tp", "pain", quote, start, start + len(quote), -0.5, 0.5,
                  "failed", 0.9)  # fmt: skip
    return replace(base, **facts)


def gate(*answers, links=(), examples=()):
    return extract(
        DOCUMENT, SPOKEN, SENTENCES.frame(), ANSWERS.frame(answers), ANSWER_LINKS.frame(links),
        "e1", examples=examples,
    )  # fmt: skip


def faults(done):
    return dict(zip(done.rejects["row_id"], done.rejects["reason"], strict=True))


def test_quote_that_stands_in_the_turn_is_kept_with_its_customer_and_engine():
    done = gate(answer("We were not told."))
    row = CANDIDATES.rows(done.candidates)[0]
    assert SAID[row.start : row.end] == row.quote == "We were not told."
    assert (row.mention_id, row.document_id, row.customer_id, row.engine) == (
        "a1", "d", "c1", "e1"
    )  # fmt: skip
    assert done.rejects.empty


def test_source_characters_are_kept_never_the_engines():
    done = gate(answer("we  WERE not told.", start=0, end=3))
    assert done.candidates["quote"].tolist() == ["We were not told."]


@pytest.mark.parametrize(
    ("quote", "reason"),
    [("We were told.", "changed_negation"), ("It took 31 days", "changed_number"),
     ("It took days", "changed_number"), ("We were not told. We left.", "stitched"),
     ("", "empty_quote"), (" ", "empty_quote"), ("It took ages", "not_in_source"),
     ("I am very sorry.", "not_the_customer"), ("not told", "")],
)  # fmt: skip
def test_quote_passes_or_is_rejected_with_the_reason(quote, reason):
    done = gate(answer(quote))
    assert faults(done) == ({"a1": reason} if reason else {})
    assert len(done.candidates) == (not reason)


def test_text_of_the_examples_shown_to_the_engine_is_rejected():
    done = gate(answer("the parcel was lost"), examples=["Well, the parcel was lost."])
    assert faults(done) == {"a1": "from_the_examples"}


def test_quote_of_another_turn_of_the_document_is_put_where_it_stands():
    done = gate(answer("So we left.", turn_id="u"))
    row = CANDIDATES.rows(done.candidates)[0]
    assert (row.turn_id, row.quote) == ("t", "So we left.")
    assert SAID[row.start : row.end] == row.quote


def test_sentence_of_a_quote_that_was_put_right_is_not_silent():
    sentences = segment(DOCUMENT, SPOKEN, Segment()).sentences
    done = extract(
        DOCUMENT, SPOKEN, sentences,
        ANSWERS.frame([answer("So we left.", turn_id="u", start=0, end=3)]), ANSWER_LINKS.frame(),
        "e1",
    )  # fmt: skip
    assert sorted(done.rejects["detail"]) == ["It took 30 days 😀.", "We were not told."]


@pytest.mark.parametrize(("quote", "start"), [("It took 3", 0), ("e not told", 23)])
def test_quote_cut_within_a_word_is_rejected_even_at_its_true_place(quote, start):
    done = gate(answer(quote, start=start, end=start + len(quote)))
    assert set(faults(done)) == {"a1"}


@pytest.mark.parametrize("turn_id", ["u", "v"])
def test_words_of_anyone_but_the_customer_are_rejected(turn_id):
    text = SPOKEN.set_index("turn_id").loc[turn_id, "text"]
    done = gate(answer(text, turn_id, start=0, end=len(text)))
    assert faults(done) == {"a1": "not_the_customer"}


def test_turn_that_does_not_exist_is_rejected():
    assert faults(gate(answer("We", "nowhere"))) == {"a1": "unknown_turn"}


@pytest.mark.parametrize(
    "fact",
    [{"kind": "rant"}, {"outcome": "maybe"}, {"polarity": math.nan}, {"intensity": math.nan},
     {"confidence": math.nan}],
)  # fmt: skip
def test_value_that_no_table_knows_is_rejected(fact):
    assert faults(gate(answer("So we left.", **fact))) == {"a1": "bad_value"}


def test_numbers_out_of_bounds_are_brought_to_them():
    low, high = -7.0, 7.0
    rows = CANDIDATES.rows(
        gate(
            answer("So we left.", polarity=low, intensity=low, confidence=low),
            answer("It took", answer_id="a2", polarity=high, intensity=high, confidence=high),
        ).candidates
    )
    assert [(r.polarity, r.intensity, r.confidence) for r in rows] == [(-1, 0, 0), (1, 1, 1)]


@pytest.mark.parametrize(("start", "end"), [(0, 999), (-5, -1), (40, 3), (-999, 999)])
def test_false_span_is_replaced_by_the_true_one(start, end):
    quote = SAID[start:end] or "So we left."
    for row in CANDIDATES.rows(gate(answer(quote, start=start, end=end)).candidates):
        assert 0 <= row.start < row.end <= len(SAID)
        assert SAID[row.start : row.end] == row.quote


def test_bad_answer_is_rejected_alone():
    done = gate(answer("So we left."), answer("invented", answer_id="a2"))
    assert done.candidates["mention_id"].tolist() == ["a1"]
    assert faults(done) == {"a2": "not_in_source"}


def test_sentence_without_an_answer_is_a_counted_reject():
    sentences = segment(DOCUMENT, SPOKEN, Segment()).sentences
    done = extract(
        DOCUMENT, SPOKEN, sentences, ANSWERS.frame([answer("We were not told")]),
        ANSWER_LINKS.frame(), "e1",
    )  # fmt: skip
    assert set(done.rejects["reason"]) == {"no_touchpoint"}
    assert sorted(done.rejects["detail"]) == ["It took 30 days 😀.", "So we left."]


@given(st.sets(st.integers(0, 7)), st.sets(st.integers(0, 7)))
def test_sentence_is_silent_unless_a_quote_that_counts_overlaps_it(quoted, invented):
    texts = [f"Export number {n} failed." for n in range(8)]
    starts = [sum(len(one) + 1 for one in texts[:n]) for n in range(8)]
    said = SENTENCES.frame(
        Sentence(f"s{n}", "t", "d", start, start + len(one), one)
        for n, (start, one) in enumerate(zip(starts, texts, strict=True))
    )
    told = [replace(answer(texts[n]), answer_id=f"a{n}", start=starts[n]) for n in quoted]
    told += [
        replace(answer("It never was so."), answer_id=f"b{n}", start=starts[n], end=starts[n] + 9)
        for n in invented
    ]
    turns = TURNS.frame([Turn("t", "d", 0, "customer", "", "", " ".join(texts))])
    done = extract(DOCUMENT, turns, said, ANSWERS.frame(told), ANSWER_LINKS.frame(), "e")
    silent = set(done.rejects.query("reason == 'no_touchpoint'")["row_id"])
    assert silent == {f"s{n}" for n in range(8) if n not in quoted}


def test_engine_gets_to_read_customers_only():
    sentences = segment(DOCUMENT, SPOKEN, Segment()).sentences
    assert set(spoken_by_customers(SPOKEN, sentences)["turn_id"]) == {"t"}


CAUSE, EFFECT = answer("We were not told."), answer("So we left.", answer_id="a2")
START = SAID.index("We were")


def link(**facts):
    return replace(AnswerLink("a1", "a2", "t", SAID[START:], START, len(SAID)), **facts)


def test_cause_is_quoted_in_the_customers_words():
    row = gate(CAUSE, EFFECT, links=[link()]).causes.iloc[0]
    assert (row["cause_mention_id"], row["effect_mention_id"]) == ("a1", "a2")
    assert row["quote"] == "We were not told. So we left."
    assert SAID[row["start"] : row["end"]] == row["quote"]


def test_cause_of_which_turn_or_span_are_wrong_is_put_where_it_stands():
    row = gate(CAUSE, EFFECT, links=[link(turn_id="u", start=0, end=3)]).causes.iloc[0]
    assert SAID[row["start"] : row["end"]] == row["quote"] == "We were not told. So we left."


def test_cause_with_a_rejected_end_is_dropped():
    lost = replace(EFFECT, quote="invented")
    assert gate(CAUSE, lost, links=[link()]).causes.empty


@pytest.mark.parametrize(
    "fact",
    [{"quote": "I am very sorry."}, {"turn_id": "nowhere"}, {"quote": "It took 30 days"},
     {"quote": "anything"}, {"quote": "So we left."}, {"effect_id": "a1"}],
)  # fmt: skip
def test_cause_that_does_not_hold_both_its_ends_is_dropped(fact):
    assert gate(CAUSE, EFFECT, links=[link(**fact)]).causes.empty


def test_empty_input_gives_empty_tables():
    done = extract(
        DOCUMENTS.frame(), TURNS.frame(), SENTENCES.frame(), ANSWERS.frame(), ANSWER_LINKS.frame(),
        "e1",
    )  # fmt: skip
    assert all(frame.empty for frame in done)


def test_input_untouched_row_order_irrelevant_twice_the_same():
    sentences = segment(DOCUMENT, SPOKEN, Segment()).sentences
    frames = [
        DOCUMENT, SPOKEN, sentences, ANSWERS.frame([CAUSE, EFFECT]), ANSWER_LINKS.frame([link()])
    ]  # fmt: skip
    before = [frame.copy() for frame in frames]
    first = extract(*frames, "e1")
    for frame, old in zip(frames, before, strict=True):
        pd.testing.assert_frame_equal(frame, old)
    for again in (extract(*frames, "e1"), extract(*map(j.shuffled, frames), "e1")):
        for one, other in zip(first, again, strict=True):
            pd.testing.assert_frame_equal(one, other)


@given(
    st.one_of(
        st.text(max_size=30), st.sampled_from([SAID[a:b] for a in (0, 3, 20) for b in (9, 29, 48)])
    ),
    st.integers(-60, 60),
    st.integers(-60, 60),
)
def test_whatever_an_engine_answers_only_true_spans_pass(quote, start, end):
    done = gate(answer(quote, start=start, end=end))
    assert len(done.candidates) + len(done.rejects) == 1
    for row in CANDIDATES.rows(done.candidates):
        assert SAID[row.start : row.end] == row.quote
        assert 0 <= row.start < row.end <= len(SAID)
        outer = " .,;:!'-()[]"
        assert fold(row.quote).text.strip(outer) == fold(quote).text.strip(outer)
