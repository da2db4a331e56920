"""All aspects of one sentence and the mood of each; troubles told in plain words; moods at the
touchpoints of a review beside the customer's own ratings; and which touchpoints drive the verdict.
"""

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from scipy.stats import kendalltau, spearmanr
from sklearn.metrics import f1_score

from pipeline.config import Privacy
from pipeline.engines.embedded.aspects import moods_toward
from pipeline.engines.embedded.signals import CLEARLY_BAD, CLEARLY_GOOD, read_signals
from pipeline.methods.measures import emotions, usable
from pipeline.sources.pseudonyms import pseudonyms
from pipeline.tables import SENTENCES, Sentence
from tests.bench.baselines import nearest_name, polarity_name, vader
from tests.bench.corpora import join_source, named
from tests.bench.figures import Figure
from tests.bench.sets import LOUNGE, LOUNGE_WHOLE, MAMS, MAMS_ALL, Part

pytestmark = pytest.mark.bench

HERE = Path(__file__).parent
POLARITIES = ("negative", "neutral", "positive")
TOLD = {
    "heldout": Part("told", "heldout", "yes", "other industries than dev, the same hand"),
    "dev": Part("told", "dev", "development", "the heads were fitted to it"),
    "said_heldout": Part("told", "said_heldout", "yes", "other voices and industries than said"),
    "said": Part("told", "said", "development", "read while turns of phrase were chosen"),
}

STRENGTHS = {"weak": 0, "plain": 1, "strong": 2}

RATED = {
    "comfort_rating": ("Seating and space",),
    "staff_service_rating": ("Lounge staff", "Welcome at the desk"),
    "catering_rating": ("Hot and cold food",),
    "cleanliness_rating": ("Cleanliness",),
    "bar_beverages_rating": ("Drinks and bar",),
    "washrooms_rating": ("Showers and washrooms",),
    "wifi_connectivity_rating": ("Wifi and power",),
}
WITH_GOAL = ("comfort_rating", "staff_service_rating", "catering_rating", "cleanliness_rating")
FEWEST_REVIEWS = 10
N_HALVES = 50


@pytest.fixture(scope="module")
def aspects(data):
    """One row for each annotated aspect of a sentence."""
    return _aspects(data / "mams/val.xml")


def _aspects(path):
    return pd.DataFrame(
        [
            (sentence.findtext("text"), aspect.get("category"), aspect.get("polarity"))
            for sentence in ElementTree.parse(path).getroot()  # noqa: S314 - our own data
            for aspect in sentence.iter("aspectCategory")
        ],
        columns=["text", "aspect", "polarity"],
    )


def test_each_aspect_of_a_sentence_has_its_own_mood(data, aspects, eager, embedder, figures):
    """What the engine reads of a sentence towards the aspect's name: the likeliest of three.

    Beside it, the polarity that `assign` gives with the aspect as its only touchpoint.
    """
    moods, quotes = pd.Series(0.0, aspects.index), pd.Series("", aspects.index)
    for aspect, own in aspects.groupby("aspect"):
        tags = eager.tag(own["text"].tolist(), named([aspect]))
        moods[own.index] = tags["polarity"].to_numpy()
        quotes[own.index] = tags["quote"].to_numpy()
    tagged = [polarity_name(mood, CLEARLY_BAD, CLEARLY_GOOD) for mood in moods]
    shares = moods_toward(aspects["text"].tolist(), aspects["aspect"].tolist(), embedder)
    found = [POLARITIES[at] for at in shares.argmax(axis=1)]
    usual = _aspects(data / "mams/train.xml")["polarity"].mode()[0]
    wanted = aspects["polarity"].tolist()
    whole = [polarity_name(vader(text)) for text in aspects["text"]]
    clause = _share_right([polarity_name(vader(quote)) for quote in quotes], wanted)
    always = _share_right([usual] * len(wanted), wanted)
    right, plain_way = _share_right(found, wanted), _share_right(whole, wanted)
    note = (
        f"naive: VADER of the whole sentence; of the engine's clause {clause:.3f}; "
        f"always {usual} {always:.3f}"
    )
    macro = [float(f1_score(wanted, answers, average="macro")) for answers in (found, whole)]
    figures += [
        Figure(MAMS, "accuracy of each aspect's polarity", right, plain_way, ">= 0.62", note),
        Figure(MAMS, "accuracy of the polarity that assign gives", _share_right(tagged, wanted),
               plain_way, "", "naive: VADER of the whole sentence"),
        Figure(MAMS, "macro F1 of each aspect's polarity", *macro, "",
               "naive: VADER of the whole sentence"),
    ]  # fmt: skip
    assert right > plain_way - 0.1


