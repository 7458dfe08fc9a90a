r"""Formulae and what LaTeX opens: a small machine that is fed marks from left to right.

Formulae are `$…$` as Pandoc reads them (no space inside the dollars, no digit behind the closing
one, no blank line within), `$$…$$`, `\(…\)`, `\[…\]` and the environments of `ENVIRONMENTS`.
A dollar before a digit that nothing closes is money.

Source: Pandoc's manual, extension `tex_math_dollars`.
"""

import numpy as np
from numpy.typing import NDArray

from curate.screen.kernels import Bytes
from curate.screen.signals.parts import ZERO, part

State = NDArray[np.int64]

ENVIRONMENTS = ("equation", "align", "gather", "multline", "eqnarray", "displaymath", "flalign")
OPENED, OPENER, LEVEL, BASE, OUTSIDE, BRACES, LEFTS, N_OPEN, N_FORMULAS = range(9)
"""Of a State: by what a formula is open (NOTHING, …), where; environments that are open, and that
were when the formula began; braces that were; braces and \\left that are open in it; what was found
to be open or to close nothing; formulae."""
N_STATE = 9
NOTHING, DOLLAR, DOLLARS, ROUND, SQUARE, ENVIRONMENT = range(6)

_NAMES = np.zeros((len(ENVIRONMENTS), max(map(len, ENVIRONMENTS))), np.uint8)
for _row, _name in enumerate(ENVIRONMENTS):
    _NAMES[_row, : len(_name)] = np.frombuffer(_name.encode(), np.uint8)
_LEFT = np.frombuffer(b"\\left", np.uint8)
_RIGHT = np.frombuffer(b"\\right", np.uint8)
_BEGIN = np.frombuffer(b"\\begin{", np.uint8)
_END = np.frombuffer(b"\\end{", np.uint8)


@part
def is_ascii_letter(byte: int) -> bool:
    """Whether a byte is A to Z or a to z."""
    return 97 <= (byte | 32) <= 122


@part
def stands(text: Bytes, at: int, end: int, word: Bytes) -> bool:
    """Whether these bytes stand here; a zero ends `word`."""
    for place in range(len(word)):
        if word[place] == 0:
            break
        if at + place >= end or text[at + place] != word[place]:
            return False
    return True


@part
def opens(state: State, at: int, opener: int) -> None:
    """A formula begins here."""
    state[OPENED], state[OPENER] = opener, at
    state[OUTSIDE], state[BRACES], state[LEFTS] = state[BRACES], 0, 0
    state[BASE] = state[LEVEL]


@part
def ends(text: Bytes, end: int, state: State, whole: bool) -> None:
    """The open formula ends: by its own mark, or because it cannot go on."""
    money = state[OPENED] == DOLLAR and _is_digit(text, state[OPENER] + 1, end)
    state[N_OPEN] += state[BRACES] + state[LEFTS] + (not whole and not money)
    state[N_FORMULAS] += whole
    state[OPENED], state[BRACES], state[LEFTS] = NOTHING, state[OUTSIDE], 0


@part
def _is_digit(text: Bytes, at: int, end: int) -> bool:
    return at < end and 48 <= text[at] <= 57


@part
def _is_blank(text: Bytes, at: int, end: int) -> bool:
    """Whether white space stands here, or the row ends."""
    return at >= end or text[at] == 32 or 9 <= text[at] <= 13


@part
def dollar(text: Bytes, at: int, end: int, state: State) -> tuple[int, bool]:
    """(bytes of the mark, whether it closes a formula) of a dollar."""
    double = at + 1 < end and text[at + 1] == 36
    if state[OPENED] == DOLLARS:
        return (2, True) if double else (1, False)
    if state[OPENED] == DOLLAR:
        if not _is_blank(text, at - 1, end) and not _is_digit(text, at + 1, end):
            return 1, True
        if not _is_blank(text, at + 1, end):  # it opens one, so the one before was none
            ends(text, end, state, False)
            opens(state, at, ZERO + DOLLAR)
        return 1, False
    if state[OPENED] == NOTHING and (double or not _is_blank(text, at + 1, end)):
        opens(state, at, DOLLARS if double else DOLLAR)
    return (2 if double else 1), False


@part
def brace(text: Bytes, at: int, start: int, state: State) -> None:
    """A brace counts in formulae, and where a command opened one; elsewhere it is a brace."""
    if text[at] == 123:
        follows = at > start and (text[at - 1] == 93 or text[at - 1] == 125)
        state[BRACES] += state[OPENED] != NOTHING or state[BRACES] > 0 or follows
    elif state[BRACES] > 0:
        state[BRACES] -= 1
    elif state[OPENED] != NOTHING:
        state[N_OPEN] += 1


@part
def backslash(text: Bytes, at: int, end: int, state: State) -> tuple[int, bool]:
    """(bytes of the mark, whether it closes a formula) of a backslash and what follows."""
    after = int(text[at + 1]) if at + 1 < end else 32
    if is_ascii_letter(after):
        return _command(text, at, end, state)
    if (after == 40 or after == 91) and state[OPENED] == NOTHING:
        opens(state, at, ROUND if after == 40 else SQUARE)
    closed = (after == 41 and state[OPENED] == ROUND) or (after == 93 and state[OPENED] == SQUARE)
    return 1 if at + 1 == end or after >= 128 else 2, closed


@part
def _command(text: Bytes, at: int, end: int, state: State) -> tuple[int, bool]:
    stop = at + 1
    while stop < end and is_ascii_letter(text[stop]):
        stop += 1
    length = stop - at
    if length == 6 and stands(text, at, end, _BEGIN):
        if state[OPENED] == NOTHING and _is_mathematics(text, at + 7, end):
            opens(state, at, ZERO + ENVIRONMENT)
        state[LEVEL] += 1
        state[BRACES] += 1
        return 7, False
    if length == 4 and stands(text, at, end, _END):
        return _environment_ends(text, at, end, state)
    if length == 5 and stands(text, at, end, _LEFT):
        state[LEFTS] += 1
    elif length == 6 and stands(text, at, end, _RIGHT):
        state[LEFTS] -= 1
        if state[LEFTS] < 0:
            state[LEFTS], state[N_OPEN] = 0, state[N_OPEN] + 1
    elif stop < end and text[stop] == 123:
        state[BRACES] += 1
        length += 1
    return length, False


@part
def _environment_ends(text: Bytes, at: int, end: int, state: State) -> tuple[int, bool]:
    stop = at + 5
    while stop < end and (is_ascii_letter(text[stop]) or text[stop] == 42):
        stop += 1
    stop += stop < end and text[stop] == 125
    state[LEVEL] -= 1
    if state[LEVEL] < 0:
        state[LEVEL], state[N_OPEN] = 0, state[N_OPEN] + 1
    return stop - at, state[OPENED] == ENVIRONMENT and state[LEVEL] <= state[BASE]


@part
def _is_mathematics(text: Bytes, at: int, end: int) -> bool:
    """Whether the name of an environment that stands here is one of ENVIRONMENTS."""
    n_found = 0
    for row in range(len(_NAMES)):
        n_found += stands(text, at, end, _NAMES[row])
    return n_found > 0
