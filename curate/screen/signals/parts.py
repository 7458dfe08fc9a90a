"""How functions are compiled that only other compiled functions call."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np

_LEAN: dict[str, Any] = {
    "nogil": True,
    "error_model": "numpy",
    "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
}
_NOTHING_COUNTED: dict[str, Any] = {"_nrt": False}
ZERO, ONE, TWO, NONE = cast(tuple[int, int, int, int], tuple(np.array([0, 1, 2, -1])))
"""Numbers to begin with. A part that is handed a number as the code has it is compiled for that
number alone, and again for others."""
Part = TypeVar("Part", bound=Callable[..., object])


def part(function: Part) -> Part:
    """Compile a function that only compiled ones call, into each that does.

    It cannot be called from Python and is not kept on disk, the kernel that it becomes part of is;
    it makes no arrays, so nothing is counted that would be freed. So a kernel of fifty parts
    compiles in a third of the time.
    """
    return cast(Part, numba.njit(**_LEAN, **_NOTHING_COUNTED)(function))


def part_that_allocates(function: Part) -> Part:
    """The same for a function that makes arrays."""
    return cast(Part, numba.njit(**_LEAN)(function))


def part_in_place(function: Part) -> Part:
    """The same for a function called once: put into the code of its caller it compiles sooner."""
    return cast(Part, numba.njit(**_LEAN, **_NOTHING_COUNTED, inline="always")(function))
