"""The lists and tables of the report: what to fix, moments, gaps, changes, scores, rejects."""

from collections import Counter, defaultdict
from dataclasses import dataclass

from pipeline import tables as t
from pipeline.publish import evidence, words
from pipeline.publish.intended import attainable
from pipeline.publish.lookup import Lookup, chosen, read
from pipeline.schema import Tables
from pipeline.text import normalise

_EXAMPLES = 3
_VERDICTS = ("new", "returned", "falling", "rising", "resolved", "steady")
_NUMBERS = ("no", "one", "two", "three", "four", "five")


@dataclass(frozen=True, slots=True)
class Card:
    """One touchpoint to fix."""

    place: int
    anchor: str
    name: str
    stage: str
    owner: str
    emotion: evidence.Measure
    reason: str
    certainty: str
    ranks: str
    reach: str
    effort: str
    is_quick_win: bool
    quote: evidence.Quote | None
    proposals: tuple[evidence.Proposal, ...]
    quotes: tuple[evidence.Quote, ...]
    """Printed behind the card, where nobody can click."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Where customers decide."""

    anchor: str
    name: str
    stage: str
    decision: str
    reason: str
    n_customers: int
    quote: evidence.Quote | None


@dataclass(frozen=True, slots=True)
class GapItem:
    """One touchpoint in a group of gaps."""

    anchor: str
    name: str
    detail: str
    n_customers: int
    attainable: str


@dataclass(frozen=True, slots=True)
class GapGroup:
    """Gaps of one kind."""

    title: str
    meaning: str
    is_fine: bool
    """As planned: only listed."""
    items: tuple[GapItem, ...]


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """This period against the last."""

    anchor: str
    name: str
    stage: str
    dimension: str
    before: str
    after: str
    difference: str
    interval: str
    verdict: str
    direction: str
    """better, worse or same: for the colour of the verdict."""
    arrow: str
    """the way the score went, '' where that is neither good nor bad"""


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """A line of the score table; `keys` sort it."""

    anchor: str
    name: str
    stage: str
    owner: str
    n_customers: int
    measures: tuple[evidence.Measure, ...]
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RejectGroup:
    """Rows that one step could not use for one reason."""

    stage: str
    reason: str
    n_rows: int
    examples: tuple[str, ...]


def cards(lookup: Lookup) -> tuple[Card, ...]:
    """Return the touchpoints chosen for this period, first rank first."""
    return tuple(_card(lookup, n, row) for n, row in enumerate(chosen(lookup), start=1))


def headline(n_cards: int, period: str) -> str:
    """Return the heading above the cards, true to how many there are."""
    noun = words.period_noun(period)
    if n_cards == 0:
        return "Nothing stands out to fix first"
    many = _NUMBERS[n_cards] if n_cards < len(_NUMBERS) else str(n_cards)
    return f"If we fix only {many} {'thing' if n_cards == 1 else 'things'} this {noun}"


def moments(lookup: Lookup) -> tuple[Moment, ...]:
    """Return where customers decide, most customers first."""
    found = []
    for row in lookup.moments:
        place = lookup.touchpoints[row.touchpoint_id]
        found.append(
            Moment(
                words.anchor("t", row.touchpoint_id), place.name, place.stage, row.decision,
                row.reason, row.n_customers, evidence.quote(lookup, row.quote_mention_id),
            )
        )  # fmt: skip
    return tuple(found)


def gaps(lookup: Lookup) -> tuple[GapGroup, ...]:
    """Return the gaps by kind; what went as planned comes last."""
    by_kind: dict[str, list[GapItem]] = defaultdict(list)
    for row in lookup.gaps:
        name = lookup.touchpoints[row.touchpoint_id].name
        by_kind[row.kind].append(
            GapItem(
                words.anchor("t", row.touchpoint_id),
                name,
                row.detail,
                row.n_customers,
                attainable(row),
            )
        )
    return tuple(
        GapGroup(title, meaning, kind == "as_planned", tuple(by_kind[kind]))
        for kind, (title, meaning) in words.GAP_WORDS.items()
        if by_kind[kind]
    )


def changes(lookup: Lookup) -> tuple[ChangeRow, ...]:
    """Return the changes since the period before, those with a verdict first, largest first."""
    order = {verdict: n for n, verdict in enumerate(_VERDICTS)}

    def weight(row: t.Change) -> tuple[bool, int, float, str, str]:
        size = row.after - row.before
        rank = order.get(row.verdict, len(order))
        return (
            row.verdict == "steady", rank, -abs(size) if words.is_known(size) else 0.0,
            row.touchpoint_id, row.dimension,
        )  # fmt: skip

    return tuple(_change(lookup, row) for row in sorted(lookup.changes, key=weight))


