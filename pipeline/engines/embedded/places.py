"""Where the touchpoints of a catalogue lie among the clauses of one corpus.

A name says little about the words customers use. So each touchpoint starts as an anchor, the vector
of its phrases, and moves towards the clauses that fit it better than any other: a mixture of
von Mises-Fisher distributions with anchored means, fitted by expectation-maximisation (Banerjee et
al., 2005; seeded by what is known: Basu et al., 2002). A catalogue never covers all that customers
speak of: groups of clauses that no anchor explains become rivals, which keep their clauses to
themselves and the touchpoints in their place.

By name alone, tests/bench/fit_matching.py finds the right touchpoint for 85 % of the texts that
have one against 81 % by plain cosine, on development sets that differ in size, balance and in how
much of them the names cover; half of them are batches of a few texts. What did not help stands in
tests/bench/tried.md.
"""

from typing import NamedTuple
from zlib import crc32

import numpy as np
import pandas as pd

from pipeline.engines.embedded.blend import Blend, side_by_side, trusted_mean
from pipeline.engines.embedded.groups import link, unit
from pipeline.engines.embedded.naming import Named
from pipeline.engines.embedding import Embedder, Labels, Matrix, Vectors

_ANCHOR_WEIGHT = 5.0
"""How many clauses a kind of phrase (the name, the definition ...) counts for."""
_LEAST_PULL = 0.3
"""What each kind of phrase pulls at least, as a share of the clauses' own pull: a touchpoint that
the catalogue describes in full is not drawn away by a crowd."""
_WARM = (0.1,) * 6
_COOLING = (0.1, 0.09, 0.08, 0.07, 0.06, 0.05)
"""Temperatures of the rounds: a lead of this much in cosine is e times as likely. Cooling keeps the
fit out of poor optima (deterministic annealing: Ueda and Nakano, 1998)."""
_CUT = 0.65
"""Greatest mean cosine distance inside a group of clauses: fine groups, for the fit joins them."""
_ENOUGH = 4_000
"""Groups and neighbours are sought among so many clauses; all clauses then have a say."""
_FEW_TO_DRAW = 100
"""Among fewer clauses than these the nearest neighbour, or the only one that uses a word of a name,
may well be about something else."""
_NEIGHBOURS = 5
_DRAWN = 0.5
"""What the neighbours weigh together, where the clause itself weighs 1."""
_ALIKE = 0.9999
"""A clause is no neighbour of itself, nor of the same words said again."""
_ROWS = 512
"""So many clauses are compared with the others at a time."""
_SMALLEST = 4
"""A group of clauses smaller than this starts no rival."""
_EXPLAINED = 0.4
"""Least cosine of a group's centre to the nearest anchor for the touchpoint to own the group."""
_BARELY_EXPLAINED = 0.2
"""The same, when each is the other's nearest and the touchpoint owns nothing else."""
_SAME = 0.45
"""A rival whose prototype comes this near to a touchpoint's is no rival."""
_FEW_TOUCHPOINTS = 3
"""The mean of so few vectors is trusted by half: it is as much topic as background."""
_USED = 0.3
"""How far a touchpoint is drawn to the clauses that use its words, where the anchor weighs 1."""
_SHARP = 4
"""A clause that uses half of the words of a name says a sixteenth of what a whole name says."""


class Anchors(NamedTuple):
    """The catalogue as vectors."""

    touchpoint_ids: list[str]
    centred: Matrix
    """one unit vector a touchpoint: (n touchpoints, dimensions)"""
    worded: Matrix
    """the same of the model's inner layer, of any length"""
    weights: Matrix
    """how many clauses each anchor counts for"""
    phrases: Vectors
    """each phrase by itself, centred like `centred` and `worded`, by touchpoint"""
    firsts: Labels
    """where the phrases of each touchpoint begin"""


class Places(NamedTuple):
    """What the corpus made of the touchpoints, as blended vectors."""

    given: Matrix
    """each touchpoint as the catalogue gives it: unit vectors"""
    phrases: Matrix
    """each phrase of the catalogue by itself, by touchpoint: unit vectors"""
    firsts: Labels
    """where the phrases of each touchpoint begin"""
    known: Matrix
    """prototype of each touchpoint: the mean of two unit vectors, shorter where they differ"""
    rivals: tuple[Matrix, ...]
    """of each of the two fits, unit prototypes of what the catalogue does not explain: (n rivals,
    dimensions)"""


class _Start(NamedTuple):
    """Where the touchpoints start among the clauses."""

    centred: Matrix
    weights: Matrix


