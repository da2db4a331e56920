"""Documents into chunks."""

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config import Chunk
from pipeline.stages.chunk import chunk
from pipeline.tables import CHUNK_SPANS, CHUNKS, TURNS, Turn
from tests.unit.stages.journeys import shuffled


def turns(documents):
    """Documents as lists of texts, customer first, then agent, and so on."""
    return TURNS.frame(
        Turn(f"d{d}-{n:03}", f"d{d}", n, ("customer", "agent")[n % 2], "", "", text)
        for d, texts in enumerate(documents)
        for n, text in enumerate(texts)
    )


def test_neighbouring_turns_share_a_chunk_led_by_their_speakers():
    done = chunk(turns([["It broke.", "I am sorry."]]), Chunk())
    assert done.chunks["text"].tolist() == ["customer: It broke.\nagent: I am sorry."]
    assert CHUNK_SPANS.rows(done.chunk_spans)[1].end == len("I am sorry.")


def test_documents_never_share_a_chunk():
    done = chunk(turns([["One."], ["Two."], ["Three."]]), Chunk())
    assert sorted(done.chunks["document_id"]) == ["d0", "d1", "d2"]
    assert set(done.chunks["position"]) == {0}


def test_full_chunk_is_followed_by_the_next():
    done = chunk(turns([["a" * 60, "b" * 60, "c" * 30]]), Chunk(max_characters=100))
    texts = done.chunks.sort_values("position")["text"].tolist()
    assert texts == ["customer: " + "a" * 60, "agent: " + "b" * 60 + "\ncustomer: " + "c" * 30]
    assert sorted(done.chunks["position"]) == [0, 1]


def test_long_turn_is_cut_at_white_space_without_gaps():
    text = "twelve words of a customer who goes on and on and on " * 10
    done = chunk(turns([[text]]), Chunk(max_characters=100))
    spans = done.chunk_spans.sort_values("start")
    assert "".join(text[a:b] for a, b in zip(spans["start"], spans["end"], strict=True)) == text
    assert all(text[end - 1 : end + 1].strip() != text[end - 1 : end + 1] for end in spans["end"])


def test_turns_are_read_by_position_not_by_id():
    said = turns([["first", "second"]]).assign(turn_id=["z", "a"])
    assert chunk(said, Chunk()).chunks["text"].tolist() == ["customer: first\nagent: second"]


def test_empty_input_gives_empty_tables():
    done = chunk(TURNS.frame(), Chunk())
    assert done.chunks.empty
    assert done.chunk_spans.empty


def test_input_untouched_row_order_irrelevant_twice_the_same():
    said = turns([["One. " * 40, "Two.", ""], ["Three."]])
    before = said.copy()
    first = chunk(said, Chunk(max_characters=100))
    pd.testing.assert_frame_equal(said, before)
    for frame in (said, shuffled(said)):
        for one, other in zip(first, chunk(frame, Chunk(max_characters=100)), strict=True):
            pd.testing.assert_frame_equal(one, other)


TEXT = st.one_of(
    st.text(max_size=350),
    st.text(alphabet=st.sampled_from("ab \n\t😀料.\u200d"), max_size=500),
)


@given(st.lists(st.lists(TEXT, min_size=1, max_size=4), max_size=3))
def test_chunks_cover_every_turn_without_gaps_or_overlap(documents):
    said = turns(documents)
    done = chunk(said, Chunk(max_characters=100))
    spans = CHUNK_SPANS.rows(done.chunk_spans)
    for turn in TURNS.rows(said):
        own = sorted((s.start, s.end) for s in spans if s.turn_id == turn.turn_id)
        assert [start for start, _ in own] == [0, *(end for _, end in own[:-1])]
        assert own[-1][1] == len(turn.text)
    sizes = done.chunk_spans.assign(n=done.chunk_spans["end"] - done.chunk_spans["start"])
    assert (sizes.groupby("chunk_id")["n"].sum() <= 100).all()
    assert {row.chunk_id for row in CHUNKS.rows(done.chunks)} == {s.chunk_id for s in spans}
