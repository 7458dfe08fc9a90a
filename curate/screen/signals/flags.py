"""What a character is to the web signals: one number of yes-or-no facts for each code point.

A character of a row is one number: its code point in the lower half, its facts in the upper. They
are read from `characters.npz`, which `characters.py` makes, so that signals are the same whatever
the Python. A character beyond N_CODES has none of them.
"""

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from curate.screen.words import N_CODES

Characters = NDArray[np.int64]
CHARACTERS = Path(__file__).with_name("characters.npz")

CODE = (1 << 32) - 1
"""The half of a character that is its code point."""

ALPHA = 1 << 32
"""A letter or mark of a script, as a word's inner full stops, commas and hyphens are judged by."""
LOWER = 1 << 33
"""A small letter, or a letter of a script without case."""
UPPER = 1 << 34
"""A capital, or a letter of a script without case."""
OPENING = 1 << 35
"""Parted from the beginning of a word."""
CLOSING = 1 << 36
"""Parted from the end of a word."""
SYMBOL = 1 << 37
"""Parted wherever it stands: category So, the ellipsis."""
INNER = 1 << 38
"""May part a word in the middle, by what stands beside it."""
QUOTE = 1 << 39
BEFORE_STOP = 1 << 40
"""A full stop at the end of a word is parted from it."""
CURRENCY = 1 << 41
SPACE = 1 << 42
BREAK = 1 << 43
"""Ends a line, as `str.splitlines` has it."""
LETTER = 1 << 44
"""Categories L: what `str.isalpha` is true of."""
MARK = 1 << 45
"""A word of these alone is no word to Gopher's rules: punctuation on keyboards, and controls."""
TERMINAL = 1 << 46
"""Ends a sentence in some script (Unicode's Sentence_Terminal, more or less)."""
PUNCTUATION = 1 << 47
"""Categories P."""


@cache
def characters() -> Characters:
    """(N_CODES,) each character."""
    with np.load(CHARACTERS) as stored:
        flags: Characters = stored["flags"].astype(np.int64) << 32
    return np.arange(N_CODES) | flags
