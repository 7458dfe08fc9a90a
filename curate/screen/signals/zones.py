"""Where a row is prose, where a formula, and where code.

Formulae are read by `latex.py`. Code is what stands in fences of three backticks or tildes, an
unclosed fence to the end of the row, and what stands between backticks within a paragraph. Each
byte is looked at once, but for a closing backtick, which is looked for in the next `CODE_BYTES`.

Source: CommonMark 0.31, code spans and fenced code blocks.
"""

import numpy as np

from curate.screen.kernels import Bytes
from curate.screen.signals import latex
from curate.screen.signals.glyphs import Kinds
from curate.screen.signals.latex import N_FORMULAS, N_OPEN, NOTHING, OPENED, State
from curate.screen.signals.parts import ZERO, part

TEXT, FORMULA, CODE = np.uint8(0), np.uint8(1), np.uint8(2)
"""Zones of a row."""
CODE_BYTES = 200
_MARKS = np.zeros(256, np.bool_)
_MARKS[[ord(one) for one in "\n$\\`{}"]] = True


@part
def mark(text: Bytes, start: int, end: int, zones: Kinds, state: State) -> tuple[int, int]:
    r"""Note the zone of every byte of a row.

    Args:
        text: bytes of all rows.
        start: where the row begins.
        end: where it ends.
        zones: (>= end - start,), filled with TEXT, FORMULA or CODE, delimiters included.
        state: (latex.N_STATE,), overwritten.

    Returns:
        Formulae; and what is open or closes nothing: delimiters, environments, \left, \right,
        and braces of formulae and commands.
    """
    _fill(zones, ZERO, end - start, TEXT)
    state[:] = 0
    at, fence = _fenced(text, start, start, end, zones, ZERO)
    while at < end:
        byte = text[at]
        if not _MARKS[byte]:
            at += 1
            continue
        length, closed = 1, False
        if byte == 36:
            length, closed = latex.dollar(text, at, end, state)
        elif byte == 92:
            length, closed = latex.backslash(text, at, end, state)
        elif byte == 96:
            length = _inline_code(text, at, start, end, zones, state)
        elif byte == 10:
            length = _line_ends(text, at, end, state)
            if state[OPENED] == NOTHING:
                stop, fence = _fenced(text, at + length, start, end, zones, fence)
                length = stop - at
        else:
            latex.brace(text, at, start, state)
        if closed:
            _fill(zones, state[latex.OPENER] - start, at + length - start, FORMULA)
            latex.ends(text, end, state, True)
        at += length
    if state[OPENED] != NOTHING:
        latex.ends(text, end, state, False)
    return state[N_FORMULAS], state[N_OPEN] + state[latex.BRACES] + state[latex.LEVEL]


@part
def _fill(zones: Kinds, begin: int, end: int, zone: np.uint8) -> None:
    for place in range(begin, end):
        zones[place] = zone


@part
def run_length(text: Bytes, at: int, end: int) -> int:
    """How often the byte that stands here stands in a row."""
    stop = at
    while stop < end and text[stop] == text[at]:
        stop += 1
    return stop - at


@part
def _inline_code(text: Bytes, at: int, start: int, end: int, zones: Kinds, state: State) -> int:
    """Bytes of the backticks that stand here, and of the code that they enclose."""
    width = run_length(text, at, end)
    if state[OPENED] != NOTHING:
        return width
    place = at + width
    stop = min(end, place + CODE_BYTES)
    while place < stop:
        if text[place] == 10 and place + 1 < end and text[place + 1] == 10:
            break
        begins = text[place] == 96 and text[place - 1] != 96
        if begins and run_length(text, place, min(end, place + width + 1)) == width:
            _fill(zones, at - start, place + width - start, CODE)
            return place + width - at
        place += 1
    return width


@part
def _line_ends(text: Bytes, at: int, end: int, state: State) -> int:
    """Bytes of a line break and of blank lines behind it, which end a formula between dollars."""
    stop, place = at + 1, at + 1
    while place < end and (text[place] == 32 or 9 <= text[place] <= 13):
        if text[place] == 10:
            stop = place + 1
        place += 1
    opened = state[OPENED]
    if stop > at + 1 and opened != NOTHING and opened != latex.ENVIRONMENT:
        latex.ends(text, end, state, False)
    return stop - at


@part
def _fenced(
    text: Bytes, at: int, start: int, end: int, zones: Kinds, fence: int
) -> tuple[int, int]:
    """Where the lines of code end that begin here, and the byte of the fence still open, or 0."""
    while at < end:
        found = _fence(text, at, end)
        if fence == 0 and found == 0:
            break
        stop = at
        while stop < end and text[stop] != 10:
            stop += 1
        _fill(zones, at - start, stop - start, CODE)
        if fence == 0 or fence == found:
            fence = found - fence
        at = min(stop + 1, end)
    return at, fence


@part
def _fence(text: Bytes, at: int, end: int) -> int:
    """The byte of which a fence of code is made that this line begins with, or 0."""
    while at < end and text[at] == 32:
        at += 1
    if at < end and (text[at] == 96 or text[at] == 126) and run_length(text, at, end) >= 3:
        return int(text[at])
    return 0
