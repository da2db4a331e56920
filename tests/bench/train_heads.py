"""Fits the small heads of the embedded engine and writes pipeline/engines/embedded/heads.npz.

    TOUCHPOINTS_DATA=... python tests/bench/train_heads.py [--check]

Logistic regressions on inner vectors, cues and words (heads.features, surface.word_use):
content   does a clause carry something about a touchpoint (1) or is it small talk, a bare answer
          or a name (0)?
polarity  negative, neutral, positive: the mean of a logistic regression and of three small nets of
          one hidden layer on the dense features (Hansen and Salamon, 1990, on averaging nets). A
          trouble told in plain words ("the box has been red since Saturday") has no word that a
          regression could weigh; nets find 3 in 100 more moods of the told sentences.
outcome   failed, partly, unknown, worked; from the hand-written sets only, which tell it apart
          from mood.
aspect    mood towards one named thing (aspects.aspect_features), from MAMS' train sentences. Rare
          classes of a category weigh more (by the root of their rarity): "staff is mostly scolded"
          is a fact about restaurants that no other name should inherit. The hand-written sentences
          join in, each under a word of its own: without them only restaurants would be understood.

What is read: own examples (prompts/); tests/bench/acts/dev.csv and dev_moods.csv (test.csv never);
tests/bench/told/dev.csv, more.csv and voices.csv (heldout.csv, said.csv
and said_heldout.csv never); plain statements (acts/plain.toml); bare
names ("the hot food"); app reviews; MAMS train (val never); CLINC150 train; MultiDoGO finance train
and airline train (dev and test never); seat reviews, all; lounge reviews dated before 2013 (later
ones never). Reviews lend weak labels: the clause that is most like a rated thing, where that rating
and the verdict agree.

All sources are permissive (SOURCES); no text is kept, only weights. --check writes nothing: it fits
without a part of them and prints figures on that part (the 30 % of the hand-written sets whose hash
of the text is highest, 20 % of the plain wordings, of the bare names and of the app reviews) and on
MultiDoGO dev and CLINC150 val.
"""

import csv
import hashlib
import json
import os
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

import numpy as np
from scipy.sparse import csr_matrix, vstack
from sklearn.metrics import classification_report, f1_score

from pipeline.engines.embedded.aspects import N_TOPICAL, aspect_features, find_spots
from pipeline.engines.embedded.clauses import clauses
from pipeline.engines.embedded.heads import HEADS_FILE, OUTCOMES, Even, features
from pipeline.engines.embedded.lexicon import content_words
from pipeline.engines.embedded.surface import word_use
from pipeline.engines.embedding import Embedder
from pipeline.engines.minilm import DIMENSIONS
from pipeline.text import sentence_spans
from tests.bench.head_fits import Fitted, Mood, Recipe, fit, fit_mood

