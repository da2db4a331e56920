"""Tokens, prices, and a cap that holds whatever happens."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config import Llm, Price
from pipeline.engines.llm.calls import BudgetReached, Caller
from pipeline.engines.llm.money import (
    Purse,
    call_cost,
    correction,
    estimate_tokens,
    most_tokens,
)
from pipeline.errors import ConfigError, EngineError
from tests.llm.faults import Faults, Rule
from tests.unit.engines.llm.asked import PRICES, pair, work

ENGLISH = (
    "I called three times about the invoice for March 2026 and nobody could tell me why we were "
    "charged £1,240.50 twice; in the end a colleague of yours refunded it within 5 days."
)


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("", 0, 0),
        (ENGLISH, 37, 50),
        ("Die Rechnungsabteilung überprüfte die Kündigungsbestätigung.", 10, 22),
        ("Я трижды звонил по поводу счёта, и никто не помог.", 14, 30),
        ("请求退款三次都没有人回复我", 8, 18),
        ("返金を三回お願いしましたが返事がありません", 10, 24),
        ('{"results": [{"id": 1, "same": true}]}', 12, 26),
    ],
)
def test_tokens_are_about_as_many_as_tokenizers_make(text, least, most):
    assert least <= estimate_tokens(text) <= most


@given(st.text(st.characters(codec="ascii")))
def test_a_sign_of_another_script_changes_nothing_but_its_own_tokens(text):
    assert estimate_tokens(f"{text} 猫") - estimate_tokens(f"{text} ") == 1


@given(st.text(), st.text())
def test_tokens_never_pass_bytes_and_grow_with_the_text(text, more):
    assert 0 <= estimate_tokens(text) <= most_tokens(text)
    assert estimate_tokens(f"{text} {more}") >= estimate_tokens(text) - 1


def test_cost_is_per_million_tokens():
    assert call_cost(Price(prompt=2.5, completion=10), 1_000_000, 200_000) == pytest.approx(4.5)
    assert call_cost(None, 1_000_000, 200_000) == 0


def test_estimates_are_corrected_only_from_enough_answers():
    assert correction(2, 300, 200) == 1
    assert correction(3, 300, 200) == 1.5
    assert correction(9, 0, 200) == correction(9, 300, 0) == 1


def test_purse_holds_back_what_could_pass_the_cap():
    purse = Purse(1.0)
    assert purse.hold(0.6)
    assert not purse.hold(0.5)
    purse.release(0.6, 0.2)
    assert purse.hold(0.8)
    assert not purse.hold(0.01)


def test_a_budget_needs_a_price_and_says_which_lines_to_add():
    with pytest.raises(ConfigError, match=r'\[engine.llm.prices."gpt-4o-mini"\]\nprompt = '):
        Caller(Llm(model="gpt-4o-mini"), None, 1.0)


def test_the_cap_is_never_passed_and_nothing_is_paid_twice(pair_server, caller_for):
    server = pair_server(latency=0.01)
    requests = [pair(number) for number in range(40)]
    caller = caller_for(server, budget=0.01, prices=PRICES)
    with pytest.raises(BudgetReached) as stop:
        work(caller, requests)
    reached = stop.value
    assert isinstance(reached, EngineError)
    assert 0.01 * 0.7 < caller.spent.cost <= 0.01
    assert (reached.spent, reached.budget) == (pytest.approx(caller.spent.cost), 0.01)
    assert reached.answered == caller.spent.calls == len(server.answered)
    assert reached.answered + reached.left == 40
    assert f"{reached.answered} requests answered, {reached.left} left" in str(reached)
    again = caller_for(server, budget=1.0, prices=PRICES)
    assert len(work(again, requests)) == 40
    assert again.spent.cached == reached.answered
    assert server.paid_twice == {}


def test_the_cap_holds_though_every_answer_is_as_long_as_allowed(pair_server, caller_for):
    asked = threading.Semaphore(0)

    def mind(task, system, items):
        asked.release()
        return {"results": "long " * 2000}

    server = pair_server(mind=mind, structured=False, json_object=False)
    caller = caller_for(server, budget=0.012, prices=PRICES, concurrency=16, structured="text")
    with pytest.raises(BudgetReached):
        work(caller, [pair(number) for number in range(60)])
    assert caller.spent.calls >= 4
    assert caller.spent.cost <= 0.012


def test_a_call_that_broke_off_counts_against_the_cap(pair_server, caller_for):
    server = pair_server(faults=Faults(rules=(Rule("bill 0 ", "timeout"),)))
    caller = caller_for(server, budget=0.004, prices=PRICES, timeout_seconds=0.2, concurrency=1)
    with pytest.raises(BudgetReached, match="for calls that broke off"):
        work(caller, [pair(0)])
    assert caller.spent.cost == 0


def test_a_budget_too_small_for_one_call_sends_none(pair_server, caller_for):
    server = pair_server()
    with pytest.raises(BudgetReached, match="0 requests answered, 3 left"):
        work(caller_for(server, budget=1e-6, prices=PRICES), [pair(n) for n in range(3)])
    assert not server.records
