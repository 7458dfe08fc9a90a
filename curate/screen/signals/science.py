"""Signals of scientific text: formulae, citations, tables, and what scanning and cutting spoil.

Reads the bytes of a text column, gives the columns named in COLUMNS. Characters are counted
without white space. `science_row`
judges one row and may be called from another compiled loop.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from curate.screen import kernels
from curate.screen.kernels import Bytes, Offsets, compiled
from curate.screen.signals import (
    citations,
    glyphs,
    latex,
    layout,
    letters,
    ocr,
    prose,
    vocabulary,
    zones,
)
from curate.screen.signals.glyphs import (
    BIDI,
    CONTINUED,
    CONTROL,
    DIGIT,
    INVISIBLE,
    PRIVATE,
    REPLACEMENT,
    SYMBOL,
    Kinds,
    Reading,
)
from curate.screen.signals.latex import State
from curate.screen.signals.parts import part
from curate.screen.signals.zones import FORMULA, TEXT

COLUMNS = {
    "n_formulas": ("int32", "$…$, $$…$$, \\(…\\), \\[…\\], environments; our own"),
    "formula_share": ("double", "of the characters, those in formulae; our own"),
    "n_latex_open": (
        "int32",
        "formulae, environments, braces, \\left, \\right that are open or close nothing; our own",
    ),
    "latex_balanced": ("bool", "no formula, environment, brace or \\left is open; our own"),
    "n_citations": ("int32", "brackets and commands that cite, however many works each; our own"),
    "citations_per_100_words": ("double", "n_citations for 100 runs between white space; our own"),
    "table_share": ("double", "of the characters, those in lines of tables; our own"),
    "reference_share": ("double", "of the characters, those in entries of references; our own"),
    "digit_share": ("double", "of the characters outside formulae and code, digits; our own"),
    "symbol_share": (
        "double",
        "of the characters outside formulae, code and tables' bars, those that are no letter, "
        "digit or usual punctuation; our own",
    ),
    "ocr_noise": (
        "double",
        "of the words outside formulae, code, tables and links, those that no writer wrote, by the "
        "signs of curate/screen/signals/ocr.py; our own",
    ),
    "n_broken_hyphens": ("int32", "words cut by a hyphen and white space: exam- ple; our own"),
    "complete_sentence_share": (
        "double",
        "of the sentences, those with a beginning and an end mark; 1 where there is none; our own",
    ),
    "truncated_start": ("bool", "the first paragraph begins within a sentence; our own"),
    "truncated_end": ("bool", "the last paragraph ends without an end mark; our own"),
    "n_invisible": (
        "int32",
        "zero-width characters, soft hyphens, tags, variation selectors, blank letters; UTS 39",
    ),
    "n_bidi_controls": ("int32", "U+202A to U+202E and U+2066 to U+2069; UTR 36"),
    "n_mixed_script_words": (
        "int32",
        "words of Latin letters and Cyrillic ones, or Greek ones that look Latin; UTS 39",
    ),
    "n_replacement_characters": ("int32", "U+FFFD, and bytes that are no UTF-8"),
    "n_control_characters": ("int32", "C0 and C1 controls that are no white space"),
    "n_private_characters": ("int32", "private-use characters: glyphs of a font without a meaning"),
    "longest_run": ("int32", "times one character stands in a row, white space left out"),
}
_PLAIN = 1 << CONTINUED | 1 << DIGIT | 1 << SYMBOL
_NUMPY = {"int32": np.int32, "bool": np.bool_, "double": np.float64}


class Tables(NamedTuple):
    """What kernels look up; the same in every process."""

    kinds: Kinds
    """(words.N_CODES,) of `glyphs.table`."""
    known: NDArray[np.uint8]
    """A bit for each run of letters, of `letters.known`."""
    short: NDArray[np.uint8]
    """(2 ** (3 * letters.BITS),) of `vocabulary.short_words`."""


class Scratch(NamedTuple):
    """Memory for one thread."""

    row: Reading
    zones: Kinds
    """(bytes of the longest row,)"""
    state: State
    """(latex.N_STATE,)"""


def tables() -> Tables:
    """What every row is read with."""
    return Tables(glyphs.table(), letters.known(), vocabulary.short_words())


def scratch(n_bytes: int) -> Scratch:
    """Memory for rows of up to this many bytes: 14 times as much."""
    zones_ = np.empty(n_bytes, np.uint8)
    return Scratch(glyphs.reading(n_bytes), zones_, np.empty(latex.N_STATE, np.int64))


def science(text: Bytes, offsets: Offsets) -> dict[str, NDArray[np.generic]]:
    """(n_rows,) each column of COLUMNS.

    Args:
        text: bytes of all rows; any bytes will do.
        offsets: (n_rows + 1,) where each begins.
    """
    values = np.empty((len(offsets) - 1, len(COLUMNS)))
    kernels.on_threads(read_rows, len(values), text, offsets, tables(), values)
    return typed(values)


def typed(values: NDArray[np.float64]) -> dict[str, NDArray[np.generic]]:
    """(n_rows,) each column of COLUMNS in its type, of (n_rows, columns) numbers."""
    return {
        name: np.ascontiguousarray(values[:, place]).astype(_NUMPY[kind])
        for place, (name, (kind, _)) in enumerate(COLUMNS.items())
    }


def read_rows(
    begin: int,
    end: int,
    text: Bytes,
    offsets: Offsets,
    given: Tables,
    values: NDArray[np.float64],
) -> None:
    """Fill rows `begin` to `end` of `values` (n_rows, columns); the work of one thread."""
    held = scratch(int(np.diff(offsets[begin : end + 1]).max()))
    _rows(begin, end, text, offsets, given, held, values)


@compiled
def _rows(
    begin: int,
    end: int,
    text: Bytes,
    offsets: Offsets,
    given: Tables,
    held: Scratch,
    values: NDArray[np.float64],
) -> None:
    for row in range(begin, end):
        science_row(text, offsets[row], offsets[row + 1], given, held, values[row])


@part
def science_row(
    text: Bytes, start: int, end: int, given: Tables, held: Scratch, values: NDArray[np.float64]
) -> None:
    """Judge the row `text[start:end]`.

    Args:
        text: bytes of all rows.
        start: where the row begins.
        end: where it ends.
        given: of `tables`.
        held: of `scratch`, for as many bytes as the row has, or more.
        values: (len(COLUMNS),) filled in the order of COLUMNS.
    """
    row, areas = held.row, held.zones
    n_seen, n_tokens, run = glyphs.read(text, start, end, given.kinds, row)
    n_formulas, n_open = zones.mark(text, start, end, areas, held.state)
    inside, outside, digits, symbols = _characters(text, start, row, n_tokens, areas)
    n_cited = citations.count(text, start, end, areas)
    n_table, n_entries = layout.characters(text, start, row, n_tokens, areas)
    n_words, n_odd, n_broken = ocr.judge(
        text, start, row, n_tokens, areas, given.known, given.short
    )
    n_found, n_complete, cut_start, cut_end = prose.sentences(text, start, row, n_tokens, areas)
    values[0] = n_formulas
    values[1] = _share(inside, n_seen)
    values[2] = n_open
    values[3] = n_open == 0
    values[4] = n_cited
    values[5] = 100 * _share(n_cited, n_tokens)
    values[6] = _share(n_table, n_seen)
    values[7] = _share(n_entries, n_seen)
    values[8] = _share(digits, outside)
    values[9] = _share(symbols, outside)
    values[10] = _share(n_odd, n_words)
    values[11] = n_broken
    values[12] = _share(n_complete, n_found) if n_found > 0 else 1.0
    values[13] = cut_start
    values[14] = cut_end
    values[15] = row.counts[INVISIBLE]
    values[16] = row.counts[BIDI]
    values[17] = glyphs.mixed_words(row, n_tokens)
    values[18] = row.counts[REPLACEMENT]
    values[19] = row.counts[CONTROL]
    values[20] = row.counts[PRIVATE]
    values[21] = run


@part
def _share(part: int, whole: int) -> float:
    return part / whole if whole > 0 else 0.0


@part
def _characters(
    text: Bytes, start: int, row: Reading, n_tokens: int, areas: Kinds
) -> tuple[int, int, int, int]:
    """Characters in formulae; outside formulae and code; of these digits; and symbols but bars."""
    inside, outside, digits, symbols = 0, 0, 0, 0
    for token in range(n_tokens):
        begin, behind = row.begins[token], row.ends[token]
        if row.bits[token] & _PLAIN == 0 and areas[begin] == TEXT and areas[behind - 1] == TEXT:
            outside += behind - begin
            continue
        for place in range(begin, behind):
            kind = row.kinds[place]
            prose_ = kind != CONTINUED and areas[place] == TEXT
            inside += kind != CONTINUED and areas[place] == FORMULA
            outside += prose_
            digits += prose_ and kind == DIGIT
            symbols += prose_ and kind == SYMBOL and text[start + place] != 124
    return inside, outside, digits, symbols
