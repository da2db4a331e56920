"""Many calls at once against a real server: cached, retried, counted, and stopped in time."""

import logging
import os
import signal
import threading
import time
import warnings
from collections import Counter
from multiprocessing import get_context

import pytest

from pipeline.config import Llm
from pipeline.engines.llm.calls import Caller, Completion, Failed
from pipeline.errors import ConfigError, EngineError
from tests.llm.faults import Faults, Rule
from tests.llm.server import KEY
from tests.unit.engines.llm.asked import PRICES, PairAnswer, outcome_of, pair, pair_mind, work


def broken(kind, **when):
    """Faults that a server shows whenever `kind` is due."""
    return Faults(rules=(Rule("", kind, **when),))


def test_each_request_gets_its_own_answer(pair_server, caller_for):
    def mind(task, system, items):
        answer = pair_mind(task, system, items)
        confidence = int(items[1].split()[2]) / 100
        return {"results": [{**result, "confidence": confidence} for result in answer["results"]]}

    ended = work(caller_for(pair_server(mind=mind)), [pair(number) for number in range(30)])
    read = {request: PairAnswer.model_validate_json(end.text) for request, end in ended.items()}
    assert {request: answer.results[0].confidence for request, answer in read.items()} == {
        pair(number): number / 100 for number in range(30)
    }
    assert {end.finish for end in ended.values()} == {"stop"}
    assert all(end.prompt_tokens > 20 and end.completion_tokens > 5 for end in ended.values())
    assert all(not end.cached and end.seconds > 0 and not end.refusal for end in ended.values())


