"""Texts of nothing but emoji and signs."""

import pytest

from pipeline.engines.embedded.engine import EmbeddedEngine
from pipeline.tables import CATALOGUE_PHRASES, SENTENCES, CataloguePhrase, Sentence

PHRASES = CATALOGUE_PHRASES.frame(
    [CataloguePhrase("t1", "name", "Payroll export"), CataloguePhrase("t2", "name", "Training")]
)


@pytest.fixture(scope="module")
def engine():
    return EmbeddedEngine(None, 0.5)


def read(engine, *texts):
    """Return what is read in sentences of one turn."""
    rows, start = [], 0
    for number, text in enumerate(texts):
        rows.append(Sentence(f"s{number}", "turn", "doc", start, start + len(text), text))
        start += len(text) + 1
    return engine.read(SENTENCES.frame(rows), PHRASES)


def test_emoji_after_a_touchpoint_tells_the_mood_there(engine):
    reading = read(engine, "This is about the payroll export.", "😡😡")
    told = reading.answers.set_index("quote").loc["😡😡"]
    assert (told["touchpoint_id"], told["kind"], told["outcome"]) == ("t1", "pain", "unknown")
    assert told["polarity"] < -0.35
    assert reading.rejects.empty


@pytest.mark.parametrize("text", ["😡😡", "👍", "?!", "…"])
def test_text_without_words_alone_is_a_reject_with_its_reason(engine, text):
    reading = read(engine, text)
    assert reading.answers.empty
    assert reading.rejects[["row_id", "stage", "reason", "detail"]].to_numpy().tolist() == [
        ["s0", "extract", "no_words", text]
    ]


def test_emoji_that_says_no_mood_is_no_mention(engine):
    reading = read(engine, "The payroll export was wrong again.", "🤷")
    assert "🤷" not in set(reading.answers["quote"])
    assert reading.rejects["row_id"].tolist() == ["s1"]
