"""Stratified: every prefix holds the strata in proportion, or evenly; random inside a stratum.

A stratum is a task, domain and section together. Row i of a stratum of n rows has the virtual time
(i + 1/2) / n, at which it would come if the stratum were spread evenly over the whole order; sorted
by it, a prefix of any size holds each stratum to within about a row of its share. With `equal`
allocation the time is i itself: the strata take turns, and a small one is used up first.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

STRATA = ("task", "domain", "section")
Codes = NDArray[np.int64]


def order(strata: Codes, allocation: Literal["proportional", "equal"]) -> NDArray[np.int64]:
    """(rows,) places in the order of selection.

    Args:
        strata: (rows,) the stratum of each row; rows are in the order of their lots.
        allocation: by size, or evenly.
    """
    number, n = _within(strata)
    time = (number + 0.5) / n if allocation == "proportional" else number.astype(np.float64)
    return np.argsort(time, kind="stable")


def _within(strata: Codes) -> tuple[Codes, Codes]:
    """(rows,) a row's number within its stratum, and (rows,) the rows of that stratum."""
    sorted_ = np.argsort(strata, kind="stable")
    _, first, counts = np.unique(strata[sorted_], return_index=True, return_counts=True)
    number = np.empty(len(strata), np.int64)
    number[sorted_] = np.arange(len(strata)) - np.repeat(first, counts)
    n = np.empty(len(strata), np.int64)
    n[sorted_] = np.repeat(counts, counts)
    return number, n


def codes(rows: pa.Table, columns: Sequence[str] = STRATA) -> Codes:
    """(rows,) one number for each different combination of these columns; null is a value."""
    found = np.zeros(len(rows), np.int64)
    for name in columns:
        column = rows[name].combine_chunks().dictionary_encode(null_encoding="encode")
        code = pc.fill_null(column.indices, -1).to_numpy(zero_copy_only=False).astype(np.int64)
        _, found = np.unique(found * (len(column.dictionary) + 1) + code + 1, return_inverse=True)
    return found.astype(np.int64)
