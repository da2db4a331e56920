"""Which language a text is in, alone and among the others of its survey."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sources.languages import (
    _loading,
    begin_loading,
    end_loading,
    find_languages,
    guess,
)
from tests.unit.sentences import LANGUAGES, SENTENCES, texts_in

WITH_LISTS = ("pt", "de", "es", "fr")


@pytest.mark.parametrize("said", SENTENCES, ids=lambda said: f"{said.language} {said.text[:30]}")
def test_no_text_is_surely_in_another_language(said):
    found = guess(said.text)
    assert found.language == said.language or not found.is_sure


@pytest.mark.parametrize("language", LANGUAGES)
def test_most_answers_are_told_by_themselves(language):
    texts = texts_in(language)
    told = sum(guess(text).language == language for text in texts)
    assert told >= 0.88 * len(texts)


@pytest.mark.parametrize("language", [one for one in LANGUAGES if one != "en"])
def test_short_answers_are_in_the_language_of_their_survey(language):
    texts = texts_in(language)
    assert find_languages(texts, "en") == [language] * len(texts)


def test_short_portuguese_is_not_taken_for_spanish_in_a_portuguese_survey():
    texts = ["Entrega rápida", "Ótimo", "ok", *texts_in("pt")[-10:]]
    assert set(find_languages(texts, "en")) == {"pt"}


def test_short_answer_alone_tells_no_language():
    assert find_languages(["Super", "ok", "10"], "en") == ["", "", ""]


def test_unsure_text_of_a_mixed_survey_is_in_the_corpus_language():
    texts = texts_in("de")[-5:] + texts_in("ja") + texts_in("en")[-5:]
    unsure = "Matterhorn Zermatt Gotthard"
    assert not guess(unsure).is_sure
    assert find_languages([*texts, unsure, "Zermatt"], "en")[-2:] == ["en", ""]


def test_english_with_foreign_names_and_signs_stays_english():
    texts = [
        "The staff at the Café de la Paix were lovely",
        "I paid 20 € for the Gruyère and it was stale",
        "Müller from support never called me back",
        "寿司 bar on the second floor was great, friendly chef",
    ]
    assert [guess(text).language for text in texts] == ["en"] * 4


@pytest.mark.parametrize(
    ("language", "text"),
    [("ru", "Не работает"), ("uk", "Дуже швидка доставка, дякую, все чудово працює"),
     ("ja", "対応が遅い"), ("zh", "服务态度差"), ("ko", "배송이 너무 늦었어요"),
     ("el", "Δεν λειτουργεί"), ("he", "לא עובד"), ("ar", "لا يعمل"), ("th", "บริการดีมาก"),
     ("hi", "सेवा बहुत अच्छी है")],
)  # fmt: skip
def test_a_script_of_its_own_tells_even_a_short_text(language, text):
    assert guess(text)[:2] == (language, True)


def test_text_without_letters_has_no_language():
    assert find_languages(["", "10/10", "👍👍", "..."], "pt") == ["", "", "", ""]


def test_accents_left_out_do_not_matter():
    assert guess("Nao gostei do atendimento, muito demorado").language == "pt"


@given(st.lists(st.text(max_size=40), max_size=4))
def test_any_text_gets_an_answer(texts):
    assert len(find_languages(texts, "en")) == len(texts)


def test_model_that_was_let_go_is_loaded_again_when_it_is_needed():
    begin_loading()
    before = _loading()
    end_loading()
    assert guess("Der Zug kam leider wieder viel zu spät").language == "de"
    assert _loading() is not before
