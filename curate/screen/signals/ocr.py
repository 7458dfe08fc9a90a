"""Words that no writer wrote: what optical character recognition leaves of a bad scan.

No language model. A word is odd by one of these signs, each a general fact about print:

    a mark inside it            indisp'iissble  ?H?r4  Pywurthy,Mr
    a digit among small letters oen8e
    capitals around small ones  AKItlKKn
    a mark before it, or alone  .Post    . ,
    a letter alone              anc r e ar
    a short word English lacks  tbe  iu  hv
    letters no word has so      tiie  uameffr

The last three count only where the text is English, with one word in ENGLISH_EVERY among
`vocabulary.COMMON`; the last two are asked only of small Latin letters behind at most one capital.
Formulae, code, tables, links, addresses and words with other letters are not judged, and words with
digits and brackets (chemistry, genes) by none of the letter signs.

Source: our own; the runs of four letters are counted by `letters.py`.
"""

import numpy as np
from numpy.typing import NDArray

from curate.screen.kernels import Bytes
from curate.screen.signals.glyphs import (
    CONTINUED,
    DIGIT,
    FIRST,
    LOWER,
    POINT,
    SYMBOL,
    UPPER,
    Kinds,
    Reading,
)
from curate.screen.signals.hyphens import is_cut, joins
from curate.screen.signals.letters import BITS, RUN
from curate.screen.signals.parts import ZERO, part
from curate.screen.signals.vocabulary import COMMON_WORD, KNOWN, LONGEST
from curate.screen.signals.zones import TEXT

UNKNOWN_SHARE = 0.5
"""Of a word's runs of four, those that no word has, from which it is odd."""
ENGLISH_EVERY = 20
_MASK = (1 << BITS * RUN) - 1

_INSIDE = np.zeros(256, np.bool_)
_INSIDE[list(b"!?;,\"'")] = True
_ALONE = np.zeros(256, np.bool_)
_ALONE[list(b".,;:!?\"'")] = True
_BEFORE = np.zeros(256, np.bool_)
_BEFORE[list(b".,;:!?")] = True
_LINKS = np.zeros(256, np.bool_)
_LINKS[list(b"@\\_{}|<>=")] = True
_KINDS = FIRST - 1
_ONLY_SMALL = 1 << LOWER
_BARE = 1 << LOWER | 1 << UPPER
_ONLY_LETTERS = 1 << LOWER | 1 << UPPER | 1 << POINT | 1 << CONTINUED


@part
def judge(
    text: Bytes,
    start: int,
    row: Reading,
    n_tokens: int,
    zones: Kinds,
    known: NDArray[np.uint8],
    short: NDArray[np.uint8],
) -> tuple[int, int, int]:
    """Count words, odd words and words broken by a hyphen in one row.

    Args:
        text: bytes of all rows.
        start: where the row begins.
        row: of `glyphs.read`.
        n_tokens: of `glyphs.read`.
        zones: of `zones.mark`.
        known: of `letters.known`.
        short: of `vocabulary.short_words`.

    Returns:
        Words outside formulae, code, tables and links; odd ones; words cut by a hyphen and white
        space.
    """
    n_words, n_odd, n_lexical, n_common, n_broken = 0, 0, 0, 0, 0
    plain_before, alone_before, cut_before, tabular = False, False, False, False
    kinds = row.kinds
    for token in range(n_tokens):
        at, stop = start + row.begins[token], start + row.ends[token]
        bits = row.bits[token] & _KINDS
        first = row.bits[token] & FIRST != 0
        if first:
            tabular = text[at] == 124  # a line of a table: cells hold what they like
        simple = bits & ~_BARE == 0
        begin, close = at, stop
        if not simple:
            begin, close = _core(at, stop, start, kinds)
        skipped = tabular or zones[at - start] != TEXT or zones[stop - 1 - start] != TEXT
        if skipped or (not simple and _is_link(text, at, stop)):
            plain_before = alone_before = cut_before = False
        elif begin == close:
            n_words += 1
            loose = _all_alone(text, at, stop)
            n_odd += loose and not first
            n_lexical += alone_before and loose
            plain_before, alone_before, cut_before = loose, False, False
        else:
            n_words += 1
            plain, small = True, bits == _ONLY_SMALL
            if not simple:
                plain, small = _letters(kinds, begin - start, close - start)
            n_lexical += alone_before and plain
            length = close - begin
            lone = length == 1 and _is_lone(text[begin])
            alone_before = lone and (plain_before or first) and begin == at
            alone_before = alone_before and _is_open(text, close, stop)
            plain_before = plain
            if small and length <= LONGEST:
                value = _looked_up(text, begin, close, short)
                n_common += value == COMMON_WORD
                n_lexical += value == 0 and length > 1
            elif plain and _is_strange(text, begin, close, known):
                n_lexical += 1
            elif not small:
                n_odd += _is_broken(text, begin, close, start, kinds) or (
                    _BEFORE[text[at]] and _is_word_behind(text, at, stop)
                )
            n_broken += cut_before and small and begin == at and not joins(text, begin, close)
            cut_before = not simple and is_cut(text, begin, stop, start, kinds)
    n_lexical += alone_before
    if n_common * ENGLISH_EVERY >= n_words:
        n_odd += n_lexical
    return n_words, n_odd, n_broken


@part
def _core(at: int, stop: int, start: int, kinds: Kinds) -> tuple[int, int]:
    """A token without the marks around it."""
    begin, close = at, stop
    while begin < stop and not LOWER <= kinds[begin - start] <= DIGIT:
        begin += 1
    while close > begin:
        last = close - 1
        while last > begin and kinds[last - start] == CONTINUED:
            last -= 1
        if LOWER <= kinds[last - start] <= DIGIT:
            break
        close = last
    return begin, close


