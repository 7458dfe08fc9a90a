"""The folder of an export: it appears whole or not at all, and takes the place of an export alone.

    OUT            what is there already, if anything
    .OUT.writing   under construction, and locked while it is
    .OUT.old       what was there, until the new one has its place
    .OUT.sorting   what does not fit in memory

A killed export leaves the hidden ones behind; the next one into the same folder puts them right.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from curate.export.manifest import FILE, FOREIGN, present, read_manifest
from schemas.errors import TableError

WRITING, OLD, SORTING = "writing", "old", "sorting"


@contextmanager
def building(out: Path) -> Iterator[Path]:
    """A folder beside `out` that takes its place at the end, or is gone after an error.

    An export that is there is replaced; what git and the Hub keep beside its files stays.

    Raises:
        TableError: `out` cannot be a folder of its own, holds something else than an export, or
            another export is writing it.
    """
    _check_place(out)
    writing, old = beside(out, WRITING), beside(out, OLD)
    with _locked(writing, out):
        try:
            _recover(out, old)
            _check_content(out)
            yield writing
            if out.exists():
                out.rename(old)
            writing.rename(out)
            _recover(out, old)
        finally:
            if old.exists() and not out.exists():
                old.rename(out)
            for one in (writing, beside(out, SORTING)):
                shutil.rmtree(one, ignore_errors=True)


def beside(out: Path, what: str) -> Path:
    """The hidden place next to a folder for something of it."""
    return out.with_name(f".{out.name}.{what}")


def _check_place(out: Path) -> None:
    """Refuse a place that no folder of its own can have."""
    here = Path.cwd()
    if out.resolve() in (here, *here.parents):
        raise TableError(f"{out}: is the current folder, or holds it. Name a folder below it.")
    if out.is_symlink():
        raise TableError(f"{out}: is a link. Name the folder that it stands for, or another one.")
    if not out.parent.is_dir():
        raise TableError(f"{out}: {out.parent} is not a folder. Make it first.")
    if out.exists() and not out.is_dir():
        raise TableError(f"{out}: is a file. Name a folder.")


def _check_content(out: Path) -> None:
    """Refuse a folder that holds what no export wrote: it would be lost."""
    if not out.exists() or not present(out):
        return
    try:
        known = {FILE, *(one.path for one in read_manifest(out).files)}
    except TableError as error:
        raise TableError(
            f"{out}: holds something else than an export. Name another folder."
        ) from error
    others = [path for path in present(out) if path not in known]
    if others:
        raise TableError(
            f"{out}: {len(others):,} of its files were not exported, {others[0]!r} is one. Move "
            f"them, or name another folder."
        )


def _recover(out: Path, old: Path) -> None:
    """Give back what git and the Hub keep in a folder that was replaced, and remove the rest."""
    if not old.is_dir() or old.is_symlink():
        return
    if not out.exists():
        old.rename(out)
        return
    _check_content(old)
    for name in FOREIGN:
        if os.path.lexists(old / name) and not os.path.lexists(out / name):
            (old / name).rename(out / name)
    shutil.rmtree(old)


@contextmanager
def _locked(writing: Path, out: Path) -> Iterator[None]:
    """An empty folder that no other process writes; the lock goes with the process."""
    writing.mkdir(exist_ok=True)
    handle = os.open(writing, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            ours = os.path.samestat(os.fstat(handle), writing.stat())
        except OSError:  # held by another, or renamed by it in this moment
            ours = False
        if not ours:
            raise TableError(f"{out}: another export is writing it. Wait for it to end.")
        for one in writing.iterdir():
            shutil.rmtree(one) if one.is_dir() and not one.is_symlink() else one.unlink()
        yield
    finally:
        os.close(handle)
