"""Bytes -> documents: one file a form, and where the forms meet.

`read` gives the documents of one source, `fingerprint` what identifies its content. Both import a
reader only when it is needed: a run that has nothing to do loads none.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from schemas.errors import RetortError, SourceError, TableError
from schemas.recipe import Files, InstalledDocs

if TYPE_CHECKING:
    from curate.collect.batches import Batched
    from curate.collect.files import NamedFile
    from schemas.rows import Failure

OF_FILES = {
    *("unreadable", "unknown-form", "empty", "encrypted", "scanned", "too-large", "timeout"),
    *("out-of-memory", "crashed", "no-text-column"),
}
"""Reasons that are an error where the user named the very file."""


def read(
    source: InstalledDocs | Files,
    *,
    paths: Sequence["NamedFile"] = (),
    sidecar: Path | None = None,
    tell: Callable[[str], None] = lambda line: None,
    note: Callable[[str], None] = lambda line: None,
) -> Iterator["Batched"]:
    """Documents of one source in a fixed order, and a failure for each thing that gave none.

    Args:
        source: what the recipe says.
        paths: the files of a `Files` source, from `files.walk`.
        sidecar: the file that `source.sidecar` means.
        tell: shows how far reading is.
        note: takes a line that the user should read afterwards.

    Returns:
        Batches of `schemas.rows.DOCUMENTS`, without part and split.

    Raises:
        RecipeError: a package is not allowed or not installed, a licence or field is not known.
        SourceError: importing a package failed as a whole, a named file cannot be read, or the
            sidecar is not one.
        TableError: a named table has no column for the text.
    """
    if isinstance(source, InstalledDocs):
        from curate.collect import installed_docs
        from curate.collect.batches import batches

        return batches(installed_docs.read(source))
    stated: list[str] = []
    if sidecar is not None:
        from curate.collect.sidecar import load

        stated = load(sidecar).unused()  # all of it, as nothing was asked yet
    return _read_files(_checked(source), paths, sidecar, stated, tell, note)


def fingerprint(
    source: InstalledDocs | Files, paths: Sequence["NamedFile"] = ()
) -> dict[str, object]:
    """What identifies the content of a source, without reading it.

    Packages by version and list of installed files, the standard library by `sys.version`; empty
    for files, whose content the caller hashes.

    Raises:
        RecipeError: a package is not allowed or not installed.
    """
    if isinstance(source, Files):
        return {}
    from curate.collect import packages

    return {"packages": packages.fingerprint(source.packages)}


def _checked(source: Files) -> Files:
    """The source with its licence in normal form; a wrong setting is an error before any file."""
    from curate.collect import licenses, tabular

    tabular.check_fields(source.fields)
    return source.model_copy(update={"license": licenses.of_setting(source.license)})


def _read_files(
    source: Files,
    paths: Sequence["NamedFile"],
    sidecar: Path | None,
    stated: Sequence[str],
    tell: Callable[[str], None],
    note: Callable[[str], None],
) -> Iterator["Batched"]:
    """Files one after another; one inside a folder that cannot be read is a failure."""
    from curate.collect.pool import Pool
    from schemas.rows import Failure

    pool = Pool(source, sidecar)
    last = None
    n_read = 0
    for file, answer in pool.read(paths):
        if file is not last:
            last, n_read = file, n_read + 1
            tell(f"{n_read} of {len(paths)} files")
        if isinstance(answer, RetortError):
            if file.alone or not isinstance(answer, TableError):
                raise answer
            yield Failure(file.source, "no-text-column", str(answer))
            continue
        if isinstance(answer, Failure) and _is_of_named_file(file, answer):
            why = ", ".join(filter(None, (answer.reason, answer.detail)))
            raise SourceError(f"{file.path}: {why}. Name another file.")
        yield answer
    if sidecar is not None:
        _tell_of_sidecar(sidecar.name, stated, pool.used, note)


def _is_of_named_file(file: "NamedFile", failure: "Failure") -> bool:
    """Whether the very file that the user named could not be read."""
    return file.alone and failure.what == file.source and failure.reason in OF_FILES


def _tell_of_sidecar(
    sidecar: str,
    stated: Sequence[str],
    used: Mapping[str, Collection[str]],
    note: Callable[[str], None],
) -> None:
    """Rows that were about no file, or about several."""
    for row in stated:
        if row not in used:
            note(f"{sidecar}: {row} is about no file here")
    for row, sources in used.items():
        if len(sources) > 1:
            note(f"{sidecar}: {row} is about several files: {', '.join(sorted(sources))}")
