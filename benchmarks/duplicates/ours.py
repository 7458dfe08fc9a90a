"""This project's measure: the one place where the benchmarks call it.

Also run as a module, for what has to be in a process of its own, with PYTHONPATH=benchmarks. Each
prints JSON, a line for a run:

    python -m duplicates.ours inside FILE     runs once for each line that it reads
    python -m duplicates.ours growth FILE N   measures the first N rows
    python -m duplicates.ours generated N     measures N rows made by generated.py
    python -m duplicates.ours judge FILE      measures, then judges the stored pairs
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from curate.screen.judge import judge
from curate.screen.measures.duplicates import Params, measure_corpus
from curate.screen.unique import resolve
from duplicates import generated
from schemas.recipe import Unique

THRESHOLD = 0.7
PERMUTATIONS = 128
ROWS_A_BATCH = 16_384
FIELD = "text"
READ = ["id", FIELD]
THRESHOLDS = (0.75, 0.8, 0.9)
"""What stored pairs are judged by again."""

Batches = Callable[[], Iterator[pa.RecordBatch]]
Pair = tuple[int, int]


def measured(batches: Batches, threshold: float = THRESHOLD) -> tuple[pa.Table, dict[str, Any]]:
    """Verified pairs of PAIRS, and facts of the measurement."""
    found = measure_corpus(batches, Params(floor=threshold, permutations=PERMUTATIONS))
    return found.pairs, dict(found.facts)


def kept(ids: pa.Array, pairs: pa.Table) -> int:
    """Rows that are kept where the first of several copies is preferred."""
    order, passes = np.arange(len(ids)), np.ones(len(ids), np.bool_)
    resolved = resolve(ids, order, passes, pairs, {FIELD: THRESHOLD})
    return len(ids) - int(np.count_nonzero(resolved.repeats))


def similar(texts: list[str], threshold: float) -> dict[Pair, float]:
    """Every pair of (later, earlier) texts that the measure holds for similar.

    Members of a class of equal sets, which are stored as a star, are paired with each other and
    with what their first member is similar to.
    """
    rows = pa.table({"id": [str(row) for row in range(len(texts))], "text": texts})
    pairs, _ = measured(lambda: iter(rows.to_batches(ROWS_A_BATCH)), threshold)
    listed = list(
        zip(
            pairs["position"].to_pylist(),
            pairs["other_position"].to_pylist(),
            pairs["similarity"].to_pylist(),
            strict=True,
        )
    )
    members: dict[int, list[int]] = {}
    for row, first, value in listed:
        if value == 1:
            members.setdefault(first, [first]).append(row)
    found: dict[Pair, float] = {}
    for group in members.values():
        found |= {(max(a, b), min(a, b)): 1.0 for a in group for b in group if a != b}
    for row, other, value in listed:
        for a in members.get(row, [row]) if value < 1 else ():
            found |= {(max(a, b), min(a, b)): value for b in members.get(other, [other])}
    return found


def first_rows(path: Path, n_rows: int) -> Batches:
    """Read the first rows of a file, again each time that it is called."""

    def batches() -> Iterator[pa.RecordBatch]:
        left = n_rows
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(ROWS_A_BATCH, columns=READ):
                yield batch.slice(0, left)
                left -= batch.num_rows
                if left <= 0:
                    return

    return batches


def tell(**said: object) -> None:
    """Print one object on a line of its own."""
    print(json.dumps(said), flush=True)


def inside(path: Path) -> None:
    """Texts in memory to decisions, once for each line of the standard input."""
    rows = pq.read_table(path, columns=READ)
    ids = rows["id"].combine_chunks()
    tell(ready=len(rows))
    for _ in sys.stdin:
        began = time.perf_counter()
        pairs, _ = measured(lambda: iter(rows.to_batches(ROWS_A_BATCH)))
        n_kept = kept(ids, pairs)
        tell(seconds=time.perf_counter() - began, kept=n_kept, pairs=len(pairs))


def growth(batches: Batches, n_rows: int) -> None:
    """Seconds and memory of measuring rows and resolving them, both after a small run."""
    few = next(batches()).slice(0, 2_000)
    kept(few.column("id"), measured(lambda: iter([few]))[0])
    began = time.perf_counter()
    n_bytes, parts = 0, []
    for batch in batches():
        n_bytes += batch.column(FIELD).nbytes
        parts.append(batch.column("id"))
    ids = pa.concat_arrays(parts)
    reading = time.perf_counter() - began
    before = status("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak is from here on
    began = time.perf_counter()
    pairs, facts = measured(batches)
    n_kept = kept(ids, pairs)
    seconds = time.perf_counter() - began
    peak = status("VmHWM")
    tell(
        rows=n_rows, text_bytes=n_bytes, seconds=seconds, reading=reading, before=before,
        peak=peak, kept=n_kept, facts=facts,
    )  # fmt: skip


def status(field: str) -> int:
    """Bytes that the system reports for this process."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith(f"{field}:"))


def judge_again(path: Path) -> None:
    """Seconds from pairs that lie on disk to verdicts, by threshold."""
    with tempfile.TemporaryDirectory() as folder:
        stored, ids = Path(folder) / "pairs.parquet", Path(folder) / "ids.parquet"
        rows = pq.read_table(path, columns=READ)
        pairs, _ = measured(lambda: iter(rows.to_batches(ROWS_A_BATCH)))
        pq.write_table(pairs, stored)
        pq.write_table(rows.select(["id"]), ids)
        for threshold in THRESHOLDS:
            began = time.perf_counter()
            measured_rows, pairs = pq.read_table(ids), pq.read_table(stored)
            verdicts = judge(measured_rows, {}, Unique(threshold=threshold), pairs)
            seconds = time.perf_counter() - began
            n_kept = int(np.count_nonzero(verdicts["kept"].to_numpy()))
            tell(threshold=threshold, seconds=seconds, kept=n_kept, pairs=len(pairs))


def main() -> None:
    """Do what the command line names."""
    what, given = sys.argv[1], sys.argv[2:]
    if what == "inside":
        inside(Path(given[0]))
    elif what == "growth":
        growth(first_rows(Path(given[0]), int(given[1])), int(given[1]))
    elif what == "generated":
        n_rows = int(given[0])
        growth(lambda: generated.batches(n_rows), n_rows)
    elif what == "judge":
        judge_again(Path(given[0]))
    else:
        sys.exit(f"ours.py: {what!r} is none of inside, growth, generated, judge")


if __name__ == "__main__":
    main()
