"""The geometry of a figure of differences: a dot and its interval for each, and a line at zero."""

from collections.abc import Sequence
from dataclasses import dataclass

from recipes.report import axis
from recipes.report.axis import Tick
from recipes.report.scores import Change, Outcome, Verdict

WIDTH = 420
LEFT, RIGHT, TOP, BOTTOM = 116, 28, 26, 26
ROW, HEADING = 20, 26
"""Heights of a difference and of a part's name, in CSS pixels at the figure's natural size."""
MOST_CHARACTERS = 40
"""Of a part's name; more would not fit."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A part's name above its differences."""

    y: float
    label: str


@dataclass(frozen=True, slots=True)
class Mark:
    """One difference, in the figure's units."""

    y: float
    label: str
    low: float
    at: float
    high: float
    verdict: Verdict
    told: str
    """Part, difference and interval, in words."""


@dataclass(frozen=True, slots=True)
class Figure:
    """All differences on one scale, ready to draw."""

    height: int
    zero: float
    headings: list[Heading]
    marks: list[Mark]
    ticks: list[Tick]
    width: int = WIDTH
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP
    bottom: int = BOTTOM


def figure(outcomes: Sequence[Outcome]) -> Figure | None:
    """The differences of the first metric, or None where nothing was scored."""
    groups = [(outcome, _changes(outcome)) for outcome in outcomes]
    changes = [change for _, found in groups for _, change in found]
    if not changes:
        return None
    low = min(0.0, *(min(one.low, one.value) for one in changes))
    high = max(0.0, *(max(one.high, one.value) for one in changes))
    margin = 0.04 * (high - low) or 1.0
    low, high = low - margin, high + margin

    def x(value: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * (value - low) / (high - low), 1)

    headings, marks, y = [], [], float(TOP)
    for outcome, found in groups:
        headings.append(Heading(y + HEADING - 8, _fitting(outcome.part)))
        y += HEADING
        for label, change in found:
            told = f"{outcome.part}, {label}: {change.told} {change.interval}, {change.verdict}"
            ends = (x(change.low), x(change.value), x(change.high))
            marks.append(Mark(y + ROW / 2, label, *ends, change.verdict, told))
            y += ROW
    return Figure(
        height=round(y) + 6 + BOTTOM,
        zero=x(0.0),
        headings=headings,
        marks=marks,
        ticks=[Tick(x(value), label) for value, label in axis.rounds(low, high, 5)],
    )


def _changes(outcome: Outcome) -> list[tuple[str, Change]]:
    line = outcome.first
    found = [
        (f"tuned {axis.MINUS} base", line.over_base),
        (f"control {axis.MINUS} base", line.control_over_base),
        (f"tuned {axis.MINUS} control", line.over_control),
    ]
    return [(label, change) for label, change in found if change is not None]


def _fitting(name: str) -> str:
    return name if len(name) <= MOST_CHARACTERS else f"{name[: MOST_CHARACTERS - 1]}…"