@part
def _is_link(text: Bytes, at: int, stop: int) -> bool:
    """Whether a token is an address, a path, a link or a piece of markup."""
    for place in range(at, stop):
        byte = text[place]
        if _LINKS[byte]:
            return True
        after = text[place + 1] if place + 1 < stop else np.uint8(32)
        if (byte == 47 and after == 47) or (byte == 93 and after == 40):
            return True
    return stop > at + 4 and text[at] == 119 and text[at + 1] == 119 and text[at + 2] == 119


@part
def _all_alone(text: Bytes, at: int, stop: int) -> bool:
    """Whether a token is nothing but marks that stand at a word in print."""
    for place in range(at, stop):
        if not _ALONE[text[place]]:
            return False
    return text[at] != 46 or stop - at < 3  # an ellipsis is nothing odd


@part
def _is_open(text: Bytes, close: int, stop: int) -> bool:
    """Whether nothing but a comma or the like stands behind a core."""
    mark = text[close] if close < stop else np.uint8(44)
    return stop <= close + 1 and (mark == 44 or mark == 39 or mark == 59)


@part
def _letters(kinds: Kinds, begin: int, close: int) -> tuple[bool, bool]:
    """(nothing but Latin letters, hyphens and apostrophes; nothing but small ones)."""
    bits = 0
    for place in range(begin, close):
        bits |= 1 << kinds[place]
    return bits & ~_ONLY_LETTERS == 0, bits & ~(_ONLY_SMALL | 1 << CONTINUED) == 0


@part
def _is_lone(byte: int) -> bool:
    """Whether a byte is a letter that is no word of English."""
    return 98 <= byte <= 122 or (66 <= byte <= 90 and byte != 73)


@part
def _looked_up(text: Bytes, begin: int, close: int, short: NDArray[np.uint8]) -> int:
    """What a short word is; one with other letters than a to z is known."""
    code = 0
    for place in range(begin, close):
        if text[place] >= 128:
            return KNOWN
        code = code << BITS | (text[place] & 31)
    return int(short[code])


@part
def _is_strange(text: Bytes, begin: int, close: int, known: NDArray[np.uint8]) -> bool:
    """Whether a part of a word, of four letters a to z or more, has mostly runs that no word has.

    Parts end at hyphens and apostrophes; one with capitals or other letters is not judged.
    """
    code, n, n_unknown, judged = ZERO, ZERO, ZERO, True
    for place in range(begin, close):
        byte = text[place]
        if 97 <= byte <= 122 or (place == begin and 65 <= byte <= 90):
            code = (code << BITS | (byte & 31)) & _MASK
            n += 1
            if n >= RUN - 1:
                n_unknown += not known[code >> 3] >> (code & 7) & 1
        elif byte == 39 or byte == 45:
            if judged and _mostly(n_unknown, n, code, known):
                return True
            code, n, n_unknown, judged = 0, 0, 0, True
        else:
            judged = False
    return judged and _mostly(n_unknown, n, code, known)


@part
def _mostly(n_unknown: int, n: int, code: int, known: NDArray[np.uint8]) -> bool:
    """Whether more than UNKNOWN_SHARE of the runs of a part are unknown, its last one too."""
    code = code << BITS & _MASK
    n_unknown += not known[code >> 3] >> (code & 7) & 1
    return n > LONGEST and n_unknown > UNKNOWN_SHARE * (n - 1)


@part
def _is_broken(text: Bytes, begin: int, close: int, start: int, kinds: Kinds) -> bool:
    """Whether marks, digits or capitals stand in a word as no writer puts them."""
    for place in range(begin + 2, close - 1):
        byte = text[place]
        if byte >= 128:
            continue
        kind, behind = kinds[place - start], kinds[place + 1 - start]
        if POINT <= kind <= SYMBOL:
            among = LOWER <= kinds[place - 1 - start] <= UPPER and behind == LOWER
            ending = byte == 39 and _is_ending(text, place + 1, close)
            if _INSIDE[byte] and among and close - place >= 3 and not ending:
                return True
        elif kind == DIGIT:
            if behind == LOWER and _is_small_but(
                kinds, begin - start, close - start, place - start
            ):
                return True
        elif kind == LOWER and behind == UPPER and _are_capitals(text[begin], text[begin + 1]):
            return True
    return False


@part
def _are_capitals(one: int, other: int) -> bool:
    return 65 <= one <= 90 and 65 <= other <= 90


@part
def _is_small_but(kinds: Kinds, begin: int, close: int, but: int) -> bool:
    """Whether a word of five and more is small letters but for one place: `oen8e`, not `At2g18`."""
    for place in range(begin, close):
        if place != but and kinds[place] != LOWER:
            return False
    return close - begin >= 5


@part
def _is_ending(text: Bytes, place: int, close: int) -> bool:
    """Whether `ll`, `re` or `ve` is all that follows an apostrophe."""
    a, b = text[place], text[place + 1] if place + 1 < close else 0
    if close - place != 2:
        return False
    return (a == 108 and b == 108) or (b == 101 and (a == 114 or a == 118))


@part
def _is_word_behind(text: Bytes, at: int, stop: int) -> bool:
    """Whether letters follow a mark that belongs behind a word."""
    if stop < at + 4:
        return False
    return bool(97 <= text[at + 1] | 32 <= 122 and 97 <= text[at + 2] <= 122)
