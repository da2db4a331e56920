"""Quotes and their vectors, whichever model made these → the problems among them, and which groups
of two periods are one."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from pipeline.answers import GROUPS, Group
from pipeline.engines.embedded.alike import by_problem, group_problems, kinds_of_trouble
from pipeline.engines.embedded.complaints import Complaints, find_problems
from pipeline.engines.embedding import Matrix

Embed = Callable[[list[str]], Matrix]

_SAME_THING = 0.72
"""Least cosine of two groups' centres, of two periods, for them to be the same touchpoint."""


def group_pains(mentions: pd.DataFrame, embed: Embed) -> pd.DataFrame:
    """Return GROUPS of the painful mentions of each touchpoint by problem, named by a customer's
    words."""
    if mentions.empty:
        return GROUPS.frame()
    quotes, ids = mentions["quote"].tolist(), mentions["mention_id"].tolist()
    vectors = embed(quotes)
    polarity = mentions["polarity"].to_numpy()
    rows = mentions.groupby("touchpoint_id").indices
    kinds = kinds_of_trouble(embed)
    usual = vectors.mean(axis=0)
    told = [by_problem(vectors[own], kinds, usual) for own in rows.values()]
    complaints = [
        Complaints([quotes[n] for n in own], vectors[own], polarity[own], one, group_problems(one))
        for own, one in zip(rows.values(), told, strict=True)
    ]
    problems = find_problems(complaints, embed)
    return GROUPS.frame(
        Group(ids[own[n]], f"{touchpoint_id} {number}", problem.name, "", "", 1.0)
        for (touchpoint_id, own), found in zip(rows.items(), problems, strict=True)
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
