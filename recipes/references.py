"""Rows outside of a run that its rows are compared with: files, tables, saved indexes."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recipes.work import Hashes
from schemas.errors import TableError
from schemas.manifest import FILE

if TYPE_CHECKING:
    from curate.screen.index import Index
    from curate.screen.view import Readable

References = Mapping[str, Path]
"""Name, as it was given -> where it is."""
INDEX = "index.json"
"""File of a saved index, as `curate.screen.index` names it, whose import takes half a second."""


def opened(references: References) -> "dict[str, Readable | Index]":
    """Every reference, opened.

    Raises:
        TableError: one is not there, or cannot be read.
    """
    from curate.screen.fields import with_fields
    from curate.screen.index import is_index, open_index
    from schemas.plain import open_rows

    found: dict[str, Readable | Index] = {}
    for name, path in references.items():
        if is_index(path):
            found[name] = open_index(path, name)
        else:
            found[name] = with_fields(open_rows(path), (), path)
    return found


def with_texts(references: References) -> References:
    """Those that are no indexes."""
    return {name: path for name, path in references.items() if not (path / INDEX).is_file()}


def content(references: References, hashes: Hashes) -> dict[str, Any]:
    """What is in every reference, for fingerprints.

    Raises:
        TableError: one cannot be read.
    """
    return {name: [hashes.of(file) for file in _files(path)] for name, path in references.items()}


def _files(path: Path) -> Iterable[Path]:
    """The files of which a change changes what is compared."""
    try:
        if not path.is_dir():
            return [path]
        if (path / FILE).is_file():
            return [path / FILE]
        return sorted(file for file in path.rglob("*") if file.is_file() and file.name != "lock")
    except OSError as error:
        raise TableError(f"{path}: cannot be read ({error.strerror}).") from error
