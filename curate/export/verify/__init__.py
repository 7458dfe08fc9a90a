"""Verify: check an exported folder again, from its files alone and against its documents.

Reads `export.json` and what it lists. Nothing in the folder is trusted: paths have to lie in it,
links are not followed, and a file that cannot be read is a finding.
"""

from pathlib import Path

import duckdb
import pyarrow as pa

from curate.export.counted import database, first_line, load_keys
from curate.export.manifest import DataFile, Manifest, read_manifest
from curate.export.verify.documents import (
    check_documents,
    check_listed,
    has_columns,
    load_listed,
)
from curate.export.verify.files import check_files
from curate.export.verify.found import Finding, Verified
from curate.export.verify.quotes import check_quotes
from curate.export.verify.rows import check_rows
from schemas.errors import TableError

__all__ = ["Finding", "Verified", "verify"]


def verify(folder: Path, documents: object | None = None) -> Verified:
    """Check hashes, counts, ids, splits and quotes of an exported folder.

    Args:
        folder: what `retort export` wrote, or a copy of it.
        documents: an Arrow table or dataset of DOCUMENTS, to hold contexts and quotes against.

    Returns:
        What was checked, what is not as it should be, and what was not looked at.

    Raises:
        TableError: the folder or its `export.json` cannot be read, or `documents` lack a column.
    """
    if documents is not None and not has_columns(documents):
        raise TableError("documents: no columns id, source, doi and text. Give a documents table.")
    manifest = read_manifest(folder)
    verified = Verified()
    try:
        readable = check_files(folder, manifest, verified)
    except OSError as error:
        raise TableError(f"{folder}: cannot be read ({first_line(error)}).") from error
    data = [one for one in manifest.data if one.path in readable]
    with database() as one:
        try:
            _check_data(one, folder, manifest, data, verified)
            _check_sources(one, folder, manifest, data, documents, verified, readable)
        except (duckdb.Error, pa.ArrowException, TableError) as error:
            verified.note("not readable", folder.name, "rows and sources", first_line(error))
            verified.not_checked.append("what comes after that which cannot be read.")
    return verified


def _check_data(
    one: duckdb.DuckDBPyConnection,
    folder: Path,
    manifest: Manifest,
    data: list[DataFile],
    verified: Verified,
) -> None:
    load_keys(one, folder, data)
    check_rows(one, manifest, verified)
    check_quotes(one, folder, data, verified)


def _check_sources(
    one: duckdb.DuckDBPyConnection,
    folder: Path,
    manifest: Manifest,
    data: list[DataFile],
    documents: object | None,
    verified: Verified,
    readable: set[str],
) -> None:
    if manifest.sources is None or manifest.sources not in readable:
        verified.not_checked.append("documents: the export has no list of sources.")
        return
    load_listed(one, folder / manifest.sources)
    check_listed(one, manifest, verified)
    if documents is None:
        verified.not_checked.append(
            "texts of the documents: none were given, so contexts were not held against them."
        )
        return
    check_documents(one, folder, data, documents, verified)
