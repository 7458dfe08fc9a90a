"""Word shingles and MinHash signatures, compiled, for whole batches of rows.

A word is a run of ASCII letters, ASCII digits and bytes above 127; a shingle is the 64-bit hash of
some words in a row. Bytes come as `kernels.buffers` gives them, in lower case. Signatures are
datasketch 2.0's scheme `affine32`, seed 1, bit by bit, fed with the low 32 bits of the shingles:
its indexes can hold them. Nothing here depends on the number of threads.

Method: Broder, "On the resemblance and containment of documents" (1997).
"""

import numpy as np
from numpy.typing import NDArray

from curate.screen.kernels import Bytes, Offsets, compiled, on_threads

Hashes = NDArray[np.uint64]
Signatures = NDArray[np.uint32]
Sizes = NDArray[np.int32]
Rows = NDArray[np.int64]

# Odd numbers with bits spread evenly: golden ratio, and the finalizers of MurmurHash3.
_WORD = np.uint64(0x9E3779B97F4A7C15)
_SHINGLE = np.uint64(0xD6E8FEB86659FD93)
_SECOND = np.uint64(0xA0761D6478BD642F)
_MIX_A = np.uint64(0xFF51AFD7ED558CCD)
_MIX_B = np.uint64(0xC4CEB9FE1A85EC53)
_MIX32_A = np.uint32(0x85EBCA6B)
_MIX32_B = np.uint32(0xC2B2AE35)
_LOW = np.uint64(0xFFFFFFFF)


def permutations(count: int) -> Signatures:
    """(2, count) multipliers and increments of datasketch's `affine32` scheme, seed 1."""
    import datasketch

    made: Signatures = datasketch.MinHash(count, seed=1, scheme="affine32").permutations
    return np.ascontiguousarray(made)


@compiled
def mixed(value: np.uint64) -> np.uint64:
    """MurmurHash3's 64-bit finalizer: a bijection that spreads every bit over all."""
    value ^= value >> np.uint64(33)
    value *= _MIX_A
    value ^= value >> np.uint64(33)
    value *= _MIX_B
    return value ^ (value >> np.uint64(33))


@compiled
def _mixed_low(value: np.uint64) -> np.uint32:
    """MurmurHash3's 32-bit finalizer of the low bits, as `affine32` begins."""
    low = np.uint32(value & _LOW)
    low = np.uint32((low ^ (low >> np.uint32(16))) * _MIX32_A)
    low = np.uint32((low ^ (low >> np.uint32(13))) * _MIX32_B)
    return np.uint32(low ^ (low >> np.uint32(16)))


@compiled
def _is_word(byte: np.uint8) -> bool:
    return bool(byte >= 128 or 97 <= byte <= 122 or 48 <= byte <= 57 or 65 <= byte <= 90)


@compiled
def _words(text: Bytes, start: int, end: int, out: Hashes) -> int:
    """Write the hash of each word of one row into `out`; return how many there are."""
    n_words = 0
    value = np.uint64(0)
    inside = False
    for position in range(start, end):
        byte = text[position]
        if _is_word(byte):
            value = (value ^ np.uint64(byte)) * _WORD
            inside = True
        elif inside:
            out[n_words] = mixed(value)
            n_words += 1
            value = np.uint64(0)
            inside = False
    if inside:
        out[n_words] = mixed(value)
        n_words += 1
    return n_words


@compiled
def _shingles(text: Bytes, start: int, end: int, words: int, out: Hashes) -> int:
    """Write one row's shingles into `out`, repeats included; return how many there are.

    A row with fewer words than `words` has one shingle of all its words; no words, no shingle.
    """
    n_words = _words(text, start, end, out)
    if n_words == 0:
        return 0
    width = min(words, n_words)
    leaving = np.uint64(1)
    rolled = np.uint64(0)
    for word in range(width):
        leaving *= _SHINGLE
        rolled = rolled * _SHINGLE + out[word]
    n_shingles = n_words - width + 1
    for shingle in range(n_shingles):
        first = out[shingle]
        # Zero marks an empty slot in the tables of `slot_of`.
        out[shingle] = max(mixed(rolled), np.uint64(1))
        if shingle + width < n_words:
            rolled = rolled * _SHINGLE + out[shingle + width] - first * leaving
    return n_shingles


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
def _distinct(hashes: Hashes, n: int, table: Hashes) -> int:
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
def widest(offsets: Offsets) -> int:
    """Length of the longest row. A loop: `np.diff` here would cost four seconds of compiling."""
    length = 0
    for row in range(len(offsets) - 1):
        length = max(length, offsets[row + 1] - offsets[row])
    return length


