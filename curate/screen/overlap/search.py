"""Rows of text -> the item of a benchmark that each holds. Compiled, on all threads.

Texts of any length are read: a long one in pieces that overlap, so memory does not grow with it.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from curate.screen import words
from curate.screen.kernels import Bytes, Offsets, compiled, on_threads
from curate.screen.overlap.evidence import Found, Row, Scratch, best
from curate.screen.overlap.runs import FIRST_RUNS, find_runs, no_runs
from curate.screen.overlap.seeds import Numbers, Places
from curate.screen.overlap.table import Table
from curate.screen.words import Folds, Kinds, Several, placed_words

PIECE_BYTES = 1 << 20
OVERLAP_BYTES = 1 << 16
"""Bytes that two pieces of a long text share: an item is longer than so in few benchmarks."""


class Matches(NamedTuple):
    """The item that each row holds."""

    items: Numbers
    """(rows,) number of the item; -1 where there is none"""
    shares: NDArray[np.float64]
    """(rows,) of the question's words"""
    answers: NDArray[np.float64]
    """(rows,) of the right answer's words; 0 where none is told"""
    begins: Places
    """(rows,) where the longest run of the item begins, in bytes of the row"""
    ends: Places
    """(rows,) where it ends"""


@compiled
def _search(
    begin: int,
    end: int,
    text: Bytes,
    offsets: Offsets,
    kinds: Kinds,
    folds: Folds,
    several: Several,
    table: Table,
    longest: int,
    matches: Matches,
) -> None:
    widest = 0
    for row in range(begin, end):
        widest = max(widest, min(offsets[row + 1] - offsets[row], PIECE_BYTES))
    hashes = np.empty(widest + 1, np.uint64)
    begins, ends = np.empty(widest + 1, np.int64), np.empty(widest + 1, np.int64)
    scratch = Scratch(np.empty(longest + 1, np.bool_), np.zeros(widest + 1, np.int64))
    runs, now = no_runs(FIRST_RUNS), 0
    for row in range(begin, end):
        first, last = offsets[row], offsets[row + 1]
        top = Found(-1, 0.0, 0.0, 0.0, 0, 0)
        piece = first
        while piece < last:
            piece_end = min(piece + PIECE_BYTES, last)
            n_words, _, _ = placed_words(
                text, piece, piece_end, kinds, folds, several, hashes, begins, ends, True
            )
            runs, n_runs = find_runs(hashes, n_words, table, runs)
            if n_runs > 0:
                own = Row(hashes, n_words, text, begins, ends)
                found, now = best(own, table, runs, n_runs, now, scratch)
                if found.item >= 0 and found.bits > top.bits:
                    top = found
                    matches.begins[row] = begins[found.begin] - first
                    matches.ends[row] = ends[found.end - 1] - first
            piece = piece_end if piece_end == last else piece_end - OVERLAP_BYTES
        matches.items[row] = top.item
        matches.shares[row] = top.share
        matches.answers[row] = top.answer


def search(text: Bytes, offsets: Offsets, table: Table) -> Matches:
    """The item that each row holds.

    Args:
        text: bytes of all rows.
        offsets: (rows + 1,).
        table: the items.
    """
    n_rows = len(offsets) - 1
    matches = Matches(
        np.full(n_rows, -1, np.int32), np.zeros(n_rows), np.zeros(n_rows),
        np.zeros(n_rows, np.int64), np.zeros(n_rows, np.int64),
    )  # fmt: skip
    if len(table.words) > 1:
        lengths = table.ends[table.firsts[1:] - 1] - table.begins[table.firsts[:-1]]
        on_threads(
            _search, n_rows, text, offsets, *words.tables(), table, int(lengths.max()), matches
        )
    return matches
