"""The words that may name a thing."""

from pipeline.engines.embedded.terms import count_terms, terms


def test_terms_are_stems_and_runs_with_their_form_in_the_text():
    found = terms("The car parks were full.")
    assert found["car",] == "car"
    assert found["car", "park"] == "car parks"
    assert ("the",) not in found


def test_terms_have_three_words_at_most():
    assert max(len(term) for term in terms("airport car park ticket machine")) == 3


def test_determiner_does_not_part_a_term_but_punctuation_does():
    assert terms("change my address")["change", "address"] == "change address"
    assert ("car", "park") not in terms("The car, park and ride.")


def test_words_with_digits_name_nothing():
    assert terms("The 2x2 layout") == {("layout",): "layout"}


def test_word_after_an_article_is_a_noun_and_one_after_a_pronoun_is_not():
    texts = ["We arrived by the gate."] * 5 + ["They arrived, no gate."] * 5
    vocabulary = count_terms(texts)
    assert vocabulary.noun_share("gate") > 0.7
    assert vocabulary.noun_share("arrived") < 0.1


def test_what_somebody_is_the_object_of_is_a_verb():
    texts = ["Can you guide me?", "Kindly guide us.", "My account shows me a debt."]
    vocabulary = count_terms([*texts, "My bill shows an amount."])
    assert vocabulary.noun_share("guide") < 0.4
    assert vocabulary.noun_share("shows") < 0.4
    assert count_terms(["I read the guide.", "The guide is short."]).noun_share("guide") > 0.6


def test_comparatives_name_nothing():
    texts = ["For a taller man.", "I slept the longest.", "The corner is dark."]
    vocabulary = count_terms(texts)
    assert vocabulary.noun_share("taller") < 0.2
    assert vocabulary.noun_share("longest") < 0.2
    assert vocabulary.noun_share("corner") > 0.6


def test_people_places_and_the_business_are_nameless():
    texts = ["I asked Megan in Delhi.", "So Megan of Kestrel came.", "From KLM to the TV.",
             "At KLM a TV is on."]  # fmt: skip
    nameless = count_terms(texts, "Kestrel Rota").nameless
    assert {"megan", "delhi", "kestrel", "rota", "klm"} <= nameless
    assert "tv" not in nameless


def test_no_texts_have_no_terms():
    assert count_terms([]).n_quotes == 0


def test_judgements_tell_what_they_are_about():
    for text in ("The hall was packed.", "Far too crowded", "Overcrowded!"):
        assert ("crowding",) in terms(text)
    assert ("crowding",) not in terms("The hall was lovely.")


def test_events_are_part_of_a_run_though_they_sound_bad():
    assert ("lost", "card") in terms("I have lost my card")
    assert ("support", "chat") in terms("the support chat is closed")
    assert ("horrible", "card") not in terms("a horrible card")
