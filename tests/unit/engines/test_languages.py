"""Mood and outcome in German, Spanish, French and Portuguese."""

import tomllib
from collections import Counter
from importlib.resources import files

import numpy as np
import pytest

from pipeline.engines.embedded.languages import act_in, cut_contrasts, mood_in, outcome_in
from pipeline.engines.embedded.wordlists import VALUES
from pipeline.methods.languages import PARTLY
from tests.unit.sentences import SENTENCES

CLEAR = 0.1


def mood(language, text):
    return float(mood_in(language, [text])[0])


@pytest.mark.parametrize("language", PARTLY)
def test_mood_of_most_answers_is_right(language):
    own = [said for said in SENTENCES if said.language == language]
    found = mood_in(language, [said.text for said in own])
    signs = np.where(np.abs(found) > CLEAR, np.sign(found), 0)
    assert (signs == [said.mood for said in own]).mean() >= 0.93


@pytest.mark.parametrize("language", PARTLY)
def test_hardly_any_mood_is_turned_round(language):
    own = [said for said in SENTENCES if said.language == language and said.mood]
    found = mood_in(language, [said.text for said in own])
    wrong = [s.text for s, m in zip(own, found.tolist(), strict=True) if s.mood * m < -CLEAR]
    assert len(wrong) <= 0.03 * len(own), wrong


@pytest.mark.parametrize(
    ("language", "good", "bad"),
    [("pt", "Gostei do produto", "Não gostei do produto"),
     ("pt", "Nunca tive problemas", "Tive problemas"),
     ("de", "Die Beratung gefällt mir", "Die Beratung gefällt mir leider gar nicht"),
     ("de", "Ohne Fehler", "Voller Fehler"),
     ("es", "La recomiendo", "No la recomiendo"),
     ("fr", "Ça marche", "Ça marche pas"),
     ("fr", "Je suis satisfaite", "Je ne suis pas du tout satisfaite")],
)  # fmt: skip
def test_negation_turns_a_judgement_round(language, good, bad):
    assert mood(language, good) > CLEAR
    assert mood(language, bad) < -CLEAR


@pytest.mark.parametrize(
    ("language", "text"),
    [("es", "El repartidor dejó la caja en la calle y se la llevaron"),
     ("es", "La chica del chat no tenía ni idea"),
     ("es", "El color no tiene nada que ver con la foto"),
     ("es", "Llevo un mes entero esperando el reembolso"),
     ("es", "Me devolvieron menos dinero del que pagué"),
     ("de", "Der Kundenservice schickt nur Textbausteine"),
     ("de", "In der Hotline hing ich 50 Minuten und flog dann raus"),
     ("de", "Nach dem Update kann ich mich nicht mehr anmelden"),
     ("fr", "Le colis est arrivé avec dix jours de retard"),
     ("fr", "La couleur n'a rien à voir avec la photo"),
     ("fr", "Le livreur a jeté le carton par-dessus la clôture"),
     ("fr", "Mon colis n'est pas arrivé"),
     ("fr", "Je n'ai pas reçu ma commande"),
     ("fr", "Il n'est jamais arrivé"),
     ("fr", "Rien ne fonctionne"),
     ("de", "Die Lieferung kam nicht an"),
     ("es", "No he recibido el reembolso")],
)  # fmt: skip
def test_complaints_in_plain_words_are_bad(language, text):
    assert mood(language, text) < -CLEAR
    assert outcome_in(language, text) != "worked"


@pytest.mark.parametrize(
    ("language", "text"),
    [("es", "No tengo ninguna queja"), ("de", "Die Qualität ist nicht schlecht für den Preis"),
     ("de", "Herr Lang hat sich rührend gekümmert"), ("de", "Umtausch ohne Diskussion"),
     ("de", "Die Schuhe passen wie angegossen"), ("fr", "Remboursée sans avoir à me battre")],
)  # fmt: skip
def test_praise_in_plain_words_is_good(language, text):
    assert mood(language, text) > CLEAR


@pytest.mark.parametrize(
    ("language", "text", "act"),
    [("de", "Ich bestelle nie wieder bei euch", "decision"),
     ("fr", "Je ne commanderai plus jamais chez vous", "decision"),
     ("fr", "Il a jeté le carton par-dessus la clôture", ""),
     ("es", "Estaría bien poder elegir la hora", "suggestion")],
)  # fmt: skip
def test_who_leaves_decides_and_who_wishes_suggests(language, text, act):
    assert act_in(language, text) == act


def test_negation_does_not_reach_beyond_a_pause():
    assert mood("de", "Nein, niemals Ärger: nicht lange überlegen, tolle Werkstatt") > CLEAR
    assert mood("es", "No, excelente") > CLEAR


