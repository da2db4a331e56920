"""The page of one link: what it says, how it was tested, and the quotes behind it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pipeline.publish import evidence, words
from pipeline.publish.network_svg import edge_sentence
from pipeline.review.pages.touchpoint import history
from pipeline.review.parts.dossier import origin_of
from pipeline.review.parts.mapped import pair_map
from pipeline.review.parts.quoted import when
from pipeline.review.parts.states import states
from pipeline.review.state.view import Asked, MissingError, Page, View
from pipeline.tables import Edge, Mention

PATH = "/links/{edge_id}"


@dataclass(frozen=True, slots=True)
class Witness:
    """A quote behind a link; for a stated cause the whole causal sentence."""

    quote: evidence.Quote
    customer_id: str
    touchpoint_id: str
    touchpoint: str
    first: evidence.Quote | None = None
    """What the customer had said of the first end before, where the link tells of an order."""


def build(asked: Asked) -> Mapping[str, object]:
    """Return what /links/{edge_id} shows; MissingError when the run has no such link."""
    view = asked.view
    edge = find_edge(view, asked.path["edge_id"])
    found = witnesses(view, edge)
    return {
        "edge": edge,
        "source": view.lookup.touchpoints[edge.source_id],
        "target": view.lookup.touchpoints[edge.target_id],
        "sentence": edge_sentence(view.lookup, edge),
        "mark": origin_of(view, edge),
        "tested": how_tested(edge),
        "witnesses": found,
        "n_quoted": len({w.customer_id for w in found}),
        "map": pair_map(view.lookup, states(view), lambda key: f"/touchpoints/{key}", edge),
        "back": [
            other
            for other in view.lookup.edges
            if {other.source_id, other.target_id} == {edge.source_id, edge.target_id}
            and other.edge_id != edge.edge_id
        ],
        "seen": view.seen(edge.edge_id),
        "history": history(view, edge.edge_id),
    }


def find_edge(view: View, edge_id: str) -> Edge:
    """Return a link; MissingError when the run as reviewed has none with this id."""
    for edge in view.lookup.edges:
        if edge.edge_id == edge_id:
            return edge
    raise MissingError(
        "no link of this run has this address: the decisions made since may have changed it"
    )


def how_tested(edge: Edge) -> tuple[str, ...]:
    """Return how a link came about, a sentence for each figure."""
    people = words.plural(edge.n_customers, "customer")
    if edge.kind == "influences":
        return (
            f"{people} said, in their own words, that the first led to the second.",
            "It is stated, not computed: no figure says that it holds for others.",
        )
    step = (
        "with nothing between them"
        if edge.step == "next"
        else "at some later time, counting first contacts"
    )
    found = [f"{people} spoke of the second after the first, {step}."]
    if words.is_known(edge.n_expected):
        found.append(
            f"Chance would bring about {edge.n_expected:.1f}: that many on average when the order "
            "of what each customer told is shuffled."
        )
    if words.is_known(edge.lift):
        found.append(f"That is {edge.lift:.1f} times what chance brings.")
    if words.is_known(edge.p_value):
        found.append(
            f"So many by chance alone: {_odds(edge.p_value)} of shuffles (p {_p(edge.p_value)})."
        )
    if words.is_known(edge.q_value):
        found.append(
            f"Of links as clear as this one, at most {_odds(edge.q_value)} are expected to be "
            f"chance (q {_p(edge.q_value)})."
        )
    return (*found, "Order alone does not say that one causes the other.")


def _odds(share: float) -> str:
    return f"{share * 100:.1f} %" if share >= 0.001 else "less than 0.1 %"


def _p(value: float) -> str:
    return f"{value:.3f}" if value >= 0.001 else "below 0.001"


def witnesses(view: View, edge: Edge) -> tuple[Witness, ...]:
    """Return every quote behind a link, each text of a customer once."""
    found: dict[tuple[str, str], Witness] = {}
    for row in view.lookup.edge_evidence.get(edge.edge_id, []):
        quote = evidence.quote(view.lookup, row.mention_id)
        mention = view.lookup.mentions.get(row.mention_id)
        point = view.lookup.touchpoints.get(mention.touchpoint_id) if mention else None
        if quote and mention and point:
            whole = replace(quote, text=row.quote)
            first = _before(view, edge, mention) if edge.kind == "follows" else None
            who = mention.customer_id
            witness = Witness(whole, who, point.touchpoint_id, point.name, first)
            found.setdefault((row.quote, quote.customer), witness)
    return tuple(found.values())


def _before(view: View, edge: Edge, mention: Mention) -> evidence.Quote | None:
    """Return the last that a customer said of a link's first end before a quote of its second."""
    lookup, at = view.lookup, when(view.lookup, mention)
    earlier = [
        m
        for m in lookup.mentions_at.get(edge.source_id, [])
        if m.customer_id == mention.customer_id and when(lookup, m) < at
    ]
    last = max(earlier, key=lambda m: when(lookup, m), default=None)
    return evidence.quote(lookup, last.mention_id) if last else None


PAGES = (Page(PATH, "Link", "link.html", build),)
