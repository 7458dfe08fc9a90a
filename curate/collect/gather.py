"""Gather what the readers read into one table: each document once, with its part and its split.

The split is cut from the document's id, so a document is held out or not whatever else there is.
A document that is read twice (the same text from the same source) is kept where it came first.
"""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from curate.collect.exclude import Exclude
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


def placed(rows: pa.RecordBatch, part: str, holdout: Holdout) -> pa.RecordBatch:
    """The documents with their part and split."""
    columns = {
        "part": pa.array([part] * len(rows), pa.string()),
        "split": splits(rows["id"], holdout) if len(rows) else rows["split"],
    }
    for name, column in columns.items():
        rows = rows.set_column(rows.schema.names.index(name), name, column)
    return rows


def first_of_each(ids: pa.StringArray, seen: set[str]) -> pa.BooleanArray:
    """(n_rows,) whether an id comes for the first time; `seen` learns of it."""
    new = []
    for one in ids.to_pylist():
        new.append(one not in seen)
        seen.add(one)
    return pa.array(new, pa.bool_())


def gather(
    out: Writer,
    sources: Sequence[tuple[str, Table]],
    holdout: Holdout,
    exclude: Exclude | None = None,
) -> None:
    """Write the documents of all sources, and pass on what could not be read.

    Args:
        out: the table.
        sources: part and table of each source, in the recipe's order.
        holdout: shares of the held-out splits.
        exclude: documents that must not be used.
    """
    out.schema = DOCUMENTS
    exclude = exclude or Exclude(())
    ids = [table.read(["id"])["id"].to_numpy() for _, table in sources]
    everything = np.concatenate(ids).astype("S32")
    first = np.zeros(len(everything), bool)
    first[np.unique(everything, return_index=True)[1]] = True
    n_rows = 0
    for part, table in sources:
        for batch in table.batches():
            new = batch.filter(pa.array(first[n_rows : n_rows + len(batch)]))
            n_rows += len(batch)
            allowed = new.filter(exclude.allows(new))
            out.write(placed(allowed, part, holdout))
            for reason, count in (
                ("read twice", len(batch) - len(new)),
                ("excluded", len(new) - len(allowed)),
            ):
                if count:
                    out.skip(reason, count)
        _pass_on(out, table)
    for name in exclude.missing():
        out.notes.append(f"exclude: {name} is no document here")


def _pass_on(out: Writer, table: Table) -> None:
    """What a source could not read, or left out."""
    for failure in table.failures().to_pylist():
        out.fail(Failure(**failure))
    failed = Counter(table.failures()["reason"].to_pylist())
    for reason, count in table.manifest.reasons.items():
        if count > failed[reason]:
            out.skip(reason, count - failed[reason])
