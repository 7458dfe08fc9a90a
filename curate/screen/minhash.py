"""Word shingles, MinHash signatures and their bands, compiled, for whole batches of rows.

A word is a run of ASCII letters, ASCII digits and bytes above 127; a shingle is the 64-bit hash of
some words in a row. Bytes come as `kernels.buffers` gives them, in lower case. Signatures are
datasketch 2.0's scheme `affine32`, seed 1, bit by bit, fed with the low 32 bits of the shingles:
its indexes can hold them. Nothing here depends on the number of threads.

Method: Broder, "On the resemblance and containment of documents" (1997); bands after Leskovec,
Rajaraman and Ullman, "Mining of Massive Datasets", section 3.4.
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


def candidate_probability(similarity: float, bands: int, rows: int) -> float:
    """Chance that two rows of this Jaccard similarity share a band: 1 - (1 - s^r)^b."""
    return float(1 - (1 - similarity**rows) ** bands)


def bands_for(count: int, floor: float, recall: float) -> tuple[int, int] | None:
    """(bands, rows per band) out of `count` permutations, with the largest rows per band.

    Pairs at `floor` become candidates with a probability of `recall` or more, pairs above it more
    often. None where even bands of one row do not reach it.
    """
    for rows in range(count, 0, -1):
        bands = count // rows
        if candidate_probability(floor, bands, rows) >= recall:
            return bands, rows
    return None


@compiled
def _mixed(value: np.uint64) -> np.uint64:
    """MurmurHash3's 64-bit finalizer: a bijection that spreads every bit over all."""
    value ^= value >> np.uint64(33)
    value *= _MIX_A
    value ^= value >> np.uint64(33)
    value *= _MIX_B
    return value ^ (value >> np.uint64(33))


@compiled
def _is_word(byte: np.uint8) -> bool:
    return bool(byte >= 128 or 97 <= byte <= 122 or 48 <= byte <= 57 or 65 <= byte <= 90)


@compiled
def _shingles(text: Bytes, start: int, end: int, words: int, out: Hashes) -> int:
    """Write one row's shingles into `out`, repeats included; return how many there are.

    A row with fewer words than `words` has one shingle of all its words; no words, no shingle.
    """
    n_words = 0
    value = np.uint64(0)
    inside = False
    for position in range(start, end):
        byte = text[position]
        if _is_word(byte):
            value = (value ^ np.uint64(byte)) * _WORD
            inside = True
        elif inside:
            out[n_words] = _mixed(value)
            n_words += 1
            value = np.uint64(0)
            inside = False
    if inside:
        out[n_words] = _mixed(value)
        n_words += 1
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
        # Zero marks an empty slot in the tables of `_distinct` and `jaccard`.
        out[shingle] = max(_mixed(rolled), np.uint64(1))
        if shingle + width < n_words:
            rolled = rolled * _SHINGLE + out[shingle + width] - first * leaving
    return n_shingles


@compiled
def _slots(n: int) -> int:
    """Size of a hash table for n entries: a power of two, at most half of it used."""
    size = 4
    while size < 2 * n:
        size *= 2
    return size


@compiled
def _distinct(hashes: Hashes, n: int, table: Hashes) -> int:
    """Move the first of each value to the front of `hashes`; return how many there are."""
    size = _slots(n)
    for slot in range(size):
        table[slot] = 0
    mask = np.uint64(size - 1)
    kept = 0
    for place in range(n):
        value = hashes[place]
        at = value & mask
        while table[at] != 0 and table[at] != value:
            at = (at + np.uint64(1)) & mask
        if table[at] == 0:
            table[at] = value
            hashes[kept] = value
            kept += 1
    return kept


