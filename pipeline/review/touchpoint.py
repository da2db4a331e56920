"""The page of one touchpoint: everything known of it, and a form for everything to decide."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.decisions.history import about
from pipeline.decisions.wording import Difference, difference
from pipeline.publish import evidence, words
from pipeline.publish.sections import ChangeRow, changes
from pipeline.review import filtering
from pipeline.review.before import earlier_touchpoints
from pipeline.review.dossier import DIMENSIONS, dossier
from pipeline.review.filtering import read_filters
from pipeline.review.mapped import neighbours_map
from pipeline.review.page import Asked, MissingError, Page, View
from pipeline.review.quoted import doubts, list_quotes
from pipeline.review.states import LeftOut, applied, arguments, left_out, states
from pipeline.tables import Decision

PATH = "/touchpoints/{touchpoint_id}"
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
    linked: Decision | None
    """The reviewer's decision that stands."""
    linked_name: str
    rows: tuple[ChangeRow, ...]
    previous: str


def build(asked: Asked) -> Mapping[str, object]:
    """Return what /touchpoints/{touchpoint_id} shows; MissingError when it is not in this run."""
    view, key = asked.view, asked.path["touchpoint_id"]
    if key not in view.lookup.touchpoints:
        return {"gone": _gone(view, key), "history": history(view, key), "point": None}
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
        "before": continued(asked, key),
        "gaps": gaps(view, key),
        "hypotheses": tuple(
            HypothesisLine(p, view.seen(p.row.hypothesis_id))
            for p in evidence.proposals(view.lookup, key)
        ),
        "is_fresh": key in view.fresh,
        "can_propose": key in view.lookup.priorities,
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
    names = view.names()
    return tuple(
        Told(
            decision,
            words.day(decision.at),
            view.told()[decision.decision_id],
            difference(decision, names),
            view.seen(decision.decision_id),
            decision.state in ("applied", "waiting") and decision.action != "undo",
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


def continued(asked: Asked, touchpoint_id: str) -> Continued:
    """Return what a touchpoint goes on with, and what changed since."""
    view = asked.view
    choices = earlier_touchpoints(asked.desk.folder, view.manifest)
    deciding = [
        d for d in applied(view) if d.target_id == touchpoint_id and d.action in ("link", "unlink")
    ]
    linked = deciding[-1] if deciding else None
    earlier = str(arguments(linked).get("earlier_id", "")) if linked else ""
    own = words.anchor("t", touchpoint_id)
    return Continued(
        choices=choices,
        linked=linked,
        linked_name=dict(choices).get(earlier, earlier),
        rows=tuple(row for row in changes(view.lookup) if row.anchor == own),
        previous=view.manifest.previous,
    )


PAGES = (Page(PATH, "Touchpoint", "touchpoint.html", build),)
