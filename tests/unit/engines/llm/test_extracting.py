"""Sentences become numbered lines; what the model says of a line becomes an answer."""

import pandas as pd
import pytest

from pipeline.engines.llm.extracting import Known, lay_out, read_answers
from pipeline.engines.llm.jobs import Answered, Fault
from pipeline.engines.llm.schemas import CauseRead, ExtractResult, MentionRead
from pipeline.engines.llm.words import common_words

COLUMNS = ("sentence_id", "document_id", "turn_id", "start", "end", "text", "staff", "position",
           "place")  # fmt: skip
ROWS = (
    ("s1", "d1", "t1", 0, 20, "The gate was\nclosed.", "", 0, 0),
    ("s2", "d1", "t1", 21, 40, "The queue was long.", "", 0, 1),
    ("s4", "d1", "t1", 60, 80, "The desk helped us.", "", 0, 3),
    ("s5", "d1", "t3", 0, 10, "It opened.", "We opened it.", 2, 0),
    ("s6", "d1", "t3", 20, 30, "At noon so", "We opened it.", 2, 2),
    ("s7", "d2", "t9", 0, 12, "The gate too", "", 0, 0),
)
KNOWN = Known({"T1": "tp-1"}, {"boarding desk": "tp-2"}, common_words([], ["gate"]))


@pytest.fixture
def asked():
    return lay_out(pd.DataFrame(ROWS, columns=COLUMNS).sample(frac=1, random_state=3))


def mention(line=1, quote="The gate was closed.", touchpoint="Gate", **changed):
    told = {
        "line": line, "quote": quote, "touchpoint": touchpoint, "kind": "pain", "polarity": -0.5,
        "intensity": 0.4, "outcome": "failed", "confidence": 0.7,
    }  # fmt: skip
    return MentionRead(**(told | changed))


def cause(line=1, cause=0, effect=1, quote="closed. The queue"):
    return CauseRead(line=line, cause=cause, effect=effect, quote=quote)


def read(asked, *mentions, causes=(), key="d1"):
    result = ExtractResult(id=1, mentions=mentions, causes=causes)
    return read_answers(asked, Answered({key: [result]}, {}), KNOWN)


def test_neighbours_of_a_turn_share_a_line_and_a_gap_begins_another(asked):
    first, second = asked.items
    assert (first.key, second.key) == ("d1", "d2")
    assert first.lines == (
        "[1] The gate was closed. The queue was long.",
        "[2] The desk helped us.",
        "(staff: We opened it.)\n[3] It opened.",
        "[4] At noon so",
    )
    assert second.lines == ("[1] The gate too",)


def test_lines_know_their_sentences_and_spans(asked):
    first, *_, last = asked.lines["d1"]
    assert first == ("t1", 0, 40, ("s1", "s2"))
    assert last == ("t3", 20, 30, ("s6",))


@pytest.mark.parametrize(
    ("said", "touchpoint_id", "label"),
    [
        ("T1", "tp-1", ""),
        (" t1 ", "tp-1", ""),
        ("Boarding  Desk", "tp-2", ""),
        ("gate", "", "Gate"),
        ("gate closed", "", "Gate closed"),
        ("T9", "", ""),
        ("Brasilia", "", ""),
    ],
)
def test_a_touchpoint_is_a_code_a_name_or_a_label_of_known_words(asked, said, touchpoint_id, label):
    [row] = read(asked, mention(touchpoint=said)).answers.itertuples()
    assert (row.touchpoint_id, row.label) == (touchpoint_id, label)


def test_an_answer_points_to_the_span_of_its_line(asked):
    [row] = read(asked, mention(line=3, quote="[3] It opened.")).answers.itertuples()
    assert (row.turn_id, row.start, row.end) == ("t3", 0, 10)
    assert row.quote == "It opened."


@pytest.mark.parametrize("line", [0, -1, 5, 998])
def test_a_line_that_does_not_exist_is_left_to_the_gate(asked, line):
    [row] = read(asked, mention(line=line)).answers.itertuples()
    assert row.turn_id == "t1"


def test_the_same_mention_twice_is_one_answer(asked):
    assert len(read(asked, mention(), mention(quote="the gate was  closed.")).answers) == 1


def test_a_cause_joins_two_answers(asked):
    other = mention(quote="The queue was long.", touchpoint="T1")
    reading = read(asked, mention(), other, causes=[cause(), cause()])
    [link] = reading.answer_links.itertuples()
    ids = dict(zip(reading.answers["quote"], reading.answers["answer_id"], strict=True))
    assert link.cause_id == ids["The gate was closed."]
    assert link.effect_id == ids["The queue was long."]
    assert (link.turn_id, link.start, link.end) == ("t1", 0, 40)


@pytest.mark.parametrize(
    "wrong",
    [cause(effect=2), cause(cause=-1), cause(line=0), cause(line=5), cause(effect=0)],
)
def test_a_cause_without_both_ends_is_dropped(asked, wrong):
    other = mention(quote="The queue was long.")
    assert read(asked, mention(), other, causes=[wrong]).answer_links.empty


def test_results_of_pieces_are_read_with_the_lines_of_the_document(asked):
    results = [
        ExtractResult(id=1, mentions=(mention(),), causes=()),
        ExtractResult(id=1, mentions=(mention(line=4, quote="At noon"),), causes=()),
    ]
    reading = read_answers(asked, Answered({"d1": results}, {}), KNOWN)
    assert set(reading.answers["turn_id"]) == {"t1", "t3"}


def test_each_sentence_of_a_line_without_an_answer_is_a_reject(asked):
    lines = asked.items[0].lines
    faults = [Fault("refused", "no", lines[:1]), Fault("no_answer", "left out", lines[2:3])]
    reading = read_answers(asked, Answered({}, {"d1": faults}), KNOWN)
    rejects = reading.rejects.set_index("row_id")
    assert dict(rejects["reason"]) == {"s1": "refused", "s2": "refused", "s5": "no_answer"}
    assert rejects.loc["s5", "detail"] == "left out"
    assert set(rejects["stage"]) == {"extract"}
