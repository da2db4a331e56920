"""The engine as the stages see it: what it shows the model, and what it makes of the answers."""

from dataclasses import replace

import pandas as pd
import pytest

from pipeline.answers import GROUPS, Group
from pipeline.config import Corpus, EngineChoice, Llm, Resolve, Settings
from pipeline.engines.llm.asking import Asker
from pipeline.engines.llm.engine import LlmEngine
from pipeline.stages.extract import KINDS
from pipeline.tables import CATALOGUE_PHRASES
from tests.llm.faults import Faults, Rule
from tests.llm.minds import default_mind, liar_mind
from tests.unit.engines.test_propose import PAYROLL

SAID = (
    ("d1", "Hello there!", "", 0),
    ("d1", "The payroll export was wrong again.", "", 0),
    ("d1", "The export lost every hour of overtime.", "We fixed the export.", 2),
    ("d2", "Our trainer was great, the admin training was fun.", "", 0),
    ("d3", "The car park was full and muddy.", "", 0),
    ("d4", "I hate the car park, it was muddy.", "", 0),
    ("d5", "The car park was terrible and muddy.", "", 0),
)


@pytest.fixture
def sentences() -> pd.DataFrame:
    rows = [
        (f"s{n}", f"{document}-{position}", document, n * 100, n * 100 + len(text), text, "en",
         position, staff)
        for n, (document, text, staff, position) in enumerate(SAID)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["sentence_id", "turn_id", "document_id", "start", "end",
                                       "text", "language", "position", "staff"])  # fmt: skip


@pytest.fixture
def made(caller_for, llm_server, engine):
    """A function: settings of the model and of the server -> the engine, and the server."""

    def make(llm=None, **server_settings):
        server = llm_server(**server_settings)
        settings = Settings(
            corpus=Corpus(name="Rota", business="Shift planning for clinics"),
            resolve=Resolve(min_customers=2),
            engine=EngineChoice(use="llm"),
            sources=(),
        )
        told = Llm(model="gpt-4o-mini", endpoint=server.base_url, retries=0, **(llm or {}))
        asker = Asker(caller_for(server, retries=0), told)
        return LlmEngine(asker, engine, settings, ["Land", "Adoption"]), server

    return make


def candidates_of(engine, sentences, phrases) -> pd.DataFrame:
    """What was read, with the columns that grouping looks at."""
    answers = engine.read(sentences, phrases).answers
    documents = sentences.drop_duplicates("turn_id").set_index("turn_id")["document_id"]
    return answers.rename(columns={"answer_id": "mention_id"}).assign(
        document_id=answers["turn_id"].map(documents),
        customer_id=answers["turn_id"].map(documents),
    )


def test_every_language_is_read_and_whole_sentences_are_made_vectors_of(made, sentences):
    engine, _ = made()
    assert engine.unread("pt") == ""
    assert engine.warm(sentences, None) == sentences["text"].nunique()
    assert not engine.has_clauses


def test_what_carries_nothing_is_not_shown_and_is_a_reject(made, sentences, phrases):
    engine, server = made()
    reading = engine.read(sentences, phrases)
    rejects = dict(zip(reading.rejects["row_id"], reading.rejects["reason"], strict=True))
    assert rejects == {"s0": "carries_nothing"}
    assert "Hello there" not in server.chats[0].body["messages"][1]["content"]
    everything, server = made({"skip_empty": False})
    assert everything.read(sentences, phrases).rejects.empty
    assert "Hello there" in server.chats[0].body["messages"][1]["content"]


def test_model_sees_catalogue_business_stages_and_staff(made, sentences, phrases):
    engine, server = made()
    engine.read(sentences, phrases)
    [system, user] = [one["content"] for one in server.chats[0].body["messages"]]
    assert "T1 = Admin training: The course" in system
    assert "Shift planning for clinics" in system
    assert "(staff: We fixed the export.)\n[2] The export lost" in user


