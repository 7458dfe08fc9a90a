"""Every character of a page with its place, size and font, as arrays. Reads pdfium's text page.

pdfium's C functions are called from compiled code, some 30 ns a character for all of them: from
Python a call costs a microsecond, which is more than pdfium needs to read the character. They are
found by name (`llvmlite.binding.add_symbol`), so that the compiled code can be cached.
"""

import ctypes
from dataclasses import dataclass
from functools import cache
from typing import Any

import llvmlite.binding as llvm
import numpy as np
from numba import types
from numpy.typing import NDArray

from curate.collect.pdf import pdfium
from curate.collect.pdf.compiled import kernel

CHARACTER = np.dtype(
    [
        ("code", np.uint32),
        ("font", np.int32),
        ("x0", np.float32),
        ("x1", np.float32),
        ("y", np.float32),
        ("size", np.float32),
        ("direction", np.int32),
        ("blank", np.int32),
    ]
)
"""One character that is not white space: `x0`, `x1` and the baseline `y` in points, `font` the
place in the page's list, `direction` in quarter turns, `blank` whether white space precedes it."""

SYMBOLS = (
    "FPDFText_GetUnicode", "FPDFText_GetTextObject", "FPDFText_GetCharOrigin",
    "FPDFText_GetLooseCharBox", "FPDFText_GetMatrix", "FPDFTextObj_GetFont",
    "FPDFTextObj_GetFontSize", "FPDFFont_GetBaseFontName", "FPDFFont_GetWeight",
)  # fmt: skip
MAX_FONTS, NAME_BYTES = 256, 128


def _external(name: str, result: Any, *arguments: Any) -> Any:  # noqa: ANN401  numba's types
    """A C function that compiled code calls by its name; `link` says where it lies."""
    return types.ExternalFunction(name, result(*arguments))


_unicode = _external(SYMBOLS[0], types.uint32, types.intp, types.int32)
_object = _external(SYMBOLS[1], types.intp, types.intp, types.int32)
_origin = _external(SYMBOLS[2], types.int32, types.intp, types.int32, types.intp, types.intp)
_box = _external(SYMBOLS[3], types.int32, types.intp, types.int32, types.intp)
_matrix = _external(SYMBOLS[4], types.int32, types.intp, types.int32, types.intp)
_font = _external(SYMBOLS[5], types.intp, types.intp)
_size = _external(SYMBOLS[6], types.int32, types.intp, types.intp)
_name = _external(SYMBOLS[7], types.intp, types.intp, types.intp, types.intp)
_weight = _external(SYMBOLS[8], types.int32, types.intp)


@cache
def link() -> None:
    """Tell the compiler where pdfium's functions lie. Before any kernel here is called."""
    raw = pdfium.library()
    for name in SYMBOLS:
        llvm.add_symbol(name, ctypes.cast(getattr(raw, name), ctypes.c_void_p).value)


Font = tuple[bytes, int]
"""PostScript name of a font with the tag of its subset, empty where it has none; its weight as
pdfium makes it of its stems: 400 for normal ones, -1 if unknown."""


@dataclass(frozen=True, slots=True)
class Characters:
    """The characters of a page."""

    rows: NDArray[np.void]
    """(n_characters,) of CHARACTER, in the order of the page's content; upright ones run along x
    after the turn of the page is undone."""
    fonts: list[Font]
    """The page's fonts."""


class Room:
    """Arrays for one page at a time: memory that is new costs as much as filling it."""

    def __init__(self, n_characters: int) -> None:
        self.rows = np.empty(n_characters, CHARACTER)
        self.names = np.empty((MAX_FONTS, NAME_BYTES), np.uint8)
        self.weights = np.empty(MAX_FONTS, np.int32)


