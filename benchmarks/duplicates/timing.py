"""Seconds and memory of ours and the peers: whole processes, and from texts in memory."""

import contextlib
import json
import os
import re
import statistics
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from duplicates import processes

BENCHMARKS = Path(__file__).parents[1]
WAYS = ("retort", "rensa-1", "rensa-2", "text-dedup", "datasketch-1", "datasketch-2")
"""A number is that of worker processes; text-dedup uses as many as there are cores."""
IN_MEMORY = ("retort", "rensa-1", "rensa-2", "datasketch-1")
THRESHOLD = "0.7"
PERMUTATIONS = "128"
WARM_ROWS = 2_000
STEPS = ("read", "shingle", "hash", "index")
TIMED = re.compile(r"(Loading|MinHashing|Clustering|Filtering|Saving)\s*: ([\d.]+)s")
AFTER = re.compile(r"After\s*: (\d+)")

Runs = dict[str, list[dict[str, Any]]]
"""Way -> its runs in turn: seconds, kept, peak, spent."""


def python_of(peers: Path | None) -> Path | None:
    """The interpreter of the peers' environment, if there is one."""
    python = peers.absolute() / "dedup" / "bin" / "python" if peers else None
    return python if python and python.is_file() else None


def environment(**more: str) -> dict[str, str]:
    """Of every process; no peer looks for anything in the network, and logs have one line each."""
    path = os.pathsep.join(filter(None, [str(BENCHMARKS), os.environ.get("PYTHONPATH")]))
    own = {"PYTHONPATH": path, "HF_HUB_OFFLINE": "1", "COLUMNS": "200"}
    return {**os.environ, **own, **more}


def whole(file: Path, peer: Path | None, ways: Sequence[str], n_runs: int) -> dict[str, Any]:
    """Time whole processes, in turn, after one of each over a few rows."""
    runs: Runs = {way: [] for way in ways if way == "retort" or peer}
    with tempfile.TemporaryDirectory() as folder:
        few = Path(folder) / "few.parquet"
        pq.write_table(pq.read_table(file).slice(0, WARM_ROWS), few)
        for way in runs:
            _once(way, few, peer, {})
        with tempfile.TemporaryDirectory() as empty:
            first = _once("retort", file, peer, {"NUMBA_CACHE_DIR": empty})
    for turn in range(n_runs):
        for way in _turned(list(runs), turn):
            runs[way].append(_once(way, file, peer, {}))
    return {"first": first, "runs": runs}


def inside(file: Path, peer: Path | None, ways: Sequence[str], n_runs: int) -> dict[str, Any]:
    """Time from texts in memory to decisions, in turn, after one run of each."""
    runs: Runs = {way: [] for way in ways if way == "retort" or peer}
    with tempfile.TemporaryDirectory() as empty:
        command = _inside_command("retort", file, peer)
        with processes.held(command, environment(NUMBA_CACHE_DIR=empty)) as fresh:
            first = processes.step(fresh)
    with contextlib.ExitStack() as stack:
        held = {
            way: stack.enter_context(
                processes.held(_inside_command(way, file, peer), environment())
            )
            for way in runs
        }
        for process in held.values():
            processes.step(process)
        for turn in range(n_runs):
            for way in _turned(list(runs), turn):
                runs[way].append(processes.step(held[way]))
    return {"first": first, "runs": runs}


def _turned(ways: list[str], turn: int) -> list[str]:
    """The order of a turn: each way comes first as often as the others."""
    at = turn % len(ways)
    return ways[at:] + ways[:at]


def _once(way: str, file: Path, peer: Path | None, more: Mapping[str, str]) -> dict[str, Any]:
    """One whole process, in a folder of its own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        out = folder / "verdicts.parquet"
        ran = processes.run(
            _whole_command(way, file, peer, out), environment(**more), folder / "log"
        )
        told: dict[str, Any] = {"seconds": ran.seconds, "peak": ran.peak_bytes, "spent": {}}
        if way == "retort":
            kept = pq.read_table(out, columns=["kept"])["kept"]
            return {**told, "kept": pc.sum(kept).as_py()}
        if way == "text-dedup":
            spent = {step: float(seconds) for step, seconds in TIMED.findall(ran.output)}
            after = AFTER.search(ran.output)
            return {**told, "spent": spent, "kept": int(after[1]) if after else None}
        decided: dict[str, Any] = json.loads(ran.output.splitlines()[-1])
        return {**told, **decided}


def _whole_command(way: str, file: Path, peer: Path | None, out: Path) -> list[str]:
    if way == "retort":
        retort = Path(sys.executable).with_name("retort")
        return [str(retort), "screen", str(file), "-o", str(out), "--unique", THRESHOLD]
    if way == "text-dedup":
        return [
            *(str(peer), "-P", "-m", "text_dedup.minhash", "--path", "parquet", "--split", "train"),
            *("--data_files", str(file.absolute()), "--column", "text", "--ngram", "5"),
            *("--min_length", "1", "--num_perm", PERMUTATIONS, "--threshold", THRESHOLD),
            *("--cache_dir", str(out.parent / "cache"), "--output", str(out.parent / "out")),
        ]
    module, n_workers = _module(way)
    return [str(peer), "-P", "-m", module, "whole", str(file), str(out), n_workers]


def _inside_command(way: str, file: Path, peer: Path | None) -> list[str]:
    if way == "retort":
        return [sys.executable, "-P", "-m", "duplicates.ours", "inside", str(file)]
    module, n_workers = _module(way)
    return [str(peer), "-P", "-m", module, "inside", str(file), n_workers]


def _module(way: str) -> tuple[str, str]:
    name, _, n_workers = way.rpartition("-")
    return f"duplicates.peer_{name}", n_workers


def show(found: dict[str, Any], wanted: Mapping[str, tuple[float, float | None]]) -> None:
    """Print medians, ratios to ours, memory, and what the peers spent on each step."""
    runs: Runs = found["runs"]
    own = [one["seconds"] for one in runs["retort"]]
    print(f"{'':13}{'seconds':>9}{'/ retort':>10}{'in turns':>16}{'peak MiB':>10}{'kept':>10}")
    for way, each in runs.items():
        seconds = [one["seconds"] for one in each]
        turns = [theirs / mine for theirs, mine in zip(seconds, own, strict=True)]
        ratio = statistics.median(seconds) / statistics.median(own)
        peak = max(one.get("peak", 0) for one in each) / 2**20
        told = f"{min(turns):.2f} to {max(turns):.2f}"
        least, goal = wanted.get(way, (None, None))
        print(
            f"{way:13}{statistics.median(seconds):9.2f}{ratio:10.2f}{told:>16}"
            f"{f'{peak:.0f}' if peak else '-':>10}{each[0]['kept']:>10}"
            f"{f'   wanted: {least:g}' if least else ''}{f', goal: {goal:g}' if goal else ''}"
        )
    print(f"retort, first ever, kernels not compiled: {found['first']['seconds']:.2f} s")
    print("seconds of each step, medians, summed over workers")
    for way, each in runs.items():
        spent = {
            step: statistics.median(one["spent"][step] for one in each)
            for step in each[0].get("spent", ())
        }
        if spent:
            print(f"{way:13}" + ", ".join(f"{step} {value:.2f}" for step, value in spent.items()))