DATA = Path(os.environ["TOUCHPOINTS_DATA"])
ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "prompts/extract.v1.examples.jsonl"
ACTS, TOLD = (Path(__file__).parent / name for name in ("acts", "told"))
IS_CHECK = "--check" in sys.argv
POLARITIES = ("negative", "neutral", "positive")
VOICES = TOLD / "voices.csv"
HAND_WRITTEN = (
    ACTS / "dev.csv", ACTS / "dev_moods.csv", TOLD / "dev.csv", TOLD / "more.csv",
    VOICES,
)  # fmt: skip
SOURCES = {
    "own examples": "written for the project",
    "hand-written development sets": "written for the project",
    "app_reviews": "MIT",
    "mams train": "Apache-2.0",
    "clinc150 train": "CC BY 3.0",
    "multidogo train": "CDLA-Permissive-1.0",
    "skytrax seat, lounge before 2013": "CC0",
}
HAND_TRAIN, APP_TRAIN, PLAIN_TRAIN = 70, 80, 80
"""Per cent of the rows whose hash puts them into training when the rest is to check it."""
PLAIN_THINGS = 5
BARE = ("{}", "the {}", "and the {}", "our {}")
"""How a thing is named with nothing said of it."""
FIRST_REPORTED = "2013"
SHARES = {
    "voices": 0.09,
    "plain": 0.25,
    "names": 0.015,
    "app": 0.05,
    "mams": 0.075,
    "reviews": 0.125,
    "calm": 0.025,
}
"""Weight of each source of moods beside the hand-written sentences' 1: the less its labels are
about single clauses, the less it weighs. What stands in told/voices.csv counts twice: it is told as
customers tell it in chats and calls, where moods are hardest to read."""
HAND_ASPECT_SHARE = 0.4
"""Weight of the hand-written sentences beside MAMS' 1 in the aspect head."""
POLARITY = Recipe(looseness=1.0, nets=3, hidden=64, rounds=25, decay=0.01)
"""Chosen by five-fold cross-validation on told/dev.csv and on what --check keeps out."""
ASPECT = Recipe(0.3, nets=1, hidden=48, rounds=20, decay=0.1, skipped=N_TOPICAL * DIMENSIONS)
"""Chosen on three of five parts of MAMS' train sentences."""
LEAST_LIKENESS = 0.3
RATED = tomllib.loads((ACTS / "rated.toml").read_text(encoding="utf-8"))
NO_TOUCHPOINT = {
    "contentonly", "confirmation", "openinggreeting", "closinggreeting", "thankyou", "rejection",
    "outofdomain",
}  # fmt: skip
SMALL_TALK = {"greeting", "goodbye", "thank_you", "yes", "no", "maybe", "repeat"}
CHATTER = {
    "tell_joke", "fun_fact", "what_is_your_name", "how_old_are_you", "where_are_you_from",
    "are_you_a_bot", "what_are_your_hobbies", "do_you_have_pets", "who_made_you",
    "who_do_you_work_for", "meaning_of_life", "what_can_i_ask_you",
}  # fmt: skip
"""Left out: small talk for one business, what an assistant is there for to another."""


class Hand(NamedTuple):
    """A hand-written sentence."""

    text: str
    polarity: str
    outcome: str
    is_kept_out: bool


def rows(path: Path, delimiter: str = ",") -> Iterator[dict[str, str]]:
    """Yield the rows of a file."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file, delimiter=delimiter)


def place(text: str) -> int:
    """Return 0 to 99 from the hash of a text."""
    return int(hashlib.sha256(text.encode()).hexdigest(), 16) % 100


def is_out(text: str, share: int) -> bool:
    """Tell whether a text is kept out, to check what was fitted without it."""
    return IS_CHECK and place(text) >= share


def own_examples() -> list[dict[str, str]]:
    """Return the examples of the extraction prompt."""
    return [json.loads(line) for line in EXAMPLES.read_text(encoding="utf-8").splitlines()]


def hand_written() -> list[Hand]:
    """Return the hand-written sentences that have one mood."""
    found = [Hand(r["text"], r["polarity"], r.get("outcome", ""), False) for r in own_examples()]
    for file in HAND_WRITTEN:
        found += [
            Hand(r["text"], r["polarity"], r["outcome"], is_out(r["text"], HAND_TRAIN))
            for r in rows(file)
            if r["polarity"] in POLARITIES
        ]
    return found


def voices() -> list[tuple[str, int]]:
    """Return the sentences of told/voices.csv with their mood, without those kept out."""
    return [
        (r["text"], POLARITIES.index(r["polarity"]))
        for r in rows(VOICES)
        if not is_out(r["text"], HAND_TRAIN)
    ]


def told_outcomes() -> list[Hand]:
    """Return the hand-written sentences whose outcome is known, without those kept out."""
    return [h for h in hand_written() if h.outcome and not h.is_kept_out]


def plain_statements() -> Iterator[tuple[str, int, bool]]:
    """Yield plain statements with their mood, and whether each is kept out: each said of a few
    things, all of one wording on the same side."""
    told = tomllib.loads((ACTS / "plain.toml").read_text(encoding="utf-8"))
    things = told["things"]
    for mood, name in enumerate(POLARITIES):
        for wording in told[name]:
            start = place(wording)
            for step in range(PLAIN_THINGS):
                thing = things[(start + 7 * step) % len(things)]
                text = wording.format(thing)
                yield text[0].upper() + text[1:] + ".", mood, is_out(wording, PLAIN_TRAIN)


def bare_names() -> Iterator[tuple[str, bool]]:
    """Yield names of things with nothing said of them, and whether each is kept out."""
    told = tomllib.loads((ACTS / "plain.toml").read_text(encoding="utf-8"))
    things = [thing.removeprefix("the ") for thing in told["things"]]
    for thing in (*things, *told["compounds"]):
        for wording in BARE:
            text = wording.format(thing)
            yield text[0].upper() + text[1:], is_out(thing, PLAIN_TRAIN)


def app_moods() -> Iterator[tuple[str, int, bool]]:
    """Yield annotated app reviews with one mood, and whether each is kept out."""
    for row in rows(DATA / "app_reviews/feature_sentiment.csv"):
        marks = [bool(row[f"features_{p}"]) for p in POLARITIES]
        if sum(marks) == 1:
            yield row["text"], marks.index(True), is_out(row["text"], APP_TRAIN)


def aspects() -> list[tuple[str, str, int]]:
    """Return sentence, aspect and mood of each annotation of MAMS' train part."""
    root = ElementTree.parse(DATA / "mams/train.xml").getroot()  # noqa: S314 - our own file
    return [
        (sentence.findtext("text") or "", one.get("category", ""),
         POLARITIES.index(one.get("polarity", "")))
        for sentence in root
        for one in sentence.iter("aspectCategory")
    ]  # fmt: skip


