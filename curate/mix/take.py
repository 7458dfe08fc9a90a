"""How far each part's order is taken: by rows, tokens, or any other amount a row has.

Shares are exact to one row: in rows by apportionment; in other units a part is taken up to the
last row that does not pass its share.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from curate.mix import apportion
from schemas.mixing import Mix

Amounts = NDArray[np.float64] | NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Have:
    """What a part could give."""

    amounts: Amounts
    """(rows,) of each row in the part's order, in the mixture's unit."""
    epochs: int
    """Times that they may be gone through."""

    @property
    def once(self) -> Fraction:
        """All rows together."""
        return Fraction(self.amounts.sum().item())

    @property
    def most(self) -> Fraction:
        """All rows, as often as they may be gone through."""
        return self.once * self.epochs


@dataclass(frozen=True, slots=True)
class Taken:
    """How much of a part's order is taken."""

    rows: int
    """Repetitions counted."""
    passes: float
    """Times that the part's rows are gone through."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What was asked of all parts, and what was taken of them."""

    wanted: dict[str, Fraction]
    taken: dict[str, Taken]
    shrunk: bool
    """Whether less was taken, with the same shares, because a part had too little."""


def wanted(mix: Mix, size: Fraction) -> dict[str, Fraction]:
    """Part -> the amount that a mixture of this size asks of it."""
    if mix.unit == "rows":
        listed = apportion.counts(mix.shares, int(size))
        return {part: Fraction(n) for part, n in listed.items()}
    return {part: share * size for part, share in mix.shares.items()}


def largest(mix: Mix, have: Mapping[str, Have]) -> Fraction:
    """The largest size with the shares that were asked for."""
    if mix.unit == "rows":
        listed = {part: int(one.most) for part, one in have.items()}
        return Fraction(apportion.largest(mix.shares, listed))
    return min(have[part].most / share for part, share in mix.shares.items())


def take(amount: Fraction, have: Have) -> Taken:
    """The rows of a part that come to an amount, at most `have.most`."""
    n_rows, once = len(have.amounts), have.once
    if not n_rows or not once:
        return Taken(0, 0.0)
    whole = min(int(amount // once), have.epochs)
    rest = amount - whole * once if whole < have.epochs else Fraction(0)
    sums = np.cumsum(have.amounts)
    exact = np.issubdtype(sums.dtype, np.integer)
    bound = int(rest) if exact else float(rest) * (1 + 1e-12)
    last = int(np.searchsorted(sums, bound, side="right")) if rest else 0
    return Taken(whole * n_rows + last, whole + last / n_rows)
