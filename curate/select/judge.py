"""Judge: rows in the order of a score, the largest first; rows without one come last."""

import numpy as np
from numpy.typing import NDArray


def order(scores: NDArray[np.float64]) -> NDArray[np.int64]:
    """(rows,) places in the order of selection; equal scores keep the order of the lots.

    Args:
        scores: (rows,) NaN where there is none.
    """
    return np.argsort(-scores, kind="stable")  # NaN is sorted behind every number
