"""Runs are all stretches that row and item share, found word by word."""

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from curate.screen.benchmarks import Item
from curate.screen.overlap.runs import find_runs, no_runs
from curate.screen.overlap.table import SEED, SHORT, Table, table
from curate.screen.overlap.weights import hashed
from curate.screen.words import Hashes

WORDS = "amber basalt cobalt dolmen ember fjord".split()
TEXTS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=14).map(" ".join)
OPTIONS = st.lists(TEXTS, max_size=2, unique=True)
ITEMS = st.lists(st.tuples(TEXTS, OPTIONS), min_size=1, max_size=5)
"""Few items of few words, each of which tells something: every stretch of SEED words is a seed."""


@given(ITEMS, TEXTS)
def test_runs_are_those_of_comparing_everything_with_everything(
    items: list[tuple[str, list[str]]], text: str
) -> None:
    known = table([Item(1, question, tuple(options)) for question, options in items])
    hashes, _, _ = hashed(pa.array([text], pa.large_string()))
    row = hashes[1:-1]

    runs, n = find_runs(row, len(row), known, no_runs(1))

    found = zip(runs.begins[:n], runs.places[:n], runs.lengths[:n], strict=True)
    assert sorted(found) == sorted(_by_hand(row, known))


def _by_hand(row: Hashes, known: Table) -> list[tuple[int, int, int]]:
    """(word of the row, place, words) of every stretch that cannot be longer, and is enough."""
    found = []
    for begin, end in zip(known.begins, known.ends, strict=True):
        for place in range(begin, end):
            for at in range(len(row)):
                if place > begin and at > 0 and known.words[place - 1] == row[at - 1]:
                    continue
                length = 0
                while (
                    place + length < end
                    and at + length < len(row)
                    and known.words[place + length] == row[at + length]
                ):
                    length += 1
                whole = place == begin and place + length == end and length in SHORT
                if length >= SEED or whole:
                    found.append((at, int(place), length))
    return found
