"""Stores replies in the ledger from a thread of its own, many in one transaction.

`await recorder.add([call])` comes back when the reply is on disk. While one transaction is written,
the replies that arrive wait for the next, so the event loop never waits for a disk.
"""

import asyncio
import queue
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from curate.synthesize.calls import Call, Ledger

GATHER_SECONDS = 0.01
"""That a transaction waits for further replies: each costs a wait for the disk."""
MOST = 1_000
"""Answers in one transaction."""
_Item = tuple[Sequence[Call], "asyncio.Future[None]"]


class Recorder:
    """Writes one ledger; made and used inside a running event loop, closed at its end."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._loop = asyncio.get_running_loop()
        self._queue: queue.SimpleQueue[_Item | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write, name="ledger", daemon=True)
        self._thread.start()

    def add(self, calls: Sequence[Call]) -> "asyncio.Future[None]":
        """Store what one answer became, all or none of it.

        The future is done once it is on disk, or holds a WorkError.
        """
        future: asyncio.Future[None] = self._loop.create_future()
        self._queue.put((calls, future))
        return future

    def close(self) -> None:
        """Write what waits, then end the thread."""
        self._queue.put(None)
        self._thread.join()

    def _write(self) -> None:
        ledger: Ledger | None = None
        while (item := self._queue.get()) is not None:
            items, last = [item], False
            time.sleep(GATHER_SECONDS)
            while len(items) < MOST:
                try:
                    further = self._queue.get_nowait()
                except queue.Empty:
                    break
                if further is None:
                    last = True
                    break
                items.append(further)
            problem: BaseException | None = None
            try:
                ledger = ledger or Ledger(self._path)
                ledger.add([call for calls, _ in items for call in calls])
            except Exception as error:  # told to everyone who waits
                problem = error
            self._loop.call_soon_threadsafe(_settle, items, problem)
            if last:
                break
        if ledger is not None:
            ledger.close()


def _settle(items: list[_Item], problem: BaseException | None) -> None:
    for _, future in items:
        if not future.done():
            if problem is None:
                future.set_result(None)
            else:
                future.set_exception(problem)
