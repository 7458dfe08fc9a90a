"""How long a text is. Reads a text column; adds the columns named in COLUMNS."""

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, ConfigDict

from curate.screen import kernels

VERSION = 1
COLUMNS = {
    "n_words": ("int32", "runs of characters between white space"),
    "n_characters": ("int32", "Unicode characters"),
}


class Params(BaseModel):
    """What to measure."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    text: str = "text"
    """Column that holds the text."""


def measure(rows: pa.RecordBatch, params: Params) -> pa.RecordBatch:
    """One row of COLUMNS per row of the batch, in its order."""
    text = pc.fill_null(rows.column(params.text), "")
    n_words = pa.array(kernels.count_words(*kernels.buffers(text)))
    return pa.record_batch([n_words, pc.utf8_length(text).cast(pa.int32())], names=list(COLUMNS))
