"""Names a person would use for a group of quotes."""

import numpy as np

from pipeline.engines.embedded.names import _is_general, name_groups, telling_terms
from pipeline.engines.embedded.terms import count_terms

PARKING = ["The car park is full.", "I could not find the car park.", "Car park costs a fortune."]
SHOWERS = ["The showers were cold.", "No hot showers.", "One shower for ten people."]
NAMED = [
    "rota", "invoice", "demo", "trial", "import", "plan", "seminar", "webinar", "contract",
    "refund", "upgrade", "login",
]  # fmt: skip
OTHERS = [f"The {word} is here." for word in NAMED]
TEXTS = [*PARKING, *SHOWERS, *OTHERS]
LABELS = np.array([0] * 3 + [1] * 3 + [-1] * 12)


def names_of(embedder, texts, labels, taken=()):
    vectors = embedder.embed(texts)
    return name_groups(texts, labels, vectors, count_terms(texts), embedder.embed, taken)


def test_group_is_named_by_what_its_quotes_share(embedder):
    names = names_of(embedder, TEXTS, LABELS)
    assert set(names) == {0, 1}
    assert "park" in names[0][0].lower()
    assert "shower" in names[1][0].lower()
    assert names[0][0][0].isupper()


def test_words_of_all_groups_are_looked_up_at_once(embedder):
    calls = []

    def embed(texts):
        calls.append(texts)
        return embedder.embed(texts)

    found = name_groups(TEXTS, LABELS, embedder.embed(TEXTS), count_terms(TEXTS), embed)
    assert found == names_of(embedder, TEXTS, LABELS)
    assert len(calls) == 1


def test_no_groups_have_no_names(embedder):
    assert names_of(embedder, TEXTS, np.full(len(TEXTS), -1)) == {}


def test_names_are_distinct_between_groups(embedder):
    texts, labels = [*PARKING, *PARKING, *OTHERS, *OTHERS], np.array([0] * 3 + [1] * 3 + [-1] * 24)
    names = [name for name, *_ in names_of(embedder, texts, labels).values() if name]
    assert len(names) == len(set(names))


def test_word_that_is_everywhere_names_nothing(embedder):
    texts = [f"At kestrel {text.lower()}" for text in TEXTS]
    names = names_of(embedder, texts, LABELS)
    assert not any("kestrel" in name.lower() for name, *_ in names.values())


def test_name_of_a_person_names_nothing(embedder):
    texts = [f"I asked Megan, {text.lower()}" for text in TEXTS]
    names = names_of(embedder, texts, LABELS)
    assert not any("megan" in name.lower() for name, *_ in names.values())


def test_telling_terms_are_held_by_a_share_of_the_quotes():
    vocabulary = count_terms(TEXTS)
    assert ("shower",) in telling_terms(SHOWERS, vocabulary, 0.9)
    assert ("people",) not in telling_terms(SHOWERS, vocabulary, 0.9)


def test_name_is_what_customers_say_most_often(embedder):
    assert names_of(embedder, TEXTS, LABELS)[0].name == "Car park"


def test_name_of_the_catalogue_is_not_given_again(embedder):
    named = names_of(embedder, TEXTS, LABELS, taken={("car", "park")})
    assert named[0].name.lower() != "car park"


def test_verb_is_no_name(embedder):
    arrived = ["We arrived at the desk.", "I arrived and the desk was shut.", "They arrived late.",
               "You arrived before the desk opened."]  # fmt: skip
    named = names_of(embedder, [*arrived, *OTHERS], np.array([0] * 4 + [-1] * 12))
    assert named[0].name == "Desk"


def test_opinion_that_always_stands_before_the_noun_belongs_to_the_name(embedder):
    haul = ["A long haul flight.", "On long haul they serve rice.", "Long haul again."]
    named = names_of(embedder, [*haul, *OTHERS], np.array([0] * 3 + [-1] * 12))
    assert named[0].name.lower().startswith("long haul")


def test_general_noun_is_marked(embedder):
    place = ["The place was shut.", "This place again.", "A place by itself."]
    named = names_of(embedder, [*place, *OTHERS], np.array([0] * 3 + [-1] * 12))
    assert named[0].is_general


def test_no_texts_have_no_names(embedder):
    assert names_of(embedder, [], np.array([], dtype=np.int64)) == {}


def named(embedder, texts, customers=()):
    every = [*texts, *OTHERS]
    labels = np.array([0] * len(texts) + [-1] * len(OTHERS))
    own = [*customers, *(f"other {n}" for n in range(len(OTHERS)))] if customers else ()
    vectors = embedder.embed(every)
    vocabulary = count_terms(every)
    found = name_groups(every, labels, vectors, vocabulary, embedder.embed, customers=own)
    return found[0].name


def test_single_word_takes_the_word_that_often_stands_beside_it(embedder):
    texts = [
        "The parcel locker was full.", "My parcel locker did not open.", "The parcel was in there.",
        "No code for the parcel locker.", "The parcel went back.",
    ]  # fmt: skip
    assert named(embedder, texts) == "Parcel locker"


def test_past_forms_and_dates_name_nothing(embedder):
    texts = [
        "The left at the fifteenth and the shuttle.", "A left on the fifteenth, the shuttle came.",
        "The left by the fifteenth was the shuttle.",
    ]  # fmt: skip
    assert named(embedder, texts) == "Shuttle"


def test_one_talkative_customer_does_not_name_a_group(embedder):
    dog = [f"The kennel {n} was small for the dog." for n in ("one", "two", "three", "four")]
    boat = ["The ferry was late.", "The ferry had no seats.", "We missed the ferry."]
    assert "kennel" in named(embedder, dog + boat).lower()
    assert named(embedder, dog + boat, ["a"] * 4 + ["b", "c", "d"]) == "Ferry"


def test_empty_noun_alone_is_marked_as_general(embedder):
    texts = ["The figure was clear.", "One figure only.", "A figure on a sheet."]
    own = [*texts, *OTHERS]
    found = names_of(embedder, own, np.array([0] * 3 + [-1] * len(OTHERS)))
    assert found[0].is_general


def test_vague_noun_tells_what_it_is_about(embedder):
    texts = [
        "The letter about the parking came in July.", "Their letter gives no reason.",
        "A letter of two lines.", "No parking, and a letter with no thanks.",
        "We got the letter again.",
    ]  # fmt: skip
    assert named(embedder, texts) == "Letter (parking)"


def test_what_judgements_are_about_is_no_general_noun():
    assert _is_general(("place",))
    assert not _is_general(("space",))


def test_word_that_nobody_can_say_stands_in_capitals(embedder):
    texts = ["My pc is slow.", "The pc froze.", "A pc that hums.", *SHOWERS, *OTHERS]
    assert names_of(embedder, texts, LABELS)[0].name == "PC"
