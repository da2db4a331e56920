"""Pain points: complaints that tell the same problem, named by what is wrong with it."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np

from pipeline.engines.embedded.faults import kinds_of, kinds_said, made_name
from pipeline.engines.embedded.groups import unit
from pipeline.engines.embedded.lexicon import FUNCTION_WORDS, content_words, stem, words
from pipeline.engines.embedded.titles import (
    REMEMBERED,
    clauses,
    faults,
    finished,
    gist,
    is_clear,
    merit,
    states_trouble,
)
from pipeline.engines.embedding import Labels, Matrix
from pipeline.methods.remembered import Told

Embed = Callable[[list[str]], Matrix]
_MAIN_WORDS = 2
"""So many of the words that a group says most often should stand in its name."""
_CENTRAL = 12
"""Quotes nearest the middle of a group whose parts are looked at for a name."""
_SAME = 0.7
_SAME_WITH_WORD = 0.55
"""Least cosine between the middles of two groups that tell one problem: in other words, or when
they share the word most used in each."""
_SAME_WITH_FAULT, _SAME_FAULT = 0.5, 0.3
"""The same where customers say the same kind of fault: a product of kinds of fault, 1 where all of
both groups say one and the same."""
_SAME_NAME, _SHARED_NAME, _SHARED_WORDS = 0.75, 0.6, 2
"""Two names tell one problem from this cosine on, when they also share so much of the words of the
one that has fewer, and so many. At a cosine of 0.5 that joined 8 pairs of written complaints
wrongly and none rightly."""
_FAR_BEHIND = 0.7
"""A clause this far behind the best, nearness apart, is not looked at: nearness hardly ever makes
up for more, and to embed the clauses takes longer than all else."""
_TELLS_FAULT = 0.3
"""What a clause gains for saying the kind of fault that all quotes of its group say."""
_BAD_SAYS_MORE = 0.25
"""How much a bad mood counts beside nearness when the quotes to name a problem are picked."""


class Complaints(NamedTuple):
    """The complaints about one touchpoint."""

    quotes: Sequence[str]
    vectors: Matrix
    polarity: Matrix
    told: Matrix
    """vectors that tell one problem from another, see alike.told_apart"""
    labels: Labels
    """groups by those"""
    said: Matrix
    """the kinds of fault that each says, see faults.kinds_said"""
    called: str = ""
    """the touchpoint's name"""


class Problem(NamedTuple):
    """One problem of a touchpoint: its quotes by number, and its name ('' when none states it)."""

    members: list[int]
    name: str


class _Case(NamedTuple):
    """A problem to be named."""

    members: list[int]
    centre: Matrix
    parts: dict[str, float]
    """clauses near the middle that state some trouble and can be understood alone, with what else
    speaks for each as a name"""
    made: str
    """what it is called where there is none, '' for nothing"""


class _Named(NamedTuple):
    """A problem and the clause that names it."""

    members: list[int]
    part: str


class _Vectors:
    """The vectors of clauses, each made when it is first asked for: that takes longer than all
    else, and many clauses are out of the question by their words alone."""

    def __init__(self, embed: Embed) -> None:
        self._embed = embed
        self._known: dict[str, Matrix] = {}

    def learn(self, parts: Iterable[str]) -> None:
        """Make those not made yet: many small calls would mostly look up what is known."""
        new = sorted(set(parts) - self._known.keys())
        if new:
            self._known.update(zip(new, self._embed(new), strict=True))

    def of(self, parts: Sequence[str]) -> Matrix:
        """Return one row a clause."""
        self.learn(parts)
        return np.stack([self._known[part] for part in parts])


REMEMBERS = (*REMEMBERED, kinds_of)
"""What is remembered of the words of complaints."""


def tell_complaints(quotes: list[str]) -> Told:
    """Return what the words of complaints alone tell, in the order of `REMEMBERS`."""
    for quote in quotes:
        kinds_of(quote)
        faults(quote)
        for part in clauses(quote):
            if states_trouble(part):
                is_clear(part)
    return [function.hand_over() for function in REMEMBERS]


