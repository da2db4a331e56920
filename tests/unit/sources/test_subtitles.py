"""WebVTT and SubRip."""

import pytest

from pipeline.errors import InputError

VTT = """WEBVTT
Kind: captions

NOTE
Customer: C7
Date: 2026-08-01

1
00:00:01.000 --> 00:00:02.000
<v.loud Agent Ann>Hello &amp; <i>welcome</i></v>

00:00:02.000 --> 00:00:03.000
<v Agent Ann>to the call</v>

00:00:03.500 --> 00:00:05.000
<v Bob>Hi
there</v>
<v Agent Ann>Yes?</v>
"""
SRT = """1
00:00:01,000 --> 00:00:02,000
Ann: Hello

2
00:00:02,000 --> 00:00:03,000
and welcome

3
01:02:03,000 --> 01:02:05,000
Customer: {\\i1}It broke{\\i0}
"""


def test_voices_join_into_turns(put, read_all):
    put("a.vtt", VTT)
    got = read_all(("a.vtt", "call"))
    assert got.said == [
        ("agent", "Agent Ann", "Hello & welcome to the call"),
        ("customer", "Bob", "Hi there"),
        ("agent", "Agent Ann", "Yes?"),
    ]
    assert [t.at for t in got.turns] == ["00:00:01.000", "00:00:03.500", "00:00:03.500"]
    assert (got.documents[0].customer_id, got.documents[0].occurred_at) == ("C7", "2026-08-01")


def test_names_in_subrip_join_into_turns(put, read_all):
    put("2026-07-01-C9.srt", SRT.replace("\n", "\r\n"))
    got = read_all(("*.srt", "call"))
    assert got.said == [
        ("unknown", "Ann", "Hello and welcome"),
        ("customer", "Customer", "It broke"),
    ]
    assert [t.at for t in got.turns] == ["00:00:01", "01:02:03"]
    assert (got.documents[0].customer_id, got.documents[0].occurred_at) == ("C9", "2026-07-01")


def test_cues_without_names_are_one_unknown_turn(put, read_all):
    put("a.srt", SRT.replace("Ann: ", "").replace("Customer: ", ""))
    assert read_all(("a.srt", "call")).said == [("unknown", "", "Hello and welcome It broke")]


@pytest.mark.parametrize("name", ["a.vtt", "a.srt"])
@pytest.mark.parametrize("content", ["just some words", "WEBVTT\n\n", "-->\n-->"])
def test_file_without_captions_is_an_input_error(put, read_all, name, content):
    put(name, content)
    with pytest.raises(InputError, match=rf"{name}: "):
        read_all((name, "call"))
