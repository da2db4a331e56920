"""Who owns what, what is asked of each team, where work is handed over, and what nobody owns."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pipeline.publish import evidence, words
from pipeline.publish.lookup import Lookup
from pipeline.publish.network_svg import edge_sentence
from pipeline.review.state.view import Asked, MissingError, Page, View
from pipeline.review.state.weights import Weight, weigh
from pipeline.tables import Edge, Hypothesis, PainPoint, Priority, Stage, Touchpoint
from pipeline.text import normalise, stable_id

_AND = re.compile(r"\s*(?:,|;|/|&|\band\b)\s*")
_LONGEST_SLUG = 40
_MOST = 12
"""Lines of a list of alerts before the rest is folded away."""
_STATUS = ("accepted", "edited", "proposed")
"""Hypotheses in the order a team should read them; dropped ones are left out."""


@dataclass(frozen=True, slots=True)
class Owned:
    """A touchpoint in somebody's hands."""

    point: Touchpoint
    weight: Weight
    emotion: evidence.Measure
    rank: str
    is_chosen: bool
    seen: str


@dataclass(frozen=True, slots=True)
class Pain:
    """A pain point with where it hurts."""

    row: PainPoint
    at: Touchpoint
    customers: str


@dataclass(frozen=True, slots=True)
class Idea:
    """A hypothesis with the touchpoint it is for."""

    row: Hypothesis
    at: Touchpoint
    is_stale: bool


@dataclass(frozen=True, slots=True)
class HandOff:
    """A link whose ends have different owners."""

    edge: Edge
    source: Touchpoint
    target: Touchpoint
    giver: str
    taker: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Team:
    """Everything about one owner."""

    name: str
    slug: str
    owned: tuple[Owned, ...]
    backs: tuple[Owned, ...]
    stages: tuple[Stage, ...]
    backs_stages: tuple[Stage, ...]
    asked: tuple[tuple[Priority, Touchpoint], ...]
    """What it should fix, first rank first."""
    pains: tuple[Pain, ...]
    ideas: tuple[Idea, ...]
    given: tuple[HandOff, ...]
    taken: tuple[HandOff, ...]

    @property
    def n_chosen(self) -> int:
        """How many of the things to fix now are this team's."""
        return sum(priority.is_chosen for priority, _ in self.asked)


def build_all(asked: Asked) -> Mapping[str, object]:
    """Return what teams.html shows."""
    view = asked.view
    nobody = [o for o in _all_owned(view) if not o.point.owner]
    alone = [o for o in _all_owned(view) if o.point.owner and not o.point.backup]
    stages = view.lookup.stages
    return {
        "teams": teams_of(view),
        "nobody": nobody,
        "alone": alone,
        "stages_of_nobody": [s for s in stages if not s.owner],
        "stages_alone": [s for s in stages if s.owner and not s.backup],
        "most": _MOST,
        "handoffs": _handoffs(view.lookup),
        "slugs": slugs(view.lookup),
        "owners": owners(view.lookup),
    }


def build_one(asked: Asked) -> Mapping[str, object]:
    """Return what team.html shows; MissingError when nobody goes by the name in the address."""
    wanted = asked.path["owner"]
    for team in teams_of(asked.view):
        if team.slug == wanted:
            return {"team": team, "slugs": slugs(asked.view.lookup)}
    raise MissingError("nobody of this name owns or backs up anything in this run")


def owners(lookup: Lookup) -> tuple[str, ...]:
    """Return everybody who owns or backs up something, in alphabetical order."""
    singles = _written(lookup)
    found = {normalise(one): one for text in sorted(singles) for one in parted(text, singles)}
    return tuple(found[key] for key in sorted(found))


def parted(text: str, known: Iterable[str]) -> tuple[str, ...]:
    """Return the owners a field names: 'Product and Support' are two if both stand elsewhere."""
    if not text.strip():
        return ()
    parts = [part for part in _AND.split(text) if part]
    alone = {normalise(one) for one in known}
    if len(parts) > 1 and all(normalise(part) in alone for part in parts):
        return tuple(parts)
    return (text.strip(),)


def slugs(lookup: Lookup) -> dict[str, str]:
    """Return for each owner what stands for it in an address: of letters, digits and dashes."""
    names = owners(lookup)
    plain = {name: _slug(name) for name in names}
    often = Counter(plain.values())
    return {
        name: slug if slug and often[slug] == 1 else stable_id("owner", normalise(name))
        for name, slug in plain.items()
    }


