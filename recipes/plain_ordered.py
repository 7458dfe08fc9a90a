"""Write chosen rows of a file to another of the same form, in an order of their own.

As `schemas.plain.write_kept`, which keeps the order of the file: rows go as they stand there.
"""

import json
import os
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from schemas.errors import TableError
from schemas.plain import WRITERS, check_kept, open_rows, write_rows


def write_ordered(source: Path, places: NDArray[Any], path: Path) -> None:
    """Copy rows of a plain file, or of a table's folder to a file of any form.

    Args:
        source: where the rows are.
        places: (chosen,) row numbers, in the order in which they are written.
        path: the new file; of the same suffix, if the source is a file.

    Raises:
        TableError: the suffixes differ, or the file changed meanwhile.
    """
    check_kept(source, path)
    if source.is_dir():
        rows = pa.Table.from_batches(open_rows(source).batches()).take(pa.array(places))
        write_rows(path, rows.schema, rows.to_batches())
        return
    beside = path.with_name(f".{path.name}.{os.getpid()}{path.suffix}")
    try:
        _WRITERS[source.suffix](source, places, beside)
        beside.replace(path)
    except IndexError as error:
        raise TableError(f"{source}: has other rows than were ranked. Run again.") from error
    finally:
        beside.unlink(missing_ok=True)


def _parquet(source: Path, places: NDArray[Any], path: Path) -> None:
    pq.write_table(pq.read_table(source).take(pa.array(places)), path, compression="zstd")


def _lines(source: Path, places: NDArray[Any], path: Path) -> None:
    with source.open("rb") as file:
        lines = [line.rstrip(b"\r\n") for line in file if line.strip()]
    with path.open("wb") as out:
        out.writelines(lines[place] + b"\n" for place in places)


def _array(source: Path, places: NDArray[Any], path: Path) -> None:
    rows: list[Any] = json.loads(source.read_text(encoding="utf-8"))
    chosen = [rows[place] for place in places]
    path.write_text(json.dumps(chosen, ensure_ascii=False, indent=1), encoding="utf-8")


def _csv(source: Path, places: NDArray[Any], path: Path) -> None:
    with duckdb.connect() as database:
        rows = database.sql("select * from read_csv(?, all_varchar = true)", params=[str(source)])
        database.register("chosen", rows.to_arrow_table().take(pa.array(places)))
        quoted = str(path).replace("'", "''")
        database.execute(f"copy (from chosen) to '{quoted}' {WRITERS['.csv']}")


_WRITERS = {".parquet": _parquet, ".jsonl": _lines, ".json": _array, ".csv": _csv}
