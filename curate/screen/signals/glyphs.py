"""What each character of a row is, for the passes that follow: letter, digit, mark, or trouble.

The first pass over a row. It decodes UTF-8 once, notes a kind for every byte, and for every token
(a run without white space) where it stands and which kinds it has, so that the passes after it go
from token to token. Characters that hide, reorder or replace text are counted on the way.

Source: The Unicode Standard, chapter 23 (special areas and format characters), and UTS 39
(confusable characters) for the letters of other scripts that look like Latin ones.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from curate.screen import words
from curate.screen.kernels import Bytes
from curate.screen.signals.parts import part
from curate.screen.words import N_CODES, decoded

Kinds = NDArray[np.uint8]
Places = NDArray[np.int32]

SPACE, BREAK, CONTINUED, LOWER, UPPER, LETTER, LOOKALIKE, CYRILLIC, DIGIT, POINT, SYMBOL = range(11)
INVISIBLE, BIDI, CONTROL, REPLACEMENT, PRIVATE = range(11, 16)
"""Kinds. CONTINUED is any byte but a character's first, and a mark that sits on a letter; BREAK
ends a line; LOWER and UPPER are Latin; LOOKALIKE is Greek that looks like Latin; POINT is usual
punctuation; SYMBOL anything else that can be seen."""
N_KINDS = 16

POINTS = ".,;:!?'\"()-/[]&%‘’‚“”„«»‹›–—‐‑‒…¿¡·§、。，：；？！（）「」"
GREEK_LOOKALIKES = "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧοϲϳ"
"""Not ν, α, γ, ρ and τ: these stand beside Latin letters in good science (hν, TNFα, γδT)."""
SPACES = "\t\v\f\r \xa0\u1680\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
BREAKS = "\n\u2028\u2029"
BLANK_LETTERS = "\u115f\u1160\u3164\uffa0"
SUPERSCRIPTS = "²³¹⁰⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉"
_LATIN = ((0x41, 0x250), (0x1E00, 0x1F00))
_BIDI = ((0x202A, 0x202F), (0x2066, 0x206A))
_MARKS = (0x0300, 0x0370)


@cache
def table() -> Kinds:
    """(N_CODES,) the kind of each character; read-only, the same under any Python."""
    known = words.tables().kinds
    kinds = np.full(N_CODES, SYMBOL, np.uint8)
    kinds[(known == words.WORD) | (known == words.UNSPACED)] = LETTER
    kinds[known == words.IGNORED] = INVISIBLE
    kinds[slice(*_MARKS)] = CONTINUED
    for begin, end in _LATIN:
        for code in range(begin, end):
            if kinds[code] == LETTER:
                kinds[code] = UPPER if chr(code).isupper() else LOWER
    kinds[0x400:0x530][kinds[0x400:0x530] == LETTER] = CYRILLIC
    for begin, end in _BIDI:
        kinds[begin:end] = BIDI
    kinds[0:0x20] = kinds[0x7F:0xA0] = CONTROL
    kinds[0xE000:0xF900] = PRIVATE
    kinds[0xFFFD] = REPLACEMENT
    for characters, kind in (
        (GREEK_LOOKALIKES, LOOKALIKE),
        (SPACES, SPACE),
        (BREAKS, BREAK),
        (BLANK_LETTERS, INVISIBLE),
        (POINTS, POINT),
        ("0123456789" + SUPERSCRIPTS, DIGIT),
    ):
        kinds[[ord(one) for one in characters]] = kind
    kinds.flags.writeable = False
    return kinds


@part
def kind_of(code: np.uint32, known: Kinds) -> np.uint8:
    """The kind of one character, those beyond the table by their planes."""
    if code < N_CODES:
        return np.uint8(known[code])
    if 0xE0000 <= code < 0xE1000:
        return np.uint8(INVISIBLE)
    return np.uint8(PRIVATE) if code >= 0xF0000 else np.uint8(SYMBOL)


class Reading(NamedTuple):
    """What `read` finds of a row; memory for one thread, as long as the longest row has bytes."""

    kinds: Kinds
    """(bytes,)"""
    begins: Places
    """(bytes,) where each token begins, from the row's first byte."""
    ends: Places
    """(bytes,) behind its last byte."""
    bits: Places
    """(bytes,) a bit for each kind in it; FIRST, PARAGRAPH."""
    counts: NDArray[np.int64]
    """(N_KINDS,) characters of each kind from INVISIBLE on."""


