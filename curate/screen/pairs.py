"""Verified pairs as a table."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from curate.screen.bands import Packed, unpacked
from curate.screen.shingles import Rows
from schemas.rows import PAIRS

PAIRS_A_CHUNK = 1 << 20


def pairs_table(
    field: str,
    pairs: Packed,
    similarity: NDArray[np.float64],
    match: pa.Array,
    rows: Rows,
    ids: pa.Array,
    begins: Rows,
    names: Sequence[str | None],
) -> pa.Table:
    """Pairs of rows as PAIRS, sorted by position, then by the other one's.

    Args:
        field: what was compared.
        pairs: (n_pairs,) of rows that are numbered through all collections.
        similarity: (n_pairs,).
        match: (n_pairs,) strings, as PAIRS says.
        rows: (n,) ascending, those of all pairs among them.
        ids: (n,) their ids.
        begins: (collections + 1,) number of each collection's first row; the last collection is
            that of the rows that are measured.
        names: (collections,) of references; None for the rows that are measured.
    """
    order = np.argsort(pairs)
    own = begins[-2]
    references = pa.array(names, pa.string())
    tables = [PAIRS.empty_table()]
    for start in range(0, len(order), PAIRS_A_CHUNK):
        part = order[start : start + PAIRS_A_CHUNK]
        later, earlier = unpacked(pairs[part])
        collection = np.searchsorted(begins, earlier, "right") - 1
        collection = np.where(earlier >= own, len(names) - 1, collection)  # empty ones in between
        columns = {
            "id": ids.take(pa.array(np.searchsorted(rows, later))),
            "other": ids.take(pa.array(np.searchsorted(rows, earlier))),
            "field": pa.repeat(pa.scalar(field), len(part)),
            "similarity": similarity[part],
            "match": match.take(pa.array(part)),
            "reference": references.take(pa.array(collection)),
            "position": later - own,
            "other_position": earlier - begins[collection],
        }
        tables.append(pa.table(columns, schema=PAIRS))
    return pa.concat_tables(tables)
