"""The rows that a gate kept: what the next stage reads."""

from collections.abc import Iterator, Sequence

import pyarrow as pa

from curate.screen.view import Readable


def kept(
    rows: Readable, verdicts: Readable, columns: Sequence[str] | None = None
) -> Iterator[pa.RecordBatch]:
    """Rows whose verdict says so, in order, batch by batch; verdicts are in the rows' order."""
    passing = [batch.column("kept") for batch in verdicts.batches(["kept"])]
    verdict = pa.chunked_array(passing, type=pa.bool_())
    passed = verdict.combine_chunks() if verdict.num_chunks else pa.array([], pa.bool_())
    n_rows = 0
    for batch in rows.batches(columns):
        chosen = batch.filter(passed.slice(n_rows, len(batch)))
        n_rows += len(batch)
        if len(chosen):
            yield chosen
