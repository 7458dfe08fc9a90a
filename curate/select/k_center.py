"""k-center: each next row is the one farthest from all that were taken.

Farthest-first traversal (Gonzalez 1985), as core-set selection uses it (Sener and Savarese, arXiv
1708.00489, the greedy form). The distance of two unit vectors is 1 - cosine, which orders pairs as
the Euclidean distance does. The first row is the one nearest to the mean of all, and the earlier
row wins a tie, so the order is a function of the vectors and their order alone.

Exact, yet most products are never computed. A row's distance to the nearest centre only falls, so
the last value that was computed is an upper bound, and a row whose bound is below the best
candidate's true distance cannot be the next centre: it is left as it is, and made up for later,
centre by centre, only as far as it takes. Bounds are held by blocks of rows, and a block whose
largest bound is too small is passed over whole.
"""

from typing import cast

import numba
import numpy as np
from numpy.typing import NDArray

from curate.screen.kernels import Kernel, compiled

Vectors = NDArray[np.float32]
"""(rows, dimensions), each row of length 1."""
Places = NDArray[np.int64]
Distances = NDArray[np.float32]

BLOCK = 256
"""Rows with one bound in common."""
MEAN_ROWS = 4_096
"""Rows that are summed at once in float64."""


def k_center(vectors: Vectors, size: int, block: int = BLOCK) -> tuple[Places, NDArray[np.float64]]:
    """The first `size` rows of the traversal.

    Args:
        vectors: (rows, dimensions) of length 1; they are not changed.
        size: rows to take, at most as many as there are.
        block: rows with one bound in common; the order does not depend on it.

    Returns:
        (size,) row numbers in the order in which they are taken, and (size,) distances to the
        nearest row taken before; NaN for the first.
    """
    taken = np.empty(size, np.int64)
    distances = np.full(size, np.nan, np.float64)
    if size == 0:
        return taken, distances
    taken[0] = _nearest_to_mean(vectors)
    found = np.empty(size, np.float32)
    _traverse(np.ascontiguousarray(vectors, np.float32), taken, found, block)
    distances[1:] = np.maximum(found[1:], 0)  # rounding leaves copies a little below
    return taken, distances


def _nearest_to_mean(vectors: Vectors) -> int:
    """The row with the largest product with the mean; the first of equals."""
    total = np.zeros(vectors.shape[1])
    for begin in range(0, len(vectors), MEAN_ROWS):
        total += vectors[begin : begin + MEAN_ROWS].sum(0, dtype=np.float64)
    mean = total / len(vectors)
    best, place = -np.inf, 0
    for begin in range(0, len(vectors), MEAN_ROWS):
        products = vectors[begin : begin + MEAN_ROWS].astype(np.float64) @ mean
        if products.max() > best:
            best, place = products.max(), begin + int(products.argmax())
    return place


def _summing(function: Kernel) -> Kernel:
    """Compile a function whose sums may be added up in any order, which wide registers need.

    Every pair still has one value, since one machine code computes it wherever it is needed.
    """
    order = {"reassoc", "contract", "nsz"}
    try:
        return cast(Kernel, numba.njit(nogil=True, cache=True, fastmath=order)(function))
    except RuntimeError:  # no folder for machine code can be written
        return cast(Kernel, numba.njit(nogil=True, fastmath=order)(function))


@_summing
def _distance(vectors: Vectors, one: int, two: int) -> np.float32:
    product = np.float32(0)
    for place in range(vectors.shape[1]):
        product += vectors[one, place] * vectors[two, place]
    return np.float32(1) - product


@compiled
def _traverse(vectors: Vectors, taken: Places, found: Distances, block_rows: int) -> None:
    n_rows = len(vectors)
    n_blocks = (n_rows + block_rows - 1) // block_rows
    bounds = np.full(n_rows, np.inf, np.float32)
    seen = np.zeros(n_rows, np.int64)  # centres that a row's bound counts
    block_bounds = np.full(n_blocks, np.inf, np.float32)
    bounds[taken[0]] = -np.inf
    hint = np.int64(-1)  # a row that was far at the last step
    for step in range(1, len(taken)):
        best, place, second = np.float32(-np.inf), np.int64(-1), np.int64(-1)
        if hint >= 0 and bounds[hint] > -np.inf:
            best, place = _exact(vectors, taken, step, hint, bounds, seen, best, False), hint
        for block in range(n_blocks):
            if block_bounds[block] < best:
                continue
            largest = np.float32(-np.inf)
            for row in range(block * block_rows, min(n_rows, (block + 1) * block_rows)):
                bound = bounds[row]
                if bound > best or (bound == best and row < place):
                    bound = _exact(vectors, taken, step, row, bounds, seen, best, row < place)
                    if bound > best or (bound == best and row < place):
                        second = place
                        best, place = bound, np.int64(row)
                largest = max(largest, bound)
            block_bounds[block] = largest
        taken[step] = place
        found[step] = best
        bounds[place] = -np.inf
        hint = second


@compiled
def _exact(
    vectors: Vectors,
    taken: Places,
    step: int,
    row: np.int64 | int,
    bounds: Distances,
    seen: Places,
    least: np.float32,
    wins_ties: bool | np.bool_,
) -> np.float32:
    # Brings a row's bound up to date, or stops where it cannot be the farthest any more.
    bound: np.float32 = bounds[row]
    centre = seen[row]
    while centre < step and (bound > least or (wins_ties and bound == least)):
        bound = min(bound, _distance(vectors, int(row), int(taken[centre])))
        centre += 1
    bounds[row] = bound
    seen[row] = centre
    return bound
