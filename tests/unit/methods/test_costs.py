"""What answers cost, by step and by document."""

import pytest

from pipeline import tables as t
from pipeline.config import Price
from pipeline.methods.costs import document_costs, prices_of, step_costs, worth

PRICE = Price(prompt=1.0, completion=10.0)
PRICES = {"m": PRICE}
LEDGER = t.LEDGER.frame(
    [
        t.LedgerRow("a", "extract", "m", 100_000, 10_000, 0.2, False, 1.0),
        t.LedgerRow("b", "extract", "m", 100_000, 10_000, 0.0, True, 1.0),
        t.LedgerRow("c", "resolve", "m", 1_000, 0, 0.001, False, 1.0),
    ]
)


def document(key, place):
    facts = dict.fromkeys(t.DOCUMENTS.columns, "")
    facts |= {"document_id": key, "kind": "call", "path": "calls.csv", "locator": place}
    return t.Document(**facts | {"score": float("nan"), "value": float("nan")})


def tables(*said):
    """Tables of documents, each with one turn: who spoke and its sentences."""
    documents, turns, sentences = [], [], []
    for n, (speaker, texts) in enumerate(said):
        documents.append(document(f"d{n}", f"row {n}"))
        turns.append({"turn_id": f"t{n}", "document_id": f"d{n}", "speaker": speaker})
        sentences += [
            t.Sentence(f"s{n}{place}", f"t{n}", f"d{n}", 0, len(text), text)
            for place, text in enumerate(texts)
        ]
    frame = t.TURNS.frame().reindex(range(len(turns)))
    for name in ("turn_id", "document_id", "speaker"):
        frame[name] = [turn[name] for turn in turns]
    return {
        "documents": t.DOCUMENTS.frame(documents), "turns": frame,
        "sentences": t.SENTENCES.frame(sentences), "ledger": LEDGER,
        "rejects": t.REJECTS.frame([t.Reject("s11", "extract", "carries_nothing", "")]),
    }  # fmt: skip


SAID = (("customer", ["a" * 30]), ("customer", ["b" * 10, "c" * 500]), ("agent", ["d" * 99]))


def test_answer_from_the_cache_is_worth_what_it_cost_before():
    assert worth(LEDGER, PRICES).tolist() == pytest.approx([0.2, 0.2, 0.001])
    assert worth(LEDGER, {}).tolist() == [0.2, 0.0, 0.001]


def test_documents_share_what_their_reading_cost_by_what_was_shown():
    found = document_costs(tables(*SAID), PRICES)
    assert [one.document_id for one in found] == ["d0", "d1"]
    assert [one.cost for one in found] == pytest.approx([0.3, 0.1])
    assert [one.prompt_tokens for one in found] == pytest.approx([150_000, 50_000])
    assert found[0].place == "calls.csv row 0"


def test_nothing_asked_costs_no_document():
    without = tables(*SAID) | {"ledger": t.LEDGER.frame()}
    assert document_costs(without, PRICES) == []
    assert step_costs(without, PRICES) == []


def test_steps_count_answers_paid_now_and_before():
    extract, resolve = step_costs(tables(*SAID), PRICES)
    assert (extract.step, extract.answers, extract.kept) == ("extract", 2, 1)
    assert extract.cost == pytest.approx(0.4)
    assert (resolve.answers, resolve.kept, resolve.cost) == (1, 0, 0.001)


def test_price_is_that_of_the_model_in_the_manifest():
    told = {"engine": {"llm": {"model": "m", "prices": {"m": {"prompt": 1, "completion": 10}}}}}
    assert prices_of(told)["m"] == PRICE
    assert prices_of({}) == {}
