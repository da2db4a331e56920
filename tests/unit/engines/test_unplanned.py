"""Groups found beside a catalogue: touchpoints, and settings that only come up."""

import numpy as np
import pytest

from pipeline.engines.embedded.discovery import Groups
from pipeline.engines.embedded.groups import centred
from pipeline.engines.embedded.terms import count_terms
from pipeline.engines.embedded.unplanned import Claimed, _without, reclaim, stand_beside

INVOICES = [
    "The invoice was wrong again.", "Your invoice charged us twice.", "The invoice never came.",
    "My invoice has the wrong address.", "The invoice charges for a till we sent back.",
    "We were billed twice on one invoice.",
]  # fmt: skip
REPORTS = [
    "The sales report mixes both shops.", "Your report shows last week's sales.",
    "The sales report will not open.", "The report leaves out the second shop.",
    "The sales report comes too late.", "I cannot print the sales report.",
]  # fmt: skip
READERS = [
    "The card reader dies by lunchtime.", "The card reader loses its connection.",
    "Our card reader takes three attempts.", "The card reader was dead again.",
    "The card reader drops off the network.", "The card reader will not connect.",
]  # fmt: skip
BUTCHERS = [
    "One of my butchers sings in a choir.", "The butchers had their Christmas dinner.",
    "My butchers cut what people ask for.", "I have three butchers and an apprentice.",
    "The butcher next door has a parrot.", "Our butcher was born in Whitby.",
]  # fmt: skip
KNOWN, FOUND = [*INVOICES, *REPORTS], [*READERS, *BUTCHERS]
OWNERS = ["invoice"] * 6 + ["report"] * 6
LABELS = np.repeat([0, 1], 6)


@pytest.fixture(scope="module")
def look(embedder):
    around = embedder.embed(FOUND)
    return lambda texts: centred(embedder.embed(texts), around=around)


def claimed(look, texts=KNOWN, owners=OWNERS, judges=True):
    who = [f"k{n}" for n in range(len(texts))]
    return Claimed(texts, look(texts), owners, who, np.full(len(texts), judges))


def stood(look, known, labels=LABELS, judges=None, found=FOUND):
    groups = Groups(found, look(found), labels, [f"c{n}" for n in range(len(found))])
    judging = np.repeat([True, False], 6) if judges is None else judges
    return stand_beside(groups, judging, known, count_terms(found), look).tolist()


def test_what_only_comes_up_is_no_touchpoint_beside_a_catalogue(look):
    assert stood(look, claimed(look)) == [0] * 6 + [-1] * 6


def test_without_quotes_of_a_catalogue_all_groups_stand(look):
    assert stood(look, claimed(look, [], [])) == LABELS.tolist()


def test_catalogue_of_few_customers_shows_nothing(look):
    known = claimed(look, KNOWN[:4], OWNERS[:4])
    assert stood(look, known) == LABELS.tolist()


@pytest.mark.parametrize(("judges", "n_kept"), [(True, 6), (False, 0)])
def test_group_judged_less_than_what_the_catalogue_knows_must_be_more_alike(look, judges, n_kept):
    labels = np.repeat([0, -1], 6)
    assert stood(look, claimed(look), labels, np.full(12, judges)).count(0) == n_kept


def test_order_of_quotes_does_not_matter(look):
    turned = stood(look, claimed(look), LABELS[::-1], np.repeat([False, True], 6), FOUND[::-1])
    assert turned[::-1] == stood(look, claimed(look))


def test_quote_nearer_to_a_touchpoint_of_the_catalogue_stays_out(look):
    found = [*READERS, "The invoice was wrong once more."]
    out = stood(look, claimed(look), np.zeros(7, dtype=np.int64), np.ones(7, dtype=np.bool_), found)
    assert out == [0] * 6 + [-1]


def test_groups_and_quotes_stay_as_they_were(look):
    labels = LABELS.copy()
    stood(look, claimed(look), labels)
    assert labels.tolist() == LABELS.tolist()


def test_a_text_without_its_word_is_about_it():
    assert _without("The Butcher's van and two butchers", {"butcher"}) == "the it van and two it"
    assert _without("It was so quiet there", {"noise"}) == "it was so it there"


def test_matched_quote_with_a_word_its_touchpoint_lacks_joins_the_group(look):
    texts = [*INVOICES, *REPORTS[:5], "The card reader dies before the report."]
    groups = Groups(READERS, look(READERS), np.zeros(6, dtype=np.int64))
    vocabulary = count_terms(FOUND)
    taken = reclaim(claimed(look, texts), groups, vocabulary, {"report": {"sale", "report"}})
    assert taken.tolist() == [-1] * 11 + [0]
    known = {"report": {"sale", "report", "card", "reader"}}
    assert set(reclaim(claimed(look, texts), groups, vocabulary, known).tolist()) == {-1}
