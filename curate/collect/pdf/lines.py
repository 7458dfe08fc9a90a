"""Characters of a page -> its lines, with their text. Compiled; reads and writes arrays.

A line is a run of characters on one baseline without a wide gap, so a row of two columns is two
lines. The cells of a table's row are one line, with a tab between them. Numbers and words set
above the baseline stand between RAISED and LOWERED.
"""

import re
from functools import cache

import numpy as np
from numpy.typing import NDArray

from curate.collect.pdf.compiled import kernel

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
        ("starts", np.bool_),
        ("n_letters", np.int32),
        ("n_words", np.int32),
        ("n_in_words", np.int32),
    ]
)
"""One line: its ends and baseline in points, the size and font of most of its characters, how many
of them are bold or italic, its first and last character (exclusive), the block it belongs to, and
of that block the edges and the usual step from one baseline to the next; whether it begins a new
piece; how many letters it has, how many runs of two letters or more, how many letters in those."""

RAISED, LOWERED = "\ue000", "\ue001"
"""Around what is set above the baseline; characters of private use, which no text keeps."""
_RAISED, _LOWERED = 0xE000, 0xE001
_HYPHEN = 2
"""What pdfium gives for a hyphen at the end of a line."""

WIDE = 1.5
"""Gap that ends a line, in sizes: wider than almost all spaces of justified text."""


LETTERS = re.compile(r"[^\W\d_]+")
N_TOLD = 0x20000
"""Characters below are looked up; above, all that papers print are letters."""


@cache
def letters() -> NDArray[np.bool_]:
    """(N_TOLD,) whether each character is a letter."""
    told = np.zeros(N_TOLD, np.bool_)
    every = np.arange(N_TOLD, dtype=np.uint32).tobytes().decode("utf-32-le", "surrogatepass")
    for run in LETTERS.finditer(every):
        told[run.start() : run.end()] = True
    return told


@kernel
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


@kernel
def _line(
    rows: NDArray[np.void],
    first: int,
    last: int,
    base: float,
    main: float,
    styles: NDArray[np.int32],
    line: np.void,
) -> None:
    """Describe the line of characters `first` to `last`.

    Six sizes and six fonts are counted; slot 6 is for all others. A character like the one before
    it has the same slots.
    """
    x0, x1 = rows[first]["x0"], rows[first]["x1"]
    bold, italic, style = 0, 0, 0
    sizes, weights = np.zeros(7, np.float32), np.zeros(7, np.int32)
    fonts, uses = np.zeros(7, np.int32), np.zeros(7, np.int32)
    size, font = np.float32(-1), np.int32(-1)
    own, used = 6, 6
    for position in range(first, last):
        row = rows[position]
        x0, x1 = min(x0, row["x0"]), max(x1, row["x1"])
        if row["size"] != size:
            size = row["size"]
            own = 0
            while own < 6 and weights[own] > 0 and abs(sizes[own] - size) >= 0.3:
                own += 1
            sizes[own] = size
        weights[own] += 1
        if row["font"] != font:
            font = row["font"]
            style = int(styles[font])
            used = 0
            while used < 6 and uses[used] > 0 and fonts[used] != font:
                used += 1
            fonts[used] = font
        uses[used] += 1
        bold += style & 1
        italic += (style >> 1) & 1
    weights[6], uses[6] = 0, 0
    line["x0"], line["x1"], line["y"] = x0, x1, base
    line["size"] = sizes[np.argmax(weights)]
    line["font"] = fonts[np.argmax(uses)]
    line["direction"] = rows[first]["direction"]
    line["n_characters"], line["n_bold"], line["n_italic"] = last - first, bold, italic
    line["n_cells"], line["first"], line["last"], line["block"] = 1, first, last, -1


@kernel
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


@kernel
def mark_starts(lines: NDArray[np.void], order: NDArray[np.int32], same: NDArray[np.int32]) -> None:
    """Tell which lines begin a new piece for their place and look. `same`: fonts of one name."""
    for position, place in enumerate(order):
        line = lines[place]
        line["starts"] = position == 0 or _starts(line, lines[order[position - 1]], same)


@kernel
def _starts(line: np.void, before: np.void, same: NDArray[np.int32]) -> bool:
    """Whether a line differs from the one before it as two lines of a paragraph do not."""
    if line["block"] != before["block"]:
        return True
    size, step = float(line["size"]), float(before["y"]) - float(line["y"])
    if abs(size - before["size"]) > 0.08 * size or step > 1.3 * float(line["leading"]) + 0.5:
        return True
    bold = line["n_bold"] / line["n_characters"]
    was_bold = before["n_bold"] / before["n_characters"]
    if (bold > 0.8 and was_bold < 0.3) or (bold < 0.3 and was_bold > 0.8):
        return True
    short = float(before["x1"]) < float(line["right"]) - 3 * size
    return bool(short and same[line["font"]] != same[before["font"]])


@kernel
def write(
    rows: NDArray[np.void],
    lines: NDArray[np.void],
    order: NDArray[np.int32],
    is_letter: NDArray[np.bool_],
    out: NDArray[np.uint32],
) -> int:
    """The lines' text in this order, each ended by a line feed; how many characters it has.

    Sets what a line tells of its letters. `out` has room for 4 characters a row.
    """
    n_written = 0
    for place in order:
        line = lines[place]
        raised = False
        run = 0
        line["n_letters"], line["n_words"], line["n_in_words"] = 0, 0, 0
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
                    run = 0
                elif gap > 0.3 * line["size"] or (
                    row["blank"] and (gap > 0.06 * line["size"] or not small)
                ):
                    out[n_written] = 32
                    n_written += 1
                    run = 0
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
            if code >= len(is_letter) or is_letter[code]:
                run += 1
                line["n_letters"] += 1
                line["n_words"] += run == 2
                line["n_in_words"] += 2 if run == 2 else run > 2
            else:
                run = 0
        if raised:
            out[n_written] = _LOWERED
            n_written += 1
        out[n_written] = 10
        n_written += 1
    return n_written
