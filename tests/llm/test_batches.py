"""Files and batches behave as those of OpenAI."""

import json
from typing import Any

import openai
import pytest
from openai import OpenAI

from tests.llm.asking import (
    MODEL,
    client_of,
    messages,
    wait_until,
)
from tests.llm.faults import Faults, Rule
from tests.llm.records import CHAT


def batch_lines(*texts: str) -> str:
    bodies = ({"model": MODEL, "messages": messages("extract", text)} for text in texts)
    return "".join(
        json.dumps({"custom_id": f"call-{n}", "method": "POST", "url": CHAT, "body": body}) + "\n"
        for n, body in enumerate(bodies)
    )


def start_batch(client: OpenAI, lines: str) -> Any:
    uploaded = client.files.create(file=("in.jsonl", lines.encode()), purpose="batch")
    assert client.files.content(uploaded.id).text == lines
    return client.batches.create(
        input_file_id=uploaded.id, endpoint=CHAT, completion_window="24h", metadata={"step": "read"}
    )


def finish_batch(client: OpenAI, batch: Any) -> Any:
    ended = {"completed", "failed", "expired", "cancelled"}
    wait_until(lambda: client.batches.retrieve(batch.id).status in ended)
    return client.batches.retrieve(batch.id)


def read_output(client: OpenAI, file_id: str) -> dict[str, dict]:
    lines = client.files.content(file_id).text.splitlines()
    return {line["custom_id"]: line for line in map(json.loads, lines)}


def test_a_batch_is_answered_in_two_files(llm_server):
    server = llm_server(faults=Faults(rules=(Rule("poison", "400"), Rule("gone", "timeout"))))
    with client_of(server) as client:
        batch = start_batch(client, batch_lines("poison", "gone", *"abcdefgh"))
        assert batch.status == "validating"
        batch = finish_batch(client, batch)
        good = read_output(client, batch.output_file_id)
        bad = read_output(client, batch.error_file_id)
    assert (batch.status, batch.metadata) == ("completed", {"step": "read"})
    counts = batch.request_counts
    assert (counts.total, counts.completed, counts.failed) == (10, 8, 2)
    assert list(good) != sorted(good) == [f"call-{n}" for n in range(2, 10)]
    assert good["call-2"]["response"]["body"]["choices"][0]["message"]["content"]
    assert good["call-2"]["error"] is None
    assert bad["call-0"]["response"]["body"]["error"]["code"] == "invalid_prompt"
    assert bad["call-1"]["response"]["status_code"] == 500
    assert all(record.is_batch for record in server.chats)


def test_a_batch_goes_through_its_statuses(llm_server):
    server = llm_server(batch_delay=0.5)
    with client_of(server) as client:
        batch = start_batch(client, batch_lines(*"abcd"))
        seen = [batch.status]
        while seen[-1] != "completed":
            status = client.batches.retrieve(batch.id).status
            seen += [status] if status != seen[-1] else []
    assert seen == ["validating", "in_progress", "finalizing", "completed"]


def test_an_expired_batch_names_the_lines_it_lost(llm_server):
    server = llm_server(batch_end=("expired", "completed"))
    with client_of(server) as client:
        batch = finish_batch(client, start_batch(client, batch_lines(*"abcd")))
        lost = read_output(client, batch.error_file_id)
        assert batch.status == "expired"
        assert len(read_output(client, batch.output_file_id)) == 2
        assert {line["error"]["code"] for line in lost.values()} == {"batch_expired"}
        again = finish_batch(client, start_batch(client, batch_lines("a")))
        assert again.status == "completed"
        assert again.error_file_id is None


def test_a_batch_can_be_cancelled(llm_server):
    server = llm_server(batch_delay=60)
    with client_of(server) as client:
        batch = start_batch(client, batch_lines(*"ab"))
        assert client.batches.cancel(batch.id).status == "cancelling"
        assert finish_batch(client, batch).status == "cancelled"
        with pytest.raises(openai.ConflictError):
            client.batches.cancel(batch.id)


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ("", "empty_file"),
        ("{no json\n", "invalid_json_line"),
        (batch_lines("a") + batch_lines("b"), "duplicate_custom_id"),
        (batch_lines("a").replace(CHAT, "/v1/embeddings"), "mismatched_endpoint"),
        (batch_lines("a", "b").replace(MODEL, "gpt-99", 1), "mismatched_model"),
        (batch_lines(*["word " * 80] * 5), "token_limit_exceeded"),
    ],
)
def test_a_batch_with_a_bad_file_fails(llm_server, lines, code):
    server = llm_server(batch_delay=0, batch_token_limit=800)
    with client_of(server) as client:
        batch = finish_batch(client, start_batch(client, lines))
    assert batch.status == "failed"
    assert batch.errors.data[0].code == code
    assert server.chats == []


def test_batches_are_listed_by_page_and_files_deleted(llm_server):
    server = llm_server(batch_delay=0)
    with client_of(server) as client:
        started = [start_batch(client, batch_lines(text)).id for text in "abc"]
        page = client.batches.list(limit=2)
        assert [batch.id for batch in page.data] == started[:0:-1]
        assert page.has_more
        assert [batch.id for batch in client.batches.list(limit=2)] == started[::-1]
        file_id = client.batches.retrieve(started[0]).input_file_id
        assert client.files.delete(file_id).deleted
        with pytest.raises(openai.NotFoundError):
            client.files.content(file_id)
