"""reads documents, turns -> writes sentences, rejects

Turns into sentences. Documents that repeat another, or whose language the engine does not read, are
left out here, once for all later stages.
"""

from collections.abc import Callable
from typing import NamedTuple

import pandas as pd

from pipeline.config import Segment
from pipeline.methods.languages import UNREAD
from pipeline.tables import REJECTS, SENTENCES, Reject, Sentence
from pipeline.text import sentence_spans, stable_id


class Segmented(NamedTuple):
    """Tables written by `segment`."""

    sentences: pd.DataFrame
    rejects: pd.DataFrame


def _reads_all(_: str) -> str:
    """Say of every language that it is read."""
    return ""


def segment(
    documents: pd.DataFrame,
    turns: pd.DataFrame,
    settings: Segment,
    unread: Callable[[str], str] = _reads_all,
) -> Segmented:
    """Return the sentences of every turn; repeated documents and empty turns are rejects.

    `unread` tells why a language is not read ('' when it is): its documents are rejects too.
    """
    language = dict(zip(documents["document_id"], documents["language"], strict=True))
    original = dict(zip(documents["document_id"], documents["duplicate_of"], strict=True))
    rejects: list[Reject] = []
    rows: list[Sentence] = []
    columns = (turns[name].tolist() for name in ("turn_id", "document_id", "text"))
    for turn_id, document_id, text in zip(*columns, strict=True):
        if original.get(document_id):
            detail = f"its document repeats document {original[document_id]}"
            rejects.append(Reject(turn_id, "segment", "duplicate", detail))
            continue
        if why := unread(language.get(document_id, "")):
            rejects.append(Reject(turn_id, "segment", UNREAD, why))
            continue
        spans = sentence_spans(text, language.get(document_id, ""), settings.max_characters)
        rows += [
            Sentence(
                stable_id(turn_id, start, end), turn_id, document_id, start, end, text[start:end]
            )
            for start, end in spans
        ]
        if not spans:
            rejects.append(Reject(turn_id, "segment", "no_text", "the turn holds only white space"))
    return Segmented(SENTENCES.frame(rows), REJECTS.frame(rejects))
