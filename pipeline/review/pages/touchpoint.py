"""The page of one touchpoint: everything known of it, and a form for everything to decide."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.decisions.history import about
from pipeline.decisions.wording import Difference, difference
from pipeline.publish import evidence, words
from pipeline.publish.sections import ChangeRow, changes
from pipeline.review.parts import filtering
from pipeline.review.parts.dossier import DIMENSIONS, dossier
from pipeline.review.parts.filtering import read_filters
from pipeline.review.parts.mapped import neighbours_map
from pipeline.review.parts.past import past_of
from pipeline.review.parts.quoted import doubts, list_quotes
from pipeline.review.parts.states import (
    Ending,
    LeftOut,
    applied,
    arguments,
    endings,
    left_out,
    states,
    when,
)
from pipeline.review.state.earlier import continued_by
from pipeline.review.state.view import Asked, MissingError, Page, View
from pipeline.tables import Decision

PATH = "/touchpoints/{touchpoint_id}"
_MOST_PAST = 20
"""Quotes shown of a touchpoint that was taken out."""
_MOST_SHOWING = 40
"""Quotes offered as what shows a moment; any other is marked on its own page."""
_QUOTE_WIDTH = 90
_MOST_CUSTOMERS = 40
"""More pseudonyms than this are only counted."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """Who speaks of a touchpoint, and where."""

    customers: tuple[tuple[str, int], ...]
    """Pseudonym and number of quotes, those who say most first."""
    n_more: int
    sources: tuple[tuple[str, str, int, int], ...]
    """Kind, its name, customers, quotes."""
    segments: tuple[tuple[str, int, int], ...]
    """Segment, customers, quotes."""
    n_anonymous: int


@dataclass(frozen=True, slots=True)
class Told:
    """A decision as history tells it."""

    decision: Decision
    day: str
    sentence: str
    differences: tuple[Difference, ...]
    seen: str
    is_undoable: bool
    ending: Ending | None
    """What ended it, None while it counts."""


@dataclass(frozen=True, slots=True)
class GapLine:
    """Intended against experienced."""

    title: str
    meaning: str
    detail: str
    attained: str


@dataclass(frozen=True, slots=True)
class HypothesisLine:
    """A proposal with what a form needs to decide about it."""

    proposal: evidence.Proposal
    seen: str


@dataclass(frozen=True, slots=True)
class Continued:
    """What a touchpoint goes on with from the period before."""

    choices: tuple[tuple[str, str], ...]
    """What it may go on with, first what nothing goes on with, as choices of a form."""
    linked: Decision | None
    """The reviewer's decision that stands."""
    linked_name: str
    rows: tuple[ChangeRow, ...]
    """Of what customers said in both periods: scores that a reviewer set are not compared."""
    overruled: Mapping[str, str]
    """What a reviewer set here, in words by dimension."""
    previous: str


def build(asked: Asked) -> Mapping[str, object]:
    """Return what /touchpoints/{touchpoint_id} shows; MissingError when it is not in this run."""
    view, key = asked.view, asked.path["touchpoint_id"]
    if key not in view.lookup.touchpoints:
        gone = {"gone": _gone(view, key), "gone_quotes": _past_quotes(view, key)}
        return gone | {"history": history(view, key), "point": None}
    filters, marks = read_filters(asked.query), states(view)
    flagged = doubts(view)
    own = [m.mention_id for m in view.lookup.mentions_at.get(key, [])]
    found = dossier(view, key, marks)
    return {
        "gone": None,
        "d": found,
        "point": found.point,
        "filters": filters,
        "quotes": list_quotes(view, key, filters, f"/touchpoints/{key}"),
        "n_flagged": sum(mention_id in flagged for mention_id in own),
        "map": neighbours_map(view.lookup, marks, lambda other: f"/touchpoints/{other}", key),
        "crowd": crowd(view, key),
        "before": continued(view, key),
        "gaps": gaps(view, key),
        "showing": showing(view, key),
        "hypotheses": tuple(
            HypothesisLine(p, view.seen(p.row.hypothesis_id))
            for p in evidence.proposals(view.lookup, key, also_dropped=True)
        ),
        "is_fresh": key in view.fresh,
        "has_priority": (priority := view.lookup.priorities.get(key)) is not None,
        "is_to_fix": priority is not None and priority.is_chosen,
        "history": history(view, key),
        "targets": filtering.targets(view.lookup, key),
        "stages": filtering.stage_values(view.lookup),
        "owners": filtering.owners(view.lookup),
        "dimensions": DIMENSIONS,
    }


def _gone(view: View, touchpoint_id: str) -> LeftOut:
    """Return what became of a touchpoint that a reviewer took out."""
    for out in left_out(view):
        if out.touchpoint_id == touchpoint_id:
            return out
    raise MissingError("no touchpoint of this run has this address")


def _past_quotes(view: View, touchpoint_id: str) -> tuple[evidence.Quote, ...]:
    """Return the most telling quotes that the engine had found for a touchpoint."""
    past = past_of(view, {touchpoint_id})
    own = evidence.telling(past.mentions_at.get(touchpoint_id, []), _MOST_PAST)
    found = (evidence.quote(past, mention.mention_id) for mention in own)
    return tuple(quote for quote in found if quote)


