"""The vectors of all clauses, and beside them what needs none."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise
from typing import Any

import pandas as pd

from pipeline.beside import Ask, here
from pipeline.engines.embedded.acts import known_phrases, marks
from pipeline.engines.embedded.clauses import Clause, clauses, remember, split
from pipeline.engines.embedded.kept import keeps_last
from pipeline.engines.embedded.mood import manner
from pipeline.engines.embedded.surface import cues, word_use
from pipeline.engines.embedded.units import lay_out
from pipeline.engines.embedded.verdicts import verdicts
from pipeline.engines.embedding import Embedder
from pipeline.engines.engine import Progress

_AT_ONCE = 2_500
"""Sentences that are cut into clauses before the model gets them: of fewer it would make too many
batches that are not full."""
_AT_FIRST = 500
"""The same for the first: until they are cut the model has nothing to do."""
_TELLS: tuple[keeps_last[Any], ...] = (cues, word_use, marks, known_phrases, manner, verdicts)
"""What the words of a clause alone tell."""


def look_ahead(
    sentences: pd.DataFrame, embedder: Embedder, progress: Progress | None, ask: Ask = here
) -> int:
    """Have the vectors of all clauses of sentences computed; return how many clauses there are.

    The model hardly needs Python. So while it is at the first sentences the next are cut into
    clauses, and at last what the words alone tell is worked out, and kept until it is asked for:
    both by whom `ask` asks, best in another process.
    """
    if sentences.empty:
        return 0
    model = ThreadPoolExecutor(1)
    try:
        parts = [
            model.submit(embedder.embed, texts, told)
            for texts, told in _parts(sentences["text"].tolist(), progress, ask)
        ]
        texts = lay_out(sentences).texts
        for tells, answer in zip(_TELLS, ask(tell_words, texts)(), strict=True):
            tells.keep(texts, answer)
        for part in parts:
            part.result()
    finally:
        model.shutdown(cancel_futures=True)
    return len(texts)


def _parts(
    sentences: list[str], progress: Progress | None, ask: Ask
) -> Iterator[tuple[list[str], Progress]]:
    """Yield the clauses of the first sentences, then those of the next as they are cut, each with
    what tells how far all of them are."""
    bounds = list(pairwise(_bounds(len(sentences))))
    # The first are cut here: nobody could be quicker.
    cutting = [(ask if first else here)(cut, sentences[first:last]) for first, last in bounds]
    for (first, last), found in zip(bounds, cutting, strict=True):
        own = sentences[first:last]
        remember(own, found())
        yield _clauses(own), partial(_tell, progress, (first, last, len(sentences)))


def cut(sentences: list[str]) -> list[tuple[Clause, ...]]:
    """Return the clauses of each sentence; who asked for them is to keep them."""
    return [split(sentence) for sentence in sentences]


def tell_words(texts: list[str]) -> list[object]:
    """Return what the words of clauses alone tell, in the order of `_TELLS`."""
    return [tells.function(texts) for tells in _TELLS]


def _bounds(n_sentences: int) -> list[int]:
    """Return where the parts begin that the model gets one by one, and where the last one ends."""
    return [0, *range(_AT_FIRST, n_sentences, _AT_ONCE), n_sentences]


def _clauses(sentences: list[str]) -> list[str]:
    """Return the texts of the clauses of sentences, once each and sorted."""
    return sorted({text[one.start : one.end] for text in sentences for one in clauses(text)})


def _tell(progress: Progress | None, part: tuple[int, int, int], done: int, of: int) -> None:
    """Tell how far all sentences are, when so many clauses of a part (first, last, of all) are."""
    first, last, total = part
    if progress:
        progress(first + done * (last - first) // of, total)
