"""Shares of a whole, estimated from a stratified sample, with intervals for 95 %.

The interval of a share is Wilson's, for as many rows of a simple sample as would vary as much as
this stratified one. Each stratum's variance counts as if it had one more yes and one more no, so
that a stratum whose few answers agree is not taken for certain. Of one stratum it is Wilson's own.
A recall is a ratio of two such shares: its interval is as far from the estimate as the limits of
either move it, added as squares are (MOVER).

A bootstrap of the strata cannot see that rows may be otherwise where all answers agree: where a
rare error decides, its interval held in a third of the samples, not in 95 %.

Sources: Wilson 1927 (doi:10.1080/01621459.1927.10502953); Kish 1965, Survey Sampling, and Korn and
Graubard 1998, Survey Methodology 24, 193 (an interval at an effective size); Agresti and Coull 1998
(doi:10.1080/00031305.1998.10480550; one more of each, here in each stratum); Zou and Donner 2008
(doi:10.1002/sim.3095; MOVER).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

Z = 1.959963984540054
"""Of the normal distribution, for 95 %."""


@dataclass(frozen=True, slots=True)
class Stratum:
    """The answered rows of a stratum."""

    size: float
    """Rows of the whole that they stand for."""
    share: float
    """Of these, the share that is so."""
    n: float
    """Answers; fewer where they count unequally."""


@dataclass(frozen=True, slots=True)
class Share:
    """An estimate and its 95 % interval."""

    value: float
    low: float
    high: float


def stratum(yes: Sequence[bool], parts: Sequence[float], weight: float) -> Stratum:
    """A stratum from its answers.

    Args:
        yes: (n,) the answers, at least one.
        parts: (n,) how much each row counts: 1, or less for one that other strata have too.
        weight: rows of the stratum for each answer.
    """
    whole = sum(parts)
    so = sum(part for one, part in zip(yes, parts, strict=True) if one)
    effective = whole**2 / sum(part**2 for part in parts)
    return Stratum(weight * whole, min(1.0, so / whole), effective)


def share(strata: Sequence[Stratum]) -> Share | None:
    """The share of the whole that is so; None without strata."""
    whole = sum(one.size for one in strata)
    if not whole:
        return None
    value = sum(one.size * one.share for one in strata) / whole
    middle = varies = 0.0
    for one in strata:
        part, smooth = one.size / whole, (one.share * one.n + 1) / (one.n + 2)
        middle += part * smooth
        varies += part**2 * smooth * (1 - smooth) / one.n
    return Share(value, *wilson(value, middle * (1 - middle) / varies))


def wilson(value: float, n: float) -> tuple[float, float]:
    """Wilson's interval of a share of n rows; n need not be whole."""
    middle = (value + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z / (1 + Z**2 / n) * math.sqrt(value * (1 - value) / n + Z**2 / (4 * n**2))
    low = 0.0 if value <= 0 else max(0.0, middle - half)
    return low, 1.0 if value >= 1 else min(1.0, middle + half)


def recall(found: Sequence[Stratum], missed: Sequence[Stratum]) -> Share | None:
    """Of all that is so, the share that lies in `found`; None where nothing is, or strata lack.

    Args:
        found: strata of the rows that were set aside.
        missed: strata of those that were kept.
    """
    one, other = share(found), share(missed)
    if one is None or other is None or one.value + other.value == 0:
        return None
    sizes = (sum(each.size for each in found), sum(each.size for each in missed))

    def told(here: float, there: float) -> float:
        both = sizes[0] * here + sizes[1] * there
        return sizes[0] * here / both if there else 1.0

    value = told(one.value, other.value)
    below = math.hypot(value - told(one.low, other.value), value - told(one.value, other.high))
    above = math.hypot(told(one.high, other.value) - value, told(one.value, other.low) - value)
    return Share(value, max(0.0, value - below), min(1.0, value + above))
