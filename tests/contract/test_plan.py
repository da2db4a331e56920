"""`touchpoints plan` foretells what a run reports, and `--budget` stops before it is passed."""

import re
import shutil
from pathlib import Path
from statistics import fmean

import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.config import load_settings
from pipeline.plan import plan_corpus
from pipeline.run import Options, run_corpus
from pipeline.store import read_run
from pipeline.verify import verify_run
from tests.contract.journeys import NAME, PERIOD, home, run, write_corpus
from tests.llm.fixtures import llm_server

__all__ = ["home", "llm_server"]

KESTREL = Path(__file__).parents[2] / "corpora" / "kestrel"
ENGINE = """
[engine]
use = "llm"
[engine.llm]
endpoint = "{endpoint}"
model = "gpt-4o-mini"
seconds_per_call = {latency}
[engine.llm.prices."gpt-4o-mini"]
prompt = 0.15
completion = 0.6
"""
WITHIN = 0.2
LATENCY = 0.5


def spent(manifest):
    """What a run says its calls took, with the seconds of all its steps."""
    steps = manifest.steps
    return {
        "calls": sum(step.calls for step in steps),
        "prompt_tokens": sum(step.prompt_tokens for step in steps),
        "completion_tokens": sum(step.completion_tokens for step in steps),
        "cost": sum(step.cost for step in steps),
    }


@pytest.fixture
def kestrel(home, llm_server):
    """The demo corpus with the loopback server as its model."""
    server = llm_server(latency=LATENCY)
    folder = shutil.copytree(KESTREL, home / "kestrel")
    settings = (KESTREL / "corpus.toml").read_text("utf-8")
    told = settings + ENGINE.format(endpoint=server.base_url, latency=LATENCY)
    (folder / "corpus.toml").write_text(told, "utf-8")
    return folder, server


def test_plan_of_the_demo_is_within_a_fifth_of_the_run(kestrel):
    folder, server = kestrel
    for period, is_known in (("2026Q2", False), ("2026Q3", True)):
        n_before = len(server.chats)
        planned = plan_corpus(folder, Options(period))
        assert len(server.chats) == n_before
        assert any("earlier answers" in note for note in planned.notes) == is_known
        manifest = run_corpus(folder, Options(period)).manifest
        for name, reported in spent(manifest).items():
            told = getattr(planned.whole, name)
            assert abs(told - reported) <= WITHIN * reported, (period, name, told, reported)
        # In rounds of calls, as seconds grow with all else that the machine does; one round more or
        # less is the difference of a single call.
        made = server.chats[n_before:]
        each = fmean(chat.seconds for chat in server.chats[:n_before]) if is_known else LATENCY
        assert abs(planned.whole.seconds / each - n_rounds(made)) <= 1 + WITHIN * n_rounds(made)


def test_plan_without_a_catalogue_is_within_a_fifth_of_the_run(kestrel):
    folder, server = kestrel
    server.change(latency=0)
    (folder / "touchpoints.csv").unlink()
    planned = plan_corpus(folder, Options("2026Q3"))
    reported = spent(run_corpus(folder, Options("2026Q3")).manifest)
    for name in ("prompt_tokens", "completion_tokens", "cost"):
        told = getattr(planned.whole, name)
        assert abs(told - reported[name]) <= WITHIN * reported[name], (name, told, reported)


def n_rounds(chats):
    """The most calls of which each began when the one before had ended."""
    rounds, end = 0, 0.0
    for stop, start in sorted((chat.at + chat.seconds, chat.at) for chat in chats):
        if start >= end:
            rounds, end = rounds + 1, stop
    return rounds


def test_plan_asks_nothing_and_writes_no_run(home, llm_server):
    server = llm_server()
    corpus = write_corpus(home, server)
    planned = plan_corpus(corpus, Options())
    assert planned.whole.calls > 0
    assert planned.n_sentences - planned.n_left_out > 0
    assert not server.records
    assert not (home / "outputs" / NAME / PERIOD).exists()


