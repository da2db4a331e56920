"""JSON and JSON lines."""

import json

import pytest

from pipeline.errors import ConfigError, InputError

TURNS = [{"role": "assistant", "content": "Hi"}, {"role": "user", "content": "It broke"}]


def test_list_of_turns_is_one_conversation(put, read_all):
    put("a.json", json.dumps(TURNS))
    assert read_all(("a.json", "chat")).said == [
        ("agent", "assistant", "Hi"), ("customer", "user", "It broke")
    ]  # fmt: skip


def test_pairs_and_bare_texts_are_turns(put, read_all):
    put("a.json", json.dumps([["agent", "Hi"], ["Ann", "It broke"]]))
    put("b.json", json.dumps(["It broke", "again"]))
    got = read_all(("*.json", "chat"))
    assert got.said == [
        ("agent", "agent", "Hi"), ("customer", "Ann", "It broke"),
        ("unknown", "", "It broke"), ("unknown", "", "again"),
    ]  # fmt: skip


def test_mapping_names_keys_of_metadata_and_turns(put, read_all):
    item = {
        "who": {"id": 12}, "when": "2026-07-03", "extra": {"a": [1, 2.0, None]}, "nps": 9,
        "log": [{"s": "CSM", "t": "Hi", "sec": 5}, {"s": "Ann", "t": "No"}],
    }  # fmt: skip
    put("a.json", json.dumps(item))
    columns = {"customer": "who.id", "date": "when", "speaker": "s", "text": "t", "at": "sec"}
    got = read_all(("a.json", "call", columns))
    assert got.said == [("agent", "CSM", "Hi"), ("customer", "Ann", "No")]
    assert got.turns[0].at == "5"
    assert (got.documents[0].customer_id, got.documents[0].score) == ("12", 9)
    assert got.attributes == {("extra.a", "1; 2; ")}


def test_list_of_conversations_gives_a_document_each(put, read_all):
    put("a.json", json.dumps([{"id": "x", "turns": TURNS}, {"turns": TURNS}, {"no": 1}, 5]))
    got = read_all(("a.json", "chat", {"id": "id"}))
    assert [d.locator for d in got.documents] == ["id x", "item 2"]
    assert got.reasons == ["broken_row", "broken_row"]


def test_list_of_rows_is_a_table(put, read_all):
    put("a.json", json.dumps([{"text": "Good", "tag": True}, {"text": "Bad \ud83d\ude00"}]))
    got = read_all(("a.json", "review"))
    assert sorted(got.texts) == ["Bad 😀", "Good"]
    assert got.attributes == {("tag", "true")}


def test_broken_surrogates_do_not_stop_the_tables(put, read_all):
    put("a.jsonl", '{"text": "odd \\ud800 end"}\n')
    assert read_all(("a.jsonl", "review")).texts == ["odd \ufffd end"]


def test_invalid_line_is_rejected_alone(put, read_all):
    put("a.jsonl", '{"text": "one"}\n\n{"text": \n[1]\n{"text": "two"}')
    got = read_all(("a.jsonl", "survey"))
    assert sorted(got.texts) == ["one", "two"]
    assert [(r.row_id, r.reason) for r in got.rejects] == [
        ("a.jsonl: row 3", "broken_row"), ("a.jsonl: row 4", "broken_row")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "place"), [('{"a": \n 1,}', "line 2"), ("hello", "line 1, column 1")]
)
def test_invalid_json_file_names_the_place(put, read_all, content, place):
    put("a.json", content)
    with pytest.raises(InputError, match=rf"a\.json: {place}"):
        read_all(("a.json", "chat"))


def test_deep_nesting_is_an_input_error(put, read_all):
    put("a.json", "[" * 100_000)
    with pytest.raises(InputError, match=r"a\.json"):
        read_all(("a.json", "chat"))


def test_mapped_key_that_is_nowhere_is_an_error(put, read_all):
    put("a.jsonl", '{"text": "one", "mark": 1}')
    with pytest.raises(ConfigError, match=r"no column 'marks' .*did you mean 'mark'"):
        read_all(("a.jsonl", "survey", {"score": "marks"}))
