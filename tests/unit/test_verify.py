import math
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pytest

from pipeline import tables as t
from pipeline.config import load_settings
from pipeline.decisions.lines import from_line, to_line
from pipeline.errors import ConfigError, ContractError
from pipeline.manifest import Manifest
from pipeline.methods.failures import find_failures
from pipeline.periods import find_period
from pipeline.proofs import NEEDED, PROOFS
from pipeline.schema import Tables
from pipeline.sources.privacy import redact
from pipeline.sources.read import read
from pipeline.store import write_manifest, write_tables
from pipeline.verify import verify_run

NAN = math.nan
SETTINGS = """period = "2026Q3"
[corpus]
name = "Acme"
[[sources]]
kind = "ticket"
path = "tickets.csv"
columns = { id = "id", customer = "who", date = "day", text = "text" }
"""
TICKETS = """id,who,day,text
1,C1,2026-07-01,The import failed. Write to ann@example.com about it.
2,C1,2026-07-09,"Because the import failed, we moved our go-live."
3,C2,2026-07-02,The import failed again.
4,C2,2026-07-10,Go-live was moved by a week.
5,C2,2026-07-20,"After that go-live, we are leaving."
"""
SAID = {
    "m1": ("1", "import", "The import failed.", "pain"),
    "m2": ("2", "import", "Because the import failed", "pain"),
    "m3": ("2", "golive", "we moved our go-live", "experience"),
    "m4": ("3", "import", "The import failed again.", "pain"),
    "m5": ("4", "golive", "Go-live was moved", "experience"),
    "m6": ("5", "golive", "we are leaving", "decision"),
}
CAUSE = "Because the import failed, we moved our go-live."
DIMENSIONS = ("emotion", "function", "frequency", "impact")


class Run(NamedTuple):
    folder: Path
    corpus: Path
    tables: Tables
    manifest: Manifest

    def save(self, **tables: pd.DataFrame) -> Path:
        """Write the run with some tables replaced."""
        write_tables(self.folder / "tables", self.tables | tables)
        write_manifest(self.folder, self.manifest)
        return self.folder

    def change(self, name: str, column: str, value: object, row: int = 0) -> Path:
        """Write the run with one cell of a table changed."""
        frame = self.tables[name].copy()
        frame.loc[row, column] = value
        return self.save(**{name: frame})


