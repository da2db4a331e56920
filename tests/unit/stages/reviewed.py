"""A small run under review: what was found, decisions about it, and vectors of its words."""

import json
import math
import re
from zlib import crc32

import numpy as np

from pipeline import tables as t

NAN = math.nan
PERIOD = "2026Q3"
# mention_id, touchpoint_id ('' none), pain_point_id, customer, quote
SAID = (
    ("l1", "letter", "late", "C1", "the price letter came late"),
    ("l2", "letter", "late", "C2", "your price letter was late again"),
    ("l3", "letter", "", "C3", "a letter about the new price"),
    ("l4", "letter", "", "C4", "the postage stamp on the parcel"),
    ("l5", "letter", "", "C5", "a parcel with a postage stamp"),
    ("l6", "letter", "", "C1", "no stamp on my parcel postage due"),
    ("b1", "billing", "late2", "C1", "the bill came late"),
    ("b2", "billing", "late2", "C2", "this bill is late"),
    ("b3", "billing", "", "C6", "a bill i can read"),
    ("c1", "chat", "slow", "C2", "the chat is slow"),
    ("c2", "chat", "slow", "C3", "slow chat again"),
    ("r1", "", "", "C1", "the garden was sunny today"),
    ("r2", "", "", "C2", "sunny garden today"),
    ("r3", "", "", "C3", "nothing to add"),
)
NAMES = {"letter": "Letter", "billing": "Bill", "chat": "Chat"}
PAINS = {"late": ("letter", "Late"), "late2": ("billing", "late"), "slow": ("chat", "slow")}
PAINFUL = frozenset({"l1", "l2", "b1", "b2", "c1", "c2"})
DIMENSIONS = 256


def vectors(texts):
    """Unit vectors in which each word is a direction of its own."""
    out = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
    for row, text in enumerate(texts):
        for word in re.findall(r"\w+", text.lower()):
            if len(word) > 2:
                out[row, crc32(word.encode()) % DIMENSIONS] += 1.0
    lengths = np.linalg.norm(out, axis=1, keepdims=True)
    return out / np.maximum(lengths, 1e-9)


def build(said=SAID, names=NAMES, aliases=(("letter", "Mail"),)):
    """The tables that `decide` reads."""
    mentions = [_mention(n, *row) for n, row in enumerate(said)]
    placed = [m for m in mentions if m.touchpoint_id]
    left = [m for m in mentions if not m.touchpoint_id]
    pains = {p: at for p, at in PAINS.items() if any(m.pain_point_id == p for m in placed)}
    return {
        "candidates": t.CANDIDATES.frame(_candidate(m) for m in mentions),
        "found_mentions": t.MENTIONS.frame(placed),
        "found_touchpoints": t.TOUCHPOINTS.frame(
            t.Touchpoint(
                key, name, f"What customers say about {name}", "", "", "", "discovered",
                "customer", NAN, n, *_count(placed, "touchpoint_id", key),
            )
            for n, (key, name) in enumerate(names.items())
        ),
        "found_aliases": t.ALIASES.frame(t.Alias(*pair) for pair in aliases if pair[0] in names),
        "found_pain_points": t.PAIN_POINTS.frame(
            t.PainPoint(key, at, name, *_count(placed, "pain_point_id", key), 0.75,
                        min(m.mention_id for m in placed if m.pain_point_id == key))
            for key, (at, name) in pains.items()
        ),
        "remainder": t.REMAINDER.frame(
            t.Reject(m.mention_id, "resolve", "unassigned", m.quote) for m in left
        ),
    }  # fmt: skip


def _mention(n, mention_id, touchpoint_id, pain_point_id, customer, quote):
    kind = "pain" if mention_id in PAINFUL else "experience"
    outcome = "failed" if mention_id in PAINFUL else "unknown"
    return t.Mention(
        mention_id, f"d{n}", f"t{n}", customer, touchpoint_id, pain_point_id, kind, quote, 0,
        len(quote), -0.5, 0.5, outcome, 0.8, "made up",
    )  # fmt: skip


def _candidate(mention):
    fields = {name: getattr(mention, name) for name in t.CANDIDATES.columns if name != "label"}
    return t.Candidate(**fields)


def _count(mentions, column, key):
    own = [m for m in mentions if getattr(m, column) == key]
    return len({m.customer_id for m in own}), len(own)


class Log:
    """Decisions in the order in which they are made."""

    def __init__(self):
        self.rows = []

    def __call__(self, action, target, /, reason="", period=PERIOD, before=None, **argument):
        number = len(self.rows)
        self.rows.append(
            t.Decision(
                f"k{number:03}", f"2026-10-01T00:00:00.{number:06}+00:00", "Ann", action, target,
                json.dumps(argument, sort_keys=True), json.dumps(before or {}, sort_keys=True),
                reason, period, "", "",
            )
        )  # fmt: skip
        return self.rows[-1].decision_id

    @property
    def frame(self):
        return t.DECISIONS.frame(self.rows)


def place(mention_id, said=SAID):
    """Where a quote stands, as an argument."""
    n, quote = next((n, row[-1]) for n, row in enumerate(said) if row[0] == mention_id)
    return {"turn_id": f"t{n}", "start": 0, "end": len(quote)}
