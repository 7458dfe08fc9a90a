"""Changes of an exported folder, as an accident or a forger makes them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from curate.export.described import Container
from curate.export.manifest import FILE, sha256_of
from curate.export.verify import Verified
from schemas.rows import DOCUMENTS

DATA = {"parquet": "data/train.parquet", "jsonl": "data/train.jsonl",
        "datasets": "train/data-00000-of-00001.arrow"}  # fmt: skip
CONTAINERS: list[Container] = ["parquet", "jsonl", "datasets"]


def whats(verified: Verified) -> set[str]:
    return {one.what for one in verified.findings}


def rewrite(folder: Path, change: Callable[[pa.Table], pa.Table]) -> None:
    """Change the rows of the training file, and give the manifest its hash, as a forger does."""
    path = folder / DATA["parquet"]
    rows = change(pq.read_table(path))
    pq.write_table(rows, path)
    forge(folder, lambda one: one | {
        "files": [
            each | {"sha256": sha256_of(folder / each["path"]),
                    "n_bytes": (folder / each["path"]).stat().st_size}
            for each in one["files"]
        ]
    })  # fmt: skip


def forge(folder: Path, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    path = folder / FILE
    path.write_text(json.dumps(change(json.loads(path.read_text()))))


def set_value(rows: pa.Table, column: str, place: int, value: Any) -> pa.Table:  # noqa: ANN401
    values = rows[column].to_pylist()
    values[place] = value
    field = rows.schema.field(column)
    return rows.set_column(rows.schema.get_field_index(column), field, pa.array(values, field.type))


def as_table(documents: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(documents, schema=DOCUMENTS)
