"""What a model is not shown: sentences that the embedded engine is sure carry nothing."""

import pandas as pd

from pipeline.engines.embedded.engine import EmbeddedEngine
from pipeline.tables import REJECTS, Reject

SURELY_EMPTY = 0.05
"""A sentence is not shown to the model if neither the whole nor a clause of it carries a touchpoint
with more than this probability. The largest round figure that loses less than 1 % of the turns with
an intent in chats kept for development (tests/bench/test_skip.py); it saves half of their tokens.
"""


class Skipper:
    """Tells which sentences are worth showing, and remembers it."""

    def __init__(self, embedded: EmbeddedEngine, *, is_on: bool) -> None:
        """Unless it is on, all sentences are worth showing."""
        self._embedded = embedded
        self._is_on = is_on
        self._is_empty: dict[str, bool] = {}

    def look(self, sentences: pd.DataFrame) -> list[bool]:
        """Return of each sentence whether it surely carries nothing; each is looked at once.

        `sentences` may have the column language of their documents.
        """
        if not self._is_on:
            return [False] * len(sentences)
        languages = sentences.get("language", pd.Series("", index=sentences.index))
        keys = (languages + " " + sentences["text"]).tolist()
        new = {key: row for row, key in enumerate(keys) if key not in self._is_empty}
        rows = sentences.iloc[list(new.values())]
        found = self._embedded.surely_empty(rows, SURELY_EMPTY)
        self._is_empty |= dict(zip(new, found, strict=True))
        return [self._is_empty[key] for key in keys]

    def carrying(self, sentences: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return the sentences worth showing, with their place in the turn, and the others as
        rejects."""
        ordered = sentences.sort_values(["document_id", "position", "start"])
        placed = ordered.assign(place=ordered.groupby("turn_id").cumcount())
        is_empty = pd.Series(self.look(placed), index=placed.index, dtype=bool)
        rejects = [
            Reject(sentence_id, "extract", "carries_nothing", "not shown to the model")
            for sentence_id in placed.loc[is_empty, "sentence_id"].tolist()
        ]
        return placed[~is_empty], REJECTS.frame(rejects)
