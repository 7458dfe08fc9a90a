"""The second reading: the exact Jaccard similarity of pairs of rows, in bounded memory.

The sets of the earlier rows of all pairs are held, as many as fit; the later rows stream past.
Each block of earlier rows that fits costs one reading. References come before the rows that are
measured; of a saved index the sets are read, not its texts.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from curate.screen import kernels
from curate.screen.bands import Packed, unpacked
from curate.screen.kernels import Offsets, compiled
from curate.screen.shingles import Rows, Sizes, most_shingles, slot_of, slots
from curate.screen.sketches import Collection, Piece, Sketches, changed
from curate.screen.words import Hashes

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
    paired: bool,
    similarity: Similarities,
) -> None:
    table = np.empty(slots(most_shingles(left_starts, 0, len(left_starts) - 1)), np.uint64)
    size = 0
    own_second = np.int64(0)
    for pair in range(begin, end):
        own = left_hashes[left_starts[left[pair]] : left_starts[left[pair] + 1]]
        other = right_hashes[right_starts[right[pair]] : right_starts[right[pair] + 1]]
        if pair == begin or left[pair] != left[pair - 1]:
            size = slots(len(own))
            table[:size] = 0
            own_second = np.int64(0)
            for value in own:
                table[slot_of(value, table, np.uint64(size - 1))] = value
                own_second += np.int64(value & np.uint64(1))
        shared, shared_second, other_second = 0, np.int64(0), np.int64(0)
        for value in other:
            second = np.int64(value & np.uint64(1))
            found = table[slot_of(value, table, np.uint64(size - 1))] == value
            shared += found
            shared_second += found & second
            other_second += second
        union = len(own) + len(other) - shared
        if not paired:
            similarity[pair] = shared / union if union > 0 else 0.0
            continue
        union_second = own_second + other_second - shared_second
        union_first = union - union_second
        first = (shared - shared_second) / union_first if union_first > 0 else 1.0
        second_share = shared_second / union_second if union_second > 0 else 1.0
        similarity[pair] = min(first, second_share) if union > 0 else 0.0


def jaccard(
    left_hashes: Hashes,
    left_starts: Offsets,
    right_hashes: Hashes,
    right_starts: Offsets,
    left: Rows,
    right: Rows,
    paired: bool = False,
) -> Similarities:
    """(n_pairs,) exact Jaccard similarity of two rows' sets, which come as `sets_of` gives them.

    Fastest where pairs with the same left row stand together. Two empty sets resemble each other
    by 0. Of `paired` rows it is the smaller one of two similarities, each of one field; where both
    rows lack a field that one is 1.
    """
    similarity = np.empty(len(left), np.float64)
    sets = (left_hashes, left_starts, right_hashes, right_starts)
    kernels.on_threads(_jaccard, len(left), *sets, left, right, paired, similarity, at_once=2048)
    return similarity


def verify(
    collections: Sequence[Collection],
    sketches: Sketches,
    pairs: Packed,
    wanted: Rows,
    held_bytes: int,
    paired: bool = False,
) -> tuple[Similarities, pa.Array]:
    """Exact similarity of pairs, and the ids of rows.

    Args:
        collections: references, then the rows; read once per block of earlier rows.
        sketches: what the first reading found.
        pairs: (n_pairs,) sorted.
        wanted: (n_wanted,) rows whose ids are asked for, ascending, those of all pairs among them.
        held_bytes: memory for the sets of earlier rows.
        paired: whether a row is two fields, see `jaccard`.

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
    for held in _blocks(np.unique(earlier), sketches.sizes, held_bytes):
        mine = np.flatnonzero(np.isin(earlier, held))
        asked = wanted if not ids else wanted[:0]
        again = _Again(sketches, later[mine], earlier[mine], held, asked, paired)
        similarity[mine], found = again.read(collections)
        ids.extend(found)
    return similarity, pa.chunked_array(ids, pa.string()).combine_chunks()


def _blocks(rows: Rows, sizes: Sizes, held_bytes: int) -> Iterator[Rows]:
    """Cut rows into runs whose sets fit into the memory; no rows are one run."""
    block = np.cumsum(sizes[rows].astype(np.int64) * 8) // held_bytes
    yield from np.split(rows, np.flatnonzero(np.diff(block)) + 1)


class _Again:
    """One more reading: the pairs whose earlier rows are `held`, the ids of the `wanted`."""

    def __init__(
        self,
        sketches: Sketches,
        later: Rows,
        earlier: Rows,
        held: Rows,
        wanted: Rows,
        paired: bool,
    ) -> None:
        self.sizes, self.begins = sketches.sizes, sketches.begins
        self.later, self.earlier, self.held, self.wanted = later, earlier, held, wanted
        self.paired = paired
        self.involved = np.union1d(held, later)
        lengths = np.cumsum(self.sizes[held], dtype=np.int64)
        self.starts = np.concatenate([np.zeros(1, np.int64), lengths])
        self.hashes = np.empty(self.starts[-1], np.uint64)
        self.similarity = np.zeros(len(later))
        self.ids: list[pa.Array] = []

    def read(self, collections: Sequence[Collection]) -> tuple[Similarities, list[pa.Array]]:
        """Similarities of the pairs, ids of the wanted rows."""
        for number, collection in enumerate(collections):
            first, last = self.begins[number], self.begins[number + 1]
            if not self._asked(first, last):
                continue
            begin = first
            for piece in collection.pieces():
                if begin + piece.n_rows > last:
                    raise changed()
                self._piece(piece, begin)
                begin += piece.n_rows
            if begin != last:
                raise changed()
        return self.similarity, self.ids

    def _asked(self, begin: int, end: int) -> bool:
        """Whether any row from `begin` to before `end` is asked for."""
        spans = (_within(rows, begin, end) for rows in (self.involved, self.wanted))
        return any(span.start < span.stop for span in spans)

    def _piece(self, piece: Piece, begin: int) -> None:
        end = begin + piece.n_rows
        asked = self.wanted[_within(self.wanted, begin, end)] - begin
        if len(asked):
            self.ids.append(piece.ids(asked))
        rows = self.involved[_within(self.involved, begin, end)]
        if not len(rows):
            return
        own, own_starts = piece.sets(rows - begin, self.sizes[rows])
        here = _within(self.held, begin, end)
        kept = np.isin(rows, self.held[here], assume_unique=True)
        to_hold = slice(self.starts[here.start], self.starts[here.stop])
        self.hashes[to_hold] = own[np.repeat(kept, self.sizes[rows])]
        these = _within(self.later, begin, end)
        left = np.searchsorted(rows, self.later[these])
        right = np.searchsorted(self.held, self.earlier[these])
        self.similarity[these] = jaccard(
            own, own_starts, self.hashes, self.starts, left, right, self.paired
        )


def _within(rows: Rows, begin: int, end: int) -> slice:
    """Where in ascending `rows` those from `begin` to before `end` stand."""
    return slice(*np.searchsorted(rows, [begin, end]))
