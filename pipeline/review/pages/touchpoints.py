"""The page of all touchpoints: a list to choose from, the map, and the one that is chosen."""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from pipeline.publish import words
from pipeline.publish.evidence import Measure, measures
from pipeline.publish.layout import NO_STAGE as NO_STAGE_NAME
from pipeline.review.pages import links, touchpoint
from pipeline.review.parts import filtering
from pipeline.review.parts.dossier import DIMENSIONS, Dossier, dossier
from pipeline.review.parts.filtering import Filters, address, read_filters
from pipeline.review.parts.mapped import Look, Map, whole_map
from pipeline.review.parts.states import LEFT_OUT, NEW, STATES, LeftOut, State, left_out, states
from pipeline.review.state.view import Asked, Page, View
from pipeline.tables import Touchpoint

PATH = "/touchpoints"


@dataclass(frozen=True, slots=True)
class Row:
    """A touchpoint in the list."""

    touchpoint_id: str
    name: str
    href: str
    is_chosen: bool
    emotion: Measure
    function: Measure
    customers: str
    """How many customers; with a filter on quotes 'n of all'."""
    share: str
    """The 95 % interval of their share of all customers, '' when there is none or not all count."""
    rank: str
    is_discovered: bool
    state: State
    seen: str
    n_flags: int
    is_stale: bool


@dataclass(frozen=True, slots=True)
class Group:
    """A stage with its touchpoints."""

    stage: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """What the page shows."""

    groups: tuple[Group, ...]
    n_shown: int
    n_all: int
    out: tuple[LeftOut, ...]
    """Those that reviewers took out, when they are asked for."""
    n_out: int
    map: Map
    chosen: Dossier | None
    gone: LeftOut | None
    """The chosen one when reviewers took it out."""


def build(asked: Asked) -> Mapping[str, object]:
    """Return what /touchpoints shows."""
    view, filters = asked.view, read_filters(asked.query)
    chosen = asked.query.get("t", "")
    links = "" if filters.links else "all"
    return {
        "filters": filters,
        "listed": list_touchpoints(view, filters, chosen),
        "choices": choices(view),
        "clear": address(PATH, Filters(links=filters.links), t=chosen),
        "all_links": address(PATH, replace(filters, links=links), t=chosen),
        "out_href": address(PATH, Filters(state=LEFT_OUT)),
        "targets": filtering.targets(view.lookup, chosen),
        "into": filtering.targets(view.lookup, ""),
        "stages": filtering.stage_values(view.lookup),
        "owners": filtering.owners(view.lookup),
        "dimensions": DIMENSIONS,
    }


def list_touchpoints(view: View, filters: Filters, chosen: str) -> Listed:
    """Return the touchpoints that meet the filters by stage, the map, and the chosen one."""
    lookup, marks, out = view.lookup, states(view), left_out(view)
    is_out = filters.state == LEFT_OUT
    fitting = {} if is_out else _fitting(view, filters, marks)
    n_flags = flags_at(view)
    rows: dict[str, list[Row]] = {}
    for key, n_customers in fitting.items():
        point = lookup.touchpoints[key]
        row = replace(
            _row(view, point, marks.get(key, NEW), n_customers, is_part=filters.is_about_quotes),
            href=address(PATH, filters, t=key),
            is_chosen=key == chosen,
            n_flags=n_flags[key],
        )
        rows.setdefault(point.stage or NO_STAGE_NAME, []).append(row)
    matching = frozenset(fitting) if filters.is_any and not is_out else None
    return Listed(
        groups=tuple(Group(stage, tuple(found)) for stage, found in rows.items()),
        n_shown=len(fitting),
        n_all=len(lookup.touchpoints),
        out=out if is_out else (),
        n_out=len(out),
        map=whole_map(
            lookup,
            marks,
            lambda key: address(PATH, filters, t=key),
            Look(chosen, matching, filters.links == "all"),
        ),
        chosen=dossier(view, chosen, marks) if chosen in lookup.touchpoints else None,
        gone=next((row for row in out if row.touchpoint_id == chosen), None),
    )


def choices(view: View) -> dict[str, list[tuple[str, str]]]:
    """Return what the filters of the list can be set to."""
    return {
        "stage": filtering.stages(view.lookup),
        "segment": filtering.segments(view.lookup),
        "source": filtering.sources(view.lookup),
        "mood": [("", "any mood"), *filtering.MOODS],
        "state": [("", "any state"), *STATES],
    }


def flags_at(view: View) -> Counter[str]:
    """Return how many quotes of each touchpoint are to be looked at again."""
    mentions = view.lookup.mentions
    flagged = view.tables["flags"]["mention_id"] if "flags" in view.tables else ()
    return Counter(mentions[key].touchpoint_id for key in set(flagged) if key in mentions)


def _fitting(view: View, filters: Filters, marks: Mapping[str, State]) -> dict[str, int]:
    """Return the touchpoints that meet the filters, each with its customers who do."""
    found = {}
    for key, point in view.lookup.touchpoints.items():
        if not _fits(view, point, filters, marks.get(key, NEW)):
            continue
        n_customers = point.n_customers
        if filters.is_about_quotes:
            mentions = view.lookup.mentions_at.get(key, [])
            kept = filtering.kept(view.lookup, filters, mentions)
            n_customers = len({m.customer_id for m in kept})
            if not kept:
                continue
        found[key] = n_customers
    return found


def _fits(view: View, point: Touchpoint, filters: Filters, state: State) -> bool:
    """Tell whether a touchpoint itself meets the filters, whatever its quotes."""
    key = point.touchpoint_id
    if filters.stage and (filters.stage != (point.stage or filtering.NO_STAGE)):
        return False
    if filters.state and filters.state != state.kind:
        return False
    emotion = view.lookup.scores.get((key, "emotion"))
    if filters.mood and filters.mood != filtering.mood_of(emotion.value if emotion else math.nan):
        return False
    other = [a.alias for a in view.lookup.aliases.get(key, [])]
    pains = [p.name for p in view.lookup.pains_at.get(key, [])]
    return filtering.fits_words(
        filters.words, point.name, point.definition, point.owner, *other, *pains
    )


def _row(view: View, point: Touchpoint, state: State, n_customers: int, *, is_part: bool) -> Row:
    key = point.touchpoint_id
    emotion, function, frequency, _ = measures(view.lookup, key)
    priority = view.lookup.priorities.get(key)
    return Row(
        touchpoint_id=key,
        name=point.name,
        href="",
        is_chosen=False,
        emotion=emotion,
        function=function,
        customers=f"{words.count(n_customers)} of {words.count(point.n_customers)}"
        if is_part
        else words.count(n_customers),
        share="" if is_part else frequency.interval.replace(" % to ", "–"),
        rank=str(priority.rank) if priority else "",
        is_discovered=point.origin == "discovered",
        state=state,
        seen=view.seen(key),
        n_flags=0,
        is_stale=key in view.stale,
    )


PAGES = (Page(PATH, "Touchpoints", "touchpoints.html", build), *touchpoint.PAGES, *links.PAGES)
