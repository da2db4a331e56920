"""What every engine can do: read clauses, group what the catalogue does not know, name pains and
propose improvements. The stages around it check, count and give ids; they never see a model."""

from collections.abc import Callable
from typing import NamedTuple, Protocol

import pandas as pd

from pipeline.beside import Ask, here
from pipeline.briefs import Brief, Proposal
from pipeline.engines.embedding import Matrix
from pipeline.tables import LEDGER, REJECTS

Progress = Callable[[int, int], None]


class Reading(NamedTuple):
    """What an engine read in the sentences."""

    answers: pd.DataFrame
    answer_links: pd.DataFrame
    rejects: pd.DataFrame = REJECTS.frame()
    """sentences that the engine could not read, with the reason"""


UNANSWERED = frozenset(
    {
        "provider_busy", "provider_failed", "provider_rejected", "refused", "malformed_answer",
        "no_answer", "answer_too_long", "too_long_for_model",
    }
)  # fmt: skip
"""Reasons of rejects for which a model is to blame, not what customers wrote."""


class Aftermath(NamedTuple):
    """What an engine's work since the last time took, and what it could not do."""

    ledger: pd.DataFrame = LEDGER.frame()
    """a row for each answer of a language model"""
    rejects: pd.DataFrame = REJECTS.frame()
    """what was asked in vain, beside sentences"""
    is_settled: bool = True
    """False when another run may get answers that this one did not"""


class Engine(Protocol):
    """The one interface of the embedded and the language model engine."""

    name: str
    examples: tuple[str, ...]
    """Texts the engine was shown as examples: no quote may come from them."""
    staff_characters: int
    """How much it wants to see of what staff said right before a customer."""
    has_endpoint_vectors: bool
    """Whether an endpoint is asked for the vectors of `embed`."""
    has_clauses: bool
    """Whether `warm` has the vectors of clauses made, else it has those of whole sentences."""

    def begin(self, step: str) -> None:
        """Note which step asks from now on, for the ledger."""

    def unread(self, language: str) -> str:
        """Return why texts in a language (ISO 639-1) are not read, '' when they are."""

    def warm(self, sentences: pd.DataFrame, progress: Progress | None, ask: Ask = here) -> int:
        """Compute what can be computed ahead for these sentences; return how many were new.

        `ask` has a function called, it may be in another process.
        """

    def read(
        self,
        sentences: pd.DataFrame,
        catalogue_phrases: pd.DataFrame,
        progress: Progress | None = None,
    ) -> Reading:
        """Return quotes with touchpoint ('' when the catalogue has none) and causal links.

        `sentences` has, beside its own columns, the language of the document, the position of the
        turn in it, and staff: the end of what staff said right before the turn.
        """

    def group(
        self, candidates: pd.DataFrame, catalogue_phrases: pd.DataFrame, ask: Ask = here
    ) -> pd.DataFrame:
        """Return GROUPS of the candidates that are about the same thing; the rest is left out.

        `candidates` has the column language of their documents; `ask` as for `warm`.
        """

    def group_pains(self, mentions: pd.DataFrame, touchpoints: pd.DataFrame) -> pd.DataFrame:
        """Return GROUPS of painful mentions that tell the same problem of one touchpoint."""

    def same_thing(self, before: pd.DataFrame, now: pd.DataFrame) -> dict[str, str]:
        """Match groups of quotes (columns group, quote) of two periods: group now -> before."""

    def embed(self, texts: list[str]) -> Matrix:
        """Return unit vectors of texts, for retrieval."""

    def embed_locally(self, texts: list[str]) -> Matrix:
        """Return the embedded model's unit vectors of texts: nobody is asked for them."""

    def propose(self, briefs: list[Brief]) -> list[Proposal]:
        """Return five proposals for each brief."""

    def drain(self) -> Aftermath:
        """Return what the work since the last call took and left undone, each thing once."""

    def prompts(self) -> dict[str, str]:
        """Return the sha256 of each prompt that the engine uses, by its name and version."""
