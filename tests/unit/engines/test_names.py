"""Names a person would use for a group of quotes."""

import numpy as np
import pytest

from pipeline.engines.embedded.names import (
    count_terms,
    name_groups,
    name_pain,
    telling_terms,
    terms,
)

PARKING = ["The car park is full.", "I could not find the car park.", "Car park costs a fortune."]
SHOWERS = ["The showers were cold.", "No hot showers.", "One shower for ten people."]
NAMED = [
    "rota", "invoice", "demo", "trial", "import", "plan", "seminar", "webinar", "contract",
    "refund", "upgrade", "login",
]  # fmt: skip
OTHERS = [f"The {word} is here." for word in NAMED]
TEXTS = [*PARKING, *SHOWERS, *OTHERS]
LABELS = np.array([0] * 3 + [1] * 3 + [-1] * 12)


def test_terms_are_stems_and_pairs_with_their_form_in_the_text():
    found = terms("The car parks were full.")
    assert found["car",] == "car"
    assert found["car", "park"] == "car parks"
    assert ("the",) not in found


def test_punctuation_parts_a_pair():
    assert ("car", "park") not in terms("The car, park and ride.")


def test_group_is_named_by_what_its_quotes_share():
    names = name_groups(TEXTS, LABELS, count_terms(TEXTS))
    assert set(names) == {0, 1}
    assert "park" in names[0][0].lower()
    assert "shower" in names[1][0].lower()
    assert names[0][0][0].isupper()


def test_names_are_distinct_between_groups():
    texts, labels = [*PARKING, *PARKING, *OTHERS, *OTHERS], np.array([0] * 3 + [1] * 3 + [-1] * 24)
    names = [name for name, _ in name_groups(texts, labels, count_terms(texts)).values() if name]
    assert len(names) == len(set(names))


def test_word_that_is_everywhere_names_nothing():
    texts = [f"At kestrel {text.lower()}" for text in TEXTS]
    names = name_groups(texts, LABELS, count_terms(texts))
    assert not any("kestrel" in name.lower() for name, _ in names.values())


def test_name_of_a_person_names_nothing():
    texts = [f"I asked Megan, {text.lower()}" for text in TEXTS]
    names = name_groups(texts, LABELS, count_terms(texts))
    assert not any("megan" in name.lower() for name, _ in names.values())


def test_telling_terms_are_held_by_a_share_of_the_quotes():
    vocabulary = count_terms(TEXTS)
    assert ("shower",) in telling_terms(SHOWERS, vocabulary, 0.9)
    assert ("people",) not in telling_terms(SHOWERS, vocabulary, 0.9)


def test_no_texts_have_no_terms():
    vocabulary = count_terms([])
    assert vocabulary.n_quotes == 0
    assert name_groups([], np.array([], dtype=np.int64), vocabulary) == {}


def pain(embedder, *quotes, polarity=None):
    return name_pain(
        quotes, embedder.embed(quotes), np.array(polarity or [-0.5] * len(quotes), dtype=np.float32)
    )


def test_pain_is_named_in_a_customers_own_words(embedder):
    quotes = (
        "but the export totals are wrong.", "And the totals of the export were wrong again!",
        "Wrong totals.",
    )  # fmt: skip
    name = pain(embedder, *quotes)
    assert any(name.lower() in quote.lower() for quote in quotes)
    assert name[0].isupper()
    assert name[-1] not in ".,!"
    assert not name.lower().startswith(("but", "and"))


@pytest.mark.parametrize("quote", ["word " * 60, "The export totals " + "were wrong " * 20])
def test_long_pain_is_cut_and_marked(embedder, quote):
    name = pain(embedder, quote)
    assert name.endswith("…")
    assert len(name.split()) < 15
