"""Axes: the round numbers along one, and numbers as they are printed."""

import math
from dataclasses import dataclass

MINUS = "−"
"""As long as a plus, unlike the hyphen."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis."""

    at: float
    """Where it lies, in the figure's units."""
    label: str


def rounds(low: float, high: float, most: int) -> list[tuple[float, str]]:
    """Multiples of 1, 2 or 5 times a power of ten from low to high, at most this many of them.

    Args:
        low: lower end of the axis.
        high: upper end, above the lower one.
        most: numbers at most; two or more.

    Returns:
        Numbers in order, each with its label; all labels have the same number of decimals.
    """
    exact = (high - low) / (most - 1)
    scale = 10.0 ** math.floor(math.log10(exact))
    step = next(scale * factor for factor in (1, 2, 5, 10) if scale * factor >= exact)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    return [(count * step, number(count * step, decimals)) for count in range(first, last + 1)]


def number(value: float, decimals: int) -> str:
    """`5.376`; `−0.369`; a zero has no sign."""
    return (
        f"{value:,.{decimals}f}".replace("-", MINUS) if _shows(value, decimals) else _zero(decimals)
    )


def signed(value: float, decimals: int) -> str:
    """`+0.078`; `−0.369`; a zero has no sign."""
    return (
        f"{value:+,.{decimals}f}".replace("-", MINUS)
        if _shows(value, decimals)
        else _zero(decimals)
    )


def _shows(value: float, decimals: int) -> bool:
    """Whether anything but zeros is left of a number."""
    return round(value, decimals) != 0


def _zero(decimals: int) -> str:
    return f"{0:.{decimals}f}"
