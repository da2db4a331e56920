"""What stands behind each touchpoint and link: quotes with sources, scores with words."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.publish import words
from pipeline.publish.lookup import Lookup
from pipeline.publish.network_svg import edge_sentence
from pipeline.tables import Document, Edge, Hypothesis, Mention, Score, Turn
from pipeline.text import normalise

TOO_FEW = "too few"
_EDGE_QUOTES = 3
_PAIN_QUOTES = 2
_TYPICAL_QUOTES = 3
_BRIEF = 14
"""A shorter text tells a reader little; it is shown after longer ones."""
_FRAGMENT = 24
"""Shorter texts are mostly half a sentence ("Them reminder texts"): typical, if nothing else is."""


@dataclass(frozen=True, slots=True)
class Quote:
    """A customer's words with everything needed to find them again."""

    mention_id: str
    text: str
    kind: str
    tone: str
    customer: str
    speaker: str
    """'' when it is the customer."""
    day: str
    source: str
    place: str
    """File and place in it."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A score as readers see it."""

    dimension: str
    meaning: str
    amount: str
    """'' when there are too few customers: then only `label` is shown."""
    label: str
    interval: str
    n_customers: int
    basis: str
    tone: str


@dataclass(frozen=True, slots=True)
class Pain:
    """A pain point with its most typical quotes."""

    name: str
    n_customers: int
    severity: str
    quotes: tuple[Quote, ...]


