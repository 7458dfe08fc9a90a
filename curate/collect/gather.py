"""Gather what the readers read into one table: each document once, with its part and its split.

The split is cut from the document's id, so a document is held out or not whatever else there is.
A document that is read twice (the same text from the same source) is kept where it came first.
"""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.recipe import Holdout
from schemas.rows import DOCUMENTS, Failure
from schemas.tables import Table, Writer

DIGITS = 13
"""Hexadecimal digits of the id that the split is cut from, as `schemas.ids.fraction` does."""


def splits(ids: pa.StringArray, holdout: Holdout) -> pa.StringArray:
    """(n_rows,) train, valid or test."""
    head = pc.utf8_slice_codeunits(ids, 0, DIGITS)
    in_test = pc.less(head, _bound(holdout.test))
    in_valid = pc.less(head, _bound(holdout.test + holdout.valid))
    return pc.if_else(in_test, "test", pc.if_else(in_valid, "valid", "train"))


def _bound(share: float) -> str:
    """The first id digits that lie outside a share; equal lengths compare as numbers do."""
    return f"{int(share * 16**DIGITS):0{DIGITS}x}" if share < 1 else "g"


def gather(out: Writer, sources: Sequence[tuple[str, Table]], holdout: Holdout) -> None:
    """Write the documents of all sources, and pass on what could not be read.

    Args:
        out: the table.
        sources: part and table of each source, in the recipe's order.
        holdout: shares of the held-out splits.
    """
    out.schema = DOCUMENTS
    ids = [table.read(["id"])["id"].to_numpy() for _, table in sources]
    everything = np.concatenate(ids).astype("S32")
    first = np.zeros(len(everything), bool)
    first[np.unique(everything, return_index=True)[1]] = True
    n_rows = 0
    for part, table in sources:
        for batch in table.batches():
            new = pa.array(first[n_rows : n_rows + len(batch)])
            n_rows += len(batch)
            rows = pa.Table.from_batches([batch]).filter(new)
            out.write(_placed(rows, part, holdout))
            if len(rows) < len(batch):
                out.skip("read twice", len(batch) - len(rows))
        for failure in table.failures().to_pylist():
            out.fail(Failure(**failure))


def _placed(rows: pa.Table, part: str, holdout: Holdout) -> pa.Table:
    columns = {
        "part": pa.array([part] * len(rows), pa.string()),
        "split": splits(rows["id"].combine_chunks(), holdout) if len(rows) else rows["split"],
    }
    for name, column in columns.items():
        rows = rows.set_column(rows.column_names.index(name), name, column)
    return rows
