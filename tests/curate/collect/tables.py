"""Tables of every form, written and read by the tests of tables."""

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from curate.collect.forms import form_of
from curate.collect.tabular import Found, read
from schemas.recipe import Files
from schemas.rows import Document, Failure


def collect(path: Path, **options: str | dict[str, str]) -> list[Found]:
    source = Files.model_validate({"from": "files", "paths": ["."], **options})
    form = form_of(path, source.form)
    assert form is not None
    return list(read(path, f"file:{path.name}", source, form))


def documents(rows: list[Found]) -> list[Document]:
    return [row for row in rows if isinstance(row, Document)]


def failures(rows: list[Found]) -> list[tuple[str, str]]:
    return [(row.what, row.reason) for row in rows if isinstance(row, Failure)]


def texts(path: Path) -> list[str]:
    return [row.text for row in documents(collect(path))]


def put(path: Path, rows: list[dict[str, Any]]) -> Path:
    """The same rows in the form that the suffix names."""
    if path.suffix == ".gz":
        plain = put(path.with_suffix(""), rows)
        path.write_bytes(gzip.compress(plain.read_bytes()))
        plain.unlink()
    elif path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    elif path.suffix == ".arrow":
        table = pa.Table.from_pylist(rows)
        with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, table.schema) as stream:
            stream.write_table(table)
    elif path.suffix == ".jsonl":
        path.write_text("\n".join(map(json.dumps, rows)))
    elif path.suffix == ".json":
        path.write_text(json.dumps(rows))
    else:
        mark = "\t" if path.suffix == ".tsv" else ","
        lines = [list(rows[0]), *([str(value) for value in row.values()] for row in rows)]
        path.write_text("".join(mark.join(line) + "\n" for line in lines))
    return path
