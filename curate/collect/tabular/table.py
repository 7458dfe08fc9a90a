"""What a table is while it is read: numbered rows, and how large one may be. Reads nothing."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from curate.collect.conversations.turns import kind_of
from curate.collect.plain_text import clean
from schemas.rows import Failure

RECORD_CHARACTERS = 1 << 26
"""Longest line, or element of a JSON array; the number is ours, a long book has 4 million."""
RECORD_VALUES = 1 << 22
"""Most commas and opening brackets of one record: 64 bytes each once they are Python objects."""
COLUMNS = 10_000
"""Most columns of a table."""
CHUNK_CHARACTERS = 1 << 20

Row = Mapping[str, Any]


class Numbered(NamedTuple):
    """A row as it was read."""

    number: int
    """From 1, in the order of the file."""
    row: Row | Failure
    """Column -> value, or why there is none."""
    size: int = 0
    """About how many bytes it was read from."""


def bad(name: str, number: int, detail: object) -> Failure:
    """A row that cannot be read, while the others can."""
    return Failure(f"{name}:{number}", "bad-record", one_line(detail))


def too_large(name: str, detail: str) -> Failure:
    """A row or a file that is larger than one may be."""
    return Failure(name, "too-large", detail)


def has_too_many_values(record: str) -> bool:
    """Whether a record would take far more memory as objects than it does as text."""
    if len(record) <= CHUNK_CHARACTERS:
        return False
    return sum(record.count(mark) for mark in ",[{") > RECORD_VALUES


def one_line(detail: object) -> str:
    """For a person: one line, at most 300 characters."""
    return " ".join(clean(str(detail)).split())[:300]


def as_row(name: str, number: int, value: object, size: int = 0) -> Numbered:
    """A value that should be a row; a failure where it is not, or has too many columns."""
    if not isinstance(value, dict):
        detail = f"it is {kind_of(value)}, not an object"
        return Numbered(number, bad(name, number, detail), size)
    if len(value) > COLUMNS:
        detail = f"{len(value)} columns, at most {COLUMNS} are read"
        return Numbered(number, too_large(f"{name}:{number}", detail), size)
    return Numbered(number, value, size)
