"""Calls, chats and notes in text files."""

import pytest

from pipeline.errors import ConfigError
from pipeline.sources.transcripts import split_speakers

CALL = """Customer: C005
Date: 2026-07-23
Channel: phone
Agent: Callum Drysdale
Mood: tense

Callum Drysdale: Hello. Note: this is recorded.
Ciaran Duffy: Ah, no. I'm
sitting in the jeep.
Note: not a speaker
Callum: Fine.
"""


def _split(text, known=()):
    return [(u.name, u.text) for u in split_speakers(text, known)]


def test_header_and_speakers_of_a_call_are_read(put, read_all):
    put("calls/a.txt", CALL)
    got = read_all(("calls/*.txt", "call", {"customer": "Customer"}))
    (document,) = got.documents
    assert (document.customer_id, document.occurred_at) == ("C005", "2026-07-23")
    assert (document.channel, document.path, document.locator) == ("phone", "calls/a.txt", "")
    assert not document.is_anonymous
    assert got.said == [
        ("agent", "Callum Drysdale", "Hello. Note: this is recorded."),
        ("customer", "Ciaran Duffy", "Ah, no. I'm\nsitting in the jeep.\nNote: not a speaker"),
        ("agent", "Callum", "Fine."),
    ]
    assert got.attributes == {("Mood", "tense"), ("Agent", "Callum Drysdale")}
    assert got.rejects == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[00:01:12] Agent: hi\n00:01:15 Ann Lee: hello", ["00:01:12", "00:01:15"]),
        ("(1:12) Agent: hi\nAnn [01:15]: hello", ["1:12", "01:15"]),
        ("Agent: hi\nAnn: hello", ["", ""]),
    ],
)
def test_times_are_taken_off(text, expected):
    found = split_speakers(text)
    assert [u.at for u in found] == expected
    assert [u.text for u in found] == ["hi", "hello"]


def test_lines_that_only_look_like_speakers_stay_in_the_turn():
    text = "Agent: Two ways:\noption one: wait\nhttps://x.io/a: b\nAt 10:30 we close\nWarning: hot"
    assert _split(text) == [("Agent", text.removeprefix("Agent: "))]


def test_bold_and_bracketed_labels_are_speakers():
    assert _split("**Agent:** hi\n[Customer]: yo\nSPEAKER_01: x") == [
        ("Agent", "hi"), ("Customer", "yo"), ("SPEAKER_01", "x")
    ]  # fmt: skip


def test_label_without_space_and_label_alone_are_read():
    assert _split("Agent:hi\nCustomer:\nI waited") == [("Agent", "hi"), ("Customer", "I waited")]


def test_words_before_the_first_label_are_kept():
    assert _split("recording begins\nAgent: hi") == [("", "recording begins"), ("Agent", "hi")]


def test_talk_without_labels_is_one_unknown_turn(put, read_all):
    put("a.txt", "We waited for hours.\n\nNobody came.\n")
    got = read_all(("a.txt", "call"))
    assert got.said == [("unknown", "", "We waited for hours.\n\nNobody came.")]
    assert got.documents[0].is_anonymous
    assert got.documents[0].customer_id == f"anon-{got.documents[0].document_id}"
    assert got.documents[0].occurred_at == ""


def test_settings_may_say_whose_words_unlabelled_talk_is(put, read_all, source):
    put("a.txt", "We waited for hours.")
    assert read_all(source("a.txt", "call", speaker="customer")).turns[0].speaker == "customer"


@pytest.mark.parametrize(
    ("first", "is_header"),
    [
        ("Customer: C-014", True),
        ("Date: 2026-07-01", True),
        ("Customer: My order is late", False),
        ("Agent: Hello\nCustomer: Hi", False),
        ("Agent: Hello\nBen: Hi there", False),
    ],
)
def test_first_paragraph_of_speech_is_no_header(put, read_all, first, is_header):
    put("a.txt", f"{first}\n\nAgent: Sorry.\nCustomer: Well.")
    got = read_all(("a.txt", "chat"))
    assert (len(got.turns) == 2) == is_header


def test_file_name_of_a_call_gives_date_and_customer(put, read_all):
    put("2026-07-23-C005-renewal-talk.txt", "Agent: Hi.\nCustomer: No.")
    got = read_all(("*.txt", "call", {"customer": "Customer", "date": "Date"}))
    assert (got.documents[0].customer_id, got.documents[0].occurred_at) == ("C005", "2026-07-23")
    assert got.attributes == {("topic", "renewal-talk")}


def test_source_names_decide_sides(put, read_all, source):
    put("a.txt", "Anna: Hi.\nBen: No.\nPat: Well.")
    got = read_all(source("a.txt", "chat", agents=("anna",), customers=("Ben",)))
    assert [side for side, _, _ in got.said] == ["agent", "customer", "customer"]
    assert {s for s, _, _ in read_all(("a.txt", "chat")).said} == {"unknown"}


def test_note_of_staff_gives_quotes_to_the_customer(put, read_all, source):
    put("n.md", 'Customer: C1\nAuthor: Jo\n\nThey said "the export is broken again" today.')
    got = read_all(source("n.md", "note", speaker="agent"))
    assert got.said == [
        ("agent", "", "They said"),
        ("customer", "quoted", "the export is broken again"),
        ("agent", "", "today."),
    ]
    assert got.documents[0].customer_id == "C1"
    assert ("Author", "Jo") in got.attributes


def test_note_with_front_matter_is_one_text(put, read_all):
    put("n.md", "---\ncustomer: C1\nsegment: mid\n---\nAll is well: really.\n")
    got = read_all(("n.md", "note"))
    assert got.said == [("customer", "", "All is well: really.")]
    assert got.documents[0].segment == "mid"


def test_analytics_without_customer_is_nobodys_words(put, read_all, source):
    put("a.md", 'Checkout lost "forty per cent of users" in July.')
    got = read_all(source("a.md", "analytics", speaker="agent"))
    assert [side for side, _, _ in got.said] == ["unknown"]


def test_mapped_header_missing_everywhere_is_an_error(put, read_all):
    put("a.txt", CALL)
    with pytest.raises(ConfigError, match=r"no file of '\*\.txt' has 'Kunde'"):
        read_all(("*.txt", "call", {"customer": "Kunde"}))


def test_mapped_header_missing_in_one_file_is_allowed(put, read_all):
    put("a.txt", CALL)
    put("b.txt", "Date: 2026-07-01\n\nAgent: Hi.\nCustomer: No.")
    got = read_all(("*.txt", "call", {"customer": "Customer"}))
    assert [d.is_anonymous for d in got.documents] == [False, True]


def test_ticket_thread_is_talk_and_plain_ticket_is_not(put, read_all):
    put("a.txt", "Customer: It broke.\nSupport: Sorry.")
    put("b.txt", "It broke: badly.\nPlease help.")
    got = read_all(("*.txt", "ticket"))
    assert [(s, t) for s, _, t in got.said] == [
        ("customer", "It broke."), ("agent", "Sorry."),
        ("customer", "It broke: badly.\nPlease help."),
    ]  # fmt: skip


def test_header_without_body_is_a_reject(put, read_all):
    put("a.txt", "Date: 2026-07-01\nCustomer: C1\n")
    got = read_all(("a.txt", "call"))
    assert (got.documents, got.reasons) == ([], ["no_text"])
