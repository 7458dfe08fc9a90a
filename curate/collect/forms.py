"""The forms of files: which suffix tells which, and what kind of reader each has."""

from pathlib import Path
from typing import cast, get_args

from schemas.recipe import Form

SUFFIXES: dict[str, Form] = {
    ".arrow": "arrow",
    ".csv": "csv",
    ".htm": "html",
    ".html": "html",
    ".jats": "jats",
    ".json": "json",
    ".jsonl": "jsonl",
    ".markdown": "markdown",
    ".md": "markdown",
    ".ndjson": "jsonl",
    ".nxml": "jats",
    ".parquet": "parquet",
    ".pdf": "pdf",
    ".text": "text",
    ".tsv": "csv",
    ".txt": "text",
    ".xhtml": "html",
    ".xml": "jats",
}
"""Suffix, in small letters -> form. XML is told apart by its root element once it is read."""

PACKED = ".gz"
"""A further suffix of files that are unpacked while they are read; not of those below."""
SEEKABLE: frozenset[Form] = frozenset({"parquet", "arrow"})
"""Forms that are read from the file itself, at places that it names."""

TABLES: frozenset[Form] = frozenset({"json", "jsonl", "csv", "parquet", "arrow"})
"""Forms with one document a row; the rows are streamed."""
ROWS: frozenset[Form] = frozenset(
    {
        *("alpaca", "sharegpt", "messages", "prompt-completion", "question-answer"),
        *("preference", "tree"),
    }
)
"""What the rows of a table are, where they are instructions."""
WHOLE = cast("frozenset[Form]", frozenset(get_args(Form)) - TABLES - ROWS)
"""Forms that a reader is given the bytes of."""


def suffix_of(path: Path) -> str:
    """The suffix that tells the form, in small letters: `.nxml` of `a.nxml.gz`."""
    suffix = path.suffix.lower()
    return path.with_suffix("").suffix.lower() if suffix == PACKED else suffix


def form_of(path: Path, given: Form | None = None) -> Form | None:
    """How the bytes of a file are read.

    Args:
        path: its suffix tells.
        given: what the recipe says. It wins, unless it says what the rows of a table are.

    Returns:
        None where the suffix tells nothing, or tells of no table where `given` wants rows of one.
    """
    if given is not None and given not in ROWS:
        return given
    form = SUFFIXES.get(suffix_of(path))
    if form in SEEKABLE and path.suffix.lower() == PACKED:
        return None
    return form if given is None or form in TABLES else None
