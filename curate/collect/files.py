"""Files that the user named, one after another, each with the name it gets in documents.

Reads folders, not files. The reasons for which collecting can fail are listed here.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from schemas.errors import SourceError
from schemas.recipe import Form
from schemas.rows import Failure

REASONS = {
    "unreadable": "the file or folder cannot be opened, or is not what its form says",
    "unknown-form": "no reader knows files with this suffix",
    "link-out-of-folder": "a link leads out of the folder that the user named",
    "empty": "the file holds nothing",
    "no-text": "the file, row or docstring holds no letter and no digit",
    "no-text-column": "a table has no column that is known to be text",
    "bad-record": "one row of a file cannot be parsed; the others are read",
    "no-such-object": "a module lists a name that it does not have",
    "import-failed": "a module of a package cannot be imported here",
}
"""Every reason of a failure in this package. None is retryable: the same input fails again."""

FORMS: dict[str, Form] = {
    ".csv": "csv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".markdown": "markdown",
    ".md": "markdown",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".text": "text",
    ".tsv": "csv",
    ".txt": "text",
}
"""Suffix, in small letters -> form."""


@dataclass(frozen=True, slots=True)
class NamedFile:
    """A file, and what documents call it."""

    path: Path
    """Absolute, links resolved."""
    source: str
    """`file:` and the POSIX path below the folder that the user named, or the file's own name."""
    alone: bool = False
    """Whether the user named this very file, so that failing to read it is an error."""


def form_of(path: Path) -> Form | None:
    """The form that a file's suffix tells, or None."""
    return FORMS.get(path.suffix.lower())


def walk(named: Path, form: Form | None = None) -> Iterator[NamedFile | Failure]:
    """Files at or below a path that the user named, sorted by name, folder by folder.

    Hidden files and folders are left out. A link inside the folder is not followed where its target
    is met under its own name, so loops end and nothing is read twice.

    Args:
        named: a file or a folder.
        form: read every file as this; otherwise its suffix decides, and an unknown one fails.

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
        return _walk_folder(root, root, form, set())
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
    for name in names:
        if not name.startswith("."):
            yield from _entry(root, folder / name, form, entered)


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
    return not hidden and (real.is_dir() or form is not None or form_of(real) is not None)


def _named(real: Path, relative: Path, form: Form | None) -> NamedFile | Failure:
    """A file under its name, or why it is not read."""
    source = _source(relative)
    if not real.is_file():
        return Failure(source, "unreadable", "not a plain file")
    if form is None and form_of(relative) is None:
        known = ", ".join(FORMS)
        suffix = relative.suffix or "no suffix"
        return Failure(source, "unknown-form", f"{suffix}; known are {known}")
    return NamedFile(real, source)


def _source(relative: Path) -> str:
    """`file:` and a path, in characters that a table can hold on one line."""
    name = os.fsencode(relative.as_posix()).decode("utf-8", "replace")
    return f"file:{name}".replace("\n", "%0A").replace("\r", "%0D")
