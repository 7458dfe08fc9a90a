"""Characters of a page -> its lines, with their text. Compiled; reads and writes arrays.

A line is a run of characters on one baseline without a wide gap, so a row of two columns is two
lines. The cells of a table's row are one line, with a tab between them. Numbers and words set
above the baseline stand between RAISED and LOWERED.
"""

import numba
import numpy as np
from numpy.typing import NDArray

LINE = np.dtype(
    [
        ("x0", np.float32),
        ("x1", np.float32),
        ("y", np.float32),
        ("size", np.float32),
        ("direction", np.int32),
        ("font", np.int32),
        ("n_characters", np.int32),
        ("n_bold", np.int32),
        ("n_italic", np.int32),
        ("n_cells", np.int32),
        ("first", np.int32),
        ("last", np.int32),
        ("block", np.int32),
        ("left", np.float32),
        ("right", np.float32),
        ("leading", np.float32),
    ]
)
"""One line: its ends and baseline in points, the size and font of most of its characters, how many
of them are bold or italic, its first and last character (exclusive), the block it belongs to, and
of that block the edges and the usual step from one baseline to the next."""

RAISED, LOWERED = "\ue000", "\ue001"
"""Around what is set above the baseline; characters of private use, which no text keeps."""
_RAISED, _LOWERED = 0xE000, 0xE001
_HYPHEN = 2
"""What pdfium gives for a hyphen at the end of a line."""

WIDE = 1.5
"""Gap that ends a line, in sizes: wider than almost all spaces of justified text."""


@numba.njit(cache=True)
def split(rows: NDArray[np.void], styles: NDArray[np.int32], lines: NDArray[np.void]) -> int:
    """Fill `lines` with the runs of `rows`; their number.

    Args:
        rows: (n_characters,) of CHARACTER.
        styles: (n_fonts,) 1 for bold, 2 for italic, 3 for both.
        lines: (n_characters,) of LINE.
    """
    n_lines = 0
    first = 0
    base, main = 0.0, 0.0
    for position in range(len(rows) + 1):
        if position < len(rows):
            row = rows[position]
            if position > first:
                before = rows[position - 1]
                gap, rise = row["x0"] - before["x1"], row["y"] - base
                larger = max(main, row["size"])
                joins = (
                    row["direction"] == before["direction"]
                    and -1.2 * larger < gap < WIDE * larger
                    and abs(rise) < 0.65 * larger
                    and (
                        abs(rise) < 0.2 * larger
                        or min(row["size"], main) < 0.9 * larger
                        or abs(row["y"] - before["y"]) < 0.1 * larger
                        or abs(rise) < 0.45 * larger
                    )
                )
                if joins:
                    if row["size"] > 1.1 * main:
                        base, main = row["y"], row["size"]
                    continue
                _line(rows, first, position, base, main, styles, lines[n_lines])
                n_lines += 1
            first, base, main = position, row["y"], row["size"]
        elif position > first:
            _line(rows, first, position, base, main, styles, lines[n_lines])
            n_lines += 1
    return _joined(lines, n_lines)


@numba.njit(cache=True)
def _line(
    rows: NDArray[np.void],
    first: int,
    last: int,
    base: float,
    main: float,
    styles: NDArray[np.int32],
    line: np.void,
) -> None:
    """Describe the line of characters `first` to `last`."""
    x0, x1 = rows[first]["x0"], rows[first]["x1"]
    bold, italic = 0, 0
    sizes, weights = np.zeros(6, np.float32), np.zeros(6, np.int32)
    fonts, uses = np.zeros(6, np.int32), np.zeros(6, np.int32)
    for position in range(first, last):
        row = rows[position]
        x0, x1 = min(x0, row["x0"]), max(x1, row["x1"])
        style = styles[row["font"]]
        bold += style & 1
        italic += (style >> 1) & 1
        for slot in range(6):
            if weights[slot] == 0 or abs(sizes[slot] - row["size"]) < 0.3:
                sizes[slot] = row["size"]
                weights[slot] += 1
                break
        for slot in range(6):
            if uses[slot] == 0 or fonts[slot] == row["font"]:
                fonts[slot] = row["font"]
                uses[slot] += 1
                break
    line["x0"], line["x1"], line["y"] = x0, x1, base
    line["size"] = sizes[np.argmax(weights)]
    line["font"] = fonts[np.argmax(uses)]
    line["direction"] = rows[first]["direction"]
    line["n_characters"], line["n_bold"], line["n_italic"] = last - first, bold, italic
    line["n_cells"], line["first"], line["last"], line["block"] = 1, first, last, -1


@numba.njit(cache=True)
def _joined(lines: NDArray[np.void], n_lines: int) -> int:
    """Join the cells of a row: short neighbours on one baseline. The number of lines left."""
    kept = 0
    for position in range(1, n_lines):
        before, line = lines[kept], lines[position]
        size = max(before["size"], line["size"])
        gap = line["x0"] - before["x1"]
        short = min(before["n_characters"] // before["n_cells"], line["n_characters"]) < 12
        if (
            line["direction"] == before["direction"]
            and abs(line["y"] - before["y"]) < 0.3 * size
            and -0.2 * size < gap
            and ((short and gap < 12 * size) or before["n_cells"] > 2)
        ):
            before["x1"] = line["x1"]
            before["last"] = line["last"]
            before["n_characters"] += line["n_characters"]
            before["n_bold"] += line["n_bold"]
            before["n_italic"] += line["n_italic"]
            before["n_cells"] += 1
        else:
            kept += 1
            lines[kept] = line
    return min(kept + 1, n_lines)


@numba.njit(cache=True)
def write(
    rows: NDArray[np.void],
    lines: NDArray[np.void],
    order: NDArray[np.int32],
    out: NDArray[np.uint32],
) -> int:
    """The lines' text in this order, each ended by a line feed; how many characters it has.

    `out` has room for 4 characters a row.
    """
    n_written = 0
    for place in order:
        line = lines[place]
        raised = False
        for position in range(line["first"], line["last"]):
            row = rows[position]
            small = row["size"] < 0.85 * line["size"]
            rise = row["y"] - line["y"]
            above = rise > (0.12 if small else 0.25) * line["size"]
            if raised and not above:
                out[n_written] = _LOWERED
                n_written += 1
            if position > line["first"]:
                gap = row["x0"] - rows[position - 1]["x1"]
                if gap > WIDE * line["size"] and line["n_cells"] > 1:
                    out[n_written] = 9
                    n_written += 1
                elif gap > 0.3 * line["size"] or (
                    row["blank"] and (gap > 0.06 * line["size"] or not small)
                ):
                    out[n_written] = 32
                    n_written += 1
            if above and not raised:
                out[n_written] = _RAISED
                n_written += 1
            raised = above
            code = row["code"]
            if code == _HYPHEN:
                code = np.uint32(45)
            if 0xDC00 <= code <= 0xDFFF and position > line["first"]:
                high = rows[position - 1]["code"]
                if 0xD800 <= high <= 0xDBFF:
                    code = np.uint32(0x10000 + ((high - 0xD800) << 10) + (code - 0xDC00))
            if 0xD800 <= code <= 0xF8FF or code > 0x10FFFF or code == 0xFFFE or code == 0xFFFF:
                continue
            out[n_written] = code
            n_written += 1
        if raised:
            out[n_written] = _LOWERED
            n_written += 1
        out[n_written] = 10
        n_written += 1
    return n_written
