"""How far reviewers agree, and what two of them see differently, to be settled."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.decisions.history import Kind
from pipeline.decisions.verdicts import (
    FEWEST_SHARED,
    Agreement,
    Difference,
    Verdict,
    agreement,
    differing,
)
from pipeline.decisions.wording import all_in_words
from pipeline.publish import evidence, words
from pipeline.publish.lookup import Lookup
from pipeline.review.pages.history import names_of
from pipeline.review.pages.worklist import for_second_look
from pipeline.review.parts.past import past_of
from pipeline.review.parts.states import left_out
from pipeline.review.state.view import Asked, Page, View

_QUOTES = 3
_LONGEST = 120
_MOST = 40
"""Differences on one page: settling some brings up the rest."""
KINDS: Mapping[Kind, tuple[str, str]] = {
    "touchpoint": ("Touchpoints", "accept, change or reject"),
    "quote": ("Quotes", "keep, move to another touchpoint or discard"),
    "link": ("Links", "confirm or hide"),
    "hypothesis": ("Hypotheses", "accept, edit or drop"),
}
"""What is judged, and the verdicts there are."""
_STEPS = (
    (0.0, "worse than chance", "The reviewers judge against each other: they use other rules."),
    (0.667, "not reliable", "Too little to build on: agree on the rules, then judge again."),
    (0.8, "tentative", "Enough for first conclusions, not for more."),
    (2.0, "reliable", "Reviewers judge alike: another would most likely decide the same."),
)
"""Below which alpha, what it is called, and what that means (Krippendorff 2004, p. 241)."""


@dataclass(frozen=True, slots=True)
class Line:
    """Agreement about one kind of thing, in words."""

    name: str
    verdicts: str
    shared: str
    same: str
    alpha: str
    grade: str
    meaning: str
    note: str


@dataclass(frozen=True, slots=True)
class Side:
    """What one reviewer thinks."""

    verdict: Verdict
    told: str
    when: str
    reason: str


@dataclass(frozen=True, slots=True)
class Dispute:
    """What is seen differently, with all that is needed to settle it."""

    difference: Difference
    kind: str
    name: str
    href: str
    about: str
    seen: str
    sides: tuple[Side, ...]
    quotes: tuple[evidence.Quote, ...]


def build(asked: Asked) -> Mapping[str, object]:
    """Return what agreement.html shows."""
    view = asked.view
    apart = differing(view.decisions)
    return {
        "lines": [line(row) for row in agreement(view.decisions)],
        "disputes": _disputes(view, apart[:_MOST]),
        "n_disputes": len(apart),
        "n_second": len(for_second_look(view, asked.who)),
        "n_settled": sum(d.action == "settle" and d.state != "undone" for d in view.decisions),
    }


def line(row: Agreement) -> Line:
    """Return the agreement about one kind in words."""
    name, verdicts = KINDS[row.kind]
    is_known = not math.isnan(row.alpha)
    is_enough = is_known and row.n_shared >= FEWEST_SHARED
    grade, meaning = _grade(row.alpha) if is_enough else ("", "")
    return Line(
        name=name,
        verdicts=verdicts,
        shared=words.count(row.n_shared),
        same=f"{row.n_same} of {row.n_shared}" if row.n_shared else "",
        alpha=words.signed(row.alpha).removeprefix("+") if is_known else "",
        grade=grade,
        meaning=meaning,
        note=row.note[:1].upper() + row.note[1:],
    )


def _grade(alpha: float) -> tuple[str, str]:
    """Return what an alpha is called and what it means."""
    return next((grade, meaning) for bound, grade, meaning in _STEPS if alpha < bound)


def _disputes(view: View, apart: Sequence[Difference]) -> list[Dispute]:
    """Return what reviewers see differently, with their reasons and the evidence."""
    if not apart:
        return []
    names = names_of(view)
    past = past_of(view, {one.target_id for one in apart})
    told = all_in_words(view.decisions, names)
    reasons = {d.decision_id: d.reason for d in view.decisions}
    return [
        Dispute(
            difference=one,
            kind=KINDS[one.kind][0].lower().removesuffix("s").replace("hypothese", "hypothesis"),
            name=_name(one, names, past),
            href=_href(view, one),
            about=_about(view.lookup, one) or _about(past, one),
            seen=view.seen(one.target_id),
            sides=tuple(
                Side(v, told.get(v.decision_id, v.verdict), words.day(v.at),
                     reasons.get(v.decision_id, ""))
                for v in one.verdicts
            ),
            quotes=_evidence(view.lookup, one) or _evidence(past, one),
        )
        for one in apart
    ]  # fmt: skip


def _href(view: View, one: Difference) -> str:
    """Return the page of what is disputed, '' when this run does not have it."""
    lookup, target = view.lookup, one.target_id
    if one.kind == "touchpoint":
        gone = (out.touchpoint_id for out in left_out(view))
        return f"/touchpoints/{target}" if target in {*lookup.touchpoints, *gone} else ""
    if one.kind == "quote":
        return f"/quotes/{target}" if target in lookup.mentions else ""
    if one.kind == "link":
        return f"/links/{target}" if any(e.edge_id == target for e in lookup.edges) else ""
    home = _home(lookup, target)
    return f"/touchpoints/{home}" if home else ""


def _name(one: Difference, names: Mapping[str, str], past: Lookup) -> str:
    """Return what is disputed by its name, a quote by its words."""
    if mention := past.mentions.get(one.target_id):
        return words.cut(mention.quote, _LONGEST)
    return names.get(one.target_id, "something that is not in this run")


def _about(lookup: Lookup, one: Difference) -> str:
    """Return a line that says what the disputed thing is."""
    target = one.target_id
    if point := lookup.touchpoints.get(target):
        return point.definition
    if mention := lookup.mentions.get(target):
        home = lookup.touchpoints.get(mention.touchpoint_id)
        return f"It stands at “{home.name}”." if home else ""
    home_id = _home(lookup, target)
    return f"For “{lookup.touchpoints[home_id].name}”." if home_id else ""


def _home(lookup: Lookup, hypothesis_id: str) -> str:
    """Return the touchpoint of a hypothesis, '' when there is none."""
    owned = lookup.hypotheses_at.items()
    return next((k for k, own in owned if any(h.hypothesis_id == hypothesis_id for h in own)), "")


def _evidence(lookup: Lookup, one: Difference) -> tuple[evidence.Quote, ...]:
    """Return quotes that help to decide."""
    target = one.target_id
    ids = [
        target,
        *(m.mention_id for m in evidence.telling(lookup.mentions_at.get(target, []), _QUOTES)),
        *(e.mention_id for e in lookup.edge_evidence.get(target, [])[:_QUOTES]),
        *(e.mention_id for e in lookup.hypothesis_evidence.get(target, [])[:_QUOTES]),
    ]
    found = (evidence.quote(lookup, mention_id) for mention_id in ids)
    return tuple(quote for quote in found if quote)


PAGES = (Page("/agreement", "Agreement", "agreement.html", build),)
