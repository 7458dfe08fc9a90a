"""Which rows nearly repeat an earlier row. Reads ids and a text column; makes a table of pairs.

Two rows are as similar as their sets of word shingles: Jaccard similarity, shared over all. Every
stored pair is verified on the sets themselves, so no pair is wrong; which pairs are looked at is
decided by MinHash bands, so a pair at `floor` is missed with a probability below 1 - RECALL.

Exact copies, rows with equal sets, form classes. Each later member is paired with the first member
of its class at similarity 1.0, a star, so that a million copies make a million pairs. Near pairs
are stored between first members only; they are never at 1.0, so classes can be rebuilt from the
pairs at 1.0, and every member has the near pairs of its first member. Rows without words have no
set and repeat nothing.

Memory: about 650 bytes a row at 128 permutations, and the batch under way; no text is held.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from curate.screen import kernels, minhash
from schemas.errors import TableError
from schemas.rows import PAIRS

VERSION = 1

COLUMNS: dict[str, str] = {
    "id": "a row",
    "other": "an earlier row that it resembles",
    "field": "the column that was compared",
    "similarity": "exact Jaccard similarity of their word shingles, 0 to 1",
    "position": "row number of id, from 0",
    "other_position": "row number of other, from 0",
}

RECALL = 0.99
"""Of pairs at the floor, the share that bands must find."""
MAX_CHARACTERS = 500_000
"""Longer texts are cut here before they are compared."""
GROUP_LIMIT = 2048
"""Distinct rows that share one band and are compared all with all."""
GROUP_NEAR = 8
"""Each further row is compared with so many first rows of its group, and so many previous ones."""
DEVIATIONS = 4
"""Candidates whose signatures agree this many standard deviations less than those of pairs at the
floor are not read again: about 1 pair in 30,000 at the floor is lost by it, fewer above."""

TEXT_TYPES = (pa.string(), pa.large_string(), pa.string_view(), pa.null())
ROWS_AT_ONCE = 4096
PIECE_BYTES = 1 << 24
BANDS_AT_ONCE = 4
PAIRS_A_CHUNK = 1 << 20
LEAST_MERGED = 1 << 22
LEAST_HELD_BYTES = 1 << 28

Batches = Callable[[], Iterator[pa.RecordBatch]]
Rows = NDArray[np.int64]
Sizes = NDArray[np.int32]
Packed = NDArray[np.uint64]
"""Pairs of row numbers: `later << 32 | earlier`."""


class Params(BaseModel):
    """What is compared, and which pairs are stored."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    text: str = "text"
    """Column that is compared."""
    shingle_words: int = Field(5, ge=1, le=64)
    """Words in a shingle; a text with fewer words is one shingle."""
    permutations: int = Field(128, ge=16, le=1024)
    """Values in a MinHash signature; more find pairs with fewer false candidates, and cost more."""
    floor: float = Field(0.7, ge=0.1, le=1)
    """Pairs with this similarity or more are stored."""

    @model_validator(mode="after")
    def _finds_pairs(self) -> Self:
        if minhash.bands_for(self.permutations, self.floor, RECALL) is None:
            raise ValueError(
                f"floor {self.floor:g} with {self.permutations} permutations finds fewer than "
                f"{RECALL:.0%} of the pairs; raise either"
            )
        return self


@dataclass(frozen=True)
class Found:
    """Pairs of rows that resemble each other, and how they were found."""

    pairs: pa.Table
    """Columns of PAIRS, sorted by position, then other_position, which is the smaller one."""
    facts: dict[str, int | float]
    """Counts of rows, candidates and limits reached; times are not among them."""


@dataclass(frozen=True)
class _Sketches:
    """What the first reading leaves of each row."""

    signatures: NDArray[np.uint32]
    """(rows, permutations)"""
    sets: NDArray[np.uint64]
    """(rows, 2) 128-bit hash of the set of shingles"""
    sizes: Sizes
    """(rows,) shingles in the set"""
    n_truncated: int


