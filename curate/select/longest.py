"""Longest: the longest answers first ("Long Is More for Alignment", arXiv 2402.04833).

Length is counted in tokens that carry loss where a base counted all of them, else in words; answers
of equal length, and those of scripts without spaces, are told apart by their UTF-8 bytes.
"""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


def order(rows: pa.Table) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """(rows,) places in the order of selection, and (rows,) the length of each row.

    Args:
        rows: `n_loss_tokens`, `n_words` and `n_bytes`, in the order of the lots.
    """
    counted = rows["n_loss_tokens"].null_count == 0 and len(rows) > 0
    length = rows["n_loss_tokens" if counted else "n_words"].to_numpy()
    n_bytes = rows["n_bytes"].to_numpy()
    return np.lexsort((-n_bytes, -length)), length.astype(np.float64)
