import csv
import io
import json

import networkx as nx
import pandas as pd
import pytest

from pipeline.publish.exports import to_csv, to_graphml, to_json, to_markdown, to_xlsx
from pipeline.tables import ALL, BEFORE_REVIEW
from tests import example_run


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def test_every_table_becomes_a_csv_that_excel_reads(example):
    files = to_csv(example[0])
    assert set(files) == {f"{name}.csv" for name in ALL if name not in BEFORE_REVIEW}
    assert all(text.startswith("\ufeff") for text in files.values())
    for name in example[0].keys() - BEFORE_REVIEW:
        frame = example[0][name]
        assert len(rows(files[f"{name}.csv"])) == len(frame)


def test_no_text_cell_of_a_csv_is_a_formula(example):
    files = to_csv(example[0])
    names = {row["name"] for row in rows(files["touchpoints.csv"])}
    assert "'=cmd()|Adding clinics" in names
    quotes = {row["quote"] for row in rows(files["mentions.csv"])}
    assert not any(quote.startswith("=") for quote in quotes)


def test_negative_number_of_a_csv_stays_a_number(example):
    values = [row["value"] for row in rows(to_csv(example[0])["scores.csv"]) if row["value"]]
    assert min(float(value) for value in values) < 0


def test_json_keeps_direction_and_evidence(example):
    network = json.loads(to_json(*example))
    names = {node["touchpoint_id"]: node["name"] for node in network["nodes"]}
    assert len(network["edges"]) == len(example[0]["edges"])
    for edge in network["edges"]:
        assert names[edge["source_id"]] == edge["source"]
        assert names[edge["target_id"]] == edge["target"]
        assert all(quote["quote"] and quote["customer_id"] for quote in edge["evidence"])


def test_json_has_null_where_there_are_too_few(tiny):
    network = json.loads(to_json(*tiny))
    assert {n["scores"]["emotion"]["value"] for n in network["nodes"]} == {None}


def test_json_holds_five_hypotheses_with_quotes(example):
    network = json.loads(to_json(*example))
    found = [n["hypotheses"] for n in network["nodes"] if n["hypotheses"]]
    assert [len(hypotheses) for hypotheses in found] == [5, 5, 5]
    assert all(h["evidence"] for hypotheses in found for h in hypotheses)


def test_graphml_reads_back_with_direction_and_scores(example):
    tables, _ = example
    text = to_graphml(tables)
    graph = nx.read_graphml(io.BytesIO(text.encode()), force_multigraph=True)
    assert graph.is_directed()
    assert graph.number_of_nodes() == len(tables["touchpoints"])
    edges = {
        (r["source_id"], r["target_id"], r["kind"]) for r in tables["edges"].to_dict("records")
    }
    assert {(a, b, d["kind"]) for a, b, d in graph.edges(data=True)} == edges
    one = next(d for _, d in graph.nodes(data=True) if d["name"] == "Payroll export")
    assert one["emotion"] == pytest.approx(-0.81)
    assert one["is_chosen"] is True


def test_graphml_is_valid_xml_with_control_characters(tiny):
    tables = dict(tiny[0])
    tables["touchpoints"] = tables["touchpoints"].assign(definition="a\x00\x0b<&\ufffe")
    graph = nx.parse_graphml(to_graphml(tables))
    assert {d["definition"] for _, d in graph.nodes(data=True)} == {"a<&"}


def test_graphml_leaves_out_missing_numbers(tiny):
    graph = nx.parse_graphml(to_graphml(tiny[0]))
    assert not any("emotion" in d for _, d in graph.nodes(data=True))


def test_all_exports_are_the_same_for_rows_in_another_order(any_run):
    tables, manifest = any_run
    other = example_run.shuffled(tables)
    assert to_csv(other) == to_csv(tables)
    assert to_json(other, manifest) == to_json(tables, manifest)
    assert to_graphml(other) == to_graphml(tables)
    assert to_markdown(other, manifest) == to_markdown(tables, manifest)
    assert to_xlsx(other, manifest) == to_xlsx(tables, manifest)


def test_exports_leave_tables_untouched(example):
    tables, manifest = example
    before = {name: frame.copy(deep=True) for name, frame in tables.items()}
    to_csv(tables)
    to_json(tables, manifest)
    to_graphml(tables)
    to_xlsx(tables, manifest)
    for name, frame in tables.items():
        pd.testing.assert_frame_equal(frame, before[name])
