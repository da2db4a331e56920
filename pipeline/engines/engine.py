"""What every engine can do: read clauses, group what the catalogue does not know, name pains and
propose improvements. The stages around it check, count and give ids; they never see a model."""

from collections.abc import Callable
from typing import NamedTuple, Protocol

import pandas as pd

from pipeline.briefs import Brief, Proposal
from pipeline.engines.embedding import Matrix

Progress = Callable[[int, int], None]


class Reading(NamedTuple):
    """What an engine read in the sentences."""

    answers: pd.DataFrame
    answer_links: pd.DataFrame


class Engine(Protocol):
    """The one interface of the embedded and the language model engine."""

    name: str

    def unread(self, language: str) -> str:
        """Return why texts in a language (ISO 639-1) are not read, '' when they are."""

    def warm(self, sentences: pd.DataFrame, progress: Progress | None) -> int:
        """Compute what can be computed ahead for these sentences; return how many were new."""

    def read(self, sentences: pd.DataFrame, catalogue_phrases: pd.DataFrame) -> Reading:
        """Return quotes with touchpoint ('' when the catalogue has none) and causal links.

        `sentences` has the column language of their documents.
        """

    def group(self, candidates: pd.DataFrame, catalogue_phrases: pd.DataFrame) -> pd.DataFrame:
        """Return GROUPS of the candidates that are about the same thing; the rest is left out.

        `candidates` has the column language of their documents.
        """

    def group_pains(self, mentions: pd.DataFrame) -> pd.DataFrame:
        """Return GROUPS of the painful mentions of one touchpoint that tell the same problem."""

    def same_thing(self, before: pd.DataFrame, now: pd.DataFrame) -> dict[str, str]:
        """Match groups of quotes (columns group, quote) of two periods: group now -> before."""

    def embed(self, texts: list[str]) -> Matrix:
        """Return unit vectors of texts, for retrieval."""

    def propose(self, briefs: list[Brief]) -> list[Proposal]:
        """Return five proposals for each brief."""
