"""Evidence search over a small run."""

import pytest

from pipeline.ask import Filters, ask, ask_run, chunk_entries, touchpoint_entries
from pipeline.config import Chunk, Segment
from pipeline.engines.indexing import index
from pipeline.errors import ConfigError
from pipeline.manifest import Manifest
from pipeline.stages.chunk import chunk
from pipeline.stages.segment import segment
from pipeline.store import INDEX, write_manifest, write_tables
from pipeline.tables import ALL, DOCUMENTS, MENTIONS, TOUCHPOINTS, TURNS, Turn
from tests.unit.stages import journeys as j

SAID = {
    "d1": ("call", "c1", "2026-07-03T10:00:00Z", "The invoice was wrong again. Thank you."),
    "d2": ("survey", "c2", "2026-08-10T10:00:00Z", "Our bill had a mistake in it."),
    "d3": ("survey", "c3", "", "The training was a joy."),
    "d4": ("call", "c4", "2026-09-01T10:00:00Z", "The invoice was wrong again."),
}


@pytest.fixture(scope="module")
def tables():
    documents = DOCUMENTS.frame(
        j.document(d, c, kind=kind, occurred_at=at, segment="small" if c == "c1" else "large")
        for d, (kind, c, at, _) in SAID.items()
    )
    turns = [Turn(f"{d}-0", d, 0, "customer", "", "", text) for d, (*_, text) in SAID.items()]
    turns.append(Turn("d1-1", "d1", 1, "agent", "", "", "I shall have your invoice corrected."))
    turns.append(Turn("d5-0", "d5", 0, "agent", "", "", "Page views of the invoice fell."))
    turns.append(Turn("d1-2", "d1", 2, "customer", "", "", "Me."))
    spoken = TURNS.frame(turns)
    documents = DOCUMENTS.frame([*DOCUMENTS.rows(documents), j.document("d5", "c5", kind="note")])
    quote = "The invoice was wrong again."
    mention = j.mention("m1", "c1", "invoice", document_id="d1", turn_id="d1-0", quote=quote)
    touchpoints = TOUCHPOINTS.frame(
        [j.touchpoint("invoice", definition="The bill and how it is paid."),
         j.touchpoint("training", definition="The course for new admins.")]
    )  # fmt: skip
    chunks = chunk(spoken, Chunk())
    return {name: table.frame() for name, table in ALL.items()} | {
        "documents": documents,
        "turns": spoken,
        "sentences": segment(documents, spoken, Segment()).sentences,
        "chunks": chunks.chunks,
        "chunk_spans": chunks.chunk_spans,
        "mentions": MENTIONS.frame([mention]),
        "touchpoints": touchpoints,
    }


def _entries(tables, engine):
    return {
        "chunks": chunk_entries(tables, engine),
        "touchpoints": touchpoint_entries(tables, engine),
    }