@pytest.mark.parametrize(
    ("language", "text"),
    [("pt", "O prato é bom, mas o garçom foi péssimo"),
     ("de", "Das Essen war gut, aber die Bedienung war schlecht"),
     ("es", "La comida estaba buena, pero el camarero fue malo"),
     ("fr", "Le repas était bon, mais le serveur était mauvais")],
)  # fmt: skip
def test_what_stands_behind_but_weighs_more(language, text):
    assert mood(language, text) < -CLEAR


def test_emphasis_and_doubt_change_the_strength():
    plain, strong, weak = (
        mood("pt", t) for t in ("Atendimento lento", "Muito lento", "Um pouco lento")
    )
    assert strong < plain < weak < 0
    assert mood("es", "¡Buen servicio!") > mood("es", "Buen servicio")


def test_what_is_wished_for_is_not_there():
    assert mood("de", "Der Support könnte besser sein") < -CLEAR


def test_accents_and_umlauts_may_be_left_out():
    assert mood("pt", "Pessimo") == mood("pt", "Péssimo") < -CLEAR
    assert mood("de", "Enttaeuscht, unverschaemt") == mood("de", "Enttäuscht, unverschämt")
    assert mood("de", "Schon lange Kunde") != mood("de", "Schöne lange Kunde")


def test_text_without_opinion_has_no_mood():
    assert mood("fr", "J'ai retiré ma commande au magasin") == 0
    assert mood_in("de", []).shape == (0,)


@pytest.mark.parametrize(
    ("language", "text", "wanted"),
    [("pt", "Resolveram na hora", "worked"), ("pt", "Não resolveram nada", "failed"),
     ("pt", "O aplicativo trava", "failed"), ("pt", "Quarto limpo", "unknown"),
     ("de", "Hat sofort geklappt", "worked"), ("de", "Hat leider nicht geklappt", "failed"),
     ("de", "Der Motor ist ausgefallen", "failed"), ("es", "Lo arreglaron", "worked"),
     ("es", "Nadie contesta", "failed"), ("fr", "L'appli plante", "failed"),
     ("fr", "Ça plante, mais le support a réparé", "partly")],
)  # fmt: skip
def test_outcome_is_read_apart_from_mood(language, text, wanted):
    assert outcome_in(language, text) == wanted


def test_problem_that_was_solved_is_no_complaint():
    assert mood("pt", "Meu problema foi solucionado") > CLEAR
    assert mood("de", "Das Problem wurde behoben") > CLEAR
    assert mood("es", "No solucionaron mi problema") < -CLEAR


def test_staff_and_features_are_no_success():
    assert outcome_in("pt", "Os funcionários do balcão") == "unknown"
    assert outcome_in("fr", "Une fonctionnalité de plus") == "unknown"


def test_decisions_and_wishes_are_told():
    assert act_in("de", "Ich habe gekündigt") == "decision"
    assert act_in("pt", "Cancelei o plano") == "decision"
    assert act_in("es", "Deberían abrir los sábados") == "suggestion"
    assert act_in("fr", "La chambre était calme") == ""


def test_sentence_is_cut_before_each_but():
    text = "O prato é bom, mas o garçom foi rude."
    assert [text[a:b] for a, b in cut_contrasts("pt", text)] == [
        "O prato é bom",
        "mas o garçom foi rude",
    ]
    assert len(cut_contrasts("pt", "Mas que prato")) == 1


@pytest.mark.parametrize(
    ("language", "text"),
    [("de", "Guten Tag"), ("de", "Mit freundlichen Grüßen"), ("de", "Liebe Grüße"),
     ("de", "Vielen Dank im Voraus"), ("es", "Buenos días"), ("es", "Saludos cordiales"),
     ("es", "Muchas gracias de antemano"), ("fr", "Bonne journée"), ("fr", "Merci d'avance"),
     ("fr", "Merci de me rembourser"), ("fr", "Cordialement"), ("pt", "Bom dia"),
     ("pt", "Obrigado desde já")],
)  # fmt: skip
def test_greetings_praise_nothing(language, text):
    assert abs(mood(language, text)) < CLEAR
    assert outcome_in(language, text) == "unknown"


@pytest.mark.parametrize("language", PARTLY)
def test_each_word_has_one_class(language):
    path = files("pipeline.engines.embedded").joinpath("languages.toml")
    lists = tomllib.loads(path.read_text(encoding="utf-8"))[language]
    listed = [word for kind in ("greets", *VALUES) for word in lists[kind].split()]
    assert sorted(word for word, n in Counter(listed).items() if n > 1) == []
