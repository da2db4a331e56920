"""Whole runs with a language model: what fails, what it costs, and that nothing is lost."""

import hashlib
import re
import signal
import sqlite3
import time
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.schema import Tables
from pipeline.tables import MENTIONS
from tests.contract.journeys import (
    NAME,
    PERIOD,
    Told,
    finish,
    home,
    results,
    run,
    start,
    unaccounted,
    write_corpus,
)
from tests.llm import minds
from tests.llm.faults import Faults, Rule
from tests.llm.fixtures import llm_server
from tests.llm.server import KEY, LlmServer

__all__ = ["home", "llm_server"]

MOST_SECONDS = 40
BUSY_SECONDS = 240
"""How long two runs that share the processor may take where others have it too; a minute was not
enough for them beside two that never rest."""
POISONED = "The zephyr courier was late. The zephyr locker was broken."
"""A review; in tests its first word but one is what a fault is bound to."""
N_SENTENCES_POISONED = 2
EXTRACTED = ("document_id", "turn_id", "kind", "quote", "start", "end")


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    """The tables of a run in which nothing went wrong."""
    with pytest.MonkeyPatch.context() as patch, LlmServer() as server:
        folder = tmp_path_factory.mktemp("honest")
        patch.chdir(folder)
        patch.setenv("OPENAI_API_KEY", KEY)
        corpus = write_corpus(folder, server)
        assert run(corpus).code == 0
        return results(corpus)[0]


def read_quotes(tables: Tables) -> set[tuple]:
    """What was read in the documents, whatever became of it."""
    return set(map(tuple, tables["candidates"][list(EXTRACTED)].to_numpy().tolist()))


def rejected_by_provider(tables: Tables) -> pd.DataFrame:
    """The rejects that are sentences the model gave no answer for."""
    reasons = {
        "provider_rejected", "provider_failed", "refused", "malformed_answer", "no_answer",
        "answer_too_long", "too_long_for_model",
    }  # fmt: skip
    rejects = tables["rejects"]
    return rejects[(rejects["stage"] == "extract") & rejects["reason"].isin(reasons)]


def assert_same(tables: Tables, others: Tables) -> None:
    """Two runs found the same; the engine's name also tells which server it asked."""
    for name in ("mentions", "touchpoints", "pain_points", "hypotheses"):
        found, expected = (one[name].drop(columns="engine", errors="ignore")
                           for one in (tables, others))  # fmt: skip
        pd.testing.assert_frame_equal(found, expected)


def assert_told_plainly(told: Told) -> None:
    """One line on what is wrong, and at most one on how to go on."""
    first, *rest = told.err.splitlines()
    assert first.startswith("error: ")
    assert [line for line in rest if not line.startswith("go on with: ")] == []


def n_paid_again(server: LlmServer) -> int:
    """How many answered calls were answered before."""
    return sum(n - 1 for n in server.paid_twice.values())


