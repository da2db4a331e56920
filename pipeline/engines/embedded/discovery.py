"""Touchpoints that no catalogue knows: groups of quotes that talk about one thing.

Words that customers use of one thing are the seeds (see `seeds`). Every quote goes to the seed it
fits best: near its middle, and nearer still when it uses one of its words. Among the quotes left
over, groups that lie close together or share a word are touchpoints too: many ways to ask for one
thing need not share a noun. One customer counts once in each group: who says ten things of their
dog makes no touchpoint of it.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np

from pipeline.engines.embedded.groups import TOUCHPOINT_CUT, find_groups, unit
from pipeline.engines.embedded.names import telling_terms, voices
from pipeline.engines.embedded.seeds import Seeds, find_seeds, least_customers, no_seeds
from pipeline.engines.embedded.terms import QUALITIES, Term, Vocabulary, terms
from pipeline.engines.embedding import Labels, Matrix

_HELD_TOGETHER = 0.5
"""Least share of a group's quotes that hold one of its telling terms: fewer are near by chance."""
_CLOSE, _HELD_WHEN_CLOSE = 0.4, 0.3
"""Where two quotes of a group have this mean cosine, so small a share will do: many words for one
thing ("how old are you", "when were you born")."""
_APART = 0.3
"""Below this mean cosine of two quotes a group has nothing in common but a word."""
_HEADS = 3
"""Telling terms of a group that count: those further down are shared with other groups."""
_SHARED_WORD = 0.2
"""Least share of a group's quotes that hold a term for it to tell of the group."""
_NAMES_IT = 0.2
"""How much nearer a quote counts to a group whose telling word it uses."""
_FITS = 0.4
"""Least fit of a quote to a group: the cosine to its middle, `_NAMES_IT` more with its word."""
_ROUNDING = 1e-6
"""Thirds of a customer add up to a little less than one."""
_COMMON = 0.05
"""How much nearer a quote counts to a group that e (2.7) times as many quotes fit: what many talk
about is likelier. From 0.03 to 0.06 it makes little difference."""
_ROUNDS = 3
"""Times that groups of too few customers give their quotes to others."""


class Groups(NamedTuple):
    """Quotes, their centred vectors, and the group of each (-1 for none)."""

    texts: list[str]
    vectors: Matrix
    labels: Labels
    customers: Sequence[str] = ()
    """who said each; all different if left out"""


class Members(NamedTuple):
    """The quotes of a group, and what each counts."""

    texts: list[str]
    weights: list[float]


def discover(
    texts: list[str],
    vectors: Matrix,
    vocabulary: Vocabulary,
    customers: Sequence[str] = (),
    known: Collection[frozenset[str]] = (),
) -> Labels:
    """Return a group for each quote, -1 for none.

    `known` holds the stems in the names and aliases of each touchpoint of a catalogue.
    """
    who = customers or [str(n) for n in range(len(texts))]
    seeds = find_seeds(texts, vectors, vocabulary, who, known)
    groups = Groups(texts, vectors, _settle(_fits(vectors, seeds), who), customers)
    more = _seeds_left_over(groups, vocabulary)
    both = np.concatenate([_fits(vectors, seeds), _fits(vectors, more)], axis=1)
    return _settle(both, who) if len(more.centres) else groups.labels


def _fits(vectors: Matrix, seeds: Seeds) -> Matrix:
    """Return how well each quote (rows) fits each seed."""
    fits: Matrix = vectors @ seeds.centres.T
    fits[seeds.holds] += _NAMES_IT
    fits[~seeds.holds & seeds.judged] = -1
    return fits


def _settle(fits: Matrix, customers: Sequence[str]) -> Labels:
    """Return for each quote the group it fits best, -1 where it fits none; no group is of fewer
    customers than make a touchpoint."""
    labels = np.full(len(fits), -1, dtype=np.int64)
    if not fits.shape[1]:
        return labels
    able = fits >= _FITS
    chances = np.where(able, fits + _COMMON * np.log(np.maximum(able.sum(axis=0), 1)), -np.inf)
    least = least_customers(customers)
    for _ in range(_ROUNDS):
        labels = np.where(np.isfinite(chances.max(axis=1)), chances.argmax(axis=1), -1)
        voiced = Counter(group for group, _ in set(zip(labels.tolist(), customers, strict=True)))
        small = [group for group in range(fits.shape[1]) if voiced[group] < least]
        chances[:, small] = -np.inf
    labels[np.isin(labels, small)] = -1
    return labels


