"""Rows of an export -> files that trainers open: Parquet, JSON lines, or a folder of `datasets`.

    data/train.parquet  data/validation.parquet  data/test.parquet
    data/train.jsonl …
    dataset_dict.json  train/data-00000-of-00001.arrow  train/state.json  train/dataset_info.json …

Rows are streamed. The same rows give the same bytes, however they were batched. A split without
rows has no file. The caller makes the folder and sees to it that it appears whole or not at all.
"""

import hashlib
import itertools
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from curate.export.described import Container, Form
from curate.export.forms import columns, formed
from curate.export.rendering import Render
from schemas.errors import TableError
from schemas.rows import Split

SPLITS: dict[Split, str] = {"train": "train", "valid": "validation", "test": "test"}
"""Our name of a split -> the one that `datasets`, the Hub and trainers know."""
UNIT_ROWS = 1_024
"""Rows that are handed on together; where they are cut does not depend on the batches given."""
GROUP_UNITS = 16
GROUP_BYTES = 32 << 20
"""Bounds of a Parquet row group, a unit more at most; the Hub's viewer reads one whole."""
ARROW_FILE = "data-00000-of-00001.arrow"


@dataclass(frozen=True, slots=True)
class Written:
    """What lies in the folder."""

    files: list[dict[str, Any]]
    """Files with rows: `path` in the folder, `split` as in SPLITS' values, `rows`, `n_bytes`,
    `sha256`; in the order of SPLITS."""
    others: list[dict[str, Any]]
    """What else `datasets` needs: `path`, `n_bytes`, `sha256`."""
    left_out: Counter[str]
    """Why the form cannot hold a row -> how many, of all splits."""


def write(
    batches: Mapping[Split, Iterable[pa.RecordBatch]],
    form: Form,
    container: Container,
    folder: Path,
    render: Render | None = None,
) -> Written:
    """Write each split's rows in a form.

    Args:
        batches: split -> its rows, `curate.export.rows.ROWS`; read once, in their order.
        form: what trainers read.
        container: how it is stored.
        folder: an empty folder.
        render: how conversations become text, for forms of text.

    Raises:
        RecipeError: the form is text and there is no renderer, or its template refuses all rows.
        TableError: the form can hold none of the rows.
    """
    left_out: Counter[str] = Counter()
    files: list[dict[str, Any]] = []
    others: list[dict[str, Any]] = []
    for split, name in SPLITS.items():
        rows = _units(_made(batches.get(split, ()), form, render, left_out))
        first = next(rows, None)
        if first is not None:
            path = folder / PATHS[container].format(split=name)
            path.parent.mkdir(exist_ok=True)
            n_rows = WRITERS[container](path, columns(form), itertools.chain([first], rows))
            files.append({"split": name, "rows": n_rows, **_told(path, folder)})
    if not files:
        why = (
            ", ".join(f"{reason} ({n})" for reason, n in left_out.most_common()) or "there are none"
        )
        raise TableError(f"export: no row can be written as {form}: {why}. Name another form.")
    if container == "datasets":
        others = [_told(path, folder) for path in _states(files, folder)]
    return Written(files, others, left_out)


def _made(
    batches: Iterable[pa.RecordBatch], form: Form, render: Render | None, left_out: Counter[str]
) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        made = formed(batch, form, render)
        left_out.update(made.left_out)
        yield made.rows


def _units(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The rows again, UNIT_ROWS at a time, each column in one piece."""
    waiting: list[pa.RecordBatch] = []
    n_waiting = 0
    for batch in batches:
        for place in range(0, len(batch), UNIT_ROWS):
            piece = batch.slice(place, UNIT_ROWS)
            while n_waiting + len(piece) >= UNIT_ROWS:
                n_more = UNIT_ROWS - n_waiting
                yield _joined([*waiting, piece.slice(0, n_more)])
                waiting, n_waiting, piece = [], 0, piece.slice(n_more)
            if len(piece):
                waiting, n_waiting = [*waiting, piece], n_waiting + len(piece)
    if waiting:
        yield _joined(waiting)


def _joined(pieces: list[pa.RecordBatch]) -> pa.RecordBatch:
    return pa.concat_batches(pieces)


def _parquet(path: Path, schema: pa.Schema, units: Iterable[pa.RecordBatch]) -> int:
    """Write them; a row group ends by its rows or its bytes."""
    n_rows = 0
    with pq.ParquetWriter(path, schema, compression="zstd", write_page_index=True) as file:
        for group in _groups(units):
            file.write_table(group, row_group_size=len(group))
            n_rows += len(group)
    return n_rows


def _groups(units: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    group: list[pa.RecordBatch] = []
    for unit in units:
        group.append(unit)
        if len(group) == GROUP_UNITS or sum(one.nbytes for one in group) >= GROUP_BYTES:
            yield pa.Table.from_batches(group).combine_chunks()
            group = []
    if group:
        yield pa.Table.from_batches(group).combine_chunks()


def _lines(path: Path, schema: pa.Schema, units: Iterable[pa.RecordBatch]) -> int:
    """Write them a group at a time: DuckDB's own COPY held 2 GiB of two million rows back."""
    n_rows = 0
    with path.open("wb") as file, duckdb.connect() as database:
        for group in _groups(units):
            database.register("rows", group)
            lines = database.sql("select to_json(row) || chr(10) as line from rows as row")
            for line in lines.to_arrow_table()["line"].chunks:
                file.write(_bytes(line))
            n_rows += len(group)
    return n_rows


def _bytes(lines: pa.Array) -> memoryview:
    """All lines one behind the other, as they lie in Arrow."""
    _, offsets, data = lines.cast(pa.large_string()).buffers()
    ends = np.frombuffer(offsets, np.int64)[lines.offset : lines.offset + len(lines) + 1]
    return memoryview(data)[ends[0] : ends[-1]]


def _arrow(path: Path, schema: pa.Schema, units: Iterable[pa.RecordBatch]) -> int:
    n_rows = 0
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, schema) as stream:
        for unit in units:
            stream.write_batch(unit)
            n_rows += len(unit)
    return n_rows


PATHS: dict[Container, str] = {
    "parquet": "data/{split}.parquet",
    "jsonl": "data/{split}.jsonl",
    "datasets": "{split}/" + ARROW_FILE,
}
WRITERS: dict[Container, Callable[[Path, pa.Schema, Iterable[pa.RecordBatch]], int]] = {
    "parquet": _parquet,
    "jsonl": _lines,
    "datasets": _arrow,
}


def _states(files: list[dict[str, Any]], folder: Path) -> Iterator[Path]:
    """What `DatasetDict.save_to_disk` writes beside the rows (datasets 5.2, `arrow_dataset.py`).

    Columns are left to the Arrow schema, so that versions with other names of features read it.
    """
    splits = [file["split"] for file in files]
    yield _json(folder / "dataset_dict.json", {"splits": splits})
    for file in files:
        state = {
            "_data_files": [{"filename": ARROW_FILE}],
            "_fingerprint": file["sha256"][:16],
            "_format_columns": None,
            "_format_kwargs": {},
            "_format_type": None,
            "_output_all_columns": False,
            "_split": file["split"],
        }
        yield _json(folder / file["split"] / "state.json", state)
        yield _json(folder / file["split"] / "dataset_info.json", {"features": None})


def _json(path: Path, told: Mapping[str, Any]) -> Path:
    path.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    return path


def _told(path: Path, folder: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    name = path.relative_to(folder).as_posix()
    return {"path": name, "n_bytes": path.stat().st_size, "sha256": digest}
