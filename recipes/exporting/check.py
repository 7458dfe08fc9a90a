"""Check an export against itself, and against its documents where they can be found."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from curate.export.manifest import read_manifest
from curate.export.verify import verify
from schemas.errors import TableError
from schemas.plain import open_rows
from schemas.tables import Table

STAGE = "collect"


def check(folder: Path, documents: Path | None, work: Path) -> dict[str, Any]:
    """Verify a folder.

    Args:
        folder: what `export` wrote.
        documents: a table of documents; where None, that of the run, if the work folder has it.
        work: the work folder.

    Returns:
        `folder`, `checked`, `findings`, `not_checked`, as `--json` prints them.

    Raises:
        TableError: the folder is no export, or the documents cannot be read.
    """
    against = open_rows(documents).dataset() if documents is not None else _own(folder, work)
    found = verify(folder, against)
    return {
        "folder": str(folder),
        "checked": found.checked,
        "findings": [str(one) for one in found.findings],
        "details": [asdict(one) for one in found.findings],
        "not_checked": found.not_checked,
    }


def _own(folder: Path, work: Path) -> object | None:
    """The documents of the run that the folder was exported from, known by their content."""
    content = read_manifest(folder).tables.get(STAGE)
    for place in sorted((work / "tables").glob(f"{STAGE}-*")):
        try:
            table = Table(place)
        except TableError:
            continue
        if table.manifest.content == content:
            found: object = table.dataset()
            return found
    return None
