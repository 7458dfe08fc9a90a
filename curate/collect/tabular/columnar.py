"""Parquet and Arrow IPC (streams, as `datasets` saves them, and files) -> rows in batches.

Reads a file batch by batch. A batch is bounded in rows, and where a string stands in it many times
it is held once, so that few bytes cannot become many.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from curate.collect.tabular.table import COLUMNS, RECORD_CHARACTERS, Numbered, one_line, too_large
from schemas.rows import Failure

BATCH_ROWS = 1024
BATCH_BYTES = 1 << 25
"""Rows are made of a batch in slices of about this many bytes."""
BUFFER_BYTES = 1 << 20
ROWS_PER_BYTE = 64
"""Rows that a byte of a file may stand for; beyond it and FEW_ROWS the row count is a trick."""
FEW_ROWS = 1 << 17
ARROW_FILE = b"ARROW1"


def parquet(path: Path, name: str) -> Iterator[Numbered]:
    """The rows of a Parquet file."""
    yield from _numbered(path, name, _parquet_batches(path))


def arrow(path: Path, name: str) -> Iterator[Numbered]:
    """The rows of an Arrow IPC stream or file."""
    yield from _numbered(path, name, _arrow_batches(path))


class _TooLargeError(Exception):
    pass


def _numbered(path: Path, name: str, batches: Iterator[pa.RecordBatch]) -> Iterator[Numbered]:
    number, limit = 0, _most_rows(path)
    try:
        for batch in batches:
            if batch.num_columns > COLUMNS:
                raise _TooLargeError(f"{batch.num_columns} columns, at most {COLUMNS} are read")
            if number + len(batch) > limit:
                raise _TooLargeError(f"more rows than its bytes can hold, which is {limit}")
            for size, rows in _slices(batch):
                for row in rows:
                    number += 1
                    if isinstance(row, str):
                        yield Numbered(number, too_large(f"{name}:{number}", row))
                    else:
                        yield Numbered(number, row, size)
    except _TooLargeError as error:
        yield Numbered(0, too_large(name, str(error)))
    except (pa.ArrowException, UnicodeDecodeError, ValueError, OverflowError) as error:
        yield Numbered(0, Failure(name, "unreadable", one_line(error)))


def _most_rows(path: Path) -> int:
    """Rows that a file of this size may have."""
    return max(FEW_ROWS, ROWS_PER_BYTE * path.stat().st_size)


def _parquet_batches(path: Path) -> Iterator[pa.RecordBatch]:
    footer = pq.read_metadata(path)
    if footer.num_columns > COLUMNS:
        raise _TooLargeError(f"{footer.num_columns} columns, at most {COLUMNS} are read")
    if footer.num_rows > _most_rows(path):
        raise _TooLargeError(f"it says that it has {footer.num_rows} rows, in too few bytes")
    strings = [field.name for field in footer.schema.to_arrow_schema() if _is_text(field.type)]
    n_rows = 0
    with pq.ParquetFile(
        path, read_dictionary=strings, buffer_size=BUFFER_BYTES, pre_buffer=False
    ) as table:
        for batch in table.iter_batches(batch_size=BATCH_ROWS):
            n_rows += len(batch)
            yield batch
    if n_rows != footer.num_rows:
        raise ValueError(f"it says that it has {footer.num_rows} rows, and {n_rows} were read")


def _arrow_batches(path: Path) -> Iterator[pa.RecordBatch]:
    with pa.memory_map(str(path)) as source:
        start = source.read(len(ARROW_FILE))
        source.seek(0)
        if start == ARROW_FILE:
            file = pa.ipc.open_file(source)
            found = map(file.get_batch, range(file.num_record_batches))
        else:
            found = iter(pa.ipc.open_stream(source))
        for batch in found:
            # Offsets of a file that lies would be followed out of its memory.
            batch.validate(full=True)
            yield batch


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_binary(kind))


def _slices(batch: pa.RecordBatch) -> Iterator[tuple[int, list[Any]]]:
    """(bytes a row, rows) of a batch, a stretch at a time; for a row too large, what it is."""
    start = 0
    while start < len(batch):
        n_rows = len(batch) - start
        while (n_bytes := _n_bytes(batch.slice(start, n_rows))) > BATCH_BYTES and n_rows > 1:
            n_rows = max(1, n_rows // 2)
        if n_bytes > RECORD_CHARACTERS:
            yield 0, [f"a row of {n_bytes} bytes, at most {RECORD_CHARACTERS} are read"] * n_rows
        else:
            yield n_bytes // n_rows, _rows(_decoded(batch.slice(start, n_rows)))
        start += n_rows


def _decoded(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The rows with every string in its place; making Python objects is four times as fast then."""
    columns = [
        column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
        for column in batch.columns
    ]
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def _rows(batch: pa.RecordBatch) -> list[dict[str, Any]]:
    """The rows as Python objects; a cell that cannot be one is made text, or nothing."""
    try:
        rows: list[dict[str, Any]] = batch.to_pylist()
    except (ValueError, OverflowError):
        columns = [[_cell(scalar) for scalar in column] for column in batch.columns]
        names = batch.schema.names
        rows = [dict(zip(names, cells, strict=True)) for cells in zip(*columns, strict=True)]
    return rows


def _cell(scalar: pa.Scalar) -> Any:  # noqa: ANN401  any value
    try:
        return scalar.as_py()
    except UnicodeDecodeError:
        if _is_text(scalar.type):
            return scalar.as_buffer().to_pybytes().decode("utf-8", "replace")
    except (ValueError, OverflowError):
        if pa.types.is_temporal(scalar.type):
            return scalar.cast(pa.string()).as_py()
    return None


def _n_bytes(batch: pa.RecordBatch) -> int:
    """Bytes of the rows once every string stands in each of them."""
    total = 0
    for column in batch.columns:
        if pa.types.is_dictionary(column.type) and _is_text(column.type.value_type):
            lengths = pc.binary_length(column.dictionary)
            total += pc.sum(lengths.take(column.indices)).as_py() or 0
        else:
            total += column.nbytes
    return total
