"""Turns into sentences."""

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config import Segment
from pipeline.stages.segment import segment
from pipeline.tables import DOCUMENTS, SENTENCES, TURNS, Turn
from tests.unit.stages import journeys as j


def tables(*texts, **facts):
    turns = [Turn(f"t{n}", "d", n, "customer", "", "", text) for n, text in enumerate(texts)]
    return DOCUMENTS.frame([j.document("d", **facts)]), TURNS.frame(turns)


def said(*texts, settings=None, **facts):
    return segment(*tables(*texts, **facts), settings or Segment())


def test_every_sentence_is_a_span_of_its_turn():
    documents, turns = tables("It broke 😀. We left!", "料金が高い。困った。", language="en")
    text = turns.set_index("turn_id")["text"]
    rows = SENTENCES.rows(segment(documents, turns, Segment()).sentences)
    assert len(rows) == 4
    assert all(text[row.turn_id][row.start : row.end] == row.text for row in rows)
    assert {row.document_id for row in rows} == {"d"}


def test_turn_without_text_is_rejected():
    done = said("Fine.", " \n ", "")
    assert done.sentences["turn_id"].tolist() == ["t0"]
    assert done.rejects[["row_id", "reason"]].to_numpy().tolist() == [
        ["t1", "no_text"], ["t2", "no_text"]
    ]  # fmt: skip


def test_repeated_document_is_rejected_and_names_the_first():
    done = said("Fine.", duplicate_of="d0")
    assert done.sentences.empty
    reject = done.rejects.iloc[0]
    assert (reject["row_id"], reject["reason"]) == ("t0", "duplicate")
    assert "d0" in reject["detail"]


def test_document_in_a_language_not_read_is_rejected_with_the_reason():
    tables_of_ja = tables("料金が高い。", language="ja")
    done = segment(*tables_of_ja, Segment(), lambda one: "not read" if one == "ja" else "")
    assert done.sentences.empty
    assert done.rejects[["row_id", "reason", "detail"]].to_numpy().tolist() == [
        ["t0", "language", "not read"]
    ]
    assert len(segment(*tables_of_ja, Segment()).sentences) == 1


def test_sentence_longer_than_the_setting_is_cut():
    done = said("word " * 100, settings=Segment(max_characters=40))
    assert done.sentences["text"].str.len().max() <= 40
    assert "".join(done.sentences.sort_values("start")["text"]).count("word") == 100


def test_same_text_in_two_turns_has_two_ids():
    assert said("Fine.", "Fine.").sentences["sentence_id"].is_unique


def test_empty_input_gives_empty_tables():
    done = segment(DOCUMENTS.frame(), TURNS.frame(), Segment())
    assert done.sentences.empty
    assert done.rejects.empty


def test_input_is_left_untouched_and_twice_is_the_same():
    documents, turns = tables("It broke. We left!", "")
    before = documents.copy(), turns.copy()
    first, second = (segment(documents, turns, Segment()) for _ in range(2))
    pd.testing.assert_frame_equal(documents, before[0])
    pd.testing.assert_frame_equal(turns, before[1])
    for one, other in zip(first, second, strict=True):
        pd.testing.assert_frame_equal(one, other)


def test_row_order_does_not_matter():
    documents, turns = tables("One. Two.", "", "Three.")
    for one, other in zip(
        segment(documents, turns, Segment()),
        segment(j.shuffled(documents), j.shuffled(turns), Segment()),
        strict=True,
    ):
        pd.testing.assert_frame_equal(one, other)


@given(st.sampled_from(["en", "", "ja"]), st.lists(st.text(max_size=60), max_size=5))
def test_no_turn_vanishes_and_no_character_but_white_space(language, texts):
    documents, turns = tables(*texts, language=language)
    done = segment(documents, turns, Segment())
    landed = set(done.sentences["turn_id"]) | set(done.rejects["row_id"])
    assert landed == set(turns["turn_id"])
    kept = "".join(done.sentences.sort_values(["turn_id", "start"])["text"])
    assert "".join(kept.split()) == "".join("".join(texts).split())
