"""How much a row repeats runs of two to ten words.

Source: Rae et al. 2021, arXiv 2112.11446, table A1, counted as datatrove 0.10 counts: of runs of
two to four words the most frequent, all its copies with a blank between words; of longer runs each
later copy, from left to right, none overlapping another.

A run of n words can only be repeated where the runs of n - 1 words at its first and its second
word are, so each length looks at the few places that are left from the one before.
"""

import numpy as np
from numpy.typing import NDArray

from curate.screen.signals.parts import ONE, ZERO, part
from curate.screen.signals.slots import Hashes, Slots, emptied, first_of
from curate.screen.signals.tokens import BEGIN, END, HASH, Words

Runs = NDArray[np.int32]
"""(>= words, 4) to be used: of each word LEVEL, the words in the longest run from it that is
repeated; of each run that may be repeated PLACE, the word it begins with, FIRST, the number of the
first like it, and there COUNT, how many are alike."""

LEVEL, PLACE, FIRST, COUNT = range(4)
SHORTEST, TOP, LONGEST = 2, 4, 10
"""Words in the shortest run, in the longest of which the most frequent counts, in the longest."""
_FACTOR, _HALF = np.uint64(0xFF51AFD7ED558CCD), np.uint64(32)


@part
def repetition(
    words: Words,
    n_words: int,
    hashes: Hashes,
    compared: Hashes,
    runs: Runs,
    slots: Slots,
    characters: NDArray[np.float64],
) -> None:
    """Write the characters in repeated runs of SHORTEST to LONGEST words.

    Args:
        words: the words of a row.
        n_words: how many they are.
        hashes: (>= words,) to be used.
        compared: (>= words,) to be used.
        runs: to be used.
        slots: (>= slots_for(words),) to be used.
        characters: (LONGEST - 1,) filled; 0 where there are fewer words than in a run.
    """
    for at in range(n_words):
        hashes[at] = words[at, HASH]
        runs[at, LEVEL], runs[at, PLACE] = 1, at
    n = n_words
    for length in range(SHORTEST, LONGEST + 1):
        n = _candidates(words, n_words, n, length, hashes, compared, runs)
        _count(n, length, compared, runs, slots)
        if length <= TOP:
            characters[length - SHORTEST] = _most_frequent(words, n_words, n, length, runs)
        else:
            characters[length - SHORTEST] = _later_copies(words, n, length, runs)


@part
def _candidates(
    words: Words,
    n_words: int,
    n: int,
    length: int,
    hashes: Hashes,
    compared: Hashes,
    runs: Runs,
) -> int:
    """Keep the places at which a run of this length may be repeated; how many they are."""
    kept = ZERO
    for number in range(n):
        at = ZERO + runs[number, PLACE]
        last = at + length - 1
        if last < n_words and runs[at, LEVEL] == length - 1 and runs[at + 1, LEVEL] >= length - 1:
            mixed = np.uint64(hashes[at]) * _FACTOR + np.uint64(words[last, HASH])
            hashes[at] = int(np.int64(mixed ^ (mixed >> _HALF)))
            compared[kept] = hashes[at]
            runs[kept, PLACE] = at
            kept += 1
    return kept


@part
def _count(n: int, length: int, compared: Hashes, runs: Runs, slots: Slots) -> None:
    """Find which of the runs are alike."""
    n_slots = emptied(slots, n)
    for number in range(n):
        first = first_of(compared[number], number, compared, slots, n_slots)
        runs[number, FIRST], runs[number, COUNT] = first, 0
        runs[first, COUNT] += 1
        if first != number:
            runs[runs[number, PLACE], LEVEL] = length
            runs[runs[first, PLACE], LEVEL] = length


@part
def _characters(words: Words, place: int, length: int) -> int:
    """Characters of a run of words."""
    n = ZERO
    for at in range(place, place + length):
        n += words[at, END] - words[at, BEGIN]
    return n


@part
def _most_frequent(words: Words, n_words: int, n: int, length: int, runs: Runs) -> int:
    """Characters in all copies of the run that is there most often, the first of several."""
    if n_words < length:
        return ZERO
    most, place = ONE, ZERO
    for number in range(n):
        if runs[number, COUNT] > most:
            most, place = ZERO + runs[number, COUNT], ZERO + runs[number, PLACE]
    return most * (_characters(words, place, length) + length - 1)


@part
def _later_copies(words: Words, n: int, length: int, runs: Runs) -> int:
    """Characters in the copies of runs that were there before, none of which overlap."""
    characters = free = ZERO
    for number in range(n):
        first, place = runs[number, FIRST], ZERO + runs[number, PLACE]
        if runs[first, COUNT] == 1 or place < free:
            continue
        if runs[first, COUNT] > 0:
            runs[first, COUNT] = -1  # met
        else:
            characters += _characters(words, place, length)
            free = place + length
    return characters