def score_rows(lookup: Lookup) -> tuple[ScoreRow, ...]:
    """Return every touchpoint with its four scores, in journey order."""
    rows = []
    for key, place in lookup.touchpoints.items():
        values = [lookup.scores.get((key, d)) for d in words.DIMENSIONS]
        keys = tuple(f"{s.value:.6f}" if s and words.is_known(s.value) else "" for s in values)
        rows.append(
            ScoreRow(
                words.anchor("t", key), place.name, place.stage, place.owner, place.n_customers,
                evidence.measures(lookup, key), keys,
            )
        )  # fmt: skip
    return tuple(rows)


def rejects(tables: Tables) -> tuple[RejectGroup, ...]:
    """Return what was not used, by step and reason, most rows first."""
    counts: Counter[tuple[str, str]] = Counter()
    examples: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    for row in read(tables, t.REJECTS):
        key = row.stage, row.reason
        counts[key] += 1
        if len(examples[key]) < _EXAMPLES and row.detail:
            examples[key][words.cut(row.detail, 90)] = None
    return tuple(
        RejectGroup(stage, reason.replace("_", " "), n, tuple(examples[stage, reason]))
        for (stage, reason), n in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    )


def card_quotes(lookup: Lookup, touchpoint_id: str, limit: int) -> list[evidence.Quote]:
    """Return quotes for a touchpoint to fix: those of its pain points first, no text twice."""
    pains = [p.quote_mention_id for p in lookup.pains_at.get(touchpoint_id, [])]
    hurt = [m for m in lookup.mentions_at.get(touchpoint_id, []) if m.kind == "pain"]
    ids = dict.fromkeys([*pains, *(m.mention_id for m in evidence.telling(hurt, limit))])
    found: dict[str, evidence.Quote] = {}
    for mention_id in ids:
        if made := evidence.quote(lookup, mention_id):
            found.setdefault(normalise(made.text), made)
    return list(found.values())[:limit]


def _card(lookup: Lookup, place: int, row: t.Priority) -> Card:
    touchpoint = lookup.touchpoints[row.touchpoint_id]
    quotes = card_quotes(lookup, row.touchpoint_id, 4)
    hurt = lookup.hurt.get(row.touchpoint_id, 0)
    basis = ", assumed" if row.effort_basis == "assumed" else ""
    worst = f" to {row.rank_high}" if row.rank_high != row.rank_low else ""
    return Card(
        place=place,
        anchor=words.anchor("t", row.touchpoint_id),
        name=touchpoint.name,
        stage=touchpoint.stage,
        owner=touchpoint.owner,
        emotion=evidence.measures(lookup, row.touchpoint_id)[0],
        reason=row.reason,
        certainty=f"In the top three in {words.share(row.p_top3)} of resamples"
        if words.is_known(row.p_top3)
        else "",
        ranks=f"Rank {row.rank}, 95 % interval {row.rank_low}{worst}",
        reach=f"{words.count(hurt)} of {words.plural(lookup.n_customers, 'customer')} "
        "told of a pain here",
        effort=f"{row.effort:.0f} of 5{basis}" if words.is_known(row.effort) else "",
        is_quick_win=row.is_quick_win,
        quote=quotes[0] if quotes else None,
        proposals=evidence.proposals(lookup, row.touchpoint_id),
        quotes=tuple(quotes[1:]),
    )


def _change(lookup: Lookup, row: t.Change) -> ChangeRow:
    place = lookup.touchpoints[row.touchpoint_id]
    moved = row.after - row.before
    is_moved = words.is_known(moved) and row.verdict != "steady"
    is_better = moved < 0 if row.dimension == "pain" else moved > 0
    direction = ("better" if is_better else "worse") if is_moved else "same"
    if row.dimension in ("frequency", "impact"):
        direction = "same"  # more customers, or more weight, is neither good nor bad in itself
    return ChangeRow(
        anchor=words.anchor("t", row.touchpoint_id),
        name=place.name,
        stage=place.stage,
        dimension=row.dimension,
        before=words.amount(row.dimension, row.before),
        after=words.amount(row.dimension, row.after),
        difference=words.difference(row.dimension, moved),
        interval=words.span(
            words.difference(row.dimension, row.low), words.difference(row.dimension, row.high)
        ),
        verdict=row.verdict,
        direction=direction,
        arrow="" if direction == "same" else "▲" if moved > 0 else "▼",
    )
