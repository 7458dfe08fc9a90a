"""A column of text, as measures that need valid Unicode read it."""

import pyarrow as pa


def readable(column: pa.Array) -> pa.Array:
    """The column as large_string. Of binaries, bytes that are no UTF-8 become U+FFFD.

    Nulls stay. Only a column that holds such bytes costs Python, a call a row.
    """
    try:
        return column.cast(pa.large_string())
    except pa.ArrowInvalid:
        rows = column.cast(pa.large_binary()).to_pylist()
        texts = [None if row is None else row.decode("utf-8", "replace") for row in rows]
        return pa.array(texts, pa.large_string())
