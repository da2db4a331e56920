"""Batches against a real server: submitted once, found again, collected, mended, paid half."""

import json
import logging
import os
import signal
import sqlite3
import threading
import time
import warnings
from collections import Counter
from multiprocessing import get_context

import openai
import pytest

from pipeline.config import Llm
from pipeline.engines.llm.batch import Batching
from pipeline.engines.llm.batch_book import BatchBook, Waiting
from pipeline.engines.llm.batch_lines import Unanswered, read_lines
from pipeline.engines.llm.calls import BudgetReached, Caller, Completion
from pipeline.errors import ConfigError, EngineError
from tests.llm.asking import wait_until
from tests.llm.faults import Faults, Rule
from tests.llm.server import KEY
from tests.unit.engines.llm.asked import PRICES, PairAnswer, pair, work
from tests.unit.engines.llm.conftest import QUICK

SOON = Batching(first=0.01, most=0.05)
PAIRS = [pair(number) for number in range(8)]


@pytest.fixture
def batch_caller(tmp_path, monkeypatch):
    """A function from a server and settings to a caller through batches; all share one cache."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)

    def make(server, budget=None, batching=SOON, cache="answers.sqlite", **settings):
        told = {"endpoint": server.base_url, "model": "gpt-4o-mini", **settings}
        return Caller(Llm(**told), tmp_path / cache, budget, QUICK, batching)

    return make


def submitted(server):
    """How many batches were submitted."""
    return sum((r.method, r.path) == ("POST", "/v1/batches") for r in server.records)


def interrupt_at(server, path):
    """Press Ctrl-C once something was asked for twice, however busy the machine is."""
    ends_at = time.monotonic() + 60
    while sum(record.path == path for record in server.records) < 2:
        assert time.monotonic() < ends_at
        time.sleep(0.01)
    os.kill(os.getpid(), signal.SIGINT)


def ordinary(server):
    """The calls that were not lines of a batch."""
    return [record for record in server.chats if not record.is_batch]


def paid_twice(server):
    """Questions with more than one good answer. A call says that it is no stream, a line does not,
    so that the server takes them for different ones."""
    asked = Counter(record.body["messages"][1]["content"] for record in server.chats
                    if record.is_good)  # fmt: skip
    return {question: n for question, n in asked.items() if n > 1}


def follow(number, words):
    """A function that asks `number` further questions once the first question is settled."""
    more = [pair(one, words=words) for one in range(number)]
    return lambda request, _outcome: more if request == PAIRS[0] else []


def test_a_batch_answers_and_every_later_run_uses_it(pair_server, batch_caller, caller_for):
    server = pair_server()
    ended = work(batch_caller(server), PAIRS)
    assert set(ended) == set(PAIRS)
    assert all(PairAnswer.model_validate_json(end.text) for end in ended.values())
    assert all(not end.cached and end.prompt_tokens > 20 for end in ended.values())
    assert (submitted(server), ordinary(server), len(server.chats)) == (1, [], 8)
    again = work(caller_for(server), PAIRS)
    assert again == {key: end._replace(cached=True) for key, end in ended.items()}
    assert work(batch_caller(server), PAIRS) == again
    assert (submitted(server), len(server.chats)) == (1, 8)


@pytest.mark.parametrize("form", ["strict", "json", "text"])
def test_a_line_asks_what_a_call_asks(pair_server, batch_caller, caller_for, form):
    server = pair_server()
    settings = {"structured": form, "seed": 4}
    work(batch_caller(server, **settings), [pair(1, words="naïve ünï 票 \ud83d \u2028")])
    call = caller_for(server, **settings)
    call.desk.answers.get = lambda _key: None
    work(call, [pair(1, words="naïve ünï 票 \ud83d \u2028")])
    assert [record.is_batch for record in server.chats] == [True, False]
    batch, call = (dict(record.body) for record in server.chats)
    assert call.pop("stream", False) is False
    assert batch == call


def test_each_question_gets_its_own_answer_though_lines_come_shuffled(pair_server, batch_caller):
    def mind(_task, _system, items):
        number = int(items[1].split()[2])
        return {"results": [{"id": 1, "same": True, "confidence": number / 100}]}

    ended = work(batch_caller(pair_server(mind=mind)), [pair(number) for number in range(30)])
    answers = {key: PairAnswer.model_validate_json(end.text) for key, end in ended.items()}
    assert {key: answer.results[0].confidence for key, answer in answers.items()} == {
        pair(number): number / 100 for number in range(30)
    }


def test_what_is_known_already_is_not_submitted(pair_server, batch_caller, caller_for):
    server = pair_server()
    work(caller_for(server), PAIRS[:3])
    caller = batch_caller(server)
    ended = work(caller, [*PAIRS, pair(4, stage="extract")])
    assert [end.cached for end in ended.values()] == [True] * 3 + [False] * 5 + [True]
    assert sum(record.is_batch for record in server.chats) == 5
    assert caller.spent[0::4] == (5, 4)
    assert work(batch_caller(server), PAIRS[:3])
    assert submitted(server) == 1


def test_an_answer_from_a_batch_costs_its_share(pair_server, batch_caller):
    caller = batch_caller(pair_server(), prices=PRICES, budget=1.0)
    work(caller, PAIRS)
    spent, rows = caller.spent, caller.ledger()
    full = (spent.prompt_tokens + 4 * spent.completion_tokens) / 1_000_000
    assert (spent.calls, spent.cached, len(rows)) == (8, 0, 8)
    assert spent.cost == pytest.approx(full / 2)
    assert sum(row.cost for row in rows) == pytest.approx(full / 2)
    assert {(row.stage, row.cached) for row in rows} == {("resolve", False)}
    purse = caller.desk.books.purse
    assert (purse.spent, purse.held) == (pytest.approx(full / 2), pytest.approx(0, abs=1e-9))


def test_a_batch_that_could_pass_the_budget_is_not_submitted(pair_server, batch_caller):
    server = pair_server()
    most = sum(
        batch_caller(server, prices=PRICES).desk.most_cost(question)
        for request in PAIRS
        for question in list(batch_caller(server).desk.questions(request).values())[:1]
    )
    with pytest.raises(BudgetReached, match="does not allow a batch that may cost up to"):
        work(batch_caller(server, prices=PRICES, budget=0.49 * most), PAIRS)
    assert server.records == []
    caller = batch_caller(server, prices=PRICES, budget=0.51 * most)
    assert len(work(caller, PAIRS)) == 8
    assert caller.spent.cost < 0.5 * most


def test_lines_with_errors_are_asked_the_ordinary_way(pair_server, batch_caller, caplog):
    rules = (Rule("bill 3 ", "400"), Rule("bill 5 ", "500", times=1))
    server = pair_server(faults=Faults(rules=rules))
    caller = batch_caller(server, prices=PRICES)
    ended = work(caller, PAIRS)
    assert ended[pair(3)].reason == "provider_rejected"
    assert isinstance(ended[pair(5)], Completion)
    assert (len(ended), len(ordinary(server)), submitted(server)) == (8, 2, 1)
    assert "2 of its questions not answered: they are asked the ordinary way" in caplog.text
    spent = caller.spent
    shares = {row.cost * 1e6 / (row.prompt_tokens + 4 * row.completion_tokens)
              for row in caller.ledger()}  # fmt: skip
    assert sorted(round(share, 3) for share in shares) == [0.5, 1.0]
    assert spent.calls == 7


@pytest.mark.parametrize(("end", "n_answered"), [("failed", 0), ("expired", 4)])
def test_what_an_unfinished_batch_leaves_is_asked_the_ordinary_way(
    pair_server, batch_caller, end, n_answered, caplog
):
    server = pair_server(batch_end=end)
    ended = work(batch_caller(server), PAIRS)
    assert all(isinstance(end, Completion) for end in ended.values())
    assert (len(ordinary(server)), submitted(server)) == (8 - n_answered, 1)
    assert paid_twice(server) == {}
    assert end in caplog.text


def test_a_batch_cancelled_by_others_is_finished_the_ordinary_way(pair_server, batch_caller):
    server = pair_server(batch_delay=1)
    caller = batch_caller(server)

    def cancel():
        wait_until(lambda: any(record.is_batch for record in server.chats))
        caller.desk.endpoint.client().batches.cancel("batch_000001")

    thread = threading.Thread(target=cancel)
    thread.start()
    ended = work(caller, PAIRS)
    thread.join()
    assert len(ended) == 8
    assert 0 < len(ordinary(server)) < 8
    assert paid_twice(server) == {}


@pytest.mark.parametrize(("number", "n_batches"), [(19, 1), (20, 2)])
def test_many_further_questions_make_another_batch(pair_server, batch_caller, number, n_batches):
    server = pair_server()
    told = []
    ended = {}

    def settle(request, outcome):
        ended[request] = outcome
        return follow(number, "again")(request, outcome)

    batch_caller(server).work(PAIRS, settle, lambda *seen: told.append(seen))
    assert len(ended) == 8 + number
    assert submitted(server) == n_batches
    assert len(ordinary(server)) == (0 if n_batches == 2 else number)
    assert told[-1] == (8 + number, 8 + number)


def test_a_round_of_follow_ups_is_found_again(pair_server, batch_caller):
    server = pair_server(batch_delay=(0.02, 60))
    stop = threading.Thread(target=interrupt_at, args=[server, "/v1/batches/batch_000002"])
    stop.start()
    with pytest.raises(KeyboardInterrupt, match=r"batch_000002 at .* goes on without this run"):
        work(batch_caller(server), PAIRS, follow(20, "again"))
    stop.join()
    caller = batch_caller(server)
    caller.desk.endpoint.client().batches.cancel("batch_000002")
    assert len(work(caller, PAIRS, follow(20, "again"))) == 28
    assert submitted(server) == 2
    assert paid_twice(server) == {}


def test_large_questions_are_spread_over_several_batches(pair_server, batch_caller):
    server = pair_server(batch_delay=0.1)
    by_lines = SOON._replace(most_lines=3)
    assert len(work(batch_caller(server, batching=by_lines), PAIRS)) == 8
    assert submitted(server) == 3
    by_bytes = SOON._replace(most_bytes=5_000)
    others = [pair(number, words="other") for number in range(8)]
    assert len(work(batch_caller(server, batching=by_bytes), others)) == 8
    assert 5 <= submitted(server) <= 11
    assert ordinary(server) == []


def test_an_account_with_a_limit_of_tokens_gets_smaller_batches_one_by_one(
    pair_server, batch_caller
):
    server = pair_server(batch_token_limit=700, batch_delay=0.02)
    caller = batch_caller(server, prices=PRICES, budget=1.0)
    ended = work(caller, PAIRS)
    assert len(ended) == 8
    assert ordinary(server) == []
    assert submitted(server) > 2
    assert paid_twice(server) == {}
    assert caller.desk.books.purse.held == pytest.approx(0, abs=1e-9)


def test_one_question_above_the_limit_of_tokens_is_asked_the_ordinary_way(
    pair_server, batch_caller
):
    server = pair_server(batch_token_limit=10, batch_delay=0)
    assert len(work(batch_caller(server), PAIRS[:2])) == 2
    assert len(ordinary(server)) == 2


def test_an_endpoint_that_wants_to_be_asked_otherwise_gets_another_batch(pair_server, batch_caller):
    server = pair_server(structured=False)
    many = [pair(number) for number in range(25)]
    assert len(work(batch_caller(server), many)) == 25
    assert (submitted(server), ordinary(server)) == (2, [])
    server = pair_server()
    caller = batch_caller(server, model="gpt-5-mini")
    assert len(work(caller, many)) == 25
    assert submitted(server) <= 3
    assert ordinary(server) == []


def _work_until_killed(settings, cache, budget=None):
    """Runs in another process."""
    work(Caller(settings, cache, budget, QUICK, SOON), PAIRS)


def _start(settings, cache):
    """Forked, as another process would load packages for seconds; it uses none of our threads."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        process = get_context("fork").Process(target=_work_until_killed, args=(settings, cache))
        process.start()
    return process


