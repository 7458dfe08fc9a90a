"""The second reading: the exact Jaccard similarity of pairs of rows, in bounded memory.

The sets of the earlier rows of all pairs are held, as many as fit; the later rows stream past.
Each block of earlier rows that fits costs one reading.
"""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from curate.screen import kernels
from curate.screen.bands import Packed, unpacked
from curate.screen.kernels import Offsets, compiled
from curate.screen.minhash import Hashes, Rows, Sizes, shingle_sets, slot_of, slots, widest
from curate.screen.sketches import Source, lowered, pieces
from schemas.errors import TableError

Similarities = NDArray[np.float64]


@compiled
def _jaccard(
    begin: int,
    end: int,
    left_hashes: Hashes,
    left_starts: Offsets,
    right_hashes: Hashes,
    right_starts: Offsets,
    left: Rows,
    right: Rows,
    similarity: Similarities,
) -> None:
    table = np.empty(slots(widest(left_starts)), np.uint64)
    size = 0
    for pair in range(begin, end):
        own = left_hashes[left_starts[left[pair]] : left_starts[left[pair] + 1]]
        other = right_hashes[right_starts[right[pair]] : right_starts[right[pair] + 1]]
        if pair == begin or left[pair] != left[pair - 1]:
            size = slots(len(own))
            table[:size] = 0
            for value in own:
                table[slot_of(value, table, np.uint64(size - 1))] = value
        shared = 0
        for value in other:
            shared += table[slot_of(value, table, np.uint64(size - 1))] == value
        union = len(own) + len(other) - shared
        similarity[pair] = shared / union if union > 0 else 0.0


def jaccard(
    left_hashes: Hashes,
    left_starts: Offsets,
    right_hashes: Hashes,
    right_starts: Offsets,
    left: Rows,
    right: Rows,
) -> Similarities:
    """(n_pairs,) exact Jaccard similarity of two rows' sets, which come as `shingle_sets` does.

    Fastest where pairs with the same left row stand together. Two empty sets resemble each other
    by 0.
    """
    similarity = np.empty(len(left), np.float64)
    sets = (left_hashes, left_starts, right_hashes, right_starts)
    kernels.on_threads(_jaccard, len(left), *sets, left, right, similarity, at_once=2048)
    return similarity


def verify(
    source: Source, sizes: Sizes, pairs: Packed, wanted: Rows, held_bytes: int
) -> tuple[Similarities, pa.Array]:
    """Exact similarity of pairs, and the ids of rows.

    Args:
        source: the rows, with `id` and the text column; read once per block of earlier rows.
        sizes: (all rows,) distinct shingles, as the first reading counted them.
        pairs: (n_pairs,) sorted.
        wanted: (n_wanted,) rows whose ids are asked for, ascending, those of all pairs among them.
        held_bytes: memory for the sets of earlier rows.

    Returns:
        (n_pairs,) similarities; (n_wanted,) ids as strings.

    Raises:
        TableError: a column is missing, or rows differ between two readings.
    """
    similarity = np.zeros(len(pairs))
    ids: list[pa.Array] = []
    if not len(wanted):
        return similarity, pa.array([], pa.string())
    later, earlier = unpacked(pairs)
    for held in _blocks(np.unique(earlier), sizes, held_bytes):
        mine = np.flatnonzero(np.isin(earlier, held))
        similarity[mine], found = _read_again(
            source, sizes, later[mine], earlier[mine], held, wanted if not ids else wanted[:0]
        )
        ids.extend(found)
    return similarity, pa.chunked_array(ids, pa.string()).combine_chunks()


def _blocks(rows: Rows, sizes: Sizes, held_bytes: int) -> Iterator[Rows]:
    """Cut rows into runs whose sets fit into the memory; no rows are one run."""
    block = np.cumsum(sizes[rows].astype(np.int64) * 8) // held_bytes
    yield from np.split(rows, np.flatnonzero(np.diff(block)) + 1)


def _read_again(
    source: Source, sizes: Sizes, later: Rows, earlier: Rows, held: Rows, wanted: Rows
) -> tuple[Similarities, list[pa.Array]]:
    """Similarity of pairs whose earlier rows are `held`, and ids of the `wanted`: one reading."""
    starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes[held], dtype=np.int64)])
    hashes = np.empty(starts[-1], np.uint64)
    involved = np.union1d(held, later)
    similarity = np.zeros(len(later))
    ids = []
    for begin, piece in pieces(source, "id"):
        end = begin + piece.num_rows
        asked = wanted[_within(wanted, begin, end)] - begin
        ids.append(_taken(piece.column("id"), asked).cast(pa.string()))
        rows = involved[_within(involved, begin, end)]
        if not len(rows):
            continue
        own, own_starts = _sets(source, piece, rows - begin, sizes[rows])
        here = _within(held, begin, end)
        kept = np.isin(rows, held[here], assume_unique=True)
        hashes[starts[here.start] : starts[here.stop]] = own[np.repeat(kept, sizes[rows])]
        these = _within(later, begin, end)
        left = np.searchsorted(rows, later[these])
        right = np.searchsorted(held, earlier[these])
        similarity[these] = jaccard(own, own_starts, hashes, starts, left, right)
    if sum(map(len, ids)) != len(wanted):
        raise _changed()
    return similarity, ids


def _sets(
    source: Source, piece: pa.RecordBatch, rows: Rows, expected: Sizes
) -> tuple[Hashes, Offsets]:
    """Sets of shingles of some rows of a piece, of the sizes that the first reading counted."""
    texts, _ = lowered(_taken(piece.column(source.text), rows), source.text)
    hashes, starts, sizes = shingle_sets(*kernels.buffers(texts), source.shingle_words, expected)
    if not np.array_equal(sizes, expected):
        raise _changed()
    return hashes, starts


def _within(rows: Rows, begin: int, end: int) -> slice:
    """Where in ascending `rows` those from `begin` to before `end` stand."""
    return slice(*np.searchsorted(rows, [begin, end]))


def _taken(column: pa.Array, rows: Rows) -> pa.Array:
    return column.cast(pa.large_string()).take(pa.array(rows))


def _changed() -> TableError:
    return TableError(
        "duplicates: rows differ between two readings of the same table, they must stay as they "
        "are. Do not change it while it is measured, and run again."
    )
