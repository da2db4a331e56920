"""Tables: .csv, .tsv and .xlsx."""

import math
from datetime import datetime
from io import BytesIO

import pytest
from openpyxl import Workbook

from pipeline.errors import ConfigError, InputError

NPS = {"customer": "who", "date": "day", "text": "why", "score": "mark"}


def _book(*sheets):
    book = Workbook()
    book.remove(book.active)
    for title, rows in sheets:
        page = book.create_sheet(title)
        for row in rows:
            page.append(row)
    data = BytesIO()
    book.save(data)
    return data.getvalue()


def test_rows_become_documents_with_attributes(put, read_all, source):
    put("a.csv", '\ufeffwho,day,why,mark,plan\nC1,2026-07-01,"Two\nlines, ok",9,Team\n\n,,,,\n')
    got = read_all(source("a.csv", "survey", NPS, score_kind="nps", channel="e-mail"))
    (document,) = got.documents
    assert (document.customer_id, document.occurred_at, document.score) == ("C1", "2026-07-01", 9)
    assert (document.score_kind, document.channel, document.locator) == ("nps", "e-mail", "row 2")
    assert got.said == [("customer", "", "Two\nlines, ok")]
    assert got.attributes == {("plan", "Team")}
    assert got.rejects == []


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "text;n\nGood it was,;1\n"),
        ("a.tsv", 'text\tn\n"Good it was,"\t1\n'),
        ("a.csv", "text|n\rGood it was,|1\r"),
        ("A.CSV", "text,n\r\n\"Good it was,\",1\r\n"),
    ],
)  # fmt: skip
def test_delimiters_and_line_ends_are_found(put, read_all, name, content):
    put(name, content)
    got = read_all((name, "review"))
    assert (got.texts, got.attributes) == (["Good it was,"], {("n", "1")})


def test_rows_of_a_conversation_are_one_document_wherever_they_stand(put, read_all):
    put(
        "a.csv",
        "conv,turn,who,text,tag,customer\n1,10,Agent,Bye,x,\n2,1,,Alone,,\n1,2,Ann,Hello,y,C1\n"
        "1,3,Ann,,,\n",
    )
    columns = {"conversation": "conv", "turn": "turn", "speaker": "who", "text": "text"}
    got = read_all(("a.csv", "chat", columns))
    assert [d.locator for d in got.documents] == ["conversation 1", "conversation 2"]
    assert got.documents[0].customer_id == "C1"
    assert [(s, t) for s, _, t in got.said] == [
        ("customer", "Hello"), ("agent", "Bye"), ("unknown", "Alone")
    ]  # fmt: skip
    assert ("tag", "y | x") in got.attributes
    assert got.reasons == ["no_text"]


def test_conversation_without_speakers_is_by_the_author_of_the_source(put, read_all):
    put("a.csv", "conv,text\n1,Hello\n1,?\n")
    got = read_all(("a.csv", "chat", {"conversation": "conv", "text": "text"}))
    assert got.said == [("customer", "", "Hello"), ("customer", "", "?")]


def test_broken_rows_are_rejected_alone(put, read_all):
    put(
        "a.csv",
        'id,text\n1,good\n2,too,many\n3,"never closed\n4,fine\n5,"bad "mark" here"\n6,last\n',
    )
    got = read_all(("a.csv", "review", {"id": "id", "text": "text"}))
    assert sorted(got.texts) == ["fine", "good", "last"]
    assert got.reasons == ["broken_row"] * 3
    assert "line 3" in got.rejects[0].detail


def test_tail_of_a_broken_row_is_no_row(put, read_all):
    put("a.csv", 'text,n\n"two "x" \nlines, here",1\n"ok",2\n')
    got = read_all(("a.csv", "review"))
    assert (got.texts, got.reasons) == (["ok"], ["broken_row", "broken_row"])


def test_short_rows_are_filled_and_trailing_delimiters_allowed(put, read_all):
    put("a.csv", "text,n,m\none\ntwo,1,2,,\n")
    got = read_all(("a.csv", "review"))
    assert (sorted(got.texts), got.rejects) == (["one", "two"], [])


def test_missing_column_names_file_column_and_nearest(put, read_all):
    put("in/a.csv", "comment,score\nGood,1\n")
    with pytest.raises(ConfigError, match=r"in/a\.csv has no column 'coment'.*'comment'"):
        read_all(("in/*.csv", "survey", {"text": "coment"}))
    put("b.csv", "words,n\nGood,1\n")
    with pytest.raises(ConfigError, match=r"set columns\.text"):
        read_all(("b.csv", "survey"))


def test_scores_that_cannot_be_are_rejected_and_text_is_kept(put, read_all, source):
    put("a.csv", "why,mark\na1,11\nb2,ten\nc3,7\nd4,\n")
    got = read_all(source("a.csv", "survey", {"text": "why", "score": "mark"}, score_kind="nps"))
    assert len(got.texts) == 4
    assert got.reasons == ["bad_score", "bad_score"]
    assert [d.score for d in got.documents if not math.isnan(d.score)] == [7]
    assert {d.score_kind for d in got.documents} == {"", "nps"}
    wide = source("a.csv", "survey", {"text": "why", "score": "mark"}, score_kind="nps",
                  min_score=8, max_score=20)  # fmt: skip
    assert read_all(wide).reasons == ["bad_score", "bad_score"]


