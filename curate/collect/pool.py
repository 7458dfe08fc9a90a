"""Files -> documents, read in child processes with a bound on time and memory for each file.

A file may be broken or hostile, and the libraries that open it are large: one that crashes, hangs
or swells takes its own process with it and becomes a failure. Answers come in the order of the
files, whatever order the processes finish in. Reads nothing itself, writes nothing.
"""

import os
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import pyarrow as pa

from curate.collect.child import Child, EndedError
from curate.collect.files import NamedFile
from schemas import errors
from schemas.errors import RetortError
from schemas.recipe import Files
from schemas.rows import DOCUMENTS, Failure, Skipped

AHEAD_BYTES = 64 << 20
"""Documents that are held at most, some more aside: of later files while an earlier one is still
being read, and of this one while they are written slower than they are read."""
LAST = ("done", "error", "failed")
"""What the last line about a file may say."""

Answer: TypeAlias = pa.RecordBatch | Failure | Skipped | RetortError


class Results:
    """Answers by file, handed out in the files' order; who brings them waits when much is held."""

    def __init__(self, n_files: int) -> None:
        self._changed = threading.Condition()
        self._answers: list[deque[Answer]] = [deque() for _ in range(n_files)]
        self._done = [False] * n_files
        self._head = 0
        self.held_bytes = 0
        """Of documents that were brought and not handed out."""
        self._stopped = False
        self._error: BaseException | None = None

    def put(self, number: int, answer: Answer) -> None:
        """Add an answer of a file; waits while much is held, unless it is what is waited for."""
        size = answer.nbytes if isinstance(answer, pa.RecordBatch) else 0
        with self._changed:
            while self.held_bytes > AHEAD_BYTES and not (self._stopped or self._is_awaited(number)):
                self._changed.wait()
            self._answers[number].append(answer)
            self.held_bytes += size
            self._changed.notify_all()

    def _is_awaited(self, number: int) -> bool:
        return number == self._head and not self._answers[number]

    def close(self, number: int) -> None:
        """No more answers of this file."""
        with self._changed:
            self._done[number] = True
            self._changed.notify_all()

    def of(self, number: int) -> Iterator[Answer]:
        """Answers of the next file, as they come."""
        with self._changed:
            self._head = number
            self._changed.notify_all()
        while True:
            with self._changed:
                while not (self._answers[number] or self._done[number] or self._stopped):
                    self._changed.wait()
                if self._error is not None:
                    raise self._error
                if not self._answers[number]:
                    return
                answer = self._answers[number].popleft()
                self.held_bytes -= answer.nbytes if isinstance(answer, pa.RecordBatch) else 0
                self._changed.notify_all()
            yield answer

    def stop(self, error: BaseException | None = None) -> None:
        """Let whoever waits go on: nobody reads any more, or something is wrong with us."""
        with self._changed:
            self._stopped = True
            self._error = self._error or error
            self._changed.notify_all()


class Pool:
    """Reads the files of one source.

    Args:
        source: its settings, checked.
        sidecar: a file that says what single files are, checked.
        n_processes: child processes; by default one for each processor that may be used.
    """

    def __init__(
        self, source: Files, sidecar: Path | None = None, n_processes: int | None = None
    ) -> None:
        self._told: dict[str, Any] = {
            "source": source.model_dump(mode="json", by_alias=True),
            "sidecar": None if sidecar is None else str(sidecar),
            "memory_mb": source.limits.memory_mb,
        }
        self._seconds = source.limits.seconds
        self._n_processes = n_processes or _n_processors()
        self._children: set[Child] = set()
        self._next = 0
        self._stopping = False
        self._lock = threading.Lock()
        self._first = threading.Lock()
        self._is_warm = False
        self.used: dict[str, set[str]] = {}
        """Row of the sidecar -> sources of the files that it was about, once all are read."""

    def read(self, files: Sequence[NamedFile]) -> Iterator[tuple[NamedFile, Answer]]:
        """Answers of all files, each with its file, in order."""
        results = Results(len(files))
        self._told["forms"] = sorted({file.form for file in files})
        threads = [
            threading.Thread(target=self._work, args=(files, results), daemon=True)
            for _ in range(min(self._n_processes, len(files)))
        ]
        try:
            for thread in threads:
                thread.start()
            for number, file in enumerate(files):
                for answer in results.of(number):
                    yield file, answer
        finally:
            results.stop()
            with self._lock:
                self._next = len(files)
                self._stopping = True
                for child in self._children:
                    child.kill()
            for thread in threads:
                thread.join()

    def _work(self, files: Sequence[NamedFile], results: Results) -> None:
        """One child after another, for one file after another, until none is left."""
        child: Child | None = None
        try:
            while (number := self._take(len(files))) is not None:
                child = self._read(child, number, files[number], results)
                results.close(number)
        except BaseException as error:
            results.stop(error)
        finally:
            self._end(child)

    def _take(self, n_files: int) -> int | None:
        with self._lock:
            number = self._next
            self._next += 1
            return number if number < n_files else None

    def _read(
        self, child: Child | None, number: int, file: NamedFile, results: Results
    ) -> Child | None:
        """Pass on a file's answers; the child that read it, if it can read another one."""
        answer: dict[str, Any] = {"is": "begun"}
        try:
            child = child or self._start()
            child.tell({"path": str(file.path), "name": file.source, "form": file.form})
            while answer["is"] not in LAST:
                answer = child.hear(self._seconds)
                found = self._understood(child, answer)
                self._note_used(file, answer.get("used", ()))
                if found is not None:
                    results.put(number, found)
        except EndedError as ended:
            detail = f"{self._seconds:g} seconds" if ended.reason == "timeout" else ended.detail
            results.put(number, Failure(file.source, ended.reason, detail))
        if answer["is"] in ("done", "error"):
            return child
        # What a process still holds of a file that failed must not cost the next one.
        self._end(child)
        return None

    def _understood(self, child: Child, answer: dict[str, Any]) -> Answer | None:
        """What a line of a child says; None where it only says that a file is done."""
        if answer["is"] == "rows":
            with pa.ipc.open_stream(child.take(answer["bytes"], self._seconds)) as stream:
                batch = stream.read_next_batch()
            if not batch.schema.equals(DOCUMENTS):
                raise EndedError("crashed", "it sent something that is not documents")
            return batch
        if answer["is"] in ("fail", "failed"):
            return Failure(answer["what"], answer["reason"], answer["detail"])
        if answer["is"] == "skip":
            return Skipped(answer["what"], answer["reason"])
        if answer["is"] == "error":
            error: RetortError = getattr(errors, answer["type"], RetortError)(answer["text"])
            return error
        return None

    def _note_used(self, file: NamedFile, rows: Sequence[str]) -> None:
        with self._lock:
            for row in rows:
                self.used.setdefault(row, set()).add(file.source)

    def _start(self) -> Child:
        child = None
        with self._first:  # what the first one compiles, the others find ready
            if not self._is_warm:
                child = Child(self._told)
                self._is_warm = True
        child = child or Child(self._told)
        with self._lock:
            self._children.add(child)
            if self._stopping:
                child.kill()
        return child

    def _end(self, child: Child | None) -> None:
        if child is not None:
            child.stop()
            with self._lock:
                self._children.discard(child)


def _n_processors() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
