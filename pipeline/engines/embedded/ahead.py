"""The vectors of all clauses, and beside them what needs none."""

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import pairwise

import pandas as pd

from pipeline.engines.embedded.acts import known_phrases, marks
from pipeline.engines.embedded.surface import cues, word_use
from pipeline.engines.embedded.units import lay_out
from pipeline.engines.embedding import Embedder
from pipeline.engines.engine import Progress

_AT_ONCE = 2_500
"""Sentences that are cut into clauses before the model gets them: of fewer it would make too many
batches that are not full."""
_AT_FIRST = 500
"""The same for the first: until they are cut the model has nothing to do."""
_TURN_SECONDS = 0.0005
"""How long one thread may keep Python from another that waits for it, while the model is at work.
A batch takes 15 ms and needs Python a few times for a moment: at Python's own 5 ms the model would
wait a third of the time for who works with words."""
_TELLS: tuple[Callable[[list[str]], object], ...] = (cues, word_use, marks, known_phrases)
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
        with _short_turns():
            parts = [
                model.submit(embedder.embed, *_part(sentences, first, last, progress))
                for first, last in pairwise(_bounds(len(sentences)))
            ]
            texts = lay_out(sentences).texts
            for tell in _TELLS:
                tell(texts)
        for part in parts:
            part.result()
    finally:
        model.shutdown(cancel_futures=True)
    return len(texts)


@contextmanager
def _short_turns() -> Iterator[None]:
    """Have threads that compete for Python take turns more often within the block."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(_TURN_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)


def _bounds(n_sentences: int) -> list[int]:
    """Return where the parts begin that the model gets one by one, and where the last one ends."""
    return [0, *range(_AT_FIRST, n_sentences, _AT_ONCE), n_sentences]


def _part(
    sentences: pd.DataFrame, first: int, last: int, progress: Progress | None
) -> tuple[list[str], Progress]:
    """Return the clauses of some of the sentences, and what tells how far all of them are."""
    part = sentences.iloc[first:last]

    def tell(done: int, total: int) -> None:
        if progress:
            progress(first + done * len(part) // total, len(sentences))

    return sorted(set(lay_out(part).texts)), tell
