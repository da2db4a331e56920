"""The priority matrix, the emotional journey and the two ends of emotion, ready to be drawn."""

from dataclasses import dataclass

from pipeline.publish import words
from pipeline.publish.aggregate import stage_moods
from pipeline.publish.labels import Circle, Frame, Label, place_labels
from pipeline.publish.lookup import Lookup, chosen
from pipeline.tables import Touchpoint

WIDTH, HEIGHT = 660, 450
PLOT = Frame(58, 14, 634, 394)
_NAME = 24
_ENDS = 6
_LEAST_IMPACTS = 3
"""With fewer touchpoints that have an impact, the matrix shows reach instead."""


@dataclass(frozen=True, slots=True)
class Bubble:
    """A touchpoint in the matrix."""

    anchor: str
    x: float
    y: float
    radius: float
    tone: str
    name: str
    title: str
    label: Label | None
    rank: int
    is_quick_win: bool


@dataclass(frozen=True, slots=True)
class Tick:
    """A number on an axis."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Matrix:
    """Impact or reach against emotion."""

    x_name: str
    bubbles: tuple[Bubble, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    x_split: float
    y_split: float
    n_left_out: int
    n_unlabelled: int


@dataclass(frozen=True, slots=True)
class Stop:
    """A stage on the journey's line."""

    x: float
    lines: tuple[str, ...]
    y: float
    amount: str
    """'' when no touchpoint of the stage has a number."""
    label_y: float
    before: str
    before_y: float
    dots: tuple[tuple[float, str], ...]
    note: str


@dataclass(frozen=True, slots=True)
class Journey:
    """Emotion by stage, this period and the last."""

    stops: tuple[Stop, ...]
    now: str
    """Points of the line; a stage without a number breaks it."""
    before: str
    y_ticks: tuple[Tick, ...]
    zero: float


@dataclass(frozen=True, slots=True)
class End:
    """One row of the strongest emotions."""

    anchor: str
    name: str
    stage: str
    amount: str
    label: str
    tone: str
    x: float
    x_low: float
    x_high: float
    interval: str
    n_customers: int


def draw_matrix(lookup: Lookup) -> Matrix:
    """Return the priority matrix; touchpoints without both numbers are only counted."""
    x_name, values = _x_values(lookup)
    rows = [
        (p, values[key], lookup.scores[key, "emotion"].value)
        for key, p in lookup.touchpoints.items()
        if key in values and _is_scored(lookup, key, "emotion")
    ]
    top = _ceiling(max((x for _, x, _ in rows), default=1.0))
    most = max((p.n_customers for p, _, _ in rows), default=1)
    ranks = {p.touchpoint_id: n for n, p in enumerate(chosen(lookup), 1)}
    rows.sort(key=lambda row: (ranks.get(row[0].touchpoint_id, 99), -abs(row[2]) * row[1]))
    circles = [
        Circle(
            _scale(x, 0, top, PLOT.left, PLOT.right),
            _scale(y, -1, 1, PLOT.bottom, PLOT.top),
            4 + 15 * (p.n_customers / max(1, most)) ** 0.5,
            words.cut(p.name, _NAME),
        )
        for p, x, y in rows
    ]
    labels = place_labels(circles, PLOT, _corner_words(), n_sure=len(ranks))
    bubbles = [
        _bubble(lookup, row, circle, label, ranks)
        for row, circle, label in zip(rows, circles, labels, strict=True)
    ]
    bubbles.sort(key=lambda b: -b.radius)
    mentioned = sum(p.n_mentions > 0 for p in lookup.touchpoints.values())
    return Matrix(
        x_name=x_name,
        bubbles=tuple(bubbles),
        x_ticks=tuple(
            Tick(_scale(top * k / 4, 0, top, PLOT.left, PLOT.right), words.share(top * k / 4))
            for k in range(5)
        ),
        y_ticks=_emotion_ticks(PLOT),
        x_split=(PLOT.left + PLOT.right) / 2,
        y_split=(PLOT.top + PLOT.bottom) / 2,
        n_left_out=max(0, mentioned - len(rows)),
        n_unlabelled=sum(b.label is None for b in bubbles),
    )


def draw_journey(lookup: Lookup) -> Journey | None:
    """Return the journey's line; None when fewer than two stages have a number."""
    moods = [m for m in stage_moods(lookup) if m.n_customers or m.points]
    if sum(words.is_known(m.value) for m in moods) < 2:
        return None
    step = (PLOT.right - PLOT.left) / len(moods)
    xs = [PLOT.left + step * (n + 0.5) for n in range(len(moods))]
    stops = tuple(
        Stop(
            x=x,
            lines=words.wrap(mood.stage, width=max(8, int(step / 6.4)), lines=2),
            y=_height(mood.value),
            amount=words.signed(mood.value),
            label_y=_label_height(mood.value, mood.before),
            before=words.signed(mood.before),
            before_y=_height(mood.before),
            dots=tuple(
                (_height(value), f"{name}: {words.signed(value)}") for name, value in mood.points
            ),
            note=words.plural(mood.n_customers, "customer"),
        )
        for x, mood in zip(xs, moods, strict=True)
    )
    return Journey(
        stops=stops,
        now=_line(xs, [m.value for m in moods]),
        before=_line(xs, [m.before for m in moods]),
        y_ticks=_emotion_ticks(PLOT),
        zero=_height(0),
    )


