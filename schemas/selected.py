"""The tables of a selection: the order, and what models say of rows."""

import pyarrow as pa

from schemas.rows import EXAMPLES


def _column(name: str, kind: pa.DataType, doc: str) -> pa.Field:
    return pa.field(name, kind, metadata={"doc": doc})


SELECTED = pa.schema(
    [
        _column("id", pa.string(), "the example"),
        EXAMPLES.field("part"),
        _column("rank", pa.int64(), "place in the part's order, from 0"),
        _column(
            "score",
            pa.float64(),
            "what the method ranks by; null where it has no score, or none for this row",
        ),
    ]
)
DIFFICULTY = pa.schema(
    [
        _column("id", pa.string(), "the example"),
        _column("nll_given", pa.float64(), "mean nats per answer token after the instruction"),
        _column("nll_alone", pa.float64(), "the same after the cue to answer alone"),
        _column("ifd", pa.float64(), "nll_given / nll_alone; from 1 the instruction does not help"),
    ]
)


def vectors(width: int) -> pa.Schema:
    """The table of one vector a row.

    Args:
        width: numbers in a vector.
    """
    return pa.schema(
        [
            _column("id", pa.string(), "the example"),
            EXAMPLES.field("part"),
            EXAMPLES.field("split"),
            _column("vector", pa.list_(pa.float32(), width), "of length 1"),
        ]
    )
