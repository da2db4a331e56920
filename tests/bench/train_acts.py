"""Fits the heads that tell decisions, expectations and suggestions apart, and writes
pipeline/engines/embedded/acts.npz.

    TOUCHPOINTS_DATA=... python tests/bench/train_acts.py

Three logistic regressions on what acts.features returns. Read are our own sentences: acts/dev.csv,
acts/more.csv and the examples of the prompts (never acts/test.csv); and, as sentences that state no
act, quiet text of real customers: CLINC150's train part (orders to an assistant; CC BY 3.0), the
finance half of MultiDoGO's train part (CDLA-Permissive-1.0), clauses of annotated app reviews (MIT)
and of airline seat reviews (Skytrax, CC0). Of the last two a clause counts as quiet only when none
of the words is in it that could make it one (MAY_STATE). No text is kept, only weights.

A threshold is the least share at which the act is right in PRECISION of the cases of dev.csv, each
industry read by heads that have not seen it, as the engine reads it: clause by clause.
"""

import csv
import json
import os
import random
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import precision_recall_curve

from pipeline.engines.embedded.acts import ACTS, ACTS_FILE, features
from pipeline.engines.embedded.clauses import clauses
from pipeline.engines.embedding import Embedder, Matrix
from pipeline.methods.choices import choice_of
from pipeline.text import sentence_spans

HERE = Path(__file__).parent
EXAMPLES = HERE.parents[1] / "prompts/extract.v1.examples.jsonl"
PRECISION = 0.9
LEAST = 0.33
"""No threshold is lower: among what customers really say, acts are rarer than in our sentences."""
QUIET_WEIGHT = 0.6
ACT_WEIGHT = 2.0
N_QUIET = {"clinc": 900, "multidogo": 600, "apps": 700, "seats": 1400}
MAY_STATE = {
    "expectation": re.compile(
        r"expect|promis|told|suppos|\bhop|thought|assum|advert|meant|sa(?:id|ys?)\b|should|claim"
        r"|presum|suggest|descri|fear|dread|impression|forward|agreed|guarant|warn|show|picture"
        r"|website|accord|due\b|surpris|turn(?:s|ed) out|would|belie",
        re.IGNORECASE,
    ),
    "suggestion": re.compile(
        r"should|could|would|please|need|wish|\bif\b|suggest|why|\blet\b|want|\bfix|\badd|improv"
        r"|ought|recommend|bring|\bbetter if|\bmust|hope|upgrade|change|get rid|\?|only|\bmake",
        re.IGNORECASE,
    ),
}


class Row(NamedTuple):
    """A labelled sentence; `group` is what must not be seen when it is judged."""

    group: str
    text: str
    acts: frozenset[str]


class Quiet(NamedTuple):
    """A text of a real customer, and which acts it surely does not state."""

    text: str
    states_none_of: frozenset[str]


def labelled(name: str, prefix: str) -> list[Row]:
    """Return the rows of a file of labelled sentences."""
    with (HERE / "acts" / name).open(encoding="utf-8", newline="") as file:
        return [
            Row(prefix + row["industry"], row["text"], frozenset(row["acts"].split("|")))
            for row in csv.DictReader(file)
        ]


def examples() -> list[Row]:
    """Return the examples of the prompts."""
    rows = [json.loads(line) for line in EXAMPLES.read_text(encoding="utf-8").splitlines()]
    return [Row("examples", row["text"], frozenset({row["kind"]})) for row in rows]


def quiet(data: Path) -> list[Quiet]:
    """Return texts of real customers that state none of some acts."""
    choose = random.Random(1)  # noqa: S311 - no secret
    orders = json.loads((data / "clinc150/data_small.json").read_text(encoding="utf-8"))["train"]
    chat = read(data / "multidogo/finance/train.tsv", "utterance", "\t")
    texts = {
        "clinc": [text for text, _ in orders],
        "multidogo": [text for text in chat if text.strip()],
        "apps": list(split(read(data / "app_reviews/feature_sentiment.csv", "text"))),
        "seats": list(split(read(data / "skytrax/seat.csv", "content"))),
    }
    taken = {name: choose.sample(texts[name], n) for name, n in N_QUIET.items()}
    chatty = frozenset(ACTS) - {"decision"}
    out = [Quiet(text, frozenset(ACTS)) for text in taken["clinc"]]
    out += [Quiet(text, chatty) for text in taken["multidogo"]]
    return out + [Quiet(text, states_none(text)) for text in taken["apps"] + taken["seats"]]


