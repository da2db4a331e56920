"""What the language model is not shown: sentences that the embedded engine is sure carry nothing.

For each threshold the share of tokens that are saved, and the share of what matters that is lost:
turns of a chat that were labelled with an intent, sentences labelled with an act, a mood or an
outcome, and in the demo corpus the mentions of the embedded engine (which the same head found) and
sentences in the words of a planted problem (many of them, such as "Right then.", tell of none).
"""

import re
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.engines.embedded.clauses import clauses
from pipeline.engines.embedded.emptiness import content_shares
from pipeline.engines.llm.money import estimate_tokens
from pipeline.engines.llm.skipping import SURELY_EMPTY
from pipeline.stages.extract import spoken_by_customers
from pipeline.store import read_run
from pipeline.text import sentence_spans
from tests.bench.corpora import command
from tests.bench.figures import Figure
from tests.bench.sets import Part
from tests.bench.test_turns import NO_TOUCHPOINT

pytestmark = pytest.mark.bench

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]
FINANCE = Part("multidogo finance", "dev", "development", "the content head read train")
ACTS = Part("acts", "dev", "development", "the content head read it")
DEMO = Part("kestrel", "2026Q3", "no", "the threshold was not chosen on it")
THRESHOLDS = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3)
MOST_LOST = 0.01
FEWEST_WORDS = 2
"""Of a turn that counts: "no" and "hi" have the intent of the turn before as their label."""
IN_USE = "the threshold in use"


def test_the_threshold_is_one_of_those_measured():
    assert SURELY_EMPTY in THRESHOLDS


def test_turns_of_a_chat(data, embedder, figures):
    rows = pd.read_csv(data / "multidogo/finance/dev.tsv", sep="\t", dtype="str")
    rows = rows.dropna(subset=["utterance", "intent"]).reset_index(drop=True)
    share = best_shares(embedder, rows["utterance"])
    is_long = rows["utterance"].str.split().str.len() >= FEWEST_WORDS
    carries = ~rows["intent"].isin(NO_TOUCHPOINT)
    told = {"turns with an intent": carries & is_long, "the same, one word and more": carries}
    figures += measured(FINANCE, share, rows["utterance"], told)
    assert lost(share, carries & is_long, SURELY_EMPTY) < MOST_LOST


def test_sentences_that_say_something(embedder, figures):
    rows = pd.read_csv(HERE / "acts/dev.csv", dtype="str", keep_default_na=False)
    share = best_shares(embedder, rows["text"])
    says = (rows["acts"] != "") | (rows["polarity"] != "neutral") | (rows["outcome"] != "unknown")
    figures += measured(ACTS, share, rows["text"], {"with an act, a mood or an outcome": says})
    assert lost(share, says, SURELY_EMPTY) < MOST_LOST


def test_the_demo(outputs, embedder, figures):
    command(outputs, "run", str(REPOSITORY / "corpora/kestrel"), "--period", DEMO.split)
    tables, _ = read_run(outputs / "outputs/kestrel" / DEMO.split)
    said = spoken_by_customers(tables["turns"], tables["sentences"])
    said = said.merge(tables["documents"][["document_id", "language"]], on="document_id")
    share = fullest(embedder, said["text"]).where(said["language"] == "en", 1.0)
    told = {
        "sentences with a mention": has_mention(said, tables["mentions"]),
        "sentences in the words of a planted problem": has_planted(said["text"]),
    }
    figures += measured(DEMO, share, said["text"], told)
    assert lost(share, told["sentences with a mention"], SURELY_EMPTY) < MOST_LOST


def best_shares(embedder, texts):
    """For each text the probability of its fullest sentence; an empty text has none to lose."""
    rows = [(row, text[a:b]) for row, text in enumerate(texts) for a, b in sentence_spans(text)]
    sentences = pd.Series([text for _, text in rows], index=[row for row, _ in rows])
    best = fullest(embedder, sentences).groupby(level=0).max()
    return best.reindex(range(len(texts)), fill_value=0.0)


def fullest(embedder, sentences):
    """For each sentence the probability of itself or of its fullest clause."""
    parts = [(row, sentence) for row, sentence in enumerate(sentences)]
    parts += [
        (row, sentence[c.start : c.end]) for row, sentence in parts for c in clauses(sentence)
    ]
    shares = content_shares([part for _, part in parts], embedder)
    best = pd.Series(shares).groupby([row for row, _ in parts]).max()
    return pd.Series(best.to_numpy(), sentences.index)


def has_mention(said, mentions):
    """Whether a mention of the run begins in each sentence."""
    starts = mentions.groupby("turn_id")["start"].agg(list).to_dict()
    return pd.Series([
        any(start <= at < end for at in starts.get(turn, ()))
        for turn, start, end in zip(said["turn_id"], said["start"], said["end"], strict=True)
    ])  # fmt: skip


def has_planted(texts):
    """Whether each sentence holds words by which a planted problem is known."""
    truths = tomllib.loads((REPOSITORY / "tests/golden/truths.toml").read_text("utf-8"))
    words = "|".join(one["problem"] for one in truths["touchpoints"] if "problem" in one)
    return texts.str.contains(re.compile(words, re.IGNORECASE))


def measured(part, share, texts, told):
    """Figures for each threshold: tokens saved, and what is lost of what matters."""
    tokens = np.array([estimate_tokens(text) for text in texts])
    found = []
    for threshold in THRESHOLDS:
        at, note = f"below {threshold:g}", IN_USE if threshold == SURELY_EMPTY else ""
        is_out = (share < threshold).to_numpy()
        saved = float(tokens[is_out].sum() / tokens.sum())
        found.append(Figure(part, f"{at}: texts not shown", float(is_out.mean()), None, "", note))
        found.append(Figure(part, f"{at}: tokens not shown", saved, None, "", note))
        found += [
            Figure(part, f"{at}: lost of {what}", lost(share, matters, threshold), None, "", note)
            for what, matters in told.items()
        ]
    return found


def lost(share, matters, threshold):
    """The share of what matters that is left out."""
    return float((share.to_numpy() < threshold)[matters.to_numpy()].mean())
