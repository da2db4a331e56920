"""What could be merged, split or renamed: vectors and words of quotes in, proposals out."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np
from rapidfuzz import fuzz

from pipeline.engines.embedded.lexicon import root, trouble_words, words
from pipeline.engines.embedded.terms import Vocabulary
from pipeline.methods.proposing import (
    Floats,
    Part,
    Vectors,
    likeness,
    likeness_of_sums,
    most_central,
    parts_of,
)
from pipeline.publish.words import plural
from pipeline.review.advice.wordings import Wording, bare, better_name, parts_of_names, roots
from pipeline.tables import Mention, PainPoint, Touchpoint
from pipeline.text import normalise, stable_id

Kind = Literal["merge", "split", "rename", "merge_pain"]

_ONE_THING = 0.7
"""Least likeness of the quotes of two touchpoints that may be one (see `methods.proposing`)."""
_WITH_NAME = 0.9
"""The same with half the cosine of the names added: names alike need quotes less alike."""
_ONE_BREATH = 0.35
"""The same for two that the engine found and customers speak of in one breath."""
_TOGETHER, _TIMES_CHANCE, _LEAST_TOGETHER = 0.4, 4.0, 4
"""Least share of the turns that tell of the smaller one, how often chance would bring them about,
and their least number, for two to be told in one breath."""
_TWO_OF_CATALOGUE = 0.9
"""Least likeness of two that the business itself tells apart."""
_PART = 0.66
"""Most likeness of a part to the rest of its touchpoint."""
_KEPT = 0.8
"""Least share of the quotes with a part's word that belong to it."""
_FEWEST_CUSTOMERS = 5
_FEWEST_QUOTES = 8
"""Quotes of a part, and of the rest: among fewer a likeness is mostly chance."""
_FEWEST_TO_MERGE = 5
_MOST_QUOTES = 5_000
"""What one decision can hold."""
_MOST_PARTS = 2
_SAME_ROOT = 4
"""Words that begin with as many of the same letters are taken for one: smoking, smoke."""
_SAME_PAIN, _SAME_PAIN_AND_WORD = 1.5, 1.3
"""Least likeness plus cosine of the names of two pain points that are one problem; less when both
names say the same is wrong ("overtime wrong")."""
_PAIN_QUOTES, _PAIN_NAMES = 0.55, 0.6
"""Least likeness and least cosine of the names, whatever the other is."""
PAIN_SHIFT = 0.5
"""Share of what all quotes have in common that is taken off before complaints are compared: two
wordings of one problem have the touchpoint in common too."""
_NO_TROUBLE = frozenset({"no", "not", "never", "only"})
"""What is missing differs from name to name, so these words make no two names alike."""
_SAME_LETTERS = 85
"""Likeness of two spellings, 0 to 100: "centre" and "center"."""
_SHOWN = 3


class Proposal(NamedTuple):
    """Something to confirm or to dismiss."""

    proposal_id: str
    """The same in every run that proposes the same."""
    kind: Kind
    touchpoint_id: str
    """Where it is shown."""
    target_id: str
    """What the decision that carries it out is about."""
    told: str
    """What it proposes."""
    why: str
    strength: float
    """0 to 1, to order what is proposed for one touchpoint."""
    shown: tuple[str, ...]
    """mention_ids of quotes that show best what it is about"""
    into: str = ""
    """A merge: the touchpoint or pain point that stays."""
    into_name: str = ""
    name: str = ""
    """A split: of the new touchpoint. A rename: the new name. A merge: of what becomes a part."""
    quotes: tuple[str, ...] = ()
    """A split: the mention_ids that go with the new touchpoint."""


class Cut(NamedTuple):
    """A part that could be split off."""

    wording: Wording
    part: Part
    n_customers: int


class Seen(NamedTuple):
    """What was found in one touchpoint by itself, as its quotes and its name are now."""

    point: Touchpoint
    mentions: Sequence[Mention]
    vectors: Vectors
    """of its mentions, less what all quotes of the run have in common"""
    total: Floats
    """the sum of these"""
    cuts: tuple[Cut, ...]
    better: Wording | None
    pains: tuple[Proposal, ...]

    def central(self, n: int = _SHOWN) -> tuple[str, ...]:
        """Return the mention_ids of its most typical quotes."""
        rows = most_central(self.vectors, range(len(self.mentions)), n)
        return tuple(self.mentions[row].mention_id for row in rows)