@pytest.mark.parametrize("text", ["", ".", "-", "N/A", "none", "None.", '" "', "?!", "👍"])
def test_no_text_keeps_the_score_alone(put, read_all, text):
    put("a.csv", f"why,mark\n{text},9\n{text},\nGood,8\n")
    got = read_all(("a.csv", "survey", {"text": "why", "score": "mark"}))
    assert sorted(d.score for d in got.documents) == [8, 9]
    assert got.texts == ["Good"]
    assert got.reasons[0] == "no_text"
    assert len(got.documents) == 2


def test_dates_that_are_broken_or_missing_are_rejected(put, read_all):
    put("a.csv", "why,day\nGood,soon\nFine,\nWell,04/03/2026\n")
    got = read_all(("a.csv", "survey", {"text": "why", "date": "day"}))
    assert [d.occurred_at for d in got.documents] == ["2026-03-04"]
    assert got.reasons == ["bad_date", "no_date"]
    assert "'soon'" in next(r.detail for r in got.rejects if r.reason == "bad_date")


def test_wrong_order_of_day_and_month_names_the_setting(put, read_all):
    put("a.csv", "why,day\nGood,03/25/2026\n")
    got = read_all(("a.csv", "survey", {"text": "why", "date": "day"}))
    assert "day_first = false it would be 2026-03-25" in got.rejects[0].detail


def test_repeated_ids_and_columns_stay_apart(put, read_all):
    put("a.csv", "id,text,text\n7,Good,x\n7,Bad,y\n")
    got = read_all(("a.csv", "review", {"id": "id", "text": "text"}))
    assert [d.locator for d in got.documents] == ["id 7", "id 7 (again 1)"]
    assert {name for name, _ in got.attributes} == {"text (2)"}


def test_workbook_cells_are_read_as_values(put, read_all):
    # A cell has no zone.
    day, moment = datetime(2026, 7, 3), datetime(2026, 7, 3, 10, 15)  # noqa: DTZ001
    rows = [
        ["who", "day", "why", "mark", "flag"],
        [1001, day, "Good", 9, True],
        [1002.0, moment, "Bad", 2.5, None],
        [None, None, None, None, None],
        [" ", None, None, None, None],
    ]
    put("a.xlsx", _book(("Data", rows), ("Empty", [])))
    got = read_all(("a.xlsx", "survey", NPS))
    assert [(d.customer_id, d.occurred_at, d.score) for d in got.documents] == [
        ("1001", "2026-07-03", 9), ("1002", "2026-07-03T10:15:00Z", 2.5)
    ]  # fmt: skip
    assert got.attributes == {("flag", "true")}


def test_sheets_with_the_mapped_columns_are_all_read(put, read_all):
    put(
        "a.xlsx", _book(("A", [["why"], ["one"]]), ("B", [["x"], ["1"]]), ("C", [["why"], ["two"]]))
    )
    got = read_all(("a.xlsx", "survey", {"text": "why"}))
    assert sorted(got.texts) == ["one", "two"]
    assert {d.locator for d in got.documents} == {"row 2", "C row 2"}
    with pytest.raises(ConfigError, match=r"no column 'wy'.*'why'"):
        read_all(("a.xlsx", "survey", {"text": "wy"}))


def test_cell_right_of_the_header_is_a_broken_row(put, read_all):
    put("a.xlsx", _book(("A", [["text"], ["one"], ["two", "lost"]])))
    assert read_all(("a.xlsx", "review")).reasons == ["broken_row"]


@pytest.mark.parametrize("content", [b"PK\x03\x04 not a zip", b"hello"])
def test_file_that_is_no_workbook_is_an_input_error(put, read_all, content):
    put("a.xlsx", content)
    with pytest.raises(InputError, match=r"a\.xlsx: not readable as an Excel workbook"):
        read_all(("a.xlsx", "survey"))


def test_header_alone_counts_as_empty_and_broken_header_is_an_error(put, read_all):
    put("a.csv", "text,n\n")
    put("b.xlsx", _book(("A", [])))
    assert read_all(("a.csv", "survey"), ("b.xlsx", "survey")).reasons == ["empty_file"] * 2
    put("c.csv", '"text,n\nGood,1\n')
    with pytest.raises(InputError, match=r"c\.csv: line 1: the header is broken"):
        read_all(("c.csv", "survey"))


def test_turn_of_a_million_characters_is_read(put, read_all):
    words = "word " * 250_000
    put("a.csv", f"text,n\n{words},1\n")
    put("b.txt", f"Agent: {words}\nAnn: {words}")
    got = read_all(("a.csv", "review"), ("b.txt", "call"))
    assert {len(t) for t in got.texts} == {len(words) - 1}
