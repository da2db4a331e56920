"""Names are short, plain, and made of words that customers or the business use."""

import pytest

from pipeline.engines.llm.words import common_words, tidy_name

KNOWN = common_words([], ["boarding queue gate café check-in"])


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("boarding queue", "Boarding queue"),
        ('  "boarding   queue."  ', "Boarding queue"),
        ("queues at the gate", "Queues at the gate"),
        ("Check-in", "Check-in"),
        ("café", "Café"),
        ("boarding / gate (queue)", "Boarding / gate (queue)"),
    ],
)
def test_a_name_of_known_words_is_kept_tidy(said, name):
    assert tidy_name(said, KNOWN) == name


@pytest.mark.parametrize(
    "said",
    [
        "",
        " . ",
        "the",
        "terrible",
        "12",
        "boarding elephant",
        "gate " * 9,
        "gate-" * 11 + "queue",
        "<b>gate</b>",
        "gate: queue",
        "=gate",
        "gate.queue",
        "gate@queue",
        "gate\x00queue",
        "[gate]",
    ],
)
def test_anything_else_is_no_name(said):
    assert tidy_name(said, KNOWN) == ""


def test_words_of_three_documents_and_of_the_business_are_common():
    documents = ["The kiosk froze.", "A kiosk and a scanner.", "kiosks, scanners", "The kettle."]
    common = common_words(documents, ["Payroll exports"])
    assert common.holds("kiosk")
    assert common.holds("Export of payroll")
    assert not common.holds("scanner")
    assert not common.holds("kettle")


def test_a_word_that_one_document_repeats_is_not_common():
    assert not common_words(["kettle kettle kettle"], []).holds("kettle")


def test_words_of_a_text_are_added_to_a_copy():
    more = KNOWN.beside("The kettles boiled", "on the stove")
    assert more.holds("kettle and stove")
    assert not KNOWN.holds("kettle")


def test_definitions_may_have_a_few_words_of_their_own():
    assert KNOWN.mostly_holds("Boarding, the gate and its queue: handling")
    assert not KNOWN.mostly_holds("Boarding an elephant with a hammer")
    assert not KNOWN.mostly_holds("")


@pytest.mark.parametrize(
    ("name", "quote"),
    [
        ("登机排队", "登机排队太长了"),
        ("Billing", "the bill came twice"),
        ("Booking a flight", "I booked the flight by phone"),
    ],
)
def test_a_name_may_bend_the_words_of_its_quote(name, quote):
    assert tidy_name(name, common_words([], []).beside(quote)) == name


def test_a_name_in_words_that_nobody_said_is_none():
    assert tidy_name("巴西的首都", common_words([], []).beside("登机排队太长了")) == ""