def clear_reviews() -> Iterator[tuple[list[str], dict[str, float], int]]:
    """Yield clauses, ratings and verdict (0 or 2) of every other clear-cut airline review."""
    for name, most in (("lounge", 5), ("seat", 10)):
        for row in list(rows(DATA / f"skytrax/{name}.csv"))[::2]:
            if name == "lounge" and row["date"] >= FIRST_REPORTED:
                continue
            overall, is_advised = float(row["overall_rating"] or 0) / most, row["recommended"]
            verdict = 2 if overall >= 0.7 and is_advised == "1" else 0
            if verdict or (0 < overall <= 0.4 and is_advised == "0"):
                ratings = {key: float(row[key] or 0) for key in RATED if key in row}
                yield cut(row["content"]), ratings, verdict


def cut(text: str) -> list[str]:
    """Return the clauses of a text."""
    sentences = [text[start:end] for start, end in sentence_spans(text)]
    return [one[c.start : c.end] for one in sentences for c in clauses(one)]


def review_moods(embedder: Embedder) -> list[tuple[str, int]]:
    """Return clauses most like a rated thing, where its rating and the verdict agree."""
    found: list[tuple[str, int]] = []
    for parts, ratings, verdict in clear_reviews():
        vectors = embedder.embed(parts)
        keys = list(ratings)
        likeness = vectors @ embedder.embed([RATED[key] for key in keys]).T
        for part, row in zip(parts, likeness, strict=True):
            rating = ratings[keys[int(row.argmax())]]
            if row.max() >= LEAST_LIKENESS and rating in ((5,) if verdict else (1, 2)):
                found.append((part, verdict))
    return found


def clinc(part: str) -> list[tuple[str, int]]:
    """Return texts of a part of CLINC150 with 1 when they carry a touchpoint."""
    found = json.loads((DATA / "clinc150/data_small.json").read_text(encoding="utf-8"))[part]
    return [(text, int(name not in SMALL_TALK)) for text, name in found if name not in CHATTER]


def dialogue(part: str) -> list[tuple[str, int]]:
    """Return customer turns of a part of MultiDoGO with 1 when they carry a touchpoint."""
    return [
        (r["utterance"], int(r["intent"] not in NO_TOUCHPOINT))
        for r in rows(DATA / f"multidogo/{part}.tsv", "\t")
        if (r["utterance"] or "").strip() and r["intent"]
    ]


