"""Survey scores as outcomes."""

import pytest

from pipeline.config import Outcome
from pipeline.methods.outcomes import known_outcomes
from pipeline.tables import DOCUMENTS
from tests.unit.stages import journeys as j


def scored(language, scores):
    return [
        j.document(
            f"{language}{n}", f"{language}{n}", language=language, score=score, score_kind="nps"
        )
        for n, score in enumerate(scores)
    ]


@pytest.mark.parametrize("language", ["en", "pt", "ja", ""])
def test_scores_are_an_outcome_in_every_language(language):
    scores = [float(n % 11) for n in range(40)]
    known = known_outcomes(DOCUMENTS.frame(scored(language, scores)), Outcome())
    assert len(known.by_customer) == 40
    assert known.by_customer[f"{language}0"] < known.by_customer[f"{language}10"]


def test_scores_of_several_languages_are_taken_together():
    scores = [float(n % 11) for n in range(40)]
    both = DOCUMENTS.frame([*scored("en", scores), *scored("pt", scores)])
    assert known_outcomes(both, Outcome()).basis == "nps scores of 80 customers"
