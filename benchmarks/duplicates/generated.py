"""Rows of 50 words that are made when they are read, so that any number fits on any disk.

A row's words are a function of the seed and its number. In each hundred rows the last 23 are
copies of rows of earlier hundreds, with 0 to 4 of their words replaced at the mean. Words are as
frequent as Zipf has them.
"""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

N_WORDS = 50
ORIGINALS = 77
"""Rows of each hundred that are no copies."""
MOST_EDITED = 4
"""Words of a copy that are replaced, at the mean, in those with the most."""
ROWS_A_BATCH = 16_384
VOCABULARY = 50_000
_RANKS = 1 << 20
_LETTERS = np.array(list("abcdefghijklmnopqrstuvwxyz"))

Numbers = NDArray[np.uint64]


def batches(n_rows: int, seed: int = 1) -> Iterator[pa.RecordBatch]:
    """The rows from the first to the last: `id`, `text`."""
    words, ranks = _vocabulary(seed)
    for begin in range(0, n_rows, ROWS_A_BATCH):
        rows = np.arange(begin, min(begin + ROWS_A_BATCH, n_rows), dtype=np.uint64)
        drawn = ranks[_words(rows, np.uint64(seed)) % np.uint64(_RANKS)]
        starts = pa.array(np.arange(0, drawn.size + 1, N_WORDS, dtype=np.int32))
        listed = pa.ListArray.from_arrays(starts, words.take(pa.array(drawn.ravel())))
        text = pc.binary_join(listed, " ")
        yield pa.record_batch({"id": pa.array(rows).cast(pa.string()), "text": text})


def _words(rows: Numbers, seed: np.uint64) -> Numbers:
    """(rows, N_WORDS) numbers that stand for words."""
    hundred, place = rows // np.uint64(100), rows % np.uint64(100)
    copies = (place >= ORIGINALS) & (hundred > 0)
    draw = _mixed(rows + (seed << np.uint64(40)))
    of = draw % np.maximum(hundred, np.uint64(1)) * np.uint64(100)
    of += (draw >> np.uint64(32)) % np.uint64(ORIGINALS)
    columns = np.arange(N_WORDS, dtype=np.uint64)
    width = np.uint64(N_WORDS)
    own, new = seed << np.uint64(50), (seed + np.uint64(1)) << np.uint64(50)
    words = _mixed((np.where(copies, of, rows)[:, None] * width + columns) ^ own)
    other = _mixed((rows[:, None] * width + columns) ^ new)
    n_edited = (draw >> np.uint64(48)) % np.uint64(MOST_EDITED + 1)
    edited = other % width < n_edited[:, None]
    return np.where(copies[:, None] & edited, _mixed(other), words)


def _mixed(values: Numbers) -> Numbers:
    """SplitMix64 of each value (Steele, Lea and Flood 2014)."""
    values = values * np.uint64(0x9E3779B97F4A7C15) + np.uint64(0x9E3779B97F4A7C15)
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _vocabulary(seed: int) -> tuple[pa.Array, NDArray[np.int32]]:
    """Words, and (_RANKS,) words' numbers as often as Zipf has them."""
    draw = np.random.default_rng(seed)
    lengths = draw.integers(3, 12, VOCABULARY)
    words = ["".join(draw.choice(_LETTERS, length)) for length in lengths]
    share = 1 / np.arange(1, VOCABULARY + 1)
    upto = np.cumsum(share / share.sum())
    ranks = np.searchsorted(upto, (np.arange(_RANKS) + 0.5) / _RANKS)
    return pa.array(words), np.minimum(ranks, VOCABULARY - 1).astype(np.int32)
