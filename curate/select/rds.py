"""RDS+: each target in turn takes the row most like it.

"Large-Scale Data Selection for Instruction Tuning", arXiv 2503.01807. Rows and targets are unit
vectors, made from the hidden states of the model to be trained. The targets take turns; each takes
its most similar row that is not taken yet, the earlier one of equals. In the paper's released code
a target whose best row was taken loses its turn; here it takes its next one, so that every round
serves each target once.

Of each target only its nearest rows are held, and found anew among those left when they run out,
so no table of all targets and rows is ever made.
"""

import numpy as np
from numpy.typing import NDArray

from curate.screen.kernels import compiled, on_threads

Vectors = NDArray[np.float32]
Places = NDArray[np.int64]
BLOCK_BYTES = 64 << 20
"""Products that are held at once."""
LEAST_HELD = 64
"""Nearest rows of a target that are held at least."""
MOST_HELD = 4_096


def round_robin(
    vectors: Vectors, targets: Vectors, size: int
) -> tuple[Places, NDArray[np.float64]]:
    """The first `size` rows that the targets take.

    Args:
        vectors: (rows, dimensions) of length 1.
        targets: (targets, dimensions) of length 1; at least one.
        size: rows to take, at most as many as there are.

    Returns:
        (size,) row numbers in the order in which they are taken, and (size,) cosines with the
        target that took each.
    """
    taken, scores = np.empty(size, np.int64), np.empty(size, np.float64)
    free = np.ones(len(vectors), np.bool_)
    n_held = min(len(vectors), max(LEAST_HELD, min(MOST_HELD, 4 * size // len(targets))))
    lists, products = _nearest(vectors, targets, free, n_held)
    begins = [0] * len(targets)
    for number in range(size):
        target = number % len(targets)
        column = _first_free(lists[target], free, begins[target])
        if column is None:
            one = slice(target, target + 1)
            lists[one], products[one] = _nearest(vectors, targets[one], free, n_held)
            column = 0
        taken[number], scores[number] = lists[target, column], products[target, column]
        free[lists[target, column]] = False
        begins[target] = column + 1
    return taken, scores


def _first_free(rows: Places, free: NDArray[np.bool_], begin: int) -> int | None:
    """The first column from `begin` on whose row may be taken."""
    waiting = rows[begin:]
    usable = np.flatnonzero((waiting >= 0) & free[waiting])
    return begin + int(usable[0]) if len(usable) else None


def _nearest(
    vectors: Vectors, targets: Vectors, free: NDArray[np.bool_], n_held: int
) -> tuple[Places, Vectors]:
    """(targets, n_held) free rows and their products, the largest first; -1 where there are fewer.

    The earlier one of equal rows comes first.
    """
    rows = np.full((len(targets), n_held), -1, np.int64)
    products = np.full((len(targets), n_held), -np.inf, np.float32)
    at_once = max(1, BLOCK_BYTES // (4 * max(1, len(vectors))))
    for begin in range(0, len(targets), at_once):
        block = slice(begin, begin + at_once)
        found = targets[block] @ vectors.T
        on_threads(_keep, len(found), found, free, rows[block], products[block], at_once=1)
    return rows, products


@compiled
def _keep(
    begin: int,
    end: int,
    found: Vectors,
    free: NDArray[np.bool_],
    rows: Places,
    products: Vectors,
) -> None:
    # Keeps the largest products of each target sorted, by insertion: a later row goes in only where
    # it is larger than the last, which becomes rare.
    n_held = rows.shape[1]
    for target in range(begin, end):
        n = 0
        for row in range(found.shape[1]):
            product = found[target, row]
            if not free[row] or (n == n_held and not product > products[target, n_held - 1]):
                continue
            place = min(n, n_held - 1)
            while place > 0 and products[target, place - 1] < product:
                products[target, place] = products[target, place - 1]
                rows[target, place] = rows[target, place - 1]
                place -= 1
            products[target, place] = product
            rows[target, place] = row
            n = min(n + 1, n_held)
