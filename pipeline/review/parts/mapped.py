"""The map as reviewers see it: every box leads to its touchpoint, every line to its link."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from pipeline.publish import words
from pipeline.publish.lookup import Lookup
from pipeline.publish.network_svg import Line, Network, Node, draw_network
from pipeline.review.parts.states import NEW, State
from pipeline.tables import Edge

Address = Callable[[str], str]
"""From a touchpoint_id to where its box leads."""


@dataclass(frozen=True, slots=True)
class Place:
    """A box, where it leads, and how it stands out."""

    node: Node
    href: str
    classes: str
    is_selected: bool
    is_accepted: bool


@dataclass(frozen=True, slots=True)
class Way:
    """A line, where it leads, and how it stands out."""

    line: Line
    href: str
    classes: str


@dataclass(frozen=True, slots=True)
class Map:
    """A drawn network with what a reviewer chose in it."""

    network: Network
    places: tuple[Place, ...]
    ways: tuple[Way, ...]
    n_weak: int
    """Links that are not drawn by default."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a reviewer wants to see on the map."""

    selected: str = ""
    """The touchpoint whose direct links stand out, '' for none."""
    matching: frozenset[str] | None = None
    """The touchpoints that meet the filters, None when there are none: the rest is dimmed."""
    with_weak: bool = False


def whole_map(lookup: Lookup, marks: Mapping[str, State], address: Address, look: Look) -> Map:
    """Return the map of the whole network."""
    return _dress(draw_network(lookup), lookup, marks, address, look)


def neighbours_map(
    lookup: Lookup, marks: Mapping[str, State], address: Address, touchpoint_id: str
) -> Map:
    """Return the map of a touchpoint with those it is linked to, by links drawn by default or not.

    Only its own links are drawn, so that what leads in and out can be told at a glance.
    """
    own = [e for e in lookup.edges if touchpoint_id in (e.source_id, e.target_id)]
    near = {touchpoint_id, *(e.source_id for e in own), *(e.target_id for e in own)}
    part = _part(lookup, near, own)
    look = Look(touchpoint_id, with_weak=True)
    return _dress(draw_network(part), part, marks, address, look)


def pair_map(lookup: Lookup, marks: Mapping[str, State], address: Address, edge: Edge) -> Map:
    """Return the map of the two ends of a link, with every link between them."""
    ends = {edge.source_id, edge.target_id}
    between = [e for e in lookup.edges if {e.source_id, e.target_id} == ends]
    part = _part(lookup, ends, between)
    return _dress(draw_network(part), part, marks, address, Look(with_weak=True))


def _part(lookup: Lookup, touchpoint_ids: set[str], edges: list[Edge]) -> Lookup:
    """Return a lookup of some touchpoints, in as many columns as they need."""
    points = {
        # One that nobody mentions is drawn too: it is what the reader asked about.
        key: replace(point, n_mentions=max(point.n_mentions, 1))
        for key, point in lookup.touchpoints.items()
        if key in touchpoint_ids
    }
    stages = {point.stage for point in points.values()}
    return replace(
        lookup,
        touchpoints=points,
        stage_names=tuple(name for name in lookup.stage_names if name in stages),
        edges=tuple(edges),
    )


def _dress(
    network: Network, lookup: Lookup, marks: Mapping[str, State], address: Address, look: Look
) -> Map:
    """Return the drawing with addresses, and with what the reviewer looks at standing out."""
    drawn = [line for line in network.lines if line.is_shown or look.with_weak]
    own = words.anchor("t", look.selected)
    near = {end for line in drawn for end in (line.source, line.target) if own in _ends(line)}
    edge_ids = {words.anchor("l", edge.edge_id): edge.edge_id for edge in lookup.edges}
    return Map(
        network=network,
        places=tuple(
            Place(
                node,
                address(node.box.touchpoint_id),
                _node_classes(node, look, near),
                node.box.touchpoint_id == look.selected,
                marks.get(node.box.touchpoint_id, NEW).kind == "accepted",
            )
            for node in network.nodes
        ),
        ways=tuple(
            Way(line, f"/links/{edge_ids[line.anchor]}", _line_classes(line, own if near else ""))
            for line in drawn
        ),
        n_weak=sum(not line.is_shown for line in network.lines),
    )


def _ends(line: Line) -> tuple[str, str]:
    return line.source, line.target


def _node_classes(node: Node, look: Look, near: set[str]) -> str:
    key = node.box.touchpoint_id
    is_far = bool(near) and node.anchor not in near
    is_unmatched = look.matching is not None and key not in look.matching
    return " ".join(
        name
        for name, holds in (
            ("selected", key == look.selected),
            ("unplanned", not node.is_planned),
            ("far", is_far and not is_unmatched),
            ("unmatched", is_unmatched and key != look.selected),
        )
        if holds
    )


def _line_classes(line: Line, own: str) -> str:
    """Return the kind of a line, and whether it leads into or out of the touchpoint looked at."""
    side = "in" if line.target == own else "out" if line.source == own else "far" if own else ""
    return " ".join(filter(None, (line.kind, side, "" if line.is_shown else "faint")))
