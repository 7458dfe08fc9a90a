"""What a table folder says of itself: `manifest.json`, written last.

Read without pyarrow, so that a run that has nothing to do loads no data and starts fast.
"""

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from schemas.errors import TableError

FILE = "manifest.json"


class Part(BaseModel):
    """One Parquet file of a table."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    file: str
    """Name inside the folder; of an attached file, its path in there."""
    rows: int
    """Rows in it; 0 for a file that is no table."""
    n_bytes: int
    """Size on disk."""
    content: str
    """Hash of its bytes."""


class Parent(BaseModel):
    """A table that another was made from."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    name: str
    """Name of the stage."""
    table: str
    """Name of the folder beside this one."""
    content: str
    """Hash of its rows at that time."""


class Manifest(BaseModel):
    """How a table came about and what is in it."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    stage: str
    """Name of the stage that made it."""
    version: int
    """Version of that stage's code."""
    retort: str
    """Version of Retort that made it; for people, not part of the fingerprint."""
    fingerprint: str
    """Hash of stage, version, parameters and the parents' content."""
    parameters: dict[str, Any]
    """Everything that the stage was told."""
    parents: list[Parent]
    """The tables it read."""
    status: Literal["complete", "partial"]
    """Partial: something failed that may succeed when asked again; the next run resumes it."""
    rows: int
    """Rows in the table."""
    kept: int
    """Rows that the next stage reads; for a table that judges nothing, all of them."""
    requested: int
    """Files, rows or calls that were asked for; equals ok + failed + skipped."""
    ok: int
    """Of these, obtained."""
    failed: int
    """Of these, rows in `failures.parquet`."""
    skipped: int
    """Of these, left out on purpose; `reasons` says why."""
    reasons: dict[str, int] = Field(default_factory=dict)
    """Why things failed or were skipped, and how often; for a verdict, the rules and theirs."""
    notes: list[str] = Field(default_factory=list)
    """Sentences that a reader of the result should know."""
    facts: dict[str, Any] = Field(default_factory=dict)
    """Numbers of this stage, for the report."""
    parts: list[Part]
    """Its Parquet files, in the order of the rows."""
    files: list[Part] = Field(default_factory=list)
    """What lies beside them: a model, a tokenizer."""
    content: str
    """Hash of the rows: two tables with the same one hold the same bytes."""
    made: str
    """When, ISO 8601 in UTC."""
    seconds: float
    """How long it took."""
    peak_memory_bytes: int
    """Largest resident memory of the process while this stage ran."""
    threads: int
    """Threads that compiled code could use."""

    def content_of(self, part: str | None) -> str:
        """Hash of all rows, or of one named part's."""
        if part is None:
            return self.content
        return next(one.content for one in self.parts if one.file == f"{part}.parquet")


def read(folder: Path) -> Manifest | None:
    """The manifest of a finished table, or None where there is no finished table.

    Raises:
        TableError: a manifest is there but cannot be read.
    """
    path = folder / FILE
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except NotADirectoryError:
        return None
    except (OSError, ValidationError) as error:
        first = str(error).splitlines()[0]
        raise TableError(
            f"{path}: not a manifest of this version of Retort ({first}). "
            f"Delete {folder} and run again; it will be remade."
        ) from error