def contents(folder: Path) -> dict[str, str]:
    """A hash of each file below a folder."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*")) if path.is_file()
    }  # fmt: skip


def test_a_whole_run_fills_every_table_and_is_billed(home, llm_server):
    server = llm_server()
    corpus = write_corpus(home, server)
    assert run(corpus, "--engine", "llm") == Told(0, "", "")
    tables, manifest = results(corpus)
    assert unaccounted(tables).empty
    assert set(MENTIONS.columns) == set(tables["mentions"].columns)
    assert {"catalogue", "discovered"} <= set(tables["touchpoints"]["origin"])
    assert tables["hypotheses"].groupby("touchpoint_id").size().tolist() == [5, 5, 5]
    assert manifest.engine.startswith("llm-1 gpt-4o-mini ")
    assert {record.task.split(".")[0] for record in server.chats} <= set(manifest.prompts) | {
        name.split(".")[0] for name in manifest.prompts
    }
    steps = {step.step: step for step in manifest.steps}
    assert sum(step.calls for step in steps.values()) == len(server.chats)
    assert sum(s.prompt_tokens for s in steps.values()) == sum(
        r.prompt_tokens for r in server.chats
    )
    assert all(steps[name].cost > 0 for name in ("extract", "resolve", "hypothesize"))
    assert len(tables["ledger"]) == len(server.chats)


def test_staff_are_shown_and_never_quoted(home, llm_server):
    server = llm_server(mind=minds.liar("staff"))
    corpus = write_corpus(home, server)
    assert run(corpus).code == 0
    shown = "\n".join(record.body["messages"][1]["content"] for record in server.chats)
    assert "(staff: I am very sorry, may I have the number of the parcel?)" in shown
    assert results(corpus)[0]["mentions"].empty


def test_a_run_without_change_pays_nothing_and_writes_nothing(home, llm_server):
    server = llm_server()
    corpus = write_corpus(home, server)
    run(corpus)
    before, n_calls = contents(home / "outputs"), len(server.records)
    assert run(corpus).code == 0
    after = contents(home / "outputs")
    assert len(server.records) == n_calls
    # The manifest says of each step that it was not done again.
    assert {path for path in after if before.get(path) != after[path]} <= {
        f"{NAME}/{PERIOD}/manifest.json"
    }
    assert set(after) == set(before)


def test_answers_are_kept_when_everything_else_is_lost(home, llm_server):
    server = llm_server()
    corpus = write_corpus(home, server)
    run(corpus)
    first, n_calls = results(corpus)[0], len(server.chats)
    for path in (home / "outputs" / NAME).glob("*"):
        if path.name != ".answers.sqlite":
            path.rename(home / path.name.lstrip("."))
    assert run(corpus).code == 0
    assert len(server.chats) == n_calls
    tables, manifest = results(corpus)
    assert sum(step.cached for step in manifest.steps) == n_calls
    assert_same(tables, first)


KINDS = ("429", "500", "timeout", "malformed")
MILD = 0.05
"""Share of each kind with which nothing may be lost."""


@pytest.mark.parametrize(
    ("share", "settings"), [(0.05, {}), (0.2, {"retries": 12, "timeout": 0.4})]
)
def test_no_table_of_faults_costs_a_document(home, llm_server, honest, share, settings):
    """Where four calls of five fail, of the answers that come half are malformed: a document may be
    lost for good after several. It is counted, named and told, and costs no other its answer."""
    server = llm_server(faults=Faults(3, dict.fromkeys(KINDS, share)))
    corpus = write_corpus(home, server, **settings)
    began = time.monotonic()
    told = run(corpus)
    assert time.monotonic() - began < MOST_SECONDS
    tables, _ = results(corpus)
    lost = rejected_by_provider(tables)
    assert any(record.fault for record in server.chats)
    assert unaccounted(tables).empty
    assert not server.paid_twice
    assert len(lost) <= (3 if share > MILD else 0)
    assert (told.code, "did not read all of" in told.err) == (int(len(lost) > 0), len(lost) > 0)
    read, true = read_quotes(tables), read_quotes(honest)
    assert read <= true if len(lost) else read == true


@pytest.mark.parametrize(
    ("kind", "reason", "words"),
    [
        ("400", "provider_rejected", "violating our usage policy"),
        ("refusal", "refused", "the model refused"),
        ("context_length", "too_long_for_model", "maximum context length"),
        ("garbage", "malformed_answer", "not the JSON"),
        ("500", "provider_failed", "had an error"),
        ("timeout", "provider_failed", "timed out"),
    ],
)
def test_one_poisoned_document_is_named_and_costs_no_other(
    home, llm_server, honest, kind, reason, words
):
    server = llm_server(faults=Faults(rules=(Rule("zephyr", kind),)))
    corpus = write_corpus(home, server, [POISONED], retries=1, timeout=0.5)
    run(corpus)
    tables, _ = results(corpus)
    lost = rejected_by_provider(tables)
    sentences = tables["sentences"].set_index("sentence_id")
    assert len(lost) == N_SENTENCES_POISONED
    assert all("zephyr" in sentences.loc[row, "text"] for row in lost["row_id"])
    assert set(lost["reason"]) == {reason}
    assert lost["detail"].str.contains(words).all()
    assert read_quotes(tables) == read_quotes(honest)
    assert unaccounted(tables).empty


def test_a_document_whose_answer_is_always_cut_is_named(home, llm_server, honest):
    def mind(task, system, items):
        if len(items) == 1 and "zephyr" in items[1]:
            return {"results": [{"id": 1, "mentions": "x" * 9}]}
        return minds.default_mind(task, system, items)

    rule = Faults(rules=(Rule("zephyr", "length"),))
    server = llm_server(mind=mind, faults=rule)
    corpus = write_corpus(home, server, [POISONED], pack_tokens=400)
    run(corpus)
    tables, _ = results(corpus)
    assert read_quotes(tables) >= read_quotes(honest)
    lost = tables["rejects"][tables["rejects"]["reason"] == "answer_too_long"]
    assert not lost.empty
    assert unaccounted(tables).empty


@pytest.mark.parametrize("kind", ["400", "500"])
def test_exit_code_tells_of_a_document_that_was_not_read(home, llm_server, kind):
    server = llm_server(faults=Faults(rules=(Rule("zephyr", kind),)))
    told = run(write_corpus(home, server, [POISONED], retries=1))
    assert told.code == 1
    assert "zephyr" not in told.err
    assert "rejects.csv" in told.err


def test_after_a_fault_only_what_failed_is_paid_for(home, llm_server):
    server = llm_server(faults=Faults(rules=(Rule("zephyr", "500"),)))
    corpus = write_corpus(home, server, [POISONED], retries=0)
    run(corpus)
    assert not rejected_by_provider(results(corpus)[0]).empty
    server.change(faults=Faults())
    server.forget()
    assert run(corpus).code == 0
    tables, _ = results(corpus)
    assert rejected_by_provider(tables).empty
    first, *others = server.chats
    assert "zephyr" in first.body["messages"][1]["content"]
    assert "extract" not in {record.task.split(".")[0] for record in others}


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("401", "Incorrect API key"),
        ("404", "does not exist"),
        ("429_quota", "exceeded your current quota"),
    ],
)
def test_what_ends_the_run_is_one_line_and_leaves_the_answers(home, llm_server, kind, words):
    server = llm_server(faults=Faults(rules=(Rule("Task: name", kind),)))
    corpus = write_corpus(home, server)
    told = run(corpus)
    assert told.code == 3
    assert words in told.err
    assert_told_plainly(told)
    assert "again" in told.err
    n_kept = len([r for r in server.answered if r.is_good])
    server.change(faults=Faults())
    assert run(corpus).code == 0
    assert n_kept > 0
    assert not server.paid_twice


def test_a_server_that_is_gone_ends_the_run(home, llm_server):
    server = llm_server()
    corpus = write_corpus(home, server, retries=1)
    server.stop()
    told = run(corpus)
    assert told.code == 3
    assert_told_plainly(told)
    assert not (home / "outputs" / NAME / PERIOD).exists()


def test_budget_stops_before_it_is_passed_and_the_next_run_goes_on(home, llm_server):
    server = llm_server()
    corpus = write_corpus(home, server)
    told = run(corpus, "--budget", "0.012")
    assert told.code == 3
    assert_told_plainly(told)
    spent = sum(r.prompt_tokens * 0.15 + r.completion_tokens * 0.6 for r in server.answered) / 1e6
    assert spent <= 0.012
    assert run(corpus).code == 0
    assert not server.paid_twice


@pytest.mark.parametrize("n_answered", [2, 8, 12])
def test_a_killed_run_repeats_at_most_the_calls_in_flight(home, llm_server, honest, n_answered):
    server = llm_server(latency=0.15)
    corpus = write_corpus(home, server, concurrency=2, timeout=5)
    process = start(corpus)
    assert server.wait_for(n_answered, seconds=60)
    process.send_signal(signal.SIGKILL)
    in_flight = server.in_flight
    finish(process)
    assert finish(start(corpus)).code == 0
    assert n_paid_again(server) <= max(in_flight, 2)
    assert_same(results(corpus)[0], honest)


def test_two_runs_of_one_corpus_at_once_both_end_well(home, llm_server, honest):
    server = llm_server(latency=0.05)
    corpus = write_corpus(home, server, timeout=30)
    told = [finish(process, BUSY_SECONDS) for process in (start(corpus), start(corpus))]
    assert [one.code for one in told] == [0, 0], told
    assert_same(results(corpus)[0], honest)


@pytest.mark.parametrize("kind", ["", "401", "crash"])
def test_key_is_written_nowhere(home, llm_server, kind):
    def mind(task, system, items):
        if kind == "crash":
            raise KeyError(KEY)
        return minds.default_mind(task, system, items)

    rules = (Rule("", kind),) if kind not in {"", "crash"} else ()
    server = llm_server(mind=mind, faults=Faults(rules=rules))
    corpus = write_corpus(home, server, retries=0)
    told = finish(start(corpus, before=["--debug"]))
    assert (told.code == 0) is (kind == "")
    assert KEY not in told.out + told.err
    written = [path for path in home.rglob("*") if path.is_file()]
    assert written
    assert [path for path in written if KEY.encode() in path.read_bytes()] == []


def test_key_is_not_asked_for_where_nothing_is_asked(home, llm_server, monkeypatch):
    server = llm_server()
    corpus = write_corpus(home, server)
    run(corpus)
    monkeypatch.delenv("OPENAI_API_KEY")
    assert run(corpus).code == 0
    assert "key" not in str(results(corpus)[1].settings["engine"]["llm"]["endpoint"])


def test_missing_key_is_told_by_the_name_of_its_variable(home, llm_server, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY")
    corpus = write_corpus(home, llm_server())
    toml = corpus / "corpus.toml"
    text = re.sub(r'endpoint = ".*"', 'endpoint = "https://api.example.com/v1"', toml.read_text())
    toml.write_text(text)
    told = run(corpus)
    assert told.code == 2
    assert "key_variable" in told.err
    toml.write_text(text.replace("https://api.example.com/v1", "https://api.openai.com/v1"))
    told = run(corpus)
    assert told.code == 2
    assert "OPENAI_API_KEY" in told.err
    # Before anything is read.
    assert not (home / "outputs" / NAME / ".steps").exists()


def test_a_suggested_corpus_remembers_whom_it_was_suggested_by(home, llm_server, monkeypatch):
    server = llm_server()
    monkeypatch.delenv("OPENAI_API_KEY")
    words = ["init", "bikes", "--suggest", "We rent out bicycles by the day.", "--model"]
    words += ["gpt-4o-mini", "--endpoint", server.base_url, "--key-variable", "BIKES_KEY"]
    assert CliRunner().invoke(app, words).exit_code == 2
    monkeypatch.setenv("BIKES_KEY", KEY)
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    told = (home / "corpora" / "bikes" / "corpus.toml").read_text("utf-8")
    assert '#key_variable = "BIKES_KEY"' in told
    assert f'#endpoint = "{server.base_url}"' in told
    assert KEY not in told


@pytest.mark.parametrize("mind", [minds.liar_mind, minds.liar("negation"), minds.liar("number")])
def test_every_sentence_is_accounted_for_when_the_model_lies(home, llm_server, mind):
    corpus = write_corpus(home, llm_server(mind=mind))
    assert run(corpus).code == 0
    assert unaccounted(results(corpus)[0]).empty


def test_answers_of_a_run_hold_no_more_than_they_must(home, llm_server):
    server = llm_server()
    corpus = write_corpus(home, server)
    run(corpus)
    with sqlite3.connect(home / "outputs" / NAME / ".answers.sqlite") as kept:
        [(n_kept,)] = kept.execute("select count(*) from answers")
    assert n_kept == len(server.answered)
