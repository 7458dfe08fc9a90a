"""What each character is: makes the table that `flags.py` loads. Reads Python's Unicode data.

    python -m curate.screen.signals.characters

The sets written out here are those by which spaCy 3.8 parts English and datatrove 0.10 counts:
signals agree with theirs as far as characters decide.
"""

import unicodedata

import numpy as np

from curate.screen.signals import flags as of
from curate.screen.signals.flags import CHARACTERS, Characters
from curate.screen.words import N_CODES

STOPS = ",:;!?¿؟¡()[]{}<>_#*&…。？！，、；：～·।،۔؛٪"
QUOTES = "'\"”“`‘´’‚,„»«「」『』（）〔〕【】《》〈〉〈〉⟦⟧"
OPENING = "§%=—–"
CLOSING = "—–"
INNER = ".,-–—~:<>=/+*^…"
BEFORE_STOP = "0123456789%²-+|()?:"
MARKS = (
    "!/—”:％１〈&(、━\\【#%「」，】；+^]~“《„';’{|∶´[=-`*．（–？！：$～«〉,><》)?）。…@_.\"}►»"
    + "".join(map(chr, (*range(9), 11, 12, *range(13, 32), *range(127, 160))))
)
BREAKS = "\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
TERMINALS = """
21 2E 3F 589 61D-61F 6D4 700-702 7F9 837 839 83D-83E 964-965 104A-104B 1362 1367-1368 166E 1735-1736
17D4-17D6 17D9-17DA 1803 1809 1944-1945 1AA8-1AAB 1B5A-1B5B 1B5E-1B5F 1B7D-1B7E 1C3B-1C3C 1C7E-1C7F
203C-203D 2047-2049 2E2E 2E3C 2E53-2E54 3002 A4FF A60E-A60F A6F3 A6F7 A876-A877 A8CE-A8CF A92F
A9C8-A9C9 AA5D-AA5F AAF0-AAF1 ABEB FE52 FE56-FE57 FF01 FF0E FF1F FF61 10A56-10A57 10F55-10F59
10F86-10F89 11047-11048 110BE-110C1 11141-11143 111C5-111C6 111CD 111DE-111DF 11238-11239
1123B-1123C 112A9 1144B-1144C 115C2-115C3 115C9-115D7 11641-11642 1173C-1173E 11944 11946
11A42-11A43 11A9B-11A9C 11C41-11C42 11EF7-11EF8 11F43-11F44 16A6E-16A6F 16AF5 16B37-16B38 16B44
16E98 1BC9F 1DA88
"""
"""Code points and ranges of them that end a sentence."""


def made() -> Characters:
    """(N_CODES,) the flags of each character by the Unicode data of this Python."""
    table = np.zeros(N_CODES, np.int64)
    names = np.array([unicodedata.category(chr(code)) for code in range(N_CODES)])
    letter = np.isin(names.astype("U1"), ["L"])
    cased = np.isin(names, ["Lu", "Ll"])
    # ª, µ and º are small letters to Unicode, and signs in English.
    spelled = (letter | np.isin(names, ["Mn", "Mc"])) & ~np.isin(
        np.arange(N_CODES), [170, 181, 186]
    )
    table[spelled] |= of.ALPHA
    table[spelled & (~cased | (names == "Ll"))] |= of.LOWER
    table[spelled & (~cased | (names == "Lu"))] |= of.UPPER
    table[letter] |= of.LETTER
    table[names.astype("U1") == "P"] |= of.PUNCTUATION
    table[names == "So"] |= of.SYMBOL | of.OPENING | of.CLOSING
    table[names == "Sc"] |= of.OPENING | of.CURRENCY
    table[[code for code in range(N_CODES) if chr(code).isspace()]] |= of.SPACE
    for characters, flag in (
        (OPENING + STOPS + QUOTES, of.OPENING),
        (CLOSING + STOPS + QUOTES, of.CLOSING),
        (INNER, of.INNER),
        ("…", of.SYMBOL),
        (QUOTES, of.QUOTE),
        (BEFORE_STOP + STOPS + QUOTES, of.BEFORE_STOP),
        (MARKS, of.MARK),
        (BREAKS, of.BREAK),
    ):
        table[[ord(one) for one in characters]] |= flag
    table[(table & of.LOWER) > 0] |= of.BEFORE_STOP
    for first, last in map(_ends, TERMINALS.split()):
        table[first : last + 1] |= of.TERMINAL | of.MARK
    table[(table & of.SYMBOL) > 0] |= of.INNER
    return table


def _ends(written: str) -> tuple[int, int]:
    first, _, last = written.partition("-")
    return int(first, 16), int(last or first, 16)


if __name__ == "__main__":
    stored = (made() >> 32).astype(np.uint16)
    np.savez_compressed(CHARACTERS, unicode=unicodedata.unidata_version, flags=stored)
