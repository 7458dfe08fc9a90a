"""Sentences of a row, and whether it begins or ends within one. Kernels over one row.

A sentence ends at a word with . ! ? : or … behind it, and the closing marks and citations behind
these, where the next word begins with something else than a small letter or a digit, or the
paragraph ends. It is complete if it begins with no small letter and has its end mark. A first word
with a capital or a digit in it (mRNA, p53) begins one, a formula begins and ends one. Headings,
tables, images and code are no sentences; items of lists need no end mark.

Source: our own; C4 asks each line for an end mark, which formulae and tables do not have.
"""

from curate.screen.kernels import Bytes
from curate.screen.signals.glyphs import (
    BREAK,
    CYRILLIC,
    DIGIT,
    FIRST,
    LOWER,
    PARAGRAPH,
    UPPER,
    Kinds,
    Places,
    Reading,
)
from curate.screen.signals.parts import ZERO, part
from curate.screen.signals.zones import CODE, FORMULA, TEXT

NONE, SMALL, NUMBER, FULL = 0, 1, 2, 3
"""How a token begins: with no letter, digit or formula; within a sentence; with a digit; else."""
LONGEST_CITATION = 60
_INSIDE_WORD = 1 << UPPER | 1 << DIGIT


@part
def sentences(
    text: Bytes, start: int, row: Reading, n_tokens: int, zones: Kinds
) -> tuple[int, int, bool, bool]:
    """Sentences; complete ones; whether the first lacks its beginning, and the last its end."""
    n_found, n_complete = 0, 0
    cut_start, cut_end = False, False
    begins, ends, bits = row.begins, row.ends, row.bits
    first = ZERO
    while first < n_tokens:
        byte, length = text[start + begins[first]], ends[first] - begins[first]
        image = byte == 33 and length > 1 and text[start + begins[first] + 1] == 91
        other = byte == 35 or byte == 124 or image or zones[begins[first]] == CODE
        item = _is_item(byte, length)
        last = first + 1
        while last < n_tokens:
            length = ends[last] - begins[last]
            if bits[last] & FIRST != 0 and _parts(text[start + begins[last]], length, bits[last]):
                break
            last += 1
        cut_end = False
        if not other:
            found, complete, opened, closed = _in_paragraph(
                text, start, row.kinds, begins, ends, bits, first, last, zones
            )
            n_found += found
            n_complete += complete
            cut_start = cut_start or (first == 0 and not opened)
            cut_end = not closed and not item
        first = last
    return n_found, n_complete, cut_start, cut_end


@part
def _parts(byte: int, length: int, bits: int) -> bool:
    """Whether the first token of a line begins a paragraph: behind a blank line, or as a mark."""
    block = byte == 35 or byte == 124 or byte == 62 or byte == 96 or byte == 33
    return bits & PARAGRAPH != 0 or block or _is_item(byte, length)


@part
def _is_item(byte: int, length: int) -> bool:
    """Whether a token is the mark of a list's item."""
    return length == 1 and (byte == 42 or byte == 43 or byte == 45)


@part
def _in_paragraph(
    text: Bytes,
    start: int,
    kinds: Kinds,
    token_begins: Places,
    token_ends: Places,
    bits: Places,
    first: int,
    last: int,
    zones: Kinds,
) -> tuple[int, int, bool, bool]:
    """(sentences, complete ones, does the first begin one, does the last end) of a paragraph."""
    n_found, n_complete = 0, 0
    first_begins, begins, inside, closed = True, True, False, False
    for token in range(first, last):
        at, behind = token_begins[token], token_ends[token]
        cited = False
        if closed or not inside:
            opening = _opening(text[start + at], kinds, at, behind, bits[token], zones)
            if inside and opening == FULL:
                n_found += 1
                n_complete += begins
                inside = False
            if not inside and opening != NONE:
                begins, inside = opening != SMALL, True
                first_begins = first_begins and (n_found > 0 or begins)
            cited = closed and opening != SMALL and opening <= NUMBER and text[start + at] == 91
        kind = kinds[behind - 1]
        closed = cited or zones[behind - 1] != TEXT or kind < LOWER or kind > DIGIT
        if closed and not cited:
            closed = _closing(text, start, at, behind, token + 1 == last, zones)
    if not inside:
        return n_found, n_complete, first_begins, True
    return n_found + 1, n_complete + (begins and closed), first_begins, closed


@part
def _opening(byte: int, kinds: Kinds, at: int, behind: int, bits: int, zones: Kinds) -> int:
    """How a token begins, whose first byte this is."""
    if byte == 44 or byte == 59 or byte == 41:
        return SMALL
    if at > 0 and kinds[at - 1] <= BREAK and zones[at] != TEXT and zones[at - 1] != TEXT:
        return NONE  # it goes on with a formula
    while at < behind and zones[at] == TEXT and not LOWER <= kinds[at] <= DIGIT:
        at += 1
    if at == behind:
        return NONE
    if zones[at] != TEXT:
        return FULL
    if kinds[at] != LOWER:
        return FULL if kinds[at] <= CYRILLIC else NUMBER
    return FULL if bits & _INSIDE_WORD != 0 or zones[behind - 1] != TEXT else SMALL


@part
def _closing(text: Bytes, start: int, at: int, behind: int, final: bool, zones: Kinds) -> bool:
    """Whether a token has an end mark at its end; a formula ends what nothing follows."""
    last = behind - 1
    while last >= at:
        if zones[last] != TEXT:
            return final and zones[last] == FORMULA
        byte = text[start + last]
        if byte == 46 or byte == 33 or byte == 63 or byte == 58:
            return True
        if byte >= 128 and _is_wide_mark(text, start + last, start + at):
            return True
        n_closing = _closing_mark(text, start + last, start + at)
        if n_closing == 0:
            return False
        last -= n_closing
    return False


@part
def _is_wide_mark(text: Bytes, last: int, at: int) -> bool:
    """Whether an ellipsis or a full stop, ! or ? of East Asia ends here."""
    if last < at + 2:
        return False
    a, b, c = text[last - 2], text[last - 1], text[last]
    ellipsis = a == 226 and b == 128 and c == 166
    return bool(ellipsis or (a == 227 and b == 128 and c == 130) or (a == 239 and b == 188))


@part
def _closing_mark(text: Bytes, last: int, at: int) -> int:
    """Bytes of the closing quote, bracket, emphasis or citation `[12]` that ends here."""
    byte = text[last]
    if byte == 93:
        for place in range(last - 1, max(at, last - LONGEST_CITATION) - 1, -1):
            if text[place] == 91:
                return last - place + 1
    if byte < 128:
        mark = byte == 41 or byte == 93 or byte == 34 or byte == 39 or byte == 42 or byte == 95
        return 1 if mark else 0
    if byte == 187 and last > at and text[last - 1] == 194:
        return 2
    quote = (byte == 153 or byte == 157) and last > at + 1
    return 3 if quote and text[last - 1] == 128 and text[last - 2] == 226 else 0