@compiled
def _sketch(
    begin: int,
    end: int,
    text: Bytes,
    offsets: Offsets,
    words: int,
    permutations: Signatures,
    signatures: Signatures,
    sets: Hashes,
    sizes: Sizes,
) -> None:
    largest = (widest(offsets[begin : end + 1]) + 1) // 2
    hashes = np.empty(largest, np.uint64)
    low = np.empty(largest, np.uint32)
    table = np.empty(slots(largest), np.uint64)
    for row in range(begin, end):
        n = _shingles(text, offsets[row], offsets[row + 1], words, hashes)
        n = _distinct(hashes, n, table)
        first = np.uint64(0)
        second = np.uint64(0)
        for place in range(n):
            first += hashes[place]
            second += mixed(hashes[place] ^ _SECOND)
            low[place] = _mixed_low(hashes[place])
        sizes[row] = n
        sets[row, 0] = first
        sets[row, 1] = second
        for column in range(permutations.shape[1]):
            multiplier = permutations[0, column]
            increment = permutations[1, column]
            smallest = np.uint32(0xFFFFFFFF)
            for place in range(n):
                smallest = min(smallest, np.uint32(multiplier * low[place] + increment))
            signatures[row, column] = smallest


def sketch(
    text: Bytes,
    offsets: Offsets,
    words: int,
    permutations: Signatures,
    signatures: Signatures,
    sets: Hashes,
    sizes: Sizes,
) -> None:
    """Fill what identifies each row's set of shingles.

    Args:
        text: bytes of all rows, in lower case.
        offsets: (rows + 1,).
        words: words in a shingle.
        permutations: (2, permutations), see `permutations`.
        signatures: (rows, permutations), filled; all bits set for a row without words.
        sets: (rows, 2), filled: a 128-bit hash of the set, whatever the order of its members.
        sizes: (rows,), filled: distinct shingles.
    """
    on_threads(_sketch, len(sizes), text, offsets, words, permutations, signatures, sets, sizes)


@compiled
def _shingle_sets(
    begin: int,
    end: int,
    text: Bytes,
    offsets: Offsets,
    words: int,
    starts: Offsets,
    hashes: Hashes,
    sizes: Sizes,
) -> None:
    largest = (widest(offsets[begin : end + 1]) + 1) // 2
    scratch = np.empty(largest, np.uint64)
    table = np.empty(slots(largest), np.uint64)
    for row in range(begin, end):
        n = _shingles(text, offsets[row], offsets[row + 1], words, scratch)
        n = _distinct(scratch, n, table)
        sizes[row] = n
        if n == starts[row + 1] - starts[row]:
            for place in range(n):  # assigning a slice would cost two seconds of compiling
                hashes[starts[row] + place] = scratch[place]


def shingle_sets(
    text: Bytes, offsets: Offsets, words: int, expected: Sizes
) -> tuple[Hashes, Offsets, Sizes]:
    """Distinct shingles of every row, in the order in which they first occur.

    Args:
        text: bytes of all rows, in lower case.
        offsets: (rows + 1,).
        words: words in a shingle.
        expected: (rows,) distinct shingles of each row, as `sketch` counts them.

    Returns:
        `hashes`, `starts` and `sizes`: row i's set is `hashes[starts[i]:starts[i + 1]]`, and
        `sizes` (rows,) what was counted; where it is not what was expected, the set is not filled.
    """
    starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(expected, dtype=np.int64)])
    hashes = np.empty(starts[-1], np.uint64)
    sizes = np.empty(len(expected), np.int32)
    on_threads(_shingle_sets, len(sizes), text, offsets, words, starts, hashes, sizes)
    return hashes, starts, sizes
