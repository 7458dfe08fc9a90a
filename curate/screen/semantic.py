"""Rows whose embeddings are near. Reads vectors; makes a table of pairs with their cosine.

Exact and quadratic: blocks of rows are multiplied with blocks of earlier rows in float32, and each
pair that rounding leaves a chance of reaching the floor is computed again in float64. No pair is
missed, and the result depends on no block and no number of threads.

Rows with equal vectors form classes, as rows with equal shingles do (`measures/duplicates.py`):
each later member is paired with the first at similarity 1.0, and near pairs are stored between
first members only, always below 1.0. A row that is near to more than `limit` earlier ones is paired
with the first and the last GROUP_NEAR of them alone, so that pairs stay linear in the rows; this is
counted. References count as rows that came before, and are not compared with one another.

Memory: the vectors, once more where rows repeat; a block of 64 MiB; 4 bytes x BLOCK x `limit`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from curate.screen.bands import GROUP_NEAR, packed
from curate.screen.kernels import compiled, on_threads
from curate.screen.pairs import pairs_table
from curate.screen.shingles import Rows
from schemas.errors import RecipeError, TableError

Vectors = NDArray[np.float32]
"""(rows, dimensions), each row of length 1."""
Similarities = NDArray[np.float64]
Held = NDArray[np.int32]

FIELD = "semantic"
BLOCK = 4096
"""Rows of a block."""
GROUP_LIMIT = 512
"""Earlier near rows with all of which a row is paired."""
MOST_ROWS = 100_000
"""Rows with different vectors that are compared all with all unless more is asked for: 5e9 pairs,
half a minute at 384 dimensions on two cores."""
BELOW_ONE = float(np.nextafter(1.0, 0.0))
"""The largest similarity of a near pair: 1.0 says that two rows are in one class."""
ROUNDING = 2.0**-23
"""Times the dimensions: how far a float32 product of unit vectors may be from the true one. Twice
the bound for sums in any order (Higham, "Accuracy and Stability of Numerical Algorithms", 3.1)."""
LENGTH_TOLERANCE = 1e-6
"""Of the squared length of a vector; float32 leaves a tenth of it."""
NO_ROWS = np.empty(0, np.int64)


@dataclass(frozen=True, slots=True)
class Near:
    """Pairs of vectors, sorted by the later, then the earlier one."""

    later: Rows
    earlier: Rows
    similarity: Similarities
    """Cosine, computed in float64."""
    n_large: int
    """Vectors with more than `limit` near earlier ones."""
    n_left_out: int
    """Near ones of these with which they are not paired."""


@dataclass(frozen=True, slots=True)
class Similar:
    """Pairs of rows that mean much the same, and how they were found."""

    pairs: pa.Table
    """Columns of PAIRS, sorted by position, then other_position, references first."""
    facts: dict[str, int | float]
    """Counts; times are not among them."""


def unit(vectors: NDArray[np.float32]) -> Vectors:
    """The vectors at length 1; one of length 0 stays as it is."""
    scaled = np.empty(vectors.shape, np.float32)
    for begin in range(0, len(vectors), BLOCK):
        part = vectors[begin : begin + BLOCK].astype(np.float64)
        lengths = np.sqrt(np.einsum("ij,ij->i", part, part))
        lengths[lengths == 0] = 1
        scaled[begin : begin + BLOCK] = part / lengths[:, None]
    return scaled


def firsts(vectors: Vectors) -> Rows:
    """(rows,) the first row with the same vector, to the bit; its own number where it is that."""
    if not vectors.size:
        return np.arange(len(vectors))
    n_bytes = vectors.itemsize * vectors.shape[1]
    whole = np.ascontiguousarray(vectors).view(np.dtype((np.void, n_bytes))).ravel()
    _, first, kind = np.unique(whole, return_index=True, return_inverse=True)
    found: Rows = first[kind].astype(np.int64)
    return found


def leaders(vectors: Vectors, of_row: Rows) -> Rows:
    """(rows,) the first row with an equal vector; its own number where it is that, -1 without."""
    leader = np.full(len(of_row), -1, np.int64)
    has = np.flatnonzero(of_row >= 0)
    _, first, kind = np.unique(firsts(vectors)[of_row[has]], return_index=True, return_inverse=True)
    leader[has] = has[first][kind]
    return leader


@compiled
def _scan(
    begin: int,
    end: int,
    products: Vectors,
    least: np.float32,
    first_row: int,
    first_column: int,
    near: int,
    held: Held,
    counts: Rows,
) -> None:
    # `held` (rows, limit) keeps the columns of large products while they fit, in their order; then
    # the first `near` of them, and behind those, in a ring, the last `near`.
    limit = held.shape[1]
    for row in range(begin, end):
        n = counts[row]
        for place in range(min(products.shape[1], first_row + row - first_column)):
            if products[row, place] < least:
                continue
            if n == limit:
                for earlier in range(limit - near, limit):
                    held[row, near + earlier % near] = held[row, earlier]
            held[row, n if n < limit else near + n % near] = first_column + place
            n += 1
        counts[row] = n


@compiled
def _cosines(
    begin: int,
    end: int,
    vectors: Vectors,
    later: Rows,
    earlier: Rows,
    cosines: Similarities,
) -> None:
    for pair in range(begin, end):
        one, two = vectors[later[pair]], vectors[earlier[pair]]
        product = square = other_square = 0.0
        for place in range(len(one)):
            a, b = np.float64(one[place]), np.float64(two[place])
            product += a * b
            square += a * a
            other_square += b * b
        cosines[pair] = product / np.sqrt(square * other_square)


def near_pairs(
    vectors: Vectors, own: int, floor: float, limit: int = GROUP_LIMIT, block: int = BLOCK
) -> Near:
    """Pairs of each own row with every earlier row whose cosine with it is `floor` or more.

    Args:
        vectors: (rows, dimensions) at length 1.
        own: number of the first row that is compared with those before it.
        floor: cosine.
        limit: near ones with all of which a row is paired, at least 4 x GROUP_NEAR.
        block: rows that are multiplied at once.

    Raises:
        TableError: a vector is not of length 1.
    """
    _check(vectors)
    least = np.float32(floor - vectors.shape[1] * ROUNDING - LENGTH_TOLERANCE)
    found, n_large, n_left_out = [(NO_ROWS, NO_ROWS)], 0, 0
    for begin in range(own, len(vectors), block):
        rows = vectors[begin : begin + block]
        held = np.empty((len(rows), limit), np.int32)
        counts = np.zeros(len(rows), np.int64)
        end = begin + len(rows)
        for first in range(0, end, block):
            products = rows @ vectors[first : min(first + block, end)].T
            on_threads(_scan, len(rows), products, least, begin, first, GROUP_NEAR, held, counts)
        row, other = _held(held, counts)
        found.append((row + begin, other))
        n_large += int((counts > limit).sum())
        n_left_out += int((counts - 2 * GROUP_NEAR)[counts > limit].sum())
    later = np.concatenate([one for one, _ in found])
    earlier = np.concatenate([other for _, other in found])
    cosine = np.empty(len(later), np.float64)
    on_threads(_cosines, len(later), vectors, later, earlier, cosine, at_once=4096)
    stored = cosine >= floor
    return Near(later[stored], earlier[stored], cosine[stored], n_large, n_left_out)


def _held(held: Held, counts: Rows) -> tuple[Rows, Rows]:
    """(row, column) of all that `_scan` keeps, in order."""
    limit = held.shape[1]
    for row in np.flatnonzero(counts > limit):
        n = int(counts[row])
        last = np.arange(n - GROUP_NEAR, n) % GROUP_NEAR
        held[row, GROUP_NEAR : 2 * GROUP_NEAR] = held[row, GROUP_NEAR + last]
    kept = np.where(counts > limit, 2 * GROUP_NEAR, counts)
    inside = np.arange(limit) < kept[:, None]
    return np.repeat(np.arange(len(held)), kept), held[inside].astype(np.int64)


def _check(vectors: Vectors) -> None:
    squares = np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64)
    wrong = np.flatnonzero(~(np.abs(squares - 1) <= LENGTH_TOLERANCE))
    if len(wrong):
        raise TableError(
            f"{FIELD}: vector {wrong[0]} has the length {float(np.sqrt(squares[wrong[0]])):g}, and "
            f"vectors of length 1 are compared. Normalise them."
        )


def check_size(n_rows: int, most: int, where: str) -> None:
    """Refuse more rows than can be compared all with all.

    Args:
        n_rows: rows with different vectors, or texts, of references too.
        most: how many may be.
        where: place in the recipe, for messages.

    Raises:
        RecipeError: there are more.
    """
    if n_rows > most:
        raise RecipeError(
            f"{where}: {n_rows:,} different texts would be compared all with all, and at most "
            f"{most:,} are: time grows with their square. Compare fewer rows at once, or raise "
            f"{where}.most_rows; so many take about {_duration(n_rows)} on two cores."
        )


def _duration(n_rows: int) -> str:
    """About what so many rows take at 384 dimensions, in words."""
    seconds = 35 * (n_rows / 100_000) ** 2
    return f"{seconds:.0f} seconds" if seconds < 120 else f"{seconds / 60:,.0f} minutes"


def similar(
    ids: pa.Array,
    vectors: Vectors,
    of_row: Rows,
    begins: Rows,
    names: Sequence[str | None],
    floor: float,
    limit: int = GROUP_LIMIT,
) -> Similar:
    """The pairs of rows with earlier rows, those of references among them.

    Args:
        ids: (rows,) ids; rows are numbered through all collections, references first.
        vectors: (vectors, dimensions) at length 1.
        of_row: (rows,) which vector is a row's; -1 for a row that has none and resembles nothing.
        begins: (collections + 1,) number of each collection's first row, and how many rows there
            are; the last collection is that of the rows that are measured.
        names: (collections,) of references; None for the rows that are measured.
        floor: cosine from which pairs are stored.
        limit: see `near_pairs`.

    Returns:
        Pairs, and facts: `n_rows`; `n_references` rows of references; `n_without_vector` and
        `n_copies`, rows whose vector equals an earlier one's, references aside; `dimensions`;
        `n_pairs` stored; `n_pairs_with_references` among them; `n_large_groups` rows that are near
        to more than `limit` earlier ones; `n_pairs_left_out` for that.

    Raises:
        TableError: a vector is not of length 1.
    """
    own = int(begins[-2])
    leader = leaders(vectors, of_row)
    rows = np.arange(len(of_row))
    first = np.flatnonzero(leader == rows)
    later = np.flatnonzero((leader[own:] >= 0) & (leader[own:] != rows[own:])) + own
    taken = _taken(vectors, of_row[first])
    near = near_pairs(taken, int(np.searchsorted(first, own)), floor, limit)
    pairs = np.concatenate(
        [packed(later, leader[later]), packed(first[near.later], first[near.earlier])]
    )
    similarity = np.concatenate([np.ones(len(later)), np.minimum(near.similarity, BELOW_ONE)])
    match = pa.repeat(pa.scalar(FIELD), len(pairs))
    table = pairs_table(FIELD, pairs, similarity, match, rows, ids, begins, names)
    facts: dict[str, int | float] = {
        "n_rows": len(rows) - own,
        "n_references": own,
        "n_without_vector": int((of_row[own:] < 0).sum()),
        "n_copies": len(later),
        "dimensions": vectors.shape[1],
        "n_pairs": len(table),
        "n_pairs_with_references": len(table) - table["reference"].null_count,
        "n_large_groups": near.n_large,
        "n_pairs_left_out": near.n_left_out,
    }
    return Similar(table, facts)


def _taken(vectors: Vectors, which: Rows) -> Vectors:
    """Some vectors; no copy where that is all of them, in order."""
    if len(which) == len(vectors) and np.array_equal(which, np.arange(len(which))):
        return vectors
    return vectors[which]
