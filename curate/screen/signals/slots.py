"""A table that tells which of many hashes were there before. It is kept in an array given to it."""

import numpy as np
from numpy.typing import NDArray

from curate.screen.signals.parts import ONE, part

Hashes = NDArray[np.int64]
Slots = NDArray[np.int32]


@part
def slots_for(n: int) -> int:
    """Slots for n hashes: a power of two, at least half of them empty."""
    size = ONE
    while size < 2 * n:
        size *= 2
    return size


@part
def emptied(slots: Slots, n: int) -> int:
    """Empty as many slots as n hashes need; how many these are."""
    n_slots = slots_for(n)
    for at in range(n_slots):
        slots[at] = -1
    return n_slots


@part
def first_of(value: int, number: int, values: Hashes, slots: Slots, n_slots: int) -> int:
    """The number under which a hash was first seen; `number`, kept with it, if it is now.

    `values[number]` must be the hash.
    """
    last = n_slots - 1
    at = (value ^ (value >> 29)) & last
    while slots[at] >= 0:
        if values[slots[at]] == value:
            return int(slots[at])
        at = (at + 1) & last
    slots[at] = number
    return number
