"""A file beside a folder of papers that says what they are: CSV, TSV or BibTeX.

    file,doi,title,authors,license
    smith.pdf,10.1000/182,On lattices,Jane Smith; Bo Li,CC-BY-4.0

Reads that one file; writes nothing. A person stated it about these very files, so its values
replace what a reader found. What cannot be understood is an error before anything is read, and a
row that is about no file is told of afterwards.
"""

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from curate.collect import records
from curate.collect.sidecar import bibtex, delimited
from curate.collect.sidecar.lookup import Lookup, distinct
from curate.collect.sidecar.rows import Row, doi_of
from schemas.errors import SourceError
from schemas.rows import Document

SUFFIXES = (".csv", ".tsv", ".bib")
BYTES_MOST = 20_000_000
UTF_16 = (b"\xff\xfe", b"\xfe\xff")


class Sidecar:
    """The rows of a sidecar, and which files they were asked for. Made by `load`."""

    def __init__(self, rows: Iterable[Row], name: str, content: str) -> None:
        self.content = content
        """SHA-256 of the file's bytes, in hexadecimal."""
        self._rows = distinct(list(rows), name)
        self._lookup = Lookup(self._rows)
        self._used: dict[str, None] = {}
        self._newly_used: dict[str, None] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def of(self, source: str, doi: str | None) -> Mapping[str, Any] | None:
        """What is said of a document; None where no row is about it, or several may be.

        Tried in turn: the path as it is written, without the difference of case, the name without
        suffix (or BibTeX's citation key), the DOI. A name fits any folder, a path where it is the
        end of the document's path or the other way round; a path from BibTeX or from the root was
        another machine's, so its name is enough.

        Args:
            source: as the document has it, `file:sub/a.pdf`.
            doi: the document's own, in any form.
        """
        path = source.removeprefix("file:")
        row = self._lookup.by_path(path) if path != source else None
        if row is None and doi and (plain := doi_of(doi)):
            row = self._lookup.by_doi(plain)
        if row is None:
            return None
        self._used[str(row)] = self._newly_used[str(row)] = None
        return dict(row.values)

    def unused(self) -> list[str]:
        """Rows that were about no document so far: `b.pdf (line 7)`."""
        return [str(row) for row in self._rows if str(row) not in self._used]

    def newly_used(self) -> list[str]:
        """Rows that were about a document since this was asked last."""
        used = list(self._newly_used)
        self._newly_used.clear()
        return used


def load(path: Path) -> Sidecar:
    """Read a sidecar.

    Raises:
        SourceError: it cannot be read, is malformed, says what is not understood, or says two
            different things of one file.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise SourceError(
            f"{path}: a sidecar is one of {', '.join(SUFFIXES)}. Name it so, or write another one."
        )
    data = _bytes(path)
    text = _text(data, path)
    if suffix == ".bib":
        rows = bibtex.read(text, str(path))
    else:
        rows = delimited.read(text, str(path), tabs=suffix == ".tsv")
    return Sidecar(rows, str(path), hashlib.sha256(data).hexdigest())


def apply(document: Document, values: Mapping[str, Any]) -> Document:
    """The document with what was said of it in place of what was found.

    Values that are no columns of a document are added to its metadata; what its reader kept there
    because it was not understood goes where the column is stated now. Text, source and id stay.
    """
    columns = {name: values[name] for name in records.COLUMNS if name in values}
    found = {k: v for k, v in json.loads(document.metadata).items() if k not in columns}
    other = {name: value for name, value in values.items() if name not in columns}
    metadata = json.dumps({**found, **other}, ensure_ascii=False)
    return dataclasses.replace(document, **columns, metadata=metadata)


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(BYTES_MOST + 1)
    except OSError as error:
        reason = error.strerror or str(error)
        raise SourceError(f"{path}: {reason}. Name a file that can be read.") from error
    if len(data) > BYTES_MOST:
        raise SourceError(
            f"{path}: longer than {BYTES_MOST // 1_000_000} MB, which a sidecar may have. "
            "Keep only the rows and columns that are about these files."
        )
    return data


def _text(data: bytes, path: Path) -> str:
    encoding = "utf-16" if data.startswith(UTF_16) else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SourceError(
            f"{path} line {line}: byte 0x{data[error.start]:02x} is not {encoding[:6].upper()}. "
            "Save the file as UTF-8."
        ) from error
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise SourceError(f"{path} line {line}: holds a NUL, so it is no text. Save it as UTF-8.")
    if not text.strip():
        raise SourceError(f"{path}: holds nothing. Write a row for each file, or leave it out.")
    return text.replace("\r\n", "\n").replace("\r", "\n")
