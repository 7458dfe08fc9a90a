"""Lines as they are compared: without case, white space and marks, and with digits masked.

A kernel gives a hash and a length for each line of many rows; what recurs is found by sorting.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from curate.screen.kernels import Bytes, Offsets, compiled, on_threads
from curate.screen.words import (
    IGNORED,
    MANY,
    N_CODES,
    SEPARATOR,
    Folds,
    Hashes,
    Kinds,
    decoded,
    mixed,
    tables,
)

_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_DIGITS = np.uint64(48)


class Lines(NamedTuple):
    """The lines of some rows, in order."""

    offsets: NDArray[np.int64]
    """(n_rows + 1,) where each row's lines begin."""
    hashes: Hashes
    """(n_lines,) equal for lines that are compared as equal; 0 where one is not looked at."""
    characters: NDArray[np.int32]
    """(n_lines,) that are not white space."""

    def rows(self) -> NDArray[np.int64]:
        """(n_lines,) the row that each line stands in."""
        return np.repeat(np.arange(len(self.offsets) - 1), np.diff(self.offsets))


def lines(text: Bytes, offsets: Offsets, shortest: int, longest: int) -> Lines:
    """The lines of rows of `shortest` to `longest` letters; the others are there, with the hash 0.

    So are lines of Markdown tables, whose rows differ in their numbers alone.
    """
    n_rows = len(offsets) - 1
    places = np.zeros(n_rows + 1, np.int64)
    on_threads(_count, n_rows, text, offsets, places)
    np.cumsum(places, out=places)
    hashes, characters = np.empty(places[-1], np.uint64), np.empty(places[-1], np.int32)
    words = tables()
    on_threads(
        *(_read, n_rows, text, offsets, places, shortest, longest),
        *(words.kinds, words.folds, hashes, characters),
    )
    return Lines(places, hashes, characters)


@compiled
def _count(begin: int, end: int, text: Bytes, offsets: Offsets, counts: NDArray[np.int64]) -> None:
    for row in range(begin, end):
        n_lines = np.int64(1)
        for at in range(offsets[row], offsets[row + 1]):
            n_lines += text[at] == 10
        counts[row + 1] = n_lines


@compiled
def _read(
    begin: int,
    end: int,
    text: Bytes,
    offsets: Offsets,
    places: NDArray[np.int64],
    shortest: int,
    longest: int,
    kinds: Kinds,
    folds: Folds,
    hashes: Hashes,
    characters: NDArray[np.int32],
) -> None:
    for row in range(begin, end):
        line, at, stop = places[row], offsets[row], offsets[row + 1]
        value, n_letters, n_seen, before = np.uint64(0), 0, 0, np.uint64(0)
        barred = False
        while at <= stop:
            if at == stop or text[at] == 10:
                looked = not barred and shortest <= n_letters <= longest
                # 0 says that a line is not looked at, so no line may have it.
                hashes[line] = max(mixed(value), np.uint64(1)) if looked else np.uint64(0)
                characters[line] = n_seen
                line += 1
                value, n_letters, n_seen, before = np.uint64(0), 0, 0, np.uint64(0)
                barred = False
                at += 1
                continue
            code, n_bytes = np.uint32(text[at]), 1
            if code >= 128:
                code, n_bytes = decoded(text, at, stop)
            at += n_bytes
            blank = code == 32 or 9 <= code <= 13 or code == 0xA0
            barred = code == 124 if n_seen == 0 and not blank else barred
            n_seen += not blank
            if code >= N_CODES or kinds[code] == IGNORED:
                continue
            if kinds[code] == SEPARATOR:
                before = before if blank else np.uint64(0)
                continue
            folded = np.uint64(folds[code]) if folds[code] < MANY else np.uint64(code)
            if 48 <= folded <= 57:  # a run of digits is one, whatever they are
                if before == _DIGITS:
                    continue
                folded = _DIGITS
            n_letters += folded != _DIGITS
            before = folded
            value = (value ^ folded) * _FACTOR
            value ^= value >> np.uint64(29)


def hashed(text: Bytes, offsets: Offsets) -> Hashes:
    """(n_rows,) a hash of each row's bytes as they are; not 0."""
    hashes = np.empty(len(offsets) - 1, np.uint64)
    on_threads(_hash, len(hashes), text, offsets, hashes)
    return hashes


@compiled
def _hash(begin: int, end: int, text: Bytes, offsets: Offsets, hashes: Hashes) -> None:
    for row in range(begin, end):
        value = np.uint64(offsets[row + 1] - offsets[row])
        for at in range(offsets[row], offsets[row + 1]):
            value = (value ^ np.uint64(text[at])) * _FACTOR
            value ^= value >> np.uint64(29)
        hashes[row] = max(mixed(value), np.uint64(1))
