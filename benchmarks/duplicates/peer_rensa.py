"""rensa: R-MinHash over all shingles and its deduplicator, as its README has them; see peer.py.

Its index takes bands that divide the permutations. The fewest are taken that find 99 of 100 pairs
at the threshold, which is what ours promises: 32 bands of 4 at .7. Candidates are then compared by
their sketches, so that more bands cost time, not precision.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import rensa  # type: ignore[import-not-found]

from duplicates.peer import PERMUTATIONS, THRESHOLD, Keep, Peer, main

SEED = 42
RECALL = 0.99


def bands(threshold: float) -> int:
    """The fewest bands that find RECALL of the pairs at the threshold."""
    n_bands = 1
    while 1 - (1 - threshold ** (PERMUTATIONS // n_bands)) ** n_bands < RECALL:
        n_bands *= 2
    return n_bands


def sketch(sets: Sequence[Collection[str | bytes]]) -> list[Any]:
    """Sketches of many rows in one call."""
    made: list[Any] = rensa.RMinHash.from_token_sets(sets, num_perm=PERMUTATIONS, seed=SEED)
    return made


def keeper() -> Keep:
    """Its deduplicator, which keeps the first of several."""
    index = rensa.RMinHashDeduplicator(
        threshold=THRESHOLD,
        num_perm=PERMUTATIONS,
        use_lsh=True,
        num_bands=bands(THRESHOLD),
        seed=SEED,
    )

    def keep(first: int, sketches: list[Any]) -> list[bool]:
        kept: list[bool] = index.add_pairs(
            (str(first + place), one) for place, one in enumerate(sketches)
        )
        return kept

    return keep


def pairs(sets: list[set[bytes]], threshold: float) -> Iterator[tuple[int, int, float]]:
    """What its index returns for each row, of the rows before it."""
    index = rensa.RMinHashLSH(
        threshold=threshold, num_perm=PERMUTATIONS, num_bands=bands(threshold)
    )
    sketches = sketch(sets)
    for row, one in enumerate(sketches):
        if sets[row]:
            yield from ((row, other, one.jaccard(sketches[other])) for other in index.query(one))
            index.insert(row, one)


if __name__ == "__main__":
    main(Peer(sketch, keeper, pairs))
