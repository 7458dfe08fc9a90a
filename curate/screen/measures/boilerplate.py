"""Lines that come again: running heads and feet of a document, notices of many documents.

Reads a text column and, where the rows have one, the column that names their document; the rows are
read twice. Lines are compared without case, white space and marks, and with digits masked, so that
page numbers do not part them. A line is repeated if it stands in `places` of its document or more,
be they in one row or in several, and common if it stands in `documents` or more.

Where the rows name no document, each is one: what stands in several rows then is common, or a copy,
which `unique` resolves. `one_document` is for the pages of one document.

Memory: 16 bytes a line while the rows are read first, as much again while they are counted, and 8 a
line that is repeated or common. A line is known by 64 bits: of a billion lines three collide.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from curate.screen.kernels import buffers
from curate.screen.signals.repeated import Lines, hashed, lines
from curate.screen.words import Hashes
from schemas.errors import TableError

VERSION = 1
COLUMNS = {
    "n_running_lines": (
        "int32",
        "lines that stand in three or more places of their document, digits masked; our own",
    ),
    "running_line_share": (
        "double",
        "of the characters that are not white space, those in repeated lines; our own",
    ),
    "n_common_lines": (
        "int32",
        "lines that stand in ten or more documents, digits masked; our own",
    ),
    "common_line_share": (
        "double",
        "of the characters that are not white space, those in common lines; our own",
    ),
}
DOCUMENT = "document_id"
_FACTOR = np.uint64(0x9E3779B97F4A7C15)
Batches = Callable[[], Iterator[pa.RecordBatch]]


class Params(BaseModel):
    """What is read, and what counts as coming again."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    text: str = "text"
    """Column that holds the text."""
    document_id: str | None = None
    """Column that names a row's document; by default `document_id` where the rows have it, and else
    each row is a document. Rows where it is null are one."""
    one_document: bool = False
    """Whether all rows are one document, as the pages of one PDF are."""
    places: int = Field(3, ge=2)
    """Places of one document in which a line is repeated."""
    documents: int = Field(10, ge=2)
    """Documents in which a line is common."""
    shortest: int = Field(4, ge=1)
    """Letters of a line that is looked at: numbers alone stand in every table."""
    longest: int = Field(300, ge=1)
    """Letters of a line that is looked at: longer ones that come again are copies of text, which
    `unique` resolves."""


class _Known(NamedTuple):
    """Lines that come again, ascending."""

    repeated: Hashes
    """Of a line and its document."""
    common: Hashes
    """Of a line."""


def reads(params: Params, available: Sequence[str]) -> list[str]:
    """The columns that are read of rows that have these.

    Raises:
        TableError: a column that was named is not there.
    """
    if params.document_id is not None and params.document_id not in available:
        raise TableError(
            f"boilerplate: no column {params.document_id!r}, the rows have "
            f"{', '.join(available)}. Name one of these, or none."
        )
    if params.one_document:
        return [params.text]
    has_own = params.document_id or DOCUMENT in available
    return [params.text, (params.document_id or DOCUMENT) if has_own else "id"]


def measure_twice(batches: Batches, params: Params) -> Iterator[pa.RecordBatch]:
    """One row of COLUMNS per row, in their order.

    Args:
        batches: gives the rows anew at each call, with the columns that `reads` names.
        params: what counts as coming again.
    """
    known = _known(batches, params)
    for batch in batches():
        yield _measured(*_read(batch, params), known)


def _read(batch: pa.RecordBatch, params: Params) -> tuple[Lines, Hashes]:
    """The lines of a batch, and of each line the hash of itself in its document."""
    found = lines(*buffers(batch.column(params.text)), params.shortest, params.longest)
    if params.one_document:
        return found, found.hashes
    (name,) = reads(params, batch.schema.names)[1:]
    of_row = hashed(*buffers(batch.column(name).cast(pa.large_string())))
    own = found.hashes ^ (of_row * _FACTOR)[found.rows()]
    return found, np.where(found.hashes == 0, np.uint64(0), np.maximum(own, np.uint64(1)))


def _known(batches: Batches, params: Params) -> _Known:
    """Read the rows once and count their lines."""
    plain, owned = [np.empty(0, np.uint64)], [np.empty(0, np.uint64)]
    for batch in batches():
        found, own = _read(batch, params)
        looked = found.hashes != 0
        plain.append(found.hashes[looked])
        owned.append(own[looked])
    own, first, counts = np.unique(np.concatenate(owned), return_index=True, return_counts=True)
    of_documents, n_documents = np.unique(np.concatenate(plain)[first], return_counts=True)
    return _Known(own[counts >= params.places], of_documents[n_documents >= params.documents])


def _measured(found: Lines, own: Hashes, known: _Known) -> pa.RecordBatch:
    n_rows, rows = len(found.offsets) - 1, found.rows()
    whole = np.bincount(rows, found.characters, n_rows)
    columns: list[pa.Array] = []
    for held in (_among(own, known.repeated), _among(found.hashes, known.common)):
        n_held = np.bincount(rows[held], minlength=n_rows).astype(np.int32)
        inside = np.bincount(rows[held], found.characters[held], n_rows)
        columns += [pa.array(n_held), pa.array(inside / np.maximum(whole, 1))]
    return pa.record_batch(columns, names=list(COLUMNS))


def _among(hashes: Hashes, known: Hashes) -> NDArray[np.bool_]:
    """(n_lines,) whether each is one of these, which ascend."""
    if not len(known):
        return np.zeros(len(hashes), np.bool_)
    places = np.minimum(np.searchsorted(known, hashes), len(known) - 1)
    found: NDArray[np.bool_] = known[places] == hashes
    return found
