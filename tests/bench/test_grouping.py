"""Texts with no catalogue: groups that people would form, and the same ones on most of the data."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

from pipeline.engines.embedded.engine import EmbeddedEngine
from pipeline.tables import CATALOGUE_PHRASES
from tests.bench.baselines import average_linkage, density
from tests.bench.figures import Figure
from tests.bench.measures import agreement, mean_agreement, sampled_groups
from tests.bench.sets import INSURANCE, LOUNGE_QUOTES

pytestmark = pytest.mark.bench

LINKAGE = "naive: average linkage, cosine distance 0.5"
HDBSCAN = "naive: HDBSCAN as it comes"
PAIRS = "adjusted Rand index of 90 % samples, five pairs"
WHOLE = "adjusted Rand index of 90 % samples and the whole"
LEAST_STABLE = 0.3
"""Groups of two samples that agree less than this come from the samples, not from the texts."""


@pytest.fixture(scope="module")
def insurance(data):
    lines = (data / "dstc11_insurance/utterances.jsonl").read_text("utf-8").splitlines()
    return pd.DataFrame([json.loads(line) for line in lines])


def test_insurance_utterances_are_grouped(insurance, assign, embedder, figures):
    texts, intents = insurance["utterance"].tolist(), insurance["intent"]
    vectors = embedder.embed(texts)
    # All unassigned rows count as one group more.
    ways = {
        "ours": assign.cluster(texts)["group"].to_numpy(),
        "linkage": np.array(average_linkage(vectors)),
        "hdbscan": np.array(density(vectors)),
    }
    mutual = {way: float(normalized_mutual_info_score(intents, g)) for way, g in ways.items()}
    rand = {way: float(adjusted_rand_score(intents, g)) for way, g in ways.items()}
    alone = {way: float((g == "").mean()) for way, g in ways.items()}
    n_groups = {way: float(len(set(g) - {""})) for way, g in ways.items()}
    note = f"{LINKAGE}; HDBSCAN as it comes {mutual['hdbscan']:.3f}"
    figures += [
        Figure(INSURANCE, "NMI, number of groups not given", mutual["ours"], mutual["linkage"],
               ">= 0.82", note),
        Figure(INSURANCE, "adjusted Rand index", rand["ours"], rand["linkage"], "", LINKAGE),
        Figure(INSURANCE, "share in no group", alone["ours"], alone["hdbscan"], "<= 0.05", HDBSCAN),
        Figure(INSURANCE, "groups (22 intents)", n_groups["ours"], n_groups["linkage"], "",
               LINKAGE),
    ]  # fmt: skip
    assert mutual["ours"] > mutual["hdbscan"] - 0.2


def test_insurance_groups_are_stable(insurance, assign, embedder, figures):
    texts = insurance["utterance"].tolist()
    vectors = embedder.embed(texts)

    def ours(rows):
        return assign.cluster([texts[row] for row in rows])["group"].tolist()

    figures += _stability(INSURANCE, len(texts), ours, lambda rows: average_linkage(vectors[rows]))


def test_lounge_groups_are_stable(ran, figures):
    one = ran("lounge", "2014")
    candidates = one.tables["candidates"]
    engine = EmbeddedEngine(one.embeddings, 0.5, one.manifest.corpus)
    vectors = engine.embed(candidates["quote"].tolist())
    nothing = CATALOGUE_PHRASES.frame()

    def ours(rows):
        sample = candidates.iloc[rows]
        groups = engine.group(sample, nothing).set_index("mention_id")["group"]
        return groups.reindex(sample["mention_id"]).fillna("").tolist()

    n = len(candidates)
    figures += _stability(LOUNGE_QUOTES, n, ours, lambda rows: average_linkage(vectors[rows]))


def _stability(part, n, ours, naive):
    """Yield how far groups agree between samples, and between samples and the whole."""
    samples, plain = sampled_groups(n, ours), sampled_groups(n, naive)
    everything = np.arange(n)
    whole = [pd.Series(way(everything), index=everything) for way in (ours, naive)]
    pairs = [mean_agreement(samples), mean_agreement(plain)]
    added = [
        float(np.mean([agreement(one, groups) for one in way]))
        for way, groups in zip((samples, plain), whole, strict=True)
    ]
    yield Figure(part, PAIRS, *pairs, "", LINKAGE)
    yield Figure(part, WHOLE, *added, "", LINKAGE)
    assert pairs[0] > LEAST_STABLE