def test_answers_name_the_touchpoints_of_the_catalogue(made, sentences, phrases):
    engine, _ = made()
    answers = engine.read(sentences, phrases).answers
    known = dict(zip(answers["quote"], answers["touchpoint_id"], strict=True))
    assert known["The payroll export was wrong again."] == "export"
    assert set(answers["kind"]) <= KINDS
    assert {"Car park"} <= set(answers["label"])


def test_labels_become_named_groups(made, sentences, phrases):
    engine, server = made()
    candidates = candidates_of(engine, sentences, phrases)
    groups = engine.group(candidates, phrases)
    named = dict(zip(groups["mention_id"], groups["name"], strict=True))
    parked = candidates[candidates["quote"].str.contains("car park")]
    assert {named[one] for one in parked["mention_id"]} == {"Car park"}
    assert groups["confidence"].between(0, 1).all()
    assert set(groups["stage"]) <= {"", "Land", "Adoption"}
    assert "name.v2" in {record.task.replace("small.", "") for record in server.chats}


def test_no_more_groups_are_named_than_may_be_kept(made, sentences, phrases):
    engine, server = made()
    candidates = candidates_of(engine, sentences, phrases)
    engine._resolve = Resolve(min_customers=2, max_discovered=0)
    groups = engine.group(candidates, phrases)
    assert not [record for record in server.chats if record.task.startswith("name.")]
    assert "Car park" in set(groups["name"])


@pytest.mark.parametrize("nothing", ["no rows", "no labels", "all known"])
def test_without_labels_there_are_no_groups(made, sentences, phrases, nothing):
    engine, server = made()
    candidates = candidates_of(engine, sentences, phrases)
    server.forget()
    changed = {
        "no rows": candidates.iloc[:0],
        "no labels": candidates.assign(label=""),
        "all known": candidates.assign(touchpoint_id="export"),
    }[nothing]
    assert engine.group(changed, phrases).empty
    assert not server.chats


def test_a_label_that_is_the_catalogues_joins_it(made, sentences, phrases):
    def mind(task, system, items):
        answer = default_mind(task, system, items)
        if task.startswith("same"):
            return {"results": [{"id": n, "same": list(range(1, 9))} for n in items]}
        return answer

    engine, _ = made(mind=mind)
    candidates = candidates_of(engine, sentences, phrases).assign(
        touchpoint_id="", label="Export of payroll"
    )
    groups = engine.group(candidates, phrases)
    assert "export" in set(groups["same_id"])


def test_groups_without_catalogue_or_answers_keep_their_labels(made, sentences):
    rules = tuple(Rule(f"Task: {name}", "400") for name in ("same", "name"))
    engine, _ = made(faults=Faults(rules=rules))
    empty = CATALOGUE_PHRASES.frame()
    candidates = candidates_of(engine, sentences, empty)
    groups = engine.group(candidates, empty)
    assert "Car park" in set(groups["name"])
    rejects = engine.drain().rejects
    assert set(rejects["reason"]) == {"provider_rejected"}
    assert all(row.split("/")[0] in {"same", "name"} for row in rejects["row_id"])


GATHERS = "pipeline.engines.embedded.engine.EmbeddedEngine.group_pains"


class Proposes:
    """Stands in for what is near: three groups of painful quotes at one touchpoint."""

    def __init__(self, rows):
        self.rows = rows

    def group_pains(self, *_):
        return GROUPS.frame(self.rows)


def pained(n_groups=3):
    quotes = ("The export was wrong.", "The export failed.", "Export lost hours.")
    mentions = pd.DataFrame(
        [(f"m{n}", "d", "tp", quotes[n]) for n in range(n_groups)],
        columns=["mention_id", "document_id", "touchpoint_id", "quote"],
    )
    rows = [Group(f"m{n}", f"tp {n}", f"old {n}", "", "", 1.0) for n in range(n_groups)]
    touchpoints = pd.DataFrame({"touchpoint_id": ["tp"], "name": ["Payroll export"]})
    return mentions, touchpoints, rows


