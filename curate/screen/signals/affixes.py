"""Where a word is parted: at its beginning, at its end, in its middle. Web addresses are not.

Each function looks at the characters from `begin` to `end` of a row and at none outside, as if they
were a text of their own. Source of the rules: spaCy 3.8, lang/punctuation.py and lang/en.
"""

from curate.screen.signals.flags import (
    ALPHA,
    BEFORE_STOP,
    CLOSING,
    CODE,
    CURRENCY,
    LOWER,
    OPENING,
    QUOTE,
    SYMBOL,
    UPPER,
    Characters,
)
from curate.screen.signals.parts import ONE, ZERO, part
from curate.screen.signals.rows import FULL_STOP, SLASH, is_digit, run
from curate.screen.signals.spellings import UNIT, Spellings, entry, hashed

COMMA, DOLLAR, HYPHEN, PLUS, AT = ord(","), ord("$"), ord("-"), ord("+"), ord("@")
ELLIPSIS, DEGREE, EN_DASH, EM_DASH = ord("…"), ord("°"), ord("–"), ord("—")
APOSTROPHE, CURLY, COLON = ord("'"), ord("’"), ord(":")
S, LARGE_S, TILDE, HASH, QUESTION = ord("s"), ord("S"), ord("~"), ord("#"), ord("?")
UNIT_CHARACTERS = 4
LONGEST_LABEL = 64
"""Characters between two stops of a host's name, and of its last part."""


@part
def opening(row: Characters, begin: int, end: int) -> int:
    """Characters that are parted from the beginning; 0 for none."""
    code = row[begin] & CODE
    if row[begin] & OPENING:
        return 1
    if code == FULL_STOP:
        n = run(row, begin, end, FULL_STOP)
        return n if n > 1 else 0
    if code == PLUS:
        return 0 if begin + 1 < end and is_digit(row[begin + 1]) else 1
    if code in (65, 67) and begin + 1 < end and row[begin + 1] & CODE == DOLLAR:
        return 2  # A$, C$
    if code == 85 and begin + 2 < end and row[begin + 1] & CODE == LARGE_S:
        return 3 if row[begin + 2] & CODE == DOLLAR else 0
    return 0


@part
def closing(row: Characters, begin: int, end: int, spellings: Spellings) -> int:
    """Characters that are parted from the end; 0 for none."""
    if begin >= end:
        return 0
    last = end - 1
    code = row[last] & CODE
    if code == FULL_STOP:
        return _closing_stops(row, begin, end)
    before = row[last - 1] & CODE if last > begin else ZERO
    if row[last] & CLOSING:
        return 2 if code == ELLIPSIS and before == ELLIPSIS else 1
    if code in (S, LARGE_S) and before in (APOSTROPHE, CURLY):
        return 2
    if is_digit(before) and (code == PLUS or row[last] & CURRENCY):
        return 1
    return _unit(row, begin, end, spellings)


@part
def _closing_stops(row: Characters, begin: int, end: int) -> int:
    last = end - 1
    if last == begin:
        return 0
    if row[last - 1] & CODE == FULL_STOP:
        at = last - 1
        while at > begin and row[at - 1] & CODE == FULL_STOP:
            at -= 1
        return end - at
    before = row[last - 1]
    if before & BEFORE_STOP:
        return 1
    if last - 2 >= begin:
        if before & UPPER and row[last - 2] & UPPER:
            return 1
        if row[last - 2] & CODE == DEGREE and row[last - 1] & CODE in (67, 70, 75):  # °C. °F. °K.
            return 1
    return 0


@part
def _unit(row: Characters, begin: int, end: int, spellings: Spellings) -> int:
    """Characters behind the last digit, if they are a unit."""
    for n in range(1, UNIT_CHARACTERS + 1):
        if end - n - 1 < begin:
            return 0
        if is_digit(row[end - n - 1]):
            value = hashed(row, end - n, end, UNIT)
            return n if entry(value, spellings) >= 0 else 0
    return 0


@part
def inner(row: Characters, begin: int, at: int, end: int) -> int:
    """Characters at `at` that part what is before them from what is behind them; 0 for none."""
    code = row[at] & CODE
    if code == FULL_STOP and at + 1 < end and row[at + 1] & CODE == FULL_STOP:
        return run(row, at, end, FULL_STOP)
    if row[at] & SYMBOL:
        return 1
    if at == begin:
        return 0
    n = ONE
    if code in (EM_DASH, HYPHEN):
        longest = 2 if code == EM_DASH else 3
        while n < longest and at + n < end and row[at + n] & CODE == code:
            n += 1
    if at + n >= end:
        return 0
    before, behind = row[at - 1], row[at + n]
    if code == FULL_STOP:
        return 1 if before & (LOWER | QUOTE) and behind & (UPPER | QUOTE) else 0
    if code == COMMA:
        return 1 if before & ALPHA and behind & ALPHA else 0
    digit = is_digit(row[at - 1])
    if code in (PLUS, HYPHEN, 42, 94):  # + - * ^ between numbers
        beside = row[at + 1] & CODE
        if digit and (is_digit(beside) or beside == HYPHEN):
            return 1
    if code in (HYPHEN, EN_DASH, EM_DASH, TILDE, COLON, SLASH, 60, 61, 62):  # 60 to 62: < = >
        return n if (digit or before & ALPHA) and behind & ALPHA else 0
    return 0


@part
def is_address(row: Characters, begin: int, end: int) -> bool:
    """Whether it is a web or mail address: a host with a stop in it, alone or with what goes round.

    Before the host may stand a scheme and `://`, and a name and `@`; behind it a port, and a path.
    """
    host = begin
    at = begin
    while at < end and (_in_host(row, at) or row[at] & CODE == PLUS):
        at += 1
    if at - begin >= 2 and at + 2 < end and row[at] & CODE == COLON:
        host = at + 3 if run(row, at + 1, at + 3, SLASH) == 2 else begin
    if _is_host(row, host, end):
        return True
    for at in range(host + 1, end):
        if row[at] & CODE == AT:
            return _is_host(row, at + 1, end)
    return False


@part
def _in_host(row: Characters, at: int) -> bool:
    """Whether a character may stand in a host's name."""
    code = row[at] & CODE
    small = code | 32
    plain = 48 <= code <= 57 or 97 <= small <= 122 or 0xA1 <= code <= 0xFFFF
    return plain or code in (FULL_STOP, HYPHEN, 95)


@part
def _is_host(row: Characters, begin: int, end: int) -> bool:
    """Whether a host begins here, and what follows it is a port, a path or nothing."""
    at = label = begin
    n_labels = 0
    small = number = True
    while at <= end:
        within = at < end and _in_host(row, at)
        if not within or row[at] & CODE == FULL_STOP:
            edge = at > label and row[label] & CODE not in (HYPHEN, 95)
            if not edge or row[at - 1] & CODE in (HYPHEN, 95) or at - label > LONGEST_LABEL:
                return False
            n_labels += 1
            if not within:
                break
            label = at + 1
            small = True
        else:
            small = small and row[at] & LOWER != 0
            number = number and is_digit(row[at])
        at += 1
    if not (number and n_labels == 4) and (n_labels < 2 or not small or at - label < 2):
        return False
    if at < end and row[at] & CODE == COLON:
        port = at + 1
        at = port
        while at < end and is_digit(row[at]):
            at += 1
        if not 2 <= at - port <= 5:
            return False
    return at == end or row[at] & CODE in (SLASH, QUESTION, HASH)
