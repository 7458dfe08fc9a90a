"""The stages over plain files, without a recipe: what the verbs of the same names do.

Every function reads files or table folders and writes one output, whole or not at all.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from schemas.errors import RecipeError, TableError
from schemas.plain import (
    Plain,
    as_schema,
    check_kept,
    check_output,
    open_rows,
    write_kept,
    write_rows,
)
from schemas.recipe import Screen, Segment
from schemas.rows import DOCUMENTS, PASSAGES, Failure
from schemas.tables import Table, Writer

Rows = Plain | Table


def segment(path: Path, out: Path, settings: Segment) -> dict[str, Any]:
    """Cut documents into passages."""
    from curate.segment import segment as cut

    began = time.monotonic()
    check(out)
    documents = conform(path, DOCUMENTS, ("text",), "documents")
    n_rows = write(out, PASSAGES, cut(documents.batches(), settings), (), {}, "segment")
    return {"passages": n_rows, "seconds": round(time.monotonic() - began, 3)}


def screen(
    path: Path,
    out: Path,
    settings: Screen,
    text: Sequence[str],
    kept: Path | None,
    rejected: Path | None,
    documents: Path | None,
) -> dict[str, Any]:
    """Judge the rows of a file; write verdicts and measured columns in the order of the rows.

    Args:
        path: the rows.
        out: where `id, kept, failed, duplicate_of, similarity` and the measured columns go.
        settings: measures, rules, unique.
        text: columns that are the text, joined by blank lines; found by their names where empty.
        kept: file for the rows that pass, in the form of the input.
        rejected: file for the others.
        documents: where `document_*` and the evidence are looked up.
    """
    from curate.screen import catalog
    from curate.screen.gate import DUPLICATES, gather, measure, plan
    from curate.screen.judge import judge

    began = time.monotonic()
    check_output(out)
    for one in filter(None, (kept, rejected)):
        check_kept(path, one)
    rows = with_text(open_rows(path), text, path)
    source = open_rows(documents) if documents else None
    gate = "examples" if "messages" in rows.schema.names else "passages"
    planned = plan(settings, gate, rows.schema, source is not None, "screen")  # type: ignore[arg-type]
    tables: dict[str, Plain] = {}
    for name, given in planned.measures.items():
        measured = measure(name, given, rows, source)
        tables[name] = Plain(pa.Table.from_batches(measured.batches, schema=measured.schema))
    pairs = tables.pop(DUPLICATES).dataset() if DUPLICATES in tables else None
    seen = gather(planned, rows, source, tables)
    verdicts = judge(seen, planned.keep, planned.unique, pairs)
    for name, table in tables.items():
        for column in catalog.get(name, "screen").columns:
            verdicts = verdicts.append_column(column, table.dataset()[column])
    passed = verdicts["kept"].to_pylist()
    write_rows(out, verdicts.schema, verdicts.to_batches())
    if kept:
        _copy(path, passed, kept)
    if rejected:
        _copy(path, [not one for one in passed], rejected)
    counts = pc.value_counts(pc.list_flatten(verdicts["failed"])).to_pylist()
    return {
        "rows": len(verdicts),
        "kept": sum(passed),
        "rules": {one["values"]: one["counts"] for one in counts},
        "seconds": round(time.monotonic() - began, 3),
    }


def _copy(source: Path, chosen: Sequence[bool], out: Path) -> None:
    """Rows of a file in its own form; rows of a table's folder in any."""
    if source.is_file():
        write_kept(source, chosen, out)
        return
    rows = open_rows(source)
    table = pa.Table.from_batches(rows.batches(), schema=rows.schema)
    write_rows(out, rows.schema, table.filter(pa.array(chosen)).to_batches())


TEXT = (
    ("text",),
    ("messages",),
    ("instruction", "input", "output"),
    ("instruction", "output"),
    ("prompt", "completion"),
    ("question", "answer"),
    ("abstract",),
    ("content",),
)
"""Columns that are taken for the text, the first that are all there."""


def with_text(rows: Rows, named: Sequence[str], path: Path) -> Rows:
    """Rows with a column `text`: as it is, made from messages, or joined from several columns.

    Raises:
        RecipeError: a named column is not there, or none is known to be text.
    """
    have = rows.schema.names
    for column in named:
        if column not in have:
            raise RecipeError(f"--text {column}: not a column of {path}; it has {', '.join(have)}.")
    columns = tuple(named) or next((group for group in TEXT if set(group) <= set(have)), ())
    if not columns:
        raise RecipeError(
            f"{path}: no column is known to be text; it has {', '.join(have)}. "
            f"Name one with --text."
        )
    if columns == ("messages",):
        _check_messages(rows.schema, path)
    if columns in (("text",), ("messages",)):
        return rows
    table = pa.Table.from_batches(rows.batches(), schema=rows.schema)
    joined = pc.binary_join_element_wise(
        *[pc.fill_null(table[column].cast(pa.string()), "") for column in columns], "\n\n"
    )
    if "text" in have:
        table = table.drop_columns("text")
    return Plain(table.append_column("text", joined))


def _check_messages(columns: pa.Schema, path: Path) -> None:
    """Refuse a column `messages` that holds no conversations."""
    kind = columns.field("messages").type
    turn = kind.value_type if pa.types.is_list(kind) else None
    wanted = {"role", "content"}
    if turn is None or not (pa.types.is_struct(turn) and wanted <= {field.name for field in turn}):
        raise TableError(
            f"{path}: the column messages is {kind}, not a list of turns with role and content. "
            f"Mend it, or name the text with --text."
        )


def check(out: Path) -> None:
    """Refuse an output that could not be written, before any work is done."""
    if out.suffix:
        check_output(out)
    else:
        check_folder(out)


def check_folder(out: Path) -> None:
    """Refuse a folder that cannot be written, or holds something else than a table.

    Raises:
        TableError: says why.
    """
    if not out.parent.is_dir():
        raise TableError(f"{out}: {out.parent} is not a folder. Make it first.")
    if out.exists() and not (out / "manifest.json").is_file() and any(out.iterdir()):
        raise TableError(f"{out}: exists and is not a table. Name another folder.")


def folder(out: Path) -> Writer:
    """A writer of a table folder that the user named."""
    check_folder(out)
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
    with folder(out) as writer:
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


def conform(path: Path, schema: pa.Schema, needed: Sequence[str], what: str) -> Plain | Table:
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
