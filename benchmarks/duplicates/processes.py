"""Runs processes to their end, or step by step, and sees what they take.

Memory is read from /proc every tenth of a second while a process runs: the sum over it and all its
descendants of the proportional set size (a page that two of them share counts half in each), or, if
that is more, what the system holds for the peak of the first process alone.
"""

import contextlib
import json
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Ran:
    """One whole process."""

    seconds: float
    peak_bytes: int
    output: str
    """What it printed, errors too."""


def run(command: Sequence[str], env: Mapping[str, str], log: Path) -> Ran:
    """Run a command to its end.

    Raises:
        RuntimeError: it failed; with the end of what it printed.
    """
    with log.open("w+", encoding="utf-8") as out:
        began = time.perf_counter()
        process = subprocess.Popen(command, env=env, stdout=out, stderr=subprocess.STDOUT)
        peak = 0
        while True:
            try:
                process.wait(POLL_SECONDS)
                break
            except subprocess.TimeoutExpired:
                peak = max(peak, memory(process.pid))
        seconds = time.perf_counter() - began
    printed = log.read_text(encoding="utf-8", errors="replace")
    if process.returncode:
        raise RuntimeError(
            f"{' '.join(command)} ended with {process.returncode}: {printed[-2000:]}"
        )
    return Ran(seconds, peak, printed)


def memory(root: int) -> int:
    """Bytes of a process and its descendants, or the peak of the process alone if that is more."""
    together = sum(_kilobytes(pid, "smaps_rollup", "Pss:") for pid in family(root))
    return max(together, _kilobytes(root, "status", "VmHWM:")) << 10


def family(root: int) -> list[int]:
    """A process and its descendants."""
    found = [root]
    for pid in found:
        with contextlib.suppress(OSError):
            for children in Path(f"/proc/{pid}/task").glob("*/children"):
                found += map(int, children.read_text().split())
    return found


def _kilobytes(pid: int, file: str, field: str) -> int:
    """A field of a file in /proc; 0 where the process has ended."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/{file}").read_text().splitlines():
            if line.startswith(field):
                return int(line.split()[1])
    return 0


@contextlib.contextmanager
def held(command: Sequence[str], env: Mapping[str, str]) -> Iterator[subprocess.Popen[str]]:
    """A process that has loaded its texts and waits for its turn; see `step`."""
    process = subprocess.Popen(
        command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        _line(process)
        yield process
    finally:
        if process.stdin:
            process.stdin.close()
        process.wait()


def step(process: subprocess.Popen[str]) -> dict[str, Any]:
    """Let a held process run once; what it tells of the run."""
    if process.stdin is None:
        raise RuntimeError("a held process has no standard input")
    process.stdin.write("\n")
    process.stdin.flush()
    return _line(process)


def _line(process: subprocess.Popen[str]) -> dict[str, Any]:
    line = process.stdout.readline() if process.stdout else ""
    if not line:
        raise RuntimeError(f"{process.args!r} ended with {process.wait()} before its turn")
    told: dict[str, Any] = json.loads(line)
    return told
