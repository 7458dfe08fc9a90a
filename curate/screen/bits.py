"""Two machine instructions that numba has no word for: eight bytes at once, and the lowest bit."""

from collections.abc import Callable
from typing import Any, cast

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from curate.screen.kernels import Bytes

Emit = Callable[[Any, Any, Any, Any], Any]
Typed = tuple[Any, Emit]


def _eight_bytes(typing: object, text: Any, at: object) -> Typed:  # noqa: ANN401
    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ANN401
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        place = builder.gep(array.data, [arguments[1]])
        loaded = builder.load(builder.bitcast(place, ir.IntType(64).as_pointer()))
        loaded.align = 1
        return loaded

    return types.uint64(text, types.int64), emit


def _lowest_bit(typing: object, value: object) -> Typed:
    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ANN401
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 0))

    return types.int64(types.uint64), emit


eight_bytes = cast(Callable[[Bytes, int], np.uint64], intrinsic(_eight_bytes))
"""The bytes `text[at:at + 8]`, the first of them lowest on a little-endian machine; unchecked."""
lowest_bit = cast(Callable[[np.uint64], int], intrinsic(_lowest_bit))
"""Number of zeros below the lowest bit that is set; 64 where none is."""
