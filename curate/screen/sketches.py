"""The first reading: what each row leaves behind, and which rows are exact copies.

Rows come from several collections one after another, references before the rows that are measured,
and are numbered through. Of texts a signature, a hash and a size of each row's set of shingles are
kept; no text is held.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from curate.screen import kernels, minhash
from curate.screen.bands import first_equal
from curate.screen.held import Growing, memory_bytes
from curate.screen.kernels import Bytes, Offsets
from curate.screen.minhash import Marks, Signatures
from curate.screen.shingles import PARTED, Rows, Shingling, Sizes, sets_of
from curate.screen.words import Hashes
from schemas.errors import TableError

TEXT_TYPES = (
    *(pa.string(), pa.large_string(), pa.string_view(), pa.null()),
    *(pa.binary(), pa.large_binary(), pa.binary_view()),
)
"""Bytes that are no UTF-8 part words."""
ROWS_AT_ONCE = 4096
PIECE_BYTES = 1 << 24

Batches = Callable[[], Iterator[pa.RecordBatch]]


class Piece(Protocol):
    """A few rows in a row."""

    @property
    def n_rows(self) -> int:
        """How many."""

    def mark(self, permutations: Signatures, out: Marks) -> None:
        """Fill what the rows leave behind; the arrays of `out` are as long as the piece."""

    def sets(self, rows: Rows, expected: Sizes) -> tuple[Hashes, Offsets]:
        """Sets of some rows of the piece, of the sizes that the first reading counted.

        Raises:
            TableError: they are of other sizes.
        """

    def ids(self, rows: Rows) -> pa.Array:
        """Ids of some rows of the piece, as strings."""


class Collection(Protocol):
    """Rows that can be read again and again."""

    @property
    def name(self) -> str | None:
        """Of a reference; None for the rows that are measured."""

    def pieces(self) -> Iterator[Piece]:
        """All rows from the first to the last, in the same pieces each time."""


@dataclass(frozen=True, slots=True)
class Texts:
    """Rows of a table, of which a column is compared."""

    batches: Batches
    """Gives the rows from the first to the last each time that it is called."""
    columns: tuple[str, ...]
    """One column, or two that are joined by `shingles.PARTED`."""
    how: Shingling
    name: str | None = None

    def pieces(self) -> Iterator["TextPiece"]:
        """The rows in pieces of up to PIECE_BYTES, or one row.

        Raises:
            TableError: a column is missing, or the text column holds no text.
        """
        for batch in self.batches():
            for column in ("id", *self.columns):
                if column not in batch.schema.names:
                    known = ", ".join(batch.schema.names)
                    raise TableError(
                        f"duplicates: no column {column!r}, the rows have {known}. "
                        f"Name the column that holds the text."
                    )
            n_bytes = sum(batch.column(column).nbytes for column in self.columns)
            n_rows = min(ROWS_AT_ONCE, max(1, PIECE_BYTES * batch.num_rows // max(1, n_bytes)))
            for start in range(0, batch.num_rows, n_rows):
                yield TextPiece(batch.slice(start, n_rows), self.columns, self.how)


@dataclass(frozen=True)
class TextPiece:
    """A few rows of a table."""

    batch: pa.RecordBatch
    columns: tuple[str, ...]
    how: Shingling

    @property
    def n_rows(self) -> int:
        """How many."""
        return int(self.batch.num_rows)

    @cached_property
    def _text(self) -> tuple[Bytes, Offsets]:
        texts = [self._column(column) for column in self.columns]
        return kernels.buffers(texts[0] if len(texts) == 1 else _parted(texts))

    def _column(self, name: str) -> pa.Array:
        column = self.batch.column(name)
        kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
        if kind not in TEXT_TYPES:
            raise TableError(
                f"duplicates: column {name!r} holds {column.type}, only text can be compared. "
                f"Name the column that holds the text."
            )
        return column.cast(kind)

    def mark(self, permutations: Signatures, out: Marks) -> None:
        """Fill what the rows leave behind."""
        minhash.sketch(*self._text, self.how, permutations, out)

    def sets(self, rows: Rows, expected: Sizes) -> tuple[Hashes, Offsets]:
        """Sets of shingles of some rows."""
        hashes, starts, sizes = sets_of(*self._text, rows, self.how, expected)
        if not np.array_equal(sizes, expected):
            raise changed()
        return hashes, starts

    def ids(self, rows: Rows) -> pa.Array:
        """Ids of some rows."""
        return self.batch.column("id").take(pa.array(rows)).cast(pa.string())

    def excerpts(self, n_characters: int) -> pa.Array:
        """(n_rows,) the beginning of what is compared, as valid text."""
        texts = [
            pc.fill_null(self._column(column).cast(pa.large_binary()), b"")
            for column in self.columns
        ]
        blank = pa.scalar(b"\n\n", pa.large_binary())
        whole = texts[0] if len(texts) == 1 else pc.binary_join_element_wise(*texts, blank)
        try:
            valid = whole.cast(pa.large_string())
        except pa.ArrowInvalid:  # some rows are no UTF-8
            begun = pc.binary_slice(whole, 0, 4 * n_characters).to_pylist()
            decoded = [row.decode("utf-8", "replace")[:n_characters] for row in begun]
            return pa.array(decoded, pa.string())
        return pc.utf8_slice_codeunits(valid, 0, n_characters).cast(pa.string())


def _parted(texts: Sequence[pa.Array]) -> pa.Array:
    """Several texts of each row as one."""
    large = [pc.fill_null(text.cast(pa.large_binary()), b"") for text in texts]
    parted = PARTED.encode()
    plain = [pc.replace_substring(text, parted, b" ") for text in large]
    return pc.binary_join_element_wise(*plain, pa.scalar(parted, pa.large_binary()))


@dataclass(frozen=True, slots=True)
class Sketches:
    """What the first reading leaves of all rows, those of references first."""

    signatures: Signatures
    """(rows, permutations)"""
    sets: Hashes
    """(rows, 3) as in `minhash.Marks`"""
    sizes: Sizes
    """(rows,) shingles in the set"""
    begins: Rows
    """(collections + 1,) number of each collection's first row, and how many rows there are."""
    n_truncated: int
    """Texts cut at `shingles.MAX_CHARACTERS`, references aside."""

    def without_signatures(self) -> "Sketches":
        """The same, when the signatures' memory is needed."""
        return replace(self, signatures=self.signatures[:0].copy())