def cuts_of(
    name: str,
    known: frozenset[str],
    mentions: Sequence[Mention],
    vectors: Vectors,
    vocabulary: Vocabulary,
) -> tuple[Cut, ...]:
    """Return the parts of a touchpoint called `name` that have little in common with its rest.

    `known` holds the stems of its names and its definition: what these say belongs to it.
    """
    if len(mentions) < 2 * _FEWEST_QUOTES:
        return ()
    texts = [m.quote for m in mentions]
    wordings = parts_of_names(texts, vocabulary, known)
    flags = np.zeros((len(wordings), len(texts)), dtype=np.bool_)
    for place, wording in enumerate(wordings):
        flags[place, list(wording.rows)] = True
    found = []
    for wording, part in zip(wordings, parts_of(vectors, flags), strict=True):
        if part is None or part.likeness > _PART or part.kept < _KEPT:
            continue
        customers = {mentions[row].customer_id for row in part.rows.tolist()}
        fits = _FEWEST_QUOTES <= len(part.rows) <= min(_MOST_QUOTES, len(texts) / 2)
        apart = not _is_aspect(wording, [texts[row] for row in part.rows.tolist()], name)
        if fits and apart and len(customers) >= _FEWEST_CUSTOMERS:
            found.append(Cut(wording, part, len(customers)))
    return tuple(sorted(found, key=lambda c: (-_worth(c, len(texts)), c.wording.term)))


def _is_aspect(wording: Wording, texts: Sequence[str], name: str) -> bool:
    """Tell whether a part is the touchpoint in other letters, or no thing of its own: where half of
    its quotes name the touchpoint too, as in "a view of the apron"."""
    own = roots(name)
    if fuzz.ratio(normalise(wording.name), normalise(name)) >= _SAME_LETTERS:
        return True
    if not own.isdisjoint(wording.term):
        return False
    return sum(not own.isdisjoint(roots(text)) for text in texts) >= len(texts) / 2


def _worth(cut: Cut, n: int) -> float:
    """Return how much would be gained by a split: of a large part, little like the rest."""
    return (1 - cut.part.likeness) * math.sqrt(len(cut.part.rows) / n)


def better_of(
    point: Touchpoint, mentions: Sequence[Mention], vocabulary: Vocabulary
) -> Wording | None:
    """Return a better name for a touchpoint the engine named; None for all others."""
    if point.origin != "discovered" or not mentions:
        return None
    texts, customers = [m.quote for m in mentions], [m.customer_id for m in mentions]
    return better_name(point.name, texts, customers, vocabulary)


def splits(seen: Seen, taken: frozenset[str]) -> list[Proposal]:
    """Return the splits of a touchpoint; a word among the stems `taken` names another already."""
    found: list[Proposal] = []
    used: set[str] = set()
    for cut in seen.cuts:
        said = {word[:_SAME_ROOT] for word in cut.wording.term}
        if len(found) == _MOST_PARTS or not taken.isdisjoint(cut.wording.word) or used & said:
            continue
        used |= said
        rows, point = cut.part.rows.tolist(), seen.point
        shown = most_central(seen.vectors, rows, _SHOWN)
        n = plural(len(rows), "quote")
        found.append(
            Proposal(
                proposal_id=stable_id("split", point.touchpoint_id, *cut.wording.word),
                kind="split",
                touchpoint_id=point.touchpoint_id,
                target_id=point.touchpoint_id,
                told=f"Split off “{cut.wording.name}” with {n}",
                why=f"{n} of {len(seen.mentions)}, by {plural(cut.n_customers, 'customer')}, are "
                "about this and little like the rest.",
                strength=_worth(cut, len(seen.mentions)),
                shown=tuple(seen.mentions[row].mention_id for row in shown),
                name=cut.wording.name,
                quotes=tuple(seen.mentions[row].mention_id for row in rows),
            )
        )
    return found