def content_examples(reviews: list[str]) -> list[tuple[str, int]]:
    """Return texts with 1 when they carry a touchpoint."""
    own = [(r["text"], int(r["kind"] != "small_talk")) for r in own_examples()]
    hand = [(h.text, 1) for h in hand_written() if h.polarity != "neutral" and not h.is_kept_out]
    app = [(text, 1) for text, _, is_kept_out in app_moods() if not is_kept_out]
    talk = dialogue("finance/train")[::2] + dialogue("airline/train")[::4]
    return own * 3 + hand + app + talk + clinc("train")[::2] + [(text, 1) for text in reviews[::3]]


def polarity_sources(embedder: Embedder) -> dict[str, list[tuple[str, int]]]:
    """Return texts with 0 negative, 1 neutral, 2 positive, by source."""
    annotated = aspects()
    topics = embedder.embed([name for _, name, _ in annotated])
    spots = find_spots([text for text, _, _ in annotated], topics, embedder)
    return {
        "hand": [
            (h.text, POLARITIES.index(h.polarity)) for h in hand_written() if not h.is_kept_out
        ],
        "voices": voices(),
        "plain": [
            (text, mood) for text, mood, is_kept_out in plain_statements() if not is_kept_out
        ],
        "names": [(text, 1) for text, is_kept_out in bare_names() if not is_kept_out],
        "app": [(text, mood) for text, mood, is_kept_out in app_moods() if not is_kept_out],
        "mams": [(spot.near, mood) for spot, (_, _, mood) in zip(spots, annotated, strict=True)],
        "reviews": review_moods(embedder),
        "calm": [(text, 1) for text, _ in clinc("train")[::6] + dialogue("finance/train")[::10]],
    }


class Reader(NamedTuple):
    """Makes features of texts."""

    embedder: Embedder
    even: Even

    def read(self, texts: list[str]) -> tuple[np.ndarray, csr_matrix]:
        """Return the dense and the sparse features of texts."""
        return features(texts, self.embedder.both(texts).inner, self.even), word_use(texts)


def evenness_of(texts: list[str], embedder: Embedder) -> Even:
    """Return what makes the channels of these texts' inner vectors as wide as those of unit
    vectors are: each head reads them beside cues of that size."""
    inner = embedder.both(texts).inner
    return Even(inner.mean(axis=0), 1 / (inner.std(axis=0) * np.sqrt(inner.shape[1])))


def fit_polarity(sources: dict[str, list[tuple[str, int]]], reader: Reader) -> Mood:
    """Return the mood head; each source weighs its share, however many texts it has."""
    n_hand = len(sources["hand"])
    blocks, labels, weights = [], [], []
    for name, examples in sources.items():
        blocks.append(reader.read([text for text, _ in examples]))
        labels += [label for _, label in examples]
        share = SHARES.get(name, 1.0)
        weights.append(np.full(len(examples), share * n_hand / len(examples)))
    dense = np.vstack([block[0] for block in blocks])
    words = vstack([block[1] for block in blocks], format="csr")
    even = _even(np.concatenate(weights), np.array(labels))
    return fit_mood(dense, words, labels, even, POLARITY)