def find_problems(touchpoints: Sequence[Complaints], embed: Embed) -> list[list[Problem]]:
    """Return the problems of each touchpoint, larger ones first.

    Groups that tell the same problem in other words are one; no two names of a touchpoint are the
    same. A name is the part of a quote that states the problem best: near the middle of the group,
    short, with the thing and what is wrong with it; where no part can be read alone, it is made of
    the two (see faults.made_name).
    """
    cases = [_cases(complaints) for complaints in touchpoints]
    vectors = _Vectors(embed)
    open_ones = [case for own in cases for case in own if len(case.parts) > 1]
    vectors.learn(_weightiest(case.parts, case) for case in open_ones)
    vectors.learn(part for case in open_ones for part in _able([*case.parts], case, vectors))
    named = [_name_apart(own, vectors) for own in cases]
    vectors.learn(part for own in named for pair in _alike(own) for part in pair)
    return [_one_each(own, vectors) for own in named]


def _cases(complaints: Complaints) -> list[_Case]:
    """Return the problems of one touchpoint, larger ones first."""
    merged = _merge(complaints)
    sizes = Counter(merged.tolist())
    order = sorted(sizes, key=lambda g: (-sizes[g], g))
    return [_case(complaints, np.flatnonzero(merged == label)) for label in order]


def _case(complaints: Complaints, rows: Labels) -> _Case:
    """Return what some complaints offer for a name."""
    quotes = [complaints.quotes[n] for n in rows.tolist()]
    vectors = complaints.vectors[rows]
    centre = unit(vectors.mean(axis=0))
    tells = vectors @ centre - _BAD_SAYS_MORE * complaints.polarity[rows]
    central = np.argsort(-tells, kind="stable")[:_CENTRAL].tolist()
    parts = dict.fromkeys(part for n in central for part in clauses(quotes[n]))
    thing = {stem(w) for w in words(complaints.called) if w not in FUNCTION_WORDS}
    main = _main_words(quotes) | _main_faults(quotes) | thing
    clear = [part for part in parts if states_trouble(part, thing) and is_clear(part)]
    worth = {part: merit(part, main) for part in clear}
    if len(quotes) > 1 and clear:
        gains = _TELLS_FAULT * (kinds_said(clear) @ complaints.said[rows].mean(axis=0))
        worth = {part: worth[part] + gain for part, gain in zip(clear, gains.tolist(), strict=True)}
    least = max(worth.values(), default=0.0) - _FAR_BEHIND
    close = {part: value for part, value in worth.items() if value >= least}
    made = made_name(quotes, complaints.called) if len(quotes) > 1 and not close else ""
    return _Case(rows.tolist(), centre, close, made)


def _name_apart(cases: Sequence[_Case], vectors: _Vectors) -> list[_Named]:
    """Return the problems with the clause that names each, '' for none: who would be named by the
    same content words as another tells the same problem."""
    found: list[_Named] = []
    called: dict[frozenset[str], _Named] = {}
    for case in cases:
        part = _best([*case.parts], case, vectors) if case.parts else case.made
        same = called.get(gist(part)) if part else None
        if same:
            same.members.extend(case.members)
            continue
        found.append(_Named(case.members, part))
        called[gist(part)] = found[-1]
    return found


def _one_each(found: list[_Named], vectors: _Vectors) -> list[Problem]:
    """Return the problems, each joined to the first whose name says the same in other words."""
    alike = _alike(found)
    kept: list[_Named] = []
    for one in found:
        same = next((k for k in kept if _say_the_same((k.part, one.part), alike, vectors)), None)
        if same:
            same.members.extend(one.members)
        else:
            kept.append(one)
    problems = (Problem(sorted(one.members), finished(one.part)) for one in kept)
    return sorted(problems, key=lambda problem: -len(problem.members))


