"""What can be told of a text by its characters, words and lines, without a model.

Reads a text column; adds the columns named in COLUMNS: what the filters of web corpora go by, and
what tells scientific text from what scanning and cutting made of it. Each range of rows is read
once, by compiled loops, while it is in the processor's cache.
"""

from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from curate.screen import kernels
from curate.screen.signals import science, web
from curate.screen.signals.science import COLUMNS as OF_SCIENCE
from curate.screen.signals.web import COLUMNS as OF_WEB

VERSION = 1
COLUMNS = {**OF_SCIENCE, **OF_WEB}
AT_ONCE = 512
"""Rows of a range."""


class Params(BaseModel):
    """What to measure."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    text: str = "text"
    """Column that holds the text."""


class _Values(NamedTuple):
    """(n_rows, columns) of each of the two."""

    science: NDArray[np.float64]
    web: NDArray[np.float64]


def measure(rows: pa.RecordBatch, params: Params) -> pa.RecordBatch:
    """One row of COLUMNS per row of the batch, in its order."""
    text, offsets = kernels.buffers(rows.column(params.text))
    values = _Values(*(np.empty((len(rows), len(one))) for one in (OF_SCIENCE, OF_WEB)))
    known = science.tables(), web.tables()

    def read(begin: int, end: int) -> None:
        science.read_rows(begin, end, text, offsets, known[0], values.science)
        web.read_rows(begin, end, text, offsets, *known[1], values.web)

    kernels.on_threads(read, len(rows), at_once=AT_ONCE)
    columns = {**science.typed(values.science), **web.typed(values.web)}
    return pa.record_batch([pa.array(columns[name]) for name in COLUMNS], names=list(COLUMNS))
