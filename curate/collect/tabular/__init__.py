"""JSON, JSON Lines, CSV, Parquet and Arrow -> one document a row. Reads a file row by row.

A table has any columns. What its rows are, documents or ready instructions, is told by the columns
of the first ones (`columns.py`); those with the name of a document's column become it, `fields` of
the recipe names others, the rest goes to `metadata`.
"""

import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from curate.collect import conversations
from curate.collect.tabular.columns import Documents, Instructions, check_fields, choose, is_row
from curate.collect.tabular.table import Numbered, Row, one_line
from schemas.recipe import Files, Form
from schemas.rows import Document, Failure, Skipped

__all__ = ["check_fields", "read"]

HEAD_ROWS = 100
"""Rows that are looked at before a file is said to have no such column."""
HEAD_BYTES = 1 << 24

Found = Document | Failure | Skipped


def read(path: Path, name: str, source: Files, form: Form) -> Iterator[Found]:
    """Documents of one table, in the order of its rows.

    A row without text and a row that cannot be understood are failures; a row that is left out on
    purpose is skipped; a file that cannot be read is one failure after what was read of it.

    Args:
        path: the table, packed by gzip or not.
        name: what documents call it.
        source: `fields` (a document's column, or what a form of instructions knows -> a column of
            the file), and `form` where it says what the rows are. No other setting is applied.
        form: how its bytes are read: json, jsonl, csv, parquet or arrow.

    Raises:
        RecipeError: `fields` names a column that neither documents nor instruction sets have.
        TableError: the file has no columns for text or instructions, or not those that `fields`
            and `form` name.
    """
    check_fields(source.fields)
    rows = _guarded(_rows(path, name, source.fields, form), name)
    head: list[Numbered] = []
    size, is_empty = 0, True
    for one in rows:
        is_empty = False
        # Failures before the first row need not wait for it.
        if isinstance(one.row, Failure) and not head:
            yield one.row
            continue
        head.append(one)
        size += one.size
        if len(head) >= HEAD_ROWS or size >= HEAD_BYTES:
            break
    if is_empty:
        yield Failure(name, "empty", "it holds no row")
    if head:
        values = [one.row for one in head if isinstance(one.row, Mapping)]
        wanted = source.form if source.form in conversations.FORMS else None
        layout = choose(name, values, source.fields, wanted)
        for one in head:
            yield from _found(one, layout, name, form)
        head.clear()
        for one in rows:
            yield from _found(one, layout, name, form)


def _found(
    one: Numbered, layout: Documents | Instructions, name: str, form: Form
) -> Iterator[Found]:
    """What one row gives; a question with several answers may give several."""
    if isinstance(one.row, Failure):
        yield one.row
        return
    what = f"{name}:{one.number}"
    try:
        if isinstance(layout, Documents):
            from curate.collect.tabular import papers

            source = f"{name}#{_key(one, layout.columns)}"
            yield papers.document(one.row, layout, source=source, what=what, form=form)
        else:
            source = f"{name}#{_key(one, layout.others)}"
            yield from conversations.documents(
                one.row, layout.form, layout.columns, layout.others, source=source, what=what
            )
    except RecursionError:
        yield Failure(what, "bad-record", "it is nested too deeply")


def _key(one: Numbered, columns: Mapping[str, str]) -> str:
    """What a row is called: its id, or its number."""
    from curate.collect.plain_text import clean

    row: Row = one.row if isinstance(one.row, Mapping) else {}
    key = row.get(columns.get("id", ""))
    said = "" if key is None else " ".join(clean(str(key)).split())
    return said or str(one.number)


def _guarded(rows: Iterator[Numbered], name: str) -> Iterator[Numbered]:
    """The rows, and a failure where the file cannot be opened or read on."""
    try:
        yield from rows
    except (OSError, EOFError, zlib.error) as error:
        detail = getattr(error, "strerror", None) or one_line(error)
        yield Numbered(0, Failure(name, "unreadable", detail))


def _rows(path: Path, name: str, fields: Mapping[str, str], form: Form) -> Iterator[Numbered]:
    """The rows of a file, by a reader that is imported only now."""
    if form == "csv":
        from curate.collect.tabular import delimited

        yield from delimited.rows(path, name)
    elif form in ("parquet", "arrow"):
        from curate.collect.tabular import columnar

        yield from (columnar.parquet if form == "parquet" else columnar.arrow)(path, name)
    else:
        from curate.collect.tabular import json_lines, json_values

        if json_lines.has_lines(path, form == "jsonl"):
            yield from json_lines.rows(path, name)
        else:
            yield from json_values.rows(path, name, lambda value: is_row(value, fields))
