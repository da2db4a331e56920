"""Texts against nothing but the names of touchpoints: right, abstaining when it should, and sure
only as far as it is right."""

import json
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from tests.bench.baselines import nearest_name
from tests.bench.corpora import named
from tests.bench.figures import Figure
from tests.bench.measures import accuracy_at, calibration_error
from tests.bench.sets import APPS, BANKING, CLINC, CLINC_OUTSIDE, FINANCE

pytestmark = pytest.mark.bench

NAIVE = "naive: greatest plain cosine to a name"
COVERAGE = 0.8
BROKEN = 0.2
"""An accuracy this far below the naive one means that something is broken."""
FEW, N_BATCHES = 10, 150
FEWEST_RIGHT = 0.5
"""Of what is tagged, whether read in small batches or at once: the bound at which assign tags."""
FINANCE_NAMES = {
    "reportlostcard": "report lost card", "updateaddress": "update address",
    "checkbalance": "check balance", "transfermoney": "transfer money",
    "disputecharge": "dispute charge", "replacecard": "replace card",
    "closeaccount": "close account", "getroutingnumber": "get routing number",
    "checkoffereligibility": "check offer eligibility", "orderchecks": "order checks",
    "openaccount": "open account",
}  # fmt: skip


class Labelled(NamedTuple):
    """Texts and the name each should be matched to."""

    texts: list[str]
    labels: list[str]


def by_name(part, goal, rows, engines, embedder):
    """Yield the accuracy of `assign` and of the engine that is content with any confidence."""
    naive = nearest_name(embedder, *rows)
    plain = float(np.mean([a == b for a, b in zip(naive.names, rows.labels, strict=True)]))
    sure, any_tag = (
        engine.tag(rows.texts, named(rows.labels))["touchpoint_id"] for engine in engines
    )
    right, tagged = (sure == rows.labels).mean(), sure != ""
    # Only a broken engine is that far behind the naive way.
    assert (any_tag == rows.labels).mean() > plain - BROKEN
    precision = float((sure == rows.labels)[tagged].mean())
    yield Figure(part, "accuracy, any confidence", float((any_tag == rows.labels).mean()), plain,
                 goal, NAIVE)  # fmt: skip
    yield Figure(part, "accuracy, assign as it is (abstained = wrong)", float(right), plain, "",
                 NAIVE)  # fmt: skip
    yield Figure(part, "accuracy of what assign tags", precision)
    yield Figure(part, "share that assign tags", float(tagged.mean()))


def test_banking77_by_name(data, assign, eager, embedder, figures):
    rows = pd.read_csv(data / "banking77/test.csv")
    labelled = Labelled(rows["text"].tolist(), rows["category"].tolist())
    figures += by_name(BANKING, ">= 0.70", labelled, (assign, eager), embedder)


