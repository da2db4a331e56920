"""What the language model engine takes, against a server that answers after a fixed time.

Wall time is judged beside what the calls take at best: their seconds shared by the calls under way
at once, and the engine's own processor time.
"""

import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.store import read_run
from tests.bench.corpora import _SHELL, COMMAND
from tests.bench.figures import Figure
from tests.bench.joined import joined, write_joined
from tests.bench.sets import Part
from tests.llm.faults import Faults
from tests.llm.fixtures import llm_server
from tests.llm.server import KEY, LlmServer
from tests.llm.tokens import count_tokens

pytestmark = pytest.mark.bench
__all__ = ["llm_server"]

LATENCY, AT_ONCE = 0.2, 8
TIMEOUT = 2.0
SLACK = 1.2
HUNDRED = Path(__file__).with_name("hundred_calls.py")
CALLS = Part("100 calls", "0.2 s each, 8 at once", "no", "no data")
JOINED = Part("skytrax joined", "before 2013", "no", "300 documents, 503,659 characters; no labels")
N_BEFORE_KILL = 12
FAULTS = ("429", "500", "timeout", "malformed")


def time_allowed(server: LlmServer, cpu: float) -> float:
    """1.2 x (the seconds of all calls / calls at once) + processor seconds."""
    return SLACK * sum(record.seconds for record in server.chats) / AT_ONCE + cpu


@pytest.mark.parametrize("share", [0.0, 0.05])
def test_calls_take_little_longer_than_they_must(llm_server, figures, share):
    server = llm_server(latency=LATENCY, faults=Faults(5, dict.fromkeys(FAULTS, share)))
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, str(HUNDRED), server.base_url, str(TIMEOUT)],
        capture_output=True, text=True, check=True, env=os.environ | {"OPENAI_API_KEY": KEY},
    )  # fmt: skip
    took = json.loads(done.stdout)
    what = f"{len(server.chats)} calls, {4 * share:.0%} faults"
    note = f"wall {took['wall']:.2f} s, processor {took['cpu']:.2f} s"
    ratio = took["wall"] / time_allowed(server, took["cpu"])
    figures += [
        Figure(CALLS, f"wall / (1.2 x calls / concurrency + processor), {what}", ratio,
               None, "<= 1.0", note),
        Figure(CALLS, f"items answered, {what}", took["answered"], None, ">= 100"),
        Figure(CALLS, f"paid twice, {what}", len(server.paid_twice), None, "<= 0"),
    ]  # fmt: skip
    assert took["answered"] == 100


def run(folder: Path) -> subprocess.Popen[str]:
    """Start the command over a corpus."""
    return subprocess.Popen(  # noqa: S603 - our own command
        [*_SHELL, str(COMMAND), "run", str(folder), "--period", "all"], cwd=folder.parent,
        env=os.environ | {"OPENAI_API_KEY": KEY}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, start_new_session=True,
    )  # fmt: skip


def cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_three_hundred_documents(llm_server, data, tmp_path, figures):
    documents = joined(data)
    server = llm_server(latency=LATENCY)
    folder = write_joined(tmp_path / "joined", documents, server.base_url, AT_ONCE)
    began, worked = time.perf_counter(), cpu_of_children()
    process = run(folder)
    _, err = process.communicate()
    wall, cpu = time.perf_counter() - began, cpu_of_children() - worked
    assert process.returncode == 0, err
    _, manifest = read_run(tmp_path / "outputs/joined/all")
    tokens = sum(record.prompt_tokens for record in server.chats)
    own = sum(map(count_tokens, documents))
    figures += [
        Figure(JOINED, "calls of the whole run", len(server.chats), 1160, "<= 100", "GraphRAG"),
        Figure(JOINED, "prompt and schema tokens", tokens, 418_000, "<= 190000", "langextract"),
        Figure(JOINED, "the same x tokens of the corpus", tokens / own, 3.3, "<= 1.5",
               f"langextract; {own:,} tokens by the same rule"),
        Figure(JOINED, "wall seconds", wall, 22, "", "langextract, extraction only"),
        Figure(JOINED, "wall / (1.2 x calls / concurrency + processor)",
               wall / time_allowed(server, cpu), None, "<= 1.0"),
        Figure(JOINED, "processor seconds", cpu, 9, "<= 20", "langextract, extraction only"),
        Figure(JOINED, "peak memory, MB", max(step.peak_mb for step in manifest.steps), 170,
               "<= 500", "langextract, extraction only"),
        Figure(JOINED, "calls paid twice", len(server.paid_twice), None, "<= 0"),
        *_by_task(server),
    ]  # fmt: skip


def _by_task(server: LlmServer) -> list[Figure]:
    """Where the tokens go."""
    return [
        Figure(JOINED, f"prompt and schema tokens of {task}",
               sum(one.prompt_tokens for one in server.chats if one.task == task), None, "",
               f"{sum(one.task == task for one in server.chats)} calls")
        for task in sorted({record.task for record in server.chats})
    ]  # fmt: skip


def test_killed_in_the_middle(llm_server, data, tmp_path, figures):
    server = llm_server(latency=LATENCY)
    folder = write_joined(tmp_path / "joined", joined(data), server.base_url, AT_ONCE)
    process = run(folder)
    assert server.wait_for(N_BEFORE_KILL, seconds=120)
    in_flight = server.in_flight
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    n_first = len(server.answered)
    again = run(folder)
    _, err = again.communicate()
    assert again.returncode == 0, err
    twice = sum(n - 1 for n in server.paid_twice.values())
    note = f"{in_flight} in flight when killed, {n_first} answered"
    figures.append(
        Figure(JOINED, "calls paid twice after kill -9", twice, 340, f"<= {AT_ONCE}",
               f"langextract; {note}")
    )  # fmt: skip
    assert twice <= AT_ONCE