def renames(seen: Seen, names: Mapping[str, str]) -> list[Proposal]:
    """Return the better name of a touchpoint; `names` holds all names by touchpoint_id."""
    better, point = seen.better, seen.point
    others = [roots(name) for key, name in names.items() if key != point.touchpoint_id]
    if better is None or any(set(better.term) <= other for other in others):
        return []
    shown = most_central(seen.vectors, better.rows, _SHOWN)
    return [
        Proposal(
            proposal_id=stable_id("rename", point.touchpoint_id, normalise(better.name)),
            kind="rename",
            touchpoint_id=point.touchpoint_id,
            target_id=point.touchpoint_id,
            told=f"Call it “{better.name}”",
            why=f"The engine named it “{point.name}”; “{better.name}” stands in {len(better.rows)} "
            f"of its {plural(len(seen.mentions), 'quote')}.",
            strength=len(better.rows) / len(seen.mentions),
            shown=tuple(seen.mentions[row].mention_id for row in shown),
            name=better.name,
        )
    ]


def merges(seen: Sequence[Seen], names: Vectors) -> list[Proposal]:
    """Return near-duplicates, each touchpoint in at most one; `names` (n, d) are unit vectors."""
    if len(seen) < 2:
        return []
    sizes = np.array([len(s.mentions) for s in seen], dtype=np.float64)
    alike = likeness_of_sums(np.stack([s.total for s in seen]), sizes)
    turns = [{m.turn_id for m in s.mentions} for s in seen]
    n_turns = len(set().union(*turns))

    def sure(i: int, j: int) -> float:
        together = _in_one_breath(turns[i], turns[j], n_turns)
        return _oneness(seen[i], seen[j], float(alike[i, j]), float(names[i] @ names[j]), together)

    pairs = sorted((-sure(i, j), i, j) for i in range(len(seen)) for j in range(i))
    found: list[Proposal] = []
    used: set[int] = set()
    for value, i, j in pairs:
        if value > -1 or not used.isdisjoint((i, j)):
            continue
        used |= {i, j}
        shared = float(names[i] @ names[j])
        found.append(_merge(seen[i], seen[j], float(alike[i, j]), shared))
    return found


def _in_one_breath(one: set[str], other: set[str], n_turns: int) -> bool:
    """Tell whether customers who speak of the one hardly ever leave out the other."""
    small, large = sorted((one, other), key=len)
    both = len(small & large)
    chance = len(small) * len(large) / n_turns
    return both >= max(_TOGETHER * len(small), _TIMES_CHANCE * chance, _LEAST_TOGETHER)


def _oneness(
    first: Seen, second: Seen, alike: float, names: float, together: bool
) -> float:  # fmt: skip
    """Return how sure it is that two touchpoints are one; 1 is enough for a proposal."""
    one, other = first.point, second.point
    fewest = min(len(first.mentions), len(second.mentions))
    if bare(one.name) == bare(other.name):
        return 2.0
    origins = {one.origin, other.origin}
    if "reviewer" in origins or fewest < _FEWEST_TO_MERGE:
        return 0.0  # who made one by hand knows the other; and a few quotes are like anything
    if origins == {"catalogue"}:
        return alike / _TWO_OF_CATALOGUE
    by_turns = alike / _ONE_BREATH if together and origins == {"discovered"} else 0.0
    by_names = (alike + _name_part(one, other, names)) / _WITH_NAME
    return max(alike / _ONE_THING, by_names, by_turns)


def _name_part(one: Touchpoint, other: Touchpoint, names: float) -> float:
    """Return what alike names add: nothing for two kinds of one thing, "payroll export" and
    "payroll bureau", which somebody told apart by their last word."""
    first, second = words(one.name), words(other.name)
    shared = roots(one.name) & roots(other.name)
    within = roots(one.name) <= roots(other.name) or roots(other.name) <= roots(one.name)
    if shared and not within and first[-1] != second[-1]:
        return 0.0
    return max(names, 0.0) / 2


def _why(one: Touchpoint, other: Touchpoint, alike: float, names: float) -> str:
    """Return what made a merge a proposal, in words."""
    if bare(one.name) == bare(other.name):
        return "Both have the same name."
    figure = f"{alike:.2f}, where 1 is as alike as the quotes of one touchpoint."
    if alike >= _ONE_THING:
        return f"What customers say of both is nearly of one kind: {figure}"
    if alike + _name_part(one, other, names) >= _WITH_NAME:
        return f"Their names are alike, and what customers say of both is so by {figure}"
    told = "Customers who speak of the one hardly ever leave out the other"
    return f"{told}, and what they say is alike by {figure}"


