"""Seeds: runs of a few words as hashes that lead to where they stand. Compiled, or numpy's.

A seed is looked up past a bit filter, which turns away nearly all runs of words that are no seed
for the price of one read from memory.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from curate.screen.kernels import Offsets, compiled
from curate.screen.words import Hashes, mixed

Places = NDArray[np.int64]
Numbers = NDArray[np.int32]

MOST_PLACES = 16
"""Items of a seed whose places are kept: of text that many items share the first ones are found."""
FACTOR = np.uint64(0xD6E8FEB86659FD93)


class Seeds(NamedTuple):
    """Seeds of one width."""

    width: int
    """Words in a seed"""
    filter: Hashes
    """(2^k,) blocks of 64 bits: a seed has two in the block that its upper bits number"""
    shift: int
    """64 - k"""
    slots: Hashes
    """(2^m,) seeds by their lower bits, zero where empty"""
    groups: Numbers
    """(2^m,) number of the seed"""
    starts: Offsets
    """(seeds + 1,) into `places`"""
    places: Places
    """Where seeds stand in the words of all items"""


def seeds(width: int, words: Hashes, places: Places, item: Numbers) -> Seeds:
    """The seeds that begin at these places.

    Args:
        width: words in a seed.
        words: of all items.
        places: where seeds begin, ascending.
        item: (words,) the item of each word.
    """
    keys = _keys(words, places, width)
    order = np.argsort(keys, kind="stable")
    keys, places = keys[order], places[order]
    kept = _nth_item(keys, item[places]) < MOST_PLACES
    keys, places = keys[kept], places[kept]
    new = _changes(keys)
    distinct = keys[new]
    n_blocks, n_slots = _power(len(distinct) // 4), _power(2 * len(distinct))
    shift = 65 - n_blocks.bit_length()
    starts = np.append(np.flatnonzero(new), len(keys)).astype(np.int64)
    slots, groups = np.zeros(n_slots, np.uint64), np.zeros(n_slots, np.int32)
    bits = np.zeros(n_blocks, np.uint64)
    _fill(distinct, bits, shift, slots, groups)
    return Seeds(width, bits, shift, slots, groups, starts, places)


def _changes(values: NDArray[np.generic]) -> NDArray[np.bool_]:
    """Whether a value is not the one before it."""
    new = np.ones(len(values), np.bool_)
    new[1:] = values[1:] != values[:-1]
    return new


def _nth_item(keys: Hashes, item: Numbers) -> Places:
    """Of each place how many other items its seed has before this one's; keys and items ascend."""
    first = _changes(keys)
    nth = np.cumsum(first | _changes(item)).astype(np.int64)
    return nth - np.repeat(nth[first], np.diff(np.append(np.flatnonzero(first), len(keys))))


def _power(n: int) -> int:
    """The power of two at or above n, two at least."""
    return 1 << max(1, (n - 1).bit_length())


@compiled
def seed_key(rolled: np.uint64) -> np.uint64:
    """A seed's hash; never zero, which marks an empty slot."""
    return max(mixed(rolled), np.uint64(1))


@compiled
def filter_bits(key: np.uint64) -> np.uint64:
    """The two bits of a seed in its block."""
    one = np.uint64(1) << (key & np.uint64(63))
    return one | np.uint64(1) << (key >> np.uint64(6) & np.uint64(63))


@compiled
def _keys(words: Hashes, places: Places, width: int) -> Hashes:
    """(places,) the hash of the `width` words from each place on."""
    keys = np.empty(len(places), np.uint64)
    for number in range(len(places)):
        rolled = np.uint64(0)
        for word in range(places[number], places[number] + width):
            rolled = rolled * FACTOR + words[word]
        keys[number] = seed_key(rolled)
    return keys


@compiled
def _fill(keys: Hashes, bits: Hashes, shift: int, slots: Hashes, groups: Numbers) -> None:
    mask = np.uint64(len(slots) - 1)
    for number in range(len(keys)):
        key = keys[number]
        bits[key >> np.uint64(shift)] |= filter_bits(key)
        at = key & mask
        while slots[at] != 0:
            at = (at + np.uint64(1)) & mask
        slots[at] = key
        groups[at] = number


@compiled
def group_of(key: np.uint64, known: Seeds) -> int:
    """Number of the seed with this hash; -1 where there is none."""
    mask = np.uint64(len(known.slots) - 1)
    at = key & mask
    while known.slots[at] != 0:
        if known.slots[at] == key:
            return int(known.groups[at])
        at = (at + np.uint64(1)) & mask
    return -1
