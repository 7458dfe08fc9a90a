"""CSV and TSV -> rows under the names of the first. Reads a file line by line.

A quote that is not closed would swallow rows in silence, to the next quote or to the end. So a
record of several lines that breaks the rules fails, and the lines after its first are read again.
"""

import contextlib
import csv
import itertools
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from curate.collect.plain_text import clean, mend
from curate.collect.tabular.characters import bounded_lines, n_invalid, note, open_text
from curate.collect.tabular.table import (
    COLUMNS,
    RECORD_CHARACTERS,
    Numbered,
    has_too_many_values,
    one_line,
    too_large,
)
from schemas.rows import Failure

FIELD_CHARACTERS = 1 << 24
"""Longest field; the module's own limit, 128 KiB, is below a paper's length. It holds a field in
four bytes a character."""
REREAD_CHARACTERS = 1 << 25
"""Most that is read again in one file, so that a file of nothing but open quotes ends in time."""
LINE_COST = 32
"""Characters that reading a line costs as much as, whatever its length."""
END = "\0end of the table\0"
"""A line of its own after the last; a quote that is still open has it inside."""


def rows(path: Path, name: str, header: Sequence[str] | None = None) -> Iterator[Numbered]:
    """The rows of a file, numbered from the one after the header.

    A row with more fields than the header has names is not understood.

    Args:
        path: the file.
        name: what failures call it.
        header: names of the columns, for a file whose first line is a row already.
    """
    with open_text(path) as characters:
        lines = _Lines(bounded_lines(characters))
        line = lines.first()
        delimiter = _delimiter(path, line)
        n_columns = line.count(delimiter) + 1
        if n_columns > COLUMNS:
            yield Numbered(0, too_large(name, f"{n_columns} columns, at most {COLUMNS} are read"))
            return
        records = _records(lines, delimiter)
        first: Sequence[str] | _Problem = header or next(records, (0, []))[1]
        if isinstance(first, _Problem):
            yield Numbered(0, Failure(name, first.reason, f"the header: {first.detail}"))
            return
        names = [clean(column).strip() for column in first]
        for number, (size, record) in enumerate(records, 1):
            yield Numbered(number, _row(f"{name}:{number}", names, record), size)


class _Problem(NamedTuple):
    """Why there are no fields."""

    reason: str
    detail: str


class _Lines:
    """The lines of a file for the parser, of which those it took last can be given back."""

    def __init__(self, lines: Iterator[str | None]) -> None:
        self._source = itertools.chain(lines, [END])
        self._returned: deque[str | None] = deque()
        self._n_reread = 0
        self.taken: list[str] = []
        self.is_too_long = False

    def first(self) -> str:
        """The first line that is not blank, without taking it; empty where it is too long."""
        line = next((line for line in self._source if line is None or line.strip()), END)
        self._returned.append(line)
        return line or ""

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._returned.popleft() if self._returned else next(self._source)
        if line is None or has_too_many_values(line):
            self.is_too_long = True
            line = ""
        self.taken.append(line)
        return f"{line}\n"

    def give_back(self) -> None:
        """Have all lines but the first of those taken read again, while that is affordable."""
        again = self.taken[1:]
        self._n_reread += sum(len(line) + LINE_COST for line in again)
        if self._n_reread <= REREAD_CHARACTERS:
            self._returned.extendleft(reversed(again))
        elif again and again[-1] == END:
            self._returned.append(END)


def _records(lines: _Lines, delimiter: str) -> Iterator[tuple[int, list[str] | _Problem]]:
    """(size in characters, fields) of each record."""
    csv.field_size_limit(FIELD_CHARACTERS)
    parser = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        lines.taken.clear()
        lines.is_too_long = False
        fields: list[str] | _Problem
        try:
            fields = next(parser)
        except csv.Error as error:
            fields = _mended(lines.taken, delimiter, error)
        if lines.taken == [END]:
            return
        size = sum(map(len, lines.taken))
        if lines.is_too_long:
            detail = f"a line of more than {RECORD_CHARACTERS} characters, or too many values"
            yield size, _Problem("too-large", detail)
        elif fields:
            yield size, fields
        if isinstance(fields, _Problem):
            lines.give_back()


def _mended(taken: list[str], delimiter: str, error: csv.Error) -> list[str] | _Problem:
    """A record that breaks the rules: on one line it is read as it can be, on several it fails."""
    if len(taken) == 1:
        with contextlib.suppress(csv.Error):
            return next(csv.reader(taken, delimiter=delimiter), [])
    if "limit" in str(error):
        return _Problem("too-large", f"{error}, in {len(taken)} lines")
    return _Problem("bad-record", f"a quote that opens in it is not closed well ({error})")


def _row(what: str, names: list[str], record: list[str] | _Problem) -> dict[str, str] | Failure:
    if isinstance(record, _Problem):
        return Failure(what, record.reason, one_line(record.detail))
    if len(record) > len(names):
        detail = f"{len(record)} fields, and the header names {len(names)}"
        return Failure(what, "bad-record", detail)
    row = dict(zip(names, record, strict=False))
    n_replaced = sum(map(n_invalid, record))
    if n_replaced:
        row = {column: mend(value)[0] for column, value in row.items()}
        row["encoding"] = note(n_replaced)
    return row


def _delimiter(path: Path, header: str) -> str:
    """A tab in .tsv files, else the one that the header has most of."""
    if ".tsv" in (suffix.lower() for suffix in path.suffixes[-2:]):
        return "\t"
    return max(",;\t", key=header.count)
