"""Whole runs with the vectors of an endpoint: what they cost, and that nothing is lost."""

import shutil
import signal
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from pipeline.ask import Filters, ask_run
from pipeline.decisions.actions import Redefine, Rename
from pipeline.decisions.log import Draft
from pipeline.errors import ConfigError, EngineError
from pipeline.plan import plan_corpus
from pipeline.review.advice.proposals import proposals_of
from pipeline.review.pages.search import warm
from pipeline.review.state.desk import Desk
from pipeline.run import Options, run_corpus
from pipeline.verify import verify_run
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
from tests.contract.test_llm_runs import assert_same
from tests.contract.test_plan import KESTREL, spent
from tests.llm.chat import read_items
from tests.llm.faults import Faults, Rule
from tests.llm.fixtures import llm_server
from tests.llm.server import KEY, LlmServer
from tests.unit.engines.llm.test_likeness import foreign

__all__ = ["home", "llm_server"]

MODEL = "text-embedding-3-small"
WITHIN = 0.2


def corpus_of(home: Path, server: LlmServer, **settings) -> Path:
    return write_corpus(home, server, **{"embeddings": MODEL, "timeout": 5} | settings)


def outputs(home: Path) -> Path:
    return home / "outputs" / NAME


@pytest.fixture(scope="module")
def honest(tmp_path_factory):
    """The tables of a run in which nothing went wrong."""
    with pytest.MonkeyPatch.context() as patch, LlmServer() as server:
        folder = tmp_path_factory.mktemp("honest")
        patch.chdir(folder)
        patch.setenv("OPENAI_API_KEY", KEY)
        corpus = corpus_of(folder, server)
        assert run(corpus).code == 0
        return results(corpus)[0]


def test_a_whole_run_fills_every_table_and_is_billed(home, llm_server):
    server = llm_server()
    corpus = corpus_of(home, server)
    assert run(corpus) == Told(0, "", "")
    tables, manifest = results(corpus)
    assert unaccounted(tables).empty
    assert not tables["mentions"].empty
    assert MODEL in manifest.engine
    assert not server.texts_paid_twice
    ledger = tables["ledger"]
    vectors = ledger[ledger["model"] == MODEL]
    assert len(vectors) == len(server.embeddings)
    assert len(ledger) == len(server.embeddings) + len(server.chats)
    assert {"embed", "resolve"} <= set(vectors["stage"])
    steps = {step.step: step for step in manifest.steps}
    assert steps["embed"].cost > 0
    assert sum(step.calls for step in manifest.steps) == len(ledger)
    assert not verify_run(outputs(home) / PERIOD).faults
    assert MODEL in (outputs(home) / PERIOD / "report.html").read_text("utf-8")
    paid = sum(r.prompt_tokens for r in server.embeddings) * 0.02 / 1e6
    assert vectors["cost"].sum() == pytest.approx(paid)


def test_a_second_run_pays_nothing_with_steps_and_without(home, llm_server):
    server = llm_server()
    corpus = corpus_of(home, server)
    run(corpus)
    first, n_calls = results(corpus)[0], len(server.records)
    assert run(corpus).code == 0
    shutil.rmtree(outputs(home) / ".steps")
    assert run(corpus).code == 0
    assert len(server.records) == n_calls
    tables, manifest = results(corpus)
    assert sum(step.cached for step in manifest.steps) == n_calls
    assert_same(tables, first)


def test_answers_alone_are_enough_to_pay_nothing_again(home, llm_server):
    server = llm_server()
    corpus = corpus_of(home, server)
    run(corpus)
    n_calls = len(server.records)
    for path in outputs(home).glob("*"):
        if path.name != ".answers.sqlite":
            path.rename(home / path.name.lstrip("."))
    assert run(corpus).code == 0
    assert len(server.records) == n_calls


def test_another_model_is_another_run_and_back_again_costs_nothing(home, llm_server):
    server = llm_server(embedding_models=(MODEL, "bge-m3"))
    corpus = corpus_of(home, server)
    run(corpus)
    names = {results(corpus)[1].engine}
    n_sent = len(server.embeddings)
    run(corpus_of(home, server, embeddings="bge-m3"))
    names.add(results(corpus)[1].engine)
    assert len(server.embeddings) == 2 * n_sent
    run(corpus_of(home, server, embeddings=""))
    names.add(results(corpus)[1].engine)
    run(corpus_of(home, server))
    names.add(results(corpus)[1].engine)
    assert len(names) == 3
    assert len(server.embeddings) == 2 * n_sent


