"""The lines of a row that C4 keeps, and the sentences in them.

Source: Raffel et al. 2020, JMLR 21/140, section 2.2, counted as datatrove 0.10 counts.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from curate.screen.signals.flags import CODE, SPACE, Characters
from curate.screen.signals.parts import ZERO, part
from curate.screen.signals.rows import FULL_STOP, is_digit, run
from curate.screen.signals.spellings import Spellings
from curate.screen.signals.tokens import BEGIN, END, Words, add_words, n_sentences

LEAST_WORDS, LONGEST_WORD = 3, 1000
"""Words in a line, and characters in a word of it, between white spaces."""
END_MARKS = (ord("."), ord("?"), ord("!"), ord('"'), ord("'"))
OPEN, CLOSE, BRACE = ord("["), ord("]"), ord("{")
LOREM_IPSUM, JAVASCRIPT, POLICY = 1, 2, 4
PHRASES = {
    "lorem ipsum": LOREM_IPSUM,
    "javascript": JAVASCRIPT,
    "terms of use": POLICY,
    "privacy policy": POLICY,
    "cookie policy": POLICY,
    "uses cookies": POLICY,
    "use of cookies": POLICY,
    "use cookies": POLICY,
}
NOTES = ("[edit]", "[citation needed]")
"""Left out of lines, as `[12]` and `[]` are."""
RAREST = "zqjxkvbpygfwmucldrhsnioate"
"""Letters from the rarest in English on: a phrase is looked for where its rarest letter stands."""

_RAREST = [min(set(phrase) & set(RAREST), key=RAREST.index) for phrase in PHRASES]
N_PHRASES = len(PHRASES)
ANCHORS = sum(1 << (ord(letter) - ord("a")) for letter in set(_RAREST))
"""One bit for each letter at which a phrase is looked for, from a on."""

Phrases = NDArray[np.int64]
"""(phrases and notes, 3 + characters of the longest) LENGTH, ANCHOR, WHAT, and from LETTERS on the
letters. ANCHOR is the place of the letter at which a phrase is looked for."""
LENGTH, ANCHOR, WHAT, LETTERS = range(4)

Counts = NDArray[np.float64]
"""(9,) lines kept, and left out for each reason; sentences in those kept; whether there is lorem
ipsum, whether a curly bracket."""
(
    KEPT,
    LONG_WORD,
    OPEN_ENDED,
    FEW_WORDS,
    OF_JAVASCRIPT,
    OF_POLICY,
    SENTENCES,
    HAS_LOREM_IPSUM,
    HAS_BRACE,
) = range(9)


@cache
def phrases() -> Phrases:
    """The table of PHRASES and NOTES."""
    texts = [*PHRASES, *NOTES]
    table = np.zeros((len(texts), LETTERS + max(map(len, texts))), np.int64)
    for row, text in zip(table, texts, strict=True):
        row[LENGTH], row[LETTERS : LETTERS + len(text)] = len(text), [ord(one) for one in text]
    for row, letter, (text, what) in zip(table, _RAREST, PHRASES.items(), strict=False):
        row[ANCHOR], row[WHAT] = text.index(letter), what
    return table


@part
def _lowered(character: int) -> int:
    code = character & CODE
    return code | 32 if 65 <= code <= 90 else code


@part
def _stands(row: Characters, start: int, end: int, phrase: NDArray[np.int64]) -> bool:
    """Whether a phrase of small letters stands here in any case."""
    if start + phrase[LENGTH] > end:
        return False
    n = 0
    while n < phrase[LENGTH] and _lowered(row[start + n]) == phrase[LETTERS + n]:
        n += 1
    return bool(n == phrase[LENGTH])


@part
def _phrases_in(row: Characters, begin: int, end: int, known: Phrases) -> int:
    """What the phrases are that a line holds, added."""
    found = ZERO
    for at in range(begin, end):
        letter = _lowered(row[at])
        if 97 <= letter <= 122 and ANCHORS >> (letter - 97) & 1:
            for number in range(N_PHRASES):
                start = at - known[number, ANCHOR]
                if start >= begin and _stands(row, start, end, known[number]):
                    found |= known[number, WHAT]
    return found


@part
def _note(row: Characters, begin: int, end: int, known: Phrases) -> int:
    """Characters of a note in brackets that begins here; 0 if it is none that is left out."""
    at = begin + 1
    while at < end and is_digit(row[at]):
        at += 1
    if at < end and row[at] & CODE == CLOSE:
        return at + 1 - begin
    for number in range(N_PHRASES, len(known)):
        if _stands(row, begin, end, known[number]):
            return int(known[number, LENGTH])
    return ZERO


@part
def _without_notes(row: Characters, begin: int, end: int, known: Phrases, bare: Characters) -> int:
    """Copy a line but for its notes; characters of the copy."""
    n = ZERO
    at = begin
    while at < end:
        length = _note(row, at, end, known) if row[at] & CODE == OPEN else ZERO
        if length == 0:
            bare[n] = row[at]
            n += 1
        at += max(length, 1)
    return n


@part
def _word_lengths(row: Characters, begin: int, end: int) -> tuple[int, int]:
    """(runs of characters between white space, characters of the longest)."""
    n = longest = length = ZERO
    for at in range(begin, end):
        length = ZERO if row[at] & SPACE else length + 1
        n += length == 1
        longest = max(longest, length)
    return n, longest


@part
def _is_ended(row: Characters, begin: int, end: int) -> bool:
    """Whether a line ends with a mark that ends a sentence, and not with three stops."""
    if end == begin or row[end - 1] & CODE not in END_MARKS:
        return False
    return end - begin < 3 or run(row, end - 3, end, FULL_STOP) < 3


@part
def _judged(row: Characters, begin: int, end: int, known: Phrases, counts: Counts) -> bool:
    """Whether a line that ends as it should, and has words, is kept; if not, why is counted."""
    found = _phrases_in(row, begin, end, known)
    if found & LOREM_IPSUM:
        counts[HAS_LOREM_IPSUM] = 1
    if found & JAVASCRIPT:
        counts[OF_JAVASCRIPT] += 1
        return False
    for at in range(begin, end):
        if row[at] & CODE == BRACE:
            counts[HAS_BRACE] = 1
    if found & POLICY:
        counts[OF_POLICY] += 1
        return False
    counts[KEPT] += 1
    return True


@part
def add_line(
    row: Characters,
    begin: int,
    end: int,
    bare: Characters,
    known: Phrases,
    spellings: Spellings,
    words: Words,
    n: int,
    counts: Counts,
) -> int:
    """Write the words of a line, and count it among those that C4 keeps or leaves out.

    Args:
        row: the characters.
        begin: where the line begins, white space left out.
        end: where it ends.
        bare: to be used, as long as the line.
        known: of `phrases`.
        spellings: of `spellings`.
        words: filled from `n` on.
        n: words that are there.
        counts: added to.

    Returns:
        words that are there now.
    """
    n_runs, longest = _word_lengths(row, begin, end)
    shown, first, last = row, begin, end
    for at in range(begin, end):
        if row[at] & CODE == OPEN:
            shown, first, last = bare, ZERO, _without_notes(row, begin, end, known, bare)
            break
    kept = False
    if longest > LONGEST_WORD:
        counts[LONG_WORD] += 1
    elif not _is_ended(shown, first, last):
        counts[OPEN_ENDED] += 1
    elif n_runs < LEAST_WORDS:
        counts[FEW_WORDS] += 1
    else:
        kept = _judged(shown, first, last, known, counts)
    n_all = n
    if kept or last - first == end - begin:
        n_all = add_words(shown, first, last, spellings, words, n)
    if kept:
        counts[SENTENCES] += n_sentences(shown, words, n, n_all)
    if last - first < end - begin:
        n_all = add_words(row, begin, end, spellings, words, n)
    elif last > first:
        for at in range(n, n_all):  # places in the row, not in the line
            words[at, BEGIN] += begin - first
            words[at, END] += begin - first
    return n_all
