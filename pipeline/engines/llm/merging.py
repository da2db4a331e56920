"""Labels that readers gave → groups of quotes about one touchpoint, named.

The embedded engine's vectors propose which labels may mean the same; the model judges each pair.
What was judged different never comes together, however many pairs lie between.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from pipeline.engines.embedded.groups import unit
from pipeline.engines.embedded.lexicon import content_words, stem
from pipeline.engines.embedding import Matrix
from pipeline.engines.llm.jobs import Answered, Item
from pipeline.engines.llm.schemas import SameResult
from pipeline.errors import shorten

_LEAST_ALIKE, _LEAST_ALIKE_RARE = 0.6, 0.65
"""Least cosine of two labels, with what customers say under them, to be worth a judgement. One that
stands once has to be nearer: most pairs are of these, and each can win but a single quote."""
_MOST_NEIGHBOURS = 3
_MOST_BESIDE = 25
"""Names judged beside one in an item at most."""
_MOST_OF_CATALOGUE = 2
"""Pairs proposed for each label at most: what they cost grows with it."""
_MEAN_ALIKE = 0.35
"""Least mean cosine of all labels of two groups for them to become one."""
_JOINS = 0.6
"""Least cosine of a quote without a label to the middle of a label's quotes to go there."""
_QUOTE_LENGTH = 90
_NAMED = 1.3
"""Groups named for each that may be discovered: some turn out to be small talk."""
_OF_LABEL = 0.5
"""Weight of a label's own words beside those of its quotes."""


@dataclass(frozen=True, slots=True)
class Label:
    """One label: how readers wrote it, its quotes by row, and where it lies."""

    key: str
    text: str
    rows: tuple[int, ...]
    vector: Matrix


class Pair(NamedTuple):
    """Two labels by their place, first the one with the smaller place."""

    first: int
    second: int
    cosine: float


def gather(candidates: pd.DataFrame, vectors: Matrix, embed_labels: Matrix) -> list[Label]:
    """Return the labels of candidates, most quotes first; wordings with the same words are one.

    `vectors` has a row for each candidate, `embed_labels` one for each candidate's label.
    """
    rows: dict[str, list[int]] = {}
    texts: dict[str, Counter[str]] = {}
    for row, text in enumerate(candidates["label"].tolist()):
        if text:
            key = key_of(text)
            rows.setdefault(key, []).append(row)
            texts.setdefault(key, Counter())[text] += 1
    labels = []
    for key, own in rows.items():
        middle = unit(vectors[own].mean(axis=0))
        named = unit(embed_labels[own].mean(axis=0))
        text = min(texts[key], key=lambda one: (-texts[key][one], len(one), one))
        both = unit(_OF_LABEL * named + (1 - _OF_LABEL) * middle)
        labels.append(Label(key, text, tuple(own), both))
    return sorted(labels, key=lambda label: (-len(label.rows), label.key))


def key_of(text: str) -> str:
    """Return the stems of a label's words in alphabetical order: what tells it from others."""
    return " ".join(sorted({stem(word) for word in content_words(text)})) or text.casefold()


def propose_pairs(labels: Sequence[Label], intended: Sequence[Label]) -> list[Pair]:
    """Return the pairs that may mean the same, by their places in [*labels, *intended].

    A label that stands once is compared with its nearest of those that stand more often, for alone
    it will be no touchpoint; the others with several, and with the catalogue's.
    """
    vectors = np.stack([label.vector for label in (*labels, *intended)])
    often = [n for n, label in enumerate(labels) if len(label.rows) > 1]
    theirs = list(range(len(labels), len(vectors)))
    pairs: dict[tuple[int, int], float] = {}
    for place, label in enumerate(labels):
        is_rare = len(label.rows) == 1
        least = _LEAST_ALIKE_RARE if is_rare else _LEAST_ALIKE
        for others, most in (
            (often, 1 if is_rare else _MOST_NEIGHBOURS),
            (theirs, 0 if is_rare else _MOST_OF_CATALOGUE),
        ):
            near = _nearest(place, others, most, vectors)
            for other, cosine in (pair for pair in near if pair[1] >= least):
                pairs[min(place, other), max(place, other)] = cosine
    return [Pair(*ends, cosine) for ends, cosine in sorted(pairs.items())]


def _nearest(
    place: int, others: Sequence[int], most: int, vectors: Matrix
) -> list[tuple[int, float]]:
    """Return the nearest of other labels, with their cosine."""
    rest = [other for other in others if other != place]
    if not rest or not most:
        return []
    cosines = vectors[rest] @ vectors[place]
    order = np.argsort(-cosines, kind="stable").tolist()[:most]
    return [(rest[n], float(cosines[n])) for n in order]