def test_all_aspects_of_a_sentence_are_found(aspects, assign, embedder, figures):
    """What a run reads of each sentence, with the names of the eight aspects as its catalogue."""
    texts, names = sorted(set(aspects["text"])), sorted(set(aspects["aspect"]))
    wanted = set(zip(aspects["text"], aspects["aspect"], strict=True))
    sentences = SENTENCES.frame(
        Sentence(f"s{row}", str(row), str(row), 0, len(text), text)
        for row, text in enumerate(texts)
    )
    answers = assign.read(sentences, named(names)).answers
    answers = answers[answers["touchpoint_id"] != ""]
    found = {
        (texts[int(row)], name)
        for row, name in zip(answers["turn_id"], answers["touchpoint_id"], strict=True)
    }
    naive = set(zip(texts, nearest_name(embedder, texts, names).names, strict=True))
    ours, plain_way = (_agreement(pairs, wanted) for pairs in (found, naive))
    note = (
        f"naive: greatest plain cosine to a name, one a sentence; ours reads "
        f"{len(found) / len(texts):.2f} a sentence of {len(wanted) / len(texts):.2f}"
    )
    figures += [
        Figure(MAMS_ALL, f"all aspects of a sentence, {name}", one, other, "", note)
        for name, one, other in zip(("F1", "precision", "recall"), ours, plain_way, strict=True)
    ]
    # Names alone tell this much of where the aspects are, or the catalogue is not read.
    assert ours[1] > plain_way[1] - 0.1


def _agreement(found, wanted):
    """Return F1, precision and recall of the pairs of a sentence and an aspect."""
    hits = len(found & wanted)
    return 2 * hits / (len(found) + len(wanted)), hits / max(len(found), 1), hits / len(wanted)


def _share_right(answers, wanted):
    return float(np.mean([one == other for one, other in zip(answers, wanted, strict=True)]))


@pytest.mark.parametrize("name", TOLD)
def test_troubles_told_in_plain_words(name, embedder, figures):
    """Sentences one by one: mood, praise seen where there is none, complaints read as neutral."""
    rows = pd.read_csv(
        Path(__file__).parent / f"told/{name}.csv", dtype="str", keep_default_na=False
    )
    texts, wanted = rows["text"].tolist(), rows["polarity"]
    moods = read_signals(texts, embedder.both(texts)).polarity
    found, plain_way = (
        pd.Series(one)
        for one in (
            [polarity_name(mood, CLEARLY_BAD, CLEARLY_GOOD) for mood in moods],
            [polarity_name(vader(text)) for text in texts],
        )
    )
    bad, good = wanted == "negative", wanted == "positive"
    told = {
        "accuracy of the mood": (wanted.notna(), lambda one: one == wanted),
        "complaints read as complaints": (bad, lambda one: one == "negative"),
        "complaints read as praise": (bad, lambda one: one == "positive"),
        "facts read as praise": (wanted == "neutral", lambda one: one == "positive"),
        "praise read as praise": (good, lambda one: one == "positive"),
        "praise read as complaints": (good, lambda one: one == "negative"),
    }
    if "strength" in rows:
        figures.append(_strength(TOLD[name], rows, moods))
    figures += [
        Figure(TOLD[name], figure, *(float(hit(one)[of].mean()) for one in (found, plain_way)), "",
               "naive: VADER of the sentence")
        for figure, (of, hit) in told.items()
    ]  # fmt: skip
    assert (found == wanted).mean() > (plain_way == wanted).mean()


def _strength(part, rows, moods):
    """Return how far moods on the right side are as strong as the words put them."""
    sides = rows["polarity"].map({"negative": -1, "positive": 1}).fillna(0)
    seen = (sides * moods) >= CLEARLY_GOOD
    wanted = rows["strength"].map(STRENGTHS)[seen]
    value, naive = (
        _spearman(wanted, np.abs(np.array(felt))[seen])
        for felt in (moods, [vader(text) for text in rows["text"]])
    )
    note = f"{int(seen.sum())} complaints and praises read on their side; naive: VADER, the same"
    return Figure(part, "Spearman of mood and strength", value, naive, "", note)


