"""Files that the user named, one after another, each with the name it gets in documents.

Reads folders, not files. The reasons for which collecting can fail are listed here.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from curate.collect.forms import PACKED, SUFFIXES, form_of
from schemas.errors import SourceError
from schemas.recipe import Form
from schemas.rows import Failure

REASONS = {
    "unreadable": "the file or folder cannot be opened, or is not what its form says",
    "unknown-form": "no reader knows files with this suffix, or XML with this root element",
    "link-out-of-folder": "a link leads out of the folder that the user named",
    "empty": "the file holds nothing",
    "encrypted": "the file asks for a password",
    "scanned": "the pages are images, without text behind them",
    "too-large": "the file, or what is packed in it, is beyond what a reader takes",
    "timeout": "reading it took longer than `limits.seconds`",
    "out-of-memory": "reading it took more than `limits.memory_mb`",
    "crashed": "the process that read it ended early",
    "no-text": "the file, row or docstring holds no letter and no digit",
    "no-text-column": "a table has no column that is known to be text or instructions",
    "bad-record": "one row of a file cannot be understood; the others are read",
    "no-such-object": "a module lists a name that it does not have",
    "import-failed": "a module of a package cannot be imported here",
}
"""Every reason of a failure in this package. None is retryable: the same input fails again."""

SAVED = {
    frozenset({"state.json", "dataset_info.json"}): (".arrow",),
    frozenset({"dataset_dict.json"}): ("",),
}
"""Files that mark a folder as written by `datasets` -> ends of the names in it that are rows."""


@dataclass(frozen=True, slots=True)
class NamedFile:
    """A file, and what documents call it."""

    path: Path
    """Absolute, links resolved."""
    source: str
    """`file:` and the POSIX path below the folder that the user named, or the file's own name."""
    form: Form
    """How its bytes are read."""
    alone: bool = False
    """Whether the user named this very file, so that failing to read it is an error."""


def walk(
    named: Path, form: Form | None = None, sidecar: Path | None = None
) -> Iterator[NamedFile | Failure]:
    """Files at or below a path that the user named, sorted by name, folder by folder.

    Hidden files and folders are left out, and of a data set that `datasets` saved everything but
    its rows. A link inside the folder is not followed where its target is met under its own name,
    so loops end and nothing is read twice.

    Args:
        named: a file or a folder.
        form: read every file as this; otherwise its suffix decides, and an unknown one fails. One
            that says what the rows of a table are leaves it to the suffix how they are read.
        sidecar: a file that is about the others and none of them, resolved.

    Raises:
        SourceError: the path does not exist, cannot be opened, or is a file of no known form.
    """
    try:
        root = named.resolve(strict=True)
        if root.is_dir():
            os.scandir(root).close()
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SourceError(f"{named}: {reason}. Name a file or folder that can be read.") from error
    if root.is_dir():
        found = _walk_folder(root, root, form, set())
        return (one for one in found if isinstance(one, Failure) or one.path != sidecar)
    file = _named(root, Path(named.name or root.name), form)
    if isinstance(file, Failure):
        raise SourceError(f"{named}: {file.reason}, {file.detail}. Say what it is with `form`.")
    return iter([replace(file, alone=True)])


def _walk_folder(
    root: Path, folder: Path, form: Form | None, entered: set[Path]
) -> Iterator[NamedFile | Failure]:
    """Everything below `folder`, a path below `root` that may go through a link."""
    real = folder.resolve()
    if real in entered:
        return
    entered.add(real)
    try:
        names = sorted(path.name for path in folder.iterdir())
    except OSError as error:
        yield Failure(_source(folder.relative_to(root)), "unreadable", error.strerror or "")
        return
    for name in _listed(names):
        if not name.startswith("."):
            yield from _entry(root, folder / name, form, entered)


def _listed(names: Sequence[str]) -> list[str]:
    """The names in a folder without what `datasets` writes beside the rows of a saved data set."""
    for marks, ends in SAVED.items():
        if marks <= set(names):
            return [name for name in names if name.endswith(ends) and name not in marks]
    return list(names)


def _entry(
    root: Path, path: Path, form: Form | None, entered: set[Path]
) -> Iterator[NamedFile | Failure]:
    """One entry of a folder."""
    relative = path.relative_to(root)
    try:
        real = path.resolve(strict=True)
    except (OSError, RuntimeError) as error:
        detail = getattr(error, "strerror", None) or "the link leads nowhere"
        yield Failure(_source(relative), "unreadable", detail)
        return
    if not real.is_relative_to(root):
        yield Failure(_source(relative), "link-out-of-folder", "name its target instead")
    elif path.is_symlink() and _is_met(real.relative_to(root), real, form):
        return
    elif real.is_dir():
        yield from _walk_folder(root, path, form, entered)
    else:
        yield _named(real, relative, form)


def _is_met(relative: Path, real: Path, form: Form | None) -> bool:
    """Whether a link's target is read under its own name."""
    hidden = any(part.startswith(".") for part in relative.parts)
    return not hidden and (real.is_dir() or form_of(real, form) is not None)


def _named(real: Path, relative: Path, form: Form | None) -> NamedFile | Failure:
    """A file under its name, or why it is not read."""
    source = _source(relative)
    if not real.is_file():
        return Failure(source, "unreadable", "not a plain file")
    known = form_of(relative, form)
    if known is None:
        suffix = relative.suffix or "no suffix"
        listed = ", ".join(SUFFIXES)
        return Failure(source, "unknown-form", f"{suffix}; known are {listed}, most also {PACKED}")
    return NamedFile(real, source, known)


def _source(relative: Path) -> str:
    """`file:` and a path, in characters that a table can hold on one line."""
    name = os.fsencode(relative.as_posix()).decode("utf-8", "replace")
    return f"file:{name}".replace("\n", "%0A").replace("\r", "%0D")
