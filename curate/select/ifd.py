"""IFD: hard answers first, as long as their instruction helps (arXiv 2308.12032).

Instruction-following difficulty is the ratio of two mean losses of the same answer: given its
instruction, and given the cue to answer alone. Near 1 the instruction hardly helps, and much may be
learnt; from 1 on it does not help at all, which the paper takes for a mismatch, so these rows come
behind all others. The paper's ratio is of losses, and so is ours; Superfiltering (arXiv 2402.00530)
divides perplexities, the exponential of their difference, which weighs long losses more.
"""

import numpy as np
from numpy.typing import NDArray


def order(ifd: NDArray[np.float64]) -> NDArray[np.int64]:
    """(rows,) places: the largest below 1 first, then those from 1 on, the least first, then NaN.

    Args:
        ifd: (rows,) the ratios, in the order of the lots; NaN where there is none.
    """
    helps = np.where(ifd < 1, 0, np.where(np.isnan(ifd), 2, 1))
    within = np.where(helps == 0, -ifd, np.where(helps == 1, ifd, 0))
    return np.lexsort((within, helps))
