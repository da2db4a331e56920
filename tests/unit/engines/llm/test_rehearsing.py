"""Calls that are counted, not made; an understudy that answers in the model's own shape."""

import json
from dataclasses import replace

import pandas as pd
import pytest

from pipeline.answers import ANSWERS
from pipeline.config import Llm
from pipeline.engines.llm.calls import Caller
from pipeline.engines.llm.extracting import lay_out
from pipeline.engines.llm.jobs import Item, Job, answer_model, ask, fence
from pipeline.engines.llm.rehearsing import RehearsedCalls
from pipeline.engines.llm.schemas import (
    CritiqueResult,
    ExtractResult,
    NameResult,
    PainResult,
    ProposeResult,
    SameResult,
)
from pipeline.engines.llm.understudy import Understudy
from pipeline.tables import CATALOGUE_PHRASES, CataloguePhrase

SENTENCES = pd.DataFrame(
    [
        ("s1", "d1", "t1", 0, 34, "The payroll export was wrong again", "en", 0, ""),
        ("s2", "d1", "t1", 35, 48, "Lovely people", "en", 0, ""),
        ("s3", "d2", "t2", 0, 32, "I waited an hour in the queue.", "en", 0, "Hello"),
    ],
    columns=[
        "sentence_id", "document_id", "turn_id", "start", "end", "text", "language", "position",
        "staff",
    ],
).assign(place=[0, 1, 0])  # fmt: skip
PHRASES = CATALOGUE_PHRASES.frame([CataloguePhrase("export", "name", "Payroll export")])
ITEMS = {
    "same": (SameResult, ("queue", "- I waited", "1: waiting in line", "2: payroll")),
    "name": (NameResult, ("Labels: queue; line", "- I waited an hour", "- The line was long")),
    "pains": (PainResult, ("Touchpoint: Queue", "Group 1:", "- I waited", "Group 2:", "- Rude")),
    "propose": (ProposeResult, ("Touchpoint: Queue", "[1] I waited")),
    "critique": (CritiqueResult, ("Touchpoint: Queue", "[1] I waited", "Proposal 1: a: b")),
}


@pytest.fixture
def understudy(engine):
    """One that has learnt what the embedded engine reads in the sentences."""
    learnt = Understudy(engine)
    reading = engine.read(SENTENCES, PHRASES)
    assert len(ANSWERS.rows(reading.answers))
    learnt.learn_reading(lay_out(SENTENCES), reading, SENTENCES, PHRASES)
    return learnt


def job(task="extract.v2", result=ExtractResult, items=None):
    items = items or lay_out(SENTENCES).items
    return Job("extract", task, "Read this.", result, tuple(items), 5_000, 1_000)


def test_reading_has_the_lines_and_codes_of_the_items(understudy):
    items = lay_out(SENTENCES).items
    told = json.loads(understudy.answer("extract.v2", fence(items)))
    first = ExtractResult.model_validate(told["results"][0])
    assert [(m.line, m.touchpoint) for m in first.mentions][:1] == [(1, "T1")]
    assert all(m.quote in SENTENCES["text"].str.cat(sep=" ") for m in first.mentions)


def test_piece_of_a_document_is_read_like_the_whole(understudy):
    items = lay_out(SENTENCES).items
    both = json.loads(understudy.answer("extract.v2", fence(items)))["results"]
    alone = json.loads(understudy.answer("extract.v2", fence(items[:1])))["results"]
    assert alone == both[:1]


@pytest.mark.parametrize("task", ITEMS)
def test_answer_fits_the_models_of_the_task(understudy, task):
    result, lines = ITEMS[task]
    text = understudy.answer(f"{task}.v1", fence([Item("a", lines)]))
    assert len(answer_model(task, result).model_validate_json(text).results) == 1


@pytest.fixture
def calls(tmp_path, understudy):
    """Rehearsed calls over an empty cache, and the settings."""
    settings = Llm(model="m", endpoint="http://127.0.0.1:9", seconds_per_call=3)
    return RehearsedCalls(Caller(settings, tmp_path / "a.sqlite"), settings, understudy)


def test_every_call_is_counted_and_none_is_made(calls):
    answered = ask(calls, job())
    assert set(answered.results) == {"d1", "d2"}
    [call] = calls.expected
    assert (call.stage, call.task, call.is_kept, call.seconds) == (
        "extract",
        "extract.v2",
        False,
        3,
    )
    assert call.prompt_tokens > 10
    assert call.completion_tokens > 10
    assert calls.ledger() == []


def test_schema_is_counted_where_it_is_enforced_and_nothing_was_counted_before(calls):
    ask(calls, job())
    calls.n_earlier = 3
    ask(calls, job())
    first, later = (call.prompt_tokens for call in calls.expected)
    assert 250 < first - later < 450


def test_answers_that_will_be_cut_make_for_further_calls(calls):
    told = job()
    ask(calls, told)
    whole = calls.expected[0].completion_tokens
    ask(calls, replace(told, answer_tokens=round(whole / 1.5)))
    [_, cut, *further] = calls.expected
    assert cut.completion_tokens == round(whole / 1.5)
    assert len(further) >= 1


def test_the_critic_will_see_most_of_what_a_model_proposes(understudy):
    items = [Item(key, ITEMS["critique"][1]) for key in "ab"]
    assert understudy.fuller("critique.v2", fence(items)) == 6
    assert understudy.fuller("name.v2", fence(items)) == 1


def test_rounds_are_told_apart(calls):
    ask(calls, job())
    ask(calls, job())
    assert [call.round for call in calls.expected] == [1, 2]


def test_second_round_of_proposals_is_not_foreseen(calls):
    items = [Item("a", ("Touchpoint: Queue", "[1] I waited"))]
    for _ in range(2):
        told = job("propose.v1", ProposeResult, items)
        ask(calls, Job("hypothesize", *[getattr(told, n) for n in told.__slots__[1:]]))
    assert len(calls.expected) == 1


def test_fewer_quotes_are_foreseen_where_no_catalogue_guides(understudy, engine):
    assert 1 < understudy.share("extract.v3") < 1.3
    free = Understudy(engine)
    none = CATALOGUE_PHRASES.frame()
    free.learn_reading(lay_out(SENTENCES), engine.read(SENTENCES, none), SENTENCES, none)
    assert 0.6 <= free.share("extract.v3") < 0.85
    assert free.share("name.v2") == 1
