"""Words and marks of one row, as English is written: what every web signal but lines counts.

Between white space stand words; from the ends of each its punctuation is parted, then it is cut at
hyphens between letters, at slashes and the like, and where `spellings.py` says so. A web address
stays whole. The thresholds of web signals were set by words so read: these are the rules of spaCy
3.8 for English, by which datatrove 0.10 reads it, written anew over tables of characters.

Every character is looked at a bounded number of times, so time is linear in the row.
"""

import numpy as np
from numpy.typing import NDArray

from curate.screen.signals.affixes import closing, inner, is_address, opening
from curate.screen.signals.flags import (
    ALPHA,
    CLOSING,
    CODE,
    INNER,
    LETTER,
    MARK,
    OPENING,
    PUNCTUATION,
    SPACE,
    TERMINAL,
    Characters,
)
from curate.screen.signals.parts import NONE, ONE, ZERO, part
from curate.screen.signals.rows import is_digit
from curate.screen.signals.spellings import (
    CUT,
    LONGEST,
    NO_CUT,
    STOP_WORD,
    WORD,
    Spellings,
    entry,
    extended,
    hashed,
)

Words = NDArray[np.int64]
"""(>= words, 4) of each word BEGIN, END, HASH and KIND, in an array that longer rows fill too."""

BEGIN, END, HASH, KIND = range(4)
LETTERED, MARKS, PUNCTUATED, ENDING = 1, 2, 4, 8
"""Kinds, added: with a letter; of marks alone; of punctuation alone; one that ends a sentence."""
STOP_WORDS = 4
"""Bits of a kind before the number of a stop word, from 1."""
SPLICED = 4
"""Words that may be one after all, as `:-)` is."""
BLANK = ord(" ")


@part
def write(words: Words, n: int, begin: int, end: int, value: int, some: int, every: int) -> int:
    """Write a word behind the `n` there are; how many there are now.

    Args:
        words: filled.
        n: words that are there.
        begin: place of the first character.
        end: place behind the last.
        value: its hash.
        some: flags that any of its characters has.
        every: flags that all of them have.
    """
    kind = ZERO
    if some & LETTER:
        kind |= LETTERED
    if every & MARK:
        kind |= MARKS
    if every & PUNCTUATION:
        kind |= PUNCTUATED
    if every & TERMINAL and end == begin + 1:
        kind |= ENDING
    words[n, BEGIN], words[n, END], words[n, HASH], words[n, KIND] = begin, end, value, kind
    return n + 1


@part
def add(row: Characters, begin: int, end: int, words: Words, n: int) -> int:
    """Write the word that stands there."""
    value, some, every = WORD, ZERO, NONE
    for at in range(begin, end):
        value = extended(value, row[at])
        some |= row[at]
        every &= row[at]
    return write(words, n, begin, end, value, some, every)


@part
def spelled(row: Characters, begin: int, end: int, spellings: Spellings) -> int:
    """The entry of a word among the spellings; -1 if it has none."""
    if end <= begin or end - begin > LONGEST:
        return NONE
    return entry(hashed(row, begin, end, WORD), spellings)


@part
def add_spelled(row: Characters, begin: int, end: int, known: int, words: Words, n: int) -> int:
    """Write the parts of a word by its entry; it is one part if that is -1."""
    if known >= 0:
        if known & NO_CUT != NO_CUT:
            first = begin + (known & NO_CUT)
            n = add(row, begin, first, words, n)
            two = known >> CUT & NO_CUT
            if two != NO_CUT:
                n = add(row, first, begin + two, words, n)
                first = begin + two
            begin = first
        n = add(row, begin, end, words, n)
        words[n - 1, KIND] |= known >> STOP_WORD << STOP_WORDS
        return n
    return add(row, begin, end, words, n)


@part
def _cut(row: Characters, begin: int, end: int, spellings: Spellings, words: Words, n: int) -> int:
    """Write a word that was parted from all at its ends, cut in its middle."""
    if is_address(row, begin, end):
        return add(row, begin, end, words, n)
    since = at = begin
    while at <= end:
        length = ZERO
        if at < end and at > begin and row[at] & INNER:
            length = inner(row, begin, at, end)
        if length or at == end:
            if at > since:
                known = spelled(row, since, at, spellings)
                n = add_spelled(row, since, at, known, words, n)
            if length:
                n = add(row, at, at + length, words, n)
            since = at + length
        at += max(length, 1)
    return n


