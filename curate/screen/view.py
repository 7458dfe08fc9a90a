"""Rows as measures and rules see them.

To a row's own columns this adds, where they are asked for: an example's turns as `text`,
`instruction` and `response`, and its document's scalar columns as `document_*`.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.rows import DOCUMENTS

TURNS = {
    "text": "all turns",
    "instruction": "the user's and system's turns",
    "response": "the assistant's turns",
}
"""Columns made from an example's messages, each joined by a blank line."""
SEPARATOR = "\n\n"
OF_DOCUMENT = [
    column.name
    for column in DOCUMENTS
    if pa.types.is_string(column.type)
    and column.name not in ("id", "part", "split", "text", "metadata")
]
"""Scalar columns of a document that a rule may name, after `document_`."""


class Readable(Protocol):
    """Rows on disk: a table, or a plain file read as one."""

    @property
    def schema(self) -> pa.Schema:
        """Columns of the rows."""

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """The rows in order, some columns of them, a batch at a time."""

    def dataset(self) -> object:
        """For DuckDB: something of Arrow's from which it reads the columns that a query names."""


def schema(rows: pa.Schema, with_documents: bool) -> pa.Schema:
    """Every column that a measure or rule may ask of such rows."""
    fields = list(rows)
    names = set(rows.names)
    if "messages" in names:
        fields += [pa.field(name, pa.string()) for name in TURNS if name not in names]
    if with_documents and "document_id" in names:
        fields += [pa.field(f"document_{name}", pa.string()) for name in OF_DOCUMENT]
    return pa.schema(fields)


def view(
    rows: Readable, columns: Sequence[str], documents: Readable | None = None
) -> Iterator[pa.RecordBatch]:
    """These columns of the rows, in order, batch by batch.

    Args:
        rows: passages, examples, or a plain file.
        columns: names from `schema`.
        documents: where `document_*` is looked up by `document_id`.
    """
    own = rows.schema.names
    sources = [name for name in columns if name in own]
    if any(name in TURNS and name not in own for name in columns):
        sources.append("messages")
    wanted = [name for name in columns if name not in own and name.startswith("document_")]
    lookup = _lookup(documents, wanted) if documents is not None and wanted else None
    if lookup is not None:
        sources.append("document_id")
    for batch in rows.batches(list(dict.fromkeys(sources)) or [own[0]]):
        found = lookup.take(_places(batch, lookup)) if lookup is not None else None
        arrays = [_column(name, batch, found) for name in columns]
        yield pa.record_batch(arrays, names=list(columns))


def taken(batches: Iterable[pa.RecordBatch], positions: Iterable[int]) -> dict[int, dict[str, Any]]:
    """Position -> row, of these rows; others are passed by, and none is read behind the last.

    Args:
        batches: the rows in order.
        positions: their numbers, in any order.
    """
    wanted = np.unique(np.fromiter(positions, np.int64))
    found: dict[int, dict[str, Any]] = {}
    first = 0
    for batch in batches:
        if len(found) == len(wanted):
            break
        here = wanted[(wanted >= first) & (wanted < first + len(batch))]
        rows = batch.take(pa.array(here - first)).to_pylist()
        found |= dict(zip(here.tolist(), rows, strict=True))
        first += len(batch)
    return found


def _column(name: str, batch: pa.RecordBatch, found: pa.Table | None) -> pa.Array:
    if name in batch.schema.names:
        return batch.column(name)
    if found is not None and name in found.column_names:
        return found[name].combine_chunks()
    return turns(batch.column("messages"), name)


def turns(messages: pa.ListArray, which: str) -> pa.StringArray:
    """(n_rows,) the contents of these turns of each conversation, joined by a blank line.

    Args:
        messages: (n_rows,) lists of turns, each with `role` and `content`.
        which: a key of TURNS.
    """
    lengths = pc.fill_null(pc.list_value_length(messages), 0).to_numpy()
    row = np.repeat(np.arange(len(messages)), lengths)
    flat = messages.flatten()
    contents = pc.struct_field(flat, "content")
    if which != "text":
        answers = pc.fill_null(pc.equal(pc.struct_field(flat, "role"), "assistant"), False)
        chosen = answers if which == "response" else pc.invert(answers)
        contents, row = contents.filter(chosen), row[chosen.to_numpy(zero_copy_only=False)]
    offsets = np.zeros(len(messages) + 1, np.int32)
    np.cumsum(np.bincount(row, minlength=len(messages)), out=offsets[1:])
    lists = pa.ListArray.from_arrays(pa.array(offsets), pc.fill_null(contents, ""))
    return pc.binary_join(lists, SEPARATOR)


def _lookup(documents: Readable, wanted: Sequence[str]) -> pa.Table:
    """The ids of all documents and these columns, under their `document_` names."""
    names = [name.removeprefix("document_") for name in wanted]
    table = pa.Table.from_batches(
        documents.batches(["id", *names]),
        schema=pa.schema([documents.schema.field(name) for name in ["id", *names]]),
    )
    return table.rename_columns(["id", *wanted]).combine_chunks()


def _places(batch: pa.RecordBatch, lookup: pa.Table) -> pa.Array:
    """(n_rows,) where each row's document stands in the lookup; null where it is not there."""
    return pc.index_in(batch.column("document_id"), value_set=lookup["id"].combine_chunks())
