"""A saved index: what rows leave behind, so that later rows are compared with them unread.

    INDEX/index.json          parameters and parts, written last
    INDEX/rows-00000.parquet  …

Of each row an index holds its id, the beginning of its text, its signature, its hashes and its
set of shingles, about three times the bytes of its text, so that a candidate is verified exactly.
Rows are added as further parts. An index is read with the parameters that it was made with.
"""

import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from curate.screen import minhash
from curate.screen.kernels import Offsets
from curate.screen.minhash import Marks, Signatures
from curate.screen.shingles import Rows, Sizes
from curate.screen.sketches import Texts, changed
from curate.screen.words import Hashes
from schemas.errors import TableError

FILE = "index.json"
FORMAT = 1
"""Raised when characters, words, shingles or signatures change."""
EXCERPT_CHARACTERS = 2_000
"""Of each row's text that are kept for people to read."""


class Parameters(Protocol):
    """What makes two sketches comparable; `duplicates.Params` has it."""

    @property
    def text(self) -> str:
        """What is compared."""

    @property
    def shingle_words(self) -> int:
        """Words in a shingle."""

    @property
    def shingle_characters(self) -> int:
        """Characters in a shingle."""

    @property
    def permutations(self) -> int:
        """Values in a signature."""


def described(params: Parameters) -> dict[str, Any]:
    """What an index says of how it was made."""
    return {
        "format": FORMAT,
        "text": params.text,
        "shingle_words": params.shingle_words,
        "shingle_characters": params.shingle_characters,
        "permutations": params.permutations,
    }


@dataclass(frozen=True, slots=True)
class Index:
    """A saved index on disk, as a collection of rows."""

    folder: Path
    name: str
    """What it is called in pairs."""
    made: dict[str, Any]
    """See `described`."""
    parts: tuple[str, ...]
    n_rows: int

    def check(self, params: Parameters) -> None:
        """Refuse other parameters than the index was made with.

        Raises:
            TableError: names both.
        """
        asked = described(params)
        differing = [key for key in asked if self.made.get(key) != asked[key]]
        if differing:
            has = ", ".join(f"{key} {self.made.get(key)}" for key in differing)
            wants = ", ".join(f"{key} {asked[key]}" for key in differing)
            raise TableError(
                f"{self.folder}: an index with {has}, but rows are compared with {wants}. "
                f"Compare with the index's parameters, or make another index of its rows."
            )

    def pieces(self) -> Iterator["IndexPiece"]:
        """All rows from the first to the last."""
        for part in self.parts:
            path = self.folder / part
            try:
                file = pq.ParquetFile(path)
            except (OSError, pa.ArrowInvalid) as error:
                raise TableError(
                    f"{path}: cannot be read ({str(error).splitlines()[0]}). The index is "
                    f"damaged; make it again."
                ) from error
            with file:
                for group in range(file.num_row_groups):
                    yield IndexPiece(file, group)

    def rows(self, ids: Sequence[str]) -> dict[str, str]:
        """Id -> the beginning of the text, of these rows."""
        found: dict[str, str] = {}
        wanted = pa.array(list(ids), pa.string())
        for piece in self.pieces():
            table = piece.file.read_row_group(piece.group, ["id", "excerpt"])
            table = table.filter(pc.is_in(table["id"], value_set=wanted))
            found |= dict(zip(table["id"].to_pylist(), table["excerpt"].to_pylist(), strict=True))
        return found


@dataclass(frozen=True, slots=True)
class IndexPiece:
    """A row group of an index."""

    file: pq.ParquetFile
    group: int

    @property
    def n_rows(self) -> int:
        """How many rows."""
        return int(self.file.metadata.row_group(self.group).num_rows)

    def _read(self, *columns: str) -> pa.Table:
        return self.file.read_row_group(self.group, list(columns)).combine_chunks()

    def mark(self, permutations: Signatures, out: Marks) -> None:
        """Fill what the rows left behind."""
        table = self._read("signature", "set", "size")
        width = permutations.shape[1]
        out.signatures[:] = _flat(table["signature"]).reshape(-1, width)
        out.sets[:] = _flat(table["set"]).reshape(-1, 3)
        out.sizes[:] = table["size"].to_numpy()

    def sets(self, rows: Rows, expected: Sizes) -> tuple[Hashes, Offsets]:
        """Sets of shingles of some rows."""
        chosen = self._read("shingles")["shingles"].combine_chunks().take(pa.array(rows))
        lengths = pc.list_value_length(chosen).to_numpy()
        if not np.array_equal(lengths, expected):
            raise changed()
        starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths, dtype=np.int64)])
        return chosen.flatten().to_numpy(), starts

    def ids(self, rows: Rows) -> pa.Array:
        """Ids of some rows."""
        return self._read("id")["id"].combine_chunks().take(pa.array(rows))


