"""The order of a part's rows, of which every mixture takes the beginning.

Rows come in the order of drawing. Caps take out what is too much of one document, task or domain;
temperature then deals the domains' rows out, each in its own order. Neither knows how many rows
will be taken, so smaller mixtures lie inside larger ones.
"""

import numpy as np
from numpy.typing import NDArray

from curate.screen.kernels import compiled
from schemas.mixing import Caps

Ints = NDArray[np.int64]
CAPPED = ("document", "task", "domain")
"""What caps count by, in the order of the codes."""


def capped(codes: Ints, caps: Caps) -> NDArray[np.int8]:
    """(rows,) the first cap that a row would break, as its place in CAPPED; -1 for none.

    Args:
        codes: (len(CAPPED), rows) numbers of each row's document, task and domain; below 0 where it
            has none, which no cap counts.
        caps: the bounds.
    """
    bounds = [getattr(caps, name) for name in CAPPED]
    limits = np.array([-1 if one is None else one for one in bounds], np.int64)
    broken = np.full(codes.shape[1], -1, np.int8)
    if (limits >= 0).any():
        seen = np.zeros((len(CAPPED), int(codes.max(initial=0)) + 1), np.int64)
        _cap(codes, limits, seen, broken)
    return broken


@compiled
def _cap(codes: Ints, limits: Ints, seen: Ints, broken: NDArray[np.int8]) -> None:
    """Take each row whose document, task and domain are all below their limits."""
    for row in range(codes.shape[1]):
        for by in range(len(limits)):
            code = codes[by, row]
            if limits[by] >= 0 and code >= 0 and seen[by, code] >= limits[by]:
                broken[row] = by
                break
        if broken[row] < 0:
            for by in range(len(limits)):
                if limits[by] >= 0 and codes[by, row] >= 0:
                    seen[by, codes[by, row]] += 1


def tempered(domains: Ints, temperature: float | None) -> Ints:
    """(rows,) places of the rows in the order in which domains take turns.

    Row i of a domain (from 0) has its turn at (i + 1/2) / n^(1/T), n being the domain's rows: the
    divisor method of Webster and Sainte-Lague, which gives a larger whole never fewer rows of a
    domain, and with up to three domains stays within one row of each share. A domain that has no
    more rows leaves its turns to the others.

    Args:
        domains: (rows,) number of each row's domain, below 0 for none.
        temperature: T; None leaves the order as it is.
    """
    if temperature is None or not len(domains):
        return np.arange(len(domains))
    _, group, sizes = np.unique(domains, return_inverse=True, return_counts=True)
    by_group = np.argsort(group, kind="stable")
    begins = np.concatenate(([0], np.cumsum(sizes)[:-1]))
    place = np.empty(len(domains), np.int64)
    place[by_group] = np.arange(len(domains)) - np.repeat(begins, sizes)
    turn = (place + 0.5) / (sizes ** (1 / temperature))[group]
    return np.argsort(turn, kind="stable")


def tempered_shares(sizes: NDArray[np.float64], temperature: float) -> NDArray[np.float64]:
    """(domains,) the share that temperature asks for each: n^(1/T) over the sum of these."""
    weights = sizes ** (1 / temperature)
    found: NDArray[np.float64] = weights / weights.sum()
    return found
