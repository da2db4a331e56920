"""The catalogue as the model sees it, and what its codes and names mean."""

import numpy as np
import pandas as pd
import pytest

from pipeline.engines.llm import known
from pipeline.tables import CATALOGUE_PHRASES, CataloguePhrase

ROWS = (
    ("b", "name", "invoice"),
    ("b", "definition", "The bill " + "and how it is paid " * 20),
    ("b", "alias", "Bill"),
    ("b", "alias", "statement"),
    ("b", "alias", "account"),
    ("b", "alias", "receipt"),
    ("a", "name", "Payroll Export"),
    ("a", "alias", "Invoice"),
    ("c", "name", "Café"),
)


@pytest.fixture
def catalogue() -> pd.DataFrame:
    return CATALOGUE_PHRASES.frame(CataloguePhrase(*row) for row in ROWS)


def test_codes_follow_the_names_whatever_their_case(catalogue):
    assert known.codes(catalogue) == {"T1": "c", "T2": "b", "T3": "a"}
    assert known.codes(catalogue.iloc[::-1]) == known.codes(catalogue)


def test_a_name_comes_before_an_alias(catalogue):
    found = known.names(catalogue)
    assert found["invoice"] == "b"
    assert found["payroll export"] == "a"
    assert found["bill"] == "b"


def test_a_line_shows_code_name_short_definition_and_three_aliases(catalogue):
    first, second, third = known.shown_catalogue(catalogue).split("\n")
    assert first == "T1 = Café"
    assert second.startswith("T2 = invoice: The bill and how")
    assert second.endswith("also Bill, account, receipt")
    assert len(second) < 200
    assert third == "T3 = Payroll Export: also Invoice"


def test_labels_of_the_catalogue_have_no_quotes(catalogue):
    labels = known.as_labels(catalogue, lambda texts: np.eye(3)[: len(texts)])
    assert [(label.key, label.text, label.rows) for label in labels] == [
        ("a", "Payroll Export", ()), ("b", "invoice", ()), ("c", "Café", ()),
    ]  # fmt: skip
    assert labels[1].vector.tolist() == [0, 1, 0]


def test_without_a_catalogue_nothing_is_known():
    empty = CATALOGUE_PHRASES.frame()
    assert known.codes(empty) == known.names(empty) == {}
    assert known.shown_catalogue(empty) == ""
    assert known.as_labels(empty, pytest.fail) == []


def test_words_of_one_document_count_once():
    texts = pd.DataFrame(
        [("1", "kettle"), ("1", "kettle"), ("1", "kettle"), ("2", "stove"), ("3", "stove"),
         ("4", "stove")], columns=["document_id", "text"],
    )  # fmt: skip
    found = known.vocabulary(texts, "text", ["Payroll"])
    assert found.holds("stove and payroll")
    assert not found.holds("kettle")