def _even(weights: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return weights that make common moods half as common (by the root): how common complaints
    are differs from business to business."""
    of_moods = np.bincount(labels, weights)
    even: np.ndarray = weights * np.sqrt(of_moods.mean() / of_moods)[labels]
    return even


def fit_outcome(reader: Reader) -> Fitted:
    """Return the outcome head."""
    known = told_outcomes()
    labels = [OUTCOMES.index(h.outcome) for h in known]
    return fit(*reader.read([h.text for h in known]), labels, None, 1.5)


def fit_aspect(reader: Reader) -> Mood:
    """Return the aspect head; a category's rare classes weigh more."""
    texts, names, moods = zip(*aspects(), strict=True)
    pairs = list(zip(names, moods, strict=True))
    counts = {pair: pairs.count(pair) for pair in set(pairs)}
    rarity = np.array([names.count(name) / 3 / counts[name, mood] for name, mood in pairs])
    hand = [h for h in hand_written() if not h.is_kept_out]
    own_names = [(content_words(h.text) or [h.text])[-1] for h in hand]
    read = aspect_features([*texts, *(h.text for h in hand)], [*names, *own_names], *reader)
    labels = [*moods, *(POLARITIES.index(h.polarity) for h in hand)]
    other_domains = np.full(len(hand), HAND_ASPECT_SHARE * len(texts) / len(hand))
    return fit_mood(*read, labels, np.concatenate([np.sqrt(rarity), other_domains]), ASPECT)


def check(heads: dict[str, Fitted | Mood], reader: Reader) -> None:
    """Print figures on what was kept out."""
    hand = [h for h in hand_written() if h.is_kept_out]
    seen = reader.read([h.text for h in hand])
    for head, names, told in (
        ("polarity", POLARITIES, [h.polarity for h in hand]),
        ("outcome", OUTCOMES, [h.outcome for h in hand]),
    ):
        found = [names[n] for n in heads[head].scores(*seen).argmax(axis=1)]
        say(f"{head}, hand-written kept out:\n{classification_report(told, found, digits=3)}")
    for name, kept_out in (
        ("plain statements", [(t, m) for t, m, is_kept_out in plain_statements() if is_kept_out]),
        ("bare names", [(t, 1) for t, is_kept_out in bare_names() if is_kept_out]),
        ("app reviews", [(t, m) for t, m, is_kept_out in app_moods() if is_kept_out]),
    ):
        found = heads["polarity"].scores(*reader.read([t for t, _ in kept_out])).argmax(axis=1)
        say(f"polarity, {name} kept out: {np.mean(found == [m for _, m in kept_out]):.3f}")
    for name, examples in (
        ("finance dev", dialogue("finance/dev")), ("airline dev", dialogue("airline/dev")),
        ("clinc150 val", clinc("val")),
    ):  # fmt: skip
        texts, carries = (list(column) for column in zip(*examples, strict=True))
        scores = heads["content"].scores(*reader.read(texts))[:, 0]
        dropped = np.mean(scores[np.array(carries) == 1] < np.log(0.25 / 0.75))
        say(f"content, {name}: F1 {f1_score(carries, scores > 0):.3f}; below 0.25 {dropped:.3f}")


def say(text: str) -> None:
    """Print."""
    print(text)  # noqa: T201 - what the check is for


def save(heads: dict[str, Fitted | Mood], even: Even, counts: dict[str, dict[str, int]]) -> None:
    """Write the weights and where they come from, in one step."""
    arrays = {"provenance": np.array(json.dumps({"licences": SOURCES, "examples": counts}))}
    arrays |= {f"even_{name}": array for name, array in even._asdict().items()}
    for name, head in heads.items():
        arrays |= {f"{name}_{part}": array for part, array in head.arrays().items()}
    fresh = HEADS_FILE.with_name("heads.fresh.npz")
    np.savez_compressed(fresh, **arrays)
    fresh.replace(HEADS_FILE)


def main() -> None:
    """Fit the heads and write them, or check what they learn from most of the data."""
    embedder = Embedder(Path(tempfile.gettempdir()) / "touchpoints-train.sqlite")
    reader = Reader(embedder, evenness_of([h.text for h in hand_written()], embedder))
    sources = polarity_sources(embedder)
    content = content_examples([text for text, _ in sources["reviews"]])
    texts, carries = (list(column) for column in zip(*content, strict=True))
    dense, words = reader.read(texts)
    heads = {
        "content": fit(dense, words, carries, None, 2.0),
        "polarity": fit_polarity(sources, reader),
        "outcome": fit_outcome(reader),
        "aspect": fit_aspect(reader),
    }
    if IS_CHECK:
        check(heads, reader)
        return
    counts = {name: len(examples) for name, examples in sources.items()}
    save(heads, reader.even, {"polarity": counts, "content": {"texts": len(content)},
                 "outcome": {"hand": len(told_outcomes())},
                 "aspect": {"mams": len(aspects()), "hand": counts["hand"]}})  # fmt: skip


if __name__ == "__main__":
    main()