@pytest.fixture(scope="module")
def clinc(data):
    return json.loads((data / "clinc150/data_small.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def inside(clinc):
    texts, labels = zip(*clinc["test"], strict=True)
    return Labelled(list(texts), list(labels))


def test_clinc150_by_name(inside, assign, eager, embedder, figures):
    figures += by_name(CLINC, ">= 0.80", inside, (assign, eager), embedder)


def test_clinc150_is_sure_only_as_far_as_it_is_right(inside, eager, embedder, figures):
    tags = eager.tag(inside.texts, named(inside.labels))
    naive = nearest_name(embedder, *inside)
    labels = np.array(inside.labels)
    ways = [
        (tags["confidence"].to_numpy(), tags["touchpoint_id"].to_numpy() == labels),
        (np.clip(naive.cosine, 0, 1), np.array(naive.names) == labels),
    ]
    error = [calibration_error(*way) for way in ways]
    best = [accuracy_at(COVERAGE, *way) for way in ways]
    note = "naive: the greatest plain cosine is the confidence"
    figures += [
        Figure(CLINC, "expected calibration error (15 bins)", *error, "", note),
        Figure(CLINC, "accuracy of the surest 80 %", *best, "", note),
    ]
    # The surest must be right more often than all together.
    assert best[0] > ways[0][1].mean()


@pytest.fixture(scope="module")
def everything(clinc, inside):
    """Texts of test and of oos_test; a text out of scope has the label ''."""
    outside = [text for text, _ in clinc["oos_test"]]
    return Labelled([*inside.texts, *outside], [*inside.labels, *[""] * len(outside)])


@pytest.fixture(scope="module")
def at_once(everything, inside, assign):
    """What assign says of all of them, read at once."""
    return assign.tag(everything.texts, named(inside.labels))


def test_clinc150_in_scope_against_out_of_scope(everything, at_once, inside, embedder, figures):
    is_inside = np.array(everything.labels) != ""
    cosine = nearest_name(embedder, everything.texts, inside.labels).cosine
    plain = float(roc_auc_score(is_inside, cosine))
    area = float(roc_auc_score(is_inside, at_once["confidence"]))
    tagged = float((at_once["touchpoint_id"] != "")[~is_inside].mean())
    figures += [
        Figure(CLINC_OUTSIDE, "in scope against out of scope, AUROC of confidence", area, plain,
               ">= 0.93", NAIVE),
        Figure(CLINC_OUTSIDE, "share of oos_test that assign tags all the same", tagged),
    ]  # fmt: skip
    assert area > plain - BROKEN


def test_clinc150_in_small_batches(everything, at_once, inside, assign, figures):
    """Matching learns from all texts given at once: how it fares where it is given few."""
    texts, labels = (np.array(column) for column in everything)
    rows = np.random.default_rng(0).permutation(len(texts))[: FEW * N_BATCHES]
    phrases = named(inside.labels)
    few = [
        assign.tag(texts[batch].tolist(), phrases)["touchpoint_id"].tolist()
        for batch in np.split(rows, N_BATCHES)
    ]
    ways = {
        f"in batches of {FEW}": np.concatenate(few),
        "all at once": at_once["touchpoint_id"].to_numpy()[rows],
    }
    wanted = labels[rows]
    note = f"{len(rows):,} texts drawn from both"
    for how, found in ways.items():
        right, inside_tagged, outside_tagged = _tagged(found, wanted)
        figures += [
            Figure(CLINC_OUTSIDE, f"{how}: accuracy of what is tagged of test", right, None, "",
                   note),
            Figure(CLINC_OUTSIDE, f"{how}: share of test tagged", inside_tagged, None, "", note),
            Figure(CLINC_OUTSIDE, f"{how}: share of oos_test tagged", outside_tagged, None, "",
                   note),
        ]  # fmt: skip
        assert right > FEWEST_RIGHT
        assert inside_tagged > outside_tagged


def _tagged(found, wanted):
    """Return how much of the tagged in scope is right, and the shares tagged in and out of it."""
    is_tagged, is_inside = found != "", wanted != ""
    right = (found == wanted)[is_tagged & is_inside].mean()
    return float(right), float(is_tagged[is_inside].mean()), float(is_tagged[~is_inside].mean())


def test_finance_turns_by_name(data, assign, eager, embedder, figures):
    rows = pd.read_csv(data / "multidogo/finance/test.tsv", sep="\t", dtype="str").dropna(
        subset=["utterance", "intent"]
    )
    rows = rows[rows["intent"].isin(list(FINANCE_NAMES))]
    labels = rows["intent"].map(FINANCE_NAMES).tolist()
    labelled = Labelled(rows["utterance"].tolist(), labels)
    figures += by_name(FINANCE, "", labelled, (assign, eager), embedder)


def test_app_reviews_by_feature(data, eager, embedder, figures):
    rows = pd.read_csv(data / "app_reviews/feature_sentiment.csv").dropna(subset=["features_all"])
    right, plain = [], []
    for _, own in rows.groupby("app_id"):
        wanted = [
            {one.strip().casefold() for one in cell.split(";") if one.strip()}
            for cell in own["features_all"]
        ]
        names, texts = sorted(set().union(*wanted)), own["text"].tolist()
        found = eager.tag(texts, named(names))["touchpoint_id"]
        naive = nearest_name(embedder, texts, names).names
        right += [one in any_of for one, any_of in zip(found, wanted, strict=True)]
        plain += [one in any_of for one, any_of in zip(naive, wanted, strict=True)]
    figures.append(
        Figure(APPS, "share matched to one of its features", float(np.mean(right)),
               float(np.mean(plain)), "", NAIVE)
    )  # fmt: skip
    assert np.mean(right) > np.mean(plain) - BROKEN