def _is_waiting(path):
    def is_noted():
        with sqlite3.connect(path.with_name("answers.batches.sqlite")) as book:
            try:
                return book.execute("SELECT COUNT(*) FROM waiting").fetchone()[0] == 8
            except sqlite3.OperationalError:
                return False

    return is_noted


def test_a_killed_run_finds_its_batch(pair_server, batch_caller, tmp_path):
    server = pair_server(batch_delay=0.8)
    cache = tmp_path / "answers.sqlite"
    caller = batch_caller(server, prices=PRICES, budget=1.0)
    run = _start(caller.desk.settings, cache)
    wait_until(_is_waiting(cache))
    os.kill(run.pid, signal.SIGKILL)
    run.join()
    ended = work(caller, PAIRS)
    assert len(ended) == 8
    assert (submitted(server), ordinary(server), paid_twice(server)) == (1, [], {})
    spent = caller.spent
    assert spent.calls == 8
    assert spent.cost == pytest.approx(
        (spent.prompt_tokens + 4 * spent.completion_tokens) / 2_000_000
    )


def test_what_was_submitted_is_collected_even_beyond_a_smaller_budget(
    pair_server, batch_caller, tmp_path
):
    server = pair_server(batch_delay=0.3)
    cache = tmp_path / "answers.sqlite"
    run = _start(batch_caller(server, prices=PRICES).desk.settings, cache)
    wait_until(_is_waiting(cache))
    os.kill(run.pid, signal.SIGKILL)
    run.join()
    caller = batch_caller(server, prices=PRICES, budget=0.0000001)
    assert len(work(caller, PAIRS)) == 8
    with pytest.raises(BudgetReached):
        work(caller, [pair(99)])