def of_page(page: pdfium.Page, room: Room) -> Characters:
    """The characters of an open page that lie on its visible part.

    The room is for all characters of the page at least; what is returned lies in it.
    """
    handle = ctypes.cast(page.text, ctypes.c_void_p).value or 0
    visible = np.array(pdfium.box(page.page), np.float32)
    n_rows, n_fonts = gather(
        handle, page.n_characters, visible, room.rows, room.names, room.weights
    )
    named = room.names[:n_fonts].view(f"S{NAME_BYTES}").ravel().tolist()
    weights = room.weights[:n_fonts].tolist()
    return Characters(room.rows[:n_rows], list(zip(named, weights, strict=True)))


@kernel
def gather(
    text: int,
    n_characters: int,
    visible: NDArray[np.float32],
    rows: NDArray[np.void],
    names: NDArray[np.uint8],
    weights: NDArray[np.int32],
) -> tuple[int, int]:
    """Fill `rows` and, for each font, `names` and `weights`; (number of rows, number of fonts)."""
    fonts = np.empty(len(weights), np.intp)
    origin = np.zeros(2, np.float64)
    box = np.zeros(4, np.float32)
    matrix = np.zeros(6, np.float32)
    size = np.zeros(1, np.float32)
    n_rows, n_fonts, last, font, direction, blank = 0, 0, 0, 0, 0, 1
    scale = np.float32(0)
    counts = np.zeros(4, np.int64)
    for position in range(n_characters):
        index = np.int32(position)
        code = _unicode(text, index)
        if (code <= 32 and code != 2) or code == 0xA0 or 0x2000 <= code <= 0x200B or code == 0x3000:
            blank = 1
            continue
        here = _object(text, index)
        if here == 0 and code != 2:
            continue
        if here != last and here != 0:
            last = here
            handle = _font(here)
            font = 0
            while font < n_fonts and fonts[font] != handle:
                font += 1
            if font == n_fonts and n_fonts < len(fonts):
                fonts[font] = handle
                weights[font] = _weight(handle)
                names[font] = 0
                if _name(handle, names[font].ctypes.data, NAME_BYTES) > NAME_BYTES:
                    names[font, 0] = 0
                n_fonts += 1
            font = min(font, len(fonts) - 1)
            _size(here, size.ctypes.data)
            _matrix(text, index, matrix.ctypes.data)
            scale = np.float32(abs(size[0])) * np.float32(np.hypot(matrix[2], matrix[3]))
            direction = _quarter(matrix[0], matrix[1])
        _origin(text, index, origin.ctypes.data, origin.ctypes.data + 8)
        _box(text, index, box.ctypes.data)
        x, y = np.float32(origin[0]), np.float32(origin[1])
        if not (visible[0] - 2 <= x <= visible[2] + 2 and visible[1] - 2 <= y <= visible[3] + 2):
            continue
        row = rows[n_rows]
        row["code"], row["font"], row["direction"], row["blank"] = code, font, direction, blank
        row["size"] = scale if 1 < scale < 400 else max(abs(box[1] - box[3]), np.float32(1))
        counts[direction] += 1
        _place(row, direction, x, y, box)
        n_rows += 1
        blank = 0
    upright = np.argmax(counts)
    for position in range(n_rows):
        row = rows[position]
        row["direction"] = (row["direction"] - upright) % 4
    return n_rows, n_fonts


@kernel
def _quarter(cosine: float, sine: float) -> int:
    """The nearest of the four directions of text, in quarter turns against the clock."""
    if abs(cosine) >= abs(sine):
        return 0 if cosine >= 0 else 2
    return 1 if sine > 0 else 3


@kernel
def _place(
    row: np.void, direction: int, x: np.float32, y: np.float32, box: NDArray[np.float32]
) -> None:
    """Coordinates in which this character's own direction is along x. `box`: l, t, r, b."""
    if direction == 0:
        row["x0"], row["x1"], row["y"] = box[0], box[2], y
    elif direction == 1:
        row["x0"], row["x1"], row["y"] = box[3], box[1], -x
    elif direction == 2:
        row["x0"], row["x1"], row["y"] = -box[2], -box[0], -y
    else:
        row["x0"], row["x1"], row["y"] = -box[1], -box[3], x