def _seeds_left_over(groups: Groups, vocabulary: Vocabulary) -> Seeds:
    """Return seeds from groups among the quotes that have none."""
    rows = np.flatnonzero(groups.labels < 0)
    texts = [groups.texts[n] for n in rows.tolist()]
    found = find_groups(groups.vectors[rows], TOUCHPOINT_CUT, texts=texts)
    labels = np.full(len(groups.texts), -1, dtype=np.int64)
    labels[rows] = found
    loose = groups._replace(labels=labels)
    means = means_of(loose)
    members = {
        group: own for group, own in members_of(loose).items()
        if _is_one_thing(own, float(np.linalg.norm(means[group])), vocabulary)
    }  # fmt: skip
    if not members:
        return no_seeds(groups.vectors)
    heads = [telling(own, vocabulary, _SHARED_WORD)[:_HEADS] for own in members.values()]
    holds = np.zeros((len(groups.texts), len(members)), dtype=np.bool_)
    for column, own in enumerate(heads):
        holds[:, column] = [not terms(text).keys().isdisjoint(own) for text in groups.texts]
    judged = np.array([bool(own) and own[0] in QUALITIES for own in heads], dtype=np.bool_)
    return Seeds(np.stack([unit(means[group]) for group in members]), holds, judged)


def members_of(groups: Groups) -> dict[int, Members]:
    """Return the quotes of each group, groups in order of their number."""
    rows = {g: np.flatnonzero(groups.labels == g).tolist() for g in _numbers(groups)}
    return {g: Members([groups.texts[n] for n in own], _voices(groups, own))
            for g, own in rows.items()}  # fmt: skip


def _numbers(groups: Groups) -> list[int]:
    """Return the numbers of the groups in order."""
    return sorted(set(groups.labels.tolist()) - {-1})


def _voices(groups: Groups, rows: Sequence[int]) -> list[float]:
    """Return what each quote of a group counts."""
    told = [groups.customers[n] for n in rows] if groups.customers else [str(n) for n in rows]
    return list(voices(told))


def means_of(groups: Groups) -> dict[int, Matrix]:
    """Return the mean vector of each group; its length tells how close the group is."""
    rows = {g: np.flatnonzero(groups.labels == g) for g in _numbers(groups)}
    return {
        g: np.average(groups.vectors[own], axis=0, weights=_voices(groups, own.tolist()))
        for g, own in rows.items()
    }


def _is_one_thing(own: Members, length: float, vocabulary: Vocabulary) -> bool:
    """Tell whether a group talks of one thing; `length` is that of its mean vector."""
    near = alike(length, own)
    least = _HELD_WHEN_CLOSE if near >= _CLOSE else _HELD_TOGETHER
    return near >= _APART and _held(own, vocabulary) >= least


def _held(own: Members, vocabulary: Vocabulary) -> float:
    """Return the share of what a group says that holds one of its three most telling terms."""
    heads = set(telling(own, vocabulary, _SHARED_WORD / 2)[:_HEADS])
    pairs = zip(own.texts, own.weights, strict=True)
    held = sum(weight for text, weight in pairs if not heads.isdisjoint(terms(text)))
    return held / sum(own.weights) + _ROUNDING


def alike(length: float, own: Members) -> float:
    """Return the mean cosine of two different members, given the length of their mean vector."""
    n = sum(own.weights)
    return (n * length**2 - 1) / (n - 1) if n > 1 else 0.0


def telling(own: Members, vocabulary: Vocabulary, share: float) -> list[Term]:
    """Return the terms that this share of a group's customers use, most telling first."""
    return telling_terms(own.texts, vocabulary, share, own.weights)