def _merge(one: Seen, other: Seen, alike: float, names: float) -> Proposal:
    """Return the merge of two into the one of the catalogue, or into the larger one."""
    stays, goes = sorted(
        (one, other),
        key=lambda s: (s.point.origin != "catalogue", -s.point.n_customers, s.point.touchpoint_id),
    )
    a, b = sorted((stays.point.touchpoint_id, goes.point.touchpoint_id))
    return Proposal(
        proposal_id=stable_id("merge", a, b),
        kind="merge",
        touchpoint_id=goes.point.touchpoint_id,
        target_id=goes.point.touchpoint_id,
        told=f"Merge it into “{stays.point.name}”",
        why=_why(one.point, other.point, alike, names),
        strength=min(1.0, max(alike, 0.0)),
        shown=(*goes.central(2), *stays.central(2)),
        into=stays.point.touchpoint_id,
        into_name=stays.point.name,
        name=goes.point.name,
    )


def pain_pairs(
    pains: Sequence[PainPoint], mentions: Sequence[Mention], vectors: Vectors, names: Vectors
) -> list[Proposal]:
    """Return the pain points of one touchpoint that tell the problem of a larger one in other
    words. `vectors` are those of the mentions, less `PAIN_SHIFT` of what all quotes have in common;
    `names` those of the pains' names."""
    place = {pain.pain_point_id: number for number, pain in enumerate(pains)}
    rows = [n for n, m in enumerate(mentions) if m.pain_point_id in place]
    if len(pains) < 2 or not rows:
        return []
    groups = np.array([place[mentions[n].pain_point_id] for n in rows])
    alike = likeness(vectors[rows], groups, len(pains))
    near, telling = names @ names.T, _telling([pain.name for pain in pains])
    order = sorted(range(len(pains)), key=lambda n: (-pains[n].n_customers, pains[n].pain_point_id))
    found: list[Proposal] = []
    home = list(range(len(pains)))
    for number, small in enumerate(order):
        sure = {
            large: _sameness(
                float(alike[small, large]), float(near[small, large]),
                bool(telling[small] & telling[large]),
            )
            for large in order[:number]
        }  # fmt: skip
        best = max(sure, key=lambda n: (sure[n], -order.index(n)), default=-1)
        if best >= 0 and sure[best] >= 1:
            # What becomes a part of another itself is no place to go.
            home[small] = home[best]
            found.append(_merge_pain(pains[small], pains[home[best]], sure[best]))
    return found


def _sameness(quotes: float, names: float, says_same: bool) -> float:
    """Return how sure it is that two pain points are one, from the likeness of their quotes and of
    their names; 1 is enough for a proposal."""
    if quotes < _PAIN_QUOTES or names < _PAIN_NAMES:
        return 0.0
    return (quotes + names) / (_SAME_PAIN_AND_WORD if says_same else _SAME_PAIN)


def _telling(names: Sequence[str]) -> list[set[str]]:
    """Return for each name the roots of its words that say what is wrong, without those of half of
    all the names: at a touchpoint where all is dirty, "dirty" tells no problem from another."""
    found = [
        {root(word) for word in words(name) if word in trouble_words() - _NO_TROUBLE}
        for name in names
    ]
    often = Counter(word for said in found for word in said)
    return [{w for w in said if often[w] <= max(2, len(names) / 2)} for said in found]


def _merge_pain(small: PainPoint, large: PainPoint, sure: float) -> Proposal:
    a, b = sorted((small.pain_point_id, large.pain_point_id))
    return Proposal(
        proposal_id=stable_id("merge_pain", a, b),
        kind="merge_pain",
        touchpoint_id=small.touchpoint_id,
        target_id=small.pain_point_id,
        told=f"One pain point: put “{small.name}” under “{large.name}”",
        why=f"{plural(small.n_customers, 'customer')} and {plural(large.n_customers, 'customer')} "
        "seem to tell the same in other words.",
        strength=min(1.0, sure / 2),
        shown=(small.quote_mention_id, large.quote_mention_id),
        into=large.pain_point_id,
        into_name=large.name,
        name=small.name,
    )
