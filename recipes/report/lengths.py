"""Lengths: how they are distributed, and the geometry of the figure that shows it.

Widths of bins are 1, 2 or 5 times a power of ten; the last bin holds everything beyond the 99th
percentile, so that one very long text does not flatten the figure.
"""

import math
from dataclasses import dataclass

import duckdb

from recipes.report.axis import Tick

BINS = 32
WIDTH, HEIGHT = 360, 190
LEFT, RIGHT, TOP, BOTTOM = 44, 10, 24, 26
"""The figure and its margins, in CSS pixels at its natural size."""
SUMMARY = """
    select count(*), min({0}), quantile_cont({0}, [0.05, 0.5, 0.95, 0.99]), max({0})
    from {1} where {0} is not null and {2}
"""
COUNTS = """
    select least({0} // ?, ?)::int as bin, count(*), count(*) filter (kept is not false)
    from {1} where {0} is not null group by bin
"""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bin, in the figure's units."""

    x: float
    width: float
    height: float
    """Of all its rows."""
    kept_height: float
    label: str
    """What it holds, in words."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A histogram, ready to draw, and what it says."""

    title: str
    n: int
    """Rows behind the percentiles: the kept ones, all where nothing was judged yet."""
    low: float
    median: float
    high: float
    """5th, 50th and 95th percentile."""
    shortest: int
    longest: int
    bars: list[Bar]
    x_ticks: list[Tick]
    y_ticks: list[Tick]
    spread: tuple[float, float, float]
    """Where the three percentiles lie across the figure."""
    both: bool
    """Whether rows that were set aside are drawn too."""


def figure(
    database: duckdb.DuckDBPyConnection, title: str, rows: str, column: str, with_failed: bool
) -> Figure | None:
    """The distribution of a column of lengths, or None where no row is.

    Args:
        database: holds the narrow tables.
        title: what is counted, for people.
        rows: passages or examples.
        column: of whole numbers.
        with_failed: whether rows that were set aside are drawn, behind the kept ones.
    """
    kept = "kept is not false"
    found = database.execute(SUMMARY.format(column, rows, kept)).fetchone()
    if found is None or not found[0]:
        return None
    n, shortest, (low, median, high, most), longest = found
    width = bin_width(most)
    n_bins = math.ceil((most + 1) / width)
    counted = {
        index: (every if with_failed else passed, passed)
        for index, every, passed in database.execute(
            COUNTS.format(column, rows), [width, n_bins]
        ).fetchall()
    }
    n_drawn = max([*counted, n_bins - 1]) + 1
    top = nice(max(every for every, _ in counted.values()))
    across = (WIDTH - LEFT - RIGHT) / n_drawn
    edges = [index * width for index in range(n_drawn)]

    def x(words: float) -> float:
        return float(round(LEFT + min(words / width, n_drawn) * across, 1))

    def up(rows: int) -> float:
        return round((HEIGHT - TOP - BOTTOM) * rows / top, 1)

    bars = [
        Bar(
            x(edges[index]),
            round(across, 1),
            up(every),
            up(passed),
            _label(edges[index], width, index == n_bins, every),
        )
        for index, (every, passed) in sorted(counted.items())
    ]
    step = width * max(1, round(n_drawn / 5))
    return Figure(
        title=title,
        n=n,
        low=low,
        median=median,
        high=high,
        shortest=shortest,
        longest=longest,
        bars=bars,
        x_ticks=[Tick(x(at), f"{at:,}") for at in range(0, n_bins * width + 1, step)],
        y_ticks=[Tick(HEIGHT - BOTTOM - up(at), f"{at:,}") for at in (top // 2, top) if at],
        spread=(x(low + 0.5), x(median + 0.5), x(high + 0.5)),
        both=with_failed and any(every != passed for every, passed in counted.values()),
    )


def bin_width(largest: float) -> int:
    """The smallest of 1, 2, 5, 10, 20, … with which BINS bins reach this length."""
    exact = max(1.0, largest / BINS)
    scale = 10 ** math.floor(math.log10(exact))
    return next(int(scale * step) for step in (1, 2, 5, 10) if scale * step >= exact)


def nice(most: int) -> int:
    """The end of the axis: at or above the tallest bar, and even."""
    scale = 10 ** max(0, math.floor(math.log10(most)))
    steps = (1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8, 10)
    reached = next(int(scale * step) for step in steps if scale * step >= most)
    return reached + reached % 2


def _label(start: int, width: int, beyond: bool, n: int) -> str:
    if beyond:
        return f"{start:,} words and more: {n:,}"
    spread = f"{start:,}" if width == 1 else f"{start:,} to {start + width - 1:,}"
    return f"{spread} words: {n:,}"
