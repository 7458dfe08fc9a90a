"""JSON, JSON Lines, CSV and Parquet -> one document a row. Reads a file row by row, writes nothing.

A table has any columns. Those with the name of a document's column become it, `fields` of the
recipe names others, the rest goes to `metadata`.
"""

import csv
import difflib
import itertools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TextIO

from curate.collect import outline, records
from curate.collect.files import NamedFile
from curate.collect.plain_text import clean, encoding_of, mend
from schemas.errors import RecipeError, TableError
from schemas.recipe import Files, Form
from schemas.rows import Document, Failure

TEXT_COLUMNS = ("text", "content", "abstract", "body", "document")
"""Where the text is looked for, the first that a file has."""
MAPPED = ("text", "id", *records.COLUMNS)
"""What `fields` may map."""
HEAD_ROWS = 100
"""JSON rows that are read before a file is said to have no such column."""
CHUNK_CHARACTERS = 1 << 20
BATCH_ROWS = 1024
FIELD_BYTES = 1 << 27
"""Longest field of a CSV file; the module's own limit, 128 KiB, is below a paper's length."""

Row = Mapping[str, Any]
Numbered = tuple[int, Row | Failure]
"""Row number, from 1, and its values or why there are none."""


def read(file: NamedFile, source: Files, form: Form) -> Iterator[Document | Failure]:
    """Documents of one table, in the order of its rows.

    A row without text and a row that cannot be parsed are failures; a file that cannot be read is
    one failure.

    Args:
        file: the table.
        source: `fields` (document column -> file column), and what fills what rows lack.
        form: one of json, jsonl, csv, parquet.

    Raises:
        RecipeError: `fields` names a column that documents do not have.
        TableError: the file has none of the columns for text, or not the ones that `fields` names.
    """
    check_fields(source.fields)
    try:
        yield from _documents(file, source, form)
    except OSError as error:
        yield Failure(file.source, "unreadable", error.strerror or _one_line(error))


