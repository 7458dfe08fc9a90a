"""The rows of a mixture in its order, which is no order that their examples lie in.

Reads the examples once, keeps the turns of the chosen ones in memory, and hands them on in the
order of the mixture. What does not fit is read again: each reading serves a stretch of positions.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from schemas.rows import MIXTURE

AT_ONCE = 16_384
"""Rows of a batch."""
HELD_BYTES = 1 << 30
"""Of turns that are held at once, about."""
SLAB_BYTES = 256 << 20
"""Of turns in one array; offsets of strings have 32 bits."""


def shuffled(
    examples: Any,  # noqa: ANN401  an Arrow dataset or table
    chosen: pa.Table,
    held_bytes: int = HELD_BYTES,
) -> Iterator[pa.RecordBatch]:
    """Rows of MIXTURE in the order of `chosen`.

    Args:
        examples: with `id`, `document_id` and `messages`.
        chosen: the columns of MIXTURE that the drawing gives, in order.
        held_bytes: turns held at once, about.
    """
    import pyarrow.dataset as ds

    source = ds.dataset(examples) if isinstance(examples, pa.Table) else examples
    ids = source.to_table(columns=["id"])["id"]
    row_of = pc.index_in(chosen["example_id"], value_set=ids.combine_chunks()).to_numpy()
    begin = 0
    while begin < len(chosen):
        end = min(len(chosen), begin + _stretch(source, len(ids), held_bytes))
        yield from _in_order(source, chosen.slice(begin, end - begin), row_of[begin:end])
        begin = end


def _stretch(source: Any, n_rows: int, held_bytes: int) -> int:  # noqa: ANN401
    """Rows whose turns come to `held_bytes`, judged by the first ones."""
    head = source.head(min(n_rows, AT_ONCE), columns=["messages"])
    return max(AT_ONCE, int(held_bytes * len(head) / max(1, head.nbytes)))


def _in_order(
    source: Any,  # noqa: ANN401
    chosen: pa.Table,
    row_of: NDArray[np.int64],
) -> Iterator[pa.RecordBatch]:
    """A stretch of the mixture.

    Args:
        source: the examples.
        chosen: rows of the mixture.
        row_of: (rows,) where the example of each lies among all examples.
    """
    wanted, slot = np.unique(row_of, return_inverse=True)
    slabs = list(_slabs(source, wanted))
    ends = np.cumsum([len(slab) for slab in slabs])
    for start in range(0, len(chosen), AT_ONCE):
        slots = slot[start : start + AT_ONCE]
        rows = _taken(slabs, ends, slots)
        prompt, completion = halved(rows.column("messages"))
        columns = {
            **{name: chosen[name].slice(start, AT_ONCE) for name in chosen.column_names},
            "document_id": rows.column("document_id"),
            "prompt": prompt,
            "completion": completion,
        }
        table = pa.table({name: columns[name] for name in MIXTURE.names}).cast(MIXTURE)
        yield from table.combine_chunks().to_batches()


def _slabs(source: Any, wanted: NDArray[np.int64]) -> Iterator[pa.RecordBatch]:  # noqa: ANN401
    """The wanted rows in their own order, joined to batches of SLAB_BYTES."""
    waiting: list[pa.RecordBatch] = []
    n_rows = n_bytes = 0
    for batch in source.to_batches(columns=["document_id", "messages"], batch_size=AT_ONCE):
        first, last = np.searchsorted(wanted, [n_rows, n_rows + len(batch)])
        here = batch.take(pa.array(wanted[first:last] - n_rows))
        n_rows += len(batch)
        if len(here):
            waiting.append(here)
            n_bytes += here.nbytes
        if n_bytes >= SLAB_BYTES:
            yield pa.concat_batches(waiting)
            waiting, n_bytes = [], 0
    if waiting:
        yield pa.concat_batches(waiting)


def _taken(
    slabs: list[pa.RecordBatch], ends: NDArray[np.int64], slots: NDArray[np.int64]
) -> pa.RecordBatch:
    """Rows by their number among those of all slabs, in any order."""
    slab_of = np.searchsorted(ends, slots, side="right")
    pieces, places = [], []
    for number in np.unique(slab_of):
        here = np.flatnonzero(slab_of == number)
        begin = ends[number] - len(slabs[number])
        pieces.append(slabs[number].take(pa.array(slots[here] - begin)))
        places.append(here)
    back = np.argsort(np.concatenate(places), kind="stable")
    return pa.concat_batches(pieces).take(pa.array(back))


def halved(messages: pa.ListArray) -> tuple[pa.ListArray, pa.ListArray]:
    """(all turns but the last, the last turn) of each conversation."""
    offsets = messages.offsets.to_numpy().astype(np.int64)
    turns = messages.values.slice(offsets[0], offsets[-1] - offsets[0])
    ends = offsets[1:] - offsets[0]
    there = np.diff(offsets) > 0
    is_last = np.zeros(len(turns), bool)
    is_last[ends[there] - 1] = True
    before = np.concatenate(([0], np.cumsum(np.diff(offsets) - there))).astype(np.int32)
    last = np.concatenate(([0], np.cumsum(there))).astype(np.int32)
    prompt = pa.ListArray.from_arrays(before, turns.filter(pa.array(~is_last)))
    completion = pa.ListArray.from_arrays(last, turns.filter(pa.array(is_last)))
    return prompt, completion
