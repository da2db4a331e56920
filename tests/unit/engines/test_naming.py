"""Touchpoints called by their names."""

import pytest

from pipeline.engines.embedded.naming import uses_of_names
from pipeline.tables import CATALOGUE_PHRASES, CataloguePhrase

IDS = ["bill", "export", "megan"]
PHRASES = CATALOGUE_PHRASES.frame(
    [
        CataloguePhrase("export", "name", "Payroll export"),
        CataloguePhrase("export", "definition", "The monthly bill of hours."),
        CataloguePhrase("bill", "name", "Payroll"),
        CataloguePhrase("bill", "alias", "invoices"),
        CataloguePhrase("megan", "name", "Megan"),
    ]
)
OTHERS = ["we have three sites"] * 30


def uses(text):
    found = uses_of_names([text, *OTHERS], PHRASES, IDS)
    return dict(zip(IDS, found.weight[0].tolist(), strict=True))


def test_whole_name_counts_and_definitions_do_not():
    found = uses("that payroll export again")
    assert found["export"] == 1
    assert found["bill"] == 0, "its word stands inside the longer name"
    assert uses("the monthly hours")["export"] == 0


def test_alias_may_be_an_opinion_and_no_mere_function_word():
    rows = [CataloguePhrase("export", "name", "Crowding")]
    rows += [CataloguePhrase("bill", "alias", "crowded"), CataloguePhrase("megan", "alias", "it")]
    known = CATALOGUE_PHRASES.frame([*rows, CataloguePhrase("megan", "name", "good")])
    found = uses_of_names(["it was good but crowded", *OTHERS], known, IDS)
    assert found.outright[0].tolist() == [True, False, False]


def test_words_of_a_description_count_the_less_the_more_have_them():
    rows = [CataloguePhrase(key, "definition", f"the lorry {key}") for key in IDS]
    rows += [CataloguePhrase("export", "example", "a crane fell"), *CATALOGUE_PHRASES.rows(PHRASES)]
    texts = ["a crane came", "a lorry came", "a crane and a lorry", *OTHERS]
    crane, lorry, both, other = uses_of_names(texts, CATALOGUE_PHRASES.frame(rows), IDS).described[
        :4
    ]
    assert crane.tolist() == [0, crane[1], 0]
    assert crane[1] > 2 * lorry.max() > 0
    assert both[1] > crane[1]
    assert other.tolist() == [0, 0, 0]


def test_name_inside_a_longer_one_speaks_for_both():
    found = uses_of_names(["payroll is slow", *OTHERS], PHRASES, IDS)
    weight = dict(zip(IDS, found.weight[0].tolist(), strict=True))
    assert weight["bill"] == weight["export"] > 0
    assert found.outright[0].tolist() == [True, False, False]
    assert found.inside == [(IDS.index("bill"), IDS.index("export"))]


def test_words_of_a_name_count_wherever_they_stand():
    found = uses_of_names(["the export of our payroll", "our export", *OTHERS], PHRASES, IDS)
    whole, half = found.in_part[:2, IDS.index("export")]
    assert whole > half > 0
    assert found.weight[1].tolist() == [0, 0, 0]


def test_word_that_stands_everywhere_tells_little_of_a_name():
    rare = uses_of_names(["our export", *OTHERS], PHRASES, IDS).in_part[0, 1]
    common = uses_of_names(["our export"] * 31, PHRASES, IDS).in_part[0, 1]
    assert rare > 2 * common > 0


def test_single_word_counts_for_less():
    assert 0 < uses("two invoices came")["bill"] < 1


@pytest.mark.parametrize("text", ["Thanks, Megan.", "Megan, can you help?"])
def test_name_that_is_called_is_no_topic(text):
    assert uses(text)["megan"] == 0


def test_name_shared_by_two_tells_half():
    shared = CATALOGUE_PHRASES.frame(
        [CataloguePhrase("a", "name", "Front desk"), CataloguePhrase("b", "alias", "front desk")]
    )
    found = uses_of_names(["the front desk", *OTHERS], shared, ["a", "b"])
    assert found.weight[0].tolist() == [0.5, 0.5]
    assert not found.outright.any()


def test_name_that_is_everywhere_tells_half():
    found = uses_of_names(["the payroll export"] * 5, PHRASES, IDS)
    assert found.weight[:, 1].tolist() == [0.5] * 5
    assert found.outright[:, 1].all()


def test_no_texts_use_no_names():
    found = uses_of_names([], PHRASES, IDS)
    assert found.weight.shape == found.in_part.shape == (0, 3)


def test_share_of_a_name_is_told_beside_how_much():
    found = uses_of_names(["the export of our payroll", "our export", *OTHERS], PHRASES, IDS)
    whole, half, none = found.covered[:3, IDS.index("export")].tolist()
    assert whole == pytest.approx(1)
    assert 0 < half < 1
    assert none == 0
