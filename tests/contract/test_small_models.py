"""Small models on one's own machine: the profile `small` against servers as they really are.

The server stands for Ollama, llama.cpp and vLLM: no structured output (refused or ignored), a
window of 4,096 tokens, thoughts before the answer, no usage, content in parts.
"""

import csv
import json
import shutil
from pathlib import Path

import pytest

from pipeline.config import Llm
from pipeline.engines.llm.asking import Asker
from pipeline.engines.llm.calls import Caller
from pipeline.engines.llm.faults import fault_of
from pipeline.engines.llm.jobs import Item, read_results
from pipeline.engines.llm.schemas import ExtractResult, SameResult
from pipeline.errors import ConfigError
from pipeline.store import read_run
from tests.contract.journeys import PROJECT, home, run, unaccounted
from tests.llm.fixtures import llm_server
from tests.llm.tokens import count_tokens

__all__ = ["home", "llm_server"]

WINDOW = 4_096
TWIN = "The payroll export dropped our night hours again."
"""What three customers say in the same words."""
GOOD = '{"results": [{"id": 1, "same": [2]}]}'
DRESSES = (
    ("fences",), ("prose",), ("prose", "fences"), ("thoughts",), ("thoughts", "fences", "prose"),
    ("trailing_commas", "prose"), ("single_quotes",), ("extra_keys",), ("no_ids",),
    ("wrapped", "fences"),
)  # fmt: skip
EVERYTHING = ("thoughts", "prose", "fences", "trailing_commas", "extra_keys", "no_ids")
HABITS = ("no_usage", "odd_usage", "no_finish", "parts", "extras")
SMALL = {"structured": False, "context_window": WINDOW, "window_holds_answer": True}


def make_small(folder: Path, server) -> Path:
    """Set a corpus to the profile `small`, with its defaults."""
    told = f'profile = "small"\nmodel = "gpt-4o-mini"\nendpoint = "{server.base_url}"'
    with (folder / "corpus.toml").open("a", encoding="utf-8") as file:
        file.write(f"\n[engine.llm]\n{told}\n")
    return folder


def demo_subset(home: Path, server) -> Path:
    """About forty documents of the demo corpus, all kinds."""
    folder = home / "kestrel"
    source = PROJECT / "corpora/kestrel"
    for name in ("corpus.toml", "customers.csv", "stages.csv", "touchpoints.csv"):
        folder.mkdir(exist_ok=True)
        shutil.copy(source / name, folder / name)
    period = source / "sources/2026Q3"
    files = sorted((period / "calls").iterdir())[:3] + sorted((period / "notes").iterdir())[:3]
    files += [*(period / "surveys").iterdir(), *(period / "tickets").iterdir()]
    files += [*(period / "social").iterdir(), *(period / "analytics").iterdir()]
    for file in files:
        copy = folder / "sources" / file.relative_to(source / "sources")
        copy.parent.mkdir(parents=True, exist_ok=True)
        if file.suffix == ".csv":
            with file.open(encoding="utf-8", newline="") as old:
                rows = list(csv.reader(old))[:6]
            with copy.open("w", encoding="utf-8", newline="") as new:
                csv.writer(new).writerows(rows)
        else:
            lines = file.read_text("utf-8").splitlines(keepends=True)
            copy.write_text("".join(lines[: 6 if file.suffix == ".jsonl" else None]), "utf-8")
    with (folder / "sources/2026Q3/surveys/nps.csv").open("a", encoding="utf-8") as file:
        file.writelines(f"N90{n},C00{n},2026-07-2{n},3,{TWIN}\n" for n in range(1, 4))
    return make_small(folder, server)


def assert_small_and_whole(server) -> None:
    """One item and one call at a time, and everything within the window."""
    assert server.max_in_flight == 1
    assert {record.n_items for record in server.answered} == {1}
    tasks = {record.task for record in server.answered}
    assert all(".small." in task for task in tasks)
    for record in server.answered:
        asked = sum(count_tokens(one["content"]) for one in record.body["messages"])
        assert asked + record.body["max_tokens"] <= WINDOW
    assert not server.paid_twice


