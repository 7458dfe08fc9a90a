"""Plain files as tables: `.parquet`, `.jsonl`, `.json`, `.csv`, or a table's folder.

Reading and writing are DuckDB's and Arrow's, streamed. Rows keep their `id` column; where there is
none, the row number is the id.
"""

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeAlias

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from schemas.errors import TableError
from schemas.manifest import FILE
from schemas.tables import Table

READERS = {
    ".parquet": "read_parquet(?)",
    ".jsonl": "read_json(?, format = 'newline_delimited', sample_size = -1)",
    ".json": "read_json(?, format = 'array', sample_size = -1)",
    ".csv": "read_csv(?, sample_size = -1)",
}
WRITERS = {
    ".parquet": "(format parquet, compression zstd)",
    ".jsonl": "(format json)",
    ".json": "(format json, array true)",
    ".csv": "(format csv, header true)",
}
BATCH_ROWS = 16_384


class Plain:
    """A plain file, or rows in memory, read as a table."""

    def __init__(self, rows: pa.Table) -> None:
        self._rows = rows

    @property
    def schema(self) -> pa.Schema:
        """Columns of the rows."""
        return self._rows.schema

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """The rows in order, some columns of them, a batch at a time."""
        rows = self._rows if columns is None else self._rows.select(list(columns))
        yield from rows.to_batches(max_chunksize=BATCH_ROWS)

    def dataset(self) -> pa.Table:
        """For DuckDB."""
        return self._rows


