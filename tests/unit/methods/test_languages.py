"""What is said about languages the embedded engine does not, or only partly, read."""

import pytest

from pipeline.methods.languages import language_name, language_notes, support, why_unread
from pipeline.tables import DOCUMENTS
from tests.unit.stages import journeys as j


def documents(*languages):
    return DOCUMENTS.frame(
        j.document(f"d{n}", f"c{n}", language=language) for n, language in enumerate(languages)
    )


@pytest.mark.parametrize(
    ("language", "level"),
    [("", "full"), ("en", "full"), ("pt", "partly"), ("de", "partly"), ("es", "partly"),
     ("fr", "partly"), ("it", "none"), ("ja", "none"), ("xx", "none")],
)  # fmt: skip
def test_support_of_a_language(language, level):
    assert support(language) == level
    assert bool(why_unread(language)) == (level == "none")


def test_reason_names_the_language_and_what_to_do():
    assert why_unread("ja").startswith("Japanese (ja): not read")
    assert "language model" in why_unread("ja")
    assert language_name("xx") == "xx"


def test_notes_count_documents_and_customers():
    unread, partly = language_notes(documents("ja", "ja", "it", "pt", "en", ""), "embedded-1 x")
    assert unread.startswith("3 documents of 3 customers are in Japanese (2) and Italian (1), not")
    assert partly.startswith("1 document of 1 customer is in Portuguese (1), read in part")


def test_english_and_other_engines_need_no_note():
    assert language_notes(documents("en", ""), "embedded") == []
    assert language_notes(documents("ja"), "llm gpt") == []
    assert language_notes(documents(), "embedded") == []


def test_repeated_documents_are_not_counted():
    copy = DOCUMENTS.frame([j.document("d", language="ja", duplicate_of="e")])
    assert language_notes(copy, "embedded") == []
