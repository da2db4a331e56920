"""The vectors of all clauses, and beside them what needs none."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pandas as pd

from pipeline.engines.embedded.acts import marks
from pipeline.engines.embedded.surface import cues, word_use
from pipeline.engines.embedded.units import lay_out
from pipeline.engines.embedding import Embedder
from pipeline.engines.engine import Progress

_AT_ONCE = 2_500
"""Sentences that are cut into clauses before the model gets them: of fewer it would make too many
batches that are not full."""
_TELLS: tuple[Callable[[list[str]], object], ...] = (cues, word_use, marks)
"""What the words of a clause alone tell."""


def look_ahead(sentences: pd.DataFrame, embedder: Embedder, progress: Progress | None) -> int:
    """Have the vectors of all clauses of sentences computed; return how many clauses there are.

    The model hardly needs Python. So while it is at the first sentences the next are cut into
    clauses, and at last what the words alone tell is worked out, and kept until it is asked for.
    """
    if sentences.empty:
        return 0
    model = ThreadPoolExecutor(1)
    try:
        parts = [
            model.submit(embedder.embed, *_part(sentences, at, progress))
            for at in range(0, len(sentences), _AT_ONCE)
        ]
        texts = lay_out(sentences).texts
        for tell in _TELLS:
            tell(texts)
        for part in parts:
            part.result()
    finally:
        model.shutdown(cancel_futures=True)
    return len(texts)


def _part(
    sentences: pd.DataFrame, at: int, progress: Progress | None
) -> tuple[list[str], Progress]:
    """Return the clauses of some of the sentences, and what tells how far all of them are."""
    part = sentences.iloc[at : at + _AT_ONCE]

    def tell(done: int, total: int) -> None:
        if progress:
            progress(at + done * len(part) // total, len(sentences))

    return sorted(set(lay_out(part).texts)), tell