def emotion_ends(lookup: Lookup) -> tuple[tuple[End, ...], tuple[End, ...]]:
    """Return the most negative and the most positive touchpoints, strongest first."""
    scored = [p for p in lookup.touchpoints.values() if _is_scored(lookup, p.touchpoint_id)]
    scored.sort(key=lambda p: lookup.scores[p.touchpoint_id, "emotion"].value)
    ends = [_end(lookup, p) for p in scored]
    negative = [e for e in ends if e.tone.startswith("n") and e.tone != "none"]
    positive = [e for e in reversed(ends) if e.tone.startswith("p")]
    return tuple(negative[:_ENDS]), tuple(positive[:_ENDS])


def _x_values(lookup: Lookup) -> tuple[str, dict[str, float]]:
    impact = {
        key: s.value
        for (key, dimension), s in lookup.scores.items()
        if dimension == "impact" and words.is_known(s.value)
    }
    if len(impact) >= _LEAST_IMPACTS:
        return "impact", impact
    reach = {
        key: s.value
        for (key, dimension), s in lookup.scores.items()
        if dimension == "frequency" and words.is_known(s.value)
    }
    return "frequency", reach


def _is_scored(lookup: Lookup, key: str, dimension: str = "emotion") -> bool:
    score = lookup.scores.get((key, dimension))
    return score is not None and words.is_known(score.value)


def _bubble(
    lookup: Lookup,
    row: tuple[Touchpoint, float, float],
    circle: Circle,
    label: Label | None,
    ranks: dict[str, int],
) -> Bubble:
    touchpoint, x, y = row
    priority = lookup.priorities.get(touchpoint.touchpoint_id)
    return Bubble(
        anchor=words.anchor("t", touchpoint.touchpoint_id),
        x=circle.x,
        y=circle.y,
        radius=circle.radius,
        tone=words.tone(y),
        name=circle.text,
        title=f"{touchpoint.name}: feels {words.signed(y)}, {words.share(x)}, "
        f"{words.plural(touchpoint.n_customers, 'customer')}",
        label=label,
        rank=ranks.get(touchpoint.touchpoint_id, 0),
        is_quick_win=bool(priority and priority.is_quick_win),
    )


def _end(lookup: Lookup, touchpoint: Touchpoint) -> End:
    score = lookup.scores[touchpoint.touchpoint_id, "emotion"]
    return End(
        anchor=words.anchor("t", touchpoint.touchpoint_id),
        name=touchpoint.name,
        stage=touchpoint.stage,
        amount=words.signed(score.value),
        label=score.label,
        tone=words.tone(score.value),
        x=_scale(score.value, -1, 1, 2, 118),
        x_low=_scale(score.low if words.is_known(score.low) else score.value, -1, 1, 2, 118),
        x_high=_scale(score.high if words.is_known(score.high) else score.value, -1, 1, 2, 118),
        interval=words.span(words.signed(score.low), words.signed(score.high)),
        n_customers=score.n_customers,
    )


def _corner_words() -> tuple[Frame, ...]:
    """Where the names of the quadrants stand: no label may cover them."""
    return (
        Frame(PLOT.right - 80, PLOT.top, PLOT.right, PLOT.top + 24),
        Frame(PLOT.right - 80, PLOT.bottom - 24, PLOT.right, PLOT.bottom),
        Frame(PLOT.left, PLOT.top, PLOT.left + 80, PLOT.top + 24),
        Frame(PLOT.left, PLOT.bottom - 24, PLOT.left + 80, PLOT.bottom),
    )


def _emotion_ticks(plot: Frame) -> tuple[Tick, ...]:
    return tuple(
        Tick(_scale(v, -1, 1, plot.bottom, plot.top), words.signed(v, 1))
        for v in (-1.0, -0.5, 0.0, 0.5, 1.0)
    )


def _height(value: float) -> float:
    return _scale(value, -1, 1, PLOT.bottom, PLOT.top) if words.is_known(value) else -1


def _label_height(value: float, before: float) -> float:
    """Put the number on the side where last period's line is not."""
    if not words.is_known(value):
        return -1
    is_below = words.is_known(before) and before > value
    return _height(value) + (21 if is_below or value > 0.9 else -12)


def _line(xs: list[float], values: list[float]) -> str:
    path, is_open = [], False
    for x, value in zip(xs, values, strict=True):
        if not words.is_known(value):
            is_open = False
            continue
        path.append(f"{'L' if is_open else 'M'}{x:.0f} {_height(value):.1f}")
        is_open = True
    return "".join(path)


def _scale(value: float, low: float, high: float, start: float, stop: float) -> float:
    return round(start + (stop - start) * (value - low) / (high - low), 1)


def _ceiling(value: float) -> float:
    """Return the round number at which an axis for `value` ends."""
    return next((step for step in (0.1, 0.2, 0.4, 0.6, 0.8) if value * 1.06 <= step), 1.0)
