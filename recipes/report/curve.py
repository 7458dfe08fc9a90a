"""The geometry of a figure of losses: each step thin, their running mean, and the valid rows.

Where there are more steps than the figure has room for, a stretch of them is drawn as its least
and its greatest loss, so a spike stays.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from recipes.report import axis
from recipes.report.axis import Tick

WIDTH, HEIGHT = 420, 260
LEFT, RIGHT, TOP, BOTTOM = 44, 24, 30, 26
"""The figure and its margins, in CSS pixels at its natural size; the legend lies in the top one."""
STRETCHES = 300
"""Stretches of steps at most that are told apart."""
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Losses:
    """What one training says of itself."""

    name: str
    train: list[tuple[int, float, float]]
    """(step, loss of its rows, running mean around it), in order."""
    valid: list[tuple[int, float]]
    """(step, loss on valid rows), in order."""
    best: tuple[int, float] | None
    """(step, loss) of the checkpoint that was kept: on valid rows, where there are some."""


@dataclass(frozen=True, slots=True)
class Line:
    """One training, in the figure's units."""

    name: str
    each: str
    """Points of a polyline: the loss of each step."""
    mean: str
    """The same of the running mean."""
    valid: list[Point]
    best: Point | None
    told: str
    """Where it begins and ends, in words."""


@dataclass(frozen=True, slots=True)
class Figure:
    """Trainings on one scale, ready to draw."""

    title: str
    window: int
    """Steps that a running mean is over."""
    lines: list[Line]
    has_valid: bool
    x_ticks: list[Tick]
    y_ticks: list[Tick]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    bottom: int = HEIGHT - BOTTOM


def figure(title: str, window: int, trainings: Sequence[Losses]) -> Figure | None:
    """The losses of trainings, or None where there is no step of any.

    Args:
        title: for people.
        window: steps that the running means are over.
        trainings: one or two; the first is the one that matters.
    """
    shown = [one for one in trainings if one.train]
    if not shown:
        return None
    losses = [loss for one in shown for _, loss, _ in one.train]
    losses += [loss for one in shown for _, loss in one.valid]
    margin = max(0.04 * (max(losses) - min(losses)), 0.01)
    low, high = min(losses) - margin, max(losses) + margin
    last = max(one.train[-1][0] for one in shown)
    first = min(min(one.train[0][0] for one in shown), last - 1)

    def x(step: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * (step - first) / (last - first), 1)

    def y(loss: float) -> float:
        return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (loss - low) / (high - low), 1)

    def points(found: Sequence[tuple[int, float]]) -> list[Point]:
        return [(x(step), y(loss)) for step, loss in found]

    lines = [
        Line(
            name=one.name,
            each=_polyline(points(extremes([(step, loss) for step, loss, _ in one.train]))),
            mean=_polyline(points(every([(step, mean) for step, _, mean in one.train]))),
            valid=points(one.valid),
            best=points([one.best])[0] if one.best else None,
            told=_told(one),
        )
        for one in shown
    ]
    steps = [step for step, _ in axis.rounds(first, last, 6) if step.is_integer()]
    return Figure(
        title=title,
        window=window,
        lines=lines,
        has_valid=any(one.valid for one in shown),
        x_ticks=[Tick(x(step), f"{step:,.0f}") for step in steps],
        y_ticks=[Tick(y(loss), label) for loss, label in axis.rounds(low, high, 6)],
    )


def extremes(points: Sequence[tuple[int, float]]) -> list[tuple[int, float]]:
    """The points, or the least and the greatest of each stretch in the order of their steps."""
    length = -(-len(points) // STRETCHES)
    if length <= 2:
        return list(points)
    found: list[tuple[int, float]] = []
    for start in range(0, len(points), length):
        stretch = points[start : start + length]
        ends = {min(stretch, key=lambda one: one[1]), max(stretch, key=lambda one: one[1])}
        found += sorted(ends)
    return found


def every(points: Sequence[tuple[int, float]]) -> list[tuple[int, float]]:
    """The points, or evenly spaced ones of them; the last one always."""
    length = -(-len(points) // STRETCHES)
    found = list(points[::length])
    return found if found[-1] == points[-1] else [*found, points[-1]]


def _polyline(points: Sequence[Point]) -> str:
    return " ".join(f"{x:g},{y:g}" for x, y in points)


def _told(one: Losses) -> str:
    """`tuned: 5.61 at first, 5.05 at last; on valid rows 5.39, then 5.27`."""
    first, last = one.train[0], one.train[-1]
    told = f"{one.name}: running mean {first[2]:.2f} at step {first[0]}, {last[2]:.2f} at {last[0]}"
    if one.valid:
        told += f"; on valid rows {one.valid[0][1]:.2f} at first, {one.valid[-1][1]:.2f} at last"
    return told
