"""Which mined examples are left out: repeated answers, and what a family gives beyond its balance.

Decided over the whole corpus by hashes alone, so neither the order nor the batches of the passages
matter, what is left out lies evenly over the corpus, and a paper more changes few of the others.
"""

from array import array
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.ids import identity
from schemas.rows import Example

REPEATED = "answer given often enough"
FLOODING = "family over its balance"
FEWEST = 200
"""Examples that a family of a part may always give: in a small corpus nothing floods."""


@dataclass(slots=True)
class Tally:
    """What has to be known of every example, in 20 bytes each."""

    chances: "array[int]" = field(default_factory=lambda: array("Q"))
    """The last 64 bits of the example's id: whoever sorts by ids later sorts by the first."""
    answers: "array[int]" = field(default_factory=lambda: array("Q"))
    """A hash of what the example answers."""
    groups: "array[int]" = field(default_factory=lambda: array("I"))
    """Number of its part and family."""
    names: dict[tuple[str, str], int] = field(default_factory=dict)
    """(part, family) -> its number."""

    def add(self, example: Example, answer: str) -> None:
        """Count an example; `answer` is equal for answers that are held to be the same."""
        self.chances.append(int(example.id[-16:], 16))
        self.answers.append(int(identity(answer)[:16], 16))
        group = (example.part, example.task)
        self.groups.append(self.names.setdefault(group, len(self.names)))


def left_out(
    tally: Tally, max_repeats: int, balance: float | None, fewest: int = FEWEST
) -> dict[str, NDArray[np.bool_]]:
    """Reason -> (examples,) which are left out for it, in the order in which they were added.

    Args:
        tally: all examples of a corpus.
        max_repeats: how often an answer may be given.
        balance: a family may give so many times the examples of the median family of its part,
            of those families that give any; None for no bound.
        fewest: examples that every family may give.
    """
    chances, answers = (np.array(one, np.uint64) for one in (tally.chances, tally.answers))
    groups = np.array(tally.groups, np.int64)
    repeated = _rank(answers, chances) >= max_repeats
    counts = np.bincount(groups[~repeated], minlength=len(tally.names))
    limits = _limits(tally, counts, balance, fewest)
    # What is repeated is ranked by itself, so that it takes no other's place.
    flooding = _rank(groups * 2 + repeated, chances) + 1 > limits[groups]
    return {REPEATED: repeated, FLOODING: flooding & ~repeated}


def _limits(
    tally: Tally, counts: NDArray[np.int64], balance: float | None, fewest: int
) -> NDArray[np.float64]:
    """(groups,) the most that each part and family may give."""
    limits = np.full(len(counts), np.inf)
    if balance is None:
        return limits
    for part in {part for part, _ in tally.names}:
        members = [number for (of, _), number in tally.names.items() if of == part]
        given = counts[members]
        if given.any():
            limits[members] = max(balance * np.median(given[given > 0]), fewest)
    return limits


def _rank(groups: NDArray[np.integer[Any]], chances: NDArray[np.uint64]) -> NDArray[np.int64]:
    """(rows,) how many rows of the same group have a smaller chance."""
    order = np.lexsort((chances, groups))
    ordered = groups[order]
    firsts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]][: len(ordered)])
    sizes = np.diff(np.r_[firsts, len(ordered)])
    ranks = np.empty(len(groups), np.int64)
    ranks[order] = np.arange(len(groups)) - np.repeat(firsts, sizes)
    return ranks
