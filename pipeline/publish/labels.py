"""Labels beside circles, placed one by one so that none covers another or a circle."""

from dataclasses import dataclass

_CHARACTER = 6.5
"""Width of a character at the chart's label size; a little too wide rather than too narrow."""
_LINE = 14.0
_NEAR = (4.0, 10.0)
_FAR = (4.0, 10.0, 20.0, 32.0)
"""Distances tried; a label further off would seem to belong to another circle."""


@dataclass(frozen=True, slots=True)
class Circle:
    """A bubble and the text it would like to carry."""

    x: float
    y: float
    radius: float
    text: str


@dataclass(frozen=True, slots=True)
class Label:
    """Where a text stands; `anchor` is SVG's text-anchor."""

    x: float
    y: float
    anchor: str


@dataclass(frozen=True, slots=True)
class Frame:
    """A rectangle."""

    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: "Frame") -> bool:
        """Tell whether two rectangles share an area."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )

    def holds(self, other: "Frame") -> bool:
        """Tell whether `other` lies inside."""
        return (
            self.left <= other.left
            and other.right <= self.right
            and self.top <= other.top
            and other.bottom <= self.bottom
        )


def place_labels(
    circles: list[Circle], page: Frame, taken: tuple[Frame, ...] = (), n_sure: int = 0
) -> list[Label | None]:
    """Return a place for each text in the order given; None where there is no room left.

    The first `n_sure` may stand on other circles when there is no free place.
    """
    bodies = [
        Frame(c.x - c.radius, c.y - c.radius, c.x + c.radius, c.y + c.radius) for c in circles
    ]
    written = list(taken)
    found: list[Label | None] = []
    for n, circle in enumerate(circles):
        others = [body for k, body in enumerate(bodies) if k != n]
        label = _free(circle, page, others + written, n < n_sure)
        if label is None and n < n_sure:
            label = _free(circle, page, written, is_sure=True)
        if label is not None:
            written.append(_frame(label, circle.text))
        found.append(label)
    return found


def _free(circle: Circle, page: Frame, others: list[Frame], is_sure: bool) -> Label | None:
    for label in _options(circle, _FAR if is_sure else _NEAR):
        frame = _frame(label, circle.text)
        if page.holds(frame) and not any(frame.overlaps(other) for other in others):
            return label
    return None


def _options(circle: Circle, gaps: tuple[float, ...]) -> list[Label]:
    """Return places from best to worst: right, left, above, below, the corners, then further."""
    options = []
    for gap in gaps:
        side, corner = circle.radius + gap, circle.radius * 0.7 + gap
        x, y = circle.x, circle.y
        options += [
            Label(x + side, y + 4, "start"),
            Label(x - side, y + 4, "end"),
            Label(x, y - side, "middle"),
            Label(x, y + side + 9, "middle"),
            Label(x + corner, y - corner, "start"),
            Label(x + corner, y + corner + 8, "start"),
            Label(x - corner, y - corner, "end"),
            Label(x - corner, y + corner + 8, "end"),
        ]
    return options


def _frame(label: Label, text: str) -> Frame:
    width = len(text) * _CHARACTER
    left = label.x - {"start": 0.0, "middle": width / 2, "end": width}[label.anchor]
    return Frame(left - 1, label.y - _LINE + 3, left + width + 1, label.y + 3)
