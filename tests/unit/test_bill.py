"""The bill of a run says what this run paid and what the result cost; the ledger proves it."""

import pytest

from pipeline import tables as t
from pipeline.bill import bill_of, ledger_faults
from pipeline.config import Llm
from pipeline.manifest import StepRecord
from tests import example_run

LLM = Llm(model="m", prices={"m": {"prompt": 1.0, "completion": 10.0}})


def step(name, **told):
    facts = {"rows_in": 1, "used": 1, "rejected": 0, "seconds": 1.0, "peak_mb": 1.0}
    return StepRecord(step=name, reused=told.pop("reused", False), **facts, **told)


STEPS = (
    step("extract", calls=1, cached=1, prompt_tokens=1000, completion_tokens=100, cost=0.002),
    step("resolve", calls=1, prompt_tokens=500, completion_tokens=0, cost=0.0005, reused=True),
)


@pytest.fixture(scope="module")
def tables():
    rows = [
        t.LedgerRow("a", "extract", "m", 1000, 100, 0.002, False, 1.0),
        t.LedgerRow("b", "extract", "m", 2000, 100, 0.0, True, 1.0),
        t.LedgerRow("c", "resolve", "m", 500, 0, 0.0005, False, 1.0),
    ]
    example = example_run.build_example()[0]
    said = [turn for turn in t.TURNS.rows(example["turns"]) if turn.speaker == "customer"]
    sentences = t.SENTENCES.frame(
        t.Sentence(turn.turn_id, turn.turn_id, turn.document_id, 0, len(turn.text), turn.text)
        for turn in said
    )
    return example | {"ledger": t.LEDGER.frame(rows), "sentences": sentences}


def test_steps_taken_from_before_and_cached_answers_were_paid_earlier(tables):
    bill = bill_of(LLM, tables, STEPS)
    assert (bill.calls, bill.cached) == (1, 2)
    assert bill.cost == 0.002
    assert bill.earlier == pytest.approx(0.003 + 0.0005)
    assert bill.document_mean <= bill.document_most
    assert bill.document_mean * bill.n_documents == pytest.approx(0.005, rel=0.1)


def test_bill_in_words_names_both_amounts_and_the_dearest_document(tables):
    said = bill_of(LLM, tables, STEPS).in_words("EUR")
    assert said.startswith("m: 1 call, 1,100 tokens, EUR 0.002; 2 answers from earlier runs")
    assert "with them the result cost EUR 0.0055" in said
    assert "to read a document, at most" in said


def test_without_a_price_no_amount_is_told(tables):
    said = bill_of(Llm(model="other"), tables, STEPS).in_words("EUR")
    assert "no price known" in said
    assert "EUR" not in said


def test_runs_without_a_model_have_no_bill(tables):
    assert bill_of(LLM, tables | {"ledger": t.LEDGER.frame()}, STEPS) is None


def test_ledger_proves_the_records_of_steps(tables):
    assert ledger_faults(tables, STEPS) == []


def test_a_lost_a_changed_and_a_foreign_row_are_found(tables):
    ledger = tables["ledger"]
    lost = ledger_faults({"ledger": ledger[ledger["request_id"] != "a"]}, STEPS)
    assert any("'extract': calls is 1, the ledger's rows say 0" in fault for fault in lost)
    dearer = ledger.assign(cost=ledger["cost"] + 0.01 * (ledger["request_id"] == "c"))
    assert ledger_faults({"ledger": dearer}, STEPS) == [
        "step 'resolve': cost is 0.0005, the ledger's rows say 0.0105"
    ]
    assert ledger_faults({"ledger": ledger}, STEPS[:1]) == ["ledger c: there is no step 'resolve'"]
