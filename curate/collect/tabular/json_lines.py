"""JSON Lines -> rows: one object a line; blank lines are none. Reads a file line by line."""

import json
from collections.abc import Iterator
from pathlib import Path

from curate.collect.tabular.characters import (
    bounded_lines,
    n_invalid,
    next_chunk,
    note,
    open_text,
)
from curate.collect.tabular.table import (
    CHUNK_CHARACTERS,
    RECORD_CHARACTERS,
    Numbered,
    as_row,
    bad,
    has_too_many_values,
    too_large,
)


def has_lines(path: Path, expected: bool) -> bool:
    """Whether a JSON file has one object a line, whatever its suffix says.

    Args:
        path: the file, of which the first chunk is looked at.
        expected: what its suffix says.
    """
    with open_text(path) as characters:
        start = next_chunk(characters, CHUNK_CHARACTERS).lstrip()
    if expected:
        return not (start.startswith("[") and start[1:].lstrip().startswith("{"))
    first, _, rest = start.partition("\n")
    if not (first.startswith("{") and rest.lstrip().startswith("{")):
        return False
    try:
        json.loads(first)
    except (ValueError, RecursionError):
        return False
    return True


def rows(path: Path, name: str) -> Iterator[Numbered]:
    """The rows of a file, numbered by its lines."""
    with open_text(path) as characters:
        for number, line in enumerate(bounded_lines(characters), 1):
            if line is None or has_too_many_values(line):
                yield Numbered(number, too_large(f"{name}:{number}", _limit(line)))
            elif line and not line.isspace():
                yield _row(name, number, line)


def _limit(line: str | None) -> str:
    if line is None:
        return f"a line of more than {RECORD_CHARACTERS} characters"
    return f"a line of more values than are read ({len(line)} characters)"


def _row(name: str, number: int, line: str) -> Numbered:
    try:
        value = json.loads(line)
    except RecursionError:
        return Numbered(number, bad(name, number, "it is nested too deeply"))
    except ValueError as error:
        return Numbered(number, bad(name, number, error))
    n_replaced = n_invalid(line)
    if n_replaced and isinstance(value, dict):
        value["encoding"] = note(n_replaced)
    return as_row(name, number, value, len(line))
