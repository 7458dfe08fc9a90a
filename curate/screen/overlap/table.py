"""Items of benchmarks as arrays in which words of a text are looked up.

An item is its segments: the question, each option, and an answer that is no option. Every run of
SEED words inside a segment that tells something is a seed, and so is a whole segment of two or
three words. A row's runs of words are looked up, and a hit is followed word by word in both
directions, so a match is exact whatever its length.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from curate.screen.benchmarks import Benchmark, Item
from curate.screen.kernels import Offsets, compiled
from curate.screen.overlap.seeds import FACTOR, Numbers, Places, Seeds, seeds
from curate.screen.overlap.weights import Bits, hashed, weighed
from curate.screen.words import Hashes, mixed

Marks = NDArray[np.bool_]
Sums = NDArray[np.float64]

SEED = 4
"""Words in a seed. Shorter ones hit too often, longer ones miss halves of short questions."""
SEED_BITS = 24.0
"""Seeds with fewer bits are left out: `one of the most`."""
SHORT = (3, 2)
"""Words in segments that are seeds as a whole: the short options of an item in two halves."""
SHORT_BITS = 20.0
"""Such segments with fewer bits are left out: `true, false`, `I and II`."""
SHARED_BITS = 60.0
"""A question of so many bits is told by its words even where several items ask it."""


class Table(NamedTuple):
    """All items."""

    words: Hashes
    """(words,) of all segments, zero between them"""
    bits: Bits
    """(words,)"""
    sums: Sums
    """(words + 1,) bits of all words before each"""
    segment: Numbers
    """(words,) the segment of each"""
    begins: Offsets
    """(segments,) where its words begin"""
    ends: Offsets
    """(segments,) where they end"""
    items: Numbers
    """(segments,) the item of each"""
    firsts: Offsets
    """(items + 1,) an item's first segment, its question"""
    right: Numbers
    """(items,) the segment with the right answer; -1 where none is told"""
    hidden: Sums
    """(items,) bits of segments without a seed, which no run finds"""
    shared: Marks
    """(items,) whether another item asks in the same few words, see SHARED_BITS"""
    is_seed: Marks
    """(words,) whether a place is among those of a seed of SEED words"""
    seeds: Seeds
    threes: Seeds
    twos: Seeds


class References(NamedTuple):
    """What rows are compared with."""

    benchmarks: Sequence[Benchmark]
    of: Numbers
    """(items,) the benchmark of each distinct item"""
    rows: Places
    """(items,) its row there; the first of equal items stands for all"""
    items: Sequence[Item]
    """The distinct items"""
    table: Table
    """Of the distinct items, in this order"""


class _Segments(NamedTuple):
    texts: list[str]
    firsts: Offsets
    """(items + 1,)"""
    right: Numbers
    """(items,)"""


def references(benchmarks: Sequence[Benchmark]) -> References:
    """The distinct items of these benchmarks, ready for looking up."""
    distinct: dict[tuple[str, ...], tuple[int, Item]] = {}
    for number, benchmark in enumerate(benchmarks):
        for item in benchmark.items:
            distinct.setdefault((item.question, item.answer, *item.options), (number, item))
    items = [item for _, item in distinct.values()]
    return References(
        benchmarks,
        np.array([number for number, _ in distinct.values()], np.int32),
        np.array([item.row for item in items], np.int64),
        items,
        table(items),
    )


def table(items: Sequence[Item]) -> Table:
    """The arrays of these items."""
    texts, firsts, right = _segments(items)
    words, bits, starts = hashed(pa.array(texts, pa.large_string()))
    begins, ends = starts[:-1], starts[1:] - 1
    of_segment = np.repeat(np.arange(len(items), dtype=np.int32), np.diff(firsts))
    # A word's segment; the zero before a segment counts as the one's before, the first as its own.
    number = np.repeat(np.arange(len(texts), dtype=np.int32), ends - begins + 1)
    segment = np.append(number[:1], number)
    item = of_segment[segment]
    bits = weighed(words, bits, item, len(items))
    sums = np.append(0, np.cumsum(bits, dtype=np.float64))
    known = [seeds(SEED, words, _windows(words, sums), item)]
    for width in SHORT:
        whole = begins[ends - begins == width]
        told = sums[whole + width] - sums[whole] >= SHORT_BITS
        known.append(seeds(width, words, whole[told], item))
    is_seed = np.zeros(len(words), np.bool_)
    is_seed[known[0].places] = True
    seeded = np.zeros(len(texts), np.bool_)
    for one in known:
        seeded[segment[one.places]] = True
    hidden = np.where(seeded, 0.0, sums[ends] - sums[begins])
    return Table(
        words, bits, sums, segment, begins, ends, of_segment, firsts, right,
        np.bincount(of_segment, hidden, len(items)).astype(np.float64),
        _shared(words, sums, begins[firsts[:-1]], ends[firsts[:-1]]), is_seed, *known,
    )  # fmt: skip


def _segments(items: Sequence[Item]) -> _Segments:
    """The texts of all segments, one item's after the other's."""
    texts: list[str] = []
    firsts, right = [0], []
    for item in items:
        offered = list(item.options)
        if item.answer and item.answer not in offered:
            offered.append(item.answer)
        place = len(texts) + 1 + offered.index(item.answer) if item.answer else -1
        texts += [item.question, *offered]
        firsts.append(len(texts))
        right.append(place)
    return _Segments(texts, np.array(firsts, np.int64), np.array(right, np.int32))


def _windows(words: Hashes, sums: Sums) -> Places:
    """Places from which SEED words of one segment have SEED_BITS or more."""
    last = max(0, len(words) - SEED + 1)
    told = sums[SEED:] - sums[:-SEED] >= SEED_BITS if last else np.empty(0, np.bool_)
    parted = np.append(0, np.cumsum(words == 0))
    return np.flatnonzero(told & (parted[SEED:] == parted[:last]))


def _shared(words: Hashes, sums: Sums, begins: Offsets, ends: Offsets) -> Marks:
    """(items,) whether several of these questions have the same few words."""
    _, place, times = np.unique(
        _sequences(words, begins, ends), return_inverse=True, return_counts=True
    )
    return (sums[ends] - sums[begins] < SHARED_BITS) & (times[place] > 1)


@compiled
def _sequences(words: Hashes, begins: Offsets, ends: Offsets) -> Hashes:
    """(stretches,) the hash of all words of each."""
    keys = np.empty(len(begins), np.uint64)
    for number in range(len(begins)):
        rolled = np.uint64(0)
        for word in range(begins[number], ends[number]):
            rolled = mixed(rolled * FACTOR + words[word])
        keys[number] = rolled
    return keys