@pytest.mark.parametrize("n_done", [1, 3])
def test_a_run_killed_while_embedding_repeats_at_most_the_calls_in_flight(
    home, llm_server, honest, n_done
):
    server = llm_server(latency=0.2)
    corpus = corpus_of(home, server, concurrency=2)
    process = start(corpus)
    assert server.wait_for_embeddings(n_done, seconds=60)
    process.send_signal(signal.SIGKILL)
    finish(process)
    texts = sum(record.n_items for record in server.embeddings if not record.status)
    assert finish(start(corpus)).code == 0
    assert sum(server.texts_paid_twice.values()) <= 2 * max(texts, 2 * 96)
    assert_same(results(corpus)[0], honest)


def test_faults_change_nothing(home, llm_server, honest):
    server = llm_server(faults=Faults(3, {"429": 0.2, "500": 0.2}))
    corpus = corpus_of(home, server, retries=12)
    assert run(corpus).code == 0
    assert any(record.fault for record in server.embeddings)
    assert not server.texts_paid_twice
    assert_same(results(corpus)[0], honest)


def test_a_poisoned_text_is_a_reject_and_ends_nothing(home, llm_server):
    server = llm_server(faults=Faults(rules=(Rule("zephyr", "400"),)))
    corpus = corpus_of(home, server, extra=["The zephyr courier was late."], retries=1)
    run(corpus)
    rejects = results(corpus)[0]["rejects"]
    lost = rejects[rejects["row_id"].str.startswith("embed/")]
    assert set(lost["reason"]) == {"provider_rejected"}
    assert lost["detail"].str.contains("zephyr").all()
    assert not verify_run(outputs(home) / PERIOD).faults


def test_budget_counts_vectors_and_the_next_run_goes_on(home, llm_server):
    server = llm_server()
    corpus = corpus_of(home, server)
    told = run(corpus, "--budget", "0.00001")
    assert told.code == 3
    assert "budget" in told.err
    assert not server.chats
    assert run(corpus, "--budget", "1").code == 0
    assert not server.texts_paid_twice


def test_vectors_come_at_once_where_answers_come_in_batches(home, llm_server, honest):
    server = llm_server()
    corpus = corpus_of(home, server)
    assert run(corpus, "--batch").code == 0
    assert server.embeddings
    assert all(not record.is_batch for record in server.embeddings)
    assert_same(results(corpus)[0], honest)


@pytest.mark.parametrize(
    ("kind", "words"), [("401", "Incorrect API key"), ("404", "does not exist")]
)
def test_what_no_vector_survives_is_one_line(home, llm_server, kind, words):
    server = llm_server(faults=Faults(rules=(Rule("boarding line hardly moved", kind),)))
    corpus = corpus_of(home, server, retries=1)
    told = run(corpus)
    assert told.code == 3
    assert words in told.err
    assert told.err.splitlines()[0].startswith("error: ")
    assert KEY not in told.err


def test_key_is_written_nowhere(home, llm_server):
    corpus = corpus_of(home, llm_server())
    told = finish(start(corpus, before=["--debug"]))
    assert told.code == 0, told
    written = [path for path in home.rglob("*") if path.is_file()]
    assert [path for path in written if KEY.encode() in path.read_bytes()] == []


def test_questions_are_asked_with_the_vectors_of_the_run(home, llm_server, monkeypatch):
    server = llm_server()
    corpus = corpus_of(home, server)
    run(corpus)
    folder, n_calls = outputs(home) / PERIOD, len(server.embeddings)
    found = ask_run(folder, "the tracking page failed", Filters(), 3)
    assert "racking" in found.hits[0].quote
    assert [record.body["input"] for record in server.embeddings[n_calls:]] == [
        ["the tracking page failed"]
    ]
    assert ask_run(folder, "the tracking page failed", Filters(), 3) == found
    monkeypatch.delenv("OPENAI_API_KEY")
    server.stop()
    assert ask_run(folder, "the tracking page failed", Filters(), 3) == found


def draft(action, target, argument):
    return Draft("Anna", action, target, argument, {}, "", PERIOD)


def test_review_goes_on_without_key_and_endpoint_and_says_what_is_missing(
    home, llm_server, monkeypatch
):
    server = llm_server()
    corpus = corpus_of(home, server)
    run(corpus)
    n_calls = len(server.records)
    monkeypatch.delenv("OPENAI_API_KEY")
    toml = outputs(home) / PERIOD / "manifest.json"
    desk = Desk(outputs(home) / PERIOD, corpus)
    desk.rehearse()
    points = desk.view().base["touchpoints"]
    first, second = points["touchpoint_id"].tolist()[:2]
    definition = next(text for text in points["definition"] if text)
    desk.decide([draft("rename", first, Rename(name="A name nobody said"))], None)
    desk.decide([draft("redefine", second, Redefine(definition=definition))], None)
    assert [d.state for d in desk.view().decisions] == ["applied", "applied"]
    assert proposals_of(desk.view(), desk) is not None
    warm(desk.view(), desk)
    assert len(server.records) == n_calls
    # A server that asks for a key is one the key is needed for.
    n_lines = len(desk.log.read())
    server.stop()
    with pytest.raises(EngineError, match=MODEL):
        desk.decide([draft("redefine", first, Redefine(definition="Words nobody said."))], None)
    assert len(desk.log.read()) == n_lines
    assert [d.state for d in desk.view().decisions] == ["applied", "applied"]
    # The same where the key is missing.
    public = toml.read_text("utf-8").replace(server.base_url, "https://api.example.com/v1")
    toml.write_text(public, "utf-8")
    with pytest.raises(ConfigError, match=f"no vector of {MODEL} yet"):
        ask_run(outputs(home) / PERIOD, "what about it?", Filters(), 1)