def test_a_batch_that_was_taken_but_not_noted_is_found_at_the_provider(
    pair_server, batch_caller, tmp_path
):
    server = pair_server(batch_delay=0.5)
    cache = tmp_path / "answers.sqlite"
    run = _start(batch_caller(server).desk.settings, cache)
    wait_until(_is_waiting(cache))
    os.kill(run.pid, signal.SIGKILL)
    run.join()
    (tmp_path / "answers.batches.sqlite").unlink()
    assert len(work(batch_caller(server), PAIRS)) == 8
    assert (submitted(server), ordinary(server)) == (1, [])


def test_two_runs_wait_for_one_batch_and_one_pays(pair_server, batch_caller):
    rules = (Rule("bill 5 ", "500", times=1), Rule("bill 6 ", "500", times=1))
    server = pair_server(batch_delay=0.3, latency=0.1, faults=Faults(rules=rules))
    callers = [batch_caller(server) for _ in range(2)]
    ended = {}

    def run(n):
        ended[n] = work(callers[n], PAIRS, follow(3, "again"))

    threads = [threading.Thread(target=run, args=[n]) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(found) for found in ended.values()] == [11, 11]
    assert (submitted(server), len(ordinary(server)), paid_twice(server)) == (1, 5, {})
    assert sum(caller.spent.calls for caller in callers) == 11


