"""A CSV or TSV sidecar -> its rows. Reads text, writes nothing.

The first line names the columns, in any order and case. One of them names the file or the DOI;
what is no column of a document goes to the document's metadata under its own name.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence

from curate.collect.sidecar.rows import Row, checked, quoted
from schemas.errors import SourceError

FILE = ("file", "filename", "path", "name")
"""Columns that may name the file; the first of these that is there does."""

NAMES = {
    "published": ("published", "publication_date", "date", "year"),
    "title": ("title",),
    "authors": ("authors", "author"),
    "license": ("license", "licence"),
    "doi": ("doi",),
    "domain": ("domain",),
    "language": ("language",),
    "kind": ("kind",),
    "pmcid": ("pmcid",),
    "arxiv_id": ("arxiv_id", "arxiv", "arxivid"),
}
"""Column of a document -> its names here; of several the first that is not empty counts."""

COLUMNS_MOST = 200
CELL_CHARACTERS = 131_072
"""Of one cell; more is an open quotation mark."""
DELIMITERS = ",;\t"


def read(text: str, name: str, tabs: bool) -> Iterator[Row]:
    """The rows of a sidecar.

    Args:
        text: the whole file.
        name: its path, for errors.
        tabs: whether tabs part its cells; otherwise whatever its first line has most of.

    Raises:
        SourceError: it is no such table, or a row says what is not understood.
    """
    first = text.partition("\n")[0]
    delimiter = "\t" if tabs else max(DELIMITERS, key=first.count)
    cells = _cells(text, name, delimiter)
    line, header = next(cells, (1, []))
    columns = _columns(header, name, line)
    for line, values in cells:
        where = f"{name} line {line}"
        if len(values) > len(columns):
            raise SourceError(
                f"{where}: {len(values)} cells, but line 1 names {len(columns)} columns. "
                "Put quotation marks around a cell that holds the separator."
            )
        yield _row(dict(zip(columns, values, strict=False)), line, where)


def _cells(text: str, name: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """(line where it begins, cells) of each row that is not blank."""
    lines = csv.reader(io.StringIO(text), delimiter=delimiter, strict=True)
    while True:
        line = lines.line_num + 1
        before = csv.field_size_limit(CELL_CHARACTERS)  # one for all readers of the process
        try:
            cells = next(lines, None)
        except csv.Error as error:
            raise SourceError(
                f"{name} line {line}: not a table ({error}). Correct its quotation marks."
            ) from error
        finally:
            csv.field_size_limit(before)
        if cells is None:
            return
        if any(cell.strip() for cell in cells):
            yield line, cells


def _columns(header: Sequence[str], name: str, line: int) -> list[str]:
    """The columns' names, those that are known as they are known."""
    where = f"{name} line {line}"
    if len(header) > COLUMNS_MOST:
        raise SourceError(
            f"{where}: {len(header):,} columns, and {COLUMNS_MOST} are allowed. "
            "Leave out those that say nothing about the files."
        )
    known = {alias for aliases in (FILE, *NAMES.values()) for alias in aliases}
    names = [" ".join(title.split()) for title in header]
    plain = [
        "_".join(title.casefold().replace("-", " ").replace("_", " ").split()) for title in names
    ]
    columns = [
        short if short in known or short in ("keywords", "subjects", "journal") else title
        for short, title in zip(plain, names, strict=True)
    ]
    twice = sorted({column for column in columns if column and columns.count(column) > 1})
    if twice:
        raise SourceError(f"{where}: {quoted(twice[0])} names two columns. Rename or delete one.")
    if not {*FILE, "doi"} & set(columns):
        raise SourceError(
            f"{where}: no column says which file a row is about "
            f"(found {', '.join(map(quoted, columns[:8])) or 'nothing'}). Name one of them `file`."
        )
    return columns


def _row(cells: Mapping[str, str], line: int, where: str) -> Row:
    stated = {column: cell.strip() for column, cell in cells.items() if cell.strip()}
    other = dict(stated)
    path = _taken(other, FILE)
    said: dict[str, object] = {
        column: value for column, names in NAMES.items() if (value := _taken(other, names))
    }
    if "authors" in said:
        said["authors"] = authors(str(said["authors"]), where)
    other.pop("", None)
    values = checked(said, other, where)
    if not path and "doi" not in values:
        raise SourceError(f"{where}: names neither a file nor a DOI. Fill in one, or delete it.")
    return Row(line, (path,) if path else (), None, _is_absolute(path), values)


def _taken(cells: dict[str, str], names: Sequence[str]) -> str:
    """The first of these cells that is filled, taken out of `cells`; empty where none is."""
    return next((cells.pop(name) for name in names if name in cells), "")


def _is_absolute(path: str) -> bool:
    return path.startswith(("/", "\\", "~")) or path[1:2] == ":"


def authors(text: str, where: str) -> list[str]:
    """Names as `Given Surname`, from `A; B`, `A and B`, `A, B` or `Surname, Given; …`.

    Raises:
        SourceError: commas part names and the parts of names alike.
    """
    for separator in (";", " and ", " & "):
        if separator in text:
            return [turned(name) for name in text.split(separator) if name.strip()]
    parts = text.split(",")
    if len(parts) > 2 and not all(len(part.split()) > 1 for part in parts):
        raise SourceError(
            f"{where}: authors is {quoted(text)}, where commas may part people or their names. "
            "Put semicolons between people."
        )
    if len(parts) == 2 and (parts[0][:1].islower() or min(len(p.split()) for p in parts) < 2):
        return [turned(text)]
    return [" ".join(part.split()) for part in parts]


def turned(name: str) -> str:
    """`Surname, Given` -> `Given Surname`; any other name as it is."""
    surname, comma, given = name.partition(",")
    return " ".join(f"{given} {surname}".split()) if comma else " ".join(name.split())
