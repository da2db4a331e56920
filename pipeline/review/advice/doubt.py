"""How doubtful a touchpoint is, 0 to 1, with the reasons in words, and what it weighs.

Each reason alone makes a touchpoint doubtful to some degree; they add up as independent chances of
being wrong do: 1 minus the product of what each leaves sure. The degrees order a work list and
claim to be nothing more.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from pipeline.decisions.history import told as argument_of
from pipeline.decisions.verdicts import differing
from pipeline.publish import words
from pipeline.publish.lookup import Lookup, read
from pipeline.review.advice.suggestions import Proposal
from pipeline.review.parts.filtering import Filters, address
from pipeline.review.parts.quoted import FLAGGED, LEAST_SURE
from pipeline.review.state.view import View, is_judgement, reviewed
from pipeline.tables import FLAGS, Edge, Mention

_FEW, _SOME = 5, 10
"""Customers below which a figure is not shown at all, and below which it is still shaky."""
_VERY_FEW_DOUBT, _FEW_DOUBT = 0.45, 0.2
_UNSURE = 0.5
"""Confidence below which the engine itself would rather not say where a quote belongs."""
_UNSURE_SHARE = 0.25
_LEAST_TO_SHARE = 4
"""Quotes from which on it is odd that one customer speaks most of them."""
_ONE_VOICE = 0.4
_WIDE = {"emotion": 0.7, "function": 0.5}
"""A score whose 95 % interval is wider than about a third of its scale says little."""
_PROPOSED = {"merge": 0.35, "split": 0.35, "rename": 0.2, "merge_pain": 0.1}
_WEIGHTS = {
    "differs": 0.6, "flags": 0.4, "one_kind": 0.2, "one_voice": 0.25, "link": 0.2, "wide": 0.15,
    "engine_name": 0.15, "no_stage": 0.1, "new": 0.1, "set": 0.2, "set_before": 0.3,
}  # fmt: skip
_MODEL = "llm"
"""How the name of the engine begins when a language model read the quote."""


class Reason(NamedTuple):
    """One reason to look at a touchpoint."""

    kind: str
    told: str
    degree: float
    """0 to 1: how doubtful it would be for this reason alone."""
    href: str = ""
    """The page that shows it, '' for the touchpoint's own."""


class Doubt(NamedTuple):
    """How doubtful a touchpoint is."""

    degree: float
    reasons: tuple[Reason, ...]
    """The strongest first."""


def doubts(view: View, proposals: Iterable[Proposal] = ()) -> dict[str, Doubt]:
    """Return how doubtful each touchpoint is that customers spoke of, by touchpoint_id."""
    found = _Finder(view, proposals)
    return {
        key: _sum_up(found.reasons(key))
        for key in view.lookup.touchpoints
        if view.lookup.mentions_at.get(key)
    }


def _sum_up(reasons: Iterable[Reason]) -> Doubt:
    ordered = tuple(sorted(reasons, key=lambda r: (-r.degree, r.kind, r.told)))
    return Doubt(1 - math.prod(1 - r.degree for r in ordered), ordered)


class _Finder:
    """Looks for the reasons; what concerns the whole run is gathered once."""

    def __init__(self, view: View, proposals: Iterable[Proposal]) -> None:
        self._lookup = lookup = view.lookup
        self._proposed: dict[str, list[Proposal]] = defaultdict(list)
        for proposal in proposals:
            self._proposed[proposal.touchpoint_id].append(proposal)
        flagged = Counter(
            mention.touchpoint_id
            for flag in read(view.tables, FLAGS)
            if (mention := lookup.mentions.get(flag.mention_id))
        )
        self._flagged = flagged
        self._links = _weak_links(lookup)
        self._renamed = {d.target_id for d in view.standing() if d.action == "rename"}
        self._set = _set_scores(view)
        self._reviewed = reviewed(view)
        self._differ = _differing_targets(view)
        self._kinds = {d.kind for d in lookup.documents.values()}

    def reasons(self, key: str) -> list[Reason]:
        """Return the reasons to doubt one touchpoint."""
        mentions = self._lookup.mentions_at[key]
        return [
            *self._by_people(key),
            *self._by_voices(key, mentions),
            *self._by_engine(key),
            *self._by_scores(key),
            *self._set.get(key, ()),
            *self._links.get(key, ()),
            *_proposed(key, self._proposed[key]),
        ]

    def _by_people(self, key: str) -> Iterable[Reason]:
        """Yield what reviewers left open."""
        if key not in self._reviewed:
            yield Reason("new", "nobody has judged it yet", _WEIGHTS["new"])
        if who := self._differ.get(key):
            yield Reason("differs", f"{who} see it differently", _WEIGHTS["differs"], "/agreement")
        if n := self._flagged[key]:
            told = f"{words.plural(n, 'quote')} to look at again after a decision"
            yield Reason("flags", told, _WEIGHTS["flags"], _quotes(key, kind=FLAGGED))

    def _by_voices(self, key: str, mentions: Sequence[Mention]) -> Iterable[Reason]:
        """Yield what few voices make doubtful."""
        voices = Counter(m.customer_id for m in mentions)
        if len(voices) < _SOME:
            degree = _VERY_FEW_DOUBT if len(voices) < _FEW else _FEW_DOUBT
            told = f"only {words.plural(len(voices), 'customer')}"
            yield Reason("few", told, degree, _part(key, "crowd"))
        documents = self._lookup.documents
        kinds = {documents[m.document_id].kind for m in mentions if m.document_id in documents}
        if len(kinds) == 1 < len(self._kinds):
            source = words.SOURCE_WORDS.get(min(kinds), min(kinds))
            told = f"told in one kind of source only ({source})"
            yield Reason("one_kind", told, _WEIGHTS["one_kind"], _part(key, "crowd"))
        who, most = voices.most_common(1)[0]
        if (
            len(voices) > 1
            and len(mentions) >= _LEAST_TO_SHARE
            and most > _ONE_VOICE * len(mentions)
        ):
            told = f"one customer said {most} of {len(mentions)} quotes"
            href = _quotes(key, customer=who)
            yield Reason("one_voice", told, _WEIGHTS["one_voice"], href)
        unsure = sum(m.confidence < _UNSURE for m in mentions)
        if unsure >= _UNSURE_SHARE * len(mentions):
            told = f"the engine is unsure of {unsure} of {words.plural(len(mentions), 'quote')}"
            href = _quotes(key, sort=LEAST_SURE)
            yield Reason("unsure", told, unsure / len(mentions) / 2, href)

    def _by_engine(self, key: str) -> Iterable[Reason]:
        """Yield what nobody but the engine has said."""
        point = self._lookup.touchpoints[key]
        if point.origin != "discovered":
            return
        if key not in self._renamed and all(p.kind != "rename" for p in self._proposed[key]):
            told = "its name was made by the engine"
            yield Reason("engine_name", told, _WEIGHTS["engine_name"])
        if not point.stage and self._lookup.stages:
            yield Reason("no_stage", "it belongs to no stage", _WEIGHTS["no_stage"])

    def _by_scores(self, key: str) -> Iterable[Reason]:
        """Yield the scores that say little."""
        for dimension, most in _WIDE.items():
            row = self._lookup.scores.get((key, dimension))
            if row is not None and row.high - row.low > most:
                ends = (words.amount(dimension, end) for end in (row.low, row.high))
                told = f"{dimension} lies anywhere from {words.span(*ends)}"
                yield Reason("wide", told, _WEIGHTS["wide"], _part(key, "scores"))


