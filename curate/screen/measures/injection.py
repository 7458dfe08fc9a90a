"""Text that instructs a model: hidden orders, jailbreaks, marks of chat templates.

Reads a text column; adds the columns named in COLUMNS. What is looked for, and through which
disguises, is in `curate/screen/injection.py`. An article that quotes an attack counts as well.
"""

import pyarrow as pa
from pydantic import BaseModel, ConfigDict

from curate.screen.injection import count, first, fold

VERSION = 1
COLUMNS = {
    "n_injections": ("int32", "phrases that instruct a model, and marks of chat templates"),
    "injected": ("bool", "there is one"),
    "injection_phrase": (
        "string",
        "the first of them in small letters, without its disguise, cut at 100; null for none",
    ),
}


class Params(BaseModel):
    """What to measure."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    text: str = "text"
    """Column that holds the text."""


def measure(rows: pa.RecordBatch, params: Params) -> pa.RecordBatch:
    """One row of COLUMNS per row of the batch, in its order."""
    folded = fold(rows.column(params.text))
    n = count(folded)
    phrases = first(folded) if n.any() else pa.nulls(len(n), pa.string())
    return pa.record_batch([pa.array(n), pa.array(n > 0), phrases], names=list(COLUMNS))
