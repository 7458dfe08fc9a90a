"""`export.json`: what an exported folder holds, so that anyone can check it again.

Hashes of every file but this one, rows by split, part, licence and teacher, and the fingerprints of
the tables that the rows come from. No path of a machine is in it; `curate/export/verify/` reads it.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Annotated, Any, Literal

import pyarrow.parquet as pq
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from curate.export.described import Container, Described, Form, Release
from schemas.errors import TableError
from schemas.tables import write_whole

if TYPE_CHECKING:
    from curate.export.whole import Whole

FILE = "export.json"
FOREIGN = (".git", ".gitattributes", ".cache")
"""Names at the top of a folder that belong to where it was kept, and not to the export."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f\\]")


def _below(path: str) -> str:
    parts = PurePosixPath(path).parts
    if path != "/".join(parts) or path.startswith("/") or ".." in parts or _CONTROL.search(path):
        raise ValueError(f"{path!r} is not a path below the folder")
    return path


Below = Annotated[str, Field(min_length=1, max_length=1000), AfterValidator(_below)]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Count = Annotated[int, Field(ge=0)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class File(_Part):
    """One file of the folder."""

    path: Below
    """In the folder, with `/` between its parts."""
    n_bytes: Count
    """Its size."""
    sha256: Sha256
    """Of its bytes."""


class DataFile(_Part):
    """One file that holds rows."""

    path: Below
    """In the folder."""
    split: str
    """train, validation or test."""
    rows: Count
    """Rows in it."""


class Named(_Part):
    """How many rows have one value; null is a value, too."""

    name: str | None
    """A part, licence or teacher."""
    rows: Count
    """Rows of all splits that have it."""


class Manifest(_Part):
    """What an exported folder holds."""

    version: Literal[1] = 1
    """Of this file's form."""
    name: str
    """Of the data set."""
    form: Form
    """What a row looks like."""
    container: Container
    """What kind of files hold the rows."""
    release: Release
    """The policy that the rows were held to."""
    license: str | None
    """SPDX expression of the whole; null where a row has no known licence."""
    retort: str
    """Version of Retort that wrote it."""
    made: str
    """ISO 8601 date."""
    recipe_sha256: Sha256
    """Of the recipe as resolved, UTF-8."""
    template_sha256: str | None
    """Of the chat template that rendered text."""
    rows: dict[str, Count]
    """Split -> rows."""
    parts: list[Named]
    """Rows of each part, the most first; so of the next two."""
    licenses: list[Named]
    """Rows of each licence."""
    teachers: list[Named]
    """Rows of each teacher."""
    left_out: dict[str, Count]
    """Why rows of the mixture are not in the files -> how many."""
    tables: dict[str, str]
    """Table of the run -> hash of its content."""
    n_documents: Count
    """Documents whose text is in the rows."""
    sources: Below | None
    """The file that lists them."""
    data: list[DataFile]
    """The files that hold rows, in their order."""
    files: list[File]
    """Every file of the folder but this one, by path."""


def write_manifest(
    folder: Path,
    described: Described,
    whole: "Whole",
    files: Sequence[Mapping[str, Any]],
    sources_file: str | None,
    left_out: Mapping[str, int],
    tables: Mapping[str, str] | None = None,
) -> Manifest:
    """Count the rows that were written, hash every file, and write `export.json`, the last file.

    Args:
        folder: holds everything else already.
        described: what is known of the export.
        whole: the licence of the whole.
        files: data files, with `path` in the folder, `split` and `rows`.
        sources_file: path of the file that lists the documents, or None.
        left_out: reason -> rows that the form could not hold.
        tables: name of a run's table -> hash of its content.

    Raises:
        TableError: what is in the files is not what was described.
    """
    from curate.export.counted import count

    data = [DataFile(path=one["path"], split=one["split"], rows=one["rows"]) for one in files]
    counted = count(folder, data)
    _same("rows", counted.rows, _summed(data))
    if sources_file is not None:
        listed = {None: pq.read_metadata(folder / sources_file).num_rows}
        _same("documents", listed, {None: described.n_documents})
    _same("licenses", {one.name: one.rows for one in counted.licenses}, described.licenses)
    manifest = Manifest(
        name=described.name,
        form=described.form,
        container=described.container,
        release=described.release,
        license=whole.expression,
        retort=described.retort,
        made=described.made,
        recipe_sha256=hashlib.sha256(described.recipe.encode()).hexdigest(),
        template_sha256=described.template_sha256,
        rows=counted.rows,
        parts=counted.parts,
        licenses=counted.licenses,
        teachers=counted.teachers,
        left_out=dict(sorted(left_out.items())),
        tables=dict(sorted((tables or {}).items())),
        n_documents=described.n_documents,
        sources=sources_file,
        data=data,
        files=[_file(folder, path) for path in present(folder) if path != FILE],
    )
    write_whole(folder / FILE, (manifest.model_dump_json(indent=1) + "\n").encode())
    return manifest


def _summed(data: Sequence[DataFile]) -> dict[str, int]:
    return {
        split: sum(one.rows for one in data if one.split == split)
        for split in {one.split for one in data}
    }


def _same(what: str, counted: Mapping[Any, int], told: Mapping[Any, int]) -> None:
    there = {name: rows for name, rows in told.items() if rows}
    if dict(counted) != there:
        raise TableError(
            f"{FILE}: the files hold {what} {dict(counted)}, but {there} were said to be written. "
            f"This is a defect of the export; please report it."
        )


def present(folder: Path) -> list[str]:
    """Paths of the files in a folder, sorted; those of FOREIGN are left out.

    Links and special files are among them; nothing is followed or opened.
    """
    return sorted(_walk(folder))


def _walk(folder: Path) -> Iterator[str]:
    waiting = [one for one in folder.iterdir() if one.name not in FOREIGN]
    while waiting:
        one = waiting.pop()
        if one.is_dir() and not one.is_symlink():
            waiting += one.iterdir()
        else:
            yield one.relative_to(folder).as_posix()


def _file(folder: Path, path: str) -> File:
    return File(path=path, n_bytes=(folder / path).stat().st_size, sha256=sha256_of(folder / path))


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_manifest(folder: Path) -> Manifest:
    """What a folder says that it holds.

    Raises:
        TableError: it has no `export.json`, or a broken one.
    """
    path = folder / FILE
    if not folder.is_dir():
        raise TableError(f"{folder}: no such folder. Give one that `retort export` wrote.")
    if path.is_symlink() or not path.is_file():
        raise TableError(f"{path}: no such file. Give a folder that `retort export` wrote.")
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        where = ".".join(str(one) for one in first["loc"])[:200]
        reason = f"{where}: {first['msg']}" if where else first["msg"]
    except (OSError, RecursionError) as error:
        reason = str(error)
    # Raised out here: pydantic's error holds its cause in a way that no collector undoes.
    raise TableError(
        f"{path}: not a list of an export's files ({_one_line(reason)}). Export again."
    )


def _one_line(text: str) -> str:
    return "".join(one if one.isprintable() else " " for one in text)[:300]