@pytest.mark.parametrize("unstructured", ["refuse", "ignore"])
def test_the_demo_in_a_small_window(home, llm_server, unstructured):
    server = llm_server(unstructured=unstructured, json_object=False, dress=EVERYTHING,
                        habits=HABITS, **SMALL)  # fmt: skip
    corpus = demo_subset(home, server)
    told = run(corpus, "--engine", "llm")
    assert told.code == 0, told.err
    assert_small_and_whole(server)
    tables, manifest = read_run(home / "outputs/kestrel/2026Q3")
    assert len(tables["documents"]) > 33
    assert unaccounted(tables).empty
    assert len(tables["mentions"]) > 40
    shown = [record.body["messages"][1]["content"] for record in server.answered
             if record.task.startswith("extract")]  # fmt: skip
    assert sum(TWIN in text for text in shown) == 1
    assert (tables["mentions"]["quote"] == TWIN).sum() == 3
    assert tables["hypotheses"].groupby("touchpoint_id").size().unique().tolist() == [5]
    # No usage was told: tokens are our own count.
    steps = {step.step: step for step in manifest.steps}
    assert steps["extract"].prompt_tokens > 1_000 * steps["extract"].calls / 2
    lost = tables["rejects"]["reason"].isin(["malformed_answer", "no_answer", "provider_failed"])
    assert not lost.any()


def asker(server, monkeypatch, **settings) -> Asker:
    """An asker of the profile `small` without a cache."""
    monkeypatch.setenv("OPENAI_API_KEY", server.key)
    told = Llm(endpoint=server.base_url, model="gpt-4o-mini", profile="small", **settings)
    return Asker(Caller(told, None), told)


VARIABLES = {"business": "", "catalogue": ""}
SAID = (
    "The courier was rude and late again.",
    "I love the parcel locker, it is quick.",
    "The app crashed twice. So I cancelled.",
)


def read_said(server, monkeypatch, **settings):
    """What is read in three short documents, and the caller that asked."""
    small = asker(server, monkeypatch, **settings)
    items = [Item(str(n), (f"[1] {text}",)) for n, text in enumerate(SAID)]
    return small.job("extract", VARIABLES, items, ExtractResult), small.caller


@pytest.mark.parametrize("dress", DRESSES, ids="+".join)
def test_however_an_answer_is_dressed_it_is_read(llm_server, monkeypatch, dress):
    server = llm_server(json_object=False, dress=dress, **SMALL)
    answered, _ = read_said(server, monkeypatch)
    enforced, _ = read_said(llm_server(), monkeypatch)
    assert set(enforced.results) == {"0", "1", "2"}
    assert answered == enforced
    assert_small_and_whole(server)


@pytest.mark.parametrize("status", [400, 422, 500, 501])
def test_a_form_that_is_refused_is_not_asked_for_again(llm_server, monkeypatch, status):
    server = llm_server(refusal_status=status, json_object=False, **SMALL)
    answered, _ = read_said(server, monkeypatch)
    assert set(answered.results) == {"0", "1", "2"}
    assert sum(record.status == status for record in server.chats) == 2
    assert all("response_format" not in record.body for record in server.answered)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("habit", HABITS)
def test_what_small_servers_leave_out_is_not_missed(llm_server, monkeypatch, habit, stream):
    answered, caller = read_said(llm_server(habits=(habit,), **SMALL), monkeypatch, stream=stream)
    assert set(answered.results) == {"0", "1", "2"}
    assert not answered.faults
    rows = caller.ledger()
    assert len(rows) == 3
    assert all(row.prompt_tokens > 300 and row.completion_tokens > 10 for row in rows)


def test_a_long_document_is_cut_to_fit_the_context(llm_server, monkeypatch):
    server = llm_server(**SMALL)
    lines = tuple(f"[{n}] The payroll export failed again on day {n}." for n in range(1, 301))
    answered = asker(server, monkeypatch).job(
        "extract", VARIABLES, [Item("long", lines)], ExtractResult
    )
    assert not answered.faults
    assert {m.line for r in answered.results["long"] for m in r.mentions} == set(range(1, 301))
    assert {record.status for record in server.chats} <= {200, 400}
    assert sum(record.status == 400 for record in server.chats) <= 2  # the forms it does not know


