"""Reading a whole corpus: files, periods, customers, languages, duplicates."""

import hashlib
import math
import subprocess
import sys

import pytest

from pipeline.config import Columns, Corpus, Customers, Settings
from pipeline.errors import ConfigError, InputError
from pipeline.periods import Period
from pipeline.sources.find import Found, load
from pipeline.sources.read import read
from pipeline.tables import ATTRIBUTES, DOCUMENTS, REJECTS, TURNS

Q3 = Period(name="2026Q3", start="2026-07-01", end="2026-09-30")
LONG = (
    "We waited at the front desk for almost an hour while two people behind the counter talked "
    "about their holidays and looked away whenever we tried to ask them for help with our room"
)


def test_missing_things_are_config_errors(tmp_path, put, read_all, source):
    put("calls/a.txt", "x")
    with pytest.raises(ConfigError, match=r"'call/\*\.txt'; in .*did you mean 'calls'"):
        read_all(("call/*.txt", "call"))
    with pytest.raises(ConfigError, match=r"'calls/b\.txt'; in .*calls.*'a\.txt'"):
        read_all(("calls/b.txt", "call"))
    with pytest.raises(ConfigError, match=r"no \[\[sources\]\]"):
        read_all()
    with pytest.raises(ConfigError, match="variable TOUCHPOINTS_NOWHERE is not set"):
        read_all(("$TOUCHPOINTS_NOWHERE/*.csv", "call"))
    put("docs/a.pdf", "x")
    with pytest.raises(ConfigError, match=r"only files like docs/a\.pdf"):
        read_all(("docs/*", "call"))
    put("gone/.hidden", "x")
    with pytest.raises(ConfigError, match="is empty"):
        read_all(("gone/*", "call"))


def test_missing_corpus_folder_is_a_config_error(tmp_path, source):
    tree = Settings(corpus=Corpus(name="x"), sources=(source("a.csv"),))
    with pytest.raises(ConfigError, match="no corpus folder at"):
        read(tmp_path / "none", tree, None)


def test_file_that_cannot_be_opened_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match=r"in/a\.csv: cannot be opened"):
        load(Found("in/a.csv", tmp_path))


def test_one_star_in_home_folder_is_expanded(put, read_all, tmp_path, monkeypatch):
    put("home/a.csv", "text\nGood\n")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert read_all(("~/*.csv", "review")).documents[0].path == "~/a.csv"


def test_file_outside_the_folder_keeps_its_full_path(put, read_all, tmp_path_factory):
    path = tmp_path_factory.mktemp("other") / "a.csv"
    path.write_text("text\nGood\n", encoding="utf-8")
    assert read_all((str(path), "review")).documents[0].path == path.as_posix()


def test_value_that_is_no_number_is_rejected_alone(put, read_all):
    put("a.csv", "text,worth\nGood,lots\nBad,5\n")
    got = read_all(("a.csv", "review", {"value": "worth"}))
    assert (len(got.documents), got.reasons) == (2, ["bad_value"])


def test_empty_and_unknown_files_are_counted(put, read_all):
    put("in/a.txt", "")
    put("in/b.txt", b"\xef\xbb\xbf \n")
    put("in/c.pdf", "x")
    put("in/.DS_Store", "x")
    put("in/d.txt", "Agent: Hi.\nAnn: No.")
    got = read_all(("in", "call"))
    assert got.reasons == ["empty_file", "empty_file", "unknown_file"]
    assert len(got.documents) == 1
    assert set(got.inputs) == {"in/a.txt", "in/b.txt", "in/c.pdf", "in/d.txt"}
    assert got.inputs["in/a.txt"] == hashlib.sha256(b"").hexdigest()


def test_documents_outside_the_period_are_rejected_for_that(put, read_all):
    put("a.csv", "why,day,mark\nold,2026-06-30,x\nin,2026-07-01T00:00:00Z,1\nend,2026-09-30,2\n")
    columns = {"text": "why", "date": "day", "score": "mark"}
    got = read_all(("a.csv", "survey", columns), period=Q3)
    assert sorted(got.texts) == ["end", "in"]
    assert got.reasons == ["outside_period"]
    assert len(read_all(("a.csv", "survey", columns)).texts) == 3


def test_undated_sources_belong_to_every_period(put, read_all):
    put("a.csv", "why\nGood\n")
    assert read_all(("a.csv", "survey", {"text": "why"}), period=Q3).texts == ["Good"]


