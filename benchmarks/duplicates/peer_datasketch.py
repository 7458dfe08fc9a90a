"""datasketch: MinHash and MinHashLSH, as its documentation has them; see peer.py.

The index chooses its bands itself: 14 of 9 rows at .7, so that false positives and false negatives
weigh the same. It does not verify what it returns.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import datasketch

from duplicates.peer import PERMUTATIONS, THRESHOLD, Keep, Peer, main


def sketch(sets: Sequence[Collection[str]]) -> list[Any]:
    """Sketches of many rows in one call."""
    encoded = ([shingle.encode() for shingle in one] for one in sets)
    return list(datasketch.MinHash.generator(encoded, num_perm=PERMUTATIONS))


def keeper() -> Keep:
    """An index of the rows that were kept."""
    index = datasketch.MinHashLSH(threshold=THRESHOLD, num_perm=PERMUTATIONS)

    def keep(first: int, sketches: list[Any]) -> list[bool]:
        kept = []
        for row, one in enumerate(sketches, first):
            kept.append(not index.query(one))
            if kept[-1]:
                index.insert(row, one, check_duplication=False)
        return kept

    return keep


def pairs(sets: list[set[bytes]], threshold: float) -> Iterator[tuple[int, int, float]]:
    """What its index returns for each row, of the rows before it."""
    index = datasketch.MinHashLSH(threshold=threshold, num_perm=PERMUTATIONS)
    sketches = list(datasketch.MinHash.generator(sets, num_perm=PERMUTATIONS))
    for row, one in enumerate(sketches):
        if sets[row]:
            yield from ((row, other, one.jaccard(sketches[other])) for other in index.query(one))
            index.insert(row, one, check_duplication=False)


if __name__ == "__main__":
    main(Peer(sketch, keeper, pairs))