def test_what_was_given_up_by_one_run_may_be_submitted_by_the_next(pair_server, batch_caller):
    server = pair_server(batch_end=("failed", "completed"), faults=Faults(rules=(Rule("", "403"),)))
    with pytest.raises(EngineError, match="403"):
        work(batch_caller(server), PAIRS)
    server.change(faults=Faults())
    before = len(ordinary(server))
    assert len(work(batch_caller(server), PAIRS)) == 8
    assert (submitted(server), len(ordinary(server))) == (2, before)


def test_a_batch_that_is_not_known_any_more_is_submitted_anew(
    pair_server, batch_caller, tmp_path, caplog
):
    server = pair_server(batch_delay=60)
    cache = tmp_path / "answers.sqlite"
    run = _start(batch_caller(server).desk.settings, cache)
    wait_until(_is_waiting(cache))
    os.kill(run.pid, signal.SIGKILL)
    run.join()
    with sqlite3.connect(tmp_path / "answers.batches.sqlite") as book:
        book.execute("UPDATE waiting SET batch = 'batch_of_another_account'")
    server.change(batch_delay=0.01)
    caller = batch_caller(server)
    caller.desk.endpoint.client().batches.cancel("batch_000001")
    assert len(work(caller, PAIRS)) == 8
    assert submitted(server) == 2
    assert "batch_of_another_account is not known any more" in caplog.text