def test_ids_do_not_depend_on_other_files_or_the_folder(put, read_all):
    put("b.csv", "text\nGood\n")
    alone = read_all(("*.csv", "review")).documents
    put("a.csv", "text\nOther\n")
    both = read_all(("*.csv", "review")).documents
    assert alone[0].document_id == both[1].document_id


def test_row_order_does_not_matter_when_rows_have_ids(put, read_all):
    put("a.csv", "id,text\n1,Good\n2,Bad\n")
    first = read_all(("a.csv", "review", {"id": "id"}))
    put("a.csv", "id,text\n2,Bad\n1,Good\n")
    second = read_all(("a.csv", "review", {"id": "id"}))
    assert first.found.documents.equals(second.found.documents)
    assert first.found.turns.equals(second.found.turns)


def test_data_folder_variable_gives_the_same_paths_everywhere(put, read_all, tmp_path, monkeypatch):
    put("data/set/a.csv", "text\nGood\n")
    monkeypatch.setenv("TOUCHPOINTS_DATA", str(tmp_path / "data"))
    got = read_all(("$TOUCHPOINTS_DATA/set/*.csv", "review"))
    assert got.documents[0].path == "$TOUCHPOINTS_DATA/set/a.csv"
    absolute = read_all((str(tmp_path / "data/**/*.csv"), "review"))
    assert absolute.documents[0].path == "data/set/a.csv"


def test_one_file_may_be_read_for_two_columns_but_not_twice(put, read_all):
    put("a.csv", "why,what\nGood,Fast\n")
    got = read_all(("a.csv", "survey", {"text": "why"}), ("a.csv", "survey", {"text": "what"}))
    assert sorted(got.texts) == ["Fast", "Good"]
    assert [d.locator for d in got.documents] == ["row 2", "row 2 column what"]
    with pytest.raises(ConfigError, match=r"a\.csv is read twice"):
        read_all(("a.csv", "survey", {"text": "why"}), ("*.csv", "survey", {"text": "why"}))


def test_customers_table_fills_what_documents_leave_open(put, read_all):
    put("a.csv", "who,why,seg\nC1,Good,big\nC2,Bad,\nC3,Odd,\nC9,New,\n")
    put(
        "customers.csv",
        "id,firm,seg,worth,end,day\nC1,A1,small,\"9,600\",left,2026-08-01\n"
        "C2,A2,mid,lots,left,2026-10-01\nC3,A3,,,left,sometime\nC3,A4,,,,\n,A5,,,,\n",
    )  # fmt: skip
    table = Customers(
        path="customers.csv",
        columns=Columns(customer="id", account="firm", segment="seg", value="worth", outcome="end"),
        outcome_date="day",
    )
    columns = {"customer": "who", "text": "why", "segment": "seg"}
    got = read_all(("a.csv", "survey", columns), period=Q3, customers=table)
    by_id = {d.customer_id: d for d in got.documents}
    assert (by_id["C1"].account_id, by_id["C1"].segment, by_id["C1"].value) == ("A1", "big", 9600)
    assert [by_id[c].outcome for c in ("C1", "C2", "C3", "C9")] == ["left", "", "", ""]
    assert by_id["C2"].segment == "mid"
    assert math.isnan(by_id["C2"].value)
    assert by_id["C3"].account_id == "A3"
    assert got.reasons == ["bad_date", "bad_value", "no_customer", "repeated_customer"]
    assert "customers.csv" in got.inputs
    later = read_all(("a.csv", "survey", columns), customers=table)
    assert {d.customer_id: d.outcome for d in later.documents}["C2"] == "left"


@pytest.mark.parametrize(
    ("columns", "outcome_date", "message"),
    [
        ({"customer": "idd"}, "", "no column 'idd' .*did you mean 'id'"),
        ({"customer": "id"}, "dya", "no column 'dya' .*did you mean 'day'"),
        ({}, "", r"set columns\.customer"),
    ],
)
def test_customers_table_must_have_its_columns(put, read_all, columns, outcome_date, message):
    put("a.csv", "why\nGood\n")
    put("c.csv", "id,day\nC1,2026-01-01\n")
    table = Customers(path="c.csv", columns=Columns(**columns), outcome_date=outcome_date)
    with pytest.raises(ConfigError, match=message):
        read_all(("a.csv", "survey", {"text": "why"}), customers=table)


def test_customers_path_names_one_file(put, read_all):
    put("a.csv", "text\nGood\n")
    put("b.csv", "text\nGood\n")
    with pytest.raises(ConfigError, match="must name one file, it matches 2"):
        read_all(("a.csv", "survey"), customers=Customers(path="*.csv"))


