"""Arrays that grow row by row, in memory up to a bound and in a file beyond it.

The file has no name and is gone with the process. It lies in the folder for temporary files
(TMPDIR), and is given its place on the disk before it is written to, so that a full disk is an
error and not a crash.
"""

import os
import tempfile
import weakref
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from schemas.errors import TableError

MEMORY = "RETORT_MEMORY"
"""Environment variable: bytes of memory that may hold what is known of rows."""


def memory_bytes() -> int:
    """RETORT_MEMORY, or half of the machine's memory.

    Raises:
        TableError: the variable is not a number of bytes.
    """
    given = os.environ.get(MEMORY)
    if given is None:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    if not given.isdecimal():
        raise TableError(f"{MEMORY}: {given!r} is not a number of bytes. Write 8000000000, say.")
    return int(given)


class Growing:
    """Rows of numbers, the last ones not there yet."""

    def __init__(self, shape: tuple[int, ...], dtype: DTypeLike, held_bytes: int) -> None:
        """No rows yet.

        Args:
            shape: of one row.
            dtype: of its numbers.
            held_bytes: memory beyond which the rows move to a file.
        """
        self._held_bytes = held_bytes
        self._file: Any = None
        self._rows: NDArray[Any] = np.empty((0, *shape), dtype)

    def upto(self, n_rows: int) -> NDArray[Any]:
        """(>= n_rows, …) the rows, made longer where they are not as many; others go stale."""
        if n_rows > len(self._rows):
            self._resize(n_rows + n_rows // 32)
        return self._rows

    def whole(self, n_rows: int) -> NDArray[Any]:
        """(n_rows, …) the rows, no longer than asked for."""
        self._resize(n_rows)
        return self._rows

    def _resize(self, n_rows: int) -> None:
        shape = (n_rows, *self._rows.shape[1:])
        n_bytes = int(np.prod(shape)) * self._rows.itemsize
        if self._file is None and n_bytes <= self._held_bytes:
            # In place: the system moves pages, so that old and new never stand side by side.
            self._rows.resize(shape, refcheck=False)
            return
        before = self._rows if self._file is None else None
        if self._file is None:
            self._file = tempfile.TemporaryFile(prefix="retort-")  # noqa: SIM115 (lives as long)
            weakref.finalize(self, self._file.close)
        self._rows = _mapped(self._file, shape, self._rows.dtype, n_bytes)
        if before is not None:
            n_common = min(n_rows, len(before))
            self._rows[:n_common] = before[:n_common]


def _mapped(
    file: Any,  # noqa: ANN401
    shape: tuple[int, ...],
    dtype: DTypeLike,
    n_bytes: int,
) -> NDArray[Any]:
    try:
        os.posix_fallocate(file.fileno(), 0, max(1, n_bytes))
    except OSError as error:
        raise TableError(
            f"{tempfile.gettempdir()}: {error.strerror} while {n_bytes} bytes were asked for, in "
            f"which rows are compared. Free some, name another folder in TMPDIR, or allow more "
            f"memory with {MEMORY}."
        ) from error
    return np.memmap(file, dtype, "r+", shape=shape)