class Built(NamedTuple):
    tables: Tables
    inputs: dict[str, str]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The tables of the run, made once: no test changes them in place."""
    corpus = write_corpus(tmp_path_factory.mktemp("read"))
    settings = load_settings(corpus)
    found = read(corpus, settings, find_period(settings, ""))
    turns = redact(found.turns, settings.privacy)
    tables = {"documents": found.documents, "turns": turns, "rejects": found.rejects}
    tables |= quoted(found.documents, turns)
    tables |= judged() | reviewed(tables["mentions"])
    assert set(tables) == set(NEEDED)
    return Built(tables, found.inputs)


def line(number, action, target, argument):
    """A line of the log, without its end."""
    return to_line(
        {
            "at": f"2026-10-01T00:00:0{number}.000000+00:00", "who": "Ann", "action": action,
            "target_id": target, "argument": argument, "before": {}, "reason": "",
            "period": "2026Q3",
        }
    ).strip()  # fmt: skip


LOG = (
    line(1, "accept", "import", {}),
    line(2, "rename", "gone", {"name": "Letter"}),
    line(3, "redefine", "import", {"definition": "What is brought in"}),
)
ACCEPTED, RENAMED, REDEFINED = (from_line(one, "") for one in LOG)


def reviewed(mentions):
    """What was found before three decisions, and what became of these."""
    columns = [name for name in t.CANDIDATES.columns if name != "label"]
    away = replace(RENAMED, state="waiting", note="no touchpoint of that id in this period")
    decisions = [replace(row, state="applied") for row in (ACCEPTED, REDEFINED)]
    return {
        "candidates": t.CANDIDATES.check(mentions[columns].assign(label="")),
        "decisions": t.DECISIONS.frame([*decisions, away]),
        "flags": t.FLAGS.frame([t.Flag("m4", REDEFINED.decision_id, "", "redefined")]),
    }


@pytest.fixture
def run(tmp_path, built):
    corpus = write_corpus(tmp_path)
    settings = load_settings(corpus)
    period = find_period(settings, "")
    manifest = Manifest(
        corpus="Acme", corpus_folder=str(corpus), business="", currency="", period=period.name,
        start=period.start, end=period.end, previous="", engine="embedded", versions={},
        settings=settings.model_dump(mode="json"), inputs=built.inputs, prompts={}, steps=(),
    )  # fmt: skip
    return Run(tmp_path / "run", corpus, dict(built.tables), manifest)


def write_corpus(folder: Path) -> Path:
    corpus = folder / "acme"
    corpus.mkdir()
    (corpus / "corpus.toml").write_text(SETTINGS, "utf-8")
    (corpus / "tickets.csv").write_text(TICKETS, "utf-8")
    (corpus / "decisions.jsonl").write_bytes(b"\n".join([*LOG, b""]))
    return corpus


def quoted(documents: pd.DataFrame, turns: pd.DataFrame) -> Tables:
    """Return the tables that hold quotes."""
    by_id = {d.locator.removeprefix("id "): d for d in t.DOCUMENTS.rows(documents)}
    spoken = {turn.document_id: turn for turn in t.TURNS.rows(turns)}
    mentions = []
    for mention_id, (ticket, touchpoint_id, quote, kind) in SAID.items():
        document = by_id[ticket]
        turn = spoken[document.document_id]
        start = turn.text.index(quote)
        pain = "slow" if mention_id in {"m1", "m4"} else ""
        mentions.append(
            t.Mention(
                mention_id, document.document_id, turn.turn_id, document.customer_id, touchpoint_id,
                pain, kind, quote, start, start + len(quote), -0.5, 0.5, "failed", 0.9, "made up",
            )
        )  # fmt: skip
    cause = t.Cause("m2", "m3", mentions[2].turn_id, CAUSE, 0, len(CAUSE))
    sentences = [
        t.Sentence(turn.turn_id, turn.turn_id, turn.document_id, 0, len(turn.text), turn.text)
        for turn in spoken.values()
    ]
    return {
        "mentions": t.MENTIONS.frame(mentions),
        "failures": t.FAILURES.frame(find_failures(t.MENTIONS.frame(mentions))),
        "causes": t.CAUSES.frame([cause]),
        "sentences": t.SENTENCES.frame(sentences),
        "pain_points": t.PAIN_POINTS.frame(
            [t.PainPoint("slow", "import", "it failed", 2, 2, 0.5, "m1")]
        ),
        "moments": t.MOMENTS.frame([t.Moment("golive", "leave", "said so", 1, "m6")]),
        "edges": t.EDGES.frame(
            [
                t.Edge("e1", "import", "golive", "follows", "next", 2, 1, 2, 0.1, 0.1, 0.5, True),
                t.Edge("e2", "import", "golive", "influences", "stated", 1, NAN, NAN, NAN, NAN, 0.2,
                       True),
            ]
        ),
        "edge_evidence": t.EDGE_EVIDENCE.frame(
            [t.EdgeEvidence("e1", "m5", SAID["m5"][2]), t.EdgeEvidence("e2", "m3", CAUSE)]
        ),
    }  # fmt: skip


def judged() -> Tables:
    """Return the tables that count, score and propose."""
    counts = {"import": (2, 3), "golive": (2, 3)}
    values = {"emotion": (-0.5, -0.9, -0.1), "impact": (NAN, NAN, NAN)}
    return {
        "touchpoints": t.TOUCHPOINTS.frame(
            t.Touchpoint(name, name, "", "", "", "", "catalogue", "customer", NAN, n, *counts[name])
            for n, name in enumerate(counts)
        ),
        "scores": t.SCORES.frame(
            t.Score(
                name, dimension, *values.get(dimension, (0.5, 0.2, 0.8)), 2,
                "too few" if dimension == "impact" else "in words", "", 0.5,
            )
            for name in counts for dimension in DIMENSIONS
        ),
        "priorities": t.PRIORITIES.frame(
            t.Priority(name, n, 1, 2, 0.9, 0.5, 0.5, 0.5, 0.5, 3, "assumed", 0.1, n == 1, False, "")
            for n, name in enumerate(counts, start=1)
        ),
        "hypotheses": t.HYPOTHESES.frame(
            t.Hypothesis(f"h{n}", "import", n, "", "", "", "", "", "", "", "", "proposed")
            for n in range(1, 6)
        ),
        "hypothesis_evidence": t.HYPOTHESIS_EVIDENCE.frame(
            t.HypothesisEvidence(f"h{n}", "m1") for n in range(1, 6)
        ),
    }  # fmt: skip


def only_fault(folder: Path) -> str:
    """Return the one fault of a run, which must also be counted under its kind."""
    verified = verify_run(folder)
    assert len(verified.faults) == 1, verified.faults
    assert sum(failed for _, _, failed in verified.checked) == 1
    return verified.faults[0]


def test_ledger_that_says_otherwise_than_the_manifest_is_found(run):
    row = t.LedgerRow("r1", "extract", "m", 1000, 100, 0.5, False, 1.0)
    verified = verify_run(run.save(ledger=t.LEDGER.frame([row])))
    assert verified.faults == ["ledger r1: there is no step 'extract'"]


def test_sound_run_holds(run):
    verified = verify_run(run.save())
    assert verified.faults == []
    assert verified.notes == []
    counts = {what: (n, failed) for what, n, failed in verified.checked}
    assert counts["quotes of mentions stand at their span of the turn"] == (6, 0)
    assert counts["turns of mentions still stand in their source files"] == (6, 0)
    assert counts["customers of edges are counted right"] == (2, 0)
    assert all(n and not failed for n, failed in counts.values())


def test_redacted_text_is_what_must_stand_in_the_source(run):
    assert "[EMAIL]" in " ".join(run.tables["turns"]["text"])
    assert verify_run(run.save()).faults == []


def test_invented_quote_is_found(run):
    fault = only_fault(run.change("mentions", "quote", "The import worked."))
    assert fault.startswith("mention m1: 'The import worked.' is not at 0 to 18 of turn ")


@pytest.mark.parametrize(
    ("table", "column", "value", "said"),
    [
        ("mentions", "customer_id", "C2", "its turn or customer is not that of document"),
        ("edge_evidence", "quote", "Nobody did.", "evidence m5 of edge e1: nobody said"),
        ("edge_evidence", "mention_id", "m9", "there is no such mention"),
        ("edge_evidence", "mention_id", "m1", "not about the edge's target"),
        ("hypothesis_evidence", "mention_id", "m9", "hypothesis h1 rests on mention m9"),
        ("moments", "quote_mention_id", "m1", "moment 'leave' of touchpoint golive: its quote m1"),
        ("moments", "n_customers", 7, "n_customers is 7, counted 1"),
        ("failures", "n_customers", 1, "failure any of touchpoint golive: 1 customers, quote"),
        ("failures", "quote_mention_id", "m1", "of touchpoint golive: 2 customers, quote m1"),
        ("pain_points", "quote_mention_id", "m2", "pain point 'it failed': its quote m2"),
        ("pain_points", "n_mentions", 3, "n_mentions is 3, counted 2"),
        ("touchpoints", "n_mentions", 9, "touchpoints 'golive': n_mentions is 9, counted 3"),
        ("edges", "n_customers", 1, "edge e1 (follows, next): n_customers is 1, counted 2"),
        ("causes", "quote", "It did.", "cause m2 of m3: 'It did.' is not at"),
        ("sentences", "start", 1, "is not at 1 to"),
        ("scores", "value", -0.95, "-0.95 is not between -0.9 and -0.1"),
        ("scores", "low", -1.5, "-1.5, -0.5, -0.1 are not all from -1 to 1"),
        ("scores", "low", NAN, "'in words' has no number or no interval"),
        ("scores", "label", "too few", "'too few' has a number"),
        ("scores", "dimension", "luck", "are not all from 1 to 0"),
        ("hypotheses", "position", 6, "has hypotheses [2, 3, 4, 5, 6], not 1 to 5"),
        ("hypotheses", "touchpoint_id", "golive", "hypothesis h1: its touchpoint was not chosen"),
        ("candidates", "mention_id", "m9", "quote m9: it is in 0 places, not in one"),
        ("decisions", "state", "done", "by Ann): 'done' is no state"),
        ("flags", "mention_id", "m9", "flag of mention m9"),
        ("flags", "decision_id", "d9", "flag of mention m4"),
        ("flags", "touchpoint_id", "import", "flag of mention m4"),
        ("edges", "review", "hidden", "edge e1: it is 'hidden' and drawn"),
    ],
)  # fmt: skip
def test_changed_cell_is_found(run, table, column, value, said):
    changed = run.tables[table].copy()
    changed.loc[0, column] = value
    tables = run.tables | {table: t.ALL[table].check(changed)}
    faults = [fault for prove in PROOFS for fault in prove(tables).failures]
    assert any(said in fault for fault in faults), faults


@pytest.mark.parametrize(
    ("state", "note", "said"),
    [("undone", "why", "it is undone, and its note is 'why'"),
     ("waiting", "", "it waits, and nobody knows why")],
)  # fmt: skip
def test_decision_that_waits_says_why_and_one_that_is_over_says_nothing(run, state, note, said):
    decisions = t.DECISIONS.frame([replace(ACCEPTED, state=state, note=note)])
    assert said in only_fault(run.save(decisions=decisions, flags=t.FLAGS.frame()))


def test_score_that_a_reviewer_set_needs_no_interval(run):
    scores = run.tables["scores"].copy()
    scores.loc[0, ["low", "high"]] = NAN
    scores.loc[0, "basis"] = "set by Ann in 2026Q3: it is so"
    decisions = t.DECISIONS.frame([replace(ACCEPTED, action="score", state="applied")])
    tables = run.tables | {"scores": scores}
    assert any("no interval" in f for prove in PROOFS for f in prove(tables).failures)
    tables |= {"decisions": decisions}
    assert not any("no interval" in f for prove in PROOFS for f in prove(tables).failures)


def test_decision_that_was_taken_out_of_the_log_is_found(run):
    (run.corpus / "decisions.jsonl").write_bytes(b"\n".join([*LOG[1:], b""]))
    said = only_fault(run.save())
    assert said == f"decision {ACCEPTED.decision_id} (accept by Ann) is gone"


def test_words_of_staff_are_found(run):
    turns = run.tables["turns"].assign(speaker="agent")
    verified = verify_run(run.save(turns=turns))
    assert any("was said by agent" in fault for fault in verified.faults)
    assert any(fault.startswith("cause m2 of m3: turn") for fault in verified.faults)


def test_lost_and_repeated_documents_are_found(run):
    documents = run.tables["documents"]
    first = run.tables["mentions"]["document_id"].iloc[0]
    faults = verify_run(run.save(documents=documents[documents["document_id"] != first])).faults
    assert f"mention m1: there is no document {first}" in faults
    twice = documents.assign(duplicate_of=documents["document_id"].where(lambda d: d == first, ""))
    faults = verify_run(run.save(documents=twice)).faults
    assert f"mention m1: document {first} repeats {first}" in faults


def test_influence_counts_who_stated_it(run):
    fault = only_fault(run.change("edges", "n_customers", 2, row=1))
    assert fault == "edge e2 (influences, stated): n_customers is 2, counted 1"


def test_frequency_must_count_the_customers_of_the_touchpoint(run):
    row = run.tables["scores"].query("dimension == 'frequency'").index[0]
    assert only_fault(run.change("scores", "n_customers", 3, row=row)).endswith("3, counted 2")


def test_unknown_touchpoints_are_found(run):
    touchpoints = run.tables["touchpoints"].query("touchpoint_id == 'golive'")
    faults = verify_run(run.save(touchpoints=touchpoints)).faults
    assert "mention m1: there is no touchpoint 'import'" in faults
    assert "edge e1: import to golive does not join two touchpoints" in faults
    assert "score emotion of touchpoint import: there is no such touchpoint" in faults


def test_pain_point_of_another_touchpoint_is_found(run):
    faults = verify_run(run.change("pain_points", "touchpoint_id", "golive")).faults
    wanted = "mention {}: pain point slow is not one of touchpoint import"
    assert faults == [wanted.format("m1"), wanted.format("m4")]


def test_only_five_examples_are_shown_and_the_rest_counted(run):
    mentions = run.tables["mentions"].assign(start=1)
    verified = verify_run(run.save(mentions=mentions))
    assert verified.checked[1] == ("quotes of mentions stand at their span of the turn", 6, 6)
    assert verified.faults[5].startswith("... and 1 more of 6: not so that quotes of mentions")


def test_fewer_hypotheses_that_the_run_told_of_are_a_note(run):
    short = run.tables["hypotheses"].query("position < 4")
    proofs = run.tables["hypothesis_evidence"].query("hypothesis_id < 'h4'")
    told = t.Reject("import", "hypothesize", "fewer_than_five", "3 of 5 proposals hold")
    tables = {"hypotheses": short, "hypothesis_evidence": proofs}
    assert "[1, 2, 3], not 1 to 5" in only_fault(run.save(**tables))
    verified = verify_run(run.save(**tables, rejects=t.REJECTS.frame([told])))
    assert verified.faults == []
    assert verified.notes == [
        "touchpoint import has fewer than five hypotheses: 3 of 5 proposals hold"
    ]


def test_missing_corpus_is_a_note(run):
    (run.corpus).rename(run.corpus.with_name("moved"))
    verified = verify_run(run.save())
    assert verified.faults == []
    assert "there is no corpus folder at" in verified.notes[0]


def test_settings_of_another_version_are_a_note(run):
    other = run._replace(manifest=run.manifest.model_copy(update={"settings": {"old": 1}}))
    verified = verify_run(other.save())
    assert verified.faults == []
    assert "another version" in verified.notes[0]


def test_words_changed_in_the_source_are_a_fault_and_the_file_a_note(run):
    changed = TICKETS.replace("Go-live was moved by a week.", "Go-live was on the day.")
    (run.corpus / "tickets.csv").write_text(changed, "utf-8")
    folder = run.save()
    said = only_fault(folder)
    assert said == "mention m5: 'Go-live was moved' stands no more in tickets.csv id 4"
    assert verify_run(folder).notes == ["1 file changed since the run: tickets.csv"]


def test_words_that_moved_within_their_file_still_stand(run):
    renamed = TICKETS.replace("\n4,", "\n44,") + "6,C3,2026-08-01,One more ticket.\n"
    (run.corpus / "tickets.csv").write_text(renamed, "utf-8")
    verified = verify_run(run.save())
    assert verified.faults == []
    assert verified.notes == ["1 file changed since the run: tickets.csv"]


def test_files_gone_and_added_are_notes(run):
    before = run.manifest.inputs
    inputs = {"touchpoints.csv": "ab" * 32, "tickets.csv": before["tickets.csv"]}
    other = run._replace(manifest=run.manifest.model_copy(update={"inputs": inputs}))
    assert verify_run(other.save()).notes == ["1 file gone since the run: touchpoints.csv"]
    (run.corpus / "touchpoints.csv").write_text("name\n", "utf-8")
    assert verify_run(other.save()).notes == ["1 file changed since the run: touchpoints.csv"]
    other = run._replace(manifest=run.manifest.model_copy(update={"inputs": {}}))
    (note,) = verify_run(other.save()).notes
    assert note == "1 file new since the run, so not part of it: tickets.csv"


def test_sources_that_cannot_be_read_again_are_a_fault(run):
    (run.corpus / "tickets.csv").unlink()
    assert only_fault(run.save()).startswith("the source files cannot be read again: no file")


def test_folder_without_a_run_is_told(tmp_path):
    with pytest.raises(ConfigError, match="no finished run"):
        verify_run(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"corpus": 1}', "\udcff"])
def test_damaged_manifest_is_told(run, text):
    folder = run.save()
    (folder / "manifest.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(ConfigError, match=r"manifest.json: damaged .*run the period again"):
        verify_run(folder)


@pytest.mark.parametrize("keep", [0, 3, 200, -40])
def test_damaged_table_is_told(run, keep):
    path = run.save() / "tables" / "mentions.parquet"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(ContractError, match=r"mentions.parquet: damaged"):
        verify_run(run.folder)


def test_table_of_the_wrong_type_is_told(run):
    path = run.save() / "tables" / "moments.parquet"
    run.tables["moments"].assign(n_customers="two").to_parquet(path, index=False)
    with pytest.raises(ContractError, match=r"moments.parquet: damaged"):
        verify_run(run.folder)


def test_missing_table_is_told(run):
    (run.save() / "tables" / "scores.parquet").unlink()
    with pytest.raises(ContractError, match=r"misses scores.parquet: run the period again"):
        verify_run(run.folder)


def test_repeated_key_is_told(run):
    path = run.save() / "tables" / "moments.parquet"
    moments = run.tables["moments"]
    pd.concat([moments, moments]).to_parquet(path, index=False)
    with pytest.raises(ContractError, match="key repeats"):
        verify_run(run.folder)


def test_run_that_found_nothing_holds(run):
    tables = {name: t.ALL[name].frame() for name in NEEDED}
    empty = run._replace(tables=tables)
    assert verify_run(empty.save()).faults == []
