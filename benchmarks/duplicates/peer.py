"""What the peers' modules share; runs in their environment, with PYTHONPATH=benchmarks.

    python -m duplicates.peer_rensa whole FILE VERDICTS WORKERS   a file to verdicts on disk
    python -m duplicates.peer_rensa inside FILE WORKERS           texts in memory, at each line
    python -m duplicates.peer_rensa pairs FILE THRESHOLD          (row, earlier row, estimate)

A text is shingled as rensa's own benchmark does it: lower case, parted at white space, words joined
into strings; for `pairs` with shingles.py instead, which is the truth's definition. With two
workers, each of two forked processes reads, shingles and hashes every second chunk of rows by
itself and sends sketches back; the index takes chunks in the order of the rows as they come. A row
is kept unless the index has an earlier kept one that the peer holds for similar.
"""

import json
import multiprocessing
import sys
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from duplicates.shingles import shingles as true_shingles

THRESHOLD = 0.7
PERMUTATIONS = 128
WIDTH = 5
ROWS_A_CHUNK = 10_000

Keep = Callable[[int, list[Any]], list[bool]]
"""(row number of the first, sketches) -> whether each is kept."""


class Peer(NamedTuple):
    """How a peer does each step."""

    sketch: Callable[[Sequence[Collection[str]]], list[Any]]
    """Shingles of rows -> their sketches, hashing included."""
    keeper: Callable[[], Keep]
    """An empty index."""
    pairs: Callable[[list[set[bytes]], float], Iterator[tuple[int, int, float]]]
    """Pairs that an index with a threshold returns, with the estimate of their similarity."""


class Sketched(NamedTuple):
    """A chunk of rows."""

    ids: list[str]
    sketches: list[Any]
    seconds: dict[str, float]


Chunk = Callable[[int], Sketched]
_chunk: Chunk
"""Of this process; workers are forked with it, so that texts are not sent to them."""


def shingles(text: str) -> list[str]:
    """Five words in a row, as strings."""
    words = text.lower().split()
    if len(words) < WIDTH:
        return [" ".join(words)] if words else []
    return [" ".join(words[at : at + WIDTH]) for at in range(len(words) - WIDTH + 1)]


def sketched(peer: Peer, ids: list[str], texts: Sequence[str], reading: float) -> Sketched:
    """Shingle and hash the rows of a chunk."""
    began = time.perf_counter()
    sets = [shingles(text) for text in texts]
    shingled = time.perf_counter()
    sketches = peer.sketch(sets)
    hashing = time.perf_counter() - shingled
    seconds = {"read": reading, "shingle": shingled - began, "hash": hashing}
    return Sketched(ids, sketches, seconds)


def _in_worker(number: int) -> Sketched:
    return _chunk(number)


def decide(peer: Peer, chunk: Chunk, n_chunks: int, n_workers: int) -> dict[str, Any]:
    """Decide on all rows; `ids`, `kept` and seconds of each step, over all workers."""
    global _chunk
    _chunk = chunk
    keep = peer.keeper()
    ids: list[str] = []
    kept: list[bool] = []
    spent = {"read": 0.0, "shingle": 0.0, "hash": 0.0, "index": 0.0}
    pool = multiprocessing.get_context("fork").Pool(n_workers) if n_workers > 1 else None
    for part in pool.imap(_in_worker, range(n_chunks)) if pool else map(chunk, range(n_chunks)):
        began = time.perf_counter()
        kept += keep(len(kept), part.sketches)
        spent["index"] += time.perf_counter() - began
        ids += part.ids
        for step, seconds in part.seconds.items():
            spent[step] += seconds
    if pool:
        pool.close()
        pool.join()
    return {"ids": ids, "kept": kept, "spent": spent}


def whole(peer: Peer, path: str, verdicts: str, n_workers: int) -> None:
    """A Parquet file to a Parquet file of `id` and `kept`."""

    def chunk(number: int) -> Sketched:
        began = time.perf_counter()
        rows = pq.ParquetFile(path).read_row_group(number, columns=["id", "text"])
        ids, texts = rows["id"].to_pylist(), rows["text"].to_pylist()
        return sketched(peer, ids, texts, time.perf_counter() - began)

    decided = decide(peer, chunk, pq.ParquetFile(path).num_row_groups, n_workers)
    pq.write_table(pa.table({"id": decided["ids"], "kept": decided["kept"]}), verdicts)
    print(json.dumps({"kept": sum(decided["kept"]), "spent": decided["spent"]}), flush=True)


def inside(peer: Peer, path: str, n_workers: int) -> None:
    """Strings in memory to decisions, once for each line of the standard input."""
    texts = pq.read_table(path, columns=["text"])["text"].to_pylist()

    def chunk(number: int) -> Sketched:
        begin = number * ROWS_A_CHUNK
        return sketched(peer, [], texts[begin : begin + ROWS_A_CHUNK], 0.0)

    print(json.dumps({"ready": len(texts)}), flush=True)
    for _ in sys.stdin:
        began = time.perf_counter()
        decided = decide(peer, chunk, -(-len(texts) // ROWS_A_CHUNK), n_workers)
        seconds = time.perf_counter() - began
        told = {"seconds": seconds, "kept": sum(decided["kept"]), "spent": decided["spent"]}
        print(json.dumps(told), flush=True)


def pairs(peer: Peer, path: str, threshold: float) -> None:
    """Pairs of rows of a file, by sets of the truth's definition."""
    texts = pq.read_table(path, columns=["text"])["text"].to_pylist()
    for row, other, estimate in peer.pairs([true_shingles(text) for text in texts], threshold):
        print(json.dumps([row, other, estimate]))


def main(peer: Peer) -> None:
    """Do what the command line names."""
    what, path, *given = sys.argv[1:]
    if what == "whole":
        whole(peer, path, given[0], int(given[1]))
    elif what == "inside":
        inside(peer, path, int(given[0]))
    elif what == "pairs":
        pairs(peer, path, float(given[0]))
    else:
        sys.exit(f"{what!r} is none of whole, inside, pairs")