@dataclass(frozen=True, slots=True)
class LinkEvidence:
    """A link with what is known of it."""

    anchor: str
    kind: str
    source_anchor: str
    source: str
    target_anchor: str
    target: str
    sentence: str
    facts: tuple[str, ...]
    quotes: tuple[Quote, ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A hypothesis with its evidence."""

    row: Hypothesis
    quotes: tuple[Quote, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything about one touchpoint."""

    anchor: str
    name: str
    stage: str
    definition: str
    aliases: tuple[str, ...]
    owner: str
    channel: str
    origin: str
    n_customers: int
    n_mentions: int
    tone: str
    measures: tuple[Measure, ...]
    pains: tuple[Pain, ...]
    n_pains_apart: int
    """Complaints in no pain point: too few customers tell the same."""
    typical: tuple[Quote, ...]
    """What a discovered touchpoint is about; () for one that was planned."""
    praise: tuple[Quote, ...]
    quotes: tuple[Quote, ...]
    n_quotes: int
    """All there are; the report shows the most telling ones, the exports hold the rest."""
    incoming: tuple[LinkEvidence, ...]
    outgoing: tuple[LinkEvidence, ...]
    proposals: tuple[Proposal, ...]


def link_evidence(lookup: Lookup) -> tuple[LinkEvidence, ...]:
    """Return every link, those shown by default first, then by strength."""
    return tuple(_link(lookup, edge) for edge in lookup.edges)


def touchpoint_evidence(
    lookup: Lookup, links: tuple[LinkEvidence, ...], n_quotes: int
) -> tuple[Evidence, ...]:
    """Return every touchpoint in journey order."""
    into: dict[str, list[LinkEvidence]] = defaultdict(list)
    out: dict[str, list[LinkEvidence]] = defaultdict(list)
    for link in links:
        into[link.target_anchor].append(link)
        out[link.source_anchor].append(link)
    return tuple(
        _evidence(lookup, touchpoint_id, (into, out), n_quotes)
        for touchpoint_id in lookup.touchpoints
    )


def measures(lookup: Lookup, touchpoint_id: str) -> tuple[Measure, ...]:
    """Return the four scores of a touchpoint; one that was not computed counts as too few."""
    return tuple(_measure(d, lookup.scores.get((touchpoint_id, d))) for d in words.DIMENSIONS)


def quote(lookup: Lookup, mention_id: str) -> Quote | None:
    """Return the quote of a mention, None when the mention is not there."""
    mention = lookup.mentions.get(mention_id)
    return _quote(lookup, mention, mention.quote) if mention else None


def proposals(
    lookup: Lookup, touchpoint_id: str, *, also_dropped: bool = False
) -> tuple[Proposal, ...]:
    """Return the hypotheses of a touchpoint in order, those that a reviewer dropped left out."""
    return tuple(
        Proposal(
            row,
            tuple(
                found
                for e in lookup.hypothesis_evidence.get(row.hypothesis_id, [])
                if (found := quote(lookup, e.mention_id))
            ),
        )
        for row in lookup.hypotheses_at.get(touchpoint_id, [])
        if also_dropped or row.status != "dropped"
    )


def telling(mentions: list[Mention], limit: int) -> list[Mention]:
    """Return the most telling mentions: strong words first, each customer once before twice."""

    def weight(mention: Mention) -> tuple[bool, float, str]:
        strength = mention.intensity * mention.confidence
        return len(mention.quote) < _BRIEF, -strength, mention.mention_id

    turn: dict[str, int] = defaultdict(int)
    texts: set[str] = set()
    ranked: list[tuple[bool, int, int, Mention]] = []
    for mention in sorted(mentions, key=weight):
        again = mention.quote in texts
        texts.add(mention.quote)
        ranked.append((again, turn[mention.customer_id], len(ranked), mention))
        turn[mention.customer_id] += 1
    return [mention for *_, mention in sorted(ranked, key=lambda entry: entry[:3])[:limit]]


def typical(mentions: list[Mention], limit: int) -> list[Mention]:
    """Return the mentions surest to belong here, one a customer and no text twice."""
    customers: set[str] = set()
    texts: set[str] = set()
    found: list[Mention] = []
    for mention in sorted(
        mentions, key=lambda m: (len(m.quote) < _FRAGMENT, -m.confidence, m.mention_id)
    ):
        text = normalise(mention.quote)
        if mention.customer_id not in customers and text not in texts:
            found.append(mention)
            customers.add(mention.customer_id)
            texts.add(text)
    return found[:limit]


def _evidence(
    lookup: Lookup,
    touchpoint_id: str,
    links: tuple[dict[str, list[LinkEvidence]], dict[str, list[LinkEvidence]]],
    n_quotes: int,
) -> Evidence:
    row = lookup.touchpoints[touchpoint_id]
    mentions = lookup.mentions_at.get(touchpoint_id, [])
    praise = [m for m in mentions if m.kind == "praise"]
    core = typical(mentions, _TYPICAL_QUOTES) if row.origin == "discovered" else []
    emotion = lookup.scores.get((touchpoint_id, "emotion"))
    anchor = words.anchor("t", touchpoint_id)
    return Evidence(
        anchor=anchor,
        name=row.name,
        stage=row.stage,
        definition=row.definition,
        aliases=tuple(a.alias for a in lookup.aliases.get(touchpoint_id, [])),
        owner=row.owner,
        channel=row.channel,
        origin=row.origin,
        n_customers=row.n_customers,
        n_mentions=row.n_mentions,
        tone=words.tone(emotion.value) if emotion else "none",
        measures=measures(lookup, touchpoint_id),
        pains=_pains(lookup, touchpoint_id),
        n_pains_apart=len(pains_apart(mentions)),
        typical=tuple(_quote(lookup, m, m.quote) for m in core),
        praise=tuple(_quote(lookup, m, m.quote) for m in telling(praise, _PAIN_QUOTES)),
        quotes=tuple(_quote(lookup, m, m.quote) for m in telling(mentions, n_quotes)),
        n_quotes=len(mentions),
        incoming=tuple(links[0][anchor]),
        outgoing=tuple(links[1][anchor]),
        proposals=proposals(lookup, touchpoint_id),
    )


def pains_apart(mentions: Iterable[Mention]) -> list[Mention]:
    """Return the complaints among mentions that are in no pain point."""
    return [
        m
        for m in mentions
        if not m.pain_point_id and (m.kind == "pain" or (m.polarity < 0 and m.outcome == "failed"))
    ]


def _pains(lookup: Lookup, touchpoint_id: str) -> tuple[Pain, ...]:
    found = []
    for pain in lookup.pains_at.get(touchpoint_id, []):
        mentions = [
            m
            for m in lookup.mentions_at.get(touchpoint_id, [])
            if m.pain_point_id == pain.pain_point_id
        ]
        first = [m for m in mentions if m.mention_id == pain.quote_mention_id]
        rest = [m for m in telling(mentions, _PAIN_QUOTES + 1) if m not in first]
        quotes = tuple(_quote(lookup, m, m.quote) for m in (first + rest)[:_PAIN_QUOTES])
        found.append(Pain(pain.name, pain.n_customers, words.degree(pain.severity), quotes))
    return tuple(found)


def _link(lookup: Lookup, edge: Edge) -> LinkEvidence:
    quotes = [
        _quote(lookup, mention, row.quote)
        for row in lookup.edge_evidence.get(edge.edge_id, [])
        if (mention := lookup.mentions.get(row.mention_id))
    ]
    # The two ends of a stated cause are two mentions with the same causal sentence.
    by_text = {(q.text, q.customer): q for q in reversed(quotes)}
    return LinkEvidence(
        anchor=words.anchor("l", edge.edge_id),
        kind=edge.kind,
        source_anchor=words.anchor("t", edge.source_id),
        source=lookup.touchpoints[edge.source_id].name,
        target_anchor=words.anchor("t", edge.target_id),
        target=lookup.touchpoints[edge.target_id].name,
        sentence=edge_sentence(lookup, edge),
        facts=_facts(edge),
        quotes=tuple(reversed(by_text.values()))[:_EDGE_QUOTES],
    )


def _facts(edge: Edge) -> tuple[str, ...]:
    facts = [words.plural(edge.n_customers, "customer")]
    if edge.kind == "influences":
        return (*facts, "stated by customers")
    if words.is_known(edge.n_expected):
        facts.append(f"{edge.n_expected:.1f} expected by chance")
    if words.is_known(edge.lift):
        facts.append(f"lift {edge.lift:.1f}")
    if words.is_known(edge.q_value):
        facts.append(f"q {edge.q_value:.3f}" if edge.q_value >= 0.001 else "q below 0.001")
    return (*facts, "the very next step" if edge.step == "next" else "later in the journey")


def _measure(dimension: str, score: Score | None) -> Measure:
    meaning = words.DIMENSION_WORDS[dimension]
    if score is None or not words.is_known(score.value):
        label = score.label if score else TOO_FEW
        n_customers = score.n_customers if score else 0
        basis = score.basis if score else ""
        return Measure(dimension, meaning, "", label or TOO_FEW, "", n_customers, basis, "none")
    low, high = words.amount(dimension, score.low), words.amount(dimension, score.high)
    return Measure(
        dimension=dimension,
        meaning=meaning,
        amount=words.amount(dimension, score.value),
        label=score.label,
        interval=words.span(low, high),
        n_customers=score.n_customers,
        basis=score.basis,
        tone=words.tone(score.value) if dimension == "emotion" else "",
    )


def _speaker(turn: Turn | None, customer_id: str) -> str:
    """Return who said it, '' when that is the customer as they are shown already."""
    name = (turn.speaker_name or turn.speaker) if turn else ""
    return "" if name in (customer_id, "customer") else name


def _quote(lookup: Lookup, mention: Mention, text: str) -> Quote:
    document = lookup.documents.get(mention.document_id)
    return Quote(
        mention_id=mention.mention_id,
        text=text,
        kind=mention.kind,
        tone=words.tone(mention.polarity),
        customer=customer(mention, document),
        speaker=_speaker(lookup.turns.get(mention.turn_id), mention.customer_id),
        day=words.day(document.occurred_at) if document else "undated",
        source=words.SOURCE_WORDS.get(document.kind, document.kind) if document else "",
        place=" · ".join(p for p in (document.path, document.locator) if p) if document else "",
    )


def customer(mention: Mention, document: Document | None) -> str:
    """Return who spoke, or that nobody was named."""
    return "unnamed customer" if document and document.is_anonymous else mention.customer_id
