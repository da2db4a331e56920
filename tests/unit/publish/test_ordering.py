import random
import time

from pipeline.publish.ordering import count_crossings, order_lanes


def test_crossed_lines_are_untangled():
    lanes = [["a", "b", "c"], ["x", "y", "z"]]
    links = [("a", "z"), ("b", "y"), ("c", "x")]
    assert count_crossings(lanes, links) == 3
    assert count_crossings(order_lanes(lanes, links), links) == 0


def test_boxes_never_leave_their_lane():
    lanes = [["a", "b"], ["c"], ["d", "e"]]
    ordered = order_lanes(lanes, [("b", "d"), ("a", "e"), ("a", "b"), ("c", "c")])
    assert [sorted(lane) for lane in ordered] == lanes


def test_lanes_given_are_left_untouched():
    lanes = [["a", "b"], ["x", "y"]]
    order_lanes(lanes, [("a", "y"), ("b", "x")])
    assert lanes == [["a", "b"], ["x", "y"]]


def test_order_of_links_is_irrelevant():
    draw = random.Random(1)  # noqa: S311 - made-up data
    lanes = [[f"{lane}{n}" for n in range(6)] for lane in "abcd"]
    nodes = [node for lane in lanes for node in lane]
    links = [(draw.choice(nodes), draw.choice(nodes)) for _ in range(40)]
    assert order_lanes(lanes, links) == order_lanes(lanes, links[::-1])


def test_sixty_boxes_are_ordered_in_well_under_a_second():
    draw = random.Random(2)  # noqa: S311 - made-up data
    lanes = [[f"{lane}{n}" for n in range(10)] for lane in "abcdef"]
    nodes = [node for lane in lanes for node in lane]
    links = [(draw.choice(nodes), draw.choice(nodes)) for _ in range(150)]
    before = count_crossings(lanes, links)
    start = time.process_time()
    ordered = order_lanes(lanes, links)
    assert time.process_time() - start < 0.5
    assert count_crossings(ordered, links) < before
