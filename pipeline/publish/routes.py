"""The lines of the map: round the boxes, through the gaps between them, from port to port."""

from collections import defaultdict
from dataclasses import dataclass

from pipeline.publish.layout import BOX_HEIGHT, BOX_WIDTH, ROW_HEIGHT, Box, Layout
from pipeline.tables import Edge

_TIP = 4
"""An arrow's tip stops this far from its box."""
_PORT_STEP = 8.0
_PORT_SPREAD = 32.0
_GAP_STEP = 5.0
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class _Ends:
    """Which side of a box a line leaves and enters: left, right, top or bottom."""

    source: Box
    target: Box
    leaves: str
    enters: str


def route(layout: Layout, edges: list[Edge]) -> dict[str, str]:
    """Return the SVG path of each edge whose two ends are drawn and differ."""
    ends = {
        edge.edge_id: _ends(layout.boxes[edge.source_id], layout.boxes[edge.target_id])
        for edge in edges
        if edge.source_id != edge.target_id
        and {edge.source_id, edge.target_id} <= set(layout.boxes)
    }
    ports = _ports(ends)
    used: dict[tuple[int, int], int] = defaultdict(int)
    return {edge_id: _path(layout, end, ports[edge_id], used) for edge_id, end in ends.items()}


def _ends(source: Box, target: Box) -> _Ends:
    if source.lane < target.lane:
        return _Ends(source, target, "right", "left")
    if source.lane > target.lane:
        return _Ends(source, target, "left", "right")
    if abs(source.row - target.row) > 1:
        return _Ends(source, target, "right", "right")
    down = source.row < target.row
    return _Ends(source, target, "bottom" if down else "top", "top" if down else "bottom")


def _ports(ends: dict[str, _Ends]) -> dict[str, tuple[Point, Point]]:
    """Spread the lines that meet at one side of a box, so that none hides another."""
    meeting: dict[tuple[str, str], list[tuple[float, float, str, int]]] = defaultdict(list)
    for edge_id, end in ends.items():
        for n, (box, side, other) in enumerate(
            ((end.source, end.leaves, end.target), (end.target, end.enters, end.source))
        ):
            towards = other.y if side in ("left", "right") else 0.0
            meeting[box.touchpoint_id, side].append((towards, other.x, edge_id, n))
    found: dict[tuple[str, int], Point] = {}
    for (_, side), lines in meeting.items():
        step = min(_PORT_STEP, _PORT_SPREAD / len(lines)) * (1 if side in ("left", "right") else 3)
        for k, (_, _, edge_id, n) in enumerate(sorted(lines)):
            box = (ends[edge_id].source, ends[edge_id].target)[n]
            found[edge_id, n] = _port(box, side, (k - (len(lines) - 1) / 2) * step)
    return {edge_id: (found[edge_id, 0], found[edge_id, 1]) for edge_id in ends}


def _port(box: Box, side: str, shift: float) -> Point:
    middle = box.x + BOX_WIDTH / 2, box.y + BOX_HEIGHT / 2
    return {
        "left": (box.x, middle[1] + shift),
        "right": (box.x + BOX_WIDTH, middle[1] + shift),
        "top": (middle[0] + shift, box.y),
        "bottom": (middle[0] + shift, box.y + BOX_HEIGHT),
    }[side]


def _path(
    layout: Layout, end: _Ends, ports: tuple[Point, Point], used: dict[tuple[int, int], int]
) -> str:
    (x0, y0), (x1, y1) = ports
    if end.leaves in ("top", "bottom"):
        # One straight arrow: both ends take the x of where it leaves, so that it stays upright.
        return f"M{x0:.0f} {y0:.0f}V{y1 + (_TIP if end.leaves == 'top' else -_TIP):.0f}"
    if end.source.lane == end.target.lane:
        bulge = x0 + 20 + min(22, 5 * abs(end.source.row - end.target.row))
        return (
            f"M{x0:.0f} {y0:.0f}C{bulge:.0f} {y0:.0f} {bulge:.0f} {y1:.0f} {x1 + _TIP:.0f} {y1:.0f}"
        )
    step = 1 if end.target.lane > end.source.lane else -1
    between = range(end.source.lane + step, end.target.lane, step)
    total = abs(end.target.lane - end.source.lane)
    parts, at = [f"M{x0:.0f} {y0:.0f}"], (x0, y0)
    for n, lane in enumerate(between, start=1):
        y = _gap(layout, lane, y0 + (y1 - y0) * n / total, used)
        left, right = layout.lane_x[lane] - 8, layout.lane_x[lane] + BOX_WIDTH + 8
        parts.append(_curve(at, (left if step > 0 else right, y)))
        at = (right if step > 0 else left, y)
        parts.append(f"H{at[0]:.0f}")
    parts.append(_curve(at, (x1 - step * _TIP, y1)))
    return "".join(parts)


def _curve(start: Point, stop: Point) -> str:
    middle = (start[0] + stop[0]) / 2
    return f"C{middle:.0f} {start[1]:.0f} {middle:.0f} {stop[1]:.0f} {stop[0]:.0f} {stop[1]:.0f}"


def _gap(layout: Layout, lane: int, wanted: float, used: dict[tuple[int, int], int]) -> float:
    """Return the height at which a line may pass a lane without touching a box."""
    boxes = [layout.boxes[node] for node in layout.lanes[lane]]
    if not boxes:
        return wanted
    space = ROW_HEIGHT - BOX_HEIGHT
    heights = [boxes[0].y - space / 2, *(box.y + BOX_HEIGHT + space / 2 for box in boxes)]
    if wanted < heights[0] - space or wanted > heights[-1] + space:
        return wanted
    cost = [abs(h - wanted) + 9 * used[lane, n] for n, h in enumerate(heights)]
    best = cost.index(min(cost))
    turn = used[lane, best]
    used[lane, best] += 1
    shift = (turn + 1) // 2 * _GAP_STEP * (1 if turn % 2 else -1)
    return heights[best] + max(-space / 2 + 3, min(space / 2 - 3, shift))
