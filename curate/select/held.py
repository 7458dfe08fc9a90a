"""Vectors of rows, read from a table into memory, or into a file where they are too many."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from curate.screen.held import Growing, memory_bytes
from curate.screen.view import Readable

Vectors = NDArray[np.float32]
Places = NDArray[np.int64]


def of_rows(
    source: Readable, ids: pa.Array, tell: Callable[[str], None]
) -> tuple[Vectors, Places, Places]:
    """Vectors of these rows, those that have one.

    Args:
        source: `schemas.selected.vectors`.
        ids: (rows,) whose vectors are wanted, all different.
        tell: hears how much memory it takes, before it is taken.

    Returns:
        (measured, dimensions) vectors in the order of `ids`; (measured,) their places in `ids`;
        and the places of the rows without one.
    """
    there = np.zeros(len(ids), np.bool_)
    for batch in source.batches(["id"]):
        there[_places(batch, ids)[1]] = True
    measured = np.flatnonzero(there)
    found = _room(source, len(measured), tell)
    wanted = ids.take(pa.array(measured))
    for batch in source.batches(["id", "vector"]):
        rows, places = _places(batch, wanted)
        found[places] = _numbers(batch.column("vector"))[rows]
    return found, measured, np.flatnonzero(~there)


def of_part(source: Readable, part: str | None, split: str | None) -> Vectors:
    """(rows, dimensions) vectors of a part and split, or of all where None, in their order."""
    found = [np.empty((0, _width(source)), np.float32)]
    for batch in source.batches(["part", "split", "vector"]):
        chosen = np.ones(len(batch), np.bool_)
        for name, value in (("part", part), ("split", split)):
            if value is not None:
                same = pc.fill_null(pc.equal(batch.column(name), value), False)
                chosen &= same.to_numpy(zero_copy_only=False)
        found.append(_numbers(batch.column("vector"))[chosen])
    return np.concatenate(found)


def _room(source: Readable, n_rows: int, tell: Callable[[str], None]) -> Vectors:
    """(rows, dimensions) not filled yet."""
    width = _width(source)
    n_bytes = 4 * n_rows * width
    allowed = memory_bytes()
    where = "memory" if n_bytes <= allowed else "a temporary file"
    tell(f"{n_rows:,} vectors of {width:,} numbers: {n_bytes / 2**20:,.0f} MiB in {where}")
    rows: Vectors = Growing((width,), np.float32, allowed).whole(n_rows)
    return rows


def _width(source: Readable) -> int:
    return int(source.schema.field("vector").type.list_size)


def _places(batch: pa.RecordBatch, ids: pa.Array) -> tuple[Places, Places]:
    """Rows of the batch that are among the ids, and where."""
    found = pc.index_in(batch.column("id"), value_set=ids)
    places = pc.fill_null(found, -1).to_numpy().astype(np.int64)
    rows = np.flatnonzero(places >= 0)
    return rows, places[rows]


def _numbers(column: pa.FixedSizeListArray) -> Vectors:
    """(rows, dimensions) of one batch."""
    flat = column.flatten().to_numpy()
    rows: Vectors = flat.reshape(len(column), column.type.list_size)
    return rows
