"""Decisions last: a run with a log, a page that replays it, and a later run all say the same."""

import csv
import json
import shutil
from dataclasses import replace

import pandas as pd
import pytest

from pipeline.check import check_corpus
from pipeline.decisions.actions import ACTIONS
from pipeline.decisions.log import Draft, Log
from pipeline.errors import InputError
from pipeline.replay import context_of, replay
from pipeline.run import Options, run_corpus
from pipeline.store import read_run
from pipeline.tables import DECISIONS
from pipeline.terminal import decisions_in_words
from pipeline.verify import verify_run

SETTINGS = """
[corpus]
name = "Acme"
[resolve]
min_customers = 2
[[sources]]
kind = "survey"
path = "survey.csv"
columns = { customer = "who", date = "day", text = "said" }
"""
CATALOGUE = """name,definition,owner,backup
Parcel delivery,"How a parcel is brought to the door, and how late",Ola,Bo
Invoice,"The bill, what it shows and how it is paid",,
Support chat,"The chat in which staff answer questions",,
"""
SAID = (
    "The parcel delivery was three days late and nobody told me.",
    "My parcel delivery came late again, the driver left it in the rain.",
    "Parcel delivery was quick and the driver was friendly.",
    "The invoice showed the wrong amount and I had to call twice.",
    "Your invoice was wrong again, I paid too much.",
    "I could not read the invoice on my phone.",
    "The support chat answered at once and solved it.",
    "The support chat kept me waiting for an hour.",
    "Nobody in the support chat knew what to do.",
)
TELLS_OF_THE_RUN = (
    "manifest.json", "seal.json", "tables/decisions.parquet", "export/decisions.csv"
)  # fmt: skip
EXACT = ("mentions", "touchpoints", "aliases", "pain_points", "edges", "moments", "scores", "gaps",
         "failures", "changes", "priorities", "rejects", "decisions", "flags")  # fmt: skip


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """A corpus, run for two quarters with no decision."""
    home = tmp_path_factory.mktemp("plain")
    corpus = home / "acme"
    corpus.mkdir()
    (corpus / "corpus.toml").write_text(SETTINGS, "utf-8")
    (corpus / "touchpoints.csv").write_text(CATALOGUE, "utf-8")
    with (corpus / "survey.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["who", "day", "said"])
        for month in (4, 5, 7, 8, 9):
            for n, text in enumerate(SAID):
                rows.writerow([f"C{n}{month % 2}", f"2026-0{month}-1{n}", text])
    for period in ("2026Q2", "2026Q3"):
        run_corpus(corpus, Options(period, outputs=home / "outputs"))
    return home


@pytest.fixture
def home(plain, tmp_path):
    shutil.copytree(plain, tmp_path / "home")
    return tmp_path / "home"


@pytest.fixture
def log(home):
    return Log(home / "acme")


def run(home, period="2026Q3"):
    finished = run_corpus(home / "acme", Options(period, outputs=home / "outputs"))
    return finished.folder, finished.tables


def base(home, period="2026Q3"):
    return read_run(home / "outputs" / "acme" / period)


def draft(action, target, reason="it is so", before=None, **argument):
    told = ACTIONS[action].argument(**argument)
    return Draft("Ann", action, target, told, before or {}, reason, "2026Q3")


def ids(tables):
    return {name: key for key, name in tables["touchpoints"][["touchpoint_id", "name"]].to_numpy()}


def decided(home, log):
    """Five decisions about the third quarter; the ids of its touchpoints."""
    tables, _ = base(home)
    known = ids(tables)
    quote = tables["mentions"].query("touchpoint_id == @known['Invoice']").iloc[0]
    place = {"turn_id": quote["turn_id"], "start": int(quote["start"]), "end": int(quote["end"])}
    log.append(
        [
            draft("rename", known["Invoice"], name="Bill", before={"name": "Invoice"}),
            draft("merge", known["Support chat"], into=known["Parcel delivery"]),
            draft("score", known["Invoice"], dimension="impact", value=0.9),
            draft("discard", quote["mention_id"], **place),
            draft("rename", "gone", name="Fax machine", before={"name": "Fax"}),
        ],
        None,
    )
    return known


def assert_same(one, other, names=EXACT):
    for name in names:
        pd.testing.assert_frame_equal(one[name], other[name], obj=name)


def test_page_and_run_say_the_same(home, log):
    tables, manifest = base(home)
    decided(home, log)
    context = context_of(
        home / "outputs/acme/2026Q3", manifest, tables, DECISIONS.frame(log.read())
    )
    page = replay(tables, context)
    _, again = run(home)
    assert_same(page, again)
    assert_same(page, replay(tables, context))
    assert_same(page, replay(again, context))


def test_run_holds_with_decisions_and_says_what_they_did(home, log):
    known = decided(home, log)
    folder, tables = run(home)
    verified = verify_run(folder)
    assert verified.faults == []
    names = ids(tables)
    assert {"Bill", "Parcel delivery"} <= set(names)
    assert "Support chat" not in names
    assert names["Bill"] == known["Invoice"]
    lines = list(decisions_in_words(tables["decisions"]))
    assert lines[0] == "decisions of reviewers: 4 applied, 1 waiting"
    assert "no touchpoint 'Fax' in this period" in lines[1]
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    assert "decisions.jsonl" in manifest["inputs"]


def test_what_was_read_is_not_read_again_after_a_decision(home, log):
    run(home)
    decided(home, log)
    finished = run_corpus(home / "acme", Options("2026Q3", outputs=home / "outputs"))
    reused = {step.step: step.reused for step in finished.manifest.steps}
    assert all(reused[name] for name in ("segment", "extract", "resolve"))
    assert not reused["decide"]


def test_period_before_is_told_under_the_names_of_today(home, log):
    known = decided(home, log)
    changes = run(home)[1]["changes"]
    merged = changes[changes["touchpoint_id"] == known["Parcel delivery"]].set_index("dimension")
    assert set(merged["verdict"]) <= {"steady", "rising", "falling", "resolved"}
    before = base(home, "2026Q2")[0]
    both = before["mentions"]["touchpoint_id"].isin(
        [known["Parcel delivery"], known["Support chat"]]
    )
    n = before["mentions"].loc[both, "customer_id"].nunique()
    share = n / before["documents"]["customer_id"].nunique()
    assert merged.loc["frequency", "before"] == pytest.approx(share)
    assert not (changes["touchpoint_id"] == known["Support chat"]).any()


def written(folder):
    """The bytes of what a run wrote, but what tells of decisions, even of those undone, or of when
    and how long it ran; the index is Chroma's own."""
    return {
        name: path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and (name := path.relative_to(folder).as_posix()) not in TELLS_OF_THE_RUN
        and not name.startswith("index/")
    }  # fmt: skip


def test_undo_of_all_gives_back_the_original_bytes(home, log):
    folder = home / "outputs/acme/2026Q3"
    first = written(folder)
    decided(home, log)
    run(home)
    names = {name for name, content in written(folder).items() if content != first.get(name)}
    assert {"tables/mentions.parquet", "tables/scores.parquet", "report.html"} <= names
    for row in log.read():
        log.append([draft("undo", row.decision_id)], None)
    _, tables = run(home)
    assert set(tables["decisions"]["state"]) == {"undone", "applied"}
    again = written(folder)
    assert again.keys() == first.keys()
    assert {name for name, content in again.items() if content != first[name]} == set()


def test_what_is_unlinked_from_the_period_before_is_new(home, log):
    known = ids(base(home)[0])
    log.append([draft("unlink", known["Invoice"], before={"name": "Invoice"})], None)
    changes = run(home)[1]["changes"]
    own = changes[changes["touchpoint_id"] == known["Invoice"]]
    assert set(own["verdict"]) <= {"new"}
    rest = changes[changes["touchpoint_id"] != known["Invoice"]]
    assert "new" not in set(rest["verdict"])


def test_check_tells_of_the_log_and_of_a_bad_line(home, log):
    assert check_corpus(home / "acme", "2026Q3").decisions == ""
    decided(home, log)
    said = check_corpus(home / "acme", "2026Q3")
    assert said.decisions == "decisions.jsonl: 5 decisions by Ann"
    assert said.decisions in said.lines()
    with log.path.open("a", encoding="utf-8") as file:
        file.write('{"half": 1}\n')
    with pytest.raises(InputError, match="line 6"):
        check_corpus(home / "acme", "2026Q3")


def test_engine_is_not_asked_where_no_decision_needs_vectors(home, log):
    tables, manifest = base(home)
    context = context_of(home / "outputs/acme/2026Q3", manifest, tables, DECISIONS.frame())

    class Silent:
        def embed(self, texts):
            raise AssertionError(texts)

    known = ids(tables)
    log.append([draft("rename", known["Invoice"], name="Bill")], None)
    silent = replace(context, engine=Silent(), decisions=DECISIONS.frame(log.read()))
    assert "Bill" in ids(replay(tables, silent))