def teams_of(view: View) -> tuple[Team, ...]:
    """Return every owner with what is theirs, those with most to fix first."""
    lookup, links, everything = view.lookup, _handoffs(view.lookup), _all_owned(view)
    written, addresses = _written(lookup), slugs(lookup)
    ideas = _ideas(view)

    def is_of(name: str, text: str) -> bool:
        return normalise(name) in {normalise(one) for one in parted(text, written)}

    teams = []
    for name in owners(lookup):
        owned = tuple(o for o in everything if is_of(name, o.point.owner))
        own = {o.point.touchpoint_id for o in owned}
        teams.append(
            Team(
                name=name,
                slug=addresses[name],
                owned=owned,
                backs=tuple(o for o in everything if is_of(name, o.point.backup)),
                stages=tuple(s for s in lookup.stages if is_of(name, s.owner)),
                backs_stages=tuple(s for s in lookup.stages if is_of(name, s.backup)),
                asked=tuple(
                    (p, lookup.touchpoints[key])
                    for key, p in lookup.priorities.items()
                    if key in own
                ),
                pains=_pains(lookup, own),
                ideas=tuple(i for i in ideas if i.at.touchpoint_id in own),
                given=tuple(link for link in links if link.source.touchpoint_id in own),
                taken=tuple(link for link in links if link.target.touchpoint_id in own),
            )
        )
    return tuple(sorted(teams, key=lambda t: (-t.n_chosen, -len(t.asked), -len(t.owned), t.name)))


def _written(lookup: Lookup) -> set[str]:
    """Return the owners and backups as they are written, '' left out."""
    rows: list[Touchpoint | Stage] = [*lookup.touchpoints.values(), *lookup.stages]
    return {text.strip() for row in rows for text in (row.owner, row.backup) if text.strip()}


def _slug(name: str) -> str:
    """Return a name in letters that an address may hold; '' when little is left of it."""
    plain = re.sub(r"[^a-z0-9]+", "-", normalise(name)).strip("-")
    return plain if name.isascii() and len(plain) <= _LONGEST_SLUG else ""


def _all_owned(view: View) -> list[Owned]:
    """Return every touchpoint, the weightiest first."""
    lookup = view.lookup
    found = []
    for key, point in lookup.touchpoints.items():
        priority = lookup.priorities.get(key)
        found.append(
            Owned(
                point=point,
                weight=weigh(lookup, key),
                emotion=evidence.measures(lookup, key)[0],
                rank=str(priority.rank) if priority else "",
                is_chosen=bool(priority and priority.is_chosen),
                seen=view.seen(key),
            )
        )
    return sorted(found, key=lambda o: (-o.weight.value, -o.point.n_customers, o.point.name))


def _pains(lookup: Lookup, own: set[str]) -> tuple[Pain, ...]:
    """Return the pain points of some touchpoints, those most customers told of first."""
    found = (
        Pain(row, lookup.touchpoints[key], words.plural(row.n_customers, "customer"))
        for key in own
        for row in lookup.pains_at.get(key, [])
    )
    return tuple(sorted(found, key=lambda p: (-p.row.n_customers, -p.row.severity, p.row.name)))


def _ideas(view: View) -> list[Idea]:
    """Return all hypotheses that nobody dropped, accepted ones first."""
    lookup = view.lookup
    found = [
        Idea(row, lookup.touchpoints[key], key in view.stale)
        for key, rows in lookup.hypotheses_at.items()
        if key in lookup.touchpoints
        for row in rows
        if row.status in _STATUS
    ]
    return sorted(found, key=lambda i: (_STATUS.index(i.row.status), i.at.name, i.row.position))


def _handoffs(lookup: Lookup) -> tuple[HandOff, ...]:
    """Return the drawn links between touchpoints of different owners, most customers first."""
    found = []
    for edge in lookup.edges:
        source, target = (lookup.touchpoints[end] for end in (edge.source_id, edge.target_id))
        drawn = edge.is_shown and edge.review != "hidden"
        if drawn and normalise(source.owner) != normalise(target.owner):
            sentence = edge_sentence(lookup, edge)
            found.append(HandOff(edge, source, target, source.owner, target.owner, sentence))
    return tuple(sorted(found, key=lambda h: (-h.edge.n_customers, h.edge.edge_id)))


PAGES = (
    Page("/teams", "Teams", "teams.html", build_all),
    Page("/teams/{owner}", "Team", "team.html", build_one),
)