def test_what_leaves_no_room_for_an_answer_is_not_sent(llm_server, monkeypatch):
    server = llm_server(**SMALL)
    items = [Item("long", ("word " * 5_000,)), Item("short", ("[1] The export failed.",))]
    answered = asker(server, monkeypatch).job("extract", VARIABLES, items, ExtractResult)
    [fault] = answered.faults["long"]
    assert fault.reason == "too_long_for_model"
    assert set(answered.results) == {"short"}
    assert max(record.prompt_tokens or 0 for record in server.chats) < WINDOW


def test_a_catalogue_that_fills_the_context_is_told_before_anything_is_asked(
    llm_server, monkeypatch
):
    server = llm_server()
    catalogue = "\n".join(f"T{n} = Touchpoint {n}: something customers do." for n in range(400))
    with pytest.raises(ConfigError, match=r"context of \d+ at least.*context_tokens"):
        asker(server, monkeypatch).job(
            "extract", {"business": "", "catalogue": catalogue}, [Item("a", ("x",))], ExtractResult
        )
    assert not server.chats


@pytest.mark.parametrize(
    ("profile", "told", "context", "at_once"),
    [("standard", 0, 100_000, 8), ("small", 0, 4_096, 1), ("small", 8_192, 8_192, 1)],
)
def test_defaults_of_the_profiles(profile, told, context, at_once):
    settings = Llm(profile=profile, context_tokens=told)
    assert (settings.context, settings.most_at_once) == (context, at_once)


@pytest.mark.parametrize(
    "text",
    [
        f'<think>Perhaps {{"results": [{{"id": 1, "same": [9]}}]}}?</think>\n{GOOD}',
        f"no opening tag: [1] or {{2}}\n</think>\n\n```json\n{GOOD}\n```",
        f"<|channel|>analysis<|message|>{{x}}<|end|><|start|>assistant"
        f"<|channel|>final<|message|>{GOOD}",
        f"Here is {{the}} answer [as asked]:\n{GOOD}\nIs that [fine]?",
        f'{GOOD}\n\nNote: {{"id": 1, "same": [9]}} would be wrong.',
        '{"results": [{"id": "1", "same": ["2"], "why": "both are bills"}]}',
        '{"results": {"id": 1, "same": [2]}}',
        '{"answer": {"results": [{"id": 1, "same": [2]}]}}',
        '{"results": [{"id": 1, "same": [2],},],}\n```\nDone [1].',
        '{"same": [2]}',
    ],
)
def test_answers_in_the_midst_of_words_are_found(text):
    assert read_results(text, SameResult, is_alone=True) == {1: SameResult(id=1, same=(2,))}


@pytest.mark.parametrize(
    "text",
    [f"<think>Perhaps {GOOD} or", "[" * 5_000, '{"a":' * 100_000, "I found nothing.", "{}", "[]"],
    ids=lambda text: text[:20],
)
def test_thoughts_and_noise_are_no_answer(text):
    assert read_results(text, SameResult, is_alone=True) == {}


def test_kinds_may_be_written_in_capitals_and_no_others():
    mention = {
        "line": 1, "quote": "It broke", "touchpoint": "app", "kind": "Pain", "polarity": -0.5,
        "intensity": 0.5, "outcome": "FAILED ", "confidence": 0.8,
    }  # fmt: skip
    result = {"id": 1, "mentions": [mention], "causes": []}
    [read] = ExtractResult.model_validate(result).mentions
    assert (read.kind, read.outcome) == ("pain", "failed")
    wrong = {**result, "mentions": [{**mention, "kind": "rage"}]}
    assert read_results(json.dumps({"results": [wrong]}), ExtractResult) == {}


def test_a_server_error_that_names_no_form_is_tried_again():
    class ServerError(Exception):
        status_code = 500

    words = 'response_format type must be one of "text" or "json_object", but got: json_schema'
    assert fault_of(ServerError(words), "").parameter == "response_format"
    assert fault_of(ServerError("slot unavailable"), "").kind == "lost"
