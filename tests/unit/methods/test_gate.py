"""What passes the quote gate; gate_cases.toml is the table."""

import time
import tomllib
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.methods.folding import fold, is_whole
from pipeline.methods.gate import REASONS, Claim, Fault, Gate, Placed
from pipeline.methods.reversals import left_out

CASES = tomllib.loads(Path(__file__).with_name("gate_cases.toml").read_text("utf-8"))["case"]
WORD = st.text(alphabet=st.sampled_from("abcXYéßﬁİΣñ日本料ก가نی0123456789"), min_size=1, max_size=7)
MARKED = st.sampled_from(
    [
        "cafe\u0301",
        "it’s",
        "“now”",
        "👩‍👩‍👧",
        "🇬🇧🇩🇪",
        "👍🏽",
        "x\u00ady",
        "—",
        "…",
        "می\u200cخواهم",
        "किताब",
    ]
)
GAP = st.sampled_from([" ", "  ", "\n", "\u00a0", ", ", ". ", " \u200b"])
TEXT = st.lists(st.tuples(st.one_of(WORD, MARKED), GAP), min_size=3, max_size=14)


def gate(turns, language="en", others=(), examples=()):
    """A gate on one document "d" with turns t0, t1 ..., and others of one turn each."""
    said = [turn.split(": ", 1) for turn in turns]
    rows = [(f"t{n}", "d", n, speaker, text) for n, (speaker, text) in enumerate(said)]
    rows += [(f"o{n}", f"e{n}", 0, "customer", text) for n, text in enumerate(others)]
    names = ["turn_id", "document_id", "position", "speaker", "text"]
    documents = sorted({row[1] for row in rows})
    return Gate(
        pd.DataFrame({"document_id": documents, "language": language}),
        pd.DataFrame(rows, columns=names),
        examples,
    )


def place(text, quote, start=0, end=0):
    return gate([f"customer: {text}"]).place(Claim(quote, "t0", start, end))


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_case_of_the_table(case):
    facts = {name: case[name] for name in ("language", "others", "examples") if name in case}
    claim = Claim(
        case["quote"], f"t{case.get('turn', 0)}", case.get("start", 0), case.get("end", 0)
    )
    doorkeeper = gate(case["turns"], **facts)
    found = doorkeeper.place(claim)
    if "fails" in case:
        assert found == Fault(case["fails"])
        return
    assert isinstance(found, Placed)
    text = case["turns"][int(found.turn_id[1:])].split(": ", 1)[1]
    assert text[found.start : found.end] == found.quote == case["passes"]
    if "at" in case:
        assert [int(found.turn_id[1:]), found.start] == case["at"]
    again = Claim(found.quote, found.turn_id, found.start, found.end)
    assert doorkeeper.place(again) == found


def test_table_is_long_has_each_reason_and_no_name_twice():
    assert len(CASES) >= 120
    assert {case["fails"] for case in CASES if "fails" in case} == set(REASONS)
    assert len({case["name"] for case in CASES}) == len(CASES)


@given(TEXT, st.data())
def test_any_slice_of_whole_words_is_placed_on_itself(pieces, data):
    text = "".join(word + gap for word, gap in pieces)
    first = data.draw(st.integers(0, len(pieces) - 3))
    last = data.draw(st.integers(first + 2, len(pieces) - 1))
    start = sum(len(word + gap) for word, gap in pieces[:first])
    end = sum(len(word + gap) for word, gap in pieces[:last]) + len(pieces[last][0])
    quote = text[start:end]
    found = place(text, quote, start, end)
    if isinstance(found, Placed):
        assert (found.start, found.end, found.quote) == (start, end, quote)
    else:
        # A slice of dashes and dots says nothing, one letter between them too little.
        assert found.reason in {"too_short", "empty_quote"} or not is_whole(text, start, end)


@given(TEXT, st.data())
def test_whatever_passes_reads_as_the_quote_at_exact_offsets(pieces, data):
    text = "".join(word + gap for word, gap in pieces)
    start = data.draw(st.integers(0, len(text) - 1))
    quote = text[start : data.draw(st.integers(start, len(text)))]
    quote = data.draw(st.sampled_from([quote, quote.upper(), " ".join(quote.split())]))
    found = place(text, quote, data.draw(st.integers(-9, len(text) + 9)))
    if isinstance(found, Placed):
        assert text[found.start : found.end] == found.quote
        outer = " .,;:!'-()[]"
        assert fold(found.quote).text.strip(outer) == fold(quote).text.strip(outer)
        assert is_whole(text, found.start, found.end)


@given(st.text(max_size=60), st.text(max_size=30), st.integers(-50, 100))
def test_any_text_is_placed_or_refused_with_a_known_reason(text, quote, start):
    found = gate([f"customer: {text}"]).place(Claim(quote, "t0", start, start + len(quote)))
    if isinstance(found, Placed):
        assert text[found.start : found.end] == found.quote != ""
    else:
        assert found.reason in REASONS


@pytest.mark.parametrize(
    ("text", "quotes"),
    [
        ("it was slow and ", ["it was slow zebra", "slow", "it was fast and " * 100, "a ... b"]),
        ("a", ["aa aa", "a" * 5000, "a" * 3000 + "b", "b" + "a" * 3000]),
        ("e\u0301", ["e e", "éx éx"]),
        ("👩\u200d", ["👩 👩 x"]),
        ("'", ["'' a b"]),
        ("not ", ["it was not", "not not"]),
        ("1,", ["1,1 x"]),
        ("料金が高い", ["料金は高い", "金が高い料"]),
    ],
)
def test_time_grows_no_faster_than_the_turn(text, quotes):
    size = 200_000 // len(text)
    claims = gate([f"customer: {text * size}", "customer: x"])
    begun = time.process_time()
    for quote in quotes:
        claims.place(Claim(quote, "t0", 100_000))
    # A second or so in practice; what grows with the square of the turn takes minutes.
    assert time.process_time() - begun < 20


@pytest.mark.parametrize("language", ["en", "de", "es", "fr", "pt", "it", ""])
def test_languages_without_lists_are_read_by_the_english_ones(language):
    text = "This is not good enough"
    found = left_out(text, text.index("good"), len(text), language)
    assert found == ("dropped_negation" if language in ("en", "it", "") else "")


def test_turn_of_an_unknown_document_is_unknown():
    turns = pd.DataFrame(
        [("t", "gone", 0, "customer", "We left.")],
        columns=["turn_id", "document_id", "position", "speaker", "text"],
    )
    documents = pd.DataFrame({"document_id": ["d"], "language": ["en"]})
    assert Gate(documents, turns).place(Claim("We left.", "t")) == Fault("unknown_turn")
