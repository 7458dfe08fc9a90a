"""Rows of exported files, read back by DuckDB: what is in them, whatever their container.

Reads Parquet, JSON lines and the Arrow streams of a `datasets` folder.
"""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from curate.export.manifest import DataFile, Named
from curate.export.rows import ROWS
from schemas.errors import TableError
from schemas.plain import sql_type

if TYPE_CHECKING:
    from collections.abc import Callable

KEYS = ("id", "part", "license", "source", "teacher", "epoch", "document_id", "also_from")
"""Columns that tell rows apart and group them; they fit in memory where texts do not."""
QUOTED = ("id", "document_id", "start", "end", "context", "evidence")
"""Columns that say what a row quotes."""
LONGEST_ROW = 1 << 26
"""Bytes of a row in JSON lines."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Rows in the files."""

    rows: dict[str, int]
    """Split -> rows."""
    parts: list[Named]
    licenses: list[Named]
    teachers: list[Named]


@contextlib.contextmanager
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory that loads no code and asks no network."""
    config: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    with duckdb.connect(config=config) as one:
        yield one


def selected(one: duckdb.DuckDBPyConnection, path: Path, columns: Sequence[str]) -> str:
    """SQL that selects these columns of a data file, each of its own type; it can be run once.

    Raises:
        TableError: the file is of no known kind, or no file.
    """
    types = {name: sql_type(ROWS.field(name).type) for name in columns}
    if path.suffix not in READERS:
        raise TableError(f"{path}: rows are in {', '.join(READERS)} files.")
    listed = ", ".join(f'cast("{name}" as {kind}) as "{name}"' for name, kind in types.items())
    return f"select {listed} from {READERS[path.suffix](one, path, types)}"


def _parquet(one: duckdb.DuckDBPyConnection, path: Path, types: Mapping[str, str]) -> str:
    return f"read_parquet({_text(path)})"


def _lines(one: duckdb.DuckDBPyConnection, path: Path, types: Mapping[str, str]) -> str:
    columns = ", ".join(f"'{name}': '{kind}'" for name, kind in types.items())
    return (
        f"read_json({_text(path)}, format = 'newline_delimited', columns = {{{columns}}}, "
        f"maximum_object_size = {LONGEST_ROW})"
    )


def _stream(one: duckdb.DuckDBPyConnection, path: Path, types: Mapping[str, str]) -> str:
    try:
        reader = pa.ipc.open_stream(pa.memory_map(str(path)))
    except (OSError, pa.ArrowException) as error:
        raise TableError(f"{path}: cannot be read ({first_line(error)}).") from error
    one.register("streamed", reader)
    return "streamed"


READERS: "dict[str, Callable[[duckdb.DuckDBPyConnection, Path, Mapping[str, str]], str]]" = {
    ".parquet": _parquet,
    ".jsonl": _lines,
    ".arrow": _stream,
}


def _text(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def first_line(error: Exception) -> str:
    """What an error says, in one printable line."""
    line = (str(error).splitlines() or [type(error).__name__])[0]
    return "".join(one if one.isprintable() else " " for one in line)[:300]


def load_keys(one: duckdb.DuckDBPyConnection, folder: Path, data: Sequence[DataFile]) -> None:
    """Make a table `keys` of KEYS, `split` and `path` from all data files.

    Raises:
        duckdb.Error, TableError: a file cannot be read, or lacks a column.
    """
    types = ", ".join(f'"{name}" {sql_type(ROWS.field(name).type)}' for name in KEYS)
    one.execute(f"create or replace temp table keys (split varchar, path varchar, {types})")
    for file in data:
        rows = selected(one, folder / file.path, KEYS)
        one.execute(f"insert into keys select ?, ?, * from ({rows})", [file.split, file.path])


def counted(one: duckdb.DuckDBPyConnection) -> Counted:
    """What the table `keys` holds."""
    splits = one.execute("select split, count(*) from keys group by 1 order by 1").fetchall()
    return Counted(
        rows=dict(splits), parts=_by(one, "part"), licenses=_by(one, "license"),
        teachers=_by(one, "teacher"),
    )  # fmt: skip


def _by(one: duckdb.DuckDBPyConnection, column: str) -> list[Named]:
    found = one.execute(
        f"select {column}, count(*) from keys group by 1 order by 2 desc, 1 nulls last"
    ).fetchall()
    return [Named(name=name, rows=rows) for name, rows in found]


def count(folder: Path, data: Sequence[DataFile]) -> Counted:
    """Rows of the data files by split, part, licence and teacher.

    Raises:
        TableError: a file cannot be read, or lacks a column.
    """
    with database() as one:
        try:
            load_keys(one, folder, data)
            return counted(one)
        except (duckdb.Error, pa.ArrowException) as error:
            raise TableError(
                f"{folder}: rows cannot be read back ({first_line(error)})."
            ) from error