def crowd(view: View, touchpoint_id: str) -> Crowd:
    """Return who speaks of a touchpoint, in which segments and kinds of documents."""
    by_customer: Counter[str] = Counter()
    people: dict[str, dict[str, set[str]]] = {"kind": {}, "segment": {}}
    n_quotes: Counter[tuple[str, str]] = Counter()
    nameless = set()
    for mention in view.lookup.mentions_at.get(touchpoint_id, []):
        document = view.lookup.documents.get(mention.document_id)
        if document is None:
            continue
        if document.is_anonymous:
            nameless.add(mention.customer_id)
        else:
            by_customer[mention.customer_id] += 1
        for column, value in (("kind", document.kind), ("segment", document.segment)):
            people[column].setdefault(value, set()).add(mention.customer_id)
            n_quotes[column, value] += 1
    ranked = sorted(by_customer.items(), key=lambda item: (-item[1], item[0]))
    return Crowd(
        customers=tuple(ranked[:_MOST_CUSTOMERS]),
        n_more=max(0, len(ranked) - _MOST_CUSTOMERS),
        sources=tuple(
            (kind, words.SOURCE_WORDS.get(kind, kind), len(who), n_quotes["kind", kind])
            for kind, who in _largest(people["kind"])
        ),
        segments=tuple(
            (segment, len(who), n_quotes["segment", segment])
            for segment, who in _largest(people["segment"])
        ),
        n_anonymous=len(nameless),
    )


def _largest(people: Mapping[str, set[str]]) -> list[tuple[str, set[str]]]:
    return sorted(people.items(), key=lambda item: (-len(item[1]), item[0]))


def history(view: View, target_id: str) -> tuple[Told, ...]:
    """Return every decision that concerns a target, the last one first."""
    names, ended = view.names(), endings(view)
    return tuple(
        Told(
            decision,
            when(decision.at),
            view.told()[decision.decision_id],
            difference(decision, names),
            view.seen(decision.decision_id),
            decision.state in ("applied", "waiting") and decision.action != "undo",
            ended.get(decision.decision_id),
        )
        for decision in reversed(about(view.decisions, target_id))
    )


def gaps(view: View, touchpoint_id: str) -> tuple[GapLine, ...]:
    """Return where intended and experienced differ, and where they do not."""
    return tuple(
        GapLine(
            *words.GAP_WORDS[row.kind],
            row.detail,
            f"{row.n_attained} of {words.plural(row.n_telling, 'customer')} who told had it as "
            f"intended ({row.attainable})"
            if row.n_telling
            else "",
        )
        for row in view.lookup.gaps
        if row.touchpoint_id == touchpoint_id
    )


def continued(view: View, touchpoint_id: str) -> Continued:
    """Return what a touchpoint goes on with, and what changed since."""
    deciding = [
        d for d in applied(view) if d.target_id == touchpoint_id and d.action in ("link", "unlink")
    ]
    linked = deciding[-1] if deciding else None
    earlier = str(arguments(linked).get("earlier_id", "")) if linked else ""
    own = words.anchor("t", touchpoint_id)
    return Continued(
        choices=_choices(view, touchpoint_id),
        linked=linked,
        linked_name=dict(view.earlier).get(earlier, earlier),
        rows=tuple(row for row in changes(view.lookup) if row.anchor == own),
        overruled=_overruled(view, touchpoint_id),
        previous=view.manifest.previous,
    )


def _overruled(view: View, touchpoint_id: str) -> dict[str, str]:
    """Return the scores that a reviewer set and that hold, in words by dimension."""
    own = [d for d in applied(view) if d.target_id == touchpoint_id and d.action == "score"]
    setters = {str(arguments(d).get("dimension")): d.who for d in own}
    return {
        dimension: f"{who} set {words.amount(dimension, score.value)}"
        for dimension, who in setters.items()
        if (score := view.lookup.scores.get((touchpoint_id, dimension)))
    }


def _choices(view: View, touchpoint_id: str) -> tuple[tuple[str, str], ...]:
    """Return the touchpoints of the period before, those that another goes on with last."""
    names, holders = view.lookup.touchpoints, continued_by(view)
    free, taken = [], []
    for key, name in view.earlier:
        holder = holders.get(key, touchpoint_id)
        if holder == touchpoint_id:
            free.append((key, name))
        else:
            taken.append((key, f"{name} (goes on as {names[holder].name})"))
    return (("", "choose a touchpoint"), *free, *taken) if view.earlier else ()


def showing(view: View, touchpoint_id: str) -> tuple[tuple[str, str], ...]:
    """Return the quotes that may show a moment as choices of a form: first those that tell of a
    decision, then the most telling."""
    own = view.lookup.mentions_at.get(touchpoint_id, [])
    told = [m for m in own if m.kind == "decision"]
    found = {m.mention_id: m for m in (*told, *evidence.telling(own, _MOST_SHOWING))}
    ranked = list(found.values())[:_MOST_SHOWING]
    return tuple((m.mention_id, f"“{words.cut(m.quote, _QUOTE_WIDTH)}”") for m in ranked)


PAGES = (Page(PATH, "Touchpoint", "touchpoint.html", build),)
