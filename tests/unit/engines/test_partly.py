"""Sentences in German, Spanish, French and Portuguese → answers and groups."""

import pandas as pd
import pytest

from pipeline.config import Segment
from pipeline.engines.embedded.partly import (
    apart,
    cluster_partly,
    group_partly,
    read_partly,
    tag_partly,
)
from pipeline.stages.segment import segment
from pipeline.tables import CATALOGUE_PHRASES, DOCUMENTS, TURNS, CataloguePhrase, Turn
from tests.unit.stages import journeys as j

NOTHING = CATALOGUE_PHRASES.frame()


def sentences(*texts, language="pt"):
    ids = [f"d{n}" for n in range(len(texts))]
    documents = DOCUMENTS.frame(j.document(i, language=language) for i in ids)
    turns = TURNS.frame(
        Turn(f"t{i}", i, 0, "customer", "", "", text) for i, text in zip(ids, texts, strict=True)
    )
    return segment(documents, turns, Segment()).sentences, turns


def read(*texts, language="pt", phrases=NOTHING):
    said, turns = sentences(*texts, language=language)
    answers = read_partly(language, said, phrases)
    text = turns.set_index("turn_id")["text"]
    assert all(
        text[turn][start:end] == quote
        for turn, start, end, quote in zip(
            *(answers[name] for name in ("turn_id", "start", "end", "quote")), strict=True
        )
    )
    return answers.sort_values(["turn_id", "start"]).reset_index(drop=True)


def test_each_thing_gets_its_own_mood():
    answers = read("O preço é justo, mas a entrega foi péssima.")
    assert answers["quote"].tolist() == ["O preço é justo", "mas a entrega foi péssima"]
    assert answers["kind"].tolist() == ["praise", "pain"]


def test_listed_things_are_apart_and_share_a_judgement():
    answers = read("Ótimos preços, atendimento e entrega.")
    assert answers["quote"].tolist() == ["Ótimos preços", "atendimento", "entrega"]
    assert (answers["polarity"] > 0).all()


def test_praise_without_a_thing_is_no_answer():
    assert read("Muito bom!", "Adorei tudo.").empty


def test_thing_without_a_judgement_has_no_mood():
    answers = read("Atendimento")
    assert (answers["kind"].tolist(), answers["polarity"].tolist()) == (["experience"], [0.0])


def test_failure_and_decision_are_told():
    answers = read("Die App stürzt ab.", "Ich habe den Vertrag gekündigt.", language="de")
    assert answers["outcome"].tolist() == ["failed", "unknown"]
    assert answers["kind"].tolist() == ["pain", "decision"]


def test_input_is_left_untouched_and_order_does_not_matter():
    said, _ = sentences("Bom atendimento", "A entrega atrasou. O preço subiu.")
    before = said.copy()
    one = read_partly("pt", said, NOTHING)
    other = read_partly("pt", said.iloc[::-1], NOTHING)
    pd.testing.assert_frame_equal(said, before)
    pd.testing.assert_frame_equal(one, other)


def test_no_sentences_give_no_answers():
    assert read_partly("fr", sentences()[0], NOTHING).empty


def test_groups_hold_what_the_catalogue_does_not():
    texts = ["Bom atendimento", "O atendimento é lento", "Atendimento ruim", "Fatura errada"]
    candidates = pd.DataFrame(
        {"mention_id": list("abcd"), "quote": texts, "touchpoint_id": ["", "", "", "t1"]}
    )
    groups = group_partly("pt", candidates, NOTHING)
    assert groups["mention_id"].tolist() == ["a", "b", "c"]
    assert set(groups["name"]) == {"Atendimento"}
    assert group_partly("pt", candidates.iloc[:0], NOTHING).empty


def test_languages_are_taken_apart_and_unread_ones_left_out():
    frame = pd.DataFrame({"language": ["en", "", "ja", "pt", "de", "pt"], "row": range(6)})
    english, others = apart(frame)
    assert english["row"].tolist() == [0, 1]
    assert {one: own["row"].tolist() for one, own in others.items()} == {"de": [4], "pt": [3, 5]}


def test_frame_without_languages_is_english():
    frame = pd.DataFrame({"row": [1, 2]})
    assert apart(frame) == (frame, {}) or apart(frame)[0] is frame


@pytest.mark.parametrize("texts", [[], ["A entrega atrasou", "Olá"]])
def test_rows_of_a_spreadsheet_keep_their_number(texts):
    known = CATALOGUE_PHRASES.frame([CataloguePhrase("t1", "name", "Entrega")])
    tags = tag_partly("pt", texts, known)
    assert tags["touchpoint_id"].tolist() == ["t1", ""][: len(texts)]
    assert len(cluster_partly("pt", texts)) == len(texts)


def test_engine_reads_each_language_its_own_way(engine):
    said = pd.concat(
        [
            sentences("The delivery was late and the box was broken.", language="en")[0],
            sentences("-", "A entrega atrasou.", language="pt")[0],
            sentences("-", "-", "配送が遅い。", language="ja")[0],
        ]
    )
    languages = said["document_id"].map({"d0": "en", "d1": "pt", "d2": "ja"})
    answers = engine.read(said.assign(language=languages), NOTHING).answers
    assert "A entrega atrasou" in set(answers["quote"])
    assert any("delivery" in quote for quote in answers["quote"])
    assert not any("配送" in quote for quote in answers["quote"])
    assert (engine.unread("ja") != "", engine.unread("pt")) == (True, "")
