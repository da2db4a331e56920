"""Fits the linear heads of the embedded engine and writes pipeline/engines/embedded/heads.npz.

    TOUCHPOINTS_DATA=... python tests/bench/train_heads.py

Two logistic regressions on sentence vectors:
content   does a clause carry something about a touchpoint (1) or is it small talk, a bare answer
          or a name (0)? From the finance half of MultiDoGO (intents against greetings,
          confirmations and bare content), CLINC150's train part (its small-talk domain is the 0),
          app reviews, and our own examples.
polarity  negative, neutral, positive, from the vector and a few cues (mood.features). From
          annotated app reviews, from the clauses of MAMS' train sentences that lie nearest to an
          annotated aspect, from requests (neutral), and from clauses of airline seat and lounge
          reviews whose overall verdict leaves no doubt (weak labels, one in three), and our own.

Of CLINC150, MAMS and MultiDoGO only train parts are read. The airline and the app reviews have no
split and are read whole: figures of mood on them (the lounge correlations of the benchmark) are
not held out and must not be quoted as if they were. All sources are permissive: MultiDoGO
CDLA-Permissive-1.0, CLINC150 CC BY 3.0, app reviews MIT, MAMS Apache-2.0, Skytrax CC0. No text
is kept, only weights.
"""

import csv
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
from sklearn.linear_model import LogisticRegression

from pipeline.engines.embedded.clauses import clauses
from pipeline.engines.embedded.heads import HEADS_FILE
from pipeline.engines.embedded.mood import features
from pipeline.engines.embedding import Embedder
from pipeline.text import sentence_spans

DATA = Path(os.environ["TOUCHPOINTS_DATA"])
EXAMPLES = Path(__file__).parents[2] / "prompts/extract.v1.examples.jsonl"
POLARITIES = ("negative", "neutral", "positive")
NEAR_ASPECT = 0.3
NO_TOUCHPOINT = {
    "contentonly", "confirmation", "openinggreeting", "closinggreeting", "thankyou", "rejection",
    "outofdomain",
}  # fmt: skip
SMALL_TALK = {
    "greeting", "goodbye", "thank_you", "yes", "no", "maybe", "repeat", "tell_joke", "fun_fact",
    "what_is_your_name", "how_old_are_you", "where_are_you_from", "are_you_a_bot",
    "what_are_your_hobbies", "do_you_have_pets", "who_made_you", "who_do_you_work_for",
    "meaning_of_life", "what_can_i_ask_you",
}  # fmt: skip


def rows(path: str, delimiter: str = ",") -> Iterator[dict[str, str]]:
    """Yield the rows of a data file."""
    with (DATA / path).open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file, delimiter=delimiter)


def content_examples() -> list[tuple[str, int]]:
    """Return texts with 1 when they carry a touchpoint."""
    out = [
        (r["utterance"], int(r["intent"] not in NO_TOUCHPOINT))
        for r in rows("multidogo/finance/train.tsv", "\t")
        if r["utterance"].strip()
    ]
    train = json.loads((DATA / "clinc150/data_small.json").read_text())["train"]
    out += [(text, int(intent not in SMALL_TALK)) for text, intent in train]
    out += [(r["text"], 1) for r in rows("app_reviews/feature_sentiment.csv") if r["features_all"]]
    out += [(text, 1) for text, _ in review_clauses(every=4)]
    own = [json.loads(line) for line in EXAMPLES.read_text().splitlines()]
    out += [(r["text"], int(r["kind"] != "small_talk")) for r in own for _ in range(6)]
    return out


def review_clauses(every: int) -> Iterator[tuple[str, int]]:
    """Yield clauses of clear-cut reviews with 2 (positive) or 0 (negative)."""
    for name in ("lounge", "seat"):
        for number, row in enumerate(rows(f"skytrax/{name}.csv")):
            rating = float(row["overall_rating"] or 0)
            verdict = (rating > 4 and row["recommended"] == "1") * 2
            if number % every or not (verdict or (0 < rating <= 2 and row["recommended"] == "0")):
                continue
            for start, end in sentence_spans(row["content"]):
                sentence = row["content"][start:end]
                for clause in clauses(sentence):
                    yield sentence[clause.start : clause.end], verdict


def polarity_examples(embedder: Embedder) -> list[tuple[str, int]]:
    """Return texts with 0 negative, 1 neutral, 2 positive."""
    out: list[tuple[str, int]] = []
    for row in rows("app_reviews/feature_sentiment.csv"):
        marks = [bool(row[f"features_{p}"]) for p in POLARITIES]
        if sum(marks) == 1:
            out += [(row["text"], marks.index(True))] * 3
    out += aspect_clauses(embedder)
    out += list(review_clauses(every=3))
    train = json.loads((DATA / "clinc150/data_small.json").read_text())["train"]
    out += [(text, 1) for text, _ in train[::6]]
    calm = [r["utterance"] for r in rows("multidogo/finance/train.tsv", "\t")][::10]
    out += [(text, 1) for text in calm if text.strip()]
    own = [json.loads(line) for line in EXAMPLES.read_text().splitlines()]
    return out + [(r["text"], POLARITIES.index(r["polarity"])) for r in own] * 8


def aspect_clauses(embedder: Embedder) -> list[tuple[str, int]]:
    """Return the clause of each MAMS train sentence that lies nearest to an annotated aspect."""
    out: list[tuple[str, int]] = []
    for sentence in ElementTree.parse(DATA / "mams/train.xml").getroot():  # noqa: S314 - our file
        text = sentence.findtext("text") or ""
        parts = [text[c.start : c.end] for c in clauses(text)]
        if len(parts) < 2:
            continue
        vectors = embedder.embed(parts)
        for aspect in sentence.iter("aspectCategory"):
            similar = vectors @ embedder.embed([aspect.get("category", "")])[0]
            if similar.max() > NEAR_ASPECT:
                label = POLARITIES.index(aspect.get("polarity", ""))
                out.append((parts[int(similar.argmax())], label))
    return out


def fit(x: np.ndarray, labels: list[int], c: float) -> tuple[np.ndarray, np.ndarray]:
    """Return weights and intercepts of a balanced logistic regression."""
    model = LogisticRegression(C=c, max_iter=4000, class_weight="balanced")
    model.fit(x, labels)
    return model.coef_.astype(np.float32), model.intercept_.astype(np.float32)


def main() -> None:
    """Fit both heads and write them."""
    embedder = Embedder(Path(tempfile.gettempdir()) / "touchpoints-train.sqlite")
    texts, labels = map(list, zip(*content_examples(), strict=True))
    content_w, content_b = fit(embedder.embed(texts), labels, 2.0)
    texts, labels = map(list, zip(*polarity_examples(embedder), strict=True))
    polarity_w, polarity_b = fit(features(texts, embedder.embed(texts)), labels, 1.0)
    np.savez(
        HEADS_FILE,
        content_w=content_w, content_b=content_b, polarity_w=polarity_w, polarity_b=polarity_b,
    )  # fmt: skip


if __name__ == "__main__":
    main()
