"""The journey as intended beside the journey as experienced, and where it failed."""

from dataclasses import dataclass

from pipeline import tables as t
from pipeline.methods.attainment import ATTAINABLE, NOT_YET
from pipeline.methods.failures import ANY, ways_in_words
from pipeline.publish import evidence, words
from pipeline.publish.lookup import Lookup

_MOST = 5
"""Differences shown in one stage; all stand in the gaps below and in the exports."""
_MOST_MET = 10
"""Touchpoints named as met in one stage."""
_FAILED_MOST = 12
_LEAST_FAILED = 2
"""One customer alone may have been misread; the exports have those too."""


@dataclass(frozen=True, slots=True)
class Place:
    """A touchpoint named in the journey."""

    anchor: str
    name: str
    n_customers: int
    is_planned: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """Where one touchpoint differs from the plan, and whether the plan can be had."""

    anchor: str
    name: str
    what: str
    attainable: str
    """'' when nothing was intended."""


@dataclass(frozen=True, slots=True)
class StageRow:
    """One stage as intended and as experienced."""

    stage: str
    done_when: str
    intended: tuple[Place, ...]
    experienced: tuple[Place, ...]
    """Most customers first."""
    n_more_met: int
    differences: tuple[Difference, ...]
    n_more: int


@dataclass(frozen=True, slots=True)
class FailedRow:
    """A touchpoint that failed customers."""

    anchor: str
    name: str
    n_customers: int
    share: str
    ways: str
    quote: evidence.Quote | None


def stage_rows(lookup: Lookup) -> tuple[StageRow, ...]:
    """Return the stages in order; () when nothing was intended."""
    planned = [p for p in lookup.touchpoints.values() if p.origin == "catalogue"]
    stages = [*lookup.stage_names, ""] if planned else []
    rows = [_stage_row(lookup, stage) for stage in stages]
    return tuple(row for row in rows if row.intended or row.experienced)


def failed_rows(lookup: Lookup) -> tuple[FailedRow, ...]:
    """Return the touchpoints that failed most customers."""
    found = []
    for key, rows in lookup.failures_at.items():
        whole = next(row for row in rows if row.way == ANY)
        if whole.n_customers >= _LEAST_FAILED:
            found.append(
                FailedRow(
                    words.anchor("t", key), lookup.touchpoints[key].name, whole.n_customers,
                    words.share(whole.n_customers / whole.n_told), ways_in_words(rows),
                    evidence.quote(lookup, whole.quote_mention_id),
                )
            )  # fmt: skip
    return tuple(sorted(found, key=lambda row: (-row.n_customers, row.name))[:_FAILED_MOST])


def attainable(gap: t.Gap) -> str:
    """Return in words whether what was intended can be had; '' when nothing was intended."""
    had, telling = words.count(gap.n_attained), words.plural(gap.n_telling, "customer")
    if not gap.attainable:
        return ""
    if gap.attainable == ATTAINABLE:
        return f"Attainable: {had} of {telling} who say how it went had it already"
    if gap.attainable == NOT_YET:
        return f"Not shown yet: none of {telling} who say how it went had it"
    if not gap.n_telling:
        return "Too few to tell whether it is attainable: nobody says how it went"
    return f"{had} of {telling} who say how it went had it: too few to call it attainable"


def _stage_row(lookup: Lookup, stage: str) -> StageRow:
    here = {key: p for key, p in lookup.touchpoints.items() if p.stage == stage}
    places = [
        Place(words.anchor("t", key), p.name, p.n_customers, p.origin == "catalogue")
        for key, p in here.items()
    ]
    told = [place for place in places if place.n_customers]
    # What was intended and is not had comes first: what nobody planned is often only a theme.
    ranked = sorted(
        _differences(lookup, here),
        key=lambda one: (not one[1].attainable, -one[0], one[1].name, one[1].what),
    )
    return StageRow(
        stage,
        next((s.done_when for s in lookup.stages if s.stage == stage), ""),
        tuple(place for place in places if place.is_planned),
        tuple(sorted(told, key=lambda place: (-place.n_customers, place.name))[:_MOST_MET]),
        max(0, len(told) - _MOST_MET),
        tuple(one for _, one in ranked[:_MOST]),
        max(0, len(ranked) - _MOST),
    )


def _differences(lookup: Lookup, here: dict[str, t.Touchpoint]) -> list[tuple[int, Difference]]:
    """Return the differences of some touchpoints, each with its customers."""
    found = []
    plan: dict[str, str] = {}
    for gap in lookup.gaps:
        if gap.touchpoint_id not in here:
            continue
        if gap.kind == "as_planned":
            plan[gap.touchpoint_id] = attainable(gap)
            continue
        title = words.GAP_WORDS.get(gap.kind, (gap.kind,))[0].lower()
        people = f" ({words.plural(gap.n_customers, 'customer')})" if gap.n_customers else ""
        found.append((gap.n_customers, _difference(here, gap, title + people, attainable(gap))))
    for key, rows in lookup.failures_at.items():
        whole = next(row for row in rows if row.way == ANY)
        if key in plan and whole.n_customers >= _LEAST_FAILED:
            told = words.plural(whole.n_told, "customer")
            what = f"failed for {words.count(whole.n_customers)} of {told}"
            found.append((whole.n_customers, _difference(here, whole, what, plan[key])))
    return found


def _difference(
    here: dict[str, t.Touchpoint], row: t.Gap | t.Failure, what: str, can: str
) -> Difference:
    key = row.touchpoint_id
    return Difference(words.anchor("t", key), here[key].name, what, can)
