"""The first reading: what each row leaves behind, and which rows are exact copies.

Reads a text column piece by piece and keeps a signature, a hash and a size of each row's set of
word shingles; no text is held.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from curate.screen import kernels, minhash
from curate.screen.bands import first_equal
from curate.screen.minhash import Hashes, Rows, Signatures, Sizes
from schemas.errors import TableError

MAX_CHARACTERS = 500_000
"""Longer texts are cut here before they are compared."""
TEXT_TYPES = (pa.string(), pa.large_string(), pa.string_view(), pa.null())
ROWS_AT_ONCE = 4096
PIECE_BYTES = 1 << 24

Batches = Callable[[], Iterator[pa.RecordBatch]]


@dataclass(frozen=True, slots=True)
class Source:
    """Rows that can be read again and again, and what is compared of them."""

    batches: Batches
    """Gives the rows from the first to the last each time that it is called."""
    text: str
    """Column that is compared."""
    shingle_words: int
    """Words in a shingle."""


@dataclass(frozen=True, slots=True)
class Sketches:
    """What the first reading leaves of each row."""

    signatures: Signatures
    """(rows, permutations)"""
    sets: Hashes
    """(rows, 2) 128-bit hash of the set of shingles"""
    sizes: Sizes
    """(rows,) shingles in the set"""
    n_truncated: int
    """Texts cut at MAX_CHARACTERS."""


def pieces(source: Source, *columns: str) -> Iterator[tuple[int, pa.RecordBatch]]:
    """(row number of its first row, a few rows) over all rows, in order.

    Raises:
        TableError: the text column or one of `columns` is missing.
    """
    position = 0
    for batch in source.batches():
        for column in (*columns, source.text):
            if column not in batch.schema.names:
                known = ", ".join(batch.schema.names)
                raise TableError(
                    f"duplicates: no column {column!r}, the rows have {known}. "
                    f"Name the column that holds the text."
                )
        n_bytes = batch.column(source.text).nbytes
        n_rows = min(ROWS_AT_ONCE, max(1, PIECE_BYTES * batch.num_rows // max(1, n_bytes)))
        for start in range(0, batch.num_rows, n_rows):
            piece = batch.slice(start, n_rows)
            yield position, piece
            position += piece.num_rows


def lowered(column: pa.Array, name: str) -> tuple[pa.Array, int]:
    """Texts in lower case, cut to MAX_CHARACTERS, as large_string; how many were cut.

    Raises:
        TableError: the column of this name holds no text.
    """
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if kind not in TEXT_TYPES:
        raise TableError(
            f"duplicates: column {name!r} holds {column.type}, only text can be compared. "
            f"Name the column that holds the text."
        )
    texts = column.cast(pa.large_string())
    n_cut = 0
    if (pc.max(pc.binary_length(texts)).as_py() or 0) > MAX_CHARACTERS:
        n_cut = pc.sum(pc.greater(pc.utf8_length(texts), MAX_CHARACTERS)).as_py() or 0
        texts = pc.utf8_slice_codeunits(texts, 0, MAX_CHARACTERS)
    return pc.utf8_lower(texts), n_cut


def sketch(source: Source, n_permutations: int) -> Sketches:
    """Read every row once.

    Raises:
        TableError: the text column is missing or holds no text.
    """
    permutations = minhash.permutations(n_permutations)
    signatures = np.empty((0, n_permutations), np.uint32)
    sets = np.empty((0, 2), np.uint64)
    sizes = np.empty(0, np.int32)
    end = n_truncated = 0
    for begin, piece in pieces(source):
        texts, n_cut = lowered(piece.column(source.text), source.text)
        n_truncated += n_cut
        end = begin + piece.num_rows
        if end > len(sizes):
            _resize(end + end // 8, signatures, sets, sizes)
        minhash.sketch(
            *kernels.buffers(texts),
            source.shingle_words,
            permutations,
            signatures[begin:end],
            sets[begin:end],
            sizes[begin:end],
        )
    _resize(end, signatures, sets, sizes)
    return Sketches(signatures, sets, sizes, n_truncated)


def _resize(n_rows: int, *arrays: Signatures | Hashes | Sizes) -> None:
    """In place: the system moves pages, so that old and new never stand side by side."""
    for array in arrays:
        array.resize((n_rows, *array.shape[1:]), refcheck=False)


def classes(sketches: Sketches) -> Rows:
    """(rows,) the first row with the same set; -1 for rows without words."""
    rows = np.flatnonzero(sketches.sizes)
    halves = sketches.sets.view(np.uint32)
    firsts = rows[first_equal(halves, rows, 0, 1, halves.shape[1])[0]]
    # `first_equal` compares 64 bits; all 128 and the size must agree.
    same = (sketches.sets[firsts] == sketches.sets[rows]).all(axis=1)
    same &= sketches.sizes[firsts] == sketches.sizes[rows]
    found = np.full(len(sketches.sizes), -1, np.int64)
    found[rows] = np.where(same, firsts, rows)
    return found
