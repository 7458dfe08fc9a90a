"""The order of training rows: random, yet rows of like length stand in one batch.

A batch is padded to its longest row, so a batch of like lengths wastes little. In each epoch the
rows are shuffled, cut into pools of POOL batches, sorted by length inside a pool, cut into
batches, and the batches are shuffled. Rows that do not fill a batch go into the next epoch's first.
The order is known before training starts, so an interrupted run goes on where it stopped.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

POOL = 50
"""Batches that are sorted together, as in transformers' LengthGroupedSampler."""


def order(lengths: Sequence[int], batch: int, n_seen: int, seed: int) -> NDArray[np.int64]:
    """(n_seen,) numbers of rows in training order: `batch` of them a step, fewer in the last one.

    Each row comes once before any comes again.

    Args:
        lengths: tokens of each row.
        batch: rows of one step.
        n_seen: rows in all, repetitions counted.
        seed: of the order.
    """
    draw = np.random.default_rng(seed)
    size = np.asarray(lengths)
    waiting = np.empty(0, np.int64)
    done: list[NDArray[np.int64]] = []
    while sum(map(len, done)) + len(waiting) < n_seen:
        rows = np.concatenate([waiting, draw.permutation(len(size))])
        full = len(rows) - len(rows) % batch
        waiting = rows[full:]
        done.append(_grouped(rows[:full], size, batch, draw))
    return np.concatenate([*done, waiting])[:n_seen]


def _grouped(
    rows: NDArray[np.int64], size: NDArray[np.int64], batch: int, draw: np.random.Generator
) -> NDArray[np.int64]:
    """The same rows, whole batches of like lengths, the batches in a random order."""
    pools = [rows[start : start + POOL * batch] for start in range(0, len(rows), POOL * batch)]
    alike = [pool[np.argsort(size[pool], kind="stable")] for pool in pools]
    batches = np.concatenate([np.empty(0, np.int64), *alike]).reshape(-1, batch)
    return batches[draw.permutation(len(batches))].reshape(-1)


def steps(n_seen: int, batch: int) -> int:
    """Steps that these rows take."""
    return -(-n_seen // batch)
