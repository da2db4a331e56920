"""The work list: what most deserves a look, by impact x doubt, and what to do about it at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.decisions.verdicts import differing, verdicts
from pipeline.errors import EngineError
from pipeline.publish import evidence, words
from pipeline.review.advice.doubt import Doubt, doubts, listed
from pipeline.review.advice.proposals import proposals_of
from pipeline.review.advice.suggestions import Proposal
from pipeline.review.parts.filtering import page_of
from pipeline.review.parts.states import NEW, State, states
from pipeline.review.state.view import Asked, Page, View, reviewed
from pipeline.review.state.weights import Weight, weigh
from pipeline.tables import Touchpoint
from pipeline.text import normalise

_QUOTES = 2
_PER_PAGE = 12
"""More would only be scrolled past: the list is worked from the top."""
_MOST_NAMED = 3
"""Touchpoints of one kind that notices name: when these are done, the next ones come up."""
SHOWN = (("open", "to do"), ("done", "done"), ("second", "second look"), ("all", "all"))
"""What the list can be narrowed to."""
_OPEN_AGAIN = frozenset({"flags", "differs", "set_before"})
"""Reasons for which a touchpoint comes back though it was decided about."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A proposal with what its forms need."""

    proposal: Proposal
    seen: str
    quotes: tuple[evidence.Quote, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """A touchpoint to look at."""

    point: Touchpoint
    state: State
    seen: str
    weight: Weight
    doubt: Doubt
    offers: tuple[Offer, ...]
    quotes: tuple[evidence.Quote, ...]
    measures: tuple[evidence.Measure, ...]
    customers: str
    is_open: bool

    @property
    def is_named_by_engine(self) -> bool:
        """Nobody has named it, and the engine has no better name to offer."""
        return any(reason.kind == "engine_name" for reason in self.doubt.reasons)

    @property
    def changes(self) -> tuple[Offer, ...]:
        """Proposals about the touchpoint as such."""
        return tuple(o for o in self.offers if o.proposal.kind != "merge_pain")

    @property
    def pains(self) -> Mapping[str, tuple[Offer, ...]]:
        """Proposals about its pain points, by the name of the one that stays."""
        found: dict[str, tuple[Offer, ...]] = {}
        for offer in self.offers:
            if offer.proposal.kind == "merge_pain":
                name = offer.proposal.into_name
                found[name] = (*found.get(name, ()), offer)
        return found

    @property
    def urgency(self) -> float:
        """Impact x doubt."""
        return self.weight.value * self.doubt.degree


@dataclass(frozen=True, slots=True)
class Notice:
    """Something about the whole run that waits for a reviewer."""

    told: str
    href: str


def build(asked: Asked) -> Mapping[str, object]:
    """Return what worklist.html shows."""
    view = asked.view
    proposals, fault = _proposals(asked)
    items = items_of(view, proposals)
    shown = asked.query.get("show", "open")
    shown = shown if shown in dict(SHOWN) else "open"
    second, judged = for_second_look(view, asked.who), reviewed(view)
    listed_items = [i for i in items if _is_shown(i, shown, second)]
    start = _start(asked.query, items, listed_items)
    part = listed_items[start : start + _PER_PAGE]
    return {
        "items": [_with_evidence(view, item) for item in part],
        "first": start + 1,
        "n_open": sum(i.is_open for i in items),
        "n_done": sum(not i.is_open for i in items),
        "n_judged": sum(i.point.touchpoint_id in judged for i in items),
        "n_second": sum(i.point.touchpoint_id in second for i in items),
        "n_silent": sum(not view.lookup.mentions_at.get(k) for k in view.lookup.touchpoints),
        "n_proposals": len(proposals),
        "is_estimated": not any(i.weight.is_impact for i in items),
        "shown": shown,
        "choices": SHOWN,
        "n_listed": len(listed_items),
        "per_page": _PER_PAGE,
        "notices": _notices(view),
        "fault": fault,
    }


def for_second_look(view: View, who: str) -> frozenset[str]:
    """Return the touchpoints that others judged and `who` did not: agreement is known of what two
    have judged, each for themselves."""
    judges: dict[str, set[str]] = {}
    for verdict in verdicts(view.decisions):
        if verdict.kind == "touchpoint" and view.lookup.mentions_at.get(verdict.target_id):
            judges.setdefault(verdict.target_id, set()).add(normalise(verdict.who))
    known = view.lookup.touchpoints.keys()
    return frozenset(key for key, own in judges.items() if normalise(who) not in own) & known


def _is_shown(item: Item, shown: str, second: frozenset[str]) -> bool:
    """Tell whether an item is among those asked for."""
    if shown == "second":
        return item.point.touchpoint_id in second
    return shown == "all" or item.is_open == (shown == "open")


def items_of(view: View, proposals: Sequence[Proposal]) -> list[Item]:
    """Return every touchpoint customers spoke of, the most urgent first; without quotes as yet."""
    found, decided, known = doubts(view, proposals), reviewed(view), states(view)
    offers: dict[str, list[Proposal]] = {}
    for proposal in proposals:
        offers.setdefault(proposal.touchpoint_id, []).append(proposal)
    items = [
        Item(
            point=(point := view.lookup.touchpoints[key]),
            state=known.get(key, NEW),
            seen=view.seen(key),
            weight=weigh(view.lookup, key),
            doubt=doubt,
            offers=tuple(Offer(p, view.seen(p.target_id), ()) for p in offers.get(key, ())),
            quotes=(),
            measures=(),
            customers=words.plural(point.n_customers, "customer"),
            is_open=_is_open(key in decided, doubt, bool(offers.get(key))),
        )
        for key, doubt in found.items()
    ]
    return sorted(items, key=lambda i: (-i.urgency, -i.weight.value, i.point.name))


def _is_open(is_decided: bool, doubt: Doubt, is_offered: bool) -> bool:
    """Tell whether there is something left to decide."""
    again = any(reason.kind in _OPEN_AGAIN for reason in doubt.reasons)
    return not is_decided or is_offered or again


def _with_evidence(view: View, item: Item) -> Item:
    """Return an item with its quotes: made only for those on the page."""
    lookup, key = view.lookup, item.point.touchpoint_id
    told = evidence.telling(lookup.mentions_at.get(key, []), _QUOTES)
    offers = (
        Offer(offer.proposal, offer.seen, _quotes(view, offer.proposal.shown))
        for offer in item.offers
    )
    return replace(
        item,
        offers=tuple(offers),
        quotes=_quotes(view, [mention.mention_id for mention in told]),
        measures=evidence.measures(lookup, key),
    )


def _quotes(view: View, mention_ids: Sequence[str]) -> tuple[evidence.Quote, ...]:
    found = (evidence.quote(view.lookup, mention_id) for mention_id in mention_ids)
    return tuple(quote for quote in found if quote)


def _proposals(asked: Asked) -> tuple[Sequence[Proposal], str]:
    """Return the proposals, or why there are none: a list without them is better than none."""
    try:
        return proposals_of(asked.view, asked.desk), ""
    except EngineError as error:
        return (), f"No proposals this time: {error}"


def _start(query: Mapping[str, str], items: Sequence[Item], shown: Sequence[Item]) -> int:
    """Return the place of the first item to show: the one that is asked for, or the first after it
    where it is done by now; else that of a page.

    A list from which items go as they are decided about is not told in pages: those that move up
    to the page before would never be seen.
    """
    place = {item.point.touchpoint_id: number for number, item in enumerate(items)}
    wanted = place.get(query.get("from", ""))
    n_pages = max(1, -(-len(shown) // _PER_PAGE))
    if wanted is not None:
        before = sum(place[item.point.touchpoint_id] < wanted for item in shown)
        return before if before < len(shown) else (n_pages - 1) * _PER_PAGE
    return (page_of(query.get("page", ""), n_pages) - 1) * _PER_PAGE


def _notices(view: View) -> list[Notice]:
    """Return what waits besides touchpoints."""
    found = []
    waiting = sum(d.state == "waiting" for d in view.decisions)
    if waiting:
        told = f"{words.plural(waiting, 'decision')} cannot be applied to this run"
        found.append(Notice(told, "/decisions?state=waiting"))
    apart = differing(view.decisions)
    if apart:
        who = listed(verdict.who for one in apart for verdict in one.verdicts)
        found.append(
            Notice(f"{who} see {words.plural(len(apart), 'thing')} differently", "/agreement")
        )
    bare = [
        key for key, row in view.lookup.priorities.items()
        if row.is_chosen and not view.lookup.hypotheses_at.get(key)
    ]  # fmt: skip
    for keys, told in (
        (sorted(view.stale), "the hypotheses of {} are out of date"),
        (bare, "{} is to be fixed first and has no hypotheses yet"),
    ):
        for key in keys[:_MOST_NAMED]:
            name = f"“{view.lookup.touchpoints[key].name}”"
            found.append(Notice(told.format(name), f"/touchpoints/{key}#hypotheses"))
    ownerless = sum(not p.owner for p in view.lookup.touchpoints.values())
    if ownerless:
        found.append(Notice(f"nobody owns {words.plural(ownerless, 'touchpoint')}", "/teams"))
    return found


PAGES = (Page("/", "Work list", "worklist.html", build),)
