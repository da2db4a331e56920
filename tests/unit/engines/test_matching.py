"""Clauses against the catalogue."""

import numpy as np
import pytest

from pipeline.engines.embedded import matching
from pipeline.engines.embedded.matching import match
from pipeline.tables import CATALOGUE_PHRASES, CataloguePhrase
from tests.unit.stages.journeys import shuffled

CLAUSES = [
    "the payroll export had the wrong overtime hours",
    "our trainer taught the new admins well",
    "the bill was wrong and I had to pay twice",
    "it rained all day at the seaside",
]


@pytest.fixture
def matched(embedder, phrases):
    def run(texts=CLAUSES, follows=None, known=phrases):
        return match(
            list(texts), embedder.both(texts), follows or [-1] * len(texts), known, embedder
        )

    return run


def best(matches):
    return [matches.touchpoint_ids[column] for column in matches.best.tolist()]


def test_clause_goes_to_the_touchpoint_it_is_about(matched):
    assert best(matched())[:3] == ["export", "training", "invoice"]


def test_clause_about_something_else_is_less_sure(matched):
    confidence = matched().confidence
    assert ((confidence >= 0) & (confidence <= 1)).all()
    assert confidence[3] < confidence[:3].min()


def test_own_name_of_a_touchpoint_counts(matched):
    named, described = matched(["the payroll export", "that file for the wages"]).scores[:, 0]
    assert named > described


def test_longer_name_is_not_outdone_by_the_shorter_inside_it(matched):
    """The text has the words of both, though those of the longer one not in a row."""
    known = CATALOGUE_PHRASES.frame(
        CataloguePhrase(name, "name", name)
        for name in ("credit score", "improve credit score", "opening hours")
    )
    texts = ["how could I improve my bad credit score", "what is my credit score", *CLAUSES]
    found = matched(texts, known=known)
    assert best(found)[:2] == ["improve credit score", "credit score"]
    assert found.second[0] == -1, "one thing is named, not two"


def test_clause_without_a_topic_borrows_from_the_one_before(matched):
    texts = ["the payroll export failed", "and it was awful"]
    alone, carried = matched(texts).scores, matched(texts, [-1, 0]).scores
    assert carried[1, 0] > alone[1, 0]
    assert carried[0].tolist() == alone[0].tolist()


def test_clause_with_another_topic_is_told_less_sure_after_one_that_is_sure(matched):
    texts = ["the payroll export failed", "our trainer taught the new admins well"]
    alone, after = matched(texts), matched(texts, [-1, 0])
    training = alone.touchpoint_ids.index("training")
    assert alone.best[1] == after.best[1] == training
    assert after.confidence[1] < alone.confidence[1]


def test_word_of_its_description_draws_a_clause_to_a_touchpoint(matched, phrases, monkeypatch):
    rows = CATALOGUE_PHRASES.rows(phrases[phrases["kind"] == "name"])
    rows += [CataloguePhrase("invoice", "definition", "Brought by lorry.")]
    texts, known = ["that lorry stood there", *CLAUSES], CATALOGUE_PHRASES.frame(rows)
    more = matched(texts, known=known).scores
    monkeypatch.setattr(matching, "_DESCRIBED_WEIGHT", 0.0)
    less = matched(texts, known=known).scores
    assert (more[0] > less[0] + 0.01).tolist() == [False, True, False]
    np.testing.assert_allclose(more[1:], less[1:])


def test_naming_the_touchpoint_makes_it_surer(matched, monkeypatch):
    texts = ["the payroll export had the wrong overtime hours", *CLAUSES[1:]]
    more = matched(texts).confidence
    monkeypatch.setattr(matching, "_CARRYING_NAMED", matching._CARRYING)
    less = matched(texts).confidence
    assert more[0] > less[0]
    assert more[3] == less[3]


def test_row_order_of_the_catalogue_does_not_matter(matched, phrases):
    one, other = matched(), matched(known=shuffled(phrases))
    assert one.touchpoint_ids == other.touchpoint_ids
    np.testing.assert_allclose(one.scores, other.scores, atol=1e-5)


def test_empty_catalogue_matches_nothing(matched):
    found = matched(known=CATALOGUE_PHRASES.frame())
    assert found.touchpoint_ids == []
    assert found.confidence.tolist() == [0.0] * 4


def test_no_clauses_match_nothing(matched):
    assert len(matched([]).confidence) == 0


def test_catalogue_of_one_touchpoint_is_enough(matched, phrases):
    found = matched(known=phrases[phrases["touchpoint_id"] == "export"])
    assert found.confidence[0] > found.confidence[3]


def test_clause_that_names_two_touchpoints_is_about_both(matched):
    found = matched(["the payroll export and the admin training were both a mess", *CLAUSES])
    both = {found.best[0], found.second[0]}
    assert {found.touchpoint_ids[column] for column in both} == {"export", "training"}
    assert found.second_confidence[0] >= 0.5
    assert found.second[1:].tolist() == [-1] * len(CLAUSES)


def test_catalogue_of_one_touchpoint_has_no_second(matched, phrases):
    found = matched(["the payroll export"], known=phrases[phrases["touchpoint_id"] == "export"])
    assert found.second.tolist() == [-1]


def test_clause_that_names_a_touchpoint_borrows_nothing(matched):
    texts = ["the invoice was wrong", "and the admin training"]
    alone, after = matched(texts), matched(texts, [-1, 0])
    assert after.scores[1].tolist() == alone.scores[1].tolist()
