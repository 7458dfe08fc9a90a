"""Candidate pairs: rows whose MinHash signatures share a band, and speak for being alike.

A signature is cut into bands of a few values; rows with the same values in any band are a
candidate pair. More values in a band mean fewer false candidates and more missed pairs.

Method: Leskovec, Rajaraman and Ullman, "Mining of Massive Datasets", section 3.4.
"""

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from curate.screen.kernels import compiled, n_threads, on_threads
from curate.screen.minhash import Signatures
from curate.screen.shingles import Rows, Sizes
from curate.screen.words import Hashes, mixed

Packed = NDArray[np.int64]
"""Pairs of row numbers: `later << 32 | earlier`."""

GROUP_NEAR = 8
"""Beyond the limit of a group, a row is compared with so many first rows and so many previous."""
DEVIATIONS = 4
"""Candidates whose signatures agree this many standard deviations less than those of pairs at the
floor are not read again: about 1 pair in 30,000 at the floor is lost by it, fewer above."""

_LOW = 0xFFFFFFFF
_ROWS_A_PART = 1 << 14
"""Rows whose keys and table take a third of a megabyte."""
_LEAST_MERGED = 1 << 22


def candidate_probability(similarity: float, bands: int, rows: int) -> float:
    """Chance that two rows of this Jaccard similarity share a band: 1 - (1 - s^r)^b."""
    return float(1 - (1 - similarity**rows) ** bands)


