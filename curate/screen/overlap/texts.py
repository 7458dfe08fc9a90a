"""What of a row's columns is text, joined to one text a row. Vectorised by Arrow, batch by batch.

Files of instructions have their questions in columns, lists of turns and lists of options. All
strings in them count, in the order in which they stand, and numbers beside strings. Invalid UTF-8
is kept as it is: the bytes are compared as words are, and no row is lost by them.
"""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

BETWEEN = pa.scalar(b"\n", pa.large_binary())
"""Between two strings of one row: a word never goes over it."""
NOTHING = pa.scalar(b"", pa.large_binary())


def joined(columns: Sequence[pa.Array], n_rows: int) -> pa.LargeBinaryArray:
    """(n_rows,) all text of each row; empty where there is none."""
    texts = [text for column in columns if (text := flat(column)) is not None]
    if not texts:
        return pa.array([b""] * n_rows, pa.large_binary())
    return texts[0] if len(texts) == 1 else _side_by_side(texts)


def flat(column: pa.Array) -> pa.LargeBinaryArray | None:
    """(rows,) the strings of one column, a row's joined by BETWEEN; None where it holds none."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return flat(column.dictionary_decode())
    if pa.types.is_string_view(kind):
        column = column.cast(pa.large_string())
    if _is_text(column.type):
        return pc.fill_null(column.cast(pa.large_binary()), b"")
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return pc.fill_null(column.cast(pa.large_string()).cast(pa.large_binary()), b"")
    if pa.types.is_struct(kind):
        inner = [column.field(number) for number in range(kind.num_fields)]
        texts = [text for one in inner if (text := flat(one)) is not None]
        return _side_by_side(texts) if texts else None
    if pa.types.is_map(kind):
        return flat(
            column.cast(pa.list_(pa.struct([("key", kind.key_type), ("value", kind.item_type)])))
        )
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return _of_lists(column)
    return None


def _is_text(kind: pa.DataType) -> bool:
    checks = (
        pa.types.is_string,
        pa.types.is_large_string,
        pa.types.is_binary,
        pa.types.is_large_binary,
    )
    return any(check(kind) for check in checks)


def _of_lists(column: pa.Array) -> pa.LargeBinaryArray | None:
    """The strings of each list; numbers alone are vectors, not text."""
    values = column.flatten()
    if pa.types.is_floating(values.type):
        return None
    texts = flat(values)
    if texts is None:
        return None
    lengths = pc.fill_null(pc.list_value_length(column), 0).to_numpy()
    offsets = np.zeros(len(column) + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    ended = pc.binary_join_element_wise(texts, NOTHING, BETWEEN)
    starts = np.frombuffer(ended.buffers()[1], np.int64)[: len(ended) + 1]
    data = ended.buffers()[2]
    return pa.LargeBinaryArray.from_buffers(
        pa.large_binary(), len(column), [None, pa.py_buffer(starts[offsets]), data]
    )


def _side_by_side(texts: Sequence[pa.LargeBinaryArray]) -> pa.LargeBinaryArray:
    return pc.binary_join_element_wise(*texts, BETWEEN)
