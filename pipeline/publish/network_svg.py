"""The map of touchpoints and links, ready to be drawn by the template."""

from dataclasses import dataclass

from pipeline.publish import words
from pipeline.publish.aggregate import StageMood, stage_moods
from pipeline.publish.layout import BOX_HEIGHT, BOX_WIDTH, Box, Layout, is_mentioned, lay_out
from pipeline.publish.lookup import Lookup, chosen
from pipeline.publish.routes import route
from pipeline.tables import Edge, Touchpoint

_BAR = 78


@dataclass(frozen=True, slots=True)
class Node:
    """A box with its text."""

    box: Box
    anchor: str
    lines: tuple[str, ...]
    tone: str
    amount: str
    """The emotion with its sign, '' when too few customers spoke of it."""
    bar: float
    """Length of the bar, -1 when there is no number."""
    is_moment: bool
    is_planned: bool
    rank: int
    """Its place among those to fix, 0 when it is not one of them."""
    label: str


@dataclass(frozen=True, slots=True)
class Line:
    """A link with its path."""

    anchor: str
    source: str
    target: str
    kind: str
    path: str
    width: float
    rank: int
    """0 for the link that is hidden last."""
    is_shown: bool
    label: str


@dataclass(frozen=True, slots=True)
class Heading:
    """The words above a column."""

    x: float
    left: float
    width: float
    lines: tuple[str, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Network:
    """Everything the template draws."""

    width: float
    height: float
    header: float
    box_width: float
    box_height: float
    bar_width: float
    bar_means: str
    """Which dimension the bars show: impact or frequency."""
    headings: tuple[Heading, ...]
    nodes: tuple[Node, ...]
    lines: tuple[Line, ...]
    n_shown: int
    has_moments: bool
    has_unplanned: bool
    has_influences: bool
    silent: tuple[Touchpoint, ...]
    """Planned, or added by a reviewer, but no customer spoke of them: listed, not drawn."""


def draw_network(lookup: Lookup) -> Network:
    """Return the map of a run."""
    layout = lay_out(lookup)
    dimension = _bar_dimension(lookup)
    nodes = tuple(
        _node(lookup, layout.boxes[node], dimension) for lane in layout.lanes for node in lane
    )
    lines = _lines(lookup, layout)
    return Network(
        width=layout.width,
        height=layout.height,
        header=layout.header,
        box_width=BOX_WIDTH,
        box_height=BOX_HEIGHT,
        bar_width=_BAR,
        bar_means=dimension,
        headings=_headings(lookup, layout),
        nodes=nodes,
        lines=lines,
        n_shown=sum(line.is_shown for line in lines),
        has_moments=any(node.is_moment for node in nodes),
        has_unplanned=any(not node.is_planned for node in nodes),
        has_influences=any(line.kind == "influences" for line in lines),
        silent=tuple(
            p
            for p in lookup.touchpoints.values()
            if p.origin != "discovered" and not is_mentioned(p)
        ),
    )


def _bar_dimension(lookup: Lookup) -> str:
    known = [s for s in lookup.scores.values() if s.dimension == "impact"]
    return "impact" if any(words.is_known(s.value) for s in known) else "frequency"


def _node(lookup: Lookup, box: Box, dimension: str) -> Node:
    touchpoint = lookup.touchpoints[box.touchpoint_id]
    emotion = lookup.scores.get((box.touchpoint_id, "emotion"))
    value = emotion.value if emotion else float("nan")
    bar = lookup.scores.get((box.touchpoint_id, dimension))
    is_bar = bar is not None and words.is_known(bar.value)
    moments = [m for m in lookup.moments if m.touchpoint_id == box.touchpoint_id]
    ranks = [n for n, p in enumerate(chosen(lookup), 1) if p.touchpoint_id == box.touchpoint_id]
    is_planned = touchpoint.origin == "catalogue" or not any(
        p.origin == "catalogue" for p in lookup.touchpoints.values()
    )
    said = [
        touchpoint.name,
        touchpoint.stage,
        f"feels {words.signed(value)}, {emotion.label}"
        if emotion and words.is_known(value)
        else "too few customers to say how it feels",
        words.plural(touchpoint.n_customers, "customer"),
        *(f"customers decide here: {m.decision}" for m in moments),
        "" if is_planned else "not in the catalogue",
        f"number {ranks[0]} to fix" if ranks else "",
    ]
    return Node(
        box=box,
        anchor=words.anchor("t", box.touchpoint_id),
        lines=words.wrap(touchpoint.name),
        tone=words.tone(value),
        amount=words.signed(value),
        bar=max(2.0, bar.value * _BAR) if bar is not None and is_bar else -1,
        is_moment=bool(moments),
        is_planned=is_planned,
        rank=ranks[0] if ranks else 0,
        label=". ".join(part for part in said if part),
    )


def _lines(lookup: Lookup, layout: Layout) -> tuple[Line, ...]:
    paths = route(layout, list(lookup.edges))
    drawn = [edge for edge in lookup.edges if edge.edge_id in paths]
    return tuple(
        Line(
            anchor=words.anchor("l", edge.edge_id),
            source=words.anchor("t", edge.source_id),
            target=words.anchor("t", edge.target_id),
            kind=edge.kind,
            path=paths[edge.edge_id],
            width=round(1.2 + 2.6 * (edge.strength if words.is_known(edge.strength) else 0), 1),
            rank=n,
            is_shown=edge.is_shown,
            label=edge_sentence(lookup, edge),
        )
        for n, edge in enumerate(drawn)
    )


def edge_sentence(lookup: Lookup, edge: Edge) -> str:
    """Return what a link says, in one sentence."""
    source = lookup.touchpoints[edge.source_id].name
    target = lookup.touchpoints[edge.target_id].name
    people = words.plural(edge.n_customers, "customer")
    if edge.kind == "influences":
        return f"{source} influences {target}: stated by {people}"
    step = "next" if edge.step == "next" else "later"
    lift = f", {edge.lift:.1f} times what chance brings" if words.is_known(edge.lift) else ""
    return f"{source}, {step} {target}: {people}{lift}"


def _headings(lookup: Lookup, layout: Layout) -> tuple[Heading, ...]:
    moods = {mood.stage: mood for mood in stage_moods(lookup)}
    return tuple(
        Heading(
            x=band.x + band.width / 2,
            left=band.x,
            width=band.width,
            lines=words.wrap(band.title, width=max(16, int(band.width / 8)), lines=2),
            note=_note(moods.get(band.title)),
        )
        for band in layout.bands
    )


def _note(mood: StageMood | None) -> str:
    if mood is None or not mood.n_customers:
        return ""
    people = words.plural(mood.n_customers, "customer")
    return f"{words.signed(mood.value)} · {people}" if words.is_known(mood.value) else people
