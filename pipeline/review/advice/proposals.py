"""What the engine would change in a run, as proposals that a reviewer confirms or sends away.

Near-duplicate touchpoints to merge, mixed ones to split, better names for those the engine named,
and pain points that are one problem in two wordings. Nothing here decides anything. A proposal has
the same id in every run that makes it, so that a dismissed one stays away.

The vectors of a run's quotes are read once; a touchpoint is looked at again only when a decision
changed its name, its quotes or its pain points.
"""

from collections.abc import Callable, Collection, Sequence
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np

from pipeline.decisions.history import standing
from pipeline.engines.embedded.terms import Vocabulary
from pipeline.methods.proposing import Vectors, less
from pipeline.review.advice.suggestions import (
    PAIN_SHIFT,
    Proposal,
    Seen,
    better_of,
    cuts_of,
    merges,
    pain_pairs,
    renames,
    splits,
)
from pipeline.review.advice.wordings import roots, vocabulary_of
from pipeline.review.state.view import View
from pipeline.tables import Mention, PainPoint

if TYPE_CHECKING:
    from pipeline.review.state.desk import Desk

Embed = Callable[[list[str]], Vectors]


class _Corpus(NamedTuple):
    """What all quotes of a run have in common, whatever is decided."""

    middle: Vectors
    vocabulary: Vocabulary