FIRST, PARAGRAPH = 1 << 20, 1 << 21
"""Set where a token is the first of its line, and of what stands behind a blank line."""
MIXABLE = 1 << LOOKALIKE | 1 << CYRILLIC


def reading(n_bytes: int) -> Reading:
    """Memory for rows of up to this many bytes."""
    return Reading(
        np.empty(n_bytes, np.uint8),
        np.empty(n_bytes + 1, np.int32),
        np.empty(n_bytes + 1, np.int32),
        np.empty(n_bytes + 1, np.int32),
        np.empty(N_KINDS, np.int64),
    )


@part
def read(text: Bytes, start: int, end: int, known: Kinds, row: Reading) -> tuple[int, int, int]:
    """Note the kind of every byte of a row, and its tokens.

    Args:
        text: bytes of all rows.
        start: where the row begins.
        end: where it ends.
        known: of `table`.
        row: filled.

    Returns:
        Characters that are not white space; tokens; times that one such character stands in a row.
    """
    row.counts[:] = 0
    n_seen, n_tokens, longest, run, bits, n_breaks = 0, 0, 0, 0, 0, 2
    before = np.uint32(0)
    at = start
    while at < end:
        code, n_bytes = np.uint32(text[at]), 1
        if code < 128:
            kind = known[code]
        else:
            code, n_bytes = decoded(text, at, end)
            # Bytes that are no UTF-8 are what every reader shows as the replacement character.
            kind = kind_of(code, known) if code > 0 else np.uint8(REPLACEMENT)
            for place in range(at + 1 - start, at + n_bytes - start):
                row.kinds[place] = CONTINUED
            bits = int(bits | (1 << CONTINUED) * (kind > BREAK))
        row.kinds[at - start] = kind
        if kind <= BREAK:
            if bits != 0:
                row.ends[n_tokens], row.bits[n_tokens] = at - start, row.bits[n_tokens] | bits
                n_tokens += 1
                bits, n_breaks = 0, 0
            n_breaks += kind == BREAK
            before = np.uint32(0)
        else:
            if bits & ~(1 << CONTINUED) == 0:
                row.begins[n_tokens] = at - start
                row.bits[n_tokens] = FIRST * (n_breaks > 0) | PARAGRAPH * (n_breaks > 1)
            bits = int(bits | 1 << kind)
            run = run + 1 if code == before else 1
            before = code
            longest = max(longest, run)
            n_seen += kind != CONTINUED
            if kind >= INVISIBLE:
                row.counts[kind] += 1
        at += n_bytes
    if bits != 0:
        row.ends[n_tokens], row.bits[n_tokens] = end - start, row.bits[n_tokens] | bits
        n_tokens += 1
    return n_seen, n_tokens, longest


@part
def mixed_words(row: Reading, n_tokens: int) -> int:
    """Words that mix scripts: of Latin letters and Cyrillic ones, or of Greek that looks Latin.

    One Latin letter beside a Greek capital is a quantity or a unit; two and more are a word.
    """
    n_mixed = 0
    for token in range(n_tokens):
        if row.bits[token] & MIXABLE == 0:
            continue
        n_latin, n_cyrillic, n_greek = 0, 0, 0
        for place in range(row.begins[token], row.ends[token] + 1):
            kind = row.kinds[place] if place < row.ends[token] else np.uint8(SPACE)
            n_latin += bool(LOWER <= kind <= UPPER)
            n_cyrillic += bool(kind == CYRILLIC)
            n_greek += bool(kind == LOOKALIKE)
            if kind < CONTINUED or (kind > CYRILLIC and kind != INVISIBLE):
                n_mixed += (n_latin > 0 and n_cyrillic > 0) or (n_latin > 1 and n_greek > 0)
                n_latin = n_cyrillic = n_greek = 0
    return n_mixed
