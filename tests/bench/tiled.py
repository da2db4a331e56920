"""A run of many customers, made of copies of a small one.

Every copy has customers, documents, turns and mentions of its own; no two copies have a text in
common, though all say the same. Each touchpoint is several, and what one document tells of it goes
to one of them. In every other copy a third of the customers are those of the copy before, so that
some tell of themselves in a dozen documents; dates move by up to a week, so that orders differ.
"""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from zlib import crc32

import pandas as pd

from pipeline.schema import Tables
from pipeline.tables import ALL

_OF_TURNS = (
    "documents", "attributes", "turns", "sentences", "chunks", "chunk_spans", "candidates",
    "causes", "found_mentions", "mentions", "remainder", "rejects",
)  # fmt: skip
"""Tables whose rows are copied with the customers."""
_OF_TOUCHPOINTS = (
    "catalogue", "catalogue_phrases", "found_touchpoints", "touchpoints", "found_aliases",
    "aliases", "found_pain_points", "pain_points",
)  # fmt: skip
"""Tables whose rows are copied with the touchpoints."""
_OWN_IDS = (
    "document_id", "turn_id", "sentence_id", "chunk_id", "mention_id", "customer_id",
    "cause_mention_id", "effect_mention_id", "duplicate_of", "row_id",
)  # fmt: skip
_QUOTED = ("quote_mention_id", "mention_id")
_SPACES = " \t\n\r\x0b\x0c"
"""Texts differ in their white space alone: no pattern of a stage sees it, every cache does."""
_AFTER_LETTERS = [re.compile(f"(?<=[{letters}]) ") for letters in ("a-h", "i-q", "r-z")]


def tile(tables: Tables, n_mentions: int, n_touchpoints: int) -> Tables:
    """Return tables with at least so many mentions, spread over so many touchpoints."""
    n = -(-n_mentions // len(tables["mentions"]))
    parts = _parts(tables["touchpoints"]["touchpoint_id"].tolist(), n_touchpoints)
    found = dict(tables)
    for name in set(_OF_TURNS) & tables.keys():
        copies = [_copy(tables[name], k, parts) for k in range(n)]
        found[name] = ALL[name].check(pd.concat(copies, ignore_index=True))
    for name in set(_OF_TOUCHPOINTS) & tables.keys():
        found[name] = ALL[name].check(_split(tables[name], parts))
    for name in tables.keys() - {*_OF_TURNS, *_OF_TOUCHPOINTS}:
        found[name] = _as_first(tables[name])
    return found


def _parts(touchpoint_ids: list[str], n: int) -> dict[str, int]:
    """Return into how many each touchpoint is divided."""
    ids = sorted(touchpoint_ids)
    each, more = divmod(n, len(ids))
    return {key: max(1, each + (place < more)) for place, key in enumerate(ids)}


def _part(key: str, n: int) -> str:
    """Return the id of the n-th of the touchpoints that one is divided into."""
    return f"{key}-{n}" if key and n else key


def _own(key: str, n: int) -> str:
    """Return the id of a row in the n-th copy."""
    return f"{key}-{n:02}" if key else ""


def _person(customer: str, n: int) -> str:
    """Return the id of a customer in the n-th copy: often that of the copy before."""
    is_known = n % 2 == 1 and crc32(f"{customer}{n}".encode()) % 3 == 0
    return _own(customer, n - is_known)


def _copy(frame: pd.DataFrame, n: int, parts: Mapping[str, int]) -> pd.DataFrame:
    """Return the n-th copy of rows that belong to customers."""
    ids = [name for name in _OWN_IDS if name in frame]
    new = {name: [_own(key, n) for key in frame[name]] for name in ids}
    new |= {name: [_said(text, n) for text in frame[name]] for name in ("text", "quote")
            if name in frame}  # fmt: skip
    if "customer_id" in frame:
        new["customer_id"] = [_person(key, n) for key in frame["customer_id"]]
    if "occurred_at" in frame:
        pairs = zip(frame["occurred_at"], new["document_id"], strict=True)
        new["occurred_at"] = [_moved(at, key) for at, key in pairs]
    if "touchpoint_id" in frame:
        pairs = zip(frame["touchpoint_id"], new["document_id"], strict=True)
        which = [crc32(f"{key}{one}".encode()) % parts.get(key, 1) for key, one in pairs]
        for name in ("touchpoint_id", "pain_point_id"):
            if name in frame:
                new[name] = [_part(key, k) for key, k in zip(frame[name], which, strict=True)]
    return frame.assign(**new)


def _said(text: str, n: int) -> str:
    """Return a text in the n-th copy, as long as it was."""
    for after in _AFTER_LETTERS:
        n, which = divmod(n, len(_SPACES))
        text = after.sub(_SPACES[which], text)
    return text


def _moved(at: str, document_id: str) -> str:
    """Return a time up to a week earlier or later; '' stays so."""
    days = timedelta(days=crc32(document_id.encode()) % 15 - 7)
    return (date.fromisoformat(at[:10]) + days).isoformat() + at[10:] if at else ""


def _split(frame: pd.DataFrame, parts: Mapping[str, int]) -> pd.DataFrame:
    """Return the rows of each of the touchpoints that one is divided into."""
    copies = []
    for n in range(max(parts.values())):
        copy = frame[frame["touchpoint_id"].map(lambda key, n=n: n < parts.get(key, 1))]
        new = {name: [_part(key, n) for key in copy[name]] for name in
               ("touchpoint_id", "pain_point_id") if name in copy}  # fmt: skip
        if n and "name" in copy:
            new["name"] = [f"{name} {n + 1}" for name in copy["name"]]
        copies.append(_as_first(copy.assign(**new)))
    return pd.concat(copies, ignore_index=True)


def _as_first(frame: pd.DataFrame) -> pd.DataFrame:
    """Return rows that name mentions and are not copied with them: they name the first copies."""
    new = {name: [_own(key, 0) for key in frame[name]] for name in _QUOTED if name in frame}
    return frame.assign(**new)