def test_ctrl_c_while_waiting_says_what_goes_on(pair_server, batch_caller, caplog):
    caplog.set_level(logging.INFO)
    server = pair_server(batch_delay=6.0)
    stopping = threading.Thread(target=interrupt_at, args=[server, "/v1/batches/batch_000001"])
    stopping.start()
    with pytest.raises(KeyboardInterrupt, match="run the same command again") as stop:
        work(batch_caller(server), PAIRS)
    stopping.join()
    assert not server.chats
    assert "batch_000001" in str(stop.value)
    assert "8 questions; you may stop now (Ctrl-C) and run the same command later" in caplog.text
    assert len(work(batch_caller(server), PAIRS)) == 8
    assert (submitted(server), paid_twice(server)) == (1, {})


def test_progress_is_told_while_waiting(pair_server, batch_caller):
    told = []
    server = pair_server(batch_delay=0.5)
    batch_caller(server).work(PAIRS, lambda *_: [], lambda *seen: told.append(seen))
    assert told[-1] == (8, 8)
    waiting = told[:-8]
    assert waiting == sorted(waiting)
    assert any(0 < done < 8 for done, _ in waiting)
    assert {of for _, of in told} == {8}


def test_an_endpoint_without_batches_is_named(pair_server, batch_caller, tmp_path):
    server = pair_server()
    caller = batch_caller(server, endpoint=f"{server.base_url}/none", prices=PRICES, budget=1.0)
    with pytest.raises(ConfigError, match=r"/v1/none has no batch endpoint .* without --batch"):
        work(caller, PAIRS)
    assert caller.desk.books.purse.held == pytest.approx(0, abs=1e-9)
    assert len(work(batch_caller(server), PAIRS)) == 8


def test_batches_are_for_providers_that_have_them(tmp_path):
    settings = Llm(model="some", provider="anthropic")
    with pytest.raises(ConfigError, match="--batch works with provider 'openai' alone"):
        Caller(settings, tmp_path / "answers.sqlite", batching=SOON)


def test_a_wrong_key_stops_the_run_and_is_written_nowhere(
    pair_server, batch_caller, tmp_path, caplog
):
    caplog.set_level(logging.DEBUG)
    server = pair_server(key="sk-another-key-of-the-server")
    with pytest.raises(EngineError, match="the batch was not taken: 401: Incorrect API key") as no:
        work(batch_caller(server), PAIRS)
    work(batch_caller(pair_server()), PAIRS)
    assert KEY not in caplog.text + str(no.value)
    for path in tmp_path.iterdir():
        assert KEY.encode() not in path.read_bytes()