def sketch(collections: Sequence[Collection], n_permutations: int) -> Sketches:
    """Read every row once; the rows that are measured are the last collection.

    Raises:
        TableError: a column is missing or holds no text; the disk is full.
    """
    permutations = minhash.permutations(n_permutations)
    signatures = Growing((n_permutations,), np.uint32, memory_bytes())
    sets = Growing((3,), np.uint64, memory_bytes())
    sizes = Growing((), np.int32, memory_bytes())
    begins, end = [0], 0
    for collection in collections:
        for piece in collection.pieces():
            begin, end = end, end + piece.n_rows
            parts = (growing.upto(end)[begin:end] for growing in (signatures, sets, sizes))
            piece.mark(permutations, Marks(*parts))
        begins.append(end)
    counted = sizes.whole(end)
    cut = counted < 0
    counted[cut] = -1 - counted[cut]
    return Sketches(
        signatures.whole(end),
        sets.whole(end),
        counted,
        np.array(begins),
        int(cut[begins[-2] :].sum()),
    )


def classes(sketches: Sketches) -> Rows:
    """(rows,) the first row with the same set; -1 for rows without words."""
    rows = np.flatnonzero(sketches.sizes)
    firsts = rows[first_equal(sketches.sets.view(np.uint32), rows, 0, 1, 4)[0]]
    # `first_equal` compares 64 bits; all 128 and the size must agree.
    same = (sketches.sets[firsts, :2] == sketches.sets[rows, :2]).all(axis=1)
    same &= sketches.sizes[firsts] == sketches.sizes[rows]
    found = np.full(len(sketches.sizes), -1, np.int64)
    found[rows] = np.where(same, firsts, rows)
    return found


def changed() -> TableError:
    """What a row says that differs between two readings."""
    return TableError(
        "duplicates: rows differ between two readings of the same table, they must stay as they "
        "are. Do not change it while it is measured, and run again."
    )
