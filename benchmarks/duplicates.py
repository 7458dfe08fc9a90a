"""Near duplicates: this project's measure against datasketch's MinHash and MinHashLSH.

    python benchmarks/duplicates.py --rows 20000 --runs 3
    python benchmarks/duplicates.py --text rows.jsonl

Both get the same texts in memory and find pairs of rows with the same definition of a shingle (five
words in lower case), the same number of permutations and the same threshold. Ours verifies every
pair on the sets; datasketch's pairs are what its index returns, unverified. The first run of each
is not counted: ours compiles in it. Prints medians and their ratio.
"""

import argparse
import json
import random
import re
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import datasketch
import pyarrow as pa

from curate.screen.measures.duplicates import Params, measure_corpus

FLOOR = 0.7
PERMUTATIONS = 128
WORD = re.compile(rb"[0-9a-z\x80-\xff]+")
Pairs = set[tuple[int, int]]


def generated(n_rows: int, seed: int = 1) -> list[str]:
    """Texts of 80 to 220 words; 23 of 100 are copies with 0 to 4 % of their words changed."""
    draw = random.Random(seed)
    letters = "abcdefghijklmnopqrstuvwxyz"
    vocabulary = ["".join(draw.choices(letters, k=draw.randint(2, 11))) for _ in range(20_000)]
    weights = [1 / rank for rank in range(1, len(vocabulary) + 1)]
    texts: list[list[str]] = []
    for _ in range(n_rows):
        if texts and draw.random() < 0.23:
            words = list(draw.choice(texts))
            for _ in range(draw.randint(0, len(words) // 25)):
                words[draw.randrange(len(words))] = draw.choice(vocabulary)
        else:
            words = draw.choices(vocabulary, weights, k=draw.randint(80, 220))
        texts.append(words)
    return [" ".join(words) for words in texts]


def shingles(text: str) -> set[bytes]:
    """The shingles of the measure, as bytes."""
    words = WORD.findall(text.lower().encode())
    width = min(5, len(words))
    return {b" ".join(words[i : i + width]) for i in range(len(words) - width + 1) if words}


def ours(texts: list[str]) -> Pairs:
    """Verified pairs of this project's measure."""
    rows = pa.table({"id": [str(row) for row in range(len(texts))], "text": texts})
    params = Params(floor=FLOOR, permutations=PERMUTATIONS)
    pairs = measure_corpus(lambda: iter(rows.to_batches(max_chunksize=16_384)), params).pairs
    return set(zip(pairs["position"].to_pylist(), pairs["other_position"].to_pylist(), strict=True))


def datasketch_lsh(texts: list[str]) -> Pairs:
    """Unverified pairs of datasketch: each row asks the index of the rows before it."""
    index = datasketch.MinHashLSH(threshold=FLOOR, num_perm=PERMUTATIONS)
    signatures = datasketch.MinHash.generator(map(shingles, texts), num_perm=PERMUTATIONS)
    pairs: Pairs = set()
    for row, signature in enumerate(signatures):
        pairs.update((row, other) for other in index.query(signature))
        index.insert(row, signature)
    return pairs


def timed(find: Callable[[list[str]], Pairs], texts: list[str], runs: int) -> tuple[float, Pairs]:
    """Median seconds over the runs, after one that is not counted, and the pairs."""
    pairs = find(texts)
    seconds = []
    for _ in range(runs):
        began = time.perf_counter()
        find(texts)
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds), pairs


def share_true(pairs: Pairs, texts: list[str]) -> float:
    """Share of pairs that are at the floor by their sets."""
    true = 0
    for row, other in pairs:
        a, b = shingles(texts[row]), shingles(texts[other])
        true += bool(a) and len(a & b) >= FLOOR * len(a | b)
    return true / max(1, len(pairs))


def main() -> None:
    """Run both and print the ratio."""
    options = argparse.ArgumentParser(description="Near duplicates against datasketch.")
    options.add_argument("--rows", type=int, default=20_000, help="generated rows")
    options.add_argument("--runs", type=int, default=3, help="runs that are counted")
    options.add_argument("--text", type=Path, help="JSON lines with a field `text` instead")
    chosen = options.parse_args()
    if chosen.text:
        with chosen.text.open(encoding="utf-8") as lines:
            texts = [json.loads(line)["text"] for line in lines]
    else:
        texts = generated(chosen.rows)
    n_bytes = sum(len(text.encode()) for text in texts)
    print(f"{len(texts)} rows, {n_bytes / 1e6:.1f} MB, medians of {chosen.runs} runs")
    medians = {}
    for name, find in {"retort": ours, "datasketch": datasketch_lsh}.items():
        medians[name], pairs = timed(find, texts, chosen.runs)
        true = share_true(pairs, texts)
        print(
            f"{name:10} {medians[name]:8.2f} s  {len(pairs)} pairs, {true:.2%} at {FLOOR} or more"
        )
    print(f"retort is {medians['datasketch'] / medians['retort']:.1f} times as fast")


if __name__ == "__main__":
    main()