def test_nothing_asked_needs_no_key_and_writes_no_answers(tmp_path, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    caller = Caller(Llm(model="gpt-4o-mini"), tmp_path / "answers.sqlite")
    assert work(caller, []) == {}
    assert caller.spent == (0, 0, 0, 0.0, 0)


def test_follow_ups_are_sent_while_others_are_under_way(pair_server, caller_for):
    came = threading.Event()

    def mind(task, system, items):
        if "slow" in items[1] and not came.wait(5):
            return {"results": "the follow-up did not come while this was under way"}
        if "follow" in items[1]:
            came.set()
        return pair_mind(task, system, items)

    follow_up = pair(3, words="follow")
    ended = work(
        caller_for(pair_server(mind=mind)),
        [pair(1, words="slow"), pair(2)],
        lambda request, _outcome: [follow_up] if request == pair(2) else [],
    )
    assert next(iter(ended)) == pair(2)
    assert all(PairAnswer.model_validate_json(end.text) for end in ended.values())
    assert set(ended) == {pair(2), follow_up, pair(1, words="slow")}


def test_progress_counts_what_ended_and_what_was_asked(pair_server, caller_for):
    told = []
    caller = caller_for(pair_server())
    follow_ups = iter([[pair(9)]])
    caller.work(
        [pair(1), pair(2)],
        lambda _request, _outcome: next(follow_ups, []),
        lambda ended, asked: told.append((ended, asked)),
    )
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_second_run_asks_nothing_even_without_key_and_server(pair_server, caller_for, monkeypatch):
    server = pair_server()
    requests = [pair(number) for number in range(12)]
    first = work(caller_for(server), requests)
    asked = len(server.records)
    monkeypatch.delenv("OPENAI_API_KEY")
    caller = caller_for(server)
    second = work(caller, requests)
    assert second == {key: end._replace(cached=True) for key, end in first.items()}
    assert (len(server.records), asked) == (12, 12)
    assert caller.spent == (0, 0, 0, 0.0, 12)


@pytest.mark.parametrize(
    "change",
    [{"model": "gpt-4.1-mini"}, {"temperature": 0.7}, {"temperature": None}, {"seed": 4}],
    ids=str,
)
def test_other_settings_ask_again(pair_server, caller_for, change):
    server = pair_server()
    outcome_of(caller_for(server), pair(1))
    assert not outcome_of(caller_for(server, **change), pair(1)).cached
    assert outcome_of(caller_for(server), pair(1)).cached


def test_a_question_repeated_or_in_other_words_is_asked_again(pair_server, caller_for):
    server = pair_server()
    caller = caller_for(server)
    others = [pair(1, attempt=1), pair(1, words="?"), pair(1, max_tokens=400)]
    ended = work(caller, [pair(1), *others])
    assert [end.cached for end in ended.values()] == [False] * 4
    assert len(server.records) == 4


def test_same_question_of_two_steps_is_asked_once(pair_server, caller_for):
    server = pair_server(latency=0.05)
    caller = caller_for(server, prices=PRICES)
    ended = work(caller, [pair(1, stage=stage) for stage in ("extract", "resolve", "name")])
    assert sorted(end.cached for end in ended.values()) == [False, True, True]
    assert len(server.records) == 1
    assert caller.spent[0::4] == (1, 2)


@pytest.mark.parametrize("kind", ["429", "500", "502", "503", "504", "dropped"])
def test_passing_faults_are_tried_again(pair_server, caller_for, kind):
    server = pair_server(faults=broken(kind, attempts=2))
    caller = caller_for(server)
    assert PairAnswer.model_validate_json(outcome_of(caller, pair(1)).text)
    assert [record.status == 200 for record in server.records][-1]
    assert len(server.records) == 3


def test_a_time_out_is_tried_again(pair_server, caller_for):
    server = pair_server(faults=broken("timeout", attempts=1))
    ended = outcome_of(caller_for(server, timeout_seconds=0.3), pair(1))
    assert isinstance(ended, Completion)
    assert ended.seconds < 0.3


def test_what_fails_to_the_end_is_named_and_counted_and_the_rest_answered(pair_server, caller_for):
    server = pair_server(faults=Faults(rules=(Rule("bill 3 ", "500"),)))
    caller = caller_for(server, retries=2, concurrency=1)
    ended = work(caller, [pair(number) for number in range(6)])
    assert ended[pair(3)].reason == "provider_failed"
    assert ended[pair(3)].detail.startswith("500: The server had an error")
    assert sum(isinstance(end, Completion) for end in ended.values()) == 5
    assert max(Counter(record.digest for record in server.records).values()) == 3


@pytest.mark.parametrize(
    ("kind", "reason", "words"),
    [
        ("context_length", "too_long_for_model", "maximum context length is 128000 tokens"),
        ("400", "provider_rejected", "flagged as potentially violating"),
    ],
)
def test_what_the_provider_rejects_is_not_tried_again(pair_server, caller_for, kind, reason, words):
    server = pair_server(faults=Faults(rules=(Rule("bill 3 ", kind),)))
    caller = caller_for(server)
    ended = work(caller, [pair(number) for number in range(6)])
    assert ended[pair(3)].reason == reason
    assert words in ended[pair(3)].detail
    assert len(server.records) == 6


@pytest.mark.parametrize(
    ("kind", "finish", "refusal"),
    [
        ("length", "length", ""),
        ("content_filter", "filtered", ""),
        ("400_filter", "filtered", "content management policy"),
        ("refusal", "stop", "I'm sorry"),
        ("malformed", "stop", ""),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_unusual_answers_are_handed_on_and_kept(
    pair_server, caller_for, kind, finish, refusal, stream
):
    server = pair_server(faults=broken(kind))
    caller = caller_for(server, stream=stream)
    ended = outcome_of(caller, pair(1))
    assert ended.finish == finish
    assert refusal in ended.refusal
    assert bool(ended.refusal) == bool(refusal)
    assert (ended.prompt_tokens > 0) == (kind != "400_filter")
    assert outcome_of(caller_for(server, stream=stream), pair(1)).cached
    assert len(server.records) == 1


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("401", "Incorrect API key"),
        ("403", "territory not supported"),
        ("404", "does not exist"),
        ("429_quota", "exceeded your current quota"),
    ],
)
def test_what_concerns_all_calls_stops_the_run_at_once(pair_server, caller_for, kind, words):
    server = pair_server(faults=broken(kind))
    with pytest.raises(EngineError, match=words) as stop:
        work(caller_for(server, concurrency=2), [pair(number) for number in range(20)])
    assert "gpt-4o-mini" in str(stop.value)
    assert server.base_url in str(stop.value)
    assert "run the same command again" in str(stop.value)
    assert len(server.records) <= 2


def test_answers_that_come_after_the_stop_are_kept(pair_server, caller_for):
    sent = threading.Event()

    def mind(task, system, items):
        sent.wait(1)
        time.sleep(0.2)
        return pair_mind(task, system, items)

    server = pair_server(mind=mind, faults=Faults(rules=(Rule("bill 1 ", "401"),)))
    caller = caller_for(server, concurrency=2)
    sent.set()
    with pytest.raises(EngineError):
        work(caller, [pair(2), pair(1)])
    assert caller.spent.calls == 1
    assert outcome_of(caller_for(server), pair(2)).cached


def test_an_endpoint_that_is_down_is_given_up(pair_server, caller_for):
    server = pair_server(faults=Faults(rules=(Rule("", "503"),)))
    with pytest.raises(EngineError, match=r"the last 16 calls failed.*overloaded") as stop:
        work(caller_for(server), [pair(number) for number in range(100)])
    assert server.base_url in str(stop.value)
    assert len(server.records) <= 16 + 8


def test_an_endpoint_that_is_not_there_is_given_up(caller_for, pair_server):
    server = pair_server()
    gone = type(server)
    with gone() as closed:
        address = closed.base_url
    caller = caller_for(server, endpoint=address, concurrency=2)
    with pytest.raises(EngineError, match="Connection"):
        work(caller, [pair(number) for number in range(100)])


def test_a_short_outage_is_survived(pair_server, caller_for):
    server = pair_server(faults=broken("503", times=12))
    ended = work(caller_for(server), [pair(number) for number in range(30)])
    assert all(isinstance(end, Completion) for end in ended.values())


def test_calls_are_under_way_together_up_to_the_bound(pair_server, caller_for):
    server = pair_server(latency=0.05)
    work(caller_for(server, concurrency=5), [pair(number) for number in range(20)])
    assert server.max_in_flight == 5


def test_a_busy_provider_gets_fewer_calls_at_once_and_all_are_answered(pair_server, caller_for):
    server = pair_server(latency=0.02, capacity=3)
    ended = work(caller_for(server), [pair(number) for number in range(40)])
    assert all(isinstance(end, Completion) for end in ended.values())
    refused = sum(record.status == 429 for record in server.records)
    assert 5 <= refused <= 40
    late = server.records[-20:]
    assert sum(record.status == 429 for record in late) < 8


@pytest.mark.parametrize("kind", ["429_after", "429_after_ms"])
def test_retry_after_holds_all_calls_back(pair_server, caller_for, kind):
    server = pair_server(faults=broken(kind, times=1), retry_after=0.4)
    work(caller_for(server, concurrency=1), [pair(number) for number in range(3)])
    first, second = server.records[:2]
    assert second.at - first.at >= 0.4
    assert server.records[-1].at - second.at < 0.3


def test_64_calls_take_as_long_as_eight_at_a_time_take(pair_server, caller_for):
    server = pair_server(latency=0.1)
    caller = caller_for(server)
    outcome_of(caller, pair(-1))
    over = []
    for attempt in range(12):  # whatever else the machine does, it leaves some second alone
        began, worked = time.monotonic(), time.process_time()
        work(caller, [pair(number, words=f"try {attempt}") for number in range(64)])
        seconds, processor = time.monotonic() - began, time.process_time() - worked
        over.append(seconds - (1.2 * 64 * 0.1 / 8 + processor))
        if over[-1] <= 0:
            break
    assert min(over) <= 0
    assert server.max_in_flight == 8


def test_ledger_adds_up_to_what_was_spent(pair_server, caller_for):
    server = pair_server()
    outcome_of(caller_for(server), pair(0))
    caller = caller_for(server, prices=PRICES)
    work(caller, [pair(number, stage="extract") for number in range(5)])
    work(caller, [pair(number) for number in range(3, 9)])
    rows, spent = caller.ledger(), caller.spent
    paid = [row for row in rows if not row.cached]
    assert (len(rows), len(paid), spent.calls, spent.cached) == (9, 8, 8, 3)
    assert len({row.request_id for row in rows}) == 9
    assert sum(row.prompt_tokens for row in paid) == spent.prompt_tokens
    assert sum(row.completion_tokens for row in paid) == spent.completion_tokens
    assert sum(row.cost for row in rows) == pytest.approx(spent.cost)
    assert spent.cost == pytest.approx(
        (spent.prompt_tokens + 4 * spent.completion_tokens) / 1_000_000
    )
    assert spent.prompt_tokens == sum(record.prompt_tokens for record in server.records[1:])
    assert {row.stage for row in rows} == {"extract", "resolve"}
    assert {row.model for row in rows} == {"gpt-4o-mini"}


def _work_until_killed(settings, cache, n_requests):
    """Runs in another process."""
    work(Caller(settings, cache), [pair(number) for number in range(n_requests)])


def test_a_killed_run_pays_again_at_most_for_the_calls_under_way(pair_server, caller_for, tmp_path):
    server = pair_server(latency=0.05)
    caller = caller_for(server, concurrency=4)
    # Forked, as another process would load LangChain for seconds; it uses none of our threads.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        arguments = (caller.desk.settings, tmp_path / "answers.sqlite", 40)
        run = get_context("fork").Process(target=_work_until_killed, args=arguments)
        run.start()
    assert server.wait_for(13)
    os.kill(run.pid, signal.SIGKILL)
    run.join()
    ended = work(caller, [pair(number) for number in range(40)])
    assert len(ended) == 40
    assert caller.spent.cached >= 9
    assert sum(server.paid_twice.values()) - len(server.paid_twice) <= 4


def test_ctrl_c_stops_soon_and_keeps_what_was_paid(pair_server, caller_for):
    def mind(task, system, items):
        time.sleep(8 if "slow" in items[1] else 0.05)
        return pair_mind(task, system, items)

    server = pair_server(mind=mind)
    caller = caller_for(server, concurrency=4)
    slow = [pair(number, words="slow") for number in range(3)]
    quick = [pair(number) for number in range(3)]
    stopped: list[float] = []

    def press() -> None:
        server.wait_for(3, seconds=60)
        stopped.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=press, daemon=True).start()
    with pytest.raises(KeyboardInterrupt):
        work(caller, [*slow, *quick])
    assert time.monotonic() - stopped[0] < 5
    assert not [t for t in threading.enumerate() if "_send" in t.name and not t.daemon]
    assert caller.spent.calls == 3
    assert all(end.cached for end in work(caller_for(server), quick).values())


