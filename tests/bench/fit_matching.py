"""Fits the odds by which matching tells how sure it is, and prints how well matching does.

    TOUCHPOINTS_DATA=... python tests/bench/fit_matching.py

Texts are matched by the touchpoints' names alone on development sets that differ in size, balance
and in how much of them the names cover: CLINC150's train and val parts (never test) and MultiDoGO
finance. The printed weights and intercepts belong into pipeline/engines/embedded/matching.py
(_WEIGHTS, _INTERCEPT, _UNSEEN); the accuracy and the AUROC of in scope against the rest are what
places.py speaks of. Every set weighs the same; the calibration error of a set is taken with the
weights fitted on the sets of other kinds.
"""

import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from pipeline.engines.embedded.blend import blended, find_blend
from pipeline.engines.embedded.matching import leads, unseen, weigh
from pipeline.engines.embedded.naming import uses_of_names
from pipeline.engines.embedded.places import anchor, settle
from pipeline.engines.embedding import Embedder
from pipeline.tables import CATALOGUE_PHRASES, CataloguePhrase
from tests.bench.measures import calibration_error

DATA = Path(os.environ["TOUCHPOINTS_DATA"])
NO_TOUCHPOINT = {
    "contentonly", "confirmation", "openinggreeting", "closinggreeting", "thankyou", "rejection",
    "outofdomain",
}  # fmt: skip
BATCHES = (1, 3, 10, 30, 100)
BATCHES_OF_MANY_NAMES = (3, 10, 30)
NEAR = ("banking credit_cards", "travel auto_and_commute", "work home")
"""Domains of which the intents lie near one another."""
Rows = list[tuple[str, str]]


class Part(NamedTuple):
    """One development set: texts with their label, '' for what no label covers."""

    kind: str
    rows: Rows
    batch: int
    """how many texts are matched at once; 0 for all"""


class Seen(NamedTuple):
    """What matching made of a set."""

    kind: str
    features: np.ndarray
    is_right: np.ndarray
    in_scope: np.ndarray
    plain_right: np.ndarray
    plain_cosine: np.ndarray


def clinc(part: str) -> Rows:
    """Return texts and intents of a part of CLINC150."""
    parts = json.loads((DATA / "clinc150/data_small.json").read_text(encoding="utf-8"))
    return [(text, intent.replace("_", " ")) for text, intent in parts[part]]


def in_domains(rows: Rows, domains: list[str]) -> Rows:
    """Return the rows of some of the ten domains."""
    known = json.loads((DATA / "clinc150/domains.json").read_text(encoding="utf-8"))
    own = {intent.replace("_", " ") for domain in domains for intent in known[domain]}
    return [row for row in rows if row[1] in own]


def finance() -> Rows:
    """Return customer turns of MultiDoGO finance with one intent, '' for small talk."""
    rows = pd.read_csv(DATA / "multidogo/finance/train.tsv", sep="\t", dtype="str")
    rows = rows.dropna(subset=["utterance", "intent"]).drop_duplicates("utterance")[:4000]
    pairs = zip(rows["utterance"], rows["intent"], strict=True)
    return [(t, "" if i in NO_TOUCHPOINT else i) for t, i in pairs if "|" not in i and "<" not in i]


def uneven(rows: Rows, exponent: float, seed: int) -> Rows:
    """Return rows with label sizes that fall off by rank (Zipf)."""
    rng = np.random.default_rng(seed)
    labels = sorted({label for _, label in rows})
    rng.shuffle(labels)
    kept: Rows = []
    for rank, label in enumerate(labels, 1):
        own = [row for row in rows if row[1] == label]
        n = max(2, round(len(own) / rank**exponent))
        kept += [own[place] for place in rng.permutation(len(own))[:n]]
    return kept


def some_labels(rows: Rows, n_labels: int, n_known: int, seed: int) -> Rows:
    """Return the rows of some labels, only the first of which the names cover."""
    labels = sorted({label for _, label in rows})
    np.random.default_rng(seed).shuffle(labels)
    known, used = set(labels[:n_known]), set(labels[:n_labels])
    return [(text, label if label in known else "") for text, label in rows if label in used]


