"""The page of `retort screen T --analyze`: signals with their quantiles, rules with examples.

Reads an analysis, gives one HTML file as a string.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from recipes.analysis.analyze import Analysis
from recipes.analysis.distributions import BARS, QUANTILES, Distribution
from recipes.report import text
from recipes.report.page import environment

SHOWN = (0.01, 0.05, 0.5, 0.95, 0.99)
"""Quantiles that are printed."""
WIDTH, HEIGHT = 96, 24
"""Of a small histogram, in CSS pixels."""


@dataclass(frozen=True, slots=True)
class Line:
    """One column of the table of signals, as it is printed."""

    column: str
    said: str
    mean: str
    quantiles: list[str]
    rects: list[tuple[float, float, float, float]]
    """x, y, width and height of the bars."""
    told: str
    """What the bars show, in words."""
    n_null: int


def write_page(analysis: Analysis) -> str:
    """The whole page."""
    measures: dict[str, list[Line]] = {}
    for one in analysis.distributions:
        measures.setdefault(one.measure, []).append(line(one))
    context = {
        "analysis": analysis,
        "measures": measures,
        "percents": [f"{100 * one:g} %" for one in SHOWN],
        "value": value,
        "rows": "questions with their answers" if analysis.gate == "examples" else "texts",
        "width": WIDTH,
        "height": HEIGHT,
    }
    return environment().get_template("analysis.html").render(context)


def line(one: Distribution) -> Line:
    """A column's numbers as they are printed."""
    at = [QUANTILES.index(share) for share in SHOWN]
    quantiles = [value(one.quantiles[place]) for place in at] if one.quantiles else []
    mean = "–" if one.mean is None else value(one.mean)
    if one.mean is not None and not one.quantiles:
        mean = f"{100 * one.mean:.3g} % yes"
    if one.common:
        mean = ", ".join(f"{text.shortened(name, 40)} {n:,}" for name, n in one.common)
    return Line(one.column, one.said, mean, quantiles, rects(one.bars), _told(one), one.n_null)


def rects(bars: tuple[int, ...]) -> list[tuple[float, float, float, float]]:
    """Where the bars of a small histogram lie.

    Heights go with the square root of the rows, so that rare values can be seen.
    """
    if not bars:
        return []
    most, across = math.sqrt(max(bars)), WIDTH / BARS
    heights = [HEIGHT * math.sqrt(n) / most for n in bars]
    return [
        (round(place * across, 1), round(HEIGHT - tall, 1), round(across - 0.5, 1), round(tall, 1))
        for place, tall in enumerate(heights)
        if tall
    ]


def value(found: object) -> str:
    """A measured value in few characters."""
    if found is None:
        return "null"
    if isinstance(found, bool):
        return "yes" if found else "no"
    if isinstance(found, float):
        return f"{found:,.0f}" if found.is_integer() or abs(found) >= 1000 else f"{found:.3g}"
    if isinstance(found, int):
        return f"{found:,}"
    return text.shortened(str(found), 80)


def _told(one: Distribution) -> str:
    if not one.quantiles:
        return ""
    low, high = value(one.quantiles[1]), value(one.quantiles[-2])
    return f"{one.column}: rows between {low} and {high}, the 1st and 99th percentile"


def values(found: Mapping[str, Any]) -> str:
    """`n_words = 3, latex_balanced = no`."""
    return ", ".join(f"{column} = {value(one)}" for column, one in found.items())
