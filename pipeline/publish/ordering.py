"""The order of boxes within lanes: few crossings, short lines."""

from collections import defaultdict
from dataclasses import dataclass

Lanes = list[list[str]]
Link = tuple[str, str]
_SWEEPS = 6
_PASSES = 30
_PULL = 0.15
"""What a row of line length costs, against 1 for a crossing."""


@dataclass(frozen=True, slots=True)
class _State:
    lanes: Lanes
    lane_of: dict[str, int]
    place: dict[str, float]
    """Rows from the middle of the lane, as lanes are drawn centred."""
    near: dict[str, list[str]]


def order_lanes(lanes: Lanes, links: list[Link]) -> Lanes:
    """Return the lanes with each one's boxes reordered; never moves a box to another lane."""
    state = _prepare(lanes, links)
    forward = range(len(lanes))
    for sweep in range(_SWEEPS):
        for lane in forward if sweep % 2 == 0 else reversed(forward):
            _sort_by_neighbours(state, lane)
    for _ in range(_PASSES):
        if not sum(_swap_neighbours(state, lane) for lane in forward):
            break
    return state.lanes


def count_crossings(lanes: Lanes, links: list[Link]) -> int:
    """Count crossing pairs among links that join the same two lanes."""
    state = _prepare(lanes, links)
    between: dict[tuple[int, int], list[tuple[float, float]]] = defaultdict(list)
    for pair in links:
        a, b = sorted(pair, key=lambda node: state.lane_of[node])
        ends = state.lane_of[a], state.lane_of[b]
        if ends[0] != ends[1]:
            between[ends].append((state.place[a], state.place[b]))
    return sum(
        (a[0] - b[0]) * (a[1] - b[1]) < 0
        for drawn in between.values()
        for n, a in enumerate(drawn)
        for b in drawn[n + 1 :]
    )


def _prepare(lanes: Lanes, links: list[Link]) -> _State:
    near: dict[str, list[str]] = defaultdict(list)
    for a, b in sorted(set(links)):
        if a != b:
            near[a].append(b)
            near[b].append(a)
    lane_of = {node: n for n, lane in enumerate(lanes) for node in lane}
    state = _State([list(lane) for lane in lanes], lane_of, {}, near)
    for n in range(len(lanes)):
        _place(state, n)
    return state


def _place(state: _State, lane: int) -> None:
    nodes = state.lanes[lane]
    state.place.update({node: n - (len(nodes) - 1) / 2 for n, node in enumerate(nodes)})


def _sort_by_neighbours(state: _State, lane: int) -> None:
    """Put each box at the mean height of what it is linked to."""

    def height(node: str) -> float:
        near = [state.place[o] for o in state.near[node] if state.lane_of[o] != lane]
        return sum(near) / len(near) if near else state.place[node]

    state.lanes[lane].sort(key=height)
    _place(state, lane)


def _swap_neighbours(state: _State, lane: int) -> int:
    """Swap boxes that stand next to each other where that pays; return how many were swapped."""
    nodes, swaps = state.lanes[lane], 0
    for n in range(len(nodes) - 1):
        upper, lower = nodes[n], nodes[n + 1]
        now = _cost(state, upper, lower, lane)
        nodes[n], nodes[n + 1] = lower, upper
        state.place[upper], state.place[lower] = state.place[lower], state.place[upper]
        if _cost(state, lower, upper, lane) < now - 1e-9:
            swaps += 1
            continue
        nodes[n], nodes[n + 1] = upper, lower
        state.place[upper], state.place[lower] = state.place[lower], state.place[upper]
    return swaps


def _cost(state: _State, upper: str, lower: str, lane: int) -> float:
    """Cost of two boxes standing in this order; only their own links matter, so a swap is cheap."""
    crossings = 0
    for a in state.near[upper]:
        for b in state.near[lower]:
            sides = (state.lane_of[a] - lane) * (state.lane_of[b] - lane)
            crossings += sides > 0 and state.place[a] > state.place[b]
    pull = sum(
        abs(state.place[node] - state.place[other])
        for node in (upper, lower)
        for other in state.near[node]
    )
    return crossings + _PULL * pull
