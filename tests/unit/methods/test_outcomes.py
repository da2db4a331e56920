"""Survey scores as moods, and as outcomes."""

from math import isnan, nan

from pipeline.config import Outcome
from pipeline.methods.outcomes import known_outcomes, score_moods
from pipeline.tables import DOCUMENTS
from tests.unit.stages import journeys as j


def scored(language, scores, kind="nps"):
    return [
        j.document(
            f"{language}{n}", f"{language}{n}", language=language, score=score, score_kind=kind
        )
        for n, score in enumerate(scores)
    ]


def test_scores_tell_moods():
    moods = score_moods(DOCUMENTS.frame(scored("pt", [10.0, 7.5, 0.0])))
    assert moods[["pt0", "pt1", "pt2"]].tolist() == [1.0, 0.0, -1.0]
    stars = score_moods(DOCUMENTS.frame(scored("de", [5.0, 3.0, 1.0], "stars")))
    assert stars[["de0", "de1", "de2"]].tolist() == [1.0, 0.0, -1.0]


def test_no_score_tells_no_mood():
    moods = score_moods(DOCUMENTS.frame([j.document("d", score=nan, score_kind="")]))
    assert isnan(moods["d"])


def test_score_that_told_the_mood_is_no_outcome():
    scores = [float(n % 11) for n in range(40)]
    assert known_outcomes(DOCUMENTS.frame(scored("en", scores)), Outcome()).basis
    assert not known_outcomes(DOCUMENTS.frame(scored("pt", scores)), Outcome()).basis


def test_few_other_languages_leave_the_outcome_to_english():
    scores = [float(n % 11) for n in range(40)]
    both = DOCUMENTS.frame([*scored("en", scores), *scored("pt", scores[:5])])
    assert len(known_outcomes(both, Outcome()).by_customer) == 40
