"""Quotes and their vectors, whichever model made these → the problems among them, and which groups
of two periods are one."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from pipeline.answers import GROUPS, Group
from pipeline.engines.embedded.alike import (
    Told,
    directions,
    kinds_of_trouble,
    look_along,
    told_apart,
    told_by_kind,
)
from pipeline.engines.embedded.complaints import Complaints, find_problems
from pipeline.engines.embedded.faults import kinds_said, read_faults
from pipeline.engines.embedding import Embedder, Labels, Matrix

Embed = Callable[[list[str]], Matrix]

_SAME_THING = 0.72
"""Least cosine of two groups' centres, of two periods, for them to be the same touchpoint."""


def group_pains(
    mentions: pd.DataFrame, touchpoints: pd.DataFrame, embedder: Embedder
) -> pd.DataFrame:
    """Return GROUPS of the painful mentions of each touchpoint by problem, named by a customer's
    words. `touchpoints` has the columns touchpoint_id and name."""
    if mentions.empty:
        return GROUPS.frame()
    vectors = embedder.both(mentions["quote"].tolist())
    lie = look_along(vectors, directions())
    rows = _by_touchpoint(mentions)
    called = dict(zip(touchpoints["touchpoint_id"], touchpoints["name"], strict=True))
    names = [called.get(one, "") for one in rows]
    said = read_faults(mentions["quote"].tolist())
    complaints = [
        _complaints(
            mentions, own, vectors.sentence, told_apart(lie[own], at, said.of(own)), said.kinds
        )
        for own, at in zip(rows.values(), _where_names_lie(names, embedder), strict=True)
    ]
    named = [own._replace(called=name) for own, name in zip(complaints, names, strict=True)]
    return _named(mentions, named, embedder.embed)


def group_pains_elsewhere(mentions: pd.DataFrame, embed: Embed) -> pd.DataFrame:
    """Return the same by the vectors of another model, for which no directions are known."""
    if mentions.empty:
        return GROUPS.frame()
    quotes = mentions["quote"].tolist()
    vectors, kinds, said = embed(quotes), kinds_of_trouble(embed), kinds_said(quotes)
    usual = vectors.mean(axis=0)
    complaints = [
        _complaints(mentions, own, vectors, told_by_kind(vectors[own], kinds, usual), said)
        for own in _by_touchpoint(mentions).values()
    ]
    return _named(mentions, complaints, embed)


def _by_touchpoint(mentions: pd.DataFrame) -> dict[str, Labels]:
    """Return the row numbers of each touchpoint's mentions."""
    rows = mentions.groupby("touchpoint_id").indices
    return {str(key): np.asarray(own, dtype=np.int64) for key, own in rows.items()}


def _where_names_lie(names: list[str], embedder: Embedder) -> Matrix:
    """Return where the names of touchpoints lie, one row each; a name not known says nothing."""
    lie = look_along(embedder.both(names), directions())
    lie[[not name for name in names]] = 0
    return lie


def _complaints(
    mentions: pd.DataFrame, own: Labels, vectors: Matrix, told: Told, said: Matrix
) -> Complaints:
    """Return the complaints of one touchpoint, rows `own` of the mentions."""
    rows = mentions.iloc[own]
    quotes, polarity = rows["quote"].tolist(), rows["polarity"].to_numpy()
    return Complaints(quotes, vectors[own], polarity, *told, said[own])


def _named(mentions: pd.DataFrame, complaints: list[Complaints], embed: Embed) -> pd.DataFrame:
    """Return GROUPS of the complaints of each touchpoint in turn, with names."""
    ids = mentions["mention_id"].tolist()
    rows = _by_touchpoint(mentions)
    return GROUPS.frame(
        Group(ids[own[n]], f"{touchpoint_id} {number}", problem.name, "", "", 1.0)
        for (touchpoint_id, own), found in zip(
            rows.items(), find_problems(complaints, embed), strict=True
        )
        for number, problem in enumerate(found)
        for n in problem.members
    )


def same_thing(before: pd.DataFrame, now: pd.DataFrame, embed: Embed) -> dict[str, str]:
    """Match groups of quotes (columns group, quote) of two periods by the centres of their quotes,
    best pairs first: group now -> before."""
    if before.empty or now.empty:
        return {}
    old_names, old = _centres(before, embed)
    new_names, new = _centres(now, embed)
    similar = new @ old.T
    pairs: dict[str, str] = {}
    order = np.dstack(np.unravel_index(np.argsort(-similar, axis=None), similar.shape))[0]
    for row, column in order.tolist():
        if similar[row, column] < _SAME_THING:
            break
        if new_names[row] not in pairs and old_names[column] not in pairs.values():
            pairs[new_names[row]] = old_names[column]
    return pairs


def _centres(quotes: pd.DataFrame, embed: Embed) -> tuple[list[str], Matrix]:
    """Return group names and the unit mean vector of each group's quotes."""
    vectors = embed(quotes["quote"].tolist())
    names = sorted(set(quotes["group"]))
    rows = [vectors[(quotes["group"] == name).to_numpy()].mean(axis=0) for name in names]
    centres = np.stack(rows)
    return names, centres / np.linalg.norm(centres, axis=1, keepdims=True)