def pair_items(
    pairs: Sequence[Pair], names: Sequence[str], quotes: Sequence[str]
) -> tuple[list[Item], dict[str, tuple[int, ...]]]:
    """Return an item for each label that has others to be judged beside it, and these by its key.

    `names` and `quotes` hold the name of each label and a quote of it, '' for none: a name of a
    single word is not understood without. A pair is asked about once, from the side of its first
    label.
    """
    partners: dict[int, list[int]] = {}
    for pair in pairs:
        partners.setdefault(pair.first, []).append(pair.second)
    beside = {
        f"{first} {start}": tuple(others[start : start + _MOST_BESIDE])
        for first, others in partners.items()
        for start in range(0, len(others), _MOST_BESIDE)
    }
    items = []
    for key, others in beside.items():
        first = int(key.split()[0])
        is_shown = quotes[first] and " " not in names[first]
        said = [f"- {shorten(quotes[first], _QUOTE_LENGTH)}"] if is_shown else []
        named = [f"{number}: {names[other]}" for number, other in enumerate(others, 1)]
        items.append(Item(key, (names[first], *said, *named)))
    return items, beside


def unite(
    pairs: Sequence[Pair], same: Mapping[tuple[int, int], bool], vectors: Matrix
) -> list[list[int]]:
    """Return groups of labels, the nearest pairs joined first.

    `same` tells of each pair that was judged whether it is one thing. Two groups become one only
    when no pair across them was judged different, and when they lie near each other as wholes: a
    chain of likenesses is no proof.
    """
    group = list(range(len(vectors)))
    members: dict[int, list[int]] = {n: [n] for n in group}
    judged = (pair for pair in pairs if same.get(pair[:2]))
    for pair in sorted(judged, key=lambda pair: (-pair.cosine, pair[:2])):
        left, right = group[pair.first], group[pair.second]
        if left == right or _is_barred(members[left], members[right], same, vectors):
            continue
        for one in members[right]:
            group[one] = left
        members[left] += members.pop(right)
    return [sorted(own) for own in members.values()]


def verdicts(
    beside: Mapping[str, Sequence[int]], answered: Answered[SameResult]
) -> dict[tuple[int, int], bool]:
    """Return what was judged of each pair; a pair that was not answered is not there."""
    found = {}
    for key, others in beside.items():
        for result in answered.results.get(key, [])[:1]:
            for number, other in enumerate(others, 1):
                found[int(key.split()[0]), other] = number in result.same
    return found


def _is_barred(
    left: Sequence[int],
    right: Sequence[int],
    same: Mapping[tuple[int, int], bool],
    vectors: Matrix,
) -> bool:
    """Tell whether something speaks against making two groups one."""
    across = [(min(a, b), max(a, b)) for a in left for b in right]
    if any(same.get(ends) is False for ends in across):
        return True
    return float((vectors[list(left)] @ vectors[list(right)].T).mean()) < _MEAN_ALIKE


def join_unlabelled(
    candidates: pd.DataFrame, vectors: Matrix, labels: Sequence[Label]
) -> dict[int, int]:
    """Return for each quote without a label the label whose quotes it is most like, if any."""
    bare = np.flatnonzero((candidates["label"] == "").to_numpy())
    if not len(bare) or not labels:
        return {}
    middles = np.stack([unit(vectors[list(label.rows)].mean(axis=0)) for label in labels])
    cosines = vectors[bare] @ middles.T
    nearest = cosines.argmax(axis=1)
    close = cosines.max(axis=1) >= _JOINS
    return dict(zip(bare[close].tolist(), nearest[close].tolist(), strict=True))


def worth_naming(
    groups: Sequence[Sequence[int]],
    same: Sequence[str],
    customers: Sequence[str],
    least: int,
    most: int,
) -> set[int]:
    """Return the places of the groups that may become a touchpoint: those with at least so many
    customers, `most` that may be discovered and a few; none that is the catalogue's (`same`)."""
    sizes = {
        str(n): len({customers[row] for row in rows})
        for n, rows in enumerate(groups) if not same[n]
    }  # fmt: skip
    large = [key for key, size in sizes.items() if size >= least]
    ranked = sorted(large, key=lambda key: (-sizes[key], key))
    return {int(key) for key in ranked[: round(_NAMED * most)]}


def typical(rows: Sequence[int], vectors: Matrix, customers: Sequence[str], most: int) -> list[int]:
    """Return the rows nearest the middle of a group, one a customer before a second of any."""
    centre = unit(vectors[list(rows)].mean(axis=0))
    order = sorted(rows, key=lambda row: (-float(vectors[row] @ centre), row))
    seen: Counter[str] = Counter()
    ranked = []
    for place, row in enumerate(order):
        ranked.append((seen[customers[row]], place, row))
        seen[customers[row]] += 1
    return [row for _, _, row in sorted(ranked)[:most]]