def check_fields(fields: Mapping[str, str]) -> None:
    """Refuse a mapping to a column that documents do not have.

    Raises:
        RecipeError: it does.
    """
    for name in fields:
        if name not in MAPPED:
            near = difflib.get_close_matches(name, MAPPED, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"Columns are {', '.join(MAPPED)}."
            raise RecipeError(f"collect.fields: {name!r} is not a column of documents. {hint}")


def _documents(file: NamedFile, source: Files, form: Form) -> Iterator[Document | Failure]:
    rows = READERS[form](file)
    head = list(itertools.islice(rows, HEAD_ROWS))
    found = list(dict.fromkeys(name for _, row in head if isinstance(row, Mapping) for name in row))
    if not head:
        yield Failure(file.source, "empty", "it holds no row")
    elif not found:
        yield from (row for _, row in itertools.chain(head, rows) if isinstance(row, Failure))
    else:
        columns = _columns(file, source.fields, found)
        for number, row in itertools.chain(head, rows):
            if isinstance(row, Failure):
                yield row
            else:
                yield _document(file, source, form, columns, number, row)


def _columns(file: NamedFile, fields: Mapping[str, str], found: Sequence[str]) -> dict[str, str]:
    """Document column -> file column, for this file."""
    shown = ", ".join(found[:20]) + (", …" if len(found) > 20 else "")
    for name, column in fields.items():
        if column not in found:
            raise TableError(
                f"{file.source}: it has no column {column!r}, which fields.{name} names; "
                f"it has {shown}. Name one of these."
            )
    columns = {name: name for name in MAPPED if name in found} | dict(fields)
    text = fields.get("text") or next((name for name in TEXT_COLUMNS if name in found), None)
    if text is None:
        raise TableError(
            f"{file.source}: it has no column for the text; it has {shown}, and "
            f"{', '.join(TEXT_COLUMNS)} are looked for. Say which in the recipe: "
            f"fields: {{text: {found[0]}}}."
        )
    return columns | {"text": text}


def _document(
    file: NamedFile, source: Files, form: Form, columns: Mapping[str, str], number: int, row: Row
) -> Document | Failure:
    """One row as a document."""
    key = row.get(columns.get("id", ""))
    name = number if key is None or str(key).strip() == "" else " ".join(clean(str(key)).split())
    value = row.get(columns["text"])
    text = clean(value) if isinstance(value, str) else ""
    if not any(character.isalnum() for character in text):
        what = "nothing" if value is None else type(value).__name__ if text == "" else "no word"
        return Failure(f"{file.source}:{number}", "no-text", f"{columns['text']} holds {what}")
    used = set(columns.values())
    return records.document(
        {name: row.get(column) for name, column in columns.items()},
        source,
        source=f"{file.source}#{name}",
        form=form,
        text=text,
        sections=outline.sections(text, []),
        metadata={name: value for name, value in row.items() if name not in used},
    )


def _bad(file: NamedFile, number: int, detail: object) -> Failure:
    return Failure(f"{file.source}:{number}", "bad-record", _one_line(detail))


def _one_line(detail: object) -> str:
    return " ".join(clean(str(detail)).split())[:300]


def _open(file: NamedFile, newline: str | None = None) -> TextIO:
    """The file as characters; bytes that are not valid UTF-8 are escaped, for `mend`."""
    with file.path.open("rb") as start:
        encoding, errors = encoding_of(start.read(4))
    return file.path.open(encoding=encoding, errors=errors, newline=newline)


def _noted(row: object, note: str | None) -> object:
    """The row, which says so where its bytes were mended."""
    return {**row, "encoding": note} if note and isinstance(row, dict) else row


def _json_lines(file: NamedFile) -> Iterator[Numbered]:
    """One object a line; blank lines are not rows."""
    with _open(file) as lines:
        for number, raw in enumerate(lines, 1):
            line, note = mend(raw)
            if not line.strip():
                continue
            try:
                row = _noted(json.loads(line), note)
            except (ValueError, RecursionError) as error:
                yield number, _bad(file, number, error)
                continue
            yield number, _object(file, number, row)


def _object(file: NamedFile, number: int, row: object) -> Row | Failure:
    if isinstance(row, dict):
        return row
    return _bad(file, number, f"it is a {type(row).__name__}, not an object")


def _json(file: NamedFile) -> Iterator[Numbered]:
    """An array of objects, read one by one; or one object; or an array under `data`."""
    with _open(file) as characters:
        try:
            for number, row in enumerate(_json_values(characters), 1):
                yield number, _object(file, number, row)
        except (ValueError, RecursionError) as error:
            yield 0, Failure(file.source, "unreadable", _one_line(error))


def _json_values(characters: TextIO) -> Iterator[object]:
    """Elements of the array that the text is. A text that is an object is read whole."""
    buffer = ""
    while not buffer.strip() and (more := characters.read(CHUNK_CHARACTERS)):
        buffer = mend(more)[0].lstrip()
    if not buffer:
        return
    if buffer.startswith("["):
        yield from _json_array(buffer[1:], characters)
        return
    whole = json.loads(buffer + mend(characters.read())[0])
    data = whole.get("data") if isinstance(whole, dict) else None
    yield from data if isinstance(data, list) else [whole]


def _json_array(buffer: str, characters: TextIO) -> Iterator[object]:
    """Elements of an array whose opening bracket has been read."""
    decoder = json.JSONDecoder()
    size = CHUNK_CHARACTERS
    while True:
        buffer = buffer.lstrip()
        try:
            if buffer.startswith("]"):
                return
            value, end = decoder.raw_decode(buffer)
            rest = buffer[end:].lstrip()
            if not rest.startswith((",", "]")):
                raise json.JSONDecodeError("Expecting ',' or ']'", buffer, end)
        except json.JSONDecodeError:
            more = mend(characters.read(size))[0]
            if not more:
                raise
            # An element may be longer than a chunk; doubling keeps the work linear.
            buffer, size = buffer + more, size * 2
            continue
        yield value
        size = CHUNK_CHARACTERS
        buffer = rest.removeprefix(",")


def _csv(file: NamedFile) -> Iterator[Numbered]:
    """Rows under the names of the first; one with more fields than names is not understood."""
    csv.field_size_limit(FIELD_BYTES)
    with _open(file, newline="") as lines:
        header = mend(lines.readline())[0]
        lines.seek(0)
        rows = csv.reader(lines, delimiter=_delimiter(file, header))
        names = [clean(mend(name)[0]).strip() for name in next(rows, [])]
        for number in itertools.count(1):
            try:
                fields = next(rows)
            except StopIteration:
                return
            except csv.Error as error:
                yield number, _bad(file, number, error)
                continue
            if fields:
                yield number, _csv_row(file, number, names, fields)


def _csv_row(
    file: NamedFile, number: int, names: Sequence[str], fields: Sequence[str]
) -> Row | Failure:
    if len(fields) > len(names):
        return _bad(file, number, f"{len(fields)} fields, and the header names {len(names)}")
    mended = [mend(field) for field in fields]
    note = next((note for _, note in mended if note), None)
    row: dict[str, Any] = dict(zip(names, (text for text, _ in mended), strict=False))
    return {**row, "encoding": note} if note else row


def _delimiter(file: NamedFile, header: str) -> str:
    """A tab in .tsv files, else the one that the header has most of."""
    if file.path.suffix.lower() == ".tsv":
        return "\t"
    return max(",;\t", key=header.count)


def _parquet(file: NamedFile) -> Iterator[Numbered]:
    """Rows in batches; the columns that documents cannot use are not read."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = 0
    try:
        with pq.ParquetFile(file.path) as table:
            for batch in table.iter_batches(batch_size=BATCH_ROWS):
                for row in batch.to_pylist():
                    number += 1
                    yield number, row
    except (pa.ArrowException, UnicodeDecodeError, ValueError) as error:
        yield number + 1, Failure(file.source, "unreadable", _one_line(error))


READERS: dict[str, Callable[[NamedFile], Iterator[Numbered]]] = {
    "csv": _csv,
    "json": _json,
    "jsonl": _json_lines,
    "parquet": _parquet,
}
