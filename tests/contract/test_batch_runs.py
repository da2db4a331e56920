"""A whole run through the batch endpoint: stopped, gone on with, for half the price."""

import functools
import os
import signal
import threading
import time

import numpy as np
import pytest

from pipeline.engines.llm import batch
from tests.contract.journeys import home, results, run, write_corpus

__all__ = ["home"]


@pytest.fixture
def quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    quick = functools.partial(batch.Batching, first=0.01, most=0.05)
    monkeypatch.setattr(batch, "Batching", quick)


def stop_in_second_batch(server):
    """Press Ctrl-C once the second batch is waited for."""
    while not any(record.path == "/v1/batches/batch_000002" for record in server.records):
        time.sleep(0.01)
    os.kill(os.getpid(), signal.SIGINT)


def test_a_run_in_batches_is_stopped_and_goes_on_for_half_the_price(home, quick_looks, llm_server):
    server = llm_server(batch_delay=(0.05, 6.0, 0.05))
    folder = write_corpus(home, server)
    stopping = threading.Thread(target=stop_in_second_batch, args=(server,), daemon=True)
    stopping.start()
    told = run(folder, "--batch")
    stopping.join()
    assert told.code == 130
    assert "batch_000002 at http://127.0.0.1" in told.err
    assert "goes on without this run" in told.err

    told = run(folder, "--batch")
    assert told.code == 0, told.err
    assert all(record.is_batch for record in server.chats)
    assert server.paid_twice == {}
    submitted = [r for r in server.records if (r.method, r.path) == ("POST", "/v1/batches")]
    assert len(submitted) >= 4
    tables = results(folder)[0]
    assert len(tables["mentions"]) > 20
    ledger = tables["ledger"]
    full = ledger["prompt_tokens"] * 0.15e-6 + ledger["completion_tokens"] * 0.6e-6
    assert len(ledger) == len(server.chats)
    assert np.allclose(ledger["cost"], full / 2)


def test_batches_need_a_language_model(home, llm_server):
    folder = write_corpus(home, llm_server())
    told = run(folder, "--engine", "embedded", "--batch")
    assert told.code == 2
    assert "--batch is for a language model" in told.err