def _part(touchpoint_id: str, part: str) -> str:
    """Return the address of a part of a touchpoint's page."""
    return f"/touchpoints/{touchpoint_id}#{part}"


def _quotes(touchpoint_id: str, **filters: str) -> str:
    """Return the address of some of a touchpoint's quotes."""
    return address(f"/touchpoints/{touchpoint_id}", Filters(), **filters) + "#quotes"


def _set_scores(view: View) -> dict[str, list[Reason]]:
    """Return for each touchpoint the scores that reviewers set against what customers say, or in an
    earlier period, unless somebody has judged the touchpoint in this one since."""
    found: dict[str, list[Reason]] = defaultdict(list)
    judged: set[str] = set()
    period = view.manifest.period
    for row in reversed(view.standing()):
        key, is_earlier = row.target_id, row.period != period
        if is_judgement(row) and not is_earlier:
            judged.add(key)
        if row.action != "score" or row.state != "applied" or key in judged:
            continue
        dimension = str(argument_of(row.argument)["dimension"])
        score = view.lookup.scores.get((key, dimension))
        if score is not None and (is_earlier or row.note):
            kind = "set_before" if is_earlier else "set"
            told = f"{dimension} {score.basis if is_earlier else row.note}"
            found[key].append(Reason(kind, told, _WEIGHTS[kind], _part(key, "scores")))
    return found


def _proposed(key: str, proposals: Sequence[Proposal]) -> Iterable[Reason]:
    """Yield what proposals make doubtful, one reason for each kind."""
    by_kind = {p.kind: p for p in reversed(proposals)}
    n_pains = sum(p.kind == "merge_pain" for p in proposals)
    for kind, proposal in by_kind.items():
        told = {
            "merge": "it is much like another touchpoint",
            "split": f"a part of it, “{proposal.name}”, is unlike the rest",
            "rename": f"customers rather say “{proposal.name}”",
            "merge_pain": f"{words.plural(n_pains, 'pain point')} may be another in other words",
        }[kind]
        href = _part(key, "pains") if kind == "merge_pain" else ""
        yield Reason(kind, told, _PROPOSED[kind], href)


def _weak_links(lookup: Lookup) -> dict[str, list[Reason]]:
    """Return for each touchpoint the drawn links that rest on little and nobody confirmed."""
    found: dict[str, list[Reason]] = defaultdict(list)
    for edge in lookup.edges:
        why = "" if edge.review or not edge.is_shown else _weakness(lookup, edge)
        if why:
            ends = (lookup.touchpoints[end].name for end in (edge.source_id, edge.target_id))
            told = f"the link {' → '.join(ends)} {why}"
            reason = Reason("link", told, _WEIGHTS["link"], f"/links/{edge.edge_id}")
            found[edge.source_id].append(reason)
            found[edge.target_id].append(reason)
    return found


def _weakness(lookup: Lookup, edge: Edge) -> str:
    """Return what a link rests on when that is little, '' otherwise."""
    if edge.kind == "influences" and edge.n_customers == 1:
        return "rests on one statement"
    proofs = [lookup.mentions.get(e.mention_id) for e in lookup.edge_evidence.get(edge.edge_id, [])]
    if not proofs:
        return "has no quote behind it"
    if all(proof is None or proof.engine.startswith(_MODEL) for proof in proofs):
        return "was read by a language model only" if edge.kind == "influences" else ""
    return ""


def _differing_targets(view: View) -> dict[str, str]:
    """Return who see each touchpoint differently, as in 'Ann and Bo'."""
    return {
        one.target_id: listed(verdict.who for verdict in one.verdicts)
        for one in differing(view.decisions)
    }


def listed(names: Iterable[str]) -> str:
    """Return 'Ann', 'Ann and Bo', 'Ann, Bo and Cy'."""
    *most, last = list(dict.fromkeys(names)) or [""]
    return f"{', '.join(most)} and {last}" if most else last
