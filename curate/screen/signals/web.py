"""What web corpora are filtered by: Gopher's quality and repetition rules, C4's, FineWeb's.

`web` measures a batch of texts in one compiled pass, `web_row` one row, for kernels that measure
more. Words are as `tokens.py` reads them. Counts and shares are those of datatrove 0.10's filters
with their usual settings; `presets/web.yaml` has the thresholds.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from curate.screen.kernels import Bytes, Offsets, compiled, on_threads
from curate.screen.signals.c4 import Phrases, add_line, phrases
from curate.screen.signals.flags import BREAK, CODE, Characters, characters
from curate.screen.signals.parts import (
    ONE,
    TWO,
    ZERO,
    part,
    part_in_place,
    part_that_allocates,
)
from curate.screen.signals.pieces import n_newlines, pieces
from curate.screen.signals.repetition import Runs, repetition
from curate.screen.signals.rows import FULL_STOP, NEWLINE, decode, filled, run
from curate.screen.signals.slots import Hashes, Slots, slots_for
from curate.screen.signals.spellings import Spellings, spellings
from curate.screen.signals.tokens import (
    BEGIN,
    END,
    KIND,
    LETTERED,
    MARKS,
    STOP_WORDS,
    Words,
)

Values = NDArray[np.float64]

COLUMNS = {
    "n_lines": ("int32", "lines, as line breaks of any kind part them; 0 for an empty text"),
    "n_words_and_marks": (
        "int32",
        "words and marks of punctuation, each counted, as spaCy's rules for English part them",
    ),
    "n_words_without_marks": ("int32", "of these, those that hold more than punctuation"),
    "mean_word_characters": ("double", "mean characters of n_words_without_marks; Gopher"),
    "hashes_per_word": ("double", "signs # for each of n_words_and_marks; Gopher"),
    "ellipses_per_word": ("double", "... and … for each of n_words_and_marks; Gopher"),
    "bullet_line_share": ("double", "of n_lines, those that begin with • or -; Gopher"),
    "ellipsis_line_share": ("double", "of n_lines, those that end with ... or …; Gopher"),
    "lettered_word_share": ("double", "of n_words_and_marks, those with a letter; Gopher"),
    "n_stop_words": (
        "int32",
        "different ones of: the, be, to, of, and, that, have, with; Gopher",
    ),
    "repeated_line_share": ("double", "of lines that are not empty, copies of others; Gopher"),
    "repeated_line_character_share": ("double", "of all characters, those in such lines; Gopher"),
    "repeated_paragraph_share": (
        "double",
        "of paragraphs, parted by empty lines, copies of others; Gopher",
    ),
    "repeated_paragraph_character_share": (
        "double",
        "of all characters, those in such paragraphs; Gopher",
    ),
    "top_2_words_character_share": (
        "double",
        "of all characters, those in the most frequent two words in a row; Gopher",
    ),
    "top_3_words_character_share": ("double", "the same of three words in a row; Gopher"),
    "top_4_words_character_share": ("double", "the same of four words in a row; Gopher"),
    "repeated_5_words_character_share": (
        "double",
        "of all characters, those in runs of five words that were there before; Gopher",
    ),
    "repeated_6_words_character_share": ("double", "the same of six words in a row; Gopher"),
    "repeated_7_words_character_share": ("double", "the same of seven words in a row; Gopher"),
    "repeated_8_words_character_share": ("double", "the same of eight words in a row; Gopher"),
    "repeated_9_words_character_share": ("double", "the same of nine words in a row; Gopher"),
    "repeated_10_words_character_share": ("double", "the same of ten words in a row; Gopher"),
    "n_lines_kept_by_c4": (
        "int32",
        "lines that end in . ? ! or a quotation mark, have three words, and none of the faults "
        "that are counted below; without notes such as [12]",
    ),
    "n_lines_with_long_word": ("int32", "lines with a word of over 1,000 characters; C4"),
    "n_lines_open_ended": ("int32", "of the others, lines that end in no such mark, or in ...; C4"),
    "n_lines_of_few_words": ("int32", "of the others, lines of fewer than three words; C4"),
    "n_lines_of_javascript": ("int32", "of the others, lines that name javascript; C4"),
    "n_lines_of_policy": ("int32", "of the others, lines on terms of use, privacy, cookies; C4"),
    "n_sentences_kept_by_c4": ("int32", "sentences in the lines that C4 keeps"),
    "has_lorem_ipsum": ("bool", "a line that ends in such a mark says lorem ipsum; C4"),
    "has_curly_bracket": ("bool", "a line that C4 keeps, or leaves out as policy, has a {"),
    "n_filled_lines": ("int32", "lines parted by line feeds that hold more than white space"),
    "ended_line_share": (
        "double",
        "of n_filled_lines, those whose last character ends a sentence; FineWeb",
    ),
    "short_line_share": ("double", "of n_filled_lines, those of at most 30 characters; FineWeb"),
    "repeated_filled_character_share": (
        "double",
        "of characters but line feeds, those in filled lines that copy others; FineWeb",
    ),
    "line_feeds_per_word": ("double", "line feeds for each of n_words_and_marks; FineWeb"),
}
AT_ONCE = 512
"""Rows for which arrays are made once."""
_NAMES = list(COLUMNS)
N_LINES, N_WORDS = _NAMES.index("n_lines"), _NAMES.index("n_words_and_marks")
REPEATED = _NAMES.index("repeated_line_share")
RUNS = _NAMES.index("top_2_words_character_share")
OF_C4 = _NAMES.index("n_lines_kept_by_c4")
OF_FINEWEB = _NAMES.index("n_filled_lines")
HASH, BULLET, HYPHEN, ELLIPSIS, RETURN = ord("#"), ord("•"), ord("-"), ord("…"), ord("\r")


class Tables(NamedTuple):
    """What every row is read by."""

    characters: Characters
    spellings: Spellings
    phrases: Phrases


class Scratch(NamedTuple):
    """Arrays that one row after another is read into: at most 100 bytes for each of the longest."""

    row: Characters
    bare: Characters
    words: Words
    hashes: Hashes
    compared: Hashes
    runs: Runs
    slots: Slots


def tables() -> Tables:
    """The tables, the same in every process."""
    return Tables(characters(), spellings(), phrases())


@part_that_allocates
def scratch(n_bytes: int) -> Scratch:
    """Arrays for rows of at most so many bytes."""
    n = n_bytes + 2  # a text of line feeds alone has an empty piece before and behind them
    return Scratch(
        np.empty(n, np.int64),
        np.empty(n, np.int64),
        np.empty((n, 4), np.int64),
        np.empty(n, np.int64),
        np.empty(n, np.int64),
        np.empty((n, 4), np.int32),
        np.empty(slots_for(n), np.int32),
    )


@part_in_place
def web_row(
    text: Bytes, start: int, end: int, known: Tables, used: Scratch, values: Values
) -> None:
    """Write the values of one row, `text[start:end]`.

    Args:
        text: bytes of all rows.
        start: where the row begins.
        end: where it ends.
        known: of `tables`.
        used: of `scratch`, for at least `end - start` bytes.
        values: (columns,) filled, in the order of COLUMNS.
    """
    for column in range(len(values)):
        values[column] = 0.0
    row = used.row
    n = decode(text, start, end, known.characters, row)
    if n == 0:
        return
    n_words = _lines(row, n, known, used, values)
    _quality(row, n, used.words, n_words, values)
    shares = values[RUNS:OF_C4]
    repetition(
        *(used.words, n_words, used.hashes, used.compared, used.runs, used.slots, shares),
    )
    for number in range(len(shares)):
        # Copies of a run may overlap, as in `( ( (`: together they can be longer than the text.
        shares[number] = min(shares[number] / n, 1.0)
    _pieces(row, n, n_words, used.compared, used.slots, values)


@part_in_place
def _lines(row: Characters, n: int, known: Tables, used: Scratch, values: Values) -> int:
    """Write what is said of lines, and all words; how many these are."""
    n_lines = n_bullets = n_ellipses = n_words = begin = ZERO
    counts = values[OF_C4:OF_FINEWEB]
    while begin < n:
        end = begin
        while end < n and not row[end] & BREAK:
            end += 1
        first, last = filled(row, begin, end)
        n_lines += 1
        if last > first:
            n_bullets += row[first] & CODE in (BULLET, HYPHEN)
            three = last - first >= 3 and run(row, last - 3, last, FULL_STOP) == 3
            n_ellipses += three or row[last - 1] & CODE == ELLIPSIS
        n_words = add_line(
            row, first, last, used.bare, known.phrases, known.spellings, used.words, n_words, counts
        )
        begin = end + 1
        if begin < n and row[end] & CODE == RETURN and row[begin] & CODE == NEWLINE:
            begin += 1
    values[N_LINES] = n_lines
    values[N_WORDS + 5] = n_bullets / n_lines
    values[N_WORDS + 6] = n_ellipses / n_lines
    return n_words


@part
def _quality(row: Characters, n: int, words: Words, n_words: int, values: Values) -> None:
    """Write what Gopher's quality rules count."""
    n_plain = n_characters = n_lettered = stop_words = ZERO
    for at in range(n_words):
        kind = words[at, KIND]
        n_lettered += kind & LETTERED != 0
        stop_words |= 1 << (kind >> STOP_WORDS)
        if not kind & MARKS:
            n_plain += 1
            n_characters += words[at, END] - words[at, BEGIN]
    n_hashes = n_ellipses = in_row = ZERO
    for at in range(n):
        code = row[at] & CODE
        n_hashes += code == HASH
        in_row = in_row + 1 if code == FULL_STOP else ZERO
        n_ellipses += code == ELLIPSIS or (in_row > 0 and in_row % 3 == 0)
    values[N_WORDS] = n_words
    values[N_WORDS + 1] = n_plain
    values[N_WORDS + 2] = n_characters / max(n_plain, 1)
    values[N_WORDS + 3] = n_hashes / max(n_words, 1)
    values[N_WORDS + 4] = n_ellipses / max(n_words, 1)
    values[N_WORDS + 7] = n_lettered / max(n_words, 1)
    while stop_words > 1:  # the lowest bit is that of all other words
        values[N_WORDS + 8] += stop_words >> 1 & 1
        stop_words >>= 1


