"""The lines and paragraphs of one row: how many, how many repeat an earlier one, how they end."""

from typing import NamedTuple

from curate.screen.signals.flags import CODE, SPACE, TERMINAL, Characters
from curate.screen.signals.parts import ZERO, part
from curate.screen.signals.rows import NEWLINE, run
from curate.screen.signals.slots import Hashes, Slots, emptied, first_of
from curate.screen.signals.spellings import WORD, extended

SHORT = 30
"""Characters of a line that is short to FineWeb."""


class Pieces(NamedTuple):
    """What was counted; a piece is filled if it holds more than white space."""

    n: int
    n_repeated: int
    """Those equal to an earlier one."""
    repeated_characters: int
    """Characters in these."""
    n_filled: int
    n_short: int
    """Filled ones of at most SHORT characters."""
    n_ended: int
    """Filled ones whose last character ends a sentence."""
    repeated_filled_characters: int


@part
def n_newlines(row: Characters, begin: int, end: int) -> int:
    """Line feeds."""
    n = 0
    for at in range(begin, end):
        n += row[at] & CODE == NEWLINE
    return n


@part
def pieces(
    row: Characters, begin: int, end: int, least: int, hashes: Hashes, slots: Slots
) -> Pieces:
    """Count the pieces of text between runs of at least so many line feeds.

    A text that begins or ends with such a run has an empty piece there.

    Args:
        row: the characters.
        begin: where the text begins.
        end: where it ends.
        least: line feeds that part two pieces; fewer belong to a piece.
        hashes: (> line feeds,) to be used.
        slots: (>= slots_for(line feeds + 1),) to be used.
    """
    n_slots = emptied(slots, n_newlines(row, begin, end) + 1)
    n = n_repeated = repeated = n_filled = n_short = n_ended = repeated_filled = ZERO
    at = begin
    while True:
        since = at
        value = WORD
        filled = False
        n_feeds = ZERO
        while at < end:
            n_feeds = run(row, at, end, NEWLINE)
            if n_feeds >= least:
                break
            for _ in range(max(n_feeds, 1)):
                value = extended(value, row[at])
                filled = filled or row[at] & SPACE == 0
                at += 1
        length = at - since
        hashes[n] = value
        again = first_of(value, n, hashes, slots, n_slots) != n
        n += 1
        n_repeated += again
        repeated += again * length
        if filled:
            n_filled += 1
            n_short += length <= SHORT
            n_ended += row[at - 1] & TERMINAL != 0
            repeated_filled += again * length
        if at == end:
            return Pieces(n, n_repeated, repeated, n_filled, n_short, n_ended, repeated_filled)
        at += n_feeds
