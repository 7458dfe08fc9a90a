"""A child process that reads files: how it is started, told, heard, and ended.

The other end of the pipe is `worker.py`. Whatever comes from it is data: lines of JSON, and Arrow.
"""

import contextlib
import json
import os
import select
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from curate.collect.installed_docs import PASSED_ON

START_SECONDS = 300.0
"""A machine that needs longer to start Python has other troubles."""
START = "import sys; sys.path.insert(0, {root!r}); from curate.collect.worker import main; main()"
ROOT = str(Path(__file__).resolve().parents[2])


class EndedError(Exception):
    """A child process came to its end within a file, or was brought to it."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class Child:
    """A child process that was told what it is to read.

    Args:
        told: settings, as `worker.main` takes them.

    Raises:
        EndedError: it came to its end before it could read a file.
    """

    def __init__(self, told: dict[str, Any]) -> None:
        # Its standard error goes to a file: a full pipe that nobody reads would stop it.
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  `stop` closes it
        self._held = bytearray()
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-c", START.format(root=ROOT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env=_environment(),
            start_new_session=True,
        )
        try:
            self.tell(told)
            self.hear(START_SECONDS)
        except BaseException:
            self.stop()
            raise

    def tell(self, what: dict[str, Any]) -> None:
        """Write one line to it."""
        if self.process.stdin is not None:
            try:
                self.process.stdin.write(json.dumps(what).encode() + b"\n")
                self.process.stdin.flush()
            except OSError as error:
                raise EndedError("crashed", self._ending()) from error

    def hear(self, seconds: float) -> dict[str, Any]:
        """The next line that it writes; it has this long for it."""
        until = time.monotonic() + seconds
        while (end := self._held.find(b"\n")) < 0:
            self._more(until)
        answer: dict[str, Any] = json.loads(self._held[:end])
        del self._held[: end + 1]
        return answer

    def take(self, count: int, seconds: float) -> bytes:
        """The next bytes that it writes; it has this long for them."""
        until = time.monotonic() + seconds
        while len(self._held) < count:
            self._more(until)
        taken = bytes(self._held[:count])
        del self._held[:count]
        return taken

    def kill(self) -> None:
        """End it now, from any thread; whoever waits for it is told."""
        self.process.kill()

    def stop(self) -> None:
        """End it now, and give back what it held."""
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self._log):
            with contextlib.suppress(OSError):
                if stream is not None:
                    stream.close()

    def _more(self, until: float) -> None:
        if self.process.stdout is None:
            raise EndedError("crashed", "its standard output is closed")
        descriptor = self.process.stdout.fileno()
        while not select.select([descriptor], [], [], max(0, until - time.monotonic()))[0]:
            if time.monotonic() > until:
                raise EndedError("timeout", "it was stopped")
        data = os.read(descriptor, 1 << 20)
        if not data:
            raise EndedError("crashed", self._ending())
        self._held += data

    def _ending(self) -> str:
        """How the process ended, and its last words."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=5)
        self._log.seek(0)
        lines = self._log.read()[-2000:].decode("utf-8", "replace").split("\n")
        words = [" ".join(line.split()) for line in lines if line.strip()]
        return f"exit status {self.process.returncode}" + (f", {words[-1]}" if words else "")


def _environment() -> dict[str, str]:
    """What a child sees of the caller's environment: no key is among it."""
    passed = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return passed | {"OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0", "PYTHONUTF8": "1"}