def states_none(text: str) -> frozenset[str]:
    """Return the acts of which a text has none of the words."""
    none = {act for act, words in MAY_STATE.items() if not words.search(text)}
    return frozenset(none if choice_of(text) else none | {"decision"})


def read(path: Path, column: str, delimiter: str = ",") -> list[str]:
    """Return a column of a data file."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [row[column] for row in csv.DictReader(file, delimiter=delimiter)]


def split(texts: list[str]) -> Iterator[str]:
    """Yield the clauses of texts."""
    for text in texts:
        for start, end in sentence_spans(text):
            sentence = text[start:end]
            yield from (sentence[c.start : c.end] for c in clauses(sentence))


def fit(x: Matrix, y: np.ndarray, noise: Matrix) -> LogisticRegression:
    """Return a head fitted to sentences and to quiet texts."""
    weight = np.r_[np.where(y, ACT_WEIGHT, 1.0), np.full(len(noise), QUIET_WEIGHT)]
    labels = np.r_[y, np.zeros(len(noise), dtype=bool)]
    return LogisticRegression(max_iter=4000).fit(np.vstack([x, noise]), labels, weight)


def held_out(
    rows: list[Row], act: str, x: Matrix, noise: Matrix, embedder: Embedder
) -> list[float]:
    """Return the highest share of a clause of each row of dev.csv, its industry unseen."""
    y = np.array([act in row.acts for row in rows])
    out: dict[int, float] = {}
    for group in sorted({row.group for row in rows if row.group.startswith("dev ")}):
        own = [n for n, row in enumerate(rows) if row.group == group]
        others = np.array([row.group != group for row in rows])
        head = fit(x[others], y[others], noise)
        for n in own:
            parts = list(split([rows[n].text]))
            shares = head.predict_proba(features(parts, embedder.embed(parts)))[:, 1]
            out[n] = float(shares.max())
    return [out[n] for n in sorted(out)]


def threshold(wanted: list[bool], shares: list[float]) -> float:
    """Return the least share, LEAST or more, from which on PRECISION is reached."""
    precision, recall, cuts = precision_recall_curve(wanted, shares)
    is_enough = (precision[:-1] >= PRECISION) & (cuts >= LEAST)
    at = int(np.flatnonzero(is_enough)[0])
    print(f"precision {precision[at]:.3f}, recall {recall[at]:.3f}, from {cuts[at]:.3f}")  # noqa: T201
    return float(cuts[at])


def main() -> None:
    """Fit the heads, find their thresholds and write both."""
    embedder = Embedder(Path(tempfile.gettempdir()) / "touchpoints-train.sqlite")
    dev = labelled("dev.csv", "dev ")
    rows = [*dev, *labelled("more.csv", "more "), *examples()]
    texts = [row.text for row in rows]
    x = features(texts, embedder.embed(texts))
    still = quiet(Path(os.environ["TOUCHPOINTS_DATA"]))
    noise = features([one.text for one in still], embedder.embed([one.text for one in still]))
    heads, cuts = [], []
    for act in ACTS:
        own_noise = noise[[act in one.states_none_of for one in still]]
        print(act, end=": ")  # noqa: T201
        shares = held_out(rows, act, x, own_noise, embedder)
        cuts.append(threshold([act in row.acts for row in dev], shares))
        heads.append(fit(x, np.array([act in row.acts for row in rows]), own_noise))
    np.savez(
        ACTS_FILE,
        w=np.vstack([head.coef_ for head in heads]).astype(np.float32),
        b=np.concatenate([head.intercept_ for head in heads]).astype(np.float32),
        threshold=np.array(cuts, dtype=np.float32),
    )


if __name__ == "__main__":
    main()