def _alike(found: Sequence[_Named]) -> set[tuple[str, str]]:
    """Return the pairs of names, in their order, that share so many words that they may tell one
    problem."""
    gists = [(one.part, gist(one.part)) for one in found if one.part]
    return {
        (one, other)
        for (one, mine), (other, theirs) in combinations(gists, 2)
        if len(mine & theirs) >= max(_SHARED_WORDS, _SHARED_NAME * min(len(mine), len(theirs)))
    }


def _say_the_same(
    names: tuple[str, str], alike: Collection[tuple[str, str]], vectors: _Vectors
) -> bool:
    """Tell whether two names tell one problem."""
    if names not in alike:
        return False
    one, other = vectors.of(names)
    return float(one @ other) >= _SAME_NAME


def _best(parts: Sequence[str], case: _Case, vectors: _Vectors) -> str:
    """Return the clause that states a problem best."""
    able = _able(parts, case, vectors)
    if len(able) == 1:
        return able[0]
    near = (vectors.of(able) @ case.centre).tolist()
    values = [n + case.parts[part] for n, part in zip(near, able, strict=True)]
    return able[int(np.argmax(values))]


def _able(parts: Sequence[str], case: _Case, vectors: _Vectors) -> list[str]:
    """Return the clauses that could state a problem best: nearness adds 1 at most, so others stay
    behind the one with the most merit whatever their vectors are."""
    if len(parts) == 1:
        return list(parts)
    first = _weightiest(parts, case)
    least = case.parts[first] + float(vectors.of([first])[0] @ case.centre) - 1
    # Itself in any case: a cosine of 1 may be a little more by rounding.
    return [part for part in parts if part == first or case.parts[part] >= least]


def _weightiest(parts: Iterable[str], case: _Case) -> str:
    """Return the clause of a case for which most speaks beside its nearness."""
    return max(parts, key=case.parts.__getitem__)


def _main_faults(quotes: Sequence[str]) -> set[str]:
    """Return the stems of the words for what is wrong that half of a group use."""
    common = Counter(stem(w) for quote in quotes for w in faults(quote))
    return {word for word, n in common.items() if n > 1 and n >= len(quotes) / 2}


def _main_words(quotes: Sequence[str]) -> set[str]:
    """Return the stems that a group says most often, ties in alphabetical order."""
    common = Counter(stem(w) for quote in quotes for w in set(content_words(quote)))
    often = sorted(common.items(), key=lambda item: (-item[1], item[0]))[:_MAIN_WORDS]
    return {word for word, n in often if n > 1}


def _merge(complaints: Complaints) -> Labels:
    """Join groups that lie very near each other, or near with the same main word or fault."""
    labels = complaints.labels
    sizes = Counter(labels.tolist())
    groups = sorted((g for g, n in sizes.items() if n > 1), key=lambda g: (-sizes[g], g))
    if len(groups) < 2:
        return labels
    rows = [np.flatnonzero(labels == g).tolist() for g in groups]
    similar = _products([unit(complaints.told[own].mean(axis=0)) for own in rows])
    says_same = _products([complaints.said[own].mean(axis=0) for own in rows]) >= _SAME_FAULT
    main = [_main_word([complaints.quotes[n] for n in own]) for own in rows]
    out = labels.copy()
    for small in range(len(groups) - 1, 0, -1):
        least = [_SAME_WITH_WORD if main[small] & main[g] else _SAME for g in range(small)]
        bounds = np.where(says_same[small, :small], _SAME_WITH_FAULT, least)
        large = int(np.argmax(similar[small, :small] - bounds))
        if similar[small, large] >= bounds[large]:
            out[out == groups[small]] = groups[large]
    return out


def _products(means: list[Matrix]) -> Matrix:
    """Return the products of some vectors with each other."""
    rows = np.stack(means)
    return rows @ rows.T


def _main_word(own: list[str]) -> set[str]:
    """Return the stem that most quotes of a group use, if it stands in half of them."""
    counts = Counter(stem(w) for quote in own for w in set(content_words(quote)))
    word, n = min(counts.items(), key=lambda item: (-item[1], item[0]), default=("", 0))
    return {word} if n >= max(2, len(own) / 2) else set()
