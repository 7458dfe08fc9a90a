"""Which row of a sidecar is about a file. Reads and writes nothing.

A path names a file where one is the tail of the other, compared from the file's name upwards:
`a.pdf` and `sub/a.pdf` both name `papers/sub/a.pdf`, and the longer one counts.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence

from curate.collect.sidecar.rows import Row, quoted
from schemas.errors import SourceError

COMPRESSED = re.compile(r"\.(?:gz|bz2|xz|zst)$", re.IGNORECASE)
SUFFIX = re.compile(r"\.[A-Za-z][A-Za-z0-9]{0,7}$")

Parts = tuple[str, ...]
Index = Mapping[str, Sequence[tuple[Parts, Row]]]


def parts(path: str) -> Parts:
    """Folders and name of a path, composed characters, without what says nothing."""
    plain = unicodedata.normalize("NFC", path).replace("\\", "/")
    return tuple(part for part in plain.split("/") if part not in ("", "."))


def folded(path: Parts) -> Parts:
    """The path without the difference of case."""
    return tuple(part.casefold() for part in path)


def stem(path: Parts) -> Parts:
    """The folded path without the suffixes of its file."""
    name = SUFFIX.sub("", COMPRESSED.sub("", path[-1]))
    return folded((*path[:-1], name or path[-1]))


LEVELS: tuple[Callable[[Parts], Parts], ...] = (lambda path: path, folded, stem)
"""How paths are compared: the first comparison by which one row fits decides."""


class Lookup:
    """The rows by path and by DOI."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._levels: list[Index] = [_index(rows, form) for form in LEVELS]
        by_doi: dict[str, list[Row]] = {}
        for row in rows:
            if row.doi:
                by_doi.setdefault(row.doi, []).append(row)
        self._by_doi = by_doi

    def by_path(self, path: str) -> Row | None:
        """The only row that is about the file, by the first comparison that finds one."""
        asked = parts(path)
        if not asked:
            return None
        found = (
            _only(index, form(asked)) for form, index in zip(LEVELS, self._levels, strict=True)
        )
        return next((row for row in found if row is not None), None)

    def by_doi(self, doi: str) -> Row | None:
        """The only row with this DOI; None where two rows have it, as they are about two files."""
        rows = self._by_doi.get(doi, [])
        return rows[0] if len(rows) == 1 else None


def _index(rows: Sequence[Row], form: Callable[[Parts], Parts]) -> Index:
    index: dict[str, list[tuple[Parts, Row]]] = {}
    for row in rows:
        for path in dict.fromkeys(_paths(row, form)):
            index.setdefault(path[-1], []).append((path, row))
    return index


def _paths(row: Row, form: Callable[[Parts], Parts]) -> Iterator[Parts]:
    for file in row.files:
        if path := parts(file):
            yield form(path)
            if form is stem:
                # A name without suffix may hold a dot.
                yield folded(path)
    if form is stem and row.citation_key and not row.files:
        yield folded((unicodedata.normalize("NFC", row.citation_key),))


def _only(index: Index, asked: Parts) -> Row | None:
    """The row whose path fits best: by most parts, then by fewest that the asked one lacks."""
    named = index.get(asked[-1], ())
    fitting: dict[tuple[int, int], dict[int, Row]] = {}
    for path, row in named:
        n = min(len(path), len(asked))
        if path[-n:] == asked[-n:]:
            fitting.setdefault((n, -len(path)), {})[id(row)] = row
    if fitting:
        rows = fitting[max(fitting)]
    else:
        rows = {id(row): row for _, row in named}
        if not all(row.moved for row in rows.values()):
            return None
    return next(iter(rows.values())) if len(rows) == 1 else None


def distinct(rows: Sequence[Row], name: str) -> list[Row]:
    """The rows without those that repeat another one.

    Raises:
        SourceError: two rows are about the same file and differ.
    """
    kept: list[Row] = []
    first: dict[Parts | str, Row] = {}
    for row in rows:
        keys: list[Parts | str] = [parts(file) for file in row.files]
        keys = keys or [row.citation_key or row.doi or ""]
        earlier = next((first[key] for key in keys if key in first), None)
        for key in keys:
            first.setdefault(key, row)
        if earlier is None or (not row.files and earlier.values != row.values):
            kept.append(row)
        elif earlier.values != row.values:
            raise SourceError(
                f"{name}: lines {earlier.line} and {row.line} are both about {quoted(row.key)} "
                f"and differ ({_difference(earlier, row)}). Delete one."
            )
        elif set(earlier.files) != set(row.files):
            kept.append(row)
    return kept


def _difference(one: Row, other: Row) -> str:
    names = sorted({*one.values, *other.values})
    name = next(name for name in names if one.values.get(name) != other.values.get(name))
    first, second = (quoted(row.values.get(name, "")) for row in (one, other))
    return f"{name[:60]}: {first} and {second}"
