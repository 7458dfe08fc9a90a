"""Dollars as they are printed: on the command line, in the story of a row, in the report."""

import math


def dollars(usd: float) -> str:
    """`$1,240.00`; `$0.345` and `$0.000414`, below a dollar to three digits that count; `$0`."""
    if usd <= 0:
        return "$0"
    decimals = max(2, 2 - math.floor(math.log10(usd)))
    return f"${usd:,.{decimals}f}"


def per_kept(usd: float, n_kept: int) -> float | None:
    """Dollars for each kept example; None where nothing was paid, or nothing kept."""
    return usd / n_kept if usd > 0 and n_kept else None
