"""Clauses in reading order."""

from pipeline.config import Segment
from pipeline.engines.embedded.units import lay_out
from pipeline.stages.segment import segment
from pipeline.tables import DOCUMENTS, SENTENCES, TURNS, Turn
from tests.unit.stages import journeys as j

TEXTS = [
    "😀 The training was lovely but the start date still moved. That is why we left.",
    "The invoice was wrong.",
]


def sentences():
    turns = TURNS.frame(Turn(f"t{n}", "d", n, "customer", "", "", t) for n, t in enumerate(TEXTS))
    return segment(DOCUMENTS.frame([j.document("d")]), turns, Segment()).sentences


def test_offsets_count_characters_of_the_turn():
    units = lay_out(sentences())
    for turn_id, start, end, text in zip(
        units.turn_ids, units.starts, units.ends, units.texts, strict=True
    ):
        assert TEXTS[int(turn_id[1:])][start:end] == text
    assert units.texts[1] == "but the start date still moved."


def test_clause_follows_the_one_before_it_in_its_turn_only():
    units = lay_out(sentences())
    assert units.turn_ids == ["t0", "t0", "t0", "t1"]
    assert units.follows == [-1, 0, 1, -1]
    assert units.links == ["", "", "effect", ""]


def test_sentence_may_give_the_cause_of_the_one_before():
    said = ["We left. Because the invoice was wrong.", "Because the app hung, we left."]
    turns = TURNS.frame(Turn(f"t{n}", "d", n, "customer", "", "", t) for n, t in enumerate(said))
    found = segment(DOCUMENTS.frame([j.document("d")]), turns, Segment()).sentences
    units = lay_out(found)
    assert units.links == ["", "cause", "", "effect"]
    assert units.follows == [-1, 0, -1, 2]


def test_row_order_does_not_matter():
    assert lay_out(j.shuffled(sentences())) == lay_out(sentences())


def test_no_sentences_give_no_units():
    assert lay_out(SENTENCES.frame()).texts == []


def test_other_sentences_are_laid_out_anew():
    found = sentences()
    first = lay_out(found)
    assert lay_out(found) is first
    assert lay_out(found.assign(start=found["start"] + 1)).starts == [n + 1 for n in first.starts]