def test_a_provider_that_is_away_stops_the_run(pair_server, batch_caller):
    server = pair_server()
    server.stop()
    with pytest.raises(EngineError, match=r"the batch was not taken: .*Connection"):
        work(batch_caller(server, retries=2), PAIRS)


def failing(monkeypatch, resource, name, outcomes):
    """Let a call of the SDK be made and then end otherwise, once for each of the outcomes."""
    real = getattr(resource, name)
    left = list(outcomes)

    def call(*args, **options):
        answer = real(*args, **options)
        if not left:
            return answer
        outcome = left.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    monkeypatch.setattr(resource, name, call)


LOST = openai.APIConnectionError(request=None)


def test_a_submission_whose_answer_was_lost_is_not_made_twice(
    pair_server, batch_caller, monkeypatch
):
    server = pair_server()
    caller = batch_caller(server)
    failing(monkeypatch, caller.desk.endpoint.client().batches, "create", [LOST])
    assert len(work(caller, PAIRS)) == 8
    assert (submitted(server), ordinary(server)) == (1, [])


@pytest.mark.parametrize("outcome", [LOST, "<html>please log in</html>"], ids=["lost", "page"])
def test_a_short_outage_while_waiting_is_survived(pair_server, batch_caller, monkeypatch, outcome):
    server = pair_server()
    caller = batch_caller(server, retries=0)
    client = caller.desk.endpoint.client()
    failing(monkeypatch, client.batches, "retrieve", [outcome] * 4)
    assert len(work(caller, PAIRS)) == 8
    assert (submitted(server), ordinary(server)) == (1, [])


def test_answers_that_cannot_be_fetched_now_are_fetched_by_the_next_run(
    pair_server, batch_caller, monkeypatch
):
    server = pair_server()
    caller = batch_caller(server, retries=1)
    failing(monkeypatch, caller.desk.endpoint.client().files, "content", [LOST] * 2)
    with pytest.raises(EngineError, match="the answers of batch_000001 cannot be fetched"):
        work(caller, PAIRS)
    assert len(work(batch_caller(server), PAIRS)) == 8
    assert (submitted(server), len(server.chats)) == (1, 8)


def test_a_batch_that_is_lost_as_soon_as_it_is_taken_stops_the_run(
    pair_server, batch_caller, monkeypatch
):
    server = pair_server()
    caller = batch_caller(server)
    client = caller.desk.endpoint.client()
    with pytest.raises(openai.NotFoundError) as gone:
        client.batches.retrieve("batch_of_nobody")
    failing(monkeypatch, client.batches, "retrieve", [gone.value])
    with pytest.raises(EngineError, match="took batch_000001 and does not know it any more"):
        work(caller, PAIRS)
    assert submitted(server) == 1


