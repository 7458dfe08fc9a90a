"""Questions that a text asks in nearly the same words, by MinHash.

A changed word here and there leaves no stretch of a question as it was. Compared are the sets of
two words in a row (characters: three, where a script writes no spaces) of each text with those of
each question, and of each question with its options. Candidates share a band of their signatures,
and each is verified by the exact Jaccard similarity.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from curate.screen import minhash
from curate.screen.bands import bands_for
from curate.screen.benchmarks import Item
from curate.screen.kernels import Offsets, buffers
from curate.screen.minhash import Marks, Signatures
from curate.screen.shingles import Shingling, Sizes, sets_of, shingling
from curate.screen.verify import jaccard
from curate.screen.words import Hashes

WORDS, CHARACTERS = 2, 3
"""In a shingle."""
PERMUTATIONS = 128
RECALL = 0.99
LEAST_SHINGLES = 6
"""Shorter questions are compared word by word alone: a third of six words is two names."""
MOST_ALIKE = 32
"""Questions with the same values in a band that are compared with a text, the first ones."""

Places = NDArray[np.int64]
Numbers = NDArray[np.int32]


class Questions(NamedTuple):
    """What texts are compared with."""

    items: Numbers
    """(questions,) the item of each"""
    keys: Hashes
    """(bands, questions) hashes of the values in a band, ascending in each"""
    order: Places
    """(bands, questions) the question of each key"""
    hashes: Hashes
    """Shingles of all questions"""
    starts: Offsets
    """(questions + 1,) where each one's begin"""
    width: int
    """Values in a band."""
    floor: float


def questions(items: Sequence[Item], floor: float) -> Questions:
    """The questions of these items, alone and with their options, ready for comparing."""
    texts = [item.question for item in items]
    texts += ["\n".join((item.question, *item.options)) for item in items if item.options]
    numbers = np.array(
        [*range(len(items)), *(number for number, item in enumerate(items) if item.options)],
        np.int32,
    )
    signatures, sizes = _signatures(pa.array(texts, pa.large_string()))
    long = np.flatnonzero(sizes >= LEAST_SHINGLES)
    bands, width = bands_for(PERMUTATIONS, floor, RECALL)
    keys = _keys(signatures[long], bands, width)
    order = np.argsort(keys, axis=1, kind="stable")
    content, offsets = buffers(pa.array(texts, pa.large_string()))
    hashes, starts, _ = sets_of(content, offsets, long, _how(), sizes[long])
    return Questions(
        numbers[long], np.take_along_axis(keys, order, 1), order, hashes, starts, width, floor
    )


def nearest(texts: pa.Array, asked: Questions) -> tuple[Numbers, NDArray[np.float64]]:
    """(texts,) the item that each asks in nearly the same words, -1 for none; their similarity."""
    items, similarity = np.full(len(texts), -1, np.int32), np.zeros(len(texts))
    signatures, sizes = _signatures(texts)
    keys = _keys(signatures, len(asked.keys), asked.width)
    pairs = []
    for band, (own, known) in enumerate(zip(keys, asked.keys, strict=True)):
        low, high = np.searchsorted(known, own, "left"), np.searchsorted(known, own, "right")
        n_alike = np.minimum(high - low, MOST_ALIKE)
        rows = np.repeat(np.arange(len(texts)), n_alike)
        nth = np.arange(len(rows)) - np.repeat(np.cumsum(n_alike) - n_alike, n_alike)
        pairs.append(rows << 32 | asked.order[band][low[rows] + nth])
    distinct = np.unique(np.concatenate(pairs)) if pairs else np.empty(0, np.int64)
    rows, others = distinct >> 32, distinct & 0xFFFFFFFF
    if not len(rows):
        return items, similarity
    wanted, place = np.unique(rows, return_inverse=True)
    expected = np.abs(sizes[wanted]) - (sizes[wanted] < 0)
    hashes, starts, _ = sets_of(*buffers(texts), wanted, _how(), expected.astype(np.int32))
    found = jaccard(hashes, starts, asked.hashes, asked.starts, place, others)
    best = np.lexsort((others, -found, rows))
    first = best[np.unique(rows[best], return_index=True)[1]]
    enough = first[found[first] >= asked.floor]
    items[rows[enough]] = asked.items[others[enough]]
    similarity[rows[enough]] = found[enough]
    return items, similarity


def _how() -> Shingling:
    return shingling(WORDS, CHARACTERS)


def _signatures(texts: pa.Array) -> tuple[Signatures, Sizes]:
    marks = Marks(
        np.empty((len(texts), PERMUTATIONS), np.uint32),
        np.empty((len(texts), 3), np.uint64),
        np.empty(len(texts), np.int32),
    )
    minhash.sketch(*buffers(texts), _how(), minhash.permutations(PERMUTATIONS), marks)
    return marks.signatures, marks.sizes


def _keys(signatures: Signatures, bands: int, width: int) -> Hashes:
    """(bands, rows) the hash of each row's values in each band."""
    values = signatures[:, : bands * width].reshape(len(signatures), bands, width)
    keys = np.zeros((len(signatures), bands), np.uint64)
    for column in range(width):
        keys = (keys ^ values[:, :, column]) * np.uint64(0x9E3779B97F4A7C15)
        keys ^= keys >> np.uint64(29)
    return np.ascontiguousarray(keys.T)