def parts() -> Iterator[Part]:
    """Yield the development sets."""
    val, train = clinc("val"), clinc("train")
    outside = [(text, "") for text, _ in clinc("oos_val") + clinc("oos_train")]
    yield Part("clinc whole", val, 0)
    yield Part("clinc whole", val + outside, 0)
    yield Part("clinc uneven", uneven(train, 0.7, 1), 0)
    drawn = [(val + outside)[n] for n in np.random.default_rng(3).permutation(len(val) + 200)]
    for size in BATCHES_OF_MANY_NAMES:
        yield Part(f"many names, batches of {size}", drawn[: 60 * size], size)
    for seed, domains in enumerate(NEAR):
        own = in_domains(train, domains.split())[::2]
        yield Part("clinc domains", own, 0)
        yield Part("clinc domains half", some_labels(own, 30, 15, 70 + seed), 0)
    for seed in range(3):
        yield Part("clinc some", some_labels(val, 150, 20, 20 + seed), 0)
        yield Part("clinc half", some_labels(val, 150, 75, 30 + seed), 0)
        small = uneven(some_labels(train, 40, 12, 40 + seed), 0.5, seed)
        yield Part("clinc small", small[::3], 0)
        yield Part("clinc all known", uneven(some_labels(train, 20, 20, 50 + seed), 0.8, seed), 0)
        few = some_labels(val, 20, 12, 60 + seed)
        np.random.default_rng(seed).shuffle(few)
        for size in BATCHES:
            yield Part(f"batches of {size}", few[: max(100, size * 4)], size)
    yield Part("finance", [row for row in finance() if row[1]], 0)
    yield Part("finance", finance(), 0)


def see(part: Part, embedder: Embedder) -> Seen:
    """Match a set, in batches where it says so."""
    names = sorted({label for _, label in part.rows} - {""})
    phrases = CATALOGUE_PHRASES.frame(CataloguePhrase(name, "name", name) for name in names)
    anchors = anchor(phrases, embedder)
    size = part.batch or len(part.rows)
    features, best, plain = [], [], []
    for at in range(0, len(part.rows), size):
        texts = [text for text, _ in part.rows[at : at + size]]
        vectors = embedder.both(texts)
        named = uses_of_names(texts, phrases, anchors.touchpoint_ids)
        blend = find_blend(vectors)
        clauses = blended(vectors, blend)
        evidence = weigh(clauses, settle(texts, clauses, blend, anchors, named), named)
        chosen = evidence.fitted.argmax(axis=1)
        few = np.full(len(texts), unseen(len(texts)))
        features.append(np.column_stack([leads(evidence, chosen), few]))
        best.append(chosen)
        plain.append(vectors.sentence @ embedder.embed(names).T)
    label = np.array([names.index(one) if one else -1 for _, one in part.rows])
    cosine = np.concatenate(plain)
    return Seen(
        part.kind, np.concatenate(features), np.concatenate(best) == label, label >= 0,
        cosine.argmax(axis=1) == label, cosine.max(axis=1),
    )  # fmt: skip


def fit(seen: list[Seen]) -> LogisticRegression:
    """Return the odds; every set weighs the same."""
    weights = np.concatenate([np.full(len(one.is_right), 1 / len(one.is_right)) for one in seen])
    model = LogisticRegression(C=10, max_iter=1000)
    features = np.vstack([one.features for one in seen])
    right = np.concatenate([one.is_right for one in seen])
    return model.fit(features, right, sample_weight=weights * len(right) / len(seen))


def say(text: str) -> None:
    """Print."""
    print(text)  # noqa: T201 - what the script is for


def area(in_scope: np.ndarray, surety: np.ndarray) -> float:
    """Return the AUROC of in scope against the rest, NaN where there is no rest."""
    return float("nan") if in_scope.all() else float(roc_auc_score(in_scope, surety))


def main() -> None:
    """Match all sets, fit the odds and print both."""
    embedder = Embedder(Path(tempfile.gettempdir()) / "touchpoints-train.sqlite")
    seen = [see(part, embedder) for part in parts()]
    rows = []
    for one in seen:
        others = fit([other for other in seen if other.kind != one.kind])
        surety = others.predict_proba(one.features)[:, 1]
        rows.append({
            "set": one.kind, "accuracy": one.is_right[one.in_scope].mean(),
            "plain": one.plain_right[one.in_scope].mean(),
            "auroc": area(one.in_scope, surety),
            "plain auroc": area(one.in_scope, one.plain_cosine),
            "calibration error": calibration_error(surety, one.is_right),
            "kept outside": pd.Series(surety[~one.in_scope] >= 0.5).mean(),
        })  # fmt: skip
    table = pd.DataFrame(rows).groupby("set", sort=False).mean()
    say(pd.concat([table, table.mean().to_frame("mean").T]).round(3).to_string())
    model = fit(seen)
    told = model.coef_[0].round(2).tolist()
    say(f"weights {told[:-1]}, unseen {told[-1]}, intercept {model.intercept_[0]:.2f}")


if __name__ == "__main__":
    main()