@compiled
def _largest(offsets: Offsets, first: int, last: int) -> int:
    """Bound on the words of any row from `first` to before `last`."""
    largest = 0
    for row in range(first, last):
        largest = max(largest, (offsets[row + 1] - offsets[row] + 1) // 2)
    return largest


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
    largest = _largest(offsets, begin, end)
    hashes = np.empty(largest, np.uint64)
    low = np.empty(largest, np.uint32)
    table = np.empty(_slots(largest), np.uint64)
    for row in range(begin, end):
        n = _shingles(text, offsets[row], offsets[row + 1], words, hashes)
        n = _distinct(hashes, n, table)
        first = np.uint64(0)
        second = np.uint64(0)
        for place in range(n):
            first += hashes[place]
            second += _mixed(hashes[place] ^ _SECOND)
            mixed = np.uint32(hashes[place] & _LOW)
            mixed = np.uint32((mixed ^ (mixed >> np.uint32(16))) * _MIX32_A)
            mixed = np.uint32((mixed ^ (mixed >> np.uint32(13))) * _MIX32_B)
            low[place] = np.uint32(mixed ^ (mixed >> np.uint32(16)))
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
    largest = _largest(offsets, begin, end)
    scratch = np.empty(largest, np.uint64)
    table = np.empty(_slots(largest), np.uint64)
    for row in range(begin, end):
        n = _shingles(text, offsets[row], offsets[row + 1], words, scratch)
        n = _distinct(scratch, n, table)
        sizes[row] = n
        if n == starts[row + 1] - starts[row]:
            for place in range(n):
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


@compiled
def _band_keys(
    begin: int,
    end: int,
    signatures: Signatures,
    rows: Rows,
    first_band: int,
    width: int,
    keys: Hashes,
) -> None:
    for index in range(begin, end):
        for band in range(keys.shape[0]):
            key = np.uint64(0)
            for column in range((first_band + band) * width, (first_band + band + 1) * width):
                key = _mixed((key ^ np.uint64(signatures[rows[index], column])) * _WORD)
            keys[band, index] = key


@compiled
def _first_equal(begin: int, end: int, keys: Hashes, firsts: Sizes) -> None:
    n = keys.shape[1]
    n_slots = n + n // 2 + 1
    table = np.empty(n_slots, np.int32)
    for band in range(begin, end):
        for slot in range(n_slots):
            table[slot] = -1
        for index in range(n):
            key = keys[band, index]
            at = np.int64(((key >> np.uint64(32)) * np.uint64(n_slots)) >> np.uint64(32))
            while table[at] >= 0 and keys[band, table[at]] != key:
                at = at + 1 if at + 1 < n_slots else np.int64(0)
            if table[at] < 0:
                table[at] = index
            firsts[band, index] = table[at]


def first_equal(
    signatures: Signatures, rows: Rows, first_band: int, n_bands: int, width: int
) -> Sizes:
    """For every band and row, the first row whose values in that band are the same.

    Values are compared by a 64-bit hash. Memory: 12 bytes a row and band, 6 a row and thread.

    Args:
        signatures: (all rows, permutations).
        rows: (n,) the rows that take part, fewer than 2^31.
        first_band: number of the first band that is looked at.
        n_bands: how many bands are looked at.
        width: values in a band; band k is `signatures[:, k * width:(k + 1) * width]`.

    Returns:
        (n_bands, n) index into `rows`; its own index where no earlier row has the same values.
    """
    keys = np.empty((n_bands, len(rows)), np.uint64)
    firsts = np.empty((n_bands, len(rows)), np.int32)
    on_threads(_band_keys, len(rows), signatures, rows, first_band, width, keys, at_once=16384)
    on_threads(_first_equal, n_bands, keys, firsts, at_once=1)
    return firsts


@compiled
def group_pairs(members: Hashes, limit: int, near: int) -> tuple[Hashes, int, int]:
    """Pairs inside groups: all of them in a group of up to `limit` rows, a bounded part above.

    In a larger group the rows after the first `limit` are paired with the `near` first rows and
    the `near` rows before them only: the number of pairs stays linear in the rows.

    Args:
        members: (n,) sorted, `first << 32 | row` for every row of a group but its first.
        limit: rows of a group that are paired all with all.
        near: first rows and previous rows that each further row is paired with, at most
            limit / 2.

    Returns:
        (n_pairs,) `later << 32 | earlier`; groups above the limit; pairs left out in them.
    """
    n_pairs, n_large, n_left_out = 0, 0, 0
    pairs = np.empty(0, np.uint64)
    for filling in (False, True):
        if filling:
            pairs = np.empty(n_pairs, np.uint64)
        n_pairs, n_large, n_left_out = 0, 0, 0
        begin = 0
        for place in range(len(members)):
            first = members[place] >> np.uint64(32)
            if place == 0 or first != members[place - 1] >> np.uint64(32):
                begin = place
            rank = place - begin + 1
            later = (members[place] & _LOW) << np.uint64(32)
            n_large += rank == limit
            n_left_out += rank - 2 * near if rank >= limit else 0
            head = near if rank >= limit else rank
            tail = max(head, rank - near)
            for nth in range(head + rank - tail):
                other = nth if nth < head else nth - head + tail
                if filling:
                    earlier = first if other == 0 else members[begin + other - 1] & _LOW
                    pairs[n_pairs] = later | earlier
                n_pairs += 1
    return pairs, n_large, n_left_out


@compiled
def _agreement(
    begin: int, end: int, signatures: Signatures, left: Rows, right: Rows, counts: Sizes
) -> None:
    for pair in range(begin, end):
        n = np.int32(0)
        for column in range(signatures.shape[1]):
            n += np.int32(signatures[left[pair], column] == signatures[right[pair], column])
        counts[pair] = n


def agreement(signatures: Signatures, left: Rows, right: Rows) -> Sizes:
    """(n_pairs,) permutations in which two rows have the same value; over all: their similarity."""
    counts = np.empty(len(left), np.int32)
    on_threads(_agreement, len(left), signatures, left, right, counts, at_once=16384)
    return counts


@compiled
def _jaccard(
    begin: int,
    end: int,
    left_hashes: Hashes,
    left_starts: Offsets,
    right_hashes: Hashes,
    right_starts: Offsets,
    left: Rows,
    right: Rows,
    similarity: NDArray[np.float64],
) -> None:
    largest = 0
    for pair in range(begin, end):
        largest = max(largest, left_starts[left[pair] + 1] - left_starts[left[pair]])
    table = np.empty(_slots(largest), np.uint64)
    mask = np.uint64(0)
    for pair in range(begin, end):
        row, other = left[pair], right[pair]
        n_own = left_starts[row + 1] - left_starts[row]
        if pair == begin or row != left[pair - 1]:
            mask = np.uint64(_slots(n_own) - 1)
            for slot in range(_slots(n_own)):
                table[slot] = 0
            for place in range(left_starts[row], left_starts[row + 1]):
                value = left_hashes[place]
                at = value & mask
                while table[at] != 0:
                    at = (at + np.uint64(1)) & mask
                table[at] = value
        shared = 0
        for place in range(right_starts[other], right_starts[other + 1]):
            value = right_hashes[place]
            at = value & mask
            while table[at] != 0 and table[at] != value:
                at = (at + np.uint64(1)) & mask
            shared += table[at] == value
        union = n_own + right_starts[other + 1] - right_starts[other] - shared
        similarity[pair] = shared / union if union > 0 else 0.0


def jaccard(
    left_hashes: Hashes,
    left_starts: Offsets,
    right_hashes: Hashes,
    right_starts: Offsets,
    left: Rows,
    right: Rows,
) -> NDArray[np.float64]:
    """(n_pairs,) exact Jaccard similarity of two rows' sets, which come as `shingle_sets` does.

    Fastest where pairs with the same left row stand together. Two empty sets resemble each other
    by 0.
    """
    similarity = np.empty(len(left), np.float64)
    on_threads(
        _jaccard,
        len(left),
        left_hashes,
        left_starts,
        right_hashes,
        right_starts,
        left,
        right,
        similarity,
        at_once=2048,
    )
    return similarity
