"""Documentation of installed packages -> documents, one for each documented object.

Starts `installed_docs_child.py`, which imports the packages in a process of its own: importing runs
a package's code, so it sees no keys, no standard input and an empty working folder. Reads the JSON
lines that it prints, writes nothing.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import IO, Any

from curate.collect import licenses, numpydoc, packages
from schemas.errors import SourceError
from schemas.recipe import InstalledDocs
from schemas.rows import Document, Failure

FORM = "installed-docs"
TIMEOUT_SECONDS = 600.0
CHILD = Path(__file__).with_name("installed_docs_child.py")
PASSED_ON = (
    "LANG",
    "LC_ALL",
    "LD_LIBRARY_PATH",
    "OPENBLAS_CORETYPE",
    "PATH",
    "SYSTEMROOT",
    "TMPDIR",
)
"""Variables of the caller that the child sees; a key is never among them."""


def read(
    source: InstalledDocs, *, timeout_seconds: float = TIMEOUT_SECONDS
) -> Iterator[Document | Failure]:
    """Documents of these packages, package by package, in the order of their objects' names.

    Two calls give the same documents: chance is fixed before a package is imported.

    Raises:
        RecipeError: a package is not allowed or not installed, or the licence is not SPDX.
        SourceError: a package's import crashed the child, or took longer than the timeout.
    """
    versions = {name: packages.version(name) for name in source.packages}
    given = licenses.of_setting(source.license)
    return (
        row
        for name, version in versions.items()
        for row in _package(name, version, given, source.domain, timeout_seconds)
    )


def _package(
    name: str, version: str, given: str | None, domain: str | None, timeout_seconds: float
) -> Iterator[Document | Failure]:
    license_ = given or licenses.of_distribution(name)
    origin = f"pkg:{name}=={version}"
    for record in run_child(name, _order(name), timeout_seconds):
        if "reason" in record:
            yield Failure(f"{origin}/{record['what']}", record["reason"], record["detail"])
            continue
        where = f"{origin}/{record['name']}"
        text, sections, blocks = numpydoc.render(record["doc"])
        if not any(character.isalnum() for character in text):
            yield Failure(where, "no-text", "its documentation holds no word")
            continue
        yield Document(
            source=where,
            form=FORM,
            text=text,
            kind="reference",
            title=record["name"].removeprefix("topics."),
            sections=sections,
            blocks=blocks,
            license=license_,
            language="en",
            domain=domain,
            metadata=json.dumps({"object": record["object"]}),
        )


def run_child(
    name: str, order: Mapping[str, object], timeout_seconds: float
) -> Iterator[dict[str, Any]]:
    """Records that the child prints: documented objects (`name`, `object`, `doc`) and problems.

    Args:
        name: of the package, for messages.
        order: what the child is told; its module docstring has the form.
        timeout_seconds: after which it is stopped.

    Raises:
        SourceError: it crashed, was cut short or took too long; all records before that were given.
    """
    with (
        tempfile.TemporaryDirectory(prefix="retort-docs-") as folder,
        tempfile.TemporaryFile() as errors,
    ):
        # stderr goes to a file: a full pipe that nobody reads would stop the child.
        process = subprocess.Popen(
            [sys.executable, "-P", "-W", "ignore", str(CHILD), json.dumps(order)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            cwd=folder,
            env=_environment(folder),
            start_new_session=True,
        )
        late = threading.Event()
        timer = threading.Timer(timeout_seconds, _stop, (process, late))
        timer.start()
        try:
            yield from _lines(process, name, late, errors, timeout_seconds)
        finally:
            timer.cancel()
            _stop(process)
            if process.stdout is not None:
                process.stdout.close()


def _lines(
    process: subprocess.Popen[bytes],
    name: str,
    late: threading.Event,
    errors: IO[bytes],
    timeout_seconds: float,
) -> Iterator[dict[str, Any]]:
    """Records until the one that says how many there were."""
    count = 0
    for line in process.stdout or ():
        record = _record(line)
        if record.get("done") == count:
            return
        if not record or "done" in record:
            break
        count += 1
        yield record
    code = process.wait()
    if late.is_set():
        raise SourceError(
            f"pkg:{name}: importing it and its modules took longer than {timeout_seconds:g} "
            "seconds and was stopped. Take the package out of the recipe, or give its "
            "documentation as files."
        )
    raise SourceError(
        f"pkg:{name}: the process that imports it ended early ({_ending(code)}) after {count} "
        f"records; it last said: {_last_line(errors)}. Try `python -c 'import {name}'`, or take "
        "the package out of the recipe."
    )


def _record(line: bytes) -> dict[str, Any]:
    """One line of the child; empty where a crash cut it short."""
    try:
        record: dict[str, Any] = json.loads(line)
    except ValueError:
        return {}
    return record


def _order(name: str) -> dict[str, object]:
    """What the child is told."""
    if name == packages.PYTHON:
        return {"modules": [], "folders": [], "python": True}
    folder = str(metadata.distribution(name).locate_file(""))
    return {"modules": list(packages.ALLOWED[name]), "folders": [folder], "python": False}


def _environment(folder: str) -> dict[str, str]:
    """Everything that the child sees of the caller's environment."""
    passed = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return passed | {
        "HOME": folder,
        "MPLBACKEND": "Agg",
        "MPLCONFIGDIR": folder,
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONHASHSEED": "0",
    }


def _stop(process: subprocess.Popen[bytes], late: threading.Event | None = None) -> None:
    """End the child and what it started, if it still runs."""
    if process.poll() is None:
        if late is not None:
            late.set()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _ending(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"


def _last_line(errors: IO[bytes]) -> str:
    errors.seek(0)
    lines = [line for line in errors.read().decode("utf-8", "replace").splitlines() if line.strip()]
    return lines[-1].strip()[:300] if lines else "nothing"