@part
def _pieces(
    row: Characters, n: int, n_words: int, hashes: Hashes, slots: Slots, values: Values
) -> None:
    """Write what is said of repeated lines and paragraphs, and of lines by FineWeb."""
    begin = ZERO
    lines = pieces(row, begin, n, ONE, hashes, slots)
    first, last = filled(row, begin, n)
    paragraphs = pieces(row, first, last, TWO, hashes, slots)
    n_feeds = n_newlines(row, begin, n)
    values[REPEATED] = lines.n_repeated / lines.n
    values[REPEATED + 1] = lines.repeated_characters / n
    values[REPEATED + 2] = paragraphs.n_repeated / paragraphs.n
    values[REPEATED + 3] = paragraphs.repeated_characters / n
    values[OF_FINEWEB] = lines.n_filled
    values[OF_FINEWEB + 1] = lines.n_ended / max(lines.n_filled, 1)
    values[OF_FINEWEB + 2] = lines.n_short / max(lines.n_filled, 1)
    values[OF_FINEWEB + 3] = lines.repeated_filled_characters / max(n - n_feeds, 1)
    values[OF_FINEWEB + 4] = n_feeds / max(n_words, 1)


@compiled
def read_rows(
    begin: int,
    end: int,
    text: Bytes,
    offsets: Offsets,
    characters: Characters,
    spellings: Spellings,
    phrases: Phrases,
    values: Values,
) -> None:
    """Fill rows `begin` to `end` of `values` (n_rows, columns); the work of one thread."""
    known = Tables(characters, spellings, phrases)
    longest = ZERO
    for row in range(begin, end):
        longest = max(longest, offsets[row + 1] - offsets[row])
    used = scratch(longest)
    for row in range(begin, end):
        web_row(text, offsets[row], offsets[row + 1], known, used, values[row])


def web(text: Bytes, offsets: Offsets) -> dict[str, NDArray[np.generic]]:
    """(n_rows,) of each of COLUMNS, of its type.

    Args:
        text: bytes of all rows, UTF-8; other bytes count as a control character each.
        offsets: (n_rows + 1,)
    """
    values = np.empty((len(offsets) - 1, len(COLUMNS)))
    on_threads(read_rows, len(values), text, offsets, *tables(), values, at_once=AT_ONCE)
    return typed(values)


def typed(values: Values) -> dict[str, NDArray[np.generic]]:
    """(n_rows,) each of COLUMNS in its type, of (n_rows, columns) numbers."""
    types = {"bool": np.bool_, "int32": np.int32, "double": np.float64}
    return {
        name: values[:, number].astype(types[kind])
        for number, (name, (kind, _)) in enumerate(COLUMNS.items())
    }
