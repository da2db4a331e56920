from itertools import combinations

from pipeline.publish.labels import Circle, Frame, Label, place_labels

PAGE = Frame(0, 0, 400, 300)


def width(label: Label, text: str) -> Frame:
    size = len(text) * 6
    left = label.x - {"start": 0, "middle": size / 2, "end": size}[label.anchor]
    return Frame(left, label.y - 10, left + size, label.y)


def test_label_stands_right_of_its_circle_when_there_is_room():
    [label] = place_labels([Circle(100, 100, 10, "Demo")], PAGE)
    assert label == Label(114, 104, "start")


def test_labels_cover_neither_each_other_nor_a_circle():
    circles = [
        Circle(60 + 37 * n % 300, 40 + 53 * n % 220, 9, f"Touchpoint {n}") for n in range(14)
    ]
    labels = place_labels(circles, PAGE)
    frames = [
        width(label, c.text) for label, c in zip(labels, circles, strict=True) if label is not None
    ]
    assert len(frames) > 5
    assert not any(a.overlaps(b) for a, b in combinations(frames, 2))
    assert all(PAGE.holds(frame) for frame in frames)


def test_label_without_room_is_left_out():
    page = Frame(90, 90, 110, 110)
    assert place_labels([Circle(100, 100, 10, "A long name")], page) == [None]


def test_label_that_must_be_there_may_stand_on_a_circle():
    crowd = [Circle(50 + 14 * a, 50 + 14 * b, 10, "x" * 8) for a in range(20) for b in range(12)]
    crowd.insert(0, Circle(180, 120, 10, "Sure"))
    labels = place_labels(crowd, PAGE, n_sure=1)
    assert labels[0] is not None
    assert labels[100] is None
