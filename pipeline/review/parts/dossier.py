"""What is known of one touchpoint, each part marked by where it comes from: asserted by the
catalogue or a reviewer, evidenced by customers' quotes, or inferred by the engine."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.publish import evidence, words
from pipeline.publish.network_svg import edge_sentence
from pipeline.review.parts.states import NEW, State, applied, arguments
from pipeline.review.state.view import View
from pipeline.tables import Decision, Edge, PainPoint, Touchpoint

DIMENSIONS = [
    (name, f"{name.capitalize()}: {told.lower()}") for name, told in words.DIMENSION_WORDS.items()
]
"""The four scores as choices of a form."""
_BRIEF_QUOTES = 3
_SETTERS = {
    "name": ("rename",),
    "definition": ("redefine",),
    "stage": ("move",),
    "owner": ("own",),
    "backup": ("own",),
    "effort": ("effort",),
}
"""The actions by which a reviewer asserts a field."""
_GUESSED = frozenset({"name", "definition", "stage"})
"""Fields that the engine fills in for what it discovers."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Where something comes from: asserted, evidenced or inferred, and by whom or what."""

    kind: str
    told: str


@dataclass(frozen=True, slots=True)
class Fact:
    """A field of a touchpoint; `value` is '' when nobody set it, and then it has no mark."""

    name: str
    label: str
    value: str
    mark: Mark | None


@dataclass(frozen=True, slots=True)
class ScoreLine:
    """One of the four scores with where it comes from."""

    measure: evidence.Measure
    mark: Mark | None
    """None where nobody said anything."""
    value: str
    """As a form sends it, '' when there is none."""


@dataclass(frozen=True, slots=True)
class PainLine:
    """A pain point with what a form needs to decide about it."""

    row: PainPoint
    severity: str
    seen: str
    quote: evidence.Quote | None


@dataclass(frozen=True, slots=True)
class LinkLine:
    """A link from or to the touchpoint."""

    edge: Edge
    other_id: str
    other: str
    facts: str
    sentence: str
    seen: str
    mark: Mark


@dataclass(frozen=True, slots=True)
class MomentLine:
    """What customers decide here."""

    decision: str
    reason: str
    quote: evidence.Quote | None
    mark: Mark


@dataclass(frozen=True, slots=True)
class Dossier:
    """A touchpoint as a reviewer sees it first."""

    point: Touchpoint
    state: State
    seen: str
    facts: tuple[Fact, ...]
    aliases: tuple[Fact, ...]
    scores: tuple[ScoreLine, ...]
    pains: tuple[PainLine, ...]
    moments: tuple[MomentLine, ...]
    incoming: tuple[LinkLine, ...]
    outgoing: tuple[LinkLine, ...]
    quotes: tuple[evidence.Quote, ...]
    rank: str
    reason: str
    """Why it ranks there."""
    is_stale: bool


def dossier(view: View, touchpoint_id: str, marks: Mapping[str, State]) -> Dossier:
    """Return what is known of a touchpoint of this run."""
    lookup = view.lookup
    point = lookup.touchpoints[touchpoint_id]
    own = [d for d in applied(view) if d.target_id == touchpoint_id]
    told = evidence.telling(lookup.mentions_at.get(touchpoint_id, []), _BRIEF_QUOTES)
    quotes = [evidence.quote(lookup, m.mention_id) for m in told]
    priority = lookup.priorities.get(touchpoint_id)
    return Dossier(
        point=point,
        state=marks.get(touchpoint_id, NEW),
        seen=view.seen(touchpoint_id),
        facts=_facts(view, point, own),
        aliases=_aliases(view, touchpoint_id),
        scores=_scores(view, touchpoint_id, own),
        pains=_pains(view, touchpoint_id),
        moments=_moments(view, touchpoint_id, own),
        incoming=tuple(
            _link(view, e, e.source_id) for e in lookup.edges if e.target_id == touchpoint_id
        ),
        outgoing=tuple(
            _link(view, e, e.target_id) for e in lookup.edges if e.source_id == touchpoint_id
        ),
        quotes=tuple(q for q in quotes if q),
        rank=f"number {priority.rank} of {len(lookup.priorities)} to fix" if priority else "",
        reason=priority.reason if priority else "",
        is_stale=touchpoint_id in view.stale,
    )


def asserted(decision: Decision) -> Mark:
    """Return the mark of what a reviewer said."""
    return Mark("asserted", f"by {decision.who}, {words.day(decision.at)}")


def _facts(view: View, point: Touchpoint, own: list[Decision]) -> tuple[Fact, ...]:
    """Return the fields that somebody can set, each with where its value comes from."""
    effort = "" if math.isnan(point.effort) else f"{point.effort:g}"
    values = (
        ("name", "Name", point.name),
        ("definition", "Definition", point.definition),
        ("stage", "Stage", point.stage),
        ("channel", "Channel", point.channel),
        ("owner", "Owner", point.owner),
        ("backup", "Stands in", point.backup),
        ("effort", "Effort, 1 to 5", effort),
    )
    return tuple(
        Fact(name, label, value, _mark(view, point, name, own) if value else None)
        for name, label, value in values
    )


