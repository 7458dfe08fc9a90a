"""Files are read in processes of their own: bounded, in order, without keys and a network."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from curate.collect import read
from curate.collect.child import Child
from curate.collect.files import NamedFile, walk
from curate.collect.pool import AHEAD_BYTES, Answer, Pool, Results
from schemas.recipe import Files, Limits
from schemas.rows import Failure


def source(seconds: float = 120, memory_mb: int = 2048) -> Files:
    limits = Limits(seconds=seconds, memory_mb=memory_mb)
    return Files(origin="files", paths=["papers"], limits=limits)


def named(folder: Path) -> list[NamedFile]:
    return [one for one in walk(folder) if isinstance(one, NamedFile)]


def told(answers: Iterator[tuple[NamedFile, Answer]]) -> list[str]:
    """Sources of the documents and reasons of the failures, in the order in which they came."""
    found: list[str] = []
    for file, answer in answers:
        if isinstance(answer, pa.RecordBatch):
            found += answer["source"].to_pylist()
        elif isinstance(answer, Failure):
            found.append(f"{file.source} {answer.reason}")
    return found


def test_answers_come_in_the_order_of_the_files_however_long_each_takes(tmp_path: Path) -> None:
    for number in range(12):
        lines = 4_000 if number % 3 == 0 else 1
        (tmp_path / f"{number:02}.md").write_text("# A\n\nsome words\n\n" * lines)

    answers = told(Pool(source(), n_processes=3).read(named(tmp_path)))

    assert answers == [f"file:{number:02}.md" for number in range(12)]


def test_no_more_is_held_than_a_bound_however_slow_the_listener() -> None:
    batch = pa.record_batch({"text": ["x" * (4 << 20)]})
    results, n_batches = Results(2), 40

    def bring(number: int) -> None:
        for _ in range(n_batches):
            results.put(number, batch)
        results.close(number)

    threads = [threading.Thread(target=bring, args=(number,)) for number in (1, 0)]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    held, given = results.held_bytes, [sum(1 for _ in results.of(number)) for number in (0, 1)]
    for thread in threads:
        thread.join()

    assert AHEAD_BYTES / 2 < held <= AHEAD_BYTES + 2 * batch.nbytes
    assert given == [n_batches, n_batches]


def test_a_file_that_takes_too_long_is_a_failure_and_the_next_one_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# A heading\n\nsome words\n\n" * 200_000)
    (tmp_path / "b.md").write_text("words")

    answers = told(Pool(source(seconds=0.5), n_processes=1).read(named(tmp_path)))

    assert answers == ["file:a.md timeout", "file:b.md"]


def test_a_file_that_takes_too_much_memory_is_a_failure_and_the_next_one_is_read(
    tmp_path: Path,
) -> None:
    (tmp_path / "a.txt").write_text("some words and more\n" * 4_000_000)
    (tmp_path / "b.txt").write_text("words")

    answers = told(Pool(source(memory_mb=128), n_processes=1).read(named(tmp_path)))

    assert answers == ["file:a.txt out-of-memory", "file:b.txt"]


def test_a_process_that_is_killed_costs_the_file_that_it_read(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# A heading\n\nsome words\n\n" * 400_000)
    (tmp_path / "b.md").write_text("words")
    pool = Pool(source(), n_processes=1)
    killer = threading.Thread(target=_kill_a_child, daemon=True)
    killer.start()

    answers = told(pool.read(named(tmp_path)))

    killer.join()
    assert answers == ["file:a.md crashed", "file:b.md"]


def _kill_a_child() -> None:
    """Kill the first child process that has used some time at reading."""
    for _ in range(3000):
        for child in _workers():
            if _seconds_used(child) > 1.2:
                os.kill(child, signal.SIGKILL)
                return
        time.sleep(0.01)


def _children() -> list[int]:
    here = Path(f"/proc/{os.getpid()}/task")
    return [int(one) for task in here.iterdir() for one in (task / "children").read_text().split()]


def _workers() -> list[int]:
    """Children that read files; other libraries may have children of their own."""
    return [one for one in _children() if "curate.collect.worker" in _command(one)]


def _command(process: int) -> str:
    try:
        return Path(f"/proc/{process}/cmdline").read_text().replace("\0", " ")
    except OSError:  # it ended meanwhile
        return ""


def _seconds_used(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_who_stops_listening_ends_the_processes(tmp_path: Path) -> None:
    for number in range(6):
        (tmp_path / f"{number:02}.md").write_text("# A heading\n\nsome words\n\n" * 20_000)
    answers = Pool(source(), n_processes=2).read(named(tmp_path))
    next(answers)
    while_listening = _workers()
    answers.close()  # type: ignore[attr-defined]  # a generator's

    assert while_listening
    assert _workers() == []


def test_a_child_sees_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    settings = source().model_dump(mode="json", by_alias=True)
    told = {"source": settings, "sidecar": None, "forms": ["text"]}
    child = Child({**told, "memory_mb": 512})

    environment = Path(f"/proc/{child.process.pid}/environ").read_bytes()
    child.stop()

    assert b"secret" not in environment


def test_a_reader_reaches_no_network() -> None:
    script = (
        "import socket, sys; from curate.collect.worker import no_network\n"
        "sys.addaudithook(no_network)\n"
        "socket.create_connection(('127.0.0.1', int(sys.argv[1])))"
    )
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-P", "-c", script, str(port)],
            capture_output=True,
            text=True,
            check=False,
        )
        server.settimeout(0.1)
        with pytest.raises(TimeoutError):
            server.accept()

    assert "PermissionError" in done.stderr


def test_rows_of_a_sidecar_that_are_about_no_file_or_several_are_told(tmp_path: Path) -> None:
    for name in ("x/a.txt", "y/a.txt", "b.txt"):
        (tmp_path / "papers" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "papers" / name).write_text("words")
    sidecar = tmp_path / "about.csv"
    sidecar.write_text("file,title\na.txt,A\nb.txt,B\ngone.txt,C\n")
    notes: list[str] = []

    found = read(source(), paths=named(tmp_path / "papers"), sidecar=sidecar, note=notes.append)
    titles = [title for batch in found for title in batch["title"].to_pylist()]

    assert titles == ["B", "A", "A"]
    assert notes == [
        "about.csv: gone.txt (line 4) is about no file here",
        "about.csv: a.txt (line 2) is about several files: file:x/a.txt, file:y/a.txt",
    ]
