"""A file -> its bytes, unpacked, never more than a bound. Reads one file, writes nothing."""

import gzip
import hashlib
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from curate.collect.forms import PACKED
from schemas.rows import Failure

LARGEST = 512 << 20
"""Bytes, unpacked, that a reader of whole files is given."""
CHUNK = 4 << 20


@dataclass(frozen=True, slots=True)
class Contents:
    """What a file holds."""

    data: bytes
    """Unpacked."""
    sha256: str
    """Of the file as it lies there, in hex."""


def load(path: Path, name: str, largest: int = LARGEST) -> Contents | Failure:
    """The bytes of a file.

    Args:
        path: the file; unpacked where its name ends in `.gz`.
        name: what documents call it.
        largest: bytes that it may hold, unpacked.
    """
    try:
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, hashlib.sha256).hexdigest()
            file.seek(0)
            if path.suffix.lower() == PACKED:
                with gzip.GzipFile(fileobj=file) as packed:
                    data = _read(packed, largest)
            else:
                data = _read(file, largest)
    except (OSError, EOFError, zlib.error) as error:
        return Failure(name, "unreadable", getattr(error, "strerror", None) or str(error))
    if data is None:
        return Failure(name, "too-large", f"it holds more than {largest >> 20} MiB")
    return Contents(data, sha256) if data else Failure(name, "empty")


def _read(file: IO[bytes] | gzip.GzipFile, largest: int) -> bytes | None:
    """All bytes; None where there are more than `largest`, of which no more are held."""
    chunks: list[bytes] = []
    n_bytes = 0
    while chunk := file.read(CHUNK):
        n_bytes += len(chunk)
        if n_bytes > largest:
            return None
        chunks.append(chunk)
    return b"".join(chunks)
