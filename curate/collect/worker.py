"""The child process that reads files: orders come in on standard input, documents go out.

Started by `pool` with `python -P`, without the caller's keys. It reaches no network, and its memory
is bounded before it opens a file. Each order is a line of JSON; each answer is a line of JSON, and
after one that says `rows` come that many bytes, an Arrow stream of `schemas.rows.DOCUMENTS`.
Nothing that comes out of it is executed by the parent.
"""

import contextlib
import gc
import io
import json
import os
import resource
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

NETWORK = {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"}


def main() -> None:
    """Read what is ordered until standard input ends."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a library that prints must not write into the answers
    sys.addaudithook(no_network)
    told = json.loads(sys.stdin.readline())
    # What every document needs is loaded first: the bound is on what reading a file takes.
    from curate.collect.reading import Reading
    from schemas.recipe import Files

    if "pdf" in told["forms"] and told["source"]["pdf"] == "pdfium":
        from curate.collect.pdf import layout

        layout.prepare()  # compiling takes longer than a file may
    sidecar = None
    if told["sidecar"] is not None:
        from curate.collect.sidecar import load

        sidecar = load(Path(told["sidecar"]))
    reading = Reading(Files.model_validate(told["source"]), sidecar)
    gc.freeze()  # what is loaded stays, and documents hold no cycles: look for garbage seldom
    gc.set_threshold(50_000, 20, 20)
    _bound(told["memory_mb"] << 20)
    _send(out, {"is": "ready"})
    for line in sys.stdin:
        order = json.loads(line)
        if not _answer(reading, order, out):
            return


def no_network(event: str, arguments: tuple[object, ...]) -> None:
    """Refuse what would reach the network; an audit hook (PEP 578)."""
    if event in NETWORK:
        raise PermissionError(f"{event}: reading a file reaches no network")


def _bound(n_bytes: int) -> None:
    """Let this process take so many bytes more than it has; Linux counts what is really used."""
    with contextlib.suppress(OSError, ValueError, StopIteration):
        lines = Path("/proc/self/status").read_text().splitlines()
        held = int(next(line for line in lines if line.startswith("VmData")).split()[1]) << 10
        resource.setrlimit(resource.RLIMIT_DATA, (held + n_bytes, held + n_bytes))


def _answer(reading: Any, order: dict[str, Any], out: IO[bytes]) -> bool:  # noqa: ANN401
    """Send what one file gives; False where this process should not read another one."""
    from schemas.errors import RetortError

    ending: dict[str, Any] = {"is": "done"}
    whole = True
    try:
        found = reading.of(Path(order["path"]), order["name"], order["form"])
        _send_found(out, found)
    except RetortError as error:
        ending = {"is": "error", "type": type(error).__name__, "text": str(error)}
    except MemoryError:
        ending = _failed(order["name"], "out-of-memory", "")
        whole = False
    except Exception as error:
        # A reader's own mistake costs its file, not the run; the type says where to look.
        detail = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        ending = _failed(order["name"], "crashed", detail)
    ending["used"] = reading.used()
    _send(out, ending)
    return whole


def _failed(what: str, reason: str, detail: str) -> dict[str, Any]:
    return {"is": "failed", "what": what, "reason": reason, "detail": detail}


def _send_found(out: IO[bytes], found: Iterator[Any]) -> None:
    """Documents in batches, failures and skipped rows one by one, in their order."""
    import pyarrow as pa

    from curate.collect.batches import batches
    from schemas.rows import DOCUMENTS, Failure

    for one in batches(found):
        if isinstance(one, pa.RecordBatch):
            sink = io.BytesIO()
            with pa.ipc.new_stream(sink, DOCUMENTS) as stream:
                stream.write_batch(one)
            data = sink.getvalue()
            _send(out, {"is": "rows", "bytes": len(data)}, data)
        else:
            _send(out, {"is": "fail" if isinstance(one, Failure) else "skip", **asdict(one)})


def _send(out: IO[bytes], answer: dict[str, Any], rows: bytes = b"") -> None:
    out.write(json.dumps(answer).encode() + b"\n" + rows)
    out.flush()


if __name__ == "__main__":
    main()
