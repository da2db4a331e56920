import re

import pytest

from pipeline.publish.layout import BOX_HEIGHT, BOX_WIDTH, Layout, lay_out
from pipeline.publish.lookup import look_up
from pipeline.publish.routes import route


def points(path: str) -> list[tuple[float, float]]:
    """Places along a path, from its own commands."""
    found: list[tuple[float, float]] = []
    for command, text in re.findall(r"([MCHV])([^MCHV]*)", path):
        n = [float(part) for part in text.split()]
        start = found[-1] if found else (n[0], n[-1])
        if command == "C":
            for k in range(1, 21):
                t, u = k / 20, 1 - k / 20
                found.append(
                    tuple(
                        u**3 * start[i] + 3 * u * u * t * n[i] + 3 * u * t * t * n[2 + i]
                        + t**3 * n[4 + i]
                        for i in (0, 1)
                    )
                )  # fmt: skip
        else:
            stop = (n[0], n[1]) if command == "M" else start
            stop = (n[0], start[1]) if command == "H" else stop
            stop = (start[0], n[0]) if command == "V" else stop
            found += [
                (start[0] + (stop[0] - start[0]) * k / 20, start[1] + (stop[1] - start[1]) * k / 20)
                for k in range(1, 21)
            ]
    return found


def boxes_hit(layout: Layout, path: str) -> set[str]:
    return {
        box.touchpoint_id
        for x, y in points(path)
        for box in layout.boxes.values()
        if box.x + 2 < x < box.x + BOX_WIDTH - 2 and box.y + 2 < y < box.y + BOX_HEIGHT - 2
    }


@pytest.mark.parametrize("run", ["example", "large"])
def test_no_line_crosses_a_box(run, request):
    lookup = look_up(request.getfixturevalue(run)[0])
    layout = lay_out(lookup)
    paths = route(layout, list(lookup.edges))
    assert len(paths) == len(lookup.edges)
    assert {edge: hit for edge, path in paths.items() if (hit := boxes_hit(layout, path))} == {}


def test_line_runs_from_its_source_to_its_target(lookup):
    layout = lay_out(lookup)
    for edge in lookup.edges:
        path = points(route(layout, [edge])[edge.edge_id])
        for (x, y), key in ((path[0], edge.source_id), (path[-1], edge.target_id)):
            box = layout.boxes[key]
            assert box.x - 5 <= x <= box.x + BOX_WIDTH + 5
            assert box.y - 5 <= y <= box.y + BOX_HEIGHT + 5


def test_lines_at_one_side_do_not_share_a_port(lookup):
    starts = [path.split("C")[0] for path in route(lay_out(lookup), list(lookup.edges)).values()]
    curved = [start for start in starts if "V" not in start]
    assert len(set(curved)) == len(curved)
