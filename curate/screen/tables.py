"""Write a gate's tables: the columns of a measure, and the verdicts."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from curate.screen.catalog import get
from curate.screen.gate import gather, measure
from curate.screen.judge import judge
from curate.screen.planned import Plan
from schemas.rows import VERDICTS
from schemas.tables import Table, Writer

if TYPE_CHECKING:
    from curate.screen.index import Index
    from curate.screen.view import Readable

ROW = [
    pa.field("position", pa.int64(), metadata={"doc": "row number in the table that was measured"}),
    pa.field("id", pa.string(), metadata={"doc": "the row"}),
]


def write_measure(
    out: Writer,
    name: str,
    given: Mapping[str, Any],
    rows: Table,
    documents: Table | None,
    where: str,
    references: "Mapping[str, Readable | Index] | None" = None,
) -> None:
    """One row of the measure's columns per row, or one row per pair for `duplicates`."""
    measured = measure(name, given, rows, documents, where, references)
    if get(name, where).gives_pairs:
        out.schema = measured.schema
        for batch in measured.batches:
            out.write(batch)
        out.facts.update(measured.facts())
        return
    out.schema = with_place(measured.schema)
    ids = rows.read(["id"])["id"].combine_chunks()
    n_rows = 0
    for batch in measured.batches:
        out.write(placed(batch, ids, n_rows))
        n_rows += len(batch)
    out.facts.update(measured.facts())
    if n_rows != len(ids):
        raise RuntimeError(f"{where}.{name}: measured {n_rows} of {len(ids)} rows")


def with_place(columns: pa.Schema) -> pa.Schema:
    """A measure's columns behind those that say which row they are of."""
    return pa.schema([*ROW, *columns])


def placed(batch: pa.RecordBatch, ids: pa.Array, first: int) -> pa.RecordBatch:
    """Measured columns with the places and ids of their rows, the first of which is `first`."""
    position = pa.array(range(first, first + len(batch)), pa.int64())
    columns = [position, ids.slice(first, len(batch)), *batch.columns]
    names = [*(field.name for field in ROW), *batch.schema.names]
    return pa.record_batch(columns, names=names)


def write_verdicts(
    out: Writer, plan: Plan, rows: Table, documents: Table | None, tables: Mapping[str, Table]
) -> None:
    """One verdict per row; `kept` and the count of each rule go to the manifest."""
    pairwise = [name for name in tables if get(name, plan.where).gives_pairs]
    columns = {name: table for name, table in tables.items() if name not in pairwise}
    measured = gather(plan, rows, documents, columns)
    found = [tables[name].read() for name in pairwise]
    pairs = pa.concat_tables(found) if plan.unique is not None else None
    verdicts = judge(measured, plan.keep, plan.unique, pairs, plan.where)
    out.schema = VERDICTS
    out.write(verdicts)
    out.kept = pc.sum(verdicts["kept"]).as_py() or 0
    failed = pc.value_counts(pc.list_flatten(verdicts["failed"])).to_pylist()
    out.facts["rules"] = {one["values"]: one["counts"] for one in failed}
