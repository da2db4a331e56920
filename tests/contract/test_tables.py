"""What outsiders may rely on in the tables."""

import ast
from collections import Counter
from pathlib import Path
from typing import Annotated, get_origin, get_type_hints

import pytest

from pipeline import tables
from pipeline.schema import Table
from pipeline.tables import ALL, BEFORE_REVIEW

PROMISED = {
    "documents": "document_id kind path locator customer_id account_id segment channel occurred_at "
    "language score score_kind outcome value duplicate_of",
    "turns": "turn_id document_id position speaker text",
    "sentences": "sentence_id turn_id document_id start end text",
    "mentions": "mention_id document_id turn_id customer_id touchpoint_id pain_point_id kind quote "
    "start end polarity intensity outcome confidence engine",
    "touchpoints": "touchpoint_id name definition stage channel owner origin audience n_customers "
    "n_mentions",
    "pain_points": "pain_point_id touchpoint_id name n_customers n_mentions severity",
    "edges": "edge_id source_id target_id kind n_customers lift p_value q_value strength is_shown",
    "edge_evidence": "edge_id mention_id quote",
    "moments": "touchpoint_id reason n_customers quote_mention_id",
    "scores": "touchpoint_id dimension value low high n_customers basis confidence",
    "gaps": "touchpoint_id kind detail n_customers",
    "priorities": "touchpoint_id rank rank_low rank_high p_top3 reach severity effort reason",
    "hypotheses": "hypothesis_id touchpoint_id position change resources measure baseline target "
    "side_effects owner status",
    "hypothesis_evidence": "hypothesis_id mention_id",
    "changes": "touchpoint_id dimension before after low high verdict",
    "rejects": "row_id stage reason detail",
    "decisions": "decision_id at who action target_id argument reason",
}
COLUMNS = [(name, column) for name, table in ALL.items() for column in table.columns]


def _annotated(table):
    hints = get_type_hints(table.row, include_extras=True)
    return {name for name, hint in hints.items() if get_origin(hint) is Annotated}


@pytest.mark.parametrize("name", PROMISED)
def test_promised_columns_are_there_under_their_names(name):
    assert set(PROMISED[name].split()) <= set(ALL[name].columns)


def test_every_table_is_declared_once():
    tree = ast.parse(Path(tables.__file__).read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    declared = Counter(
        ast.literal_eval(call.args[0])
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id == Table.__name__
    )
    assert set(declared.values()) == {1}
    assert set(declared) == set(ALL)


def test_every_row_type_belongs_to_one_table():
    final = [table.row for name, table in ALL.items() if name not in BEFORE_REVIEW]
    assert len(set(final)) == len(final)


def test_what_was_found_before_a_review_has_the_columns_of_what_it_becomes():
    for name in BEFORE_REVIEW - {"remainder"}:
        assert ALL[name].row is ALL[name.removeprefix("found_")].row
    assert ALL["remainder"].row is ALL["rejects"].row


@pytest.mark.parametrize("name", ALL)
def test_key_is_declared_and_no_number_but_a_position(name):
    columns = ALL[name].columns
    assert ALL[name].key
    assert all(columns[part] == "str" or part == "start" for part in ALL[name].key)


@pytest.mark.parametrize(("name", "column"), COLUMNS)
def test_column_is_documented(name, column):
    """Here, or once for all in another table that has it; an id's name says whose it is."""
    explained = set().union(*(_annotated(table) for table in ALL.values()))
    assert column.endswith("_id") or column in explained
    assert ALL[name].meanings[column].strip()


@pytest.mark.parametrize(("name", "column"), COLUMNS)
def test_name_of_a_column_tells_its_type(name, column):
    kind = ALL[name].columns[column]
    assert not column.startswith("n_") or kind in {"int64", "float64"}
    assert not column.startswith("is_") or kind == "bool"
    assert not column.endswith(("_id", "_at")) or kind == "str"
