"""Lines of a row that are a table, or an entry of a list of references. Kernels over one row.

A line is a table's if it begins with a bar and another one bounds a cell, if it has two tabs or
three gaps of two spaces between its cells, or if it has three tokens and more than half of them are
numbers. It is an entry if it has a year, the initials of a name, and one of: volume and pages, a
DOI, a second pair of initials; and no more than ENTRY_BYTES for each year. Both are good science.

Source: our own.
"""

from curate.screen.kernels import Bytes
from curate.screen.signals.citations import is_year
from curate.screen.signals.glyphs import (
    CONTINUED,
    CYRILLIC,
    DIGIT,
    FIRST,
    LETTER,
    LOOKALIKE,
    LOWER,
    SYMBOL,
    UPPER,
    Kinds,
    Reading,
)
from curate.screen.signals.parts import ZERO, part
from curate.screen.signals.zones import CODE

ENTRY_BYTES = 700
_LETTERS = 1 << LOWER | 1 << UPPER | 1 << LETTER | 1 << LOOKALIKE | 1 << CYRILLIC


@part
def characters(
    text: Bytes, start: int, row: Reading, n_tokens: int, zones: Kinds
) -> tuple[int, int]:
    """Characters, white space left out, in lines of tables and in entries of references.

    Args:
        text: bytes of all rows.
        start: where the row begins.
        row: of `glyphs.read`.
        n_tokens: of `glyphs.read`.
        zones: of `zones.mark`.
    """
    n_table, n_entries = 0, 0
    first = ZERO
    while first < n_tokens:
        last = first + 1
        while last < n_tokens and row.bits[last] & FIRST == 0:
            last += 1
        if zones[row.begins[first]] != CODE:
            if _is_table(text, start, row, first, last):
                n_table += _ink(row, first, last)
            elif _is_entry(text, start, row, first, last):
                n_entries += _ink(row, first, last)
        first = last
    return n_table, n_entries


@part
def _ink(row: Reading, first: int, last: int) -> int:
    """Characters of these tokens."""
    n_ink = 0
    for token in range(first, last):
        n_ink += row.ends[token] - row.begins[token]
        if row.bits[token] & (1 << CONTINUED) != 0:
            for place in range(row.begins[token], row.ends[token]):
                n_ink -= row.kinds[place] == CONTINUED
    return n_ink


@part
def _is_table(text: Bytes, start: int, row: Reading, first: int, last: int) -> bool:
    barred = text[start + row.begins[first]] == 124
    n_tabs, n_gaps, n_numbers, n_bars = 0, 0, 0, 0
    for token in range(first, last):
        begin, behind = row.begins[token], row.ends[token]
        n_numbers += row.bits[token] & _LETTERS == 0
        if token > first:
            n_tabs += text[start + begin - 1] == 9
            n_gaps += begin - row.ends[token - 1] > 1
        if barred and row.bits[token] & (1 << SYMBOL) != 0:
            n_bars += text[start + behind - 1] == 124 and (token > first or behind > begin + 1)
    if n_bars > 0 or n_tabs > 1 or n_gaps > 2:
        return True
    return last - first > 2 and 2 * n_numbers > last - first


@part
def _is_entry(text: Bytes, start: int, row: Reading, first: int, last: int) -> bool:
    n_years, n_initials, n_sources = 0, 0, 0
    for token in range(first, last):
        bits = row.bits[token]
        at, behind = start + row.begins[token], start + row.ends[token]
        if bits & (1 << UPPER) != 0:
            named = token > first and row.kinds[row.ends[token - 1] - 1] == LOWER
            n_initials += _is_initial(text, at, behind, start, row.kinds, named)
        if bits & (1 << DIGIT) != 0:
            for place in range(at, behind):
                if row.kinds[place - start] == DIGIT:
                    if place == at or row.kinds[place - 1 - start] != DIGIT:
                        n_years += is_year(text, place, behind)
                        n_sources += _is_doi(text, place, behind)
                    n_sources += _is_volume(text, place, behind)
    if n_years == 0 or n_initials == 0 or n_initials + n_sources < 2:
        return False
    return bool(row.ends[last - 1] - row.begins[first] <= ENTRY_BYTES * n_years)


@part
def _is_doi(text: Bytes, place: int, behind: int) -> bool:
    """Whether `10.` and four digits stand here."""
    if place + 7 > behind or text[place] != 49 or text[place + 1] != 48 or text[place + 2] != 46:
        return False
    n_digits = 0
    for digit in range(place + 3, place + 7):
        n_digits += 48 <= text[digit] <= 57
    return n_digits == 4


@part
def _is_volume(text: Bytes, place: int, behind: int) -> bool:
    """Whether this digit is the last before `:3` or `(3`."""
    if place + 2 >= behind or (text[place + 1] != 58 and text[place + 1] != 40):
        return False
    return bool(48 <= text[place + 2] <= 57)


@part
def _is_initial(text: Bytes, at: int, behind: int, start: int, kinds: Kinds, named: bool) -> bool:
    """Whether a token begins with `J.`, as at a name, or is `JA,`, as behind one."""
    if kinds[at - start] != UPPER or at + 1 >= behind:
        return False
    if text[at + 1] == 46:
        after = int(text[at + 2]) if at + 2 < behind else 32
        return after == 32 or after == 44 or after == 45 or 65 <= after <= 90
    last = at + 1 if kinds[at + 1 - start] == UPPER else at
    if not named or last + 2 != behind:
        return False
    mark = text[last + 1]
    return bool(mark == 44 or mark == 46 or mark == 59 or mark == 58)