def test_plan_of_the_demo_is_within_a_fifth_of_the_run(home, llm_server):
    server = llm_server()
    folder = shutil.copytree(KESTREL, home / "kestrel")
    told = (KESTREL / "corpus.toml").read_text("utf-8") + DEMO.format(endpoint=server.base_url)
    (folder / "corpus.toml").write_text(told, "utf-8")
    for period in ("2026Q2", "2026Q3"):
        planned = plan_corpus(folder, Options(period))
        manifest = run_corpus(folder, Options(period)).manifest
        for name, reported in spent(manifest).items():
            foretold = getattr(planned.whole, name)
            assert abs(foretold - reported) <= WITHIN * reported, (period, name, foretold, reported)
        embedded = next(step for step in planned.steps if step.step == "embed")
        record = next(step for step in manifest.steps if step.step == "embed")
        assert embedded.calls == record.calls
        assert embedded.prompt_tokens == pytest.approx(record.prompt_tokens, rel=WITHIN)


DEMO = """
[engine]
use = "llm"
[engine.llm]
endpoint = "{endpoint}"
model = "gpt-4o-mini"
embeddings = "text-embedding-3-small"
[engine.llm.prices]
"gpt-4o-mini" = {{ prompt = 0.15, completion = 0.6 }}
"text-embedding-3-small" = {{ prompt = 0.02, completion = 0 }}
"""


def test_plan_asks_nothing_and_nothing_is_left_to_pay_after_the_run(home, llm_server):
    server = llm_server()
    corpus = corpus_of(home, server)
    planned = plan_corpus(corpus, Options())
    assert not server.records
    assert any(step.step == "embed" and step.calls for step in planned.steps)
    run_corpus(corpus, Options())
    shutil.rmtree(outputs(home) / ".steps")
    whole = plan_corpus(corpus, Options()).whole
    assert (whole.calls, whole.kept, whole.cost) == (0, len(server.records), 0)


def test_plan_says_when_the_price_of_the_vectors_is_not_known(home, llm_server):
    planned = plan_corpus(corpus_of(home, llm_server(), embeddings="bge-m3"), Options())
    assert any('"bge-m3"' in note for note in planned.notes)
    assert np.isnan(planned.whole.cost)


def pairs_asked(server: LlmServer) -> set[tuple[str, str]]:
    """The pairs of names that the model was asked about."""
    pairs = set()
    for record in server.chats:
        if record.task.startswith("same."):
            for item in read_items(record.body["messages"][1]["content"]).values():
                first, *others = item.split("\n")
                names = [line.partition(": ")[2] for line in others if line[:1].isdigit()]
                pairs |= {(first, name) for name in names}
    return pairs


@pytest.mark.parametrize(("shift", "stretch"), [(1.6, 1.0), (1.6, 6.0)])
def test_a_model_of_another_scale_finds_what_the_embedded_one_finds(
    home, llm_server, engine, shift, stretch
):
    """Its vectors are the embedded model's, moved so that any two texts have a cosine above 0.6."""
    plain = llm_server()
    run(corpus_of(home, plain, embeddings=""))
    ours = results(home / NAME)[0]
    far = llm_server(embed=lambda texts: foreign(engine.embed(texts), shift, stretch))
    run(corpus_of(home, far))
    theirs = results(home / NAME)[0]
    asked, expected = pairs_asked(far), pairs_asked(plain)
    assert expected
    assert len(asked & expected) >= 0.8 * len(asked | expected)
    both = ours["found_mentions"].merge(theirs["found_mentions"], on="mention_id")
    assert len(both) >= 0.9 * len(ours["found_mentions"])
    assert adjusted_rand_score(both["touchpoint_id_x"], both["touchpoint_id_y"]) > 0.9


def test_vectors_may_be_of_a_server_of_their_own(home, llm_server):
    chat, near = llm_server(embedding_models=()), llm_server(models=())
    corpus = corpus_of(home, chat)
    toml = corpus / "corpus.toml"
    own = f'embeddings = "{MODEL}"\nembeddings_endpoint = "{near.base_url}"'
    toml.write_text(toml.read_text("utf-8").replace(f'embeddings = "{MODEL}"', own))
    assert run(corpus).code == 0
    assert chat.chats
    assert not chat.embeddings
    assert near.embeddings
    assert not near.chats
