"""Documents one by one -> Arrow batches, what failed or was skipped in its place among them."""

import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Any, TypeAlias

import pyarrow as pa

from schemas.rows import DOCUMENTS, Document, Failure, Skipped

ROWS = 256
CHARACTERS = 4 << 20
SECONDS = 2.0
"""A batch ends at this many documents, this much text, or after this time."""

Batched: TypeAlias = pa.RecordBatch | Failure | Skipped


def batches(found: Iterable[Document | Failure | Skipped]) -> Iterator[Batched]:
    """Batches of DOCUMENTS without part and split, in order."""
    documents: list[Document] = []
    n_characters, since = 0, time.monotonic()
    for one in found:
        if isinstance(one, Document):
            documents.append(one)
            n_characters += len(one.text)
            late = time.monotonic() - since > SECONDS
            if len(documents) < ROWS and n_characters < CHARACTERS and not late:
                continue
        if documents:
            yield batch(documents)
            documents, n_characters, since = [], 0, time.monotonic()
        if not isinstance(one, Document):
            yield one
    if documents:
        yield batch(documents)


def batch(documents: Sequence[Document]) -> pa.RecordBatch:
    """One batch of DOCUMENTS, column by column: five times as fast as row by row."""
    return pa.record_batch([_column(field, documents) for field in DOCUMENTS], schema=DOCUMENTS)


def _column(field: pa.Field, documents: Sequence[Document]) -> pa.Array:
    if field.name in ("part", "split"):
        return pa.nulls(len(documents), field.type)
    values = [getattr(document, field.name) for document in documents]
    if pa.types.is_list(field.type) and pa.types.is_struct(field.type.value_type):
        return _structs(field.type, values)
    return pa.array(values, field.type)


def _structs(kind: pa.ListType, lists: Sequence[Sequence[Any]]) -> pa.ListArray:
    """Lists of dataclasses as lists of structs."""
    offsets = pa.array([0, *accumulate(map(len, lists))], pa.int32())
    flat = [one for values in lists for one in values]
    fields = list(kind.value_type)
    columns = [pa.array([getattr(one, each.name) for one in flat], each.type) for each in fields]
    return pa.ListArray.from_arrays(
        offsets, pa.StructArray.from_arrays(columns, fields=fields), type=kind
    )
