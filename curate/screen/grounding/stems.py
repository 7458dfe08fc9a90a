"""Words of a text, and what is left of them without endings. Compiled.

Words are those of `words.py`; where a script writes no spaces each character is one. A stem is a
word without one English ending (-ies, -ing, -ed, -es, -ly, -y, -e, -s), three letters at least:
dose, doses and dosing are one. Words with digits keep their endings. Our own rules, cruder than
Porter's: only sameness of stems counts, not whether they are words.
"""

from functools import cache

import numpy as np
import pyarrow as pa

from curate.screen import words
from curate.screen.kernels import Bytes, Offsets, buffers, compiled, on_threads
from curate.screen.shingles import most_shingles, slot_of, slots
from curate.screen.words import (
    MANY,
    N_CODES,
    SEPARATOR,
    UNSPACED,
    WORD,
    Folds,
    Hashes,
    Kinds,
    Several,
    decoded,
    mixed,
)

STOP = """
a about above after again all also although am among an and any are as at be because been before
being below between both but by can could did do does during each either for from further had has
have having he her here hers him his how however i if in into is it its itself just may me might
more most much must my neither no nor not of off on once only or other our out over own same she
should so some such than that the their them then there therefore these they this those through
thus to too under until up upon us very was we were what when where whether which while who whom
whose why will with within without would yes you your
"""
"""Words that are no content; our own list."""
LEAST_STEM = 3
_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_A, _D, _E, _G, _I, _L, _N, _S, _U, _Y = (ord(one) for one in "adegilnsuy")


@compiled
def _ending(n: int, last: int, second: int, third: int) -> int:
    """Letters of the ending of a word of n letters, by its last three."""
    cut = 0
    if second == _E and last == _S:
        cut = 3 if third == _I else 2
    elif third == _I and second == _N and last == _G:
        cut = 3
    elif (second == _E and last == _D) or (second == _L and last == _Y):
        cut = 2
    elif last in (_Y, _E) or (last == _S and second not in (_S, _U, _I)):
        cut = 1
    return cut if n - cut >= LEAST_STEM else 0


@compiled
def read(
    text: Bytes,
    start: int,
    end: int,
    kinds: Kinds,
    folds: Folds,
    several: Several,
    exact: Hashes,
    stems: Hashes,
) -> int:
    """Write hashes of each word of one row, as it is and without ending; return how many.

    Args:
        text: bytes of all rows.
        start: where the row begins.
        end: where it ends.
        kinds: of `words.tables`.
        folds: of `words.tables`.
        several: of `words.tables`.
        exact: (> end - start,), filled; no hash is 0.
        stems: as long, filled.
    """
    n_words, n_letters, has_digit = 0, 0, False
    value, one_ago, two_ago, three_ago = np.uint64(1), np.uint64(1), np.uint64(1), np.uint64(1)
    last, second, third = 0, 0, 0
    at = start
    while at <= end:
        kind, code, length = np.uint8(SEPARATOR), np.uint32(32), 1
        if at < end:
            code = np.uint32(text[at])
            if code >= 128:
                code, length = decoded(text, at, end)
            if code < N_CODES:
                kind = kinds[code]
        at += length
        if n_letters > 0 and kind in (SEPARATOR, UNSPACED):
            cut = 0 if has_digit else _ending(n_letters, last, second, third)
            kept = value
            if cut == 1:
                kept = one_ago
            elif cut == 2:
                kept = two_ago
            elif cut == 3:
                kept = three_ago
            exact[n_words], stems[n_words] = mixed(value) | np.uint64(1), mixed(kept) | np.uint64(1)
            n_words += 1
            n_letters, has_digit, value = 0, False, np.uint64(1)
        if kind != WORD and kind != UNSPACED:
            continue
        folded = folds[code]
        for place in range(several.shape[1] if folded >= MANY else 1):
            letter = several[folded - MANY, place] if folded >= MANY else folded
            if letter == 0:
                break
            three_ago, two_ago, one_ago = two_ago, one_ago, value
            third, second, last = second, last, int(letter)
            has_digit = has_digit or 48 <= letter <= 57
            value = (value ^ np.uint64(letter)) * _FACTOR
            value ^= value >> np.uint64(32)
            n_letters += 1
        if kind == UNSPACED:
            exact[n_words] = mixed(value) | np.uint64(1)
            stems[n_words] = exact[n_words]
            n_words += 1
            n_letters, has_digit, value = 0, False, np.uint64(1)
    return n_words


@compiled
def _read_rows(
    begin: int,
    end: int,
    text: Bytes,
    offsets: Offsets,
    kinds: Kinds,
    folds: Folds,
    several: Several,
    first: Hashes,
) -> None:
    exact = np.empty(most_shingles(offsets, begin, end), np.uint64)
    stems = np.empty(len(exact), np.uint64)
    for row in range(begin, end):
        n = read(text, offsets[row], offsets[row + 1], kinds, folds, several, exact, stems)
        first[row] = exact[0] if n > 0 else np.uint64(0)


@cache
def stop_words() -> Hashes:
    """An open-addressing table of the hashes of STOP."""
    listed = STOP.split()
    text, offsets = buffers(pa.array(listed))
    found = np.empty(len(listed), np.uint64)
    on_threads(_read_rows, len(listed), text, offsets, *words.tables(), found)
    table = np.zeros(slots(len(listed)), np.uint64)
    for value in found:
        table[slot_of(value, table, np.uint64(len(table) - 1))] = value
    return table
