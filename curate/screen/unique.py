"""Resolve duplicates: which of several copies is kept, and whom each other one repeats.

Rows that pass every rule are visited in order of preference. A row is kept unless a row that is
already kept has a verified similarity to it at or above the threshold. So a copy that a rule
forbids never costs the allowed one, and in a chain A ~ B ~ C with A and C unlike only B goes.
"""

import numba
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

TOLERANCE = 1e-9
"""Added to similarities, so that 0.8 computed as 4 / 5 meets a threshold of 0.8."""


def resolve(
    order: NDArray[np.int64], passes: NDArray[np.bool_], pairs: pa.Table, threshold: float
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """For each row the kept row that it repeats, or -1, and their similarity.

    Args:
        order: (n_rows,) row positions, the most preferred first.
        passes: (n_rows,) whether the row passes every rule; others are neither kept nor compared.
        pairs: verified pairs as `schemas.rows.PAIRS`. Rows with equal shingles form a class: each
            of its later members has a pair of similarity 1 with the first, and pairs with other
            rows are stored for the first alone.
        threshold: similarity at or above which two rows are the same.

    Returns:
        (n_rows,) position of the kept twin or -1; (n_rows,) similarity to it, 0 without one.
    """
    similarity = pairs["similarity"].to_numpy()
    one, other = pairs["position"].to_numpy(), pairs["other_position"].to_numpy()
    leader = np.arange(len(order), dtype=np.int64)
    same = similarity >= 1.0
    leader[one[same]] = other[same]
    near = ~same & (similarity >= threshold - TOLERANCE)
    ends = np.concatenate([one[near], other[near]])
    starts, neighbours, weights = _adjacency(
        ends, np.concatenate([other[near], one[near]]), np.tile(similarity[near], 2), len(order)
    )
    twin, closeness = _visit(order, passes, leader, starts, neighbours, weights)
    return twin, closeness


def _adjacency(
    rows: NDArray[np.int64],
    neighbours: NDArray[np.int64],
    weights: NDArray[np.float64],
    n_rows: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Neighbours of row i are `neighbours[starts[i]:starts[i + 1]]`."""
    by_row = np.lexsort((neighbours, rows))
    starts = np.zeros(n_rows + 1, np.int64)
    np.cumsum(np.bincount(rows, minlength=n_rows), out=starts[1:])
    return starts, neighbours[by_row], weights[by_row]


@numba.njit(cache=True)
def _visit(
    order: NDArray[np.int64],
    passes: NDArray[np.bool_],
    leader: NDArray[np.int64],
    starts: NDArray[np.int64],
    neighbours: NDArray[np.int64],
    weights: NDArray[np.float64],
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """One pass in order of preference; a class is represented by the member of it that is kept."""
    kept = np.full(len(order), -1, np.int64)
    twin = np.full(len(order), -1, np.int64)
    closeness = np.zeros(len(order), np.float64)
    for row in order:
        if not passes[row]:
            continue
        own = leader[row]
        if kept[own] >= 0:
            twin[row], closeness[row] = kept[own], 1.0
            continue
        for at in range(starts[own], starts[own + 1]):
            near = kept[neighbours[at]]
            if near >= 0 and weights[at] > closeness[row]:
                twin[row], closeness[row] = near, weights[at]
        if twin[row] < 0:
            kept[own] = row
    return twin, closeness
