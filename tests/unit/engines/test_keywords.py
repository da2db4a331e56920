"""Touchpoints by their words."""

import pytest

from pipeline.engines.embedded.keywords import (
    group_by_words,
    match_by_words,
    names_thing,
    nouns,
)
from pipeline.tables import CATALOGUE_PHRASES, CataloguePhrase
from tests.unit.sentences import texts_in

SURVEY = [
    "Bom atendimento", "O atendimento é rápido", "Péssimo atendimento na loja",
    "Preço alto", "Gostei dos preços", "O preço subiu muito",
    "A entrega atrasou", "Entregas sempre no prazo", "Muito boa a entrega",
    "Recomendo a todos", "Sou cliente há dez anos",
]  # fmt: skip


def phrases(*rows):
    return CATALOGUE_PHRASES.frame(CataloguePhrase(*row) for row in rows)


def words_of(language, text):
    return [noun.word for noun in nouns(language, text)]


def test_groups_are_named_by_nouns_and_general_praise_is_in_none():
    named = group_by_words("pt", SURVEY)
    assert {SURVEY[row]: name for row, name in named.items()} == dict(
        zip(SURVEY[:9], ["Atendimento"] * 3 + ["Preço"] * 3 + ["Entrega"] * 3, strict=True)
    )


def test_order_of_quotes_does_not_matter():
    backwards = SURVEY[::-1]
    one, other = group_by_words("pt", SURVEY), group_by_words("pt", backwards)
    assert {SURVEY[row]: name for row, name in one.items()} == {
        backwards[row]: name for row, name in other.items()
    }


def test_thing_named_by_too_few_is_no_group():
    assert group_by_words("pt", SURVEY[:2]) == {}
    assert group_by_words("pt", []) == {}


def test_words_that_never_stand_as_nouns_name_no_group():
    said = [f"Eles {verb} muito" for verb in ("instalam", "instalam", "instalam", "instalam")]
    said += ["Espero que instalam logo"] * 4
    assert group_by_words("pt", said) == {}


def test_compounds_count_with_their_first_part():
    said = ["Die Lieferung kam", "Der Liefertermin platzte", "Lange Lieferzeit", "Lieferung top"]
    assert set(group_by_words("de", said).values()) == {"Lieferung"}


def test_queue_names_a_group_only_for_want_of_a_thing():
    said = ["A fila do caixa", "Fila enorme", "Que fila", "Fila", "Caixa lento", "O caixa fechou"]
    named = group_by_words("pt", said)
    assert (named[0], named[1]) == ("Caixa", "Fila")


@pytest.mark.parametrize("language", ["pt", "de", "es", "fr"])
def test_stop_words_and_judgements_name_nothing(language):
    found = {word for text in texts_in(language) for word in words_of(language, text)}
    banned = {
        "pt": {"de", "que", "muito", "ótimo", "bom", "não", "para", "foi"},
        "de": {"die", "und", "nicht", "sehr", "gut", "wir", "mit", "war"},
        "es": {"que", "muy", "bueno", "excelente", "los", "para", "fue"},
        "fr": {"les", "que", "très", "bon", "pas", "pour", "est", "était"},
    }[language]
    assert not found & banned


def test_german_nouns_are_told_by_their_capital():
    assert words_of("de", "Die Werkstatt hat die Bremse repariert und wurde bezahlt") == [
        "werkstatt",
        "bremse",
    ]
    assert "werkstatt" in words_of("de", "die werkstatt war schnell")


def test_a_part_must_name_a_thing_to_stand_alone():
    assert names_thing("de", "Preise fair")
    assert not names_thing("pt", "ninguém veio instalar depois disso")


def test_catalogue_in_the_same_language_is_matched_by_its_words():
    known = phrases(
        ("t1", "name", "Entrega"), ("t1", "alias", "prazo de envio"), ("t2", "name", "Fatura"),
        ("t2", "example", "O boleto veio errado"), ("t3", "name", "Fatura anual"),
    )  # fmt: skip
    texts = ["A entrega atrasou", "O envio foi rápido", "Fatura errada", "Bom atendimento"]
    assert match_by_words("pt", texts, known) == ["t1", "t1", "", ""]
    assert match_by_words("pt", texts, phrases()) == ["", "", "", ""]
