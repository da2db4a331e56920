"""A survey in Portuguese, read in part: the language is told, moods go by lists of words, and an
answer without a word of them is declined."""

import pytest
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from pipeline.engines.embedded.signals import CLEARLY_BAD
from pipeline.methods.measures import emotions
from tests.bench.baselines import vader
from tests.bench.corpora import join_source, plain
from tests.bench.figures import Figure
from tests.bench.sets import PORTUGUESE

pytestmark = pytest.mark.bench

VADER = "naive: VADER of the whole answer"
FEWEST_LETTERS = 20
LEAST_AREA = 0.6
"""Chance is 0.5: a mood that tells no more of the answers it reads is broken."""


@pytest.fixture(scope="module")
def answers(data, ran):
    """The answers with a text: text, language, score, and mood (NaN where the engine declines).

    The run has not seen the scores; they are joined here.
    """
    tables = ran("survey_pt", "all").tables
    rows = join_source(tables["documents"].drop(columns="score"), data / "nps_pt/survey.csv")
    rows = rows.set_index("document_id").assign(
        text=tables["turns"].groupby("document_id")["text"].agg(" ".join),
        mood=_moods(tables["candidates"]),
        score=lambda own: own["Nota"].astype("float64"),
    )
    same = rows["text"].map(plain) == rows["Resposta"].map(plain)
    assert same.mean() > 0.9
    return rows


def _moods(candidates):
    """Return each document's mood, from all its quotes by intensity."""
    quotes = candidates.assign(touchpoint_id="", customer_id=candidates["document_id"])
    return emotions(quotes).droplevel(0)


def test_language_is_told(answers, figures):
    letters = answers["text"].str.count(r"[^\W\d_]")
    long = answers[letters >= FEWEST_LETTERS]
    note = f"answers of {FEWEST_LETTERS} letters or more; shorter ones tell none"
    told = float((long["language"] == "pt").mean())
    foreign = float(answers["language"].isin(["pt", ""]).mean())
    figures += [
        Figure(PORTUGUESE, "share told to be Portuguese", told, None, "", note),
        Figure(PORTUGUESE, "share told to be Portuguese or too short to tell", foreign),
    ]
    assert told > 0.5


def test_mood_in_portuguese_tells_promoters_from_detractors(answers, figures):
    """Promoters (9, 10) against detractors (0 to 6); answers that are declined count apart."""
    clear = answers[(answers["score"] >= 9) | (answers["score"] <= 6)]
    is_good = (clear["score"] >= 9).to_numpy()
    plain = clear["text"].map(vader).to_numpy()
    read = clear["mood"].notna().to_numpy()
    mood = clear["mood"].fillna(0.0).to_numpy()
    figures += [
        Figure(PORTUGUESE, "share of answers whose mood is declined",
               float(answers["mood"].isna().mean())),
        Figure(PORTUGUESE, "promoter against detractor, AUROC, declined = 0", _area(is_good, mood),
               _area(is_good, plain), "", VADER),
        Figure(PORTUGUESE, "promoter against detractor, balanced accuracy of mood > 0",
               _balanced(is_good, mood), _balanced(is_good, plain), "", VADER),
        Figure(PORTUGUESE, "share of promoters read as clearly bad",
               float((mood[is_good] <= CLEARLY_BAD).mean()),
               float((plain[is_good] <= CLEARLY_BAD).mean()), "", VADER),
    ]  # fmt: skip
    name = f"promoter against detractor, AUROC of the {int(read.sum())} read"
    areas = [_area(is_good[read], way[read]) for way in (mood, plain)]
    figures.append(Figure(PORTUGUESE, name, *areas, "", VADER))
    assert areas[0] > LEAST_AREA


def _area(is_good, mood):
    return float(roc_auc_score(is_good, mood))


def _balanced(is_good, mood):
    return float(balanced_accuracy_score(is_good, mood > 0))