class Proposer:
    """Makes the proposals for one run; may be called by any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._vectors: dict[str, Vectors] = {}
        self._corpus: _Corpus | None = None
        self._seen: dict[str, tuple[int, Seen]] = {}
        self._version = ""
        self._made: tuple[Proposal, ...] = ()

    def proposals(self, view: View, embed: Embed) -> tuple[Proposal, ...]:
        """Return what is proposed for a view, the surest first.

        `embed` is asked for the unit vectors of texts that were not seen before.
        """
        with self._lock:
            if self._version != view.version:
                self._made = self._make(view, embed)
                self._version = view.version
            return self._made

    def _make(self, view: View, embed: Embed) -> tuple[Proposal, ...]:
        lookup = view.lookup
        if not lookup.mentions:
            return ()
        self._remember(_texts(view), embed)
        self._corpus = self._corpus or self._common(view)
        keys = [key for key in lookup.touchpoints if lookup.mentions_at.get(key)]
        seen = [self._look(view, key, self._corpus) for key in keys]
        names = {key: point.name for key, point in lookup.touchpoints.items()}
        taken = frozenset(word for name in names.values() for word in roots(name))
        found = [
            *merges(seen, self._of([s.point.name for s in seen])),
            *(p for s in seen for p in (*splits(s, taken), *renames(s, names), *s.pains)),
        ]
        settled = _Settled(dismissed(view), accepted(view), renamed(view))
        kept = [p for p in found if settled.leaves(p)]
        return tuple(sorted(kept, key=lambda p: (-p.strength, p.proposal_id)))

    def _look(self, view: View, key: str, corpus: _Corpus) -> Seen:
        """Return what a touchpoint shows by itself; as before while nothing about it changed."""
        point = view.lookup.touchpoints[key]
        mentions = view.lookup.mentions_at[key]
        pains = view.lookup.pains_at.get(key, [])
        mark = hash((
            point.name, point.origin, point.definition,
            tuple((m.mention_id, m.pain_point_id) for m in mentions),
            tuple((p.pain_point_id, p.name) for p in pains),
        ))  # fmt: skip
        known = self._seen.get(key)
        if known and known[0] == mark:
            return known[1]._replace(point=point, mentions=mentions)
        vectors = self._of([m.quote for m in mentions])
        apart = less(vectors, corpus.middle)
        seen = Seen(
            point, mentions, apart, apart.sum(axis=0, dtype=np.float64),
            cuts_of(point.name, _known(view, key), mentions, apart, corpus.vocabulary),
            better_of(point, mentions, corpus.vocabulary),
            tuple(self._pains(pains, mentions, less(vectors, corpus.middle, PAIN_SHIFT))),
        )  # fmt: skip
        self._seen[key] = (mark, seen)
        return seen

    def _pains(
        self, pains: Sequence[PainPoint], mentions: Sequence[Mention], vectors: Vectors
    ) -> list[Proposal]:
        if len(pains) < 2:
            return []
        return pain_pairs(pains, mentions, vectors, self._of([pain.name for pain in pains]))

    def _common(self, view: View) -> _Corpus:
        """Return the middle of the quotes of the first view and how often they use each word."""
        texts = [m.quote for m in view.lookup.mentions.values()]
        return _Corpus(self._of(texts).mean(axis=0), vocabulary_of(texts, view.manifest.corpus))

    def _remember(self, texts: Collection[str], embed: Embed) -> None:
        """Read, or compute, the vectors of texts that are not known yet, all at once."""
        new = sorted(set(texts) - self._vectors.keys())
        if new:
            self._vectors |= dict(zip(new, embed(new), strict=True))

    def _of(self, texts: Sequence[str]) -> Vectors:
        """Return the unit vectors of texts that are known, one a row."""
        return np.stack([self._vectors[text] for text in texts])


def _known(view: View, touchpoint_id: str) -> frozenset[str]:
    """Return the stems of all that a touchpoint is called and, if people wrote it, defined by."""
    point = view.lookup.touchpoints[touchpoint_id]
    aliases = [alias.alias for alias in view.lookup.aliases.get(touchpoint_id, [])]
    definition = point.definition if point.origin != "discovered" else ""
    return frozenset().union(*map(roots, (point.name, definition, *aliases)))


def _texts(view: View) -> list[str]:
    """Return all texts whose vectors the proposals need."""
    lookup = view.lookup
    return [
        *(m.quote for m in lookup.mentions.values()),
        *(point.name for point in lookup.touchpoints.values()),
        *(pain.name for pains in lookup.pains_at.values() for pain in pains),
    ]


class _Settled(NamedTuple):
    """What reviewers have answered already."""

    dismissed: frozenset[str]
    """proposal_ids"""
    accepted: frozenset[str]
    """touchpoint_ids"""
    renamed: frozenset[str]
    """touchpoint_ids"""

    def leaves(self, proposal: Proposal) -> bool:
        """Tell whether a proposal is still open: a touchpoint accepted as it is needs none but to
        become the home of another, and one that a reviewer named needs no name."""
        is_named = proposal.kind == "rename" and proposal.touchpoint_id in self.renamed
        return (
            proposal.proposal_id not in self.dismissed
            and proposal.touchpoint_id not in self.accepted
            and not is_named
        )


def dismissed(view: View) -> frozenset[str]:
    """Return the proposal_ids that reviewers sent away."""
    return frozenset(d.target_id for d in standing(view.decisions) if d.action == "dismiss")


def accepted(view: View) -> frozenset[str]:
    """Return the touchpoints that reviewers accepted as they are."""
    return frozenset(d.target_id for d in standing(view.decisions) if d.action == "accept")


def renamed(view: View) -> frozenset[str]:
    """Return the touchpoints whose name is a reviewer's."""
    return frozenset(d.target_id for d in standing(view.decisions) if d.action == "rename")


_PROPOSERS: "WeakKeyDictionary[Desk, Proposer]" = WeakKeyDictionary()
_MAKING = Lock()


def proposals_of(view: View, desk: "Desk") -> tuple[Proposal, ...]:
    """Return what is proposed for a view of a desk's run, the surest first.

    The first time it reads all vectors, about a second for 20,000 quotes; then only what changed.
    """
    with _MAKING:
        if desk not in _PROPOSERS:
            _PROPOSERS[desk] = Proposer()
        proposer = _PROPOSERS[desk]

    def embed(texts: list[str]) -> Vectors:
        # Opening a page asks no endpoint, and every bound was measured with these vectors.
        return desk.engine.embed_locally(texts)

    return proposer.proposals(view, embed)
