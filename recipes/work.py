"""The work folder: tables, runs, and the lock that keeps two runs out of each other's way.

WORK/lock              held by the run under way
WORK/hashes.json       content hashes of source files, by path, size and time of change
WORK/tables/           one folder a table
WORK/runs/             one folder a run
"""

import contextlib
import fcntl
import hashlib
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

from schemas.errors import TableError, WorkError

LEFTOVERS = (".writing", ".old")
"""Ends of the names of folders that a killed run leaves behind."""


class Work:
    """A work folder on disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tables = folder / "tables"
        self.runs = folder / "runs"

    @contextlib.contextmanager
    def locked(self, who: str, wait: bool = False) -> Iterator[None]:
        """Hold the folder for one run; the lock goes with the process, however it ends.

        Args:
            who: what is running, told to whoever comes second.
            wait: whether to wait for a run that is under way.

        Raises:
            WorkError: another run holds it, or the folder cannot be written.
        """
        try:
            self.tables.mkdir(parents=True, exist_ok=True)
            self.runs.mkdir(exist_ok=True)
            file = (self.folder / "lock").open("a+")
        except OSError as error:
            raise WorkError(
                f"{self.folder}: cannot be used as a work folder ({error.strerror}). "
                f"Name another one with --work."
            ) from error
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except OSError as error:
                file.seek(0)
                holder = file.read().strip() or "another process"
                raise WorkError(
                    f"{self.folder}: in use by {holder}. Wait for it (--wait does), "
                    f"or name another folder with --work."
                ) from error
            file.seek(0)
            file.truncate()
            file.write(f"process {os.getpid()}, {who}, since {time.strftime('%H:%M:%S')}")
            file.flush()
            self._sweep()
            yield

    def _sweep(self) -> None:
        """Finish or remove what a killed run left half done."""
        import shutil

        for folder in self.tables.iterdir():
            if folder.name.endswith(".old"):
                whole = folder.with_name(folder.name.removesuffix(".old"))
                if not whole.exists():
                    folder.rename(whole)
                    continue
            if folder.name.endswith(LEFTOVERS):
                shutil.rmtree(folder)

    def run_folders(self, name: str | None = None) -> list[Path]:
        """Folders of runs, of one recipe or of all, the latest first."""
        pattern = f"{name}-????????" if name else "*-????????"
        found = [path for path in self.runs.glob(pattern) if (path / "run.json").is_file()]
        return sorted(found, key=lambda path: (path / "run.json").stat().st_mtime_ns, reverse=True)

    def find_run(self, named: str | None) -> Path:
        """The folder of a run: a path, a folder's name, or a recipe's name (its latest run).

        `name~1` is the run of that recipe before the latest, `name~2` the one before that.

        Raises:
            TableError: there is none.
        """
        if named is not None and (Path(named) / "run.json").is_file():
            return Path(named)
        if named is not None and (self.runs / named / "run.json").is_file():
            return self.runs / named
        name, _, back = (named or "").partition("~")
        found = self.run_folders(name or None)
        if back.isdigit():
            found = found[int(back) :]
        if not found:
            have = ", ".join(path.name for path in self.run_folders()) or "none yet"
            raise TableError(
                f"{named or self.runs}: no such run in {self.folder}; there are: {have}. "
                f"Name one, or its work folder with --work."
            )
        return found[0]


class Hashes:
    """Content hashes of files, read again only when path, size or time of change differ."""

    def __init__(self, cache: Path, rehash: bool = False) -> None:
        self._cache = cache
        self._known: dict[str, list[int | str]] = {}
        if not rehash:
            with contextlib.suppress(OSError, ValueError):
                self._known = json.loads(cache.read_text())
        self._changed = False

    def of(self, path: Path) -> str:
        """Hash of a file's bytes."""
        status = path.stat()
        known = self._known.get(str(path))
        if known is not None and known[:2] == [status.st_size, status.st_mtime_ns]:
            return str(known[2])
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
        self._known[str(path)] = [status.st_size, status.st_mtime_ns, digest]
        self._changed = True
        return digest

    def save(self) -> None:
        """Keep them for the next run."""
        if self._changed:
            beside = self._cache.with_suffix(f".{os.getpid()}")
            beside.write_text(json.dumps(self._known))
            beside.replace(self._cache)
