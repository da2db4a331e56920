"""The map under review: boxes and lines that lead somewhere, and what stands out."""

from xml.etree import ElementTree

import pytest

from pipeline.publish.network_svg import draw_network
from pipeline.review.parts.mapped import Look, neighbours_map, pair_map, whole_map
from pipeline.review.parts.states import State
from pipeline.text import stable_id
from tests.example_run import build_example, build_large
from tests.unit.review.shown import browser, get, view_of

PAYROLL = stable_id("touchpoint", "Payroll export")
SILENT = stable_id("touchpoint", "Reference request")


@pytest.fixture(scope="module")
def view():
    return view_of(*build_example())


def href(key: str) -> str:
    return f"/touchpoints/{key}"


def drawn(view, **look):
    return whole_map(view.lookup, {}, href, Look(**look))


def test_weak_links_are_left_out_until_asked_for(view):
    few, every = drawn(view), drawn(view, with_weak=True)
    weak = [e for e in view.lookup.edges if not e.is_shown]
    assert few.n_weak == every.n_weak == len(weak) > 0
    assert len(every.ways) - len(few.ways) == len(weak)
    assert {w.href for w in every.ways} == {f"/links/{e.edge_id}" for e in view.lookup.edges}
    assert sum("faint" in w.classes for w in every.ways) == len(weak)


def test_links_of_the_chosen_one_stand_out_and_the_rest_steps_back(view):
    shown = [e for e in view.lookup.edges if e.is_shown]
    ways = {w.href.rsplit("/", 1)[1]: w.classes.split() for w in drawn(view, selected=PAYROLL).ways}
    for edge in shown:
        side = "in" if edge.target_id == PAYROLL else "out" if edge.source_id == PAYROLL else "far"
        assert side in ways[edge.edge_id]


def test_neighbours_of_the_chosen_one_are_not_dimmed(view):
    found = drawn(view, selected=PAYROLL)
    near = {PAYROLL} | {
        end
        for e in view.lookup.edges
        if e.is_shown and PAYROLL in (e.source_id, e.target_id)
        for end in (e.source_id, e.target_id)
    }
    for place in found.places:
        assert ("far" in place.classes) == (place.node.box.touchpoint_id not in near)
        assert place.is_selected == (place.node.box.touchpoint_id == PAYROLL)


def test_with_nothing_chosen_nothing_steps_back(view):
    found = drawn(view)
    assert not any("far" in thing.classes for thing in (*found.places, *found.ways))


def test_one_without_links_does_not_dim_the_others(view):
    alone = {p.touchpoint_id for p in view.lookup.touchpoints.values()} - {
        end for e in view.lookup.edges for end in (e.source_id, e.target_id)
    }
    for key in alone:
        assert not any("far" in p.classes.split() for p in drawn(view, selected=key).places)


def test_accepted_ones_are_marked(view):
    found = whole_map(view.lookup, {PAYROLL: State("accepted", "Ana")}, href, Look())
    assert [p.node.box.touchpoint_id for p in found.places if p.is_accepted] == [PAYROLL]


def test_neighbours_map_holds_the_direct_links_and_nothing_else(view):
    found = neighbours_map(view.lookup, {}, href, PAYROLL)
    own = [e for e in view.lookup.edges if PAYROLL in (e.source_id, e.target_id)]
    ends = {end for e in own for end in (e.source_id, e.target_id)}
    assert {p.node.box.touchpoint_id for p in found.places} == ends
    assert {w.href for w in found.ways} == {f"/links/{e.edge_id}" for e in own}
    assert len(found.network.headings) == len({view.lookup.touchpoints[e].stage for e in ends})


def test_one_that_nobody_mentions_stands_on_its_own_map(view):
    found = neighbours_map(view.lookup, {}, href, SILENT)
    assert [p.node.box.touchpoint_id for p in found.places] == [SILENT]


def test_pair_map_holds_both_ways_between_two(view):
    edge = next(
        e
        for e in view.lookup.edges
        if any(o.source_id == e.target_id and o.target_id == e.source_id for o in view.lookup.edges)
    )
    found = pair_map(view.lookup, {}, href, edge)
    assert len(found.places) == 2
    assert len(found.ways) >= 2


def test_the_lookup_is_left_as_it_was(view):
    before = draw_network(view.lookup)
    neighbours_map(view.lookup, {}, href, SILENT)
    assert draw_network(view.lookup) == before


def test_the_drawing_is_well_formed_and_every_box_and_line_is_a_link():
    view = view_of(*build_large())
    html = get(browser(view), f"/touchpoints?t={view.lookup.edges[0].source_id}&links=all").html
    svg = html[html.index('<svg class="network') :].split("</svg>")[0] + "</svg>"
    root = ElementTree.fromstring(svg)  # noqa: S314 - our own
    links = list(root.iter("a"))
    assert len(links) == len(view.lookup.edges) + 60
    assert all(link.get("href", "").startswith("/") and link.findtext("title") for link in links)
    assert not any("style" in e.attrib for e in root.iter())
