"""reads turns -> writes chunks, chunk_spans

Documents into chunks for retrieval: neighbouring turns are packed together up to a size, a turn
longer than that is cut by LangChain's recursive splitter. The spans cover every turn completely.
"""

from collections.abc import Iterator
from typing import NamedTuple

import pandas as pd

from pipeline.config import Chunk
from pipeline.tables import CHUNK_SPANS, CHUNKS, TURNS, ChunkSpan, Turn
from pipeline.tables import Chunk as ChunkRow
from pipeline.text import stable_id


class Chunked(NamedTuple):
    """Tables written by `chunk`."""

    chunks: pd.DataFrame
    chunk_spans: pd.DataFrame


class _Piece(NamedTuple):
    """A span of a turn."""

    turn: Turn
    start: int
    end: int


def chunk(turns: pd.DataFrame, settings: Chunk) -> Chunked:
    """Return chunks of at most `max_characters` characters of speech, and what each covers."""
    chunks: list[ChunkRow] = []
    spans: list[ChunkSpan] = []
    ordered = TURNS.rows(turns.sort_values(["document_id", "position"]))
    position, document_id = 0, ""
    for pieces in _pack(ordered, settings.max_characters):
        first = pieces[0]
        position = position + 1 if first.turn.document_id == document_id else 0
        document_id = first.turn.document_id
        chunk_id = stable_id(first.turn.turn_id, first.start, pieces[-1].end)
        text = "\n".join(
            f"{piece.turn.speaker}: {piece.turn.text[piece.start : piece.end].strip()}"
            for piece in pieces
        )
        chunks.append(ChunkRow(chunk_id, document_id, position, text))
        spans += [ChunkSpan(chunk_id, p.turn.turn_id, p.start, p.end) for p in pieces]
    return Chunked(CHUNKS.frame(chunks), CHUNK_SPANS.frame(spans))


def _pack(turns: list[Turn], limit: int) -> Iterator[list[_Piece]]:
    """Yield runs of pieces of one document that fit the limit together."""
    pieces: list[_Piece] = []
    size = 0
    for turn in turns:
        for start, end in _cut(turn.text, limit):
            other = bool(pieces) and pieces[0].turn.document_id != turn.document_id
            if pieces and (other or size + end - start > limit):
                yield pieces
                pieces, size = [], 0
            pieces.append(_Piece(turn, start, end))
            size += end - start
    if pieces:
        yield pieces


def _cut(text: str, limit: int) -> list[tuple[int, int]]:
    """Return the spans of a text cut to the limit, without gaps."""
    if len(text) <= limit:
        return [(0, len(text))]
    # 0.4 s to import, and only a turn longer than a chunk needs it.
    from langchain_text_splitters import RecursiveCharacterTextSplitter  # noqa: PLC0415

    splitter = RecursiveCharacterTextSplitter(
        chunk_size=limit, chunk_overlap=0, keep_separator="end", strip_whitespace=False
    )
    spans: list[tuple[int, int]] = []
    start = 0
    for part in splitter.split_text(text):
        spans.append((start, start + len(part)))
        start += len(part)
    return spans
