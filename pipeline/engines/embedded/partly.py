"""Reading languages that are read partly: by words alone."""

import re
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from pipeline.answers import ANSWERS, GROUPS, Answer, Group
from pipeline.engines.embedded.keywords import group_by_words, match_by_words, names_thing, nouns
from pipeline.engines.embedded.languages import act_in, cut_contrasts, mood_in, outcome_in, trim
from pipeline.engines.embedded.signals import kind
from pipeline.engines.embedded.wordlists import fold, word_lists
from pipeline.methods.languages import support
from pipeline.text import stable_id

_MATCHED_CONFIDENCE = 0.6
_GROUPED_CONFIDENCE = 0.5
_INHERITED = 0.6
"""What a thing without a judgement of its own ("good prices and service") takes from its clause."""
_LISTED = re.compile(r",|;|[^\W\d_]+")
_LOUDNESS = 0.25


class _Piece(NamedTuple):
    """A span of a turn that speaks of one thing."""

    turn_id: str
    document_id: str
    start: int
    end: int
    text: str
    clause: str
    """the words around it, up to the next contrast"""


def apart(frame: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Return the rows in English, and those of each language that is read partly.

    `frame` may have a column `language`; without it all is taken for English.
    """
    if "language" not in frame:
        return frame, {}
    levels = frame["language"].map(support)
    others = frame[levels == "partly"]
    return frame[levels == "full"], {
        language: others[others["language"] == language]
        for language in sorted(set(others["language"]))
    }


def read_partly(language: str, sentences: pd.DataFrame, phrases: pd.DataFrame) -> pd.DataFrame:
    """Return ANSWERS for sentences in one language that is read partly."""
    pieces = [piece for row in _rows(sentences) for piece in _pieces(language, *row)]
    if not pieces:
        return ANSWERS.frame()
    texts = [piece.text for piece in pieces]
    own = mood_in(language, texts)
    around = mood_in(language, [piece.clause for piece in pieces])
    moods = np.where(own == 0, _INHERITED * around, own).astype(np.float32).round(3)
    touchpoints = match_by_words(language, texts, phrases)
    rows = zip(pieces, moods.tolist(), touchpoints, strict=True)
    return ANSWERS.frame(_answer(language, *row) for row in rows)


def group_partly(language: str, candidates: pd.DataFrame, phrases: pd.DataFrame) -> pd.DataFrame:
    """Return GROUPS of the candidates in one language that no touchpoint of the catalogue knows."""
    unknown = candidates[candidates["touchpoint_id"] == ""]
    quotes, ids = unknown["quote"].tolist(), unknown["mention_id"].tolist()
    named = group_by_words(language, quotes)
    names = sorted(set(named.values()))
    near = dict(zip(names, match_by_words(language, names, phrases), strict=True))
    return GROUPS.frame(
        Group(
            ids[row],
            f"{language} {name}",
            name,
            f"What customers say about “{name}” ({language}); found by its words.",
            near[name],
            _GROUPED_CONFIDENCE,
        )
        for row, name in named.items()
    )


def tag_partly(language: str, texts: list[str], phrases: pd.DataFrame) -> pd.DataFrame:
    """Return what `EmbeddedEngine.tag` does, for whole texts in one language."""
    ids = match_by_words(language, texts, phrases)
    return pd.DataFrame(
        {
            "touchpoint_id": ids,
            "confidence": [_MATCHED_CONFIDENCE if one else 0.0 for one in ids],
            "polarity": mood_in(language, texts).astype(float).round(3),
            "quote": [text if one else "" for text, one in zip(texts, ids, strict=True)],
        }
    )


def cluster_partly(language: str, texts: list[str]) -> pd.DataFrame:
    """Return what `EmbeddedEngine.cluster` does, for texts in one language."""
    named = group_by_words(language, texts)
    names = [named.get(row, "") for row in range(len(texts))]
    return pd.DataFrame(
        {"group": [f"{language} {name}" if name else "" for name in names], "name": names}
    )


def _rows(sentences: pd.DataFrame) -> Iterator[tuple[str, str, int, str]]:
    """Yield turn, document, first character and text of each sentence."""
    columns = ("turn_id", "document_id", "start", "text")
    yield from zip(*(sentences[name].tolist() for name in columns), strict=True)


def _pieces(
    language: str, turn_id: str, document_id: str, start: int, text: str
) -> Iterator[_Piece]:
    """Yield the parts of a sentence that name a thing."""
    for first, last in cut_contrasts(language, text):
        clause = text[first:last]
        for begin, end in _cut_list(language, clause):
            said = clause[begin:end]
            if nouns(language, said):
                at = start + first + begin
                yield _Piece(turn_id, document_id, at, at + len(said), said, clause)


def _cut_list(language: str, clause: str) -> list[tuple[int, int]]:
    """Return spans of a clause, cut at commas and "and"; each but a lone one names a thing."""
    spans: list[tuple[int, int]] = []
    for begin, end in _between_marks(language, clause):
        is_part = names_thing(language, clause[begin:end])
        if spans and not (is_part and names_thing(language, clause[slice(*spans[-1])])):
            begin = spans.pop()[0]  # noqa: PLW2901
        spans.append((begin, end))
    return [trim(clause, *span) for span in spans]


def _between_marks(language: str, clause: str) -> Iterator[tuple[int, int]]:
    """Yield the spans between commas and words for "and"."""
    joined_by = word_lists(language).joined_by
    begin = 0
    for match in _LISTED.finditer(clause):
        if match.group() in ",;" or fold(match.group(), language) == joined_by:
            yield begin, match.start()
            begin = match.end()
    yield begin, len(clause)


def _answer(language: str, piece: _Piece, mood: float, touchpoint_id: str) -> Answer:
    """Return the answer made of a piece."""
    outcome = outcome_in(language, piece.text)
    loud = "!" in piece.text or piece.text.isupper()
    return Answer(
        answer_id=stable_id(piece.turn_id, piece.start, piece.end),
        turn_id=piece.turn_id,
        touchpoint_id=touchpoint_id,
        kind=act_in(language, piece.text) or kind(mood, outcome),
        quote=piece.text,
        start=piece.start,
        end=piece.end,
        polarity=mood,
        intensity=round(min((1 - _LOUDNESS) * abs(mood) + _LOUDNESS * loud, 1.0), 3),
        outcome=outcome,
        confidence=_MATCHED_CONFIDENCE if touchpoint_id else 0.0,
    )
