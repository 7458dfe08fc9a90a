"""JSON -> rows, value by value. Reads a file as far as it is asked for.

A file is an array of objects; an object that holds one such array; an object of objects, keyed by
their ids; or one object, which is a row.
"""

import itertools
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from curate.collect.tabular.characters import note, open_text
from curate.collect.tabular.scanner import Scanner, TooLargeError
from curate.collect.tabular.table import (
    RECORD_CHARACTERS,
    Numbered,
    as_row,
    one_line,
    too_large,
)
from schemas.rows import Failure

ARRAYS = ("data", "rows", "examples", "records", "annotations")
"""Names of a file's array of rows, unless a row's own columns stand before it."""
HELD_CHARACTERS = 1 << 23
"""What is held of an object before it counts as one of objects, which may be of any length."""

IsRow = Callable[[Mapping[str, Any]], bool]


def rows(path: Path, name: str, is_row: IsRow) -> Iterator[Numbered]:
    """The rows of a file, numbered in its order.

    Args:
        path: the file.
        name: what failures call it.
        is_row: whether an object is a row by itself, by its columns.
    """
    with open_text(path) as characters:
        scanner = Scanner(characters)
        try:
            for number, value in enumerate(_expanded(_values(scanner, is_row)), 1):
                if isinstance(value, dict) and scanner.n_invalid:
                    value["encoding"] = note(scanner.n_invalid)
                yield as_row(name, number, value, scanner.size)
        except TooLargeError as error:
            yield Numbered(0, too_large(name, str(error)))
        except NoTableError as error:
            yield Numbered(0, Failure(name, "no-text-column", one_line(error)))
        except RecursionError:
            yield Numbered(0, Failure(name, "unreadable", "it is nested too deeply"))
        except ValueError as error:
            yield Numbered(0, Failure(name, "unreadable", one_line(error)))


class NoTableError(Exception):
    """An object holds neither rows nor the columns of one."""


def _values(scanner: Scanner, is_row: IsRow) -> Iterator[Any]:
    mark = scanner.peek()
    if mark == "[":
        yield from scanner.elements()
    elif mark == "{":
        yield from _members(scanner, is_row)
    elif mark:
        yield scanner.value()
    scanner.end()


def _members(scanner: Scanner, is_row: IsRow) -> Iterator[Any]:
    """Rows of a file that is one object."""
    held: dict[str, Any] = {}
    size = 0
    members = scanner.members()
    for key in members:
        if key in ARRAYS and scanner.peek() == "[" and not is_row(held):
            yield from scanner.elements()
            for _ in members:
                scanner.value()
            return
        held[key] = scanner.value()
        size += scanner.size
        if size > HELD_CHARACTERS and _is_keyed(held):
            yield from itertools.starmap(_keyed, held.items())
            for later in members:
                yield _keyed(later, scanner.value())
            return
        if size > RECORD_CHARACTERS:
            raise TooLargeError(f"an object of more than {RECORD_CHARACTERS} characters")
    yield from _of_object(held, is_row)


def _of_object(whole: dict[str, Any], is_row: IsRow) -> Iterator[Any]:
    """Rows of an object that is in memory."""
    if is_row(whole):
        yield whole
        return
    arrays = [value for value in whole.values() if isinstance(value, list) and value]
    tables = [value for value in arrays if all(isinstance(row, dict) for row in value)]
    if len(tables) == 1:
        yield from tables[0]
    elif _is_keyed(whole) and is_row(next(iter(whole.values()))):
        yield from itertools.starmap(_keyed, whole.items())
    elif whole:
        raise NoTableError(_told(whole))


def _is_keyed(whole: Mapping[str, Any]) -> bool:
    return bool(whole) and all(isinstance(value, dict) for value in whole.values())


def _keyed(key: str, value: object) -> object:
    """A row that its key names, unless it has an id of its own."""
    return {"id": key, **value} if isinstance(value, dict) else value


def _told(whole: Mapping[str, Any]) -> str:
    """What an object holds, for a person."""
    names = ", ".join(name[:40] for name in list(whole)[:8]) + (", …" if len(whole) > 8 else "")
    inner = next(iter(whole.values()))
    if isinstance(inner, dict) and _is_keyed(whole):
        names += f", each with {', '.join(list(inner)[:5]) or 'nothing'}"
    return f"it is one object and no table; it holds {names}"


def _expanded(values: Iterator[Any]) -> Iterator[Any]:
    """Questions of SQuAD's articles one by one, each with its context; other values as they are."""
    for value in values:
        if not isinstance(value, dict):
            yield value
        elif isinstance(paragraphs := value.get("paragraphs"), list) and _asks(paragraphs):
            title = {"title": value["title"]} if "title" in value else {}
            for paragraph in paragraphs:
                yield from _questions(paragraph, title)
        elif _asks([value]):
            yield from _questions(value, {})
        else:
            yield value


def _asks(paragraphs: list[Any]) -> bool:
    return bool(paragraphs) and all(
        isinstance(one, dict) and isinstance(one.get("qas"), list) and "context" in one
        for one in paragraphs
    )


def _questions(paragraph: dict[str, Any], title: dict[str, Any]) -> Iterator[Any]:
    shared = {name: value for name, value in paragraph.items() if name != "qas"}
    for question in paragraph["qas"]:
        yield {**title, **shared, **question} if isinstance(question, dict) else question