def anchor(phrases: pd.DataFrame, embedder: Embedder) -> Anchors:
    """Return the anchors of a catalogue (table catalogue_phrases), in the order of its ids."""
    phrases = phrases.sort_values("touchpoint_id", kind="stable")
    ids = sorted(set(phrases["touchpoint_id"]))
    vectors = embedder.both(_spelled_out(phrases))
    owners = np.searchsorted(np.array(ids, dtype="str"), phrases["touchpoint_id"].to_numpy("str"))
    kinds = phrases["kind"].to_numpy("str")
    plain = _by_kind(vectors.sentence, owners, kinds, len(ids))
    worded = _by_kind(unit(vectors.inner), owners, kinds, len(ids))
    n_kinds = phrases.groupby("touchpoint_id")["kind"].nunique().reindex(ids)
    usual = Vectors(*(trusted_mean(own, _FEW_TOUCHPOINTS) for own in (plain, worded)))
    weights = _ANCHOR_WEIGHT * n_kinds.to_numpy("float32", na_value=1.0)
    single = Vectors(unit(vectors.sentence - usual.sentence), unit(vectors.inner) - usual.inner)
    firsts = np.searchsorted(owners, np.arange(len(ids)))
    return Anchors(
        ids, unit(plain - usual.sentence), worded - usual.inner, weights, single, firsts
    )  # fmt: skip


def settle(
    texts: list[str], clauses: Matrix, blend: Blend, anchors: Anchors, named: Named
) -> Places:
    """Let the touchpoints find their places among the clauses (blended vectors of `texts`).

    Where two touchpoints lie close, small things decide which takes which group. So the fit is done
    twice, the second time among clauses drawn towards their neighbours, and the mean is taken:
    a touchpoint of which the two tell different things has a short prototype that fits less.
    """
    given = side_by_side(anchors.centred, anchors.worded, blend)
    told = given, side_by_side(*anchors.phrases, blend), anchors.firsts
    some = clauses[_sample(texts)]
    if len(some) < _FEW_TO_DRAW:
        known, rivals = _settled(clauses, some, _Start(given, anchors.weights))
        return Places(*told, known, (rivals,))
    start = _Start(drawn_to_uses(given, clauses, named), anchors.weights)
    known, rivals = _settled(clauses, some, start)
    closer = drawn(some)
    others, more = _settled(closer, closer, start)
    between: Matrix = np.mean([known, others], axis=0)
    return Places(*told, between, (rivals, more))


def drawn_to_uses(given: Matrix, clauses: Matrix, named: Named) -> Matrix:
    """Return touchpoints drawn to the clauses that use their words: what "pto" means, the model may
    not know, but the customers who say it do.

    A clause counts the more the more of the name it uses, and for whom it uses the most of. Source:
    pseudo-relevance feedback (Rocchio, 1971), by words.
    """
    told = named.in_part**_SHARP
    told /= np.maximum(told.sum(axis=1, keepdims=True), 1e-9)
    told *= named.covered**_SHARP
    n_uses = told.sum(axis=0)[:, None]
    return unit(given + _USED * n_uses / (n_uses + 1) * unit(told.T @ clauses))


def _settled(clauses: Matrix, some: Matrix, anchors: _Start) -> tuple[Matrix, Matrix]:
    """Return the prototypes of the touchpoints and of their rivals; `some` clauses show the groups
    from which they start."""
    known, rivals = _seeds(some, anchors)
    known, rivals = _fit(clauses, anchors, known, rivals, _WARM)
    is_rival = ~((rivals @ known.T) >= _SAME).any(axis=1)
    return _fit(clauses, anchors, known, rivals[is_rival], _COOLING)


def drawn(clauses: Matrix) -> Matrix:
    """Return each clause drawn towards its nearest neighbours among them: unit vectors.

    Source: mean shift (Fukunaga and Hostetler, 1975), half a step on the graph of neighbours.
    """
    out = np.empty_like(clauses)
    for at in range(0, len(clauses), _ROWS):
        own = clauses[at : at + _ROWS]
        similar = own @ clauses.T
        similar[similar > _ALIKE] = -1
        nearest = np.argpartition(-similar, _NEIGHBOURS, axis=1)[:, :_NEIGHBOURS]
        weight = np.clip(np.take_along_axis(similar, nearest, 1), 1e-6, 1)
        weight *= _DRAWN / weight.sum(axis=1, keepdims=True)
        out[at : at + _ROWS] = unit(own + np.einsum("nk,nkd->nd", weight, clauses[nearest]))
    return out


