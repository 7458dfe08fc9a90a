"""`sources.parquet`: the documents whose text is in the rows, one a row, as SOURCES in rows.py."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from curate.export.rows import SOURCES

FILE = "sources.parquet"


def write_sources(folder: Path, sources: pa.Table) -> str:
    """Write the documents beside the data, by source; the file's name in the folder is returned.

    Args:
        folder: the export under construction.
        sources: rows of SOURCES in any order. `n_rows` counts exported rows of all splits and
            epochs whose `document_id` the document is, or whose `also_from` has it.
    """
    order = [("source", "ascending"), ("document_id", "ascending")]
    rows = sources.select(SOURCES.names).cast(SOURCES).sort_by(order)
    pq.write_table(rows, folder / FILE, compression="zstd", row_group_size=16_384)
    return FILE
