"""Where each touchpoint stands on the map: stages as columns, wide stages in several lanes."""

from collections import defaultdict
from dataclasses import dataclass

from pipeline.publish.lookup import Lookup
from pipeline.publish.ordering import Lanes, order_lanes
from pipeline.tables import Touchpoint

NO_STAGE = "No stage"
BOX_WIDTH = 138
BOX_HEIGHT = 50
ROW_HEIGHT = 74
HEADER = 58
_PAGE = 1330
_MARGIN = 20
_LANE_LENGTH = 10
_PITCH = (188, 250)


@dataclass(frozen=True, slots=True)
class Box:
    """A touchpoint on the map; x and y are its upper left corner."""

    touchpoint_id: str
    lane: int
    row: int
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Band:
    """A column of the map; its lanes are first to last."""

    title: str
    first: int
    last: int
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Layout:
    """The whole map."""

    boxes: dict[str, Box]
    bands: tuple[Band, ...]
    lane_x: tuple[float, ...]
    """Left edge of the boxes of each lane."""
    lanes: tuple[tuple[str, ...], ...]
    width: float
    height: float
    header: float


@dataclass(frozen=True, slots=True)
class Column:
    """A heading and what stands below it, before it is cut into lanes."""

    title: str
    touchpoint_ids: tuple[str, ...]


def lay_out(lookup: Lookup) -> Layout:
    """Place every mentioned touchpoint; the shown links decide the order within a column."""
    columns = _columns(lookup)
    pieces = [(c.title, _cut(list(c.touchpoint_ids))) for c in columns]
    lanes = [lane for _, parts in pieces for lane in parts]
    drawn = {node for lane in lanes for node in lane}
    links = [
        (e.source_id, e.target_id)
        for e in lookup.edges
        if e.is_shown and e.source_id in drawn and e.target_id in drawn
    ]
    return _position([(title, len(parts)) for title, parts in pieces], order_lanes(lanes, links))


def is_mentioned(touchpoint: Touchpoint) -> bool:
    """Tell whether customers spoke of it at all."""
    return touchpoint.n_mentions > 0 or touchpoint.n_customers > 0


def _columns(lookup: Lookup) -> list[Column]:
    drawn = [p for p in lookup.touchpoints.values() if is_mentioned(p)]
    if not any(p.stage for p in drawn):
        return _flow_columns(lookup, drawn)
    names = [*lookup.stage_names, ""]
    columns = [
        Column(name or NO_STAGE, tuple(p.touchpoint_id for p in drawn if p.stage == name))
        for name in names
    ]
    return [c for c in columns if c.touchpoint_ids or c.title != NO_STAGE]


def _flow_columns(lookup: Lookup, drawn: list[Touchpoint]) -> list[Column]:
    """Without stages: columns by how early customers meet a touchpoint, as the links tell."""
    flow: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for edge in lookup.edges:
        if edge.kind == "follows":
            flow[edge.source_id][0] += edge.n_customers
            flow[edge.target_id][1] += edge.n_customers
    # A few links order a few touchpoints; the names of columns speak of all.
    is_ordered = bool(flow) and 2 * sum(p.touchpoint_id in flow for p in drawn) >= len(drawn)

    def lateness(touchpoint: Touchpoint) -> tuple[float, int, str]:
        out, into = flow[touchpoint.touchpoint_id]
        late = (into - out) / (into + out) if into + out else 0.0
        return late, -touchpoint.n_customers, touchpoint.name

    ids = [p.touchpoint_id for p in sorted(drawn, key=lateness)]
    n_lanes = min(6, max(3, -(-len(ids) // 7)))
    parts = _split(ids, min(n_lanes, len(ids)))
    titles = [""] * len(parts)
    if is_ordered and len(parts) >= 3:
        titles[0], titles[len(parts) // 2], titles[-1] = "Early", "Middle", "Late"
    return [Column(title, tuple(part)) for title, part in zip(titles, parts, strict=True)]


def _cut(ids: list[str]) -> Lanes:
    return _split(ids, max(1, -(-len(ids) // _LANE_LENGTH)))


def _split(ids: list[str], n: int) -> Lanes:
    """Cut a list into `n` parts of about the same length, in order."""
    return [ids[len(ids) * k // n : len(ids) * (k + 1) // n] for k in range(n)]


def _position(titles: list[tuple[str, int]], lanes: Lanes) -> Layout:
    n_lanes = len(lanes)
    pitch = min(_PITCH[1], max(_PITCH[0], (_PAGE - 2 * _MARGIN) / max(1, n_lanes)))
    lane_x = tuple(_MARGIN + n * pitch + (pitch - BOX_WIDTH) / 2 for n in range(n_lanes))
    longest = max((len(lane) for lane in lanes), default=0)
    header = HEADER if any(title for title, _ in titles) else 16
    boxes = {
        node: Box(
            node, n, row, lane_x[n], header + 18 + (row + (longest - len(lane)) / 2) * ROW_HEIGHT
        )
        for n, lane in enumerate(lanes)
        for row, node in enumerate(lane)
    }
    bands, first = [], 0
    for title, size in titles:
        x = _MARGIN + first * pitch + 14
        bands.append(Band(title, first, first + size - 1, x, size * pitch - 28))
        first += size
    height = header + 12 + longest * ROW_HEIGHT
    return Layout(
        boxes,
        tuple(bands),
        lane_x,
        tuple(tuple(lane) for lane in lanes),
        2 * _MARGIN + n_lanes * pitch,
        height,
        header,
    )
