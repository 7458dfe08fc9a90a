"""Compiles the kernels of the PDF reader, and keeps them on disk where a folder can be written.

Several processes may compile at the same time: numba writes beside the file and renames.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

Kernel = TypeVar("Kernel", bound=Callable[..., object])


def kernel(function: Kernel) -> Kernel:
    """A compiled function; compiled anew in each process where nothing can be kept.

    numba refuses to make a function that it could not keep: package and home are read-only.
    """
    try:
        made: Any = numba.njit(cache=True)(function)
    except RuntimeError:
        made = numba.njit(function)
    return cast("Kernel", made)
