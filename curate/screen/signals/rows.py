"""A row of UTF-8 as numbers, one a character: its code point and its flags, see `flags.py`.

A place is a character's number in its row. Bytes that are no UTF-8 are one character each, read as
U+0000.
"""

from typing import cast

import numpy as np

from curate.screen.kernels import Bytes
from curate.screen.signals.flags import CODE, SPACE, Characters
from curate.screen.signals.parts import ZERO, part
from curate.screen.words import N_CODES, decoded

FULL_STOP, NEWLINE, SLASH = cast(tuple[int, int, int], tuple(np.array([ord(c) for c in ".\n/"])))


@part
def decode(text: Bytes, start: int, end: int, known: Characters, row: Characters) -> int:
    """Fill in the characters of `text[start:end]`; how many they are."""
    n = ZERO
    at = start
    while at < end:
        code, n_bytes = np.uint32(text[at]), 1
        if code >= 128:
            code, n_bytes = decoded(text, at, end)
        row[n] = known[code] if code < N_CODES else int(code)
        n += 1
        at += n_bytes
    return n


@part
def is_digit(character: int) -> bool:
    """Whether a character is one of 0 to 9."""
    return 48 <= character & CODE <= 57


@part
def run(row: Characters, begin: int, end: int, code: int) -> int:
    """How often a character stands from `begin` on, in a row."""
    at = begin
    while at < end and row[at] & CODE == code:
        at += 1
    return at - begin


@part
def filled(row: Characters, begin: int, end: int) -> tuple[int, int]:
    """Where a text begins and ends without the white space round it; nothing is `(end, end)`."""
    while begin < end and row[begin] & SPACE:
        begin += 1
    while end > begin and row[end - 1] & SPACE:
        end -= 1
    return begin, end
