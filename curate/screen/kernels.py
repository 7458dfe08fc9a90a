"""Compiled loops over UTF-8 text in Arrow buffers. No Python object is made per row.

A kernel takes `text` (n_bytes,) uint8 and `offsets` (n_rows + 1,) int64; row i is
`text[offsets[i]:offsets[i + 1]]`. It is called batch by batch: text is streamed, never held whole.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar, cast

import numba
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Offsets = NDArray[np.int64]
Counts = NDArray[np.int32]
Kernel = TypeVar("Kernel", bound=Callable[..., object])


def compiled(function: Kernel) -> Kernel:
    """Compile a function with numba and keep the machine code on disk for the next process.

    Where no folder for the machine code can be written, it is compiled in each process anew.
    Kernels release the interpreter's lock, see `on_threads`.
    """
    try:
        return cast(Kernel, numba.njit(nogil=True, cache=True)(function))
    except RuntimeError:
        return cast(Kernel, numba.njit(nogil=True)(function))


def n_threads() -> int:
    """Threads that kernels use: NUMBA_NUM_THREADS, by default the cores of this process."""
    return int(numba.config.NUMBA_NUM_THREADS)  # type: ignore[attr-defined]


def on_threads(kernel: Callable[..., None], n: int, *arguments: object, at_once: int = 512) -> None:
    """Call `kernel(begin, end, *arguments)` for ranges that cover 0 to n, on all threads.

    The ranges are the same for any number of threads. Kernels so called compile in half the time
    that `prange` takes, and a long row holds up no other.
    """
    ranges = [(begin, min(begin + at_once, n)) for begin in range(0, n, at_once)]
    n_used = min(n_threads(), len(ranges))
    if n_used <= 1:
        for begin, end in ranges:
            kernel(begin, end, *arguments)
        return
    with ThreadPoolExecutor(n_used) as threads:
        for done in [threads.submit(kernel, *one, *arguments) for one in ranges]:
            done.result()


def buffers(text: pa.Array) -> tuple[Bytes, Offsets]:
    """Bytes and offsets of one batch of strings or binaries; the bytes are not copied.

    A null counts as an empty text. Both arrays are read-only views of Arrow's memory.
    """
    binary = pa.types.is_binary(text.type) or pa.types.is_large_binary(text.type)
    kind = pa.large_binary() if binary or text.type == pa.binary_view() else pa.large_string()
    array = text.cast(kind)
    if array.null_count:
        array = array.fill_null(b"" if kind == pa.large_binary() else "")
    if not len(array):
        return np.frombuffer(b"", np.uint8), np.frombuffer(bytes(8), np.int64)
    _, offsets, data = array.buffers()
    window = np.frombuffer(offsets, np.int64)[array.offset : array.offset + len(array) + 1]
    content = np.frombuffer(data or b"", np.uint8)
    # Arrow's buffers are writable or not by how they came about; numba would compile both kinds.
    window.flags.writeable = False
    content.flags.writeable = False
    return content, window


@compiled
def _count_words(begin: int, end: int, text: Bytes, offsets: Offsets, counts: Counts) -> None:
    for row in range(begin, end):
        n_words = np.int32(0)
        inside = False
        for position in range(offsets[row], offsets[row + 1]):
            byte = text[position]
            blank = byte == 32 or 9 <= byte <= 13
            n_words += np.int32(not blank and not inside)
            inside = not blank
        counts[row] = n_words


def count_words(text: Bytes, offsets: Offsets) -> Counts:
    """(n_rows,) runs of bytes that are not ASCII white space."""
    counts = np.empty(len(offsets) - 1, np.int32)
    on_threads(_count_words, len(counts), text, offsets, counts)
    return counts
