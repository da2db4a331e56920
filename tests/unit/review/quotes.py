"""Runs of a few touchpoints whose quotes say what a test needs, and decisions about them."""

import json
import zlib
from collections.abc import Mapping, Sequence

import numpy as np

from pipeline import tables as t
from pipeline.publish.lookup import look_up
from pipeline.review.state.view import View
from tests.example_run import build_example, nothing

WORDS = 64
NAN = float("nan")
PRIORITY = {
    "rank": 1, "rank_low": 1, "rank_high": 1, "p_top3": 1.0, "impact": 0.3, "confidence": 0.5,
    "effort": 3.0, "effort_basis": "assumed", "priority": 0.1, "is_chosen": True,
    "is_quick_win": False, "reason": "",
}  # fmt: skip
"""A priority but for its touchpoint, reach and severity."""


def embed(texts: Sequence[str]) -> np.ndarray:
    """Unit vectors of bags of words: texts that share words are near each other."""
    out = np.zeros((len(texts), WORDS), dtype=np.float32)
    for row, text in enumerate(texts):
        for word in text.lower().replace(".", "").split():
            seed = zlib.crc32(word.rstrip("s").encode())
            out[row] += np.random.default_rng(seed).normal(size=WORDS)
    return out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-9)


def point(key: str, name: str, **fields: object) -> t.Touchpoint:
    known = {
        "definition": "", "stage": "", "channel": "", "owner": "", "origin": "discovered",
        "audience": "customer", "effort": NAN, "position": 0, "n_customers": 0,
        "n_mentions": 0,
    }  # fmt: skip
    return t.Touchpoint(touchpoint_id=key, name=name, **(known | fields))


def mention(key: str, at: str, quote: str, **fields: object) -> t.Mention:
    known = {
        "document_id": f"doc-{key}", "turn_id": f"turn-{key}", "customer_id": f"C-{key}",
        "pain_point_id": "", "kind": "pain", "start": 0, "end": len(quote), "polarity": -0.5,
        "intensity": 0.5, "outcome": "failed", "confidence": 0.9, "engine": "embedded-1",
    }  # fmt: skip
    return t.Mention(mention_id=key, touchpoint_id=at, quote=quote, **(known | fields))


def edge(**fields: object) -> t.Edge:
    """A link that one customer stated, from touchpoint a to b."""
    known = {
        "edge_id": "e", "source_id": "a", "target_id": "b", "kind": "influences", "step": "stated",
        "n_customers": 1, "n_expected": NAN, "lift": NAN, "p_value": NAN, "q_value": NAN,
        "strength": 0.5, "is_shown": True, "review": "",
    }  # fmt: skip
    return t.Edge(**(known | fields))


def document(mention: t.Mention, kind: str = "review") -> t.Document:
    return t.Document(
        document_id=mention.document_id, kind=kind, path="a.csv", locator="row 1",
        customer_id=mention.customer_id, is_anonymous=False, account_id="", segment="", channel="",
        occurred_at="2026-08-01T00:00:00+00:00", language="en", score=NAN, score_kind="",
        outcome="", value=NAN, duplicate_of="",
    )  # fmt: skip


def run(
    points: Sequence[t.Touchpoint],
    quotes: Mapping[str, Sequence[str]] | Sequence[t.Mention],
    decisions: Sequence[t.Decision] = (),
    version: str = "1",
    **tables: object,
) -> View:
    """Return a view of touchpoints with their quotes, by touchpoint_id, each by a new customer."""
    mentions = (
        [mention(f"{k}-{n}", k, q) for k, own in quotes.items() for n, q in enumerate(own)]
        if isinstance(quotes, Mapping)
        else list(quotes)
    )
    frames = nothing()
    once = {m.document_id: document(m) for m in mentions}
    frames |= {
        "touchpoints": t.TOUCHPOINTS.frame(points),
        "mentions": t.MENTIONS.frame(mentions),
        "documents": t.DOCUMENTS.frame(once.values()),
    }
    frames |= {name: t.ALL[name].frame(rows) for name, rows in tables.items()}
    return View(
        tables=frames, lookup=look_up(frames), decisions=tuple(decisions), base=frames,
        stale=frozenset(), manifest=build_example()[1], version=version,
    )  # fmt: skip


def decided(
    action: str, target: str, argument: Mapping[str, object] | None = None, **fields: object
) -> t.Decision:
    """A decision that holds; `n` gives its place in time."""
    n = fields.pop("n", 1)
    known = {
        "decision_id": f"d{n}", "at": f"2026-10-01T10:00:00.{n:06}+00:00", "who": "Ann",
        "before": "{}", "reason": "", "period": "2026Q3", "state": "applied", "note": "",
    }  # fmt: skip
    return t.Decision(
        action=action, target_id=target,
        argument=json.dumps(argument or {}, sort_keys=True), **(known | fields),
    )  # fmt: skip