def bands_for(count: int, floor: float, recall: float) -> tuple[int, int]:
    """(bands, rows per band) out of `count` permutations, with the largest rows per band.

    Pairs at `floor` become candidates with a probability of `recall` or more, pairs above it more
    often. Bands of one row where none reach it.
    """
    for rows in range(count, 1, -1):
        if candidate_probability(floor, count // rows, rows) >= recall:
            return count // rows, rows
    return count, 1


def packed(later: Rows, earlier: Rows) -> Packed:
    """One number per pair; they sort by later row, then earlier."""
    return later << 32 | earlier


def unpacked(pairs: Packed) -> tuple[Rows, Rows]:
    """Later and earlier row of each pair."""
    return pairs >> 32, pairs & _LOW


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
                key = mixed(key ^ np.uint64(signatures[rows[index], column]))
            keys[band, index] = key


@compiled
def _first_equal(begin: int, end: int, keys: Hashes, firsts: Sizes) -> None:
    """Rows are dealt to parts by the high bits of their keys, so that a part fits a cache."""
    n = keys.shape[1]
    n_bits = 0
    while n >> n_bits > _ROWS_A_PART:
        n_bits += 1
    shift = np.uint64(64 - max(n_bits, 1))
    n_parts = 1 << max(n_bits, 1)
    dealt = np.empty(n, np.uint64)
    order = np.empty(n, np.int32)
    for band in range(begin, end):
        starts = np.zeros(n_parts + 1, np.int64)
        for index in range(n):
            starts[np.int64(keys[band, index] >> shift) + 1] += 1
        for part in range(n_parts):
            starts[part + 1] += starts[part]
        at_end = starts[:-1].copy()
        for index in range(n):
            own = np.int64(keys[band, index] >> shift)
            dealt[at_end[own]] = keys[band, index]
            order[at_end[own]] = index
            at_end[own] += 1
        for part in range(n_parts):
            _first_of_part(dealt, order, starts[part], starts[part + 1], firsts[band])


@compiled
def _first_of_part(keys: Hashes, order: Sizes, begin: int, end: int, firsts: Sizes) -> None:
    n_slots = (end - begin) * 3 // 2 + 1
    table = np.full(n_slots, -1, np.int32)
    for place in range(begin, end):
        key = keys[place]
        at = np.int64(((key & np.uint64(_LOW)) * np.uint64(n_slots)) >> np.uint64(32))
        while table[at] >= 0 and keys[table[at]] != key:
            at = at + 1 if at + 1 < n_slots else np.int64(0)
        if table[at] < 0:
            table[at] = place
        firsts[order[place]] = order[table[at]]


def first_equal(
    signatures: Signatures, rows: Rows, first_band: int, n_bands: int, width: int
) -> Sizes:
    """For every band and row, the first row whose values in that band are the same.

    Values are compared by a 64-bit hash. Memory: 12 bytes a row and band, and 12 a row and thread.

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
def group_pairs(members: Packed, limit: int, near: int, own: int) -> tuple[Packed, int, int]:
    """Pairs inside groups: all of them in a group of up to `limit` rows, a bounded part above.

    In a larger group the rows after the first `limit` are paired with the `near` first rows and
    the `near` rows before them only: the number of pairs stays linear in the rows.

    Args:
        members: (n,) sorted, `first << 32 | row` for every row of a group but its first.
        limit: rows of a group that are paired all with all.
        near: first rows and previous rows that each further row is paired with, at most
            limit / 2.
        own: number of the first row that is no reference; references are not paired.

    Returns:
        (n_pairs,) `later << 32 | earlier`; groups above the limit; pairs left out in them.
    """
    n_pairs, n_large, n_left_out = 0, 0, 0
    pairs = np.empty(0, np.int64)
    for filling in (False, True):
        if filling:
            pairs = np.empty(n_pairs, np.int64)
        n_pairs, n_large, n_left_out = 0, 0, 0
        begin, counted = 0, False
        for place in range(len(members)):
            first, row = members[place] >> 32, members[place] & _LOW
            if place == 0 or first != members[place - 1] >> 32:
                begin = place
                counted = False
            rank = place - begin + 1
            if row < own:
                continue
            n_large += rank >= limit and not counted
            counted = rank >= limit
            n_left_out += rank - 2 * near if rank >= limit else 0
            head = near if rank >= limit else rank
            tail = max(head, rank - near)
            for nth in range(head + rank - tail):
                other = nth if nth < head else nth - head + tail
                if filling:
                    earlier = first if other == 0 else members[begin + other - 1] & _LOW
                    pairs[n_pairs] = row << 32 | earlier
                n_pairs += 1
    return pairs, n_large, n_left_out


def candidates(
    signatures: Signatures, rows: Rows, bands: int, width: int, limit: int, own: int = 0
) -> tuple[Packed, int, int]:
    """Pairs of `rows` that share a band.

    Args:
        signatures: (all rows, permutations).
        rows: (n,) the rows that take part, ascending.
        bands: how many bands there are.
        width: values in a band.
        limit: rows sharing a band that are paired all with all, see `group_pairs`.
        own: number of the first row that is no reference; references are not paired.

    Returns:
        (n_pairs,) sorted, each once; groups above the limit; pairs left out in them.
    """
    found, waiting = np.empty(0, np.int64), []
    n_large = n_left_out = 0
    for later, first in _groups(signatures, rows, bands, width):
        pairs, large, left_out = group_pairs(np.sort(packed(first, later)), limit, GROUP_NEAR, own)
        n_large += large
        n_left_out += left_out
        waiting.append(pairs)
        if sum(map(len, waiting)) > max(len(found), _LEAST_MERGED):
            found, waiting = _merged([found, *waiting]), []
    return _merged([found, *waiting]), n_large, n_left_out


def _groups(
    signatures: Signatures, rows: Rows, bands: int, width: int
) -> Iterator[tuple[Rows, Rows]]:
    """Of each band in turn, the rows that are not the first with their values, and these firsts."""
    own = np.arange(len(rows), dtype=np.int32)
    at_once = min(4, max(2, n_threads()))
    for first_band in range(0, bands, at_once):
        n_bands = min(at_once, bands - first_band)
        for first in first_equal(signatures, rows, first_band, n_bands, width):
            later = np.flatnonzero(first != own)
            yield rows[later], rows[first[later]]


def _merged(pairs: list[Packed]) -> Packed:
    """All of them, sorted, each once. On this many, `np.unique` takes far longer."""
    merged = np.concatenate(pairs)
    merged.sort()
    new = np.ones(len(merged), np.bool_)
    np.not_equal(merged[1:], merged[:-1], out=new[1:])
    own: Packed = merged[new]
    return own


@compiled
def _agreement(
    begin: int, end: int, signatures: Signatures, left: Rows, right: Rows, counts: Sizes
) -> None:
    for pair in range(begin, end):
        n = np.int32(0)
        for column in range(signatures.shape[1]):
            n += np.int32(signatures[left[pair], column] == signatures[right[pair], column])
        counts[pair] = n


def likely(signatures: Signatures, sizes: Sizes, pairs: Packed, floor: float) -> Packed:
    """The pairs that may have a similarity of `floor` by their sizes and their signatures.

    Args:
        signatures: (all rows, permutations).
        sizes: (all rows,) distinct shingles.
        pairs: (n_pairs,) candidates.
        floor: Jaccard similarity.
    """
    later, earlier = unpacked(pairs)
    smaller, larger = np.sort([sizes[later], sizes[earlier]], axis=0)
    pairs = pairs[smaller >= larger * floor]
    agreement = np.empty(len(pairs), np.int32)
    on_threads(_agreement, len(pairs), signatures, *unpacked(pairs), agreement, at_once=16384)
    permutations = signatures.shape[1]
    deviation = math.sqrt(permutations * floor * (1 - floor))
    found: Packed = pairs[agreement >= permutations * floor - DEVIATIONS * deviation]
    return found
