"""A sheet of an audit: a CSV that spreadsheets open safely, read however they save it.

Cells come from strangers' documents, and a spreadsheet runs a cell that begins with `=`, `+`, `-`
or `@`. Such a cell gets an apostrophe before it; so does one that begins with an apostrophe, so
that taking one away gives what was there. The same is done inside a cell behind a semicolon or a
line break, where a spreadsheet that expects semicolons begins a new one, and to an id that it would
take for a number or a date. Control characters and those that turn the direction of writing are
written out. The file is UTF-8 with a byte order mark, without which Excel takes it for another
encoding.

Source: OWASP, CSV Injection (https://owasp.org/www-community/attacks/CSV_Injection).
"""

import csv
import io
import os
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from schemas.errors import TableError

DANGEROUS = "=+\\-@＝＋－＠"
LONGEST = 4_000
"""Characters of a cell; a spreadsheet's own limit is 32,767."""
TURNING = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""Characters that turn the direction in which the text beside them is shown."""
DELIMITERS = ",;\t|"
_BEGINS = re.compile(rf"\s*['{DANGEROUS}]")
_INSIDE = re.compile(rf"([;\n][\s\"]*)(?=['{DANGEROUS}])")
_GUARDED = re.compile(rf"([;\n][\s\"]*)'(?=['{DANGEROUS}])")
_NUMERIC = re.compile(
    r"[\d.,:/e+\- ]+%?|true|false"
    r"|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[ .-]*\d+",
    re.IGNORECASE,
)
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")


def guarded(text: str, is_id: bool = False) -> str:
    """A text as a cell that no spreadsheet runs, nor takes for a number where it is an id."""
    inside = _INSIDE.sub(r"\1'", text)
    risky = _BEGINS.match(text) or (is_id and _NUMERIC.fullmatch(text))
    return f"'{inside}" if risky else inside


def unguarded(cell: str) -> str:
    """What `guarded` was given; also where a spreadsheet took the first apostrophe away."""
    text = cell[1:] if cell.startswith("'") else cell
    return _GUARDED.sub(r"\1", text)


def shown(text: str, more: str) -> str:
    """A text for a cell: control characters written out, and cut where it is too long.

    Args:
        text: anything.
        more: where all of it can be read.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    if len(lines) > LONGEST:
        lines = f"{lines[:LONGEST]} […cut: {len(lines) - LONGEST:,} characters more; {more}]"
    return "".join(map(_visible, lines)) if not lines.isascii() or _CONTROL.search(lines) else lines


def _visible(character: str) -> str:
    if character == "\t":
        return " "
    hidden = character != "\n" and unicodedata.category(character) == "Cc"
    return f"<U+{ord(character):04X}>" if hidden or character in TURNING else character


def write(path: Path, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write a sheet, whole or not at all.

    Raises:
        TableError: there is a file already, which may hold answers, or no such folder.
    """
    check(path)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with beside.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file, quoting=csv.QUOTE_ALL)
            writer.writerow(columns)
            writer.writerows(rows)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def check(path: Path) -> None:
    """Refuse an output that could not be written, before any work is done.

    Raises:
        TableError: as `write`.
    """
    if path.suffix.lower() != ".csv":
        raise TableError(f"{path}: a sheet is written as .csv. Name it so.")
    if path.exists():
        raise TableError(f"{path}: is there already, and may hold answers. Name another with -o.")
    if not path.parent.is_dir():
        raise TableError(f"{path}: {path.parent} is not a folder. Make it first.")


def read(path: Path, needed: Sequence[str]) -> list[tuple[int, Mapping[str, str]]]:
    """The rows of a sheet, each with its line in the file; cells are as they were before `guarded`.

    Args:
        path: a CSV with commas, semicolons, tabs or bars, in UTF-8, UTF-16 or Windows' own.
        needed: columns that it must have.

    Raises:
        TableError: it cannot be read, or lacks a column.
    """
    text = _text(path)
    first, _, rest = text.partition("\n")
    if first.strip().lower().startswith("sep="):
        text = rest
    tried = [_table(text, delimiter) for delimiter in DELIMITERS]
    header, rows = max(tried, key=lambda one: len({*one[0]} & {*needed}))
    missing = [name for name in needed if name not in header]
    if missing:
        has = ", ".join(name[:40] for name in header[:20]) or "nothing"
        raise TableError(
            f"{path}: no sheet of an audit, it has no column {', '.join(missing)} (it has {has}). "
            f"Give the file that retort audit wrote, saved as CSV."
        )
    cells = [(line, dict(zip(header, map(unguarded, row), strict=False))) for line, row in rows]
    return [(line, dict.fromkeys(header, "") | row) for line, row in cells]


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise TableError(f"{path}: cannot be read ({error.strerror}).") from error
    if data[:2] == b"PK":
        raise TableError(f"{path}: a workbook of a spreadsheet. Save it as CSV and read that.")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _table(text: str, delimiter: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Header and rows of a CSV, each row with the line that it ends on; empty where it is none."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        return header, [(reader.line_num, row) for row in reader if any(map(str.strip, row))]
    except csv.Error:
        return [], []