def _pieces(
    batches: Batches, params: Params, *columns: str
) -> Iterator[tuple[int, pa.RecordBatch]]:
    """(row number of its first row, a few rows) over all rows, in order."""
    position = 0
    for batch in batches():
        for column in (*columns, params.text):
            if column not in batch.schema.names:
                known = ", ".join(batch.schema.names)
                raise TableError(
                    f"duplicates: no column {column!r}, the rows have {known}. "
                    f"Name the column that holds the text."
                )
        n_bytes = batch.column(params.text).nbytes
        n_rows = min(ROWS_AT_ONCE, max(1, PIECE_BYTES * batch.num_rows // max(1, n_bytes)))
        for start in range(0, batch.num_rows, n_rows):
            piece = batch.slice(start, n_rows)
            yield position, piece
            position += piece.num_rows


def _lowered(column: pa.Array, params: Params) -> tuple[pa.Array, int]:
    """Texts in lower case, cut to MAX_CHARACTERS, as large_string; how many were cut."""
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if kind not in TEXT_TYPES:
        raise TableError(
            f"duplicates: column {params.text!r} holds {column.type}, only text can be compared. "
            f"Name the column that holds the text."
        )
    texts = column.cast(pa.large_string())
    n_cut = 0
    if (pc.max(pc.binary_length(texts)).as_py() or 0) > MAX_CHARACTERS:
        n_cut = pc.sum(pc.greater(pc.utf8_length(texts), MAX_CHARACTERS)).as_py() or 0
        texts = pc.utf8_slice_codeunits(texts, 0, MAX_CHARACTERS)
    return pc.utf8_lower(texts), n_cut


def _sketched(batches: Batches, params: Params) -> _Sketches:
    """Read every row once."""
    permutations = minhash.permutations(params.permutations)
    signatures = np.empty((0, params.permutations), np.uint32)
    sets = np.empty((0, 2), np.uint64)
    sizes = np.empty(0, np.int32)
    end = n_truncated = 0
    for begin, piece in _pieces(batches, params):
        texts, n_cut = _lowered(piece.column(params.text), params)
        n_truncated += n_cut
        end = begin + piece.num_rows
        if end > len(sizes):
            # Grown in place: the system moves pages, so that old and new never stand side by side.
            room = end + end // 8
            for array in (signatures, sets, sizes):
                array.resize((room, *array.shape[1:]), refcheck=False)
        minhash.sketch(
            *kernels.buffers(texts),
            params.shingle_words,
            permutations,
            signatures[begin:end],
            sets[begin:end],
            sizes[begin:end],
        )
    for array in (signatures, sets, sizes):
        array.resize((end, *array.shape[1:]), refcheck=False)
    return _Sketches(signatures, sets, sizes, n_truncated)


def _classes(sketches: _Sketches) -> Rows:
    """(rows,) the first row with the same set; -1 for rows without words."""
    rows = np.flatnonzero(sketches.sizes)
    halves = sketches.sets.view(np.uint32)
    firsts = rows[minhash.first_equal(halves, rows, 0, 1, halves.shape[1])[0]]
    # `first_equal` compares 64 bits; all 128 and the size must agree.
    same = (sketches.sets[firsts] == sketches.sets[rows]).all(axis=1)
    same &= sketches.sizes[firsts] == sketches.sizes[rows]
    classes = np.full(len(sketches.sizes), -1, np.int64)
    classes[rows] = np.where(same, firsts, rows)
    return classes


def _bands(params: Params) -> tuple[int, int]:
    """(bands, rows per band); `Params` has refused what has none."""
    return minhash.bands_for(params.permutations, params.floor, RECALL) or (params.permutations, 1)


def _candidates(
    signatures: NDArray[np.uint32], rows: Rows, bands: int, width: int
) -> tuple[Packed, dict[str, int | float]]:
    """Pairs of `rows` that share a band, sorted, each once; what was bounded on the way."""
    found = np.empty(0, np.uint64)
    waiting = [found]
    n_large = n_left_out = 0
    for later, earlier in _groups(signatures, rows, bands, width):
        members = earlier.astype(np.uint64) << np.uint64(32) | later.astype(np.uint64)
        members.sort()
        pairs, large, left_out = minhash.group_pairs(members, GROUP_LIMIT, GROUP_NEAR)
        n_large += large
        n_left_out += left_out
        waiting.append(pairs)
        if sum(map(len, waiting)) > max(len(found), LEAST_MERGED):
            found = _merged([found, *waiting])
            waiting = []
    return _merged([found, *waiting]), {"n_large_groups": n_large, "n_pairs_left_out": n_left_out}


def _groups(
    signatures: NDArray[np.uint32], rows: Rows, bands: int, width: int
) -> Iterator[tuple[Rows, Rows]]:
    """Of each band in turn, the rows that are not the first with their values, and these firsts."""
    own = np.arange(len(rows))
    for first_band in range(0, bands, BANDS_AT_ONCE):
        n_bands = min(BANDS_AT_ONCE, bands - first_band)
        for first in minhash.first_equal(signatures, rows, first_band, n_bands, width):
            later = np.flatnonzero(first != own)
            yield rows[later], rows[first[later]]


def _merged(pairs: list[Packed]) -> Packed:
    """All of them, sorted, each once."""
    merged = np.concatenate(pairs)
    merged.sort()
    new = np.ones(len(merged), np.bool_)
    np.not_equal(merged[1:], merged[:-1], out=new[1:])
    own: Packed = merged[new]
    return own


def _likely(sketches: _Sketches, pairs: Packed, floor: float) -> Packed:
    """The pairs whose sizes allow a similarity of `floor`, and whose signatures speak for it."""
    later, earlier = _unpacked(pairs)
    sizes = np.sort([sketches.sizes[later], sketches.sizes[earlier]], axis=0)
    possible = sizes[0] >= sizes[1] * floor
    permutations = sketches.signatures.shape[1]
    deviation = math.sqrt(permutations * floor * (1 - floor))
    least = permutations * floor - DEVIATIONS * deviation
    agreement = minhash.agreement(sketches.signatures, later[possible], earlier[possible])
    likely: Packed = pairs[possible][agreement >= least]
    return likely


def _unpacked(pairs: Packed) -> tuple[Rows, Rows]:
    """Later and earlier row of each pair."""
    later = (pairs >> np.uint64(32)).astype(np.int64)
    return later, (pairs & np.uint64(0xFFFFFFFF)).astype(np.int64)


def _held_bytes(signatures: NDArray[np.uint32]) -> int:
    """Memory for sets of shingles: what the signatures took, which are gone by then."""
    return max(LEAST_HELD_BYTES, signatures.nbytes)


def _blocks(rows: Rows, sizes: Sizes, held_bytes: int) -> Iterator[Rows]:
    """Cut rows into runs whose sets fit into the memory; no rows are one run."""
    block = np.cumsum(sizes[rows].astype(np.int64) * 8) // held_bytes
    yield from np.split(rows, np.flatnonzero(np.diff(block)) + 1)


@dataclass(frozen=True)
class _Pairs:
    """Pairs of rows to compare, sorted by later row, then earlier."""

    later: Rows
    earlier: Rows


def _compared(
    batches: Batches, params: Params, sizes: Sizes, pairs: _Pairs, wanted: Rows, held_bytes: int
) -> tuple[NDArray[np.float64], pa.Array]:
    """(n_pairs,) exact similarity of each pair, and the ids of the `wanted` rows.

    The sets of the earlier rows are held, as many as fit; the later rows stream past. Each block of
    earlier rows costs one reading.
    """
    similarity = np.zeros(len(pairs.later))
    ids: list[pa.Array] = []
    if not len(wanted):
        return similarity, pa.array([], pa.string())
    for held in _blocks(np.unique(pairs.earlier), sizes, held_bytes):
        mine = np.flatnonzero(np.isin(pairs.earlier, held))
        these = _Pairs(pairs.later[mine], pairs.earlier[mine])
        similarity[mine], found = _read_again(
            batches, params, sizes, these, held, wanted if not ids else wanted[:0]
        )
        ids.extend(found)
    return similarity, pa.chunked_array(ids, pa.string()).combine_chunks()


def _read_again(
    batches: Batches, params: Params, sizes: Sizes, pairs: _Pairs, held: Rows, wanted: Rows
) -> tuple[NDArray[np.float64], list[pa.Array]]:
    """Similarity of pairs whose earlier rows are `held`, and ids of the `wanted`: one reading."""
    starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes[held], dtype=np.int64)])
    hashes = np.empty(starts[-1], np.uint64)
    involved = np.union1d(held, pairs.later)
    similarity = np.zeros(len(pairs.later))
    ids = []
    for begin, piece in _pieces(batches, params, "id"):
        end = begin + piece.num_rows
        ids.append(_taken(piece.column("id"), wanted, begin).cast(pa.string()))
        low, high = np.searchsorted(involved, [begin, end])
        rows = involved[low:high]
        if len(rows):
            texts, _ = _lowered(_taken(piece.column(params.text), rows, begin), params)
            own, own_starts, found = minhash.shingle_sets(
                *kernels.buffers(texts), params.shingle_words, sizes[rows]
            )
            if not np.array_equal(found, sizes[rows]):
                raise _changed()
            low, high = np.searchsorted(held, [begin, end])
            kept = np.isin(rows, held[low:high], assume_unique=True)
            hashes[starts[low] : starts[high]] = own[np.repeat(kept, found)]
            these = slice(*np.searchsorted(pairs.later, [begin, end]))
            left = np.searchsorted(rows, pairs.later[these])
            right = np.searchsorted(held, pairs.earlier[these])
            similarity[these] = minhash.jaccard(own, own_starts, hashes, starts, left, right)
    if sum(map(len, ids)) != len(wanted):
        raise _changed()
    return similarity, ids


