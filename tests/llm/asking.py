"""How the tests ask the server: with the real client, for each task of the pipeline."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import openai
from openai import OpenAI
from pydantic import BaseModel, create_model

from pipeline.engines.llm import schemas
from tests.llm.server import LlmServer

HTTP = openai.DefaultHttpxClient()  # shared: a client of its own costs 40 ms
MODEL = "gpt-4o-mini"
SYSTEM = """Task: {task}.v2
Known:
T1 = Boarding queue: Waiting in line at the gate until one may board.
T2 = Invoice: The bill and how it is paid.

The one of these stages, or empty: Discover; Boarding and flight; Bill
Answer in JSON."""
ITEMS = {
    "extract": "[1] The boarding queue was awful, we did not move for 40 minutes. So we missed "
    "dinner.\n(staff: We are very sorry for that.)\n[2] The hotel pool was lovely!",
    "same": "Boarding queue\n- the line at the gate\n1: Queue for boarding - gate\n2: Hotel pool",
    "name": "Labels: boarding queue; queue; boarding queue\n- The line at the gate was long.",
    "pains": "Touchpoint: Boarding\nGroup 1:\n- The queue never moved.\nGroup 2:\n- Queue never "
    "moved again.\nGroup 3:\n- They lost my bag.",
    "propose": "Touchpoint: Boarding queue\n34% of customers complain.\n[1] The queue never moved.",
    "critique": "Proposal 1: Train: train staff\nProposal 2: One owner: names one person\n[1] Bad.",
    "suggest": "We rent electric bicycles to tourists in harbour towns.",
}
RESULTS = {
    "extract": schemas.ExtractResult,
    "same": schemas.SameResult,
    "name": schemas.NameResult,
    "pains": schemas.PainResult,
    "propose": schemas.ProposeResult,
    "critique": schemas.CritiqueResult,
    "suggest": schemas.SuggestResult,
}


def answer_model(task: str) -> type[BaseModel]:
    return create_model(f"{task.title()}Answer", results=(list[RESULTS[task]], ...))


def fence(*texts: str) -> str:
    items = [f"<<item {n} a1b2c3>>\n{text}" for n, text in enumerate(texts, start=1)]
    return "\n".join([*items, f"<<end {len(texts)} a1b2c3>>"])


def messages(task: str, *texts: str) -> list[Any]:
    return [
        {"role": "system", "content": SYSTEM.format(task=task)},
        {"role": "user", "content": fence(*(texts or (ITEMS[task],)))},
    ]


@contextmanager
def client_of(server: LlmServer, **options: Any) -> Iterator[OpenAI]:
    yield OpenAI(
        base_url=server.base_url, api_key=server.key, max_retries=0, http_client=HTTP, **options
    )


def ask(server: LlmServer, *texts: str, task: str = "extract", **options: Any) -> Any:
    with client_of(server) as client:
        return client.chat.completions.create(
            model=options.pop("model", MODEL), messages=messages(task, *texts), **options
        )


def ask_strict(server: LlmServer, *texts: str, task: str = "extract", **options: Any) -> Any:
    form = {"name": task, "strict": True, "schema": strict_schema(task)}
    return ask(
        server, *texts, task=task, response_format={"type": "json_schema", "json_schema": form},
        **options,
    )  # fmt: skip


def strict_schema(task: str) -> dict:
    return openai.lib._pydantic.to_strict_json_schema(answer_model(task))


def results_of(completion: Any) -> list[dict]:
    return json.loads(completion.choices[0].message.content)["results"]


def list_chunks(server: LlmServer) -> list[Any]:
    form = {"name": "extract", "strict": True, "schema": strict_schema("extract")}
    with client_of(server) as client:
        return list(
            client.chat.completions.create(
                model=MODEL, messages=messages("extract"), stream=True,
                stream_options={"include_usage": True},
                response_format={"type": "json_schema", "json_schema": form},
            )
        )  # fmt: skip


def status_of(server: LlmServer, text: str) -> int:
    try:
        ask(server, text)
    except openai.APIStatusError as error:
        return error.status_code
    return 200


def wait_until(is_true) -> None:
    end = time.monotonic() + 1.5
    while not is_true():
        assert time.monotonic() < end
        time.sleep(0.01)
