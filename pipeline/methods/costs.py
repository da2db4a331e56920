"""tables of a run -> what the answers of a language model cost, by document."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import pandas as pd

from pipeline.config import EngineChoice, Price
from pipeline.schema import Tables
from pipeline.tables import DOCUMENTS

_READING = ("embed", "extract")
"""The steps whose calls hold documents; the others ask about what was found in all of them."""
_ASKING = (*_READING, "resolve", "decide", "compare", "hypothesize")
_MILLION = 1_000_000


class StepCost(NamedTuple):
    """What the answers to one step took."""

    step: str
    answers: int
    kept: int
    """Paid by an earlier run."""
    prompt_tokens: int
    completion_tokens: int
    cost: float


class DocumentCost(NamedTuple):
    """One document's share of the answers to the calls it was in."""

    document_id: str
    kind: str
    place: str
    """file and place in it"""
    prompt_tokens: float
    completion_tokens: float
    cost: float


def worth(ledger: pd.DataFrame, prices: Mapping[str, Price]) -> pd.Series:
    """Return what each answer cost; one from the cache at its model's price, for it was paid
    before. Without a price that is 0 for those.
    """
    prompt, completion = (
        ledger["model"].map({m: getattr(price, part) for m, price in prices.items()}).astype(float)
        for part in ("prompt", "completion")
    )
    tokens = ledger["prompt_tokens"] * prompt + ledger["completion_tokens"] * completion
    kept = (tokens / _MILLION).fillna(ledger["cost"])
    return ledger["cost"].where(~ledger["cached"], kept)


def step_costs(tables: Tables, prices: Mapping[str, Price]) -> list[StepCost]:
    """Return what the answers to each step took and cost, whoever paid them, in order of steps."""
    ledger = tables["ledger"]
    costs = ledger.assign(cost=worth(ledger, prices))
    return [
        StepCost(
            step, len(own), int(own["cached"].sum()), int(own["prompt_tokens"].sum()),
            int(own["completion_tokens"].sum()), float(own["cost"].sum()),
        )
        for step in _ASKING
        if len(own := costs[costs["stage"] == step])
    ]  # fmt: skip


def prices_of(settings: Mapping[str, Any]) -> Mapping[str, Price]:
    """Return the prices of models that the settings in a manifest name."""
    return EngineChoice.model_validate(settings.get("engine", {})).llm.prices


def document_costs(tables: Tables, prices: Mapping[str, Price]) -> list[DocumentCost]:
    """Return each document that the model read with its share of the step's tokens and cost.

    Calls are filled alike, so that a document's part of all that was shown is its part of the cost.
    """
    ledger = tables["ledger"]
    ledger = ledger[ledger["stage"].isin(_READING)]
    shares = _shown(tables)
    if ledger.empty or shares.empty:
        return []
    prompt, completion = ledger["prompt_tokens"].sum(), ledger["completion_tokens"].sum()
    cost = float(worth(ledger, prices).sum())
    return [
        DocumentCost(
            document.document_id, document.kind, f"{document.path} {document.locator}".strip(),
            float(prompt * share), float(completion * share), cost * share,
        )
        for document in DOCUMENTS.rows(tables["documents"])
        if (share := float(shares.get(document.document_id, 0.0)))
    ]  # fmt: skip


def _shown(tables: Tables) -> pd.Series:
    """Return each document's share of the characters that the model was shown."""
    turns, sentences, rejects = tables["turns"], tables["sentences"], tables["rejects"]
    said = turns.loc[turns["speaker"] == "customer", "turn_id"]
    empty = rejects.loc[rejects["reason"] == "carries_nothing", "row_id"]
    shown = sentences[sentences["turn_id"].isin(said) & ~sentences["sentence_id"].isin(empty)]
    sizes = shown["text"].str.len().groupby(shown["document_id"]).sum()
    return sizes / max(float(sizes.sum()), 1.0)