def test_run_pays_what_was_planned_and_nothing_is_left_to_pay(home, llm_server):
    server = llm_server()
    corpus = write_corpus(home, server)
    extract = plan_corpus(corpus, Options()).steps[0]
    done = run_corpus(corpus, Options())
    records = {record.step: record for record in done.manifest.steps}
    assert extract.calls == records["extract"].calls
    # What was only rehearsed is never taken for a step of a run.
    assert not any(records[name].reused for name in ("extract", "resolve", "score"))
    assert len(done.tables["ledger"]) == len(server.chats)
    again = plan_corpus(corpus, Options())
    assert again.whole[1:6] == (0, 0, 0, 0, 0)
    assert all(step.is_done for step in again.steps)
    shutil.rmtree(home / "outputs" / NAME / ".steps")
    whole = plan_corpus(corpus, Options()).whole
    assert (whole.calls, whole.kept, whole.cost) == (0, len(server.chats), 0)


def test_batch_costs_its_share_and_takes_its_time(home, llm_server):
    corpus = write_corpus(home, llm_server())
    once = plan_corpus(corpus, Options())
    batch = plan_corpus(corpus, Options(is_batch=True))
    share = load_settings(corpus).engine.llm.batch_share
    assert batch.whole.cost == pytest.approx(share * once.whole.cost)
    rounds = re.search(r"in (\d) rounds, .* 24 hours", " ".join(batch.notes))
    assert 3 <= int(rounds[1]) <= 6


def plan_told(corpus, *options):
    """What the command prints, on one line, and its exit code."""
    done = CliRunner().invoke(app, ["plan", str(corpus), *options])
    return " ".join(done.stdout.split()), done.exit_code


def test_model_without_a_price_is_told(home, llm_server):
    corpus = write_corpus(home, llm_server())
    said, code = plan_told(corpus, "--model", "gpt-5-mini")
    assert code == 0
    assert "price not known" in said
    assert '[engine.llm.prices."gpt-5-mini"]' in said


def test_embedded_engine_asks_nothing(home, llm_server):
    corpus = write_corpus(home, llm_server())
    said, code = plan_told(corpus, "--engine", "embedded")
    assert code == 0
    assert "0 calls, no cost" in said
    assert re.search(r"time \d+ s", said)
    assert plan_told(corpus, "--engine", "embedded", "--batch")[1] == 2


def test_budget_says_what_is_left_and_the_next_run_pays_only_the_rest(home, llm_server):
    server = llm_server()
    corpus = write_corpus(home, server)
    assert run(corpus, "--engine", "embedded").code == 0
    folder = home / "outputs" / NAME / PERIOD
    before = (folder / "report.html").read_bytes()
    told = run(corpus, "--budget", "0.0125")
    assert told.code == 3
    assert re.search(
        r"budget of 0\.0125 .*: 0\.\d+ spent, \d+ requests answered, \d+ left", told.err
    )
    assert "go on with: touchpoints run" in told.err
    assert "the same command again" in told.err
    assert "--budget 0.0125" in told.err
    assert (folder / "report.html").read_bytes() == before
    n_paid = len(server.chats)
    assert n_paid > 0
    assert run(corpus, "--budget", "1").code == 0
    tables, manifest = read_run(folder)
    assert not server.paid_twice
    bill = manifest.bill
    assert (bill.calls, bill.cached) == (len(server.chats) - n_paid, n_paid)
    whole = sum(r.prompt_tokens * 0.15 + r.completion_tokens * 0.6 for r in server.chats) / 1e6
    assert bill.cost + bill.earlier == pytest.approx(whole, abs=1e-5)
    assert len(tables["ledger"]) == len(server.chats)
    assert not verify_run(folder).faults
    page = (folder / "report.html").read_text("utf-8")
    assert f"{n_paid} answers from earlier runs" in page or f"{n_paid} answer from" in page
    assert "to read a document" in (folder / "export" / "summary.md").read_text("utf-8")


def test_same_budget_again_and_again_ends_the_run(home, llm_server):
    server = llm_server()
    corpus = write_corpus(home, server, pack_tokens=400)
    codes = []
    while not codes or codes[-1] == 3:
        codes.append(run(corpus, "--budget", "0.0125").code)
        assert len(codes) <= len(server.chats)
    assert len(codes) > 1
    assert codes[-1] == 0
    assert not server.paid_twice


def test_budget_too_small_for_one_call_is_told_with_the_least_that_goes_on(home, llm_server):
    server = llm_server()
    corpus = write_corpus(home, server)
    told = run(corpus, "--budget", "0.001")
    assert told.code == 3
    assert not server.chats
    least = re.search(r"go on with: .* --budget (\S+)", told.err)[1]
    assert f"a --budget of {least} at least" in told.err
    run(corpus, "--budget", least)
    assert server.chats