def as_given(clauses: Matrix, places: Places) -> Matrix:
    """Return how well each clause fits each touchpoint as the catalogue gives it: the mean of its
    cosine to all that is said of the touchpoint and to the nearest phrase of it.

    Phrases tell different things of a touchpoint ("MRI", "how loud the scanner is"): who speaks of
    one is not near their mean. But of many aliases one is near by chance.
    """
    out: Matrix = clauses @ places.given.T
    for at in range(0, len(clauses), _ROWS):
        similar = clauses[at : at + _ROWS] @ places.phrases.T
        out[at : at + _ROWS] += np.maximum.reduceat(similar, places.firsts, axis=1)
    out /= 2
    return out


def _spelled_out(phrases: pd.DataFrame) -> list[str]:
    """Return the texts of the phrases, definitions led by the name of what they define."""
    named = phrases[phrases["kind"] == "name"].set_index("touchpoint_id")["text"].to_dict()
    columns = (phrases[column] for column in ("touchpoint_id", "kind", "text"))
    return [
        f"{named.get(touchpoint_id, '')}: {text}" if kind == "definition" else text
        for touchpoint_id, kind, text in zip(*columns, strict=True)
    ]


def _by_kind(vectors: Matrix, owners: Labels, kinds: Matrix, n_touchpoints: int) -> Matrix:
    """Return a unit vector a touchpoint: the mean over kinds of the mean of each kind's phrases,
    so that ten examples do not drown the name."""
    out = np.zeros((n_touchpoints, vectors.shape[1]), dtype=np.float32)
    for kind in sorted(set(kinds.tolist())):
        own = kinds == kind
        sums = np.zeros_like(out)
        np.add.at(sums, owners[own], vectors[own])
        out += unit(sums)
    return unit(out)


def _seeds(clauses: Matrix, anchors: _Start) -> tuple[Matrix, Matrix]:
    """Return first prototypes: of each touchpoint with the groups it explains, and of the rest."""
    labels = link(clauses, _CUT)
    sizes = np.bincount(labels)
    sums = np.zeros((len(sizes), clauses.shape[1]), dtype=np.float32)
    np.add.at(sums, labels, clauses)
    large = sizes >= _SMALLEST
    sums = sums[large]
    owners = _owners(unit(sums) @ anchors.centred.T)
    known = anchors.weights[:, None] * anchors.centred
    np.add.at(known, owners[owners >= 0], sums[owners >= 0])
    return unit(known), unit(sums[owners < 0])


def _sample(texts: list[str]) -> Labels:
    """Return the places of enough texts to see the groups: those with the lowest checksums, nearly
    the same ones when some texts are added or taken away."""
    sums = [crc32(text.encode("utf-8", "surrogatepass")) for text in texts]
    return np.sort(np.argsort(sums, kind="stable")[:_ENOUGH])


def _owners(likeness: Matrix) -> Labels:
    """Return for each group the touchpoint that explains it, or -1: (groups, touchpoints) in."""
    if not likeness.size:
        return np.full(len(likeness), -1, dtype=np.int64)
    nearest = likeness.argmax(axis=1)
    top = likeness.max(axis=1)
    owners = np.where(top >= _EXPLAINED, nearest, -1)
    is_mutual = likeness.argmax(axis=0)[nearest] == np.arange(len(likeness))
    is_bare = ~np.isin(nearest, owners)
    is_barely = is_mutual & is_bare & (top >= _BARELY_EXPLAINED)
    return np.where(is_barely, nearest, owners).astype(np.int64)


def _fit(
    clauses: Matrix,
    anchors: _Start,
    known: Matrix,
    rivals: Matrix,
    temperatures: tuple[float, ...],
) -> tuple[Matrix, Matrix]:
    """Return the prototypes after one round of expectation-maximisation at each temperature."""
    n_known = len(known)
    prototypes = np.vstack([known, rivals])
    least = _LEAST_PULL / _ANCHOR_WEIGHT * anchors.weights
    for temperature in temperatures:
        sums = _shares(clauses @ prototypes.T, temperature).T @ clauses
        pull = np.maximum(anchors.weights, least * np.linalg.norm(sums[:n_known], axis=1))
        sums[:n_known] += pull[:, None] * anchors.centred
        prototypes = unit(sums)
    return prototypes[:n_known], prototypes[n_known:]


def _shares(similar: Matrix, temperature: float) -> Matrix:
    """Return how each clause divides among the prototypes; rows add up to 1."""
    grown = np.exp((similar - similar.max(axis=1, keepdims=True)) / temperature)
    shares: Matrix = grown / grown.sum(axis=1, keepdims=True)
    return shares