def test_one_run_waits_until_another_has_submitted(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    books = [BatchBook(tmp_path / "answers.sqlite") for _ in range(2)]
    with books[0].locked():
        books[0].enter("batch_1", [Waiting("key", "extract", "extract.v1", 5)])
        other = threading.Thread(target=lambda: books[1].locked().__enter__())
        other.start()
        other.join(1.2)
        assert other.is_alive()
    other.join()
    assert books[1].places() == {"key": "batch_1"}
    assert caplog.text.count("another run is at work on the same questions") == 1


def test_what_is_written_in_vain_is_not_kept(tmp_path):
    book = BatchBook(tmp_path / "answers.sqlite")
    questions = (Waiting(key, "extract", "extract.v1", 5 // (key == "a")) for key in "ab")
    with pytest.raises(ZeroDivisionError), book.locked():
        book.enter("batch_1", questions)
    assert book.places() == {}
    assert not book.knows("batch_1")


@pytest.mark.parametrize(
    "response",
    [None, {"status_code": 200, "body": "<html>"}, {"status_code": 200, "body": {"choices": []}}],
    ids=str,
)
def test_a_line_without_an_answer_is_an_error(response):
    lines = ["no json", json.dumps({"custom_id": "key", "response": response}), '{"other": 1}', ""]
    (returned,) = read_lines("\n".join(lines))
    assert returned.key == "key"
    assert isinstance(returned.outcome, Unanswered)


def test_tokens_and_refusals_are_read_from_a_line():
    body = {"choices": [{"message": {"content": None, "refusal": "No."}}]}
    line = json.dumps({"custom_id": "key", "response": {"status_code": 200, "body": body}})
    (returned,) = read_lines(line)
    assert returned.outcome == ("", "stop", "No.", -1, -1)


def test_a_damaged_list_of_batches_is_named(pair_server, batch_caller, tmp_path):
    (tmp_path / "answers.batches.sqlite").write_bytes(b"no database, whatever it is" * 100)
    with pytest.raises(EngineError, match=r"answers.batches.sqlite.*delete it"):
        batch_caller(pair_server())


def test_usage_is_not_distorted_by_answers_nobody_timed(pair_server, batch_caller, caller_for):
    server = pair_server(latency=0.05)
    work(batch_caller(server), PAIRS)
    assert batch_caller(server).usage()["same.v1"].seconds == 0
    work(caller_for(server), [pair(number) for number in range(8, 12)])
    usage = caller_for(server).usage()["same.v1"]
    assert usage.n_answers == 12
    assert 0.05 <= usage.seconds / usage.n_answers < 0.5


def files_of(server):
    """What lies at the provider."""
    return openai.OpenAI(base_url=server.base_url, api_key=KEY).files.list().data


def test_nothing_stays_at_the_provider(pair_server, batch_caller):
    server = pair_server(faults=Faults(rules=(Rule("bill 3 ", "400"),)))
    work(batch_caller(server), PAIRS)
    assert submitted(server) == 1
    assert files_of(server) == []


def test_a_file_that_cannot_be_deleted_costs_nothing(
    pair_server, batch_caller, monkeypatch, caplog
):
    def fail(*_):
        raise openai.OpenAIError("no")

    server = pair_server()
    caller = batch_caller(server)
    monkeypatch.setattr(caller.desk.endpoint.client().files, "delete", fail)
    ended = work(caller, PAIRS)
    assert all(isinstance(one, Completion) for one in ended.values())
    assert "stays at the provider" in caplog.text


def test_what_is_paid_twice_stands_in_the_ledger_twice(pair_server, batch_caller):
    server = pair_server(faults=Faults(rules=(Rule("bill 2 ", "empty", attempts=1),)))
    caller = batch_caller(server)
    work(caller, [pair(number) for number in range(4)])
    paid = [chat for chat in server.chats if chat.status == 200]
    ledger = caller.ledger()
    assert len(ledger) == len(paid) == 5
    assert sum(row.prompt_tokens for row in ledger) == sum(chat.prompt_tokens for chat in paid)
    assert sum(row.cost for row in ledger) == pytest.approx(caller.spent.cost)


def test_empty_answers_of_a_batch_are_asked_for_the_ordinary_way(pair_server, batch_caller):
    server = pair_server(faults=Faults(rules=(Rule("bill 2 ", "empty", attempts=1),)))
    caller = batch_caller(server)
    ended = work(caller, PAIRS)
    assert submitted(server) == 1
    assert len(ordinary(server)) == 1
    assert all(caller.kept(one) or not ended[one].text for one in PAIRS)


@pytest.mark.parametrize(("n_later", "n_batches"), [(3, 1), (20, 2)])
def test_a_prompt_put_again_waits_for_a_batch_only_with_many_questions(
    pair_server, batch_caller, n_later, n_batches
):
    server = pair_server()
    caller = batch_caller(server)
    work(caller, PAIRS)
    later = [pair(number, words="later") for number in range(n_later)]
    assert set(work(caller, later)) == set(later)
    assert submitted(server) == n_batches
    assert len(ordinary(server)) == (n_later if n_batches == 1 else 0)
