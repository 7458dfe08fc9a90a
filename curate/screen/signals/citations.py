r"""Places of a row where something is cited. Kernels over one row.

A place is one bracket or one command, however many works it names: `[12]`, `[3, 4-7]`, `[@a19]`,
`(Smith et al., 2019; Lee 2020)`, `\cite{smith19}` and its like. A year in round brackets after a
name, `Smith (2019)`, is one too. Formulae and code are left out, but for commands.
"""

import numpy as np

from curate.screen.kernels import Bytes
from curate.screen.signals.glyphs import Kinds
from curate.screen.signals.latex import is_ascii_letter
from curate.screen.signals.parts import part
from curate.screen.signals.zones import TEXT

LONGEST = 300
"""Bytes within a bracket that cites."""
_LISTS = np.zeros(256, np.bool_)
_LISTS[list(" ,-;–".encode())] = True


@part
def count(text: Bytes, start: int, end: int, zones: Kinds) -> int:
    """Places that cite."""
    n_places, at = 0, start
    while at < end:
        byte = text[at]
        stop = -1
        if byte == 91 and zones[at - start] == TEXT:
            stop = _numbers_or_keys(text, at + 1, end)
        elif byte == 40 and zones[at - start] == TEXT:
            stop = _author_and_year(text, at + 1, start, end)
        elif byte == 92:
            stop = _command(text, at + 1, end)
        n_places += stop > 0
        at = max(at + 1, stop)
    return n_places


@part
def _numbers_or_keys(text: Bytes, at: int, end: int) -> int:
    """Where a bracket ends that holds numbers or keys, such as `3, 4-7` or `@smith19`; or -1."""
    limit = min(end, at + LONGEST)
    has_key = at < limit and (
        text[at] == 64 or (text[at] == 45 and at + 1 < limit and text[at + 1] == 64)
    )
    n_digits = 0
    for place in range(at, limit):
        byte = text[place]
        if byte == 93:
            linked = place + 1 < end and text[place + 1] == 40
            return place + 1 if (has_key or n_digits > 0) and not linked else -1
        if byte == 10 or byte == 91:
            return -1
        if not has_key:
            digit = 48 <= byte <= 57
            n_digits = n_digits + 1 if digit else (n_digits > 0) * 1
            if not (digit or _LISTS[byte]) or n_digits > 5:
                return -1
    return -1


@part
def is_year(text: Bytes, at: int, end: int) -> bool:
    """Whether a number of four digits stands here that is 1500 to 2099."""
    if at + 4 > end or (at + 4 < end and 48 <= text[at + 4] <= 57):
        return False
    for place in range(at, at + 4):
        if not 48 <= text[place] <= 57:
            return False
    century = (text[at] - 48) * 10 + text[at + 1] - 48
    return bool(15 <= century <= 20)


@part
def _author_and_year(text: Bytes, at: int, start: int, end: int) -> int:
    """Where a bracket ends that holds a name and behind it a year, or follows a name; or -1."""
    limit = min(end, at + LONGEST)
    named = at >= start + 3 and text[at - 2] == 32 and is_ascii_letter(text[at - 3])
    alone = at < limit and is_year(text, at, end)
    found = named and alone and _is_name(text, at - 3, start)
    capital, begins = False, not alone
    for place in range(at, limit):
        byte = text[place]
        if byte == 41:
            return place + 1 if found else -1
        if byte == 40 or (byte == 10 and place + 1 < end and text[place + 1] == 10):
            return -1
        capital = capital or (begins and 65 <= byte <= 90)
        if capital and 49 <= byte <= 50 and text[place - 1] == 32:
            found = found or is_year(text, place, end)
    return -1


@part
def _is_name(text: Bytes, at: int, start: int) -> bool:
    """Whether the word that ends here has a capital, or is the `al` of `et al`."""
    n = 0
    while at >= start and is_ascii_letter(text[at]) and n < 40:
        at -= 1
        n += 1
    return n > 0 and (65 <= text[at + 1] <= 90 or (n == 2 and text[at + 1] == 97))


@part
def _command(text: Bytes, at: int, end: int) -> int:
    """Where a command ends whose name begins or ends with `cite`, with its `{`; or -1."""
    stop = at
    while stop < end and is_ascii_letter(text[stop]):
        stop += 1
    if stop - at < 4 or stop - at > 20:
        return -1
    name_begins = _cite(text, at)
    name_ends = _cite(text, stop - 4) or (
        stop - at > 5 and (text[stop - 1] == 112 or text[stop - 1] == 116) and _cite(text, stop - 5)
    )
    if not (name_begins or name_ends):
        return -1
    while stop < end and (text[stop] == 42 or text[stop] == 32):
        stop += 1
    if stop < end and text[stop] == 91:
        limit = min(end, stop + LONGEST)
        while stop < limit and text[stop] != 123:
            stop += 1
    return stop + 1 if stop < end and text[stop] == 123 else -1


@part
def _cite(text: Bytes, at: int) -> bool:
    same = text[at + 1] | 32 == 105 and text[at + 2] | 32 == 116 and text[at + 3] | 32 == 101
    return bool(text[at] | 32 == 99 and same)
