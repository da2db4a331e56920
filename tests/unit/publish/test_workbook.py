import io
import zipfile

import pytest
from openpyxl import Workbook, load_workbook

from pipeline.publish.workbook import to_xlsx
from tests import example_run

SHEETS = [
    "Summary",
    "Touchpoints",
    "Pain points",
    "Links",
    "Quotes",
    "Hypotheses",
    "Changes",
    "Gaps",
    "Failures",
    "Rejected rows",
    "Columns",
]


@pytest.fixture(scope="module")
def book() -> Workbook:
    return load_workbook(io.BytesIO(to_xlsx(*example_run.build_example())))


def test_each_question_has_its_sheet(book):
    assert book.sheetnames == SHEETS
    for sheet in book.worksheets:
        assert sheet.freeze_panes == "A2"
        assert sheet.auto_filter.ref
        assert sheet.cell(1, 1).font.bold


def test_every_touchpoint_has_one_row(book):
    names = [row[0].value for row in book["Touchpoints"].iter_rows(min_row=2)]
    assert len(names) == 25
    assert "=cmd()|Adding clinics" in names


def test_complaints_in_no_pain_point_have_a_row_of_their_touchpoint():
    tables, manifest = example_run.build_example()
    mentions = tables["mentions"].assign(pain_point_id="")
    book = load_workbook(io.BytesIO(to_xlsx({**tables, "mentions": mentions}, manifest)))
    rows = [r for r in book["Pain points"].iter_rows(min_row=2, values_only=True) if not r[7]]
    hurt = mentions[mentions["kind"] == "pain"]
    assert len(rows) >= hurt["touchpoint_id"].nunique() > 0
    assert sum(r[3] for r in rows) >= len(hurt)


def test_no_cell_is_a_formula(book):
    kinds = {c.data_type for sheet in book.worksheets for row in sheet.iter_rows() for c in row}
    assert "f" not in kinds
    cell = next(r[0] for r in book["Touchpoints"].iter_rows() if str(r[0].value).startswith("="))
    assert cell.quotePrefix


def test_too_few_leaves_the_number_empty(book):
    head = [cell.value for cell in book["Touchpoints"][1]]
    row = next(r for r in book["Touchpoints"].iter_rows(values_only=True) if r[0] == "Help centre")
    assert row[head.index("Emotion")] is None
    assert row[head.index("Emotion in words")] == "too few"


def test_text_that_is_empty_is_no_cell(any_run):
    with zipfile.ZipFile(io.BytesIO(to_xlsx(*any_run))) as archive:
        sheets = [archive.read(n) for n in archive.namelist() if n.startswith("xl/worksheets/")]
    assert sheets
    assert not any(b"<t></t>" in sheet for sheet in sheets)


def test_columns_sheet_explains_every_column(book):
    rows = list(book["Columns"].iter_rows(min_row=2, values_only=True))
    assert ("mentions", "polarity", "-1 (bad) to 1 (good)") in rows


def test_same_run_gives_the_same_bytes(any_run):
    first = to_xlsx(*any_run)
    assert first == to_xlsx(*any_run)
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert len({info.date_time for info in archive.infolist()}) == 1
        assert archive.read("docProps/core.xml").count(b"2000-01-01") == 2


def test_characters_that_xml_forbids_are_dropped(tiny):
    tables, manifest = dict(tiny[0]), tiny[1]
    tables["touchpoints"] = tables["touchpoints"].assign(
        definition="a\x00\x0b\ufffe" + "x" * 40_000
    )
    sheet = load_workbook(io.BytesIO(to_xlsx(tables, manifest)))["Touchpoints"]
    head = [cell.value for cell in sheet[1]]
    text = sheet.cell(2, head.index("Definition") + 1).value
    assert text.startswith("ax")
    assert len(text) <= 32_767


def test_costs_have_a_sheet_by_step_and_document_where_a_model_was_paid():
    run = example_run.with_bill(example_run.build_example())
    book = load_workbook(io.BytesIO(to_xlsx(*run)))
    assert book.sheetnames == [*SHEETS[:-1], "Cost", SHEETS[-1]]
    rows = list(book["Cost"].iter_rows(min_row=2, values_only=True))
    assert rows[0] == ("step", "extract", 2, 1, 1_800_000, 180_000, 0.36)
    assert rows[1] == ("step", "resolve", 1, None, 10_000, 1_000, 0.002) or rows[1][3] == 0
    costs = [row[-1] for row in rows[2:]]
    assert costs == sorted(costs, reverse=True)
    assert sum(costs) == pytest.approx(0.36, rel=0.05)


def test_hypotheses_stand_in_the_order_of_what_to_fix_first(example, book):
    tables, _ = example
    names = tables["touchpoints"].set_index("touchpoint_id")["name"]
    ranked = tables["priorities"].query("is_chosen").sort_values("rank")["touchpoint_id"]
    told = dict.fromkeys(row[0].value for row in book["Hypotheses"].iter_rows(min_row=2))
    assert list(told) == [names[key] for key in ranked]


def test_most_customers_failed_come_first(book):
    rows = [(row[0].value, row[2].value) for row in book["Failures"].iter_rows(min_row=2)]
    heads = [
        next(n for name, n in rows if name == one) for one in dict.fromkeys(n for n, _ in rows)
    ]
    assert heads == sorted(heads, reverse=True)


def test_ways_of_failing_are_told_in_words(book):
    ways = {row[1].value for row in book["Failures"].iter_rows(min_row=2)}
    assert "in any way (all of them)" in ways
    assert not ways & {"any", "untold", "lock_out", "no_answer"}
