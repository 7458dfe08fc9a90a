"""How time and memory of ours grow with the rows, each size in a process of its own."""

import json
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from duplicates import processes
from duplicates.timing import environment

MOST_FACTOR = 2.2
"""A doubling of the rows may take so many times as long."""
MOST_BYTES = 700
"""A row may take so many bytes besides the text."""
MOST_SECONDS = 3.0
"""What judging 500,000 rows again may take."""
HOW = (
    "memory: the peak of the resident set (VmHWM, reset before) while rows are measured and "
    "resolved, less the resident set (VmRSS) before, in a process that has measured 2,000 rows "
    "and read all rows once, batch by batch; so the text batch and the reader are not counted"
)


def child(*arguments: str) -> tuple[list[dict[str, Any]], processes.Ran]:
    """What ours.py tells in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-P", "-m", "duplicates.ours", *arguments]
        ran = processes.run(command, environment(), Path(folder) / "log")
    lines = [line for line in ran.output.splitlines() if line.startswith("{")]
    return [json.loads(line) for line in lines], ran


def grow(file: Path, sizes: Sequence[int], n_runs: int) -> dict[int, list[dict[str, Any]]]:
    """Measure the first rows of a file, sizes in turn."""
    found: dict[int, list[dict[str, Any]]] = {size: [] for size in sizes}
    for _ in range(n_runs):
        for size in sizes:
            found[size] += child("growth", str(file), str(size))[0]
    return found


def show_growth(found: dict[int, list[dict[str, Any]]]) -> None:
    """Print seconds, the factor to the size before, and bytes a row."""
    print(HOW)
    print(f"wanted: {MOST_FACTOR} or less per doubling, {MOST_BYTES} bytes a row or less")
    print(f"{'rows':>10}{'MB':>8}{'seconds':>9}{'factor':>8}{'reading':>9}{'bytes a row':>13}")
    before = 0.0
    for size, runs in found.items():
        seconds = statistics.median(run["seconds"] for run in runs)
        reading = statistics.median(run["reading"] for run in runs)
        held = max(run["peak"] - run["before"] for run in runs) / size
        factor = f"{seconds / before:.2f}" if before else ""
        megabytes = runs[0]["text_bytes"] / 1e6
        print(f"{size:10}{megabytes:8.0f}{seconds:9.2f}{factor:>8}{reading:9.2f}{held:13.0f}")
        before = seconds


def generated(n_rows: int) -> dict[str, Any]:
    """Measure rows that are made when they are read."""
    (told,), ran = child("generated", str(n_rows))
    return {**told, "whole": ran.seconds, "whole_peak": max(ran.peak_bytes, told["peak"])}


def show_generated(told: dict[str, Any]) -> None:
    """Print what millions of rows took."""
    held = (told["peak"] - told["before"]) / told["rows"]
    print(
        f"{told['rows']} rows of 50 words: {told['seconds']:.0f} s to decisions, in which they are "
        f"made anew for each reading ({told['reading']:.0f} s once); the process took "
        f"{told['whole']:.0f} s and at most {told['whole_peak'] / 2**30:.2f} GiB, {held:.0f} bytes "
        f"a row besides the text; {told['kept']} kept"
    )
    print(json.dumps(told["facts"]))


def judge(file: Path) -> list[dict[str, Any]]:
    """Judge stored pairs again by other thresholds."""
    return child("judge", str(file))[0]


def show_judged(told: list[dict[str, Any]]) -> None:
    """Print seconds from stored pairs to verdicts."""
    print(f"stored pairs judged by another threshold, wanted for 500,000 rows: {MOST_SECONDS} s")
    for one in told:
        print(
            f"{one['threshold']:.2f}: {one['seconds']:.2f} s, {one['kept']} kept, "
            f"{one['pairs']} pairs"
        )
