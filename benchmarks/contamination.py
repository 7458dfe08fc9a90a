"""Contamination: speed, planted items that are found, abstracts taken for items, beside a peer.

    python benchmarks/contamination.py --benchmark BENCHMARKS... --text ABSTRACTS...
    python benchmarks/contamination.py ... --peer-python PEERS/datatrove/bin/python

BENCHMARKS are files and folders of benchmarks, ABSTRACTS folders of abstracts (.json, .jsonl,
.xml). The peer asks for versions of libraries of its own, so it has an environment of its own:

    python -m venv PEERS/datatrove
    PEERS/datatrove/bin/pip install "datatrove[processing]==0.10.1" nltk spacy xxhash

It compares runs of 12 words by their hashes. Both get the same texts in memory; loading benchmarks
is timed apart, and compiling is not timed. Ours runs on all cores and on one, the peer on one.
Every item is planted in an abstract in each way; a variant's row counts those found, by words in
the question. The peer sees `--peer-rows` of each, and the figures beside it are of the same rows.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
from contamination.planted import VARIANTS, plant
from duplicates import abstracts

from curate.screen import kernels
from curate.screen.benchmarks import load
from curate.screen.overlap.search import search
from curate.screen.overlap.table import References, references

LENGTHS = (1, 4, 6, 8, 10, 13, 16, 20)
"""Words in a question from which a column of the table counts."""
WANTED = 50.0
"""MB/s; the goal is three times as much."""
MOST_FLAGGED = 0.001
"""Share of unrelated abstracts."""


def options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--benchmark", nargs="+", required=True, help="files and folders")
    parser.add_argument("--text", type=Path, nargs="+", required=True, help="folders of abstracts")
    parser.add_argument("--peer-python", type=Path, help="datatrove's interpreter")
    parser.add_argument("--peer-rows", type=int, default=1_000, help="texts of each kind for it")
    parser.add_argument("--runs", type=int, default=5, help="runs that are counted")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def found(texts: list[str], known: References) -> np.ndarray:
    """(texts,) whether each holds an item."""
    return search(*kernels.buffers(pa.array(texts, pa.large_string())), known.table).items >= 0


def rate(texts: list[str], known: References, runs: int) -> float:
    """MB/s, the median of runs after one that is not counted."""
    content, offsets = kernels.buffers(pa.array(texts, pa.large_string()))
    seconds = []
    for _ in range(runs + 1):
        began = time.perf_counter()
        search(content, offsets, known.table)
        seconds.append(time.perf_counter() - began)
    return len(content) / 1e6 / statistics.median(seconds[1:])


def of_peer(python: Path, items: list[tuple[str, str]], texts: dict[str, list[str]]) -> dict:
    """Name -> `seconds` and `found` of the peer."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "given.json"
        file.write_text(json.dumps({"items": items, "texts": texts}))
        script = Path(__file__).parent / "contamination" / "peer_datatrove.py"
        told = subprocess.run(
            [str(python), str(script), str(file)], capture_output=True, text=True, check=False
        )
    if told.returncode:
        sys.exit(f"the peer failed: {told.stderr[-500:]}")
    return json.loads(told.stdout.splitlines()[-1])


def columns(hits: np.ndarray, n_words: np.ndarray) -> str:
    """Share found among all, and by words in the question."""
    group = np.searchsorted(LENGTHS, n_words, "right") - 1
    cells = [hits[group == number] for number in range(len(LENGTHS))]
    return f"{hits.mean():7.2%}" + "".join(
        f"{cell.mean():9.2%}" if len(cell) else f"{'–':>9}" for cell in cells
    )


def main() -> None:
    """Load, time, plant, compare, and say whether what is wanted is met."""
    asked = options()
    texts = abstracts.read(asked.text)
    began = time.perf_counter()
    known = references(load(asked.benchmark))
    first = time.perf_counter() - began
    began = time.perf_counter()
    known = references(load(asked.benchmark))
    seconds = time.perf_counter() - began
    n_words = np.array([len(item.question.split()) for item in known.items])
    megabytes = sum(len(text.encode()) for text in texts) / 1e6
    print(f"{len(known.items)} distinct items of {len(known.benchmarks)} benchmarks, loaded in")
    print(f"{first:.1f} s, and in {seconds:.1f} s once compiled")
    print(f"{len(texts)} abstracts, {megabytes:.1f} MB, {os.cpu_count()} cores\n")

    flagged = found(texts, known).mean()
    speed = rate(texts, known, asked.runs)
    print(f"abstracts taken for items: {flagged:.4%}  (wanted: {MOST_FLAGGED:.2%} at most)")
    print(f"MB/s on all cores: {speed:.0f}  (wanted: {WANTED:.0f}, goal {3 * WANTED:.0f})\n")

    lengths = "".join(f"{f'{one}+':>9}" for one in LENGTHS)
    print(f"{'found, by words in the question':34}{'all':>7}{lengths}")
    print(f"{'items':34}{len(n_words):7}" + "".join(
        f"{n:9}" for n in np.histogram(n_words, [*LENGTHS, 10**9])[0]))  # fmt: skip
    planted = {}
    for name, write in VARIANTS.items():
        planted[name] = plant([write(item) for item in known.items], texts, asked.seed)
        print(f"{name:34}{columns(found(planted[name], known), n_words)}")

    if asked.peer_python:
        beside_peer(asked, known, texts, planted)


def beside_peer(
    asked: argparse.Namespace,
    known: References,
    texts: list[str],
    planted: dict[str, list[str]],
) -> None:
    """The peer's figures and ours on the same rows."""
    draw = np.random.default_rng(asked.seed)
    chosen = np.sort(draw.permutation(len(known.items))[: asked.peer_rows])
    some = [texts[n] for n in np.sort(draw.permutation(len(texts))[: asked.peer_rows])]
    given = {"abstracts": some} | {n: [t[c] for c in chosen] for n, t in planted.items()}
    told = of_peer(asked.peer_python, [(item.question, item.answer) for item in known.items], given)
    megabytes = sum(len(text.encode()) for text in some) / 1e6
    peer = megabytes / told["abstracts"]["seconds"]
    kernels.numba.config.NUMBA_NUM_THREADS = 1
    alone = rate(some, known, asked.runs)
    print(f"\n{len(some)} rows of each kind{'datatrove':>24}{'retort':>10}")
    print(f"{'MB/s on one core':34}{peer:9.2f}{alone:10.1f}   {alone / peer:.0f} times as fast")
    for name, rows in given.items():
        theirs, ours = np.mean(told[name]["found"]), found(rows, known).mean()
        print(f"{name:34}{theirs:9.2%}{ours:10.2%}")


if __name__ == "__main__":
    main()
