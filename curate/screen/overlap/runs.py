"""Runs: stretches of a row's words that stand word by word in an item. Compiled.

A run is found from its first seed. Each other seed in it is known by the word before it, which is
the same in row and item, so a run is followed once however long it is.
"""

from typing import NamedTuple

import numpy as np

from curate.screen.kernels import compiled
from curate.screen.overlap.seeds import FACTOR, Places, filter_bits, group_of, seed_key
from curate.screen.overlap.table import Table
from curate.screen.words import Hashes

FIRST_RUNS = 64
"""Room that is made for the runs of a row at first."""


class Runs(NamedTuple):
    """Runs of one row, in the order in which they were found."""

    begins: Places
    """Number of its first word in the row."""
    places: Places
    """Where it stands in `Table.words`."""
    lengths: Places
    """Words."""


@compiled
def no_runs(capacity: int) -> Runs:
    """Room for so many runs."""
    return Runs(
        np.empty(capacity, np.int64), np.empty(capacity, np.int64), np.empty(capacity, np.int64)
    )


@compiled
def _grown(runs: Runs) -> Runs:
    """The same runs, with twice the room."""
    larger = no_runs(2 * len(runs.begins))
    for number in range(len(runs.begins)):
        larger.begins[number] = runs.begins[number]
        larger.places[number] = runs.places[number]
        larger.lengths[number] = runs.lengths[number]
    return larger


@compiled
def _before(row: Hashes, at: int, place: int, table: Table) -> int:
    """How many words before a seed are the same; -1 where the run was found from one of them."""
    n_same = 0
    while at - n_same > 0 and row[at - n_same - 1] == table.words[place - n_same - 1]:
        n_same += 1
        if table.is_seed[place - n_same]:
            return -1
    return n_same


@compiled
def find_runs(row: Hashes, n_words: int, table: Table, runs: Runs) -> tuple[Runs, int]:
    """All runs of a row that hold a seed; their number.

    Args:
        row: (>= n_words,) hashes of the row's words.
        n_words: of the row.
        table: the items.
        runs: room, which is given back larger where it was too small.
    """
    n_runs = 0
    for seeds in (table.seeds, table.threes, table.twos):
        width = seeds.width
        if n_words < width or len(seeds.places) == 0:
            continue
        leaving, rolled = np.uint64(1), np.uint64(0)
        for word in range(width - 1):
            leaving *= FACTOR
            rolled = rolled * FACTOR + row[word]
        shift = np.uint64(seeds.shift)
        for at in range(n_words - width + 1):
            rolled = rolled * FACTOR + row[at + width - 1]
            key = seed_key(rolled)
            rolled -= row[at] * leaving
            wanted = filter_bits(key)
            if seeds.filter[key >> shift] & wanted != wanted:
                continue
            group = group_of(key, seeds)
            if group < 0:
                continue
            for number in range(seeds.starts[group], seeds.starts[group + 1]):
                place = seeds.places[number]
                n_before = 0
                if width == table.seeds.width:
                    n_before = _before(row, at, place, table)
                    if n_before < 0:
                        continue
                n_same = width
                while at + n_same < n_words and row[at + n_same] == table.words[place + n_same]:
                    n_same += 1
                if n_runs == len(runs.begins):
                    runs = _grown(runs)
                runs.begins[n_runs] = at - n_before
                runs.places[n_runs] = place - n_before
                runs.lengths[n_runs] = n_before + n_same
                n_runs += 1
    return runs, n_runs