class ParquetFile:
    """A Parquet file, read as a table, anew each time and never held whole."""

    def __init__(self, path: Path) -> None:
        """Look at its columns.

        Raises:
            TableError: it cannot be read.
        """
        self.path = path
        try:
            with pq.ParquetFile(path) as file:
                self._own = file.schema_arrow
                self.n_rows = file.metadata.num_rows
        except (OSError, pa.ArrowException) as error:
            raise _unreadable(path, error) from error

    @property
    def schema(self) -> pa.Schema:
        """Columns of the rows; `id` is text, and there always."""
        others = [field for field in self._own if field.name != "id"]
        plain = [pa.field(field.name, _plain_type(field.type)) for field in others]
        return pa.schema([*plain, pa.field("id", pa.string())])

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """The rows in order, some columns of them, a batch at a time."""
        schema = self.schema
        wanted = schema.names if columns is None else list(columns)
        stored = [name for name in wanted if name in self._own.names] or self._own.names[:1]
        n_rows = 0
        for batch in ahead(self._stored(stored)):
            own = batch.column("id").cast(pa.string()) if "id" in stored else None
            if own is None or own.null_count:
                numbers = pa.array(np.arange(n_rows, n_rows + len(batch))).cast(pa.string())
                own = numbers if own is None else pc.coalesce(own, numbers)
            n_rows += len(batch)
            arrays = [
                own if name == "id" else batch.column(name).cast(schema.field(name).type)
                for name in wanted
            ]
            yield pa.record_batch(arrays, names=wanted)

    def _stored(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        try:
            with pq.ParquetFile(self.path) as file:
                yield from file.iter_batches(batch_size=BATCH_ROWS, columns=list(columns))
        except (OSError, pa.ArrowException) as error:
            raise _unreadable(self.path, error) from error

    def dataset(self) -> pa.Table:
        """For DuckDB."""
        return pa.Table.from_batches(self.batches(), schema=self.schema)


def ahead(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The same batches; the next one is read while one is worked on."""
    with ThreadPoolExecutor(1) as reader:
        waiting = reader.submit(next, batches, None)
        while (batch := waiting.result()) is not None:
            waiting = reader.submit(next, batches, None)
            yield batch


def _plain_type(kind: pa.DataType) -> pa.DataType:
    """The type without a dictionary, and with lists of the common kind."""
    if pa.types.is_dictionary(kind):
        return _plain_type(kind.value_type)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_list_view(kind):
        return pa.list_(_plain_type(kind.value_type))
    if pa.types.is_struct(kind):
        return pa.struct([pa.field(one.name, _plain_type(one.type)) for one in kind])
    return kind


def _unreadable(path: Path, error: Exception) -> TableError:
    reason = (str(error).splitlines() or ["damaged"])[0]
    return TableError(f"{path}: cannot be read as {path.suffix} ({reason}).")


Rows: TypeAlias = Plain | ParquetFile | Table
"""Rows on disk, or read from there."""


def open_rows(path: Path) -> "Rows":
    """A file or table folder as rows with an `id`.

    Raises:
        TableError: it is not there, of no known form, or cannot be read.
    """
    if (path / FILE).is_file():
        return Table(path)
    if path.suffix not in READERS or not path.is_file():
        what = "no such file" if not path.exists() else "not a table"
        raise TableError(
            f"{path}: {what}. Give a {', '.join(READERS)} file, or a table's folder with {FILE}."
        )
    if path.suffix == ".parquet":
        streamed = ParquetFile(path)
        if streamed.n_rows == 0:
            raise TableError(f"{path}: holds no rows. Nothing can be done with it.")
        return streamed
    try:
        with duckdb.connect() as database:
            found = database.sql(f"select * from {READERS[path.suffix]}", params=[str(path)])
            rows = found.to_arrow_table()
    except duckdb.Error as error:
        raise _unreadable(path, error) from error
    if rows.num_rows == 0:
        raise TableError(f"{path}: holds no rows. Nothing can be done with it.")
    numbers = pa.array(range(rows.num_rows)).cast(pa.string())
    if "id" not in rows.column_names:
        return Plain(rows.append_column("id", numbers))
    ids = pc.coalesce(rows["id"].cast(pa.string()), numbers)
    return Plain(rows.set_column(rows.column_names.index("id"), "id", ids))


def as_schema(rows: "Rows", schema: pa.Schema, path: Path) -> Plain:
    """Rows with the columns and types of a schema; a column that is not there is null.

    A JSON file is read again with these types, since those of empty lists cannot be inferred.

    Raises:
        TableError: a column cannot be read as its type.
    """
    types = {field.name: sql_type(field.type) for field in schema}
    source, values = "rows", []
    if path.suffix in (".json", ".jsonl"):
        listed = ", ".join(f"'{name}': '{kind}'" for name, kind in types.items())
        source = READERS[path.suffix].replace("sample_size = -1", f"columns = {{{listed}}}")
        values = [str(path)]
    columns = [
        f'cast("{name}" as {kind}) as "{name}"'
        if name in rows.schema.names
        else f'null::{kind} as "{name}"'
        for name, kind in types.items()
    ]
    try:
        with duckdb.connect() as database:
            database.register("rows", rows.dataset())
            found = database.sql(f"select {', '.join(columns)} from {source}", params=values)
            return Plain(found.to_arrow_table().cast(schema))
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        raise TableError(f"{path}: a column is of another type ({reason}).") from error


def sql_type(kind: pa.DataType) -> str:
    """DuckDB's name of a column type of ours."""
    if pa.types.is_list(kind):
        return f"{sql_type(kind.value_type)}[]"
    if pa.types.is_struct(kind):
        fields = ", ".join(f'"{field.name}" {sql_type(field.type)}' for field in kind)
        return f"struct({fields})"
    names = {"string": "varchar", "int64": "bigint", "int32": "integer", "bool": "boolean"}
    return names.get(str(kind), str(kind))


def write_rows(path: Path, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> None:
    """Write rows to a plain file, whole or not at all.

    Raises:
        TableError: a suffix that is not written, or a folder that is not there.
    """
    check_output(path)
    beside = path.with_name(f".{path.name}.{os.getpid()}{path.suffix}")
    try:
        if path.suffix == ".parquet":
            with pq.ParquetWriter(beside, schema, compression="zstd") as file:
                for batch in batches:
                    file.write_batch(batch)
        else:
            with duckdb.connect() as database:
                database.register("rows", pa.RecordBatchReader.from_batches(schema, iter(batches)))
                query = f"select {_selected(schema, path.suffix)} from rows"
                database.execute(f"copy ({query}) to '{_quoted(beside)}' {WRITERS[path.suffix]}")
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _selected(schema: pa.Schema, suffix: str) -> str:
    """The columns, in CSV those of lists and structures as JSON."""
    nested = [field.name for field in schema if pa.types.is_nested(field.type)]
    if suffix != ".csv" or not nested:
        return "*"
    made = [f"to_json({_name(one)}) as {_name(one)}" for one in nested]
    return f"* replace ({', '.join(made)})"


def _name(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


def check_output(path: Path) -> None:
    """Refuse an output that could not be written, before any work is done.

    Raises:
        TableError: a suffix that is not written, or a folder that is not there.
    """
    if path.suffix not in WRITERS:
        raise TableError(f"{path}: {path.suffix or 'no suffix'}, written are {', '.join(WRITERS)}.")
    if not path.parent.is_dir():
        raise TableError(f"{path}: {path.parent} is not a folder. Make it first.")


def check_kept(source: Path, path: Path) -> None:
    """Refuse a file that the rows of another cannot be copied to, before any work is done.

    Raises:
        TableError: as `check_output`, or the suffixes of the two files differ.
    """
    check_output(path)
    if source.is_file() and path.suffix != source.suffix:
        raise TableError(f"{path}: the rows of {source.name} are written as {source.suffix} only.")


def write_kept(source: Path, kept: Sequence[bool], path: Path) -> None:
    """Copy the chosen rows of a plain file to another of the same form, as they stand there.

    Args:
        source: the file that was judged.
        kept: (n_rows,) whether to copy the row.
        path: the new file, of the same suffix.

    Raises:
        TableError: the suffixes differ, or the file has other rows than were judged.
    """
    check_kept(source, path)
    beside = path.with_name(f".{path.name}.{os.getpid()}{path.suffix}")
    try:
        _COPIERS[source.suffix](source, kept, beside)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _copy_parquet(source: Path, kept: Sequence[bool], path: Path) -> None:
    with pq.ParquetFile(source) as rows:
        mask, n_rows = pa.array(kept, pa.bool_()), 0
        _same_rows(source, rows.metadata.num_rows, kept)
        with pq.ParquetWriter(path, rows.schema_arrow, compression="zstd") as out:
            for batch in rows.iter_batches(batch_size=BATCH_ROWS):
                out.write_batch(batch.filter(mask.slice(n_rows, len(batch))))
                n_rows += len(batch)


def _copy_lines(source: Path, kept: Sequence[bool], path: Path) -> None:
    with source.open("rb") as lines, path.open("wb") as out:
        n_rows = 0
        for line in lines:
            if line.strip():
                if n_rows < len(kept) and kept[n_rows]:
                    out.write(line if line.endswith(b"\n") else line + b"\n")
                n_rows += 1
        _same_rows(source, n_rows, kept)


def _copy_array(source: Path, kept: Sequence[bool], path: Path) -> None:
    rows: list[Any] = json.loads(source.read_text(encoding="utf-8"))
    _same_rows(source, len(rows), kept)
    chosen = [row for row, keep in zip(rows, kept, strict=True) if keep]
    path.write_text(json.dumps(chosen, ensure_ascii=False, indent=1), encoding="utf-8")


def _copy_csv(source: Path, kept: Sequence[bool], path: Path) -> None:
    with duckdb.connect() as database:
        rows = database.sql(
            "select * from read_csv(?, all_varchar = true)", params=[str(source)]
        ).to_arrow_table()
        _same_rows(source, rows.num_rows, kept)
        database.register("chosen", rows.filter(pa.array(kept, pa.bool_())))
        database.execute(f"copy (from chosen) to '{_quoted(path)}' {WRITERS['.csv']}")


_COPIERS = {
    ".parquet": _copy_parquet,
    ".jsonl": _copy_lines,
    ".json": _copy_array,
    ".csv": _copy_csv,
}


def _same_rows(source: Path, n_rows: int, kept: Sequence[bool]) -> None:
    if n_rows != len(kept):
        raise TableError(f"{source}: {n_rows} rows, but {len(kept)} were judged. Run again.")


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