def _taken(column: pa.Array, rows: Rows, begin: int) -> pa.Array:
    """Those of the rows that lie in a column whose first row is number `begin`."""
    low, high = np.searchsorted(rows, [begin, begin + len(column)])
    return column.cast(pa.large_string()).take(pa.array(rows[low:high] - begin))


def _changed() -> TableError:
    return TableError(
        "duplicates: rows differ between two readings of the same table, they must stay as they "
        "are. Do not change it while it is measured, and run again."
    )


def _table(
    params: Params, pairs: _Pairs, similarity: NDArray[np.float64], wanted: Rows, ids: pa.Array
) -> pa.Table:
    """The pairs with their ids, sorted."""
    order = np.argsort(pairs.later << 32 | pairs.earlier)
    tables = [PAIRS.empty_table()]
    for start in range(0, len(order), PAIRS_A_CHUNK):
        part = order[start : start + PAIRS_A_CHUNK]
        later, earlier = pairs.later[part], pairs.earlier[part]
        columns = {
            "id": ids.take(pa.array(np.searchsorted(wanted, later))),
            "other": ids.take(pa.array(np.searchsorted(wanted, earlier))),
            "field": pa.repeat(pa.scalar(params.text), len(part)),
            "similarity": similarity[part],
            "position": later,
            "other_position": earlier,
        }
        tables.append(pa.table(columns, schema=PAIRS))
    return pa.concat_tables(tables)


