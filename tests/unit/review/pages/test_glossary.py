"""One name per thing, where it comes from, and where two things share one."""

import csv
import io

import pytest

from pipeline import tables as t
from pipeline.review.pages.glossary import clashes, entries, to_csv
from tests.unit.review.hostile import HOSTILE, MARKS
from tests.unit.review.quotes import decided, point, run
from tests.unit.review.rooms import view_of
from tests.unit.review.served import page

POINTS = [
    point("b", "Payroll export", origin="catalogue", definition="The file.", owner="Product"),
    point("a", "Letter"),
    point("c", "billing", origin="reviewer"),
]


def view(*decisions, aliases=(), points=POINTS):
    return run(points, {"a": ["the letter"]}, decisions, aliases=[t.Alias(*a) for a in aliases])


def by_name(found):
    return {entry.name: entry for entry in found}


def test_names_are_in_alphabetical_order_whatever_their_case():
    assert [e.name for e in entries(view())] == ["billing", "Letter", "Payroll export"]


def test_each_name_says_where_it_comes_from():
    found = by_name(entries(view()))
    assert found["Payroll export"].source == "the catalogue"
    assert found["Letter"].source == "the engine, from customers' words"
    assert [found[name].is_checked for name in ("Payroll export", "Letter")] == [True, False]


def test_a_reviewer_who_named_it_is_named():
    points = [point("a", "Price rise letter"), point("n", "New one", origin="reviewer")]
    renamed = decided("rename", "a", {"name": "Price rise letter"})
    split = decided("split", "a", {"touchpoint_id": "n", "quotes": ["x"], "name": "New one"}, n=2,
                    who="Bo")  # fmt: skip
    found = by_name(entries(view(renamed, split, points=points)))
    assert found["Price rise letter"].source == "Ann, 1 Oct 2026"
    assert found["Price rise letter"].is_checked
    assert found["New one"].source == "Bo, 1 Oct 2026"


def test_an_undone_rename_named_nothing():
    undone = [decided("rename", "a", {"name": "X"}), decided("undo", "d1", n=2)]
    assert not by_name(entries(view(*undone)))["Letter"].is_checked


def test_other_names_are_listed_once_and_never_the_name_itself():
    aliases = [("a", "the Letter"), ("a", "letter"), ("a", "price rise")]
    assert by_name(entries(view(aliases=aliases)))["Letter"].also == ("price rise", "the Letter")


def test_the_same_name_for_two_things_is_a_clash():
    points = [point("a", "Letter"), point("b", "letters")]
    (clash,) = clashes(entries(view(points=points)))
    assert {use.touchpoint_id for use in clash.uses} == {"a", "b"}


def test_a_name_that_is_another_name_of_something_else_is_a_clash():
    (clash,) = clashes(entries(view(aliases=[("b", "The letter"), ("b", "Letter ")])))
    assert {(use.name, use.how) for use in clash.uses} == {
        ("Letter", "name"), ("Payroll export", "also called"),
    }  # fmt: skip
    text = page(view(aliases=[("b", "Letter ")]), "/glossary").text
    assert "1 name that means two things" in text


def test_names_that_differ_by_a_number_do_not_clash():
    points = [point("a", "Terminal 2"), point("b", "Terminal 3")]
    assert clashes(entries(view(points=points))) == ()


def test_one_thing_may_have_its_name_twice():
    assert clashes(entries(view(aliases=[("a", "letters"), ("a", "the letter")]))) == ()


def test_names_without_latin_letters_are_told_apart():
    points = [point("a", "電話"), point("b", "手紙"), point("c", "!!!"), point("d", "???")]
    assert clashes(entries(view(points=points))) == ()


def test_the_page_lists_all_and_says_what_nobody_checked():
    text = page(view(), "/glossary").text
    assert "3 names, 1 of them made by the engine" in text
    assert "No name or other name means two things" in text
    assert "not checked" in text
    assert "nobody" in text


def rows_of(view) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(to_csv(view).decode("utf-8-sig"))))


def test_the_file_has_a_row_for_each_name():
    rows = rows_of(view(aliases=[("a", "price rise"), ("a", "the note, in short")]))
    assert [row["name"] for row in rows] == ["billing", "Letter", "Payroll export"]
    assert rows[1]["also_called"] == "price rise; the note, in short"
    assert (rows[1]["is_checked"], rows[2]["is_checked"]) == ("no", "yes")
    assert (rows[2]["definition"], rows[2]["owner"]) == ("The file.", "Product")
    assert to_csv(view()).startswith(b"\xef\xbb\xbfname,")


@pytest.mark.parametrize("text", ["=1+1", "+A1", "-2", "@SUM(A1)", "\t=1", "=cmd|' /C calc'!A0"])
def test_no_cell_of_the_file_is_a_formula(text):
    points = [point("a", text, definition=text, stage=text, owner=text)]
    (row,) = rows_of(run(points, {}, aliases=[t.Alias("a", f"{text}!")]))
    for name in ("name", "definition", "also_called", "stage", "owner"):
        assert row[name][0] not in "=+-@\t\r", name


def test_the_page_leads_to_the_file():
    assert "/glossary.csv" in page(view(), "/glossary").all("href")


def test_an_empty_run_has_a_page():
    assert "No touchpoint was found" in page(run([], {}), "/glossary").text


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_are_only_text(text):
    points = [point("a", text, definition=text, stage=text, owner=text), point("b", text)]
    shown = page(run(points, {"a": ["x"]}, aliases=[t.Alias("a", text + "!")]), "/glossary")
    assert not any(mark in shown.html for mark in MARKS)


def test_the_example_has_no_two_ids_alike():
    ids = page(view_of(), "/glossary").all("id")
    assert len(ids) == len(set(ids))
