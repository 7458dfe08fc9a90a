"""A file of text as characters and bounded lines, through gzip where it is one. Opens files."""

import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, TextIO, cast

from curate.collect.plain_text import BYTES, encoding_of
from curate.collect.tabular.table import CHUNK_CHARACTERS, RECORD_CHARACTERS

GZIP = b"\x1f\x8b"


class _Unpacked(io.RawIOBase):
    """A gzip that ends before it raises, so that what stands before the damage is not lost."""

    def __init__(self, path: Path) -> None:
        self._file = gzip.open(path)  # noqa: SIM115  closed with this
        self._error: Exception | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        """Fill the buffer; at the damage say that this is the end, and raise when asked again."""
        if self._error is not None:
            raise self._error
        try:
            data = self._file.read1(len(buffer))
        except (OSError, EOFError, zlib.error) as error:
            self._error = error
            return 0
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._file.close()
        super().close()


def open_text(path: Path) -> TextIO:
    """The file as characters, every line end a line feed, to be read by `next_chunk`.

    Bytes that are not valid UTF-8 are escaped to lone surrogates, which `n_invalid` counts.

    Raises:
        OSError: it cannot be opened.
    """
    with _open(path) as data:
        encoding, errors = encoding_of(data.read(4))
    return io.TextIOWrapper(_open(path), encoding=encoding, errors=errors, newline=None)


def _open(path: Path) -> BinaryIO:
    data = path.open("rb")
    if not data.peek(2).startswith(GZIP):
        return data
    data.close()
    return cast(BinaryIO, io.BufferedReader(_Unpacked(path)))


def next_chunk(characters: TextIO, n: int) -> str:
    """At most n characters; none at the end.

    Raises:
        OSError, EOFError, zlib.error: the file cannot be read on.
    """
    return characters.read(n) or characters.read(n)


def bounded_lines(characters: TextIO) -> Iterator[str | None]:
    """Lines without their ends; None for each that is longer than RECORD_CHARACTERS.

    A line that is too long is passed over without being held.
    """
    pieces: list[str] = []
    size = 0
    while chunk := next_chunk(characters, CHUNK_CHARACTERS):
        first, *rest = chunk.split("\n")
        size += len(first)
        pieces.append(first)
        if size > RECORD_CHARACTERS:
            pieces.clear()
        if rest:
            yield "".join(pieces) if size <= RECORD_CHARACTERS else None
            yield from rest[:-1]
            pieces, size = [rest[-1]], len(rest[-1])
    if size:
        yield "".join(pieces) if size <= RECORD_CHARACTERS else None


def n_invalid(text: str, start: int = 0, end: int | None = None) -> int:
    """Bytes in this stretch that were no UTF-8."""
    if text.isascii():
        return 0
    return sum(1 for _ in BYTES.finditer(text, start, len(text) if end is None else end))


def note(n_replaced: int) -> str:
    """What `metadata` says of a row with invalid bytes."""
    return f"utf-8 with {n_replaced} bytes replaced"
