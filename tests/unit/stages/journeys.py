"""Small ways to write documents and mentions down, and made-up journeys with known edges."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd

from pipeline import tables as t

NAN = math.nan
Journey = list[tuple[str, list[str]]]
"""Documents of one customer: when, and the touchpoints told of in order."""


def document(document_id: str, customer: str = "c1", **others) -> t.Document:
    base = t.Document(
        document_id, "call", "calls.csv", "row 1", customer, False, "", "", "phone",
        "2026-07-01T09:00:00+00:00", "en", NAN, "", "", NAN, "",
    )  # fmt: skip
    return replace(base, **others)


def mention(mention_id: str, customer: str, touchpoint: str, **others) -> t.Mention:
    """A mention in the customer's document d-<customer>, in a turn of its own."""
    quote = others.pop("quote", "It is what it is.")
    base = t.Mention(
        mention_id, f"d-{customer}", f"turn-{mention_id}", customer, touchpoint, "", "experience",
        quote, 0, len(quote), 0.0, 0.5, "unknown", 0.8, "embedded/1",
    )  # fmt: skip
    return replace(base, **others)


def touchpoint(name: str, position: int = 0, **others) -> t.Touchpoint:
    """A touchpoint whose id is its name."""
    base = t.Touchpoint(
        name, name.title(), "", "", "", "", "catalogue", "customer", NAN, position, 0, 0
    )
    return replace(base, **others)


def score(touchpoint_id: str, dimension: str, value: float, **others) -> t.Score:
    label = others.pop("label", "low")
    base = t.Score(touchpoint_id, dimension, value, value - 0.1, value + 0.1, 20, label, "", 0.6)
    return replace(base, **others)


def touchpoints(names) -> pd.DataFrame:
    return t.TOUCHPOINTS.frame(touchpoint(name, n) for n, name in enumerate(names))


def write(journeys: dict[str, Journey]) -> dict[str, pd.DataFrame]:
    """Tables of customers who tell of touchpoints in an order; an empty date is none."""
    documents, turns, mentions = [], [], []
    for customer, told in journeys.items():
        for n, (at, names) in enumerate(told):
            document_id = f"{customer}-{n}"
            documents.append(document(document_id, customer, occurred_at=at))
            for place, name in enumerate(names):
                key = f"{document_id}-{place:02}"
                turns.append(t.Turn(key, document_id, place, "customer", "", "", "..."))
                mentions.append(mention(key, customer, name, document_id=document_id, turn_id=key))
    return {
        "documents": t.DOCUMENTS.frame(documents),
        "turns": t.TURNS.frame(turns),
        "mentions": t.MENTIONS.frame(mentions),
    }


def day(n: int) -> str:
    return f"2026-07-{n + 1:02}T09:00:00+00:00"


def plant(n: int, edges: dict[str, str], names: list[str], seed: int, follow: float = 0.6):
    """Journeys at random in which `edges` are followed more often; one document a step."""
    draw = np.random.default_rng(seed)
    journeys = {}
    for customer in range(n):
        told = [str(draw.choice(names))]
        for _ in range(int(draw.integers(5, 12))):
            follows = told[-1] in edges and draw.random() < follow
            told.append(edges[told[-1]] if follows else str(draw.choice(names)))
        journeys[f"c{customer:04}"] = [(day(k), [name]) for k, name in enumerate(told)]
    return journeys


def shuffled(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.sample(frac=1, random_state=3, ignore_index=True)