def _flat(lists: pa.ChunkedArray) -> Any:  # noqa: ANN401
    return lists.combine_chunks().flatten().to_numpy()


def is_index(path: Path) -> bool:
    """Whether there is an index at a path."""
    return (path / FILE).is_file()


def open_index(folder: Path, name: str | None = None) -> Index:
    """The index in a folder.

    Args:
        folder: where it is.
        name: what it is called in pairs; its path by default.

    Raises:
        TableError: there is none, or it is of another format.
    """
    try:
        said = json.loads((folder / FILE).read_text(encoding="utf-8"))
        made, parts, n_rows = said["made"], tuple(said["parts"]), int(said["n_rows"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TableError(f"{folder}: is no index, {FILE} cannot be read ({error}).") from error
    for part in parts:
        if Path(part).name != part:
            raise TableError(f"{folder}: {FILE} names a part outside of it ({part!r}).")
    return Index(folder, name or str(folder), made, parts, n_rows)


def schema(n_permutations: int) -> pa.Schema:
    """Columns of an index."""
    return pa.schema(
        [
            pa.field("id", pa.string()),
            pa.field("excerpt", pa.string()),
            pa.field("size", pa.int32()),
            pa.field("set", pa.list_(pa.uint64(), 3)),
            pa.field("signature", pa.list_(pa.uint32(), n_permutations)),
            pa.field("shingles", pa.large_list(pa.uint64())),
        ]
    )


def add(folder: Path, texts: Texts, params: Parameters, append: bool) -> tuple[Index, int]:
    """Write rows into an index, whole or not at all; gives the index, and how many were added.

    Args:
        folder: where the index is, or will be.
        texts: the rows.
        params: how they are sketched.
        append: whether rows are added to an index that is there.

    Raises:
        TableError: an index is there and `append` is not asked for, or it has other parameters; the
            folder holds something else or cannot be written.
    """
    if folder.exists() and not is_index(folder) and (not folder.is_dir() or any(folder.iterdir())):
        raise TableError(f"{folder}: exists and is no index. Name another folder.")
    if is_index(folder) and not append:
        n_rows = open_index(folder).n_rows
        raise TableError(
            f"{folder}: holds an index of {n_rows} rows. Add to it with --append, or name another "
            f"folder."
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _locked(folder):
            return _add(folder, texts, params)
    except OSError as error:
        raise TableError(
            f"{folder}: cannot be written ({error.strerror or error}). Nothing was added."
        ) from error


def _add(folder: Path, texts: Texts, params: Parameters) -> tuple[Index, int]:
    there = open_index(folder) if is_index(folder) else None
    if there is not None:
        there.check(params)
    parts = there.parts if there else ()
    name = f"rows-{len(parts):05}.parquet"
    half = folder / f"{name}.half"
    try:
        n_rows = _write(half, texts, params)
        half.replace(folder / name)
    except BaseException:
        half.unlink(missing_ok=True)
        raise
    said = {
        "made": described(params),
        "n_rows": n_rows + (there.n_rows if there else 0),
        "parts": [*parts, name],
    }
    half = folder / f"{FILE}.half"
    half.write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")
    half.replace(folder / FILE)
    return open_index(folder), n_rows


def _write(path: Path, texts: Texts, params: Parameters) -> int:
    columns = schema(params.permutations)
    permutations = minhash.permutations(params.permutations)
    n_rows = 0
    with pq.ParquetWriter(
        path, columns, compression="none", use_dictionary=False, write_statistics=False
    ) as out:
        for piece in texts.pieces():
            n = piece.n_rows
            marks = Marks(
                np.empty((n, params.permutations), np.uint32),
                np.empty((n, 3), np.uint64),
                np.empty(n, np.int32),
            )
            piece.mark(permutations, marks)
            sizes = np.where(marks.sizes < 0, -1 - marks.sizes, marks.sizes)
            rows = np.arange(n)
            shingles, starts = piece.sets(rows, sizes)
            arrays = [
                piece.ids(rows),
                piece.excerpts(EXCERPT_CHARACTERS),
                pa.array(sizes),
                pa.FixedSizeListArray.from_arrays(pa.array(marks.sets.ravel()), 3),
                pa.FixedSizeListArray.from_arrays(
                    pa.array(marks.signatures.ravel()), params.permutations
                ),
                pa.LargeListArray.from_arrays(pa.array(starts), pa.array(shingles)),
            ]
            out.write_table(pa.Table.from_arrays(arrays, schema=columns), row_group_size=n or 1)
            n_rows += n
    return n_rows


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One process adds at a time; another one waits."""
    file = os.open(folder / "lock", os.O_CREAT | os.O_RDWR, 0o666)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
    finally:
        os.close(file)