def measure_corpus(batches: Batches, params: Params) -> Found:
    """Find the pairs of rows whose similarity is `params.floor` or more.

    Args:
        batches: gives the rows from the first to the last each time that it is called, with `id`
            and the text column. It is called two or three times, more often where the sets of
            candidates do not fit into the memory at once. Fewer than 2^31 rows.
        params: what is compared, and which pairs are stored.

    Returns:
        Pairs of PAIRS, and facts: `n_rows`; `n_empty` rows without words; `n_truncated` texts cut
        at MAX_CHARACTERS; `n_copies` rows whose set equals an earlier one's; `bands`,
        `rows_per_band` and `recall_at_floor`, the probability that a pair at the floor is a
        candidate; `n_candidates` pairs that share a band; `n_verified` of them compared exactly;
        `n_pairs` stored; `n_large_groups` bands shared by more than GROUP_LIMIT distinct rows, in
        which each further row is compared with the first and the previous GROUP_NEAR rows only;
        `n_pairs_left_out` in these groups, unless another band has them.

    Raises:
        TableError: a column is missing or holds no text, or rows differ between two readings.
    """
    sketches = _sketched(batches, params)
    sizes = sketches.sizes
    classes = _classes(sketches)
    own = np.arange(len(classes))
    copies = np.flatnonzero((classes >= 0) & (classes != own))
    bands, width = _bands(params)
    candidates, bounded = _candidates(
        sketches.signatures, np.flatnonzero(classes == own), bands, width
    )
    likely = _likely(sketches, candidates, params.floor)
    held_bytes = _held_bytes(sketches.signatures)
    n_truncated = sketches.n_truncated
    # The sets of shingles take the place of the signatures in memory.
    del sketches
    near = _Pairs(*_unpacked(likely))
    wanted = np.unique(np.concatenate([copies, classes[copies], near.later, near.earlier]))
    similarity, ids = _compared(batches, params, sizes, near, wanted, held_bytes)
    stored = np.flatnonzero(similarity >= params.floor)
    pairs = _Pairs(
        np.concatenate([copies, near.later[stored]]),
        np.concatenate([classes[copies], near.earlier[stored]]),
    )
    similarity = np.concatenate([np.ones(len(copies)), similarity[stored]])
    facts: dict[str, int | float] = {
        "n_rows": len(classes),
        "n_empty": int((classes < 0).sum()),
        "n_truncated": n_truncated,
        "n_copies": len(copies),
        "bands": bands,
        "rows_per_band": width,
        "recall_at_floor": minhash.candidate_probability(params.floor, bands, width),
        "n_candidates": len(candidates),
        "n_verified": len(likely),
        "n_pairs": len(similarity),
        **bounded,
    }
    return Found(_table(params, pairs, similarity, wanted, ids), facts)
