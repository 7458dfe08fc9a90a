"""How many rows each part gives: within one row of its share, and never fewer for a larger whole.

The quota method of Balinski and Young (The Quota Method of Apportionment, American Mathematical
Monthly 82, 1975): each next row goes to the part with the largest share / (rows + 1) among those
still below their quota.
"""

import math
from collections.abc import Mapping
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from curate.screen.kernels import compiled

FINEST = 1_000_000_000
"""Shares are counted in this many parts at most, so that a product with rows fits 64 bits: exact to
one row up to 1e9 rows."""
MOST = 100_000_000
"""Rows that are given one by one; they take a second or so."""
Ints = NDArray[np.int64]


def counts(shares: Mapping[str, Fraction], size: int) -> dict[str, int]:
    """Rows of each part in a mixture of `size` rows; `shares` sum to 1.

    Beyond MOST rows, which no mixture has, they are the shares rounded up: enough to say what is
    missing.
    """
    if size > MOST:
        return {part: math.ceil(share * size) for part, share in shares.items()}
    weights, total = _weights(shares)
    given = weights * (size // total)  # after each whole round every part has exactly its share
    _apportion(weights, total, size, np.full(len(weights), size, np.int64), given)
    return dict(zip(shares, given.tolist(), strict=True))


def largest(shares: Mapping[str, Fraction], available: Mapping[str, int]) -> int:
    """The largest size whose counts are all available."""
    weights, total = _weights(shares)
    have = np.array([available.get(part, 0) for part in shares], np.int64)
    given = weights * int((have // weights).min())
    return int(_apportion(weights, total, int(have.sum()), have, given))


def _weights(shares: Mapping[str, Fraction]) -> tuple[Ints, int]:
    """(parts,) whole numbers in the ratio of the shares, and their sum."""
    total = math.lcm(*(share.denominator for share in shares.values()))
    if total > FINEST:
        cut = [int(share * FINEST) for share in shares.values()]
        rest = [share * FINEST - n for share, n in zip(shares.values(), cut, strict=True)]
        last = sorted(range(len(cut)), key=lambda place: -rest[place])[: FINEST - sum(cut)]
        weights = [max(1, n + (place in last)) for place, n in enumerate(cut)]
        return np.array(weights, np.int64), sum(weights)
    return np.array([int(share * total) for share in shares.values()], np.int64), total


@compiled
def _apportion(weights: Ints, total: int, size: int, available: Ints, given: Ints) -> int:
    """Give rows one by one until there are `size`, or a part has no more; how many were given.

    Args:
        weights: (parts,) whole numbers in the ratio of the shares.
        total: their sum.
        size: rows to give in all.
        available: (parts,) rows that each part has.
        given: (parts,) rows given so far, a multiple of `weights`; changed in place.
    """
    rows = int(given.sum())
    while rows < size:
        best = -1
        for part in range(len(weights)):
            if given[part] * total < weights[part] * (rows + 1) and (
                best < 0 or weights[part] * (given[best] + 1) > weights[best] * (given[part] + 1)
            ):
                best = part
        if given[best] == available[best]:
            return rows
        given[best] += 1
        rows += 1
    return rows