@pytest.fixture(scope="module", params=[LOUNGE, LOUNGE_WHOLE], ids=lambda part: part.split)
def lounge(request, data, ran):
    """A part of the lounge reviews, its run, and its documents with the reviewers' ratings."""
    one = ran("lounge_catalogue", request.param.split)
    documents = join_source(one.tables["documents"], data / "skytrax/lounge.csv")
    called = pseudonyms(documents["author"], "Airline lounges", Privacy())
    same = documents["author"].map(called) == documents["customer_id"]
    assert same.mean() > 0.95
    return request.param, one.tables, documents.set_index("document_id")


def _felt(tables, wanted):
    """Return each review's mood at touchpoints with these names, by document."""
    used = usable(tables["documents"], tables["mentions"], tables["touchpoints"])
    names = tables["touchpoints"].set_index("touchpoint_id")["name"]
    here = used[used["touchpoint_id"].map(names).isin(wanted)]
    # One review is one voice here: the same reader of two reviews rates each.
    felt = emotions(here.assign(touchpoint_id="", customer_id=here["document_id"]))
    return felt.droplevel(0)


def test_mood_at_a_touchpoint_follows_the_customers_rating(lounge, figures):
    part, tables, documents = lounge
    overall = documents["content"].map(vader)
    for column in WITH_GOAL:
        both = pd.DataFrame(
            {
                "felt": _felt(tables, RATED[column]),
                "rated": documents[column].astype("float64"),
                "overall": overall,
            }
        ).dropna()
        value, naive = (float(spearmanr(both[c], both["rated"]).statistic) for c in
                        ("felt", "overall"))  # fmt: skip
        name = column.split("_")[0]
        note = f"{len(both)} reviews; naive: VADER of the whole review"
        figures.append(Figure(part, f"{name}, Spearman of mood and rating", value, naive, ">= 0.55",
                              note))  # fmt: skip
        assert len(both) >= FEWEST_REVIEWS
        assert value > 0


def test_drivers_in_the_text_rank_as_the_ratings_do(lounge, figures):
    """Ratings are ranked by their Spearman with `recommended`, on the same reviews."""
    part, tables, documents = lounge
    recommended = documents["recommended"].astype("float64")
    ratings = documents[list(RATED)].astype("float64")
    touchpoints = tables["touchpoints"].set_index("touchpoint_id")["name"]
    scores = tables["scores"][tables["scores"]["dimension"] == "impact"]
    impact = scores.set_index(scores["touchpoint_id"].map(touchpoints))["value"].fillna(0.0)
    told = tables["touchpoints"].set_index("name")["n_customers"]
    rows = []
    for column, wanted in RATED.items():
        felt = _felt(tables, wanted)
        rows.append(
            (
                _spearman(ratings[column], recommended),
                float(impact.reindex(wanted).fillna(0.0).sum()),
                float(told.reindex(wanted).fillna(0).sum()),
                _spearman(felt, recommended.reindex(felt.index)),
            )
        )
    own, drives, frequent, alone = zip(*rows, strict=True)
    taus = [_kendall(one, own) for one in (drives, frequent, alone)]
    note = (
        "7 ratings; naive: how many customers tell of the touchpoint; the ratings' own ranking in "
        f"two halves of the reviews {_halves(ratings, recommended):.2f}"
    )
    figures += [
        Figure(part, "drivers, Kendall of impact scores and ratings", taus[0], taus[1], ">= 0.60",
               note),
        Figure(part, "drivers, Kendall of mood's Spearman and ratings", taus[2], taus[1], "", note),
    ]  # fmt: skip
    assert sum(value > 0 for value in drives) >= 3


def _halves(ratings, recommended):
    """Return the mean tau of the ratings' ranking in two halves of the reviews: a ceiling."""
    taus = []
    for seed in range(N_HALVES):
        rows = np.random.default_rng(seed).permutation(len(ratings))
        ranks = [
            [_spearman(ratings[column].iloc[half], recommended.iloc[half]) for column in RATED]
            for half in np.array_split(rows, 2)
        ]
        taus.append(_kendall(*ranks))
    return float(np.mean(taus))


def _spearman(one, other):
    return float(spearmanr(one, other, nan_policy="omit").statistic)


def _kendall(one, other):
    return float(kendalltau(one, other).statistic)