def test_key_is_written_nowhere(pair_server, caller_for, tmp_path, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    server = pair_server()
    caller = caller_for(server)
    work(caller, [pair(number) for number in range(3)])
    echo = pair_server(key="sk-another-key-of-the-server")
    with pytest.raises(EngineError) as stop:
        outcome_of(caller_for(echo), pair(7))
    said = "".join(capfd.readouterr()) + caplog.text + str(stop.value) + repr(caller)
    said += repr(caller.ledger()) + repr(caller.desk) + repr(vars(caller.desk.endpoint))
    assert "Incorrect API key" in said
    assert KEY not in said
    assert "sk-only-for" not in said
    for path in tmp_path.iterdir():
        assert KEY.encode() not in path.read_bytes()


def test_an_answer_that_cannot_be_kept_stops_the_run(pair_server, caller_for):
    server = pair_server(latency=0.1)
    caller = caller_for(server)
    threading.Timer(0.05, caller.desk.answers.close).start()
    with pytest.raises(EngineError, match="cache of answers cannot be used"):
        outcome_of(caller, pair(1))


def test_settings_that_cannot_work_are_named(pair_server, caller_for, monkeypatch, tmp_path):
    with pytest.raises(ConfigError, match="no model"):
        Caller(Llm(), None)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    caller = Caller(Llm(model="gpt-4o-mini"), None)
    with pytest.raises(ConfigError, match=r"OPENAI_API_KEY is not set.*https://api.openai.com/v1"):
        outcome_of(caller, pair(1))
    monkeypatch.setenv("OTHER_KEY", "sk-ключ")
    caller = Caller(Llm(model="gpt-4o-mini", key_variable="OTHER_KEY"), None)
    with pytest.raises(ConfigError, match="OTHER_KEY holds no key") as stop:
        outcome_of(caller, pair(1))
    assert "ключ" not in str(stop.value)


def test_a_server_on_this_machine_needs_no_key(pair_server, caller_for, monkeypatch):
    server = pair_server(key="none")
    caller = caller_for(server)
    monkeypatch.delenv("OPENAI_API_KEY")
    assert isinstance(outcome_of(caller_for(server), pair(1)), Completion)
    assert caller is not None


def test_two_runs_on_one_cache_do_not_hinder_each_other(pair_server, caller_for):
    server = pair_server(latency=0.01)
    ended = {}

    def run(name):
        ended[name] = work(caller_for(server), [pair(number) for number in range(30)])

    threads = [threading.Thread(target=run, args=[name]) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(found) for found in ended.values()] == [30, 30]
    assert all(isinstance(end, Completion) for found in ended.values() for end in found.values())


def test_usage_and_tokens_learn_from_the_answers(pair_server, caller_for):
    server = pair_server()
    before = caller_for(server).tokens("word " * 300)
    caller = caller_for(server)
    work(caller, [pair(number) for number in range(5)])
    usage = caller.usage()["same.v1"]
    assert usage.n_answers == 5
    assert usage.prompt_tokens == caller.spent.prompt_tokens
    corrected = caller_for(server).tokens("word " * 300)
    assert corrected == round(before * usage.prompt_tokens / usage.estimated_tokens)


def test_an_empty_answer_is_billed_and_not_kept(pair_server, caller_for):
    server = pair_server(faults=Faults(rules=(Rule("", "empty"),)))
    caller = caller_for(server)
    assert outcome_of(caller, pair(1)).text == ""
    assert len(caller.ledger()) == 1
    assert caller.kept(pair(1)) is None
    server.change(faults=Faults())
    again = outcome_of(caller_for(server), pair(1))
    assert again.text
    assert not again.cached


def test_a_page_that_bars_one_text_costs_no_other_its_answer(pair_server, caller_for):
    server = pair_server(faults=Faults(rules=(Rule("bill 2 ", "403_page"),)))
    ended = work(caller_for(server, retries=1), [pair(number) for number in range(5)])
    failed = [one for one in ended.values() if isinstance(one, Failed)]
    assert [one.reason for one in failed] == ["provider_failed"]
    assert "proxy or firewall" in failed[0].detail


def test_a_page_that_bars_all_ends_the_run_in_clear_words(pair_server, caller_for):
    server = pair_server(faults=Faults(rules=(Rule("", "403_page"),)))
    with pytest.raises(EngineError, match="proxy or firewall"):
        work(caller_for(server), [pair(number) for number in range(30)])