@part
def _add_parts(
    row: Characters, begin: int, end: int, spellings: Spellings, words: Words, n: int
) -> int:
    """Write what stands between two white spaces.

    The ends of what is parted from its end wait at the far end of `words`: there are never more
    words than characters, so what is written does not reach them.
    """
    n_closed = ZERO
    far = len(words) - 1
    known = NONE
    while begin < end:
        known = spelled(row, begin, end, spellings)
        if known >= 0:
            break
        before = opening(row, begin, end)
        if before:
            known = spelled(row, begin + before, end, spellings)
        behind = ZERO
        if known < 0:
            behind = closing(row, begin + before, end, spellings)
        if behind:
            known = spelled(row, begin, end - behind, spellings)
            words[far - n_closed, END] = end
            n_closed += 1
            end -= behind
            if known >= 0:
                break
        if before:
            n = add(row, begin, begin + before, words, n)
            begin += before
        if known >= 0 or before == behind == 0:
            break
    if known >= 0:
        n = add_spelled(row, begin, end, known, words, n)
    elif begin < end:
        n = _cut(row, begin, end, spellings, words, n)
    while n_closed:
        n_closed -= 1
        closed = words[far - n_closed, END]
        n = add(row, end, closed, words, n)
        end = closed
    return n


@part
def _splice(row: Characters, first: int, n: int, spellings: Spellings, words: Words) -> int:
    """Make one word, or its parts, of neighbours that are among the spellings together."""
    kept = at = first
    while at < n:
        length, known = _joined(row, at, n, spellings, words)
        if length > 1:
            begin, end = words[at, BEGIN], words[at + length - 1, END]
            kept = add_spelled(row, begin, end, known, words, kept)
        else:
            for column in range(words.shape[1]):
                words[kept, column] = words[at, column]
            kept += 1
        at += length
    return kept


@part
def _joined(
    row: Characters, at: int, n: int, spellings: Spellings, words: Words
) -> tuple[int, int]:
    """(words from `at` on that are one of the spellings together, its entry); else (1, -1).

    One of more parts than there are words is left: it would be written over what is not yet read.
    """
    length, known = ONE, NONE
    value = words[at, HASH]
    for more in range(1, min(SPLICED, n - at)):
        if words[at + more, END] - words[at, BEGIN] > LONGEST:
            break
        value = hashed(row, words[at + more, BEGIN], words[at + more, END], value)
        found = entry(value, spellings)
        if found >= 0 and (found >> CUT & NO_CUT == NO_CUT or more > 1):
            length, known = int(more + 1), found
    return length, known


@part
def add_words(
    row: Characters, begin: int, end: int, spellings: Spellings, words: Words, n: int
) -> int:
    """Write the words from `begin` to `end` behind the `n` there are; how many there are now."""
    at = begin
    while at < end:
        if row[at] & SPACE:
            at += 1
            continue
        start = at
        value, some, every, digits = WORD, ZERO, NONE, ZERO
        while at < end and not row[at] & SPACE:
            value = extended(value, row[at])
            some |= row[at]
            every &= row[at]
            digits += is_digit(row[at])
            at += 1
        if every & ALPHA or not (digits or some & (OPENING | CLOSING | INNER)):
            known = entry(value, spellings) if at - start <= LONGEST else NONE
            n = write(words, n, start, at, value, some, every)
            if known >= 0:
                n = add_spelled(row, start, at, known, words, n - 1)
        else:
            first = n
            n = _add_parts(row, start, at, spellings, words, n)
            if n > first + 1:
                n = _splice(row, first, n, spellings, words)
    return n


@part
def n_sentences(row: Characters, words: Words, first: int, n: int) -> int:
    """Sentences in the words from `first` to `n`: a new one begins behind a mark that ends one.

    Further punctuation still belongs to the old one; wide white space does not. Source: spaCy 3.8's
    sentencizer.
    """
    found = int(n > first)
    ended = False
    for at in range(first, n):
        kind = words[at, KIND]
        if ended and at > first:
            before = words[at - 1, END]
            gap = words[at, BEGIN] - before
            if gap > 1 or (gap == 1 and row[before] & CODE != BLANK):
                found += 1
                ended = False
        if ended and not kind & (PUNCTUATED | ENDING):
            found += 1
            ended = False
        elif kind & ENDING:
            ended = True
    return found