def test_language_is_that_of_the_customers_words(put, read_all):
    put(
        "a.csv",
        "id,text\n1,O sistema é muito bom e a equipe sempre responde rapidamente\n2,muito bom\n"
        "3,The room was clean and the staff were friendly all week\n",
    )
    got = read_all(("a.csv", "review", {"id": "id"}))
    assert [d.language for d in got.documents] == ["pt", "pt", "en"]


def test_short_answers_take_the_language_of_their_own_kind_of_source(put, read_all):
    put(
        "a.csv",
        "id,text\n1,O sistema é muito bom e rápido\n2,Não gostei do atendimento\n"
        "3,A entrega demorou demais\n4,ok\n",
    )
    put("b.csv", "id,text\n1,ok\n")
    got = read_all(("a.csv", "survey", {"id": "id"}), ("b.csv", "review", {"id": "id"}))
    assert sorted(d.language for d in got.documents) == ["", "pt", "pt", "pt", "pt"]


def test_repeated_answers_point_to_the_first(put, read_all):
    put(
        "a.csv",
        "id,who,day,text\n1,C1,2026-07-02,Too slow!\n2,C1,2026-07-01,too  SLOW!\n"
        "3,C2,2026-07-03,Too slow!\n",
    )
    columns = {"id": "id", "customer": "who", "date": "day"}
    got = read_all(("a.csv", "review", columns))
    first, second, other = got.documents
    assert first.duplicate_of == second.document_id
    assert second.duplicate_of == other.duplicate_of == ""
    assert len(got.turns) == 3


@pytest.mark.parametrize(
    ("change", "is_copy"),
    [
        (("", ""), True),
        (("holidays", "weekends"), True),
        (("two people", "9 people"), False),
        (("always", "x"), True),
        (("looked", "never looked"), False),
        (("holidays and looked away whenever", "work but smiled each time"), False),
    ],
)
def test_long_texts_are_copies_when_nearly_all_words_agree(put, read_all, change, is_copy):
    put("a.csv", f"id,text\n1,{LONG}\n2,{LONG.replace(*change)}\n")
    got = read_all(("a.csv", "review", {"id": "id"}))
    assert sum(bool(d.duplicate_of) for d in got.documents) == is_copy


def test_customer_who_sends_a_text_again_needs_fewer_words_in_common(put, read_all):
    again = f"Sending this once more. {LONG}"
    for writer, copies in (("C1", 1), ("C2", 0)):
        put("a.csv", f"id,who,text\n1,C1,{LONG}\n2,{writer},{again}\n")
        got = read_all(("a.csv", "review", {"id": "id", "customer": "who"}))
        assert sum(bool(d.duplicate_of) for d in got.documents) == copies


def test_many_alike_texts_are_compared_in_reasonable_time(put, read_all):
    rows = "\n".join(f"{LONG} number {n}" for n in range(1500))
    put("a.csv", f"text\n{rows}\n{LONG} number 7\n")
    got = read_all(("a.csv", "review"))
    assert sum(bool(d.duplicate_of) for d in got.documents) == 1


def test_progress_is_told_per_file(put, read_all):
    put("a.csv", "text\nGood\n")
    put("b.csv", "text\nBad\n")
    seen = []
    read_all(("*.csv", "review"), progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 2), (2, 2)]


def test_tables_are_in_declared_form_even_when_empty(put, read_all):
    put("a.txt", "")
    found = read_all(("a.txt", "call")).found
    for table, frame in zip(
        (DOCUMENTS, TURNS, ATTRIBUTES, REJECTS),
        (found.documents, found.turns, found.attributes, found.rejects),
        strict=True,
    ):
        assert table.check(frame).equals(frame)
    assert len(found.documents) == 0


def test_reading_twice_gives_the_same(put, read_all):
    put("a.csv", f"id,text\n1,{LONG}\n2,{LONG}\n")
    first, second = (read_all(("a.csv", "review")).found for _ in range(2))
    assert all(a.equals(b) for a, b in zip(first[:4], second[:4], strict=True))


def test_importing_the_reader_loads_no_model():
    heavy = "py3langid openpyxl webvtt pysubs2 charset_normalizer scipy"
    code = (
        "import sys, pipeline.sources.read; "
        f"print([m for m in {heavy.split()!r} if m in sys.modules])"
    )
    done = subprocess.run(  # noqa: S603 - the code stands above
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
