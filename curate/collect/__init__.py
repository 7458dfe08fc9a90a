"""Bytes -> documents: one file a form, and where the forms meet.

`read` gives the documents of one source, `fingerprint` what identifies its content. Both import a
reader only when it is needed: a run that has nothing to do loads none.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from schemas.errors import SourceError, TableError
from schemas.recipe import Files, InstalledDocs

if TYPE_CHECKING:
    from curate.collect.files import NamedFile
    from schemas.rows import Document, Failure

UNREADABLE = ("unreadable", "empty")
"""Reasons that are an error where the user named the very file."""


def read(
    source: InstalledDocs | Files, *, paths: Sequence["NamedFile"] = ()
) -> Iterator["Document | Failure"]:
    """Documents of one source in a fixed order, and a failure for each thing that gave none.

    Nothing is held but the file, or the row, that is being read.

    Args:
        source: what the recipe says.
        paths: the files of a `Files` source, from `files.walk`.

    Raises:
        RecipeError: a package is not allowed or not installed, a licence or field is not known.
        SourceError: importing a package failed as a whole, or a named file cannot be read.
        TableError: a named table has no column for the text.
    """
    if isinstance(source, InstalledDocs):
        from curate.collect import installed_docs

        return installed_docs.read(source)
    return _read_files(_checked(source), paths)


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


def _read_files(source: Files, paths: Sequence["NamedFile"]) -> Iterator["Document | Failure"]:
    """Files one after another; one inside a folder that cannot be read is a failure."""
    from schemas.rows import Failure

    for file in paths:
        try:
            for one in _read_file(source, file):
                if isinstance(one, Failure) and file.alone and one.reason in UNREADABLE:
                    raise SourceError(
                        f"{file.path}: {one.reason}, {one.detail}. Name another file."
                    )
                yield one
        except TableError as error:
            if file.alone:
                raise
            yield Failure(file.source, "no-text-column", str(error))


def _read_file(source: Files, file: "NamedFile") -> Iterator["Document | Failure"]:
    from curate.collect import files, markdown, plain_text, tabular

    form = source.form or files.form_of(file.path)
    if form == "markdown":
        yield markdown.read(file, source)
    elif form == "text":
        yield plain_text.read(file, source)
    elif form is not None:
        yield from tabular.read(file, source, form)