def _mark(view: View, point: Touchpoint, field: str, own: list[Decision]) -> Mark:
    setters = [d for d in own if d.action in _SETTERS.get(field, ())]
    if setters:
        return asserted(setters[-1])
    if point.origin == "reviewer":
        makers = _makers(view, point.touchpoint_id)
        return asserted(makers[-1]) if makers else Mark("asserted", "by a reviewer")
    if point.origin == "discovered" and field in _GUESSED:
        return Mark("inferred", f"by the engine from {words.plural(point.n_mentions, 'quote')}")
    if point.origin == "discovered" and field == "channel":
        return Mark("evidenced", words.plural(point.n_mentions, "quote"))
    return Mark("asserted", "in the catalogue")


def _makers(view: View, touchpoint_id: str) -> list[Decision]:
    """Return the decisions that made a touchpoint."""
    return [
        d
        for d in applied(view)
        if (d.action == "add" and d.target_id == touchpoint_id)
        or (d.action == "split" and arguments(d).get("touchpoint_id") == touchpoint_id)
    ]


def _aliases(view: View, touchpoint_id: str) -> tuple[Fact, ...]:
    """Return the other names, each with how often customers use it or who gave it."""
    phrases = view.tables.get("catalogue_phrases")
    planned: set[str] = set()
    if phrases is not None:
        own = phrases[(phrases["touchpoint_id"] == touchpoint_id) & (phrases["kind"] == "alias")]
        planned = set(own["text"])
    said = [m.quote.casefold() for m in view.lookup.mentions_at.get(touchpoint_id, [])]
    found = []
    for row in view.lookup.aliases.get(touchpoint_id, []):
        n = sum(row.alias.casefold() in quote for quote in said)
        mark = (
            Mark("asserted", "in the catalogue")
            if row.alias in planned
            else Mark("evidenced", words.plural(n, "quote"))
            if n
            else Mark("inferred", "an earlier or the engine's name")
        )
        found.append(Fact("alias", "Also called", row.alias, mark))
    return tuple(found)


def _scores(view: View, touchpoint_id: str, own: list[Decision]) -> tuple[ScoreLine, ...]:
    overruled = {arguments(d).get("dimension"): d for d in own if d.action == "score"}
    lines = []
    for measure in evidence.measures(view.lookup, touchpoint_id):
        score = view.lookup.scores.get((touchpoint_id, measure.dimension))
        decision = overruled.get(measure.dimension)
        known = score is not None and words.is_known(score.value)
        lines.append(
            ScoreLine(
                measure,
                asserted(decision)
                if decision
                else Mark("evidenced", words.plural(measure.n_customers, "customer"))
                if measure.n_customers
                else None,
                f"{score.value:.2f}" if score and known else "",
            )
        )
    return tuple(lines)


def _pains(view: View, touchpoint_id: str) -> tuple[PainLine, ...]:
    return tuple(
        PainLine(
            row,
            words.degree(row.severity),
            view.seen(row.pain_point_id),
            evidence.quote(view.lookup, row.quote_mention_id),
        )
        for row in view.lookup.pains_at.get(touchpoint_id, [])
    )


def _moments(view: View, touchpoint_id: str, own: list[Decision]) -> tuple[MomentLine, ...]:
    marked = {arguments(d).get("decision"): d for d in own if d.action == "mark"}
    return tuple(
        MomentLine(
            row.decision,
            row.reason,
            evidence.quote(view.lookup, row.quote_mention_id),
            asserted(marked[row.decision])
            if row.decision in marked
            else Mark("evidenced", words.plural(row.n_customers, "customer")),
        )
        for row in view.lookup.moments
        if row.touchpoint_id == touchpoint_id
    )


def _link(view: View, edge: Edge, other_id: str) -> LinkLine:
    people = words.plural(edge.n_customers, "customer")
    lift = f", {edge.lift:.1f} times chance" if words.is_known(edge.lift) else ""
    return LinkLine(
        edge,
        other_id,
        view.lookup.touchpoints[other_id].name,
        people + lift,
        edge_sentence(view.lookup, edge),
        view.seen(edge.edge_id),
        origin_of(view, edge),
    )


def origin_of(view: View, edge: Edge) -> Mark:
    """Return where a link comes from."""
    decisions = [
        d for d in applied(view) if d.target_id == edge.edge_id and d.action in ("confirm", "hide")
    ]
    if edge.review and decisions:
        return asserted(decisions[-1])
    if edge.kind == "influences":
        quoted = len(view.lookup.edge_evidence.get(edge.edge_id, []))
        return Mark("evidenced", words.plural(quoted, "quote"))
    return Mark("inferred", "from the order in which customers told of them")
