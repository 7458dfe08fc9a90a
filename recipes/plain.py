"""The stages over plain files, without a recipe: what the verbs of the same names do.

Every function reads files or table folders and writes one output, whole or not at all.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from schemas import manifest
from schemas.errors import TableError
from schemas.plain import (
    Rows,
    as_schema,
    check_output,
    open_rows,
    write_rows,
)
from schemas.recipe import Segment
from schemas.rows import DOCUMENTS, PASSAGES, Failure
from schemas.tables import FAILURES_FILE, Writer


def segment(path: Path, out: Path, settings: Segment) -> dict[str, Any]:
    """Cut documents into passages."""
    from curate.segment import segment as cut

    began = time.monotonic()
    check(out)
    documents = conform(path, DOCUMENTS, ("text",), "documents")
    n_rows = write(out, PASSAGES, cut(documents.batches(), settings), (), {}, "segment")
    return {"passages": n_rows, "seconds": round(time.monotonic() - began, 3)}


def check(out: Path) -> None:
    """Refuse an output that could not be written, before any work is done."""
    if out.suffix:
        check_output(out)
    else:
        check_folder(out)


def check_folder(out: Path, stage: str | None = None) -> None:
    """Refuse a folder that cannot be written, or holds something else than a table.

    Args:
        out: the folder.
        stage: whose table may be replaced; anybody's by default.

    Raises:
        TableError: says why.
    """
    if not out.parent.is_dir():
        raise TableError(f"{out}: {out.parent} is not a folder. Make it first.")
    if out.exists() and not out.is_dir():
        raise TableError(f"{out}: is a file. Name a folder.")
    if out.exists() and any(out.iterdir()) and not _is_table(out, stage):
        kind = f"table of {stage}" if stage else "table"
        raise TableError(
            f"{out}: exists and is not a {kind}, or holds more than one. Name another folder."
        )


def _is_table(folder: Path, stage: str | None) -> bool:
    """Whether a folder holds a table and nothing else, so that another may take its place."""
    try:
        found = manifest.read(folder)
    except TableError:
        return False
    if found is None or stage not in (None, found.stage):
        return False
    own = {one.file.partition("/")[0] for one in (*found.parts, *found.files)}
    return {one.name for one in folder.iterdir()} <= {*own, manifest.FILE, FAILURES_FILE}


def folder(out: Path, stage: str) -> Writer:
    """A writer of a table folder that the user named."""
    check_folder(out, stage)
    return Writer(out)


def finish(writer: Writer, stage: str, parameters: dict[str, Any]) -> None:
    """Close a table that belongs to no recipe."""
    from recipes.runner import RETORT

    writer.finish(
        stage=stage, version=1, fingerprint="", parameters=parameters, parents=[], retort=RETORT
    )


def write(
    out: Path,
    schema: pa.Schema,
    batches: Iterable[pa.RecordBatch],
    failures: Sequence[Failure],
    skipped: Mapping[str, int],
    stage: str,
    requested: Callable[[], int] | None = None,
    facts: Callable[[], dict[str, Any]] = dict,
) -> int:
    """Write rows to a file or a table folder; gives how many there were.

    Args:
        out: a file, or a folder where it has no suffix.
        schema: columns of the rows.
        batches: the rows.
        failures: what was not obtained, read once the rows are.
        skipped: reason -> what was left out, read once the rows are.
        stage: who makes it.
        requested: what was asked for besides what was skipped; rows and failures by default.
        facts: numbers for a folder's manifest, read once the rows are.
    """
    n_rows = 0

    def counted() -> Iterator[pa.RecordBatch]:
        nonlocal n_rows
        for batch in batches:
            n_rows += len(batch)
            yield batch

    if out.suffix:
        write_rows(out, schema, counted())
        return n_rows
    with folder(out, stage) as writer:
        writer.schema = schema
        for batch in counted():
            writer.write(batch)
        for failure in failures:
            writer.fail(failure)
        for reason, count in skipped.items():
            if count:
                writer.skip(reason, count)
        if requested is not None:
            writer.requested = requested() + writer.skipped
        writer.facts |= facts()
        finish(writer, stage, {})
    return n_rows


def conform(path: Path, schema: pa.Schema, needed: Sequence[str], what: str) -> Rows:
    """Rows of a file with every column of a schema; those that are not there are null.

    Raises:
        TableError: a column that cannot be null is missing, or one has another type.
    """
    rows = open_rows(path)
    missing = [name for name in needed if name not in rows.schema.names]
    if missing:
        raise TableError(
            f"{path}: has no column {', '.join(missing)}, so these are not {what}; it has "
            f"{', '.join(rows.schema.names)}."
        )
    return rows if rows.schema.equals(schema) else as_schema(rows, schema, path)