@pytest.mark.parametrize("n_groups", [0, 1, 3])
def test_pains_are_gathered_as_the_model_says(made, monkeypatch, n_groups):
    def mind(task, system, items):
        problem = {"groups": [1, 3], "name": "Export wrong"}
        return {"results": [{"id": n, "problems": [problem]} for n in items]}

    engine, server = made(mind=mind)
    mentions, touchpoints, rows = pained(n_groups)
    monkeypatch.setattr(GATHERS, Proposes(rows).group_pains)
    found = engine.group_pains(mentions, touchpoints)
    assert len(server.chats) == (n_groups > 1)
    told = list(zip(found["group"], found["name"], strict=True))
    expected = [("tp 0", "Export wrong"), ("tp 1", "old 1"), ("tp 0", "Export wrong")]
    assert told == (expected if n_groups > 1 else [("tp 0", "old 0")][:n_groups])


@pytest.mark.parametrize(("n_quotes", "n_shown"), [(2, 1), (3, 2)])
def test_a_second_quote_is_shown_of_large_groups_alone(made, monkeypatch, n_quotes, n_shown):
    engine, server = made()
    mentions, touchpoints, rows = pained()
    large = [replace(row, group="tp 0") for row in rows[:n_quotes]]
    more = pd.DataFrame([("m9", "d", "tp", "The bill was late.")], columns=mentions.columns)
    other = replace(rows[0], mention_id="m9", group="tp 9")
    monkeypatch.setattr(GATHERS, Proposes([*large, other]).group_pains)
    engine.group_pains(pd.concat([mentions, more]), touchpoints)
    shown = server.chats[0].body["messages"][1]["content"].split("Group 2:")[0]
    assert shown.count("\n- ") == n_shown


def test_a_liars_pains_leave_the_groups_as_they_were(made, monkeypatch):
    engine, _ = made(mind=liar_mind)
    mentions, touchpoints, rows = pained()
    monkeypatch.setattr(GATHERS, Proposes(rows).group_pains)
    assert engine.group_pains(mentions, touchpoints)["name"].tolist() == ["old 0", "old 1", "old 2"]


def test_the_embedded_engine_matches_periods_and_embeds(made, engine):
    llm, _ = made()
    assert llm.embed(["a queue"]).tolist() == engine.embed(["a queue"]).tolist()
    empty = pd.DataFrame({"group": [], "quote": []})
    assert llm.same_thing(empty, empty) == {}


def test_drain_gives_each_answer_and_fault_once(made, sentences, phrases):
    engine, server = made()
    engine.read(sentences, phrases)
    first = engine.drain()
    assert len(first.ledger) == len(server.chats)
    assert first.is_settled
    again = engine.drain()
    assert again.ledger.empty
    assert again.rejects.empty


@pytest.mark.parametrize(("kind", "is_settled"), [("500", False), ("400", True)])
def test_only_what_another_run_may_get_is_unsettled(made, sentences, phrases, kind, is_settled):
    engine, server = made(faults=Faults(rules=(Rule("car park was full", kind),)))
    reading = engine.read(sentences, phrases)
    assert set(reading.rejects["row_id"]) == {"s0", "s4"}
    assert engine.drain().is_settled is is_settled
    server.change(faults=Faults())
    engine.read(sentences, phrases)
    assert engine.drain().is_settled


def test_proposals_that_failed_are_unsettled_and_told(made):
    engine, _ = made(faults=Faults(rules=(Rule("Task: propose", "500"),)))
    proposals = engine.propose([PAYROLL])
    assert len(proposals) == 5
    after = engine.drain()
    assert not after.is_settled
    assert {"provider_failed", "filled_up"} <= set(after.rejects["reason"])


def test_prompts_are_told_by_their_hashes(made):
    engine, _ = made()
    names = {task.split(".")[0] for task in engine.prompts()}
    assert names == {"extract", "same", "name", "pains", "propose", "critique"}
    assert all(len(digest) == 64 for digest in engine.prompts().values())
    assert engine.name.startswith("llm-1 gpt-4o-mini ")