@pytest.fixture(scope="module")
def search(tables, engine, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    index(folder / INDEX, _entries(tables, engine))

    def run(question, n=8, **filters):
        return ask(folder, tables, engine, question, Filters(**filters), n)

    run.folder = folder
    return run


def test_nearest_quotes_come_first_each_text_once(search):
    hits = search("wrong invoice")
    assert [hit.quote for hit in hits][:2] == [
        "The invoice was wrong again.", "Our bill had a mistake in it."
    ]  # fmt: skip
    assert len({hit.quote for hit in hits}) == len(hits)
    assert [hit.similarity for hit in hits] == sorted(
        (hit.similarity for hit in hits), reverse=True
    )


def test_hit_says_who_where_and_what_it_is_evidence_for(search):
    hit = search("wrong invoice", customer="c1")[0]
    assert (hit.customer_id, hit.kind, hit.path, hit.locator) == (
        "c1", "call", "calls.csv", "row 1"
    )  # fmt: skip
    assert hit.touchpoint == "Invoice"
    assert search("training")[0].touchpoint == ""


def test_a_bare_yes_or_me_answers_no_question(search):
    assert "Me." not in {hit.quote for hit in search("who waits?", n=99)}


def test_only_customers_are_quoted(search):
    quotes = {hit.quote for hit in search("invoice corrected, page views", n=99)}
    assert quotes <= {
        "The invoice was wrong again.", "Thank you.", "Our bill had a mistake in it.",
        "The training was a joy.",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("filters", "customers"),
    [
        ({"kind": "survey"}, {"c2", "c3"}),
        ({"segment": "small"}, {"c1"}),
        ({"kind": "survey", "customer": "c3"}, {"c3"}),
        ({"since": "2026-08-01"}, {"c2", "c4"}),
        ({"since": "2026-07-01", "until": "2026-08-31"}, {"c1", "c2"}),
        ({"kind": "fax"}, set()),
    ],
)
def test_filters_leave_out_the_rest(search, filters, customers):
    assert {hit.customer_id for hit in search("invoice", n=99, **filters)} == customers


def test_no_more_quotes_than_asked_for(search):
    assert len(search("invoice", n=1)) == 1


@pytest.fixture(scope="module")
def finished(search, tables):
    """The folder of a whole run."""
    manifest = Manifest(
        corpus="Kestrel", corpus_folder="", business="", currency="GBP", period="2026Q3",
        start="2026-07-01", end="2026-09-30", previous="", engine="", versions={}, settings={},
        inputs={}, prompts={}, steps=(),
    )  # fmt: skip
    write_tables(search.folder / "tables", tables)
    write_manifest(search.folder, manifest)
    return search.folder


def test_question_to_a_finished_run_also_names_the_nearest_touchpoints(finished):
    found = ask_run(finished, "they sent me the wrong bill", Filters(), 2)
    assert (found.question, found.period) == ("they sent me the wrong bill", "2026Q3")
    assert len(found.hits) == 2
    assert found.touchpoints[0] == "Invoice"


def test_empty_question_is_refused(finished):
    with pytest.raises(ConfigError, match="question is empty"):
        ask_run(finished, " ", Filters(), 2)


def test_folder_without_a_run_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="no finished run"):
        ask_run(tmp_path, "anything", Filters(), 2)


def test_empty_run_has_nothing_to_find(tmp_path, engine):
    empty = {name: table.frame() for name, table in ALL.items()}
    index(tmp_path / INDEX, _entries(empty, engine))
    assert ask(tmp_path, empty, engine, "anything", Filters(), 5) == []


def test_month_is_a_bound_as_a_day_is(search):
    hits = search("invoice", n=99, since="2026-08", until="2026-09")
    assert {hit.customer_id for hit in hits} == {"c2", "c4"}


@pytest.mark.parametrize("bound", ["since", "until"])
def test_bound_that_is_no_day_is_refused(search, bound):
    with pytest.raises(ConfigError, match="yesterday"):
        search("invoice", **{bound: "yesterday"})


def test_question_that_nothing_fits_is_told_and_the_nearest_still_listed(finished):
    found = ask_run(finished, "Which dinosaurs could fly?", Filters(), 3)
    assert len(found.hits) == 3
    assert "nothing fits this question" in found.note


@pytest.mark.parametrize("question", ["wrong invoice", "how was the training?", "a faulty bill"])
def test_question_that_something_fits_has_no_note(finished, question):
    assert ask_run(finished, question, Filters(), 3).note == ""


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        ({"kind": "surveys"}, r"--kind 'surveys' is not in this run; did you mean 'survey'\?"),
        ({"kind": "fax"}, "known: call, note, survey"),
        ({"customer": "c9"}, "--customer 'c9' is not in this run; did you mean 'c"),
        ({"segment": "smal"}, r"did you mean 'small'\?"),
        ({"since": "2026-09", "until": "2026-08-31"}, "2026-09 is after --until 2026-08-31"),
    ],
)
def test_filter_that_nothing_can_meet_is_refused(finished, filters, message):
    with pytest.raises(ConfigError, match=message):
        ask_run(finished, "invoice", Filters(**filters), 2)


def test_one_month_is_a_span_of_its_own(finished):
    found = ask_run(finished, "invoice", Filters(since="2026-08", until="2026-08"), 9)
    assert {hit.customer_id for hit in found.hits} == {"c2"}
