"""The order of training rows: random, yet rows of like length stand in one batch.

A batch is padded to its longest row, so a batch of like lengths wastes little. In each epoch the
rows are shuffled, cut into pools of POOL batches, sorted by length inside a pool, cut into
batches, and the batches are shuffled. Rows that do not fill a batch go into the next epoch's first.
A mixture that repeats rows is taken in as many stretches of its own order as it goes through them,
and copies of a row never stand in one batch. The order is known before training starts, so an
interrupted run goes on where it stopped.
"""

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

POOL = 50
"""Batches that are sorted together, as in transformers' LengthGroupedSampler."""


def order(
    lengths: Sequence[int],
    batch: int,
    n_seen: int,
    seed: int,
    examples: Sequence[str] | None = None,
) -> NDArray[np.int64]:
    """(n_seen,) numbers of rows in training order: `batch` of them a step, fewer in the last one.

    Each row comes once before any comes again.

    Args:
        lengths: tokens of each row, in the order of the mixture.
        batch: rows of one step.
        n_seen: rows in all, repetitions counted.
        seed: of the order.
        examples: which example each row is, where some come more than once.
    """
    draw = np.random.default_rng(seed)
    size = np.asarray(lengths)
    example = None if examples is None else _numbered(examples)
    passes = 1 if example is None else int(np.bincount(example).max())
    stretches = np.array_split(np.arange(len(size)), passes)
    waiting = np.empty(0, np.int64)
    done: list[NDArray[np.int64]] = []
    for stretch in itertools.cycle(stretches):
        if sum(map(len, done)) + len(waiting) >= n_seen:
            break
        rows = np.concatenate([waiting, stretch[draw.permutation(len(stretch))]])
        full = len(rows) - len(rows) % batch
        waiting = rows[full:]
        apart = example if passes > 1 else None
        done.append(_grouped(rows[:full], size, apart, batch, draw))
    return np.concatenate([*done, waiting])[:n_seen]


def _numbered(examples: Sequence[str]) -> NDArray[np.int64]:
    """(rows,) a number for each example."""
    return np.unique(np.asarray(examples), return_inverse=True)[1]


def _grouped(
    rows: NDArray[np.int64],
    size: NDArray[np.int64],
    example: NDArray[np.int64] | None,
    batch: int,
    draw: np.random.Generator,
) -> NDArray[np.int64]:
    """The same rows, whole batches of like lengths, the batches in a random order."""
    pools = [rows[start : start + POOL * batch] for start in range(0, len(rows), POOL * batch)]
    copies = [_copy(example[pool]) if example is not None else None for pool in pools]
    alike = [
        pool[
            np.argsort(size[pool], kind="stable")
            if copy is None
            else np.lexsort((size[pool], copy))
        ]
        for pool, copy in zip(pools, copies, strict=True)
    ]
    batches = np.concatenate([np.empty(0, np.int64), *alike]).reshape(-1, batch)
    return batches[draw.permutation(len(batches))].reshape(-1)


def _copy(example: NDArray[np.int64]) -> NDArray[np.int64]:
    """(rows,) how often the example of each row came before it."""
    by_example = np.argsort(example, kind="stable")
    _, first, times = np.unique(example[by_example], return_index=True, return_counts=True)
    copy = np.empty(len(example), np.int64)
    copy[by_example] = np.arange(len(example)) - np.repeat(first, times)
    return copy


def steps(n_seen: int, batch: int) -> int:
    """Steps that these rows take."""
    return -(-n_seen // batch)
