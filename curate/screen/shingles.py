"""A row's set of shingles, compiled: the hashes of all its runs of a few words.

A word is what `words.py` says. A row with fewer words than a shingle is one shingle of all its
words; a row without words has none. Hashes are 64 bits; two sets of a million shingles share one by
accident with a probability of 10^-7.

Two fields of a row may be compared at once (`paired`): they come joined by PARTED, and the lowest
bit of a hash says which of the two it is from.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from curate.screen import words
from curate.screen.kernels import Bytes, Offsets, compiled, on_threads
from curate.screen.words import (
    Folds,
    Hashes,
    Kinds,
    Several,
    mixed,
    placed_words,
    unspaced,
)

MAX_CHARACTERS = 500_000
"""Longer texts are cut here before they are compared."""
PARTED = "\0"
"""Between two fields that are compared at once."""

Sizes = NDArray[np.int32]
Rows = NDArray[np.int64]

_SHINGLE = np.uint64(0xD6E8FEB86659FD93)
_SEQUENCE = np.uint64(0xE7037ED1A0B428DB)


class Shingling(NamedTuple):
    """How a row becomes a set; see `shingling`."""

    words: int
    """Words in a shingle."""
    characters: int
    """Characters in a shingle, in rows of scripts without spaces."""
    paired: bool
    """Whether a row is two fields."""
    kinds: Kinds
    folds: Folds
    several: Several


def shingling(n_words: int, n_characters: int, paired: bool = False) -> Shingling:
    """How rows become sets.

    Args:
        n_words: words in a shingle.
        n_characters: characters in a shingle, in rows of scripts without spaces.
        paired: whether a row is two fields, joined by PARTED.
    """
    return Shingling(n_words, n_characters, paired, *words.tables())


@compiled
def end_of(text: Bytes, start: int, end: int) -> int:
    """Where a row ends, or its first MAX_CHARACTERS characters."""
    if end - start <= MAX_CHARACTERS:
        return end
    n_characters = 0
    for position in range(start, end):
        n_characters += text[position] & 0xC0 != 0x80
        if n_characters > MAX_CHARACTERS:
            return position
    return end


@compiled
def _run(
    text: Bytes, start: int, end: int, how: Shingling, out: Hashes, at: int
) -> tuple[int, np.uint64]:
    """Write the shingles of one text into `out` from `at`; (how many, a hash of all its words).

    Repeats are included.
    """
    tables = (how.kinds, how.folds, how.several)
    found = out[at:]
    n_words, n_characters, n_alone = placed_words(
        text, start, end, *tables, found, None, None, False
    )
    wanted = how.words
    if unspaced(n_characters, n_alone):
        n_words, n_characters, n_alone = placed_words(
            text, start, end, *tables, found, None, None, True
        )
        wanted = how.characters
    if n_words == 0:
        return 0, np.uint64(0)
    width = min(wanted, n_words)
    leaving = np.uint64(1)
    rolled = np.uint64(0)
    for word in range(width):
        leaving *= _SHINGLE
        rolled = rolled * _SHINGLE + found[word]
    sequence = rolled
    n_shingles = n_words - width + 1
    for shingle in range(n_shingles):
        first = found[shingle]
        found[shingle] = mixed(rolled)
        if shingle + width < n_words:
            entering = found[shingle + width]
            sequence = sequence * _SEQUENCE + entering
            rolled = rolled * _SHINGLE + entering - first * leaving
    return n_shingles, mixed(sequence)


@compiled
def shingles(
    text: Bytes, start: int, end: int, how: Shingling, out: Hashes
) -> tuple[int, np.uint64]:
    """Write one row's shingles into `out`, repeats included; (how many, a hash of all its words).

    No shingle is 0, which marks an empty slot in the tables of `slot_of`.
    """
    if not how.paired:
        n, sequence = _run(text, start, end, how, out, 0)
        for place in range(n):
            out[place] = max(out[place], np.uint64(1))
        return n, sequence
    middle = start
    while middle < end and text[middle] != 0:
        middle += 1
    n_left, left = _run(text, start, middle, how, out, 0)
    n_right, right = _run(text, min(middle + 1, end), end, how, out, n_left)
    for place in range(n_left + n_right):
        field = np.uint64(place >= n_left)
        out[place] = max(out[place] & ~np.uint64(1), np.uint64(2)) | field
    return n_left + n_right, mixed(left + np.uint64(n_left)) + right


@compiled
def slots(n: int) -> int:
    """Size of a hash table for n entries: a power of two, at most half of it used."""
    size = 4
    while size < 2 * n:
        size *= 2
    return size


@compiled
def slot_of(value: np.uint64, table: Hashes, mask: np.uint64) -> np.uint64:
    """Slot that holds a value, or the empty one, zero, where it belongs; mask is size - 1."""
    at = value & mask
    while table[at] != 0 and table[at] != value:
        at = (at + np.uint64(1)) & mask
    return at


@compiled
def distinct(hashes: Hashes, n: int, table: Hashes) -> int:
    """Move the first of each value to the front of `hashes`; return how many there are."""
    size = slots(n)
    table[:size] = 0
    kept = 0
    for place in range(n):
        value = hashes[place]
        at = slot_of(value, table, np.uint64(size - 1))
        if table[at] == 0:
            table[at] = value
            hashes[kept] = value
            kept += 1
    return kept


@compiled
def most_shingles(offsets: Offsets, begin: int, end: int) -> int:
    """Shingles that the longest of these rows may have; a character cut in two counts as one.

    A loop: `np.diff` here would cost four seconds of compiling.
    """
    length = 0
    for row in range(begin, end):
        length = max(length, offsets[row + 1] - offsets[row])
    return length + 1


@compiled
def _sets(
    begin: int,
    end: int,
    text: Bytes,
    offsets: Offsets,
    rows: Rows,
    how: Shingling,
    starts: Offsets,
    hashes: Hashes,
    sizes: Sizes,
) -> None:
    largest = 0
    for place in range(begin, end):
        largest = max(largest, most_shingles(offsets, rows[place], rows[place] + 1))
    scratch = np.empty(largest, np.uint64)
    table = np.empty(slots(largest), np.uint64)
    for place in range(begin, end):
        start = offsets[rows[place]]
        stop = end_of(text, start, offsets[rows[place] + 1])
        n, _ = shingles(text, start, stop, how, scratch)
        n = distinct(scratch, n, table)
        sizes[place] = n
        if n == starts[place + 1] - starts[place]:
            for one in range(n):  # assigning a slice would cost two seconds of compiling
                hashes[starts[place] + one] = scratch[one]


def sets_of(
    text: Bytes, offsets: Offsets, rows: Rows, how: Shingling, expected: Sizes
) -> tuple[Hashes, Offsets, Sizes]:
    """Distinct shingles of some rows, in the order in which they first occur.

    Args:
        text: bytes of all rows of a batch.
        offsets: (rows of the batch + 1,).
        rows: (n,) rows of the batch that are asked for.
        how: see `shingling`.
        expected: (n,) distinct shingles of each, as the first reading counted them.

    Returns:
        `hashes`, `starts` and `sizes`: the set of `rows[i]` is `hashes[starts[i]:starts[i + 1]]`,
        and `sizes` (n,) what was counted; where it is not what was expected, the set is not filled.
    """
    starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(expected, dtype=np.int64)])
    hashes = np.empty(starts[-1], np.uint64)
    sizes = np.empty(len(rows), np.int32)
    on_threads(_sets, len(rows), text, offsets, rows, how, starts, hashes, sizes)
    return hashes, starts, sizes
