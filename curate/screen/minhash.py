"""What identifies a row's set of shingles, compiled: MinHash signature, hash and size.

Signatures are datasketch 2.0's scheme `affine32`, seed 1, bit by bit, fed with the low 32 bits of
the shingles: its indexes can hold them. Nothing here depends on the number of threads.

Method: Broder, "On the resemblance and containment of documents" (1997).
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from curate.screen.kernels import Bytes, Offsets, compiled, on_threads
from curate.screen.shingles import (
    Shingling,
    Sizes,
    distinct,
    end_of,
    most_shingles,
    shingles,
    slots,
)
from curate.screen.words import Hashes, mixed

if TYPE_CHECKING:
    import datasketch

Signatures = NDArray[np.uint32]

_SECOND = np.uint64(0xA0761D6478BD642F)
_MIX32_A = np.uint32(0x85EBCA6B)
_MIX32_B = np.uint32(0xC2B2AE35)
_LOW = np.uint64(0xFFFFFFFF)


class Marks(NamedTuple):
    """What rows leave behind; arrays of as many rows."""

    signatures: Signatures
    """(rows, permutations); all bits set for a row without words."""
    sets: Hashes
    """(rows, 3): a 128-bit hash of the set, whatever the order of its members, and a 64-bit hash of
    all words in their order."""
    sizes: Sizes
    """(rows,) distinct shingles; -n - 1 where the text was cut."""


def permutations(count: int) -> Signatures:
    """(2, count) multipliers and increments of datasketch's `affine32` scheme, seed 1.

    Drawn as datasketch 2.0 draws them, without the second that importing it takes.
    """
    draw = np.random.RandomState(1)
    odd = draw.randint(0, 1 << 31, count, np.uint32) * np.uint32(2) + np.uint32(1)
    return np.array([odd, draw.randint(0, 1 << 32, count, np.uint32)])


def as_datasketch(signatures: Signatures) -> "Iterator[datasketch.MinHash]":
    """Every row's signature for datasketch: its indexes, in memory or in a database, hold them.

    Args:
        signatures: (rows, permutations).
    """
    import datasketch

    for signature in signatures:
        yield datasketch.MinHash(len(signature), seed=1, hashvalues=signature, scheme="affine32")


@compiled
def _mixed_low(value: np.uint64) -> np.uint32:
    """MurmurHash3's 32-bit finalizer of the low bits, as `affine32` begins."""
    low = np.uint32(value & _LOW)
    low = np.uint32((low ^ (low >> np.uint32(16))) * _MIX32_A)
    low = np.uint32((low ^ (low >> np.uint32(13))) * _MIX32_B)
    return np.uint32(low ^ (low >> np.uint32(16)))


@compiled
def _sketch(
    begin: int,
    end: int,
    text: Bytes,
    offsets: Offsets,
    how: Shingling,
    permutations: Signatures,
    signatures: Signatures,
    sets: Hashes,
    sizes: Sizes,
) -> None:
    largest = most_shingles(offsets, begin, end)
    hashes = np.empty(largest, np.uint64)
    low = np.empty(largest, np.uint32)
    table = np.empty(slots(largest), np.uint64)
    for row in range(begin, end):
        stop = end_of(text, offsets[row], offsets[row + 1])
        n, sequence = shingles(text, offsets[row], stop, how, hashes)
        n = distinct(hashes, n, table)
        first = np.uint64(0)
        second = np.uint64(0)
        for place in range(n):
            first += hashes[place]
            second += mixed(hashes[place] ^ _SECOND)
            low[place] = _mixed_low(hashes[place])
        sizes[row] = n if stop == offsets[row + 1] else -n - 1
        sets[row, 0] = first
        sets[row, 1] = second
        sets[row, 2] = sequence
        for column in range(permutations.shape[1]):
            multiplier = permutations[0, column]
            increment = permutations[1, column]
            smallest = np.uint32(0xFFFFFFFF)
            for place in range(n):
                smallest = min(smallest, np.uint32(multiplier * low[place] + increment))
            signatures[row, column] = smallest


def sketch(
    text: Bytes, offsets: Offsets, how: Shingling, permutations: Signatures, out: Marks
) -> None:
    """Fill what identifies each row's set of shingles.

    Args:
        text: bytes of all rows.
        offsets: (rows + 1,).
        how: see `shingles.shingling`.
        permutations: (2, permutations), see `permutations`.
        out: filled.
    """
    on_threads(_sketch, len(out.sizes), text, offsets, how, permutations, *out)
