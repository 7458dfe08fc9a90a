"""Near duplicates: this project's measure against rensa, datasketch and text-dedup.

The peers ask for versions of libraries of their own, so they have an environment of their own; what
needs them is left out without it:

    python -m venv PEERS/dedup
    PEERS/dedup/bin/pip install rensa==0.5.0 datasketch==2.0.0 text-dedup==0.4.0 datasets pyarrow

A corpus of any size is made from abstracts (folders of .json, .jsonl, .xml) whose sentences are
recombined, 23 of 100 rows being edited copies of earlier ones:

    python benchmarks/duplicates.py --make FOLDER --rows 40000 500000 2000000 --text ABSTRACTS...

Seconds, with five words in a shingle, 128 permutations, and a similarity of .7 or more:

    python benchmarks/duplicates.py --whole FOLDER/rows-500000.parquet --peers PEERS
    python benchmarks/duplicates.py --inside FOLDER/rows-500000.parquet --peers PEERS
    python benchmarks/duplicates.py --growth FOLDER/rows-2000000.parquet
    python benchmarks/duplicates.py --ten-million
    python benchmarks/duplicates.py --re-judge FOLDER/rows-500000.parquet

Which pairs are found, against exact sets and against labels (bib_dedupe, arxiv_vs_conference):

    python benchmarks/duplicates.py --quality --text ABSTRACTS... --labels DEDUP --peers PEERS

`--whole` compares whole processes from a Parquet file to verdicts on disk, `--inside` starts with
the texts in memory (Arrow for ours, Python strings for the peers) and ends with decisions. Ways
take turns, so that a machine that slows down slows all; medians and ratios are printed, with the
range of the ratios of single turns. `rensa-2` has two worker processes; ours has a thread for each
core.

Ours verifies each pair on exact sets. rensa compares sketches, datasketch nothing, and text-dedup
nothing, keeping one row of each connected component. What they find differs accordingly: see
`--quality`. rensa's index has the bands that find 99 of 100 pairs at the threshold, as ours does;
those of datasketch and text-dedup are the 14 of 9 rows that they choose, which find 44 of 100.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pyarrow.parquet as pq
from duplicates import abstracts, corpus, growth, quality, timing

WANTED_WHOLE = {"rensa-1": (4.0, 8.0), "rensa-2": (4.0, 8.0), "text-dedup": (15.0, None)}
"""How many times as long the peer has to take, and the goal."""
WANTED_INSIDE = {"rensa-1": (8.0, 15.0), "rensa-2": (8.0, 15.0)}
Told = TypeVar("Told")
SIZES = (125_000, 250_000, 500_000, 1_000_000, 2_000_000)


def options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--make", type=Path, metavar="FOLDER", help="make corpora of --rows rows")
    what.add_argument("--whole", type=Path, metavar="FILE", help="time whole processes")
    what.add_argument("--inside", type=Path, metavar="FILE", help="time texts in memory")
    what.add_argument("--growth", type=Path, metavar="FILE", help="time and memory by --rows")
    what.add_argument("--ten-million", action="store_true", help="rows made when they are read")
    what.add_argument("--re-judge", type=Path, metavar="FILE", help="time another threshold")
    what.add_argument("--quality", action="store_true", help="pairs found and missed")
    parser.add_argument("--rows", type=int, nargs="+", help="sizes, instead of the usual ones")
    parser.add_argument("--text", type=Path, nargs="+", default=[], help="folders of abstracts")
    parser.add_argument("--labels", type=Path, help="folder with labelled collections")
    parser.add_argument("--peers", type=Path, help="folder with the environment of the peers")
    parser.add_argument("--ways", nargs="+", choices=timing.WAYS, help="what is timed")
    parser.add_argument("--runs", type=int, default=3, help="runs that are counted")
    parser.add_argument("--copies", type=int, default=9_000, help="planted copies")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="print one object")
    asked = parser.parse_args()
    if (asked.make or asked.quality) and not asked.text:
        parser.error("--make and --quality need --text, folders of abstracts")
    if asked.ways and "retort" not in asked.ways:
        asked.ways.insert(0, "retort")
    return asked


def make(asked: argparse.Namespace) -> None:
    """Make corpora."""
    sentences = abstracts.sentences(abstracts.read(asked.text))
    for n_rows in asked.rows or (40_000, 500_000):
        path = asked.make / f"rows-{n_rows}.parquet"
        corpus.make(path, sentences, n_rows, asked.seed)
        print(f"{path}: {n_rows} rows from {len(sentences)} sentences, {path.stat().st_size} bytes")


def tell(asked: argparse.Namespace, told: Told, show: Callable[[Told], None]) -> None:
    """Print what was found, for a reader or as one object."""
    if asked.json:
        print(json.dumps(told, indent=2))
    else:
        print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}")
        show(told)


def time_ways(asked: argparse.Namespace) -> None:
    """Compare ours with the peers, whole or inside."""
    peer = timing.python_of(asked.peers)
    file, measure, ways, wanted = (
        (asked.whole, timing.whole, timing.WAYS[:4], WANTED_WHOLE)
        if asked.whole
        else (asked.inside, timing.inside, timing.IN_MEMORY, WANTED_INSIDE)
    )
    told = measure(file, peer, asked.ways or ways, asked.runs)
    rows = pq.read_metadata(file).num_rows

    def show(told: dict[str, Any]) -> None:
        print(f"{rows} rows, medians of {asked.runs} runs in turn")
        timing.show(told, wanted)
        if peer is None:
            print("peers: not run, --peers names no folder with dedup/bin/python")

    tell(asked, told, show)


def grow(asked: argparse.Namespace) -> None:
    """Time and memory by size."""
    n_rows = pq.read_metadata(asked.growth).num_rows
    sizes = [size for size in asked.rows or SIZES if size <= n_rows]
    if not sizes:
        sys.exit(
            f"{asked.growth} has {n_rows} rows, fewer than any of the sizes; name some, --rows"
        )
    tell(asked, growth.grow(asked.growth, sizes, asked.runs), growth.show_growth)


def look(asked: argparse.Namespace) -> None:
    """Which pairs are found."""
    peer = timing.python_of(asked.peers)
    texts = abstracts.read(asked.text)[: asked.rows[0] if asked.rows else None]
    tell(asked, quality.on_planted(texts, asked.copies, peer), quality.show_planted)
    if asked.labels:
        tell(asked, quality.on_labels(asked.labels, peer), quality.show_labels)


def main() -> None:
    """Do what was asked."""
    asked = options()
    if asked.make:
        make(asked)
    elif asked.whole or asked.inside:
        time_ways(asked)
    elif asked.growth:
        grow(asked)
    elif asked.ten_million:
        n_rows = asked.rows[0] if asked.rows else 10_000_000
        tell(asked, growth.generated(n_rows), growth.show_generated)
    elif asked.re_judge:
        tell(asked, growth.judge(asked.re_judge), growth.show_judged)
    else:
        look(asked)


if __name__ == "__main__":
    main()
