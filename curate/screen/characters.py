"""How characters are read: makes the tables that `words.py` loads. Reads Python's Unicode data.

    python -m curate.screen.characters

The tables are kept in `characters.npz`, so that words are the same whatever the Python: hashes are
stored in indexes. Made again for a newer Unicode, they are another format of index.
"""

import unicodedata

import numpy as np

from curate.screen.words import (
    CHARACTERS,
    IGNORED,
    MANY,
    N_CODES,
    SEPARATOR,
    UNSPACED,
    WIDEST,
    WORD,
    Tables,
)

UNSPACED_SCRIPTS = (
    *((0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x19E0, 0x19FF), (0xA9E0, 0xA9FF)),
    *((0xAA60, 0xAA7F), (0x3005, 0x3007), (0x3041, 0x30FF), (0x31F0, 0x31FF), (0x3400, 0x4DBF)),
    *((0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0xFF66, 0xFF9F), (0x1B000, 0x1B16F), (0x20000, 0x323AF)),
)
"""Ranges of code points: Thai and Lao, Burmese, Khmer, iteration marks, Kana, Han."""
DIACRITICS = (0x0300, 0x036F)
VARIATIONS = (0xFE00, 0xFE0F)


def made() -> Tables:
    """The tables by the Unicode data of this Python."""
    categories = np.array([unicodedata.category(chr(code)) for code in range(N_CODES)])
    kinds = np.where(np.isin(categories.astype("U1"), list("LMN")), WORD, SEPARATOR)
    unspaced = np.zeros(N_CODES, np.bool_)
    for begin, end in UNSPACED_SCRIPTS:
        unspaced[begin : end + 1] = True
    kinds[unspaced & (kinds == WORD) & (categories != "Nd")] = UNSPACED
    kinds[categories == "Cf"] = IGNORED
    for begin, end in (DIACRITICS, VARIATIONS):
        kinds[begin : end + 1] = IGNORED
    folds = np.arange(N_CODES, dtype=np.uint32)
    several: list[list[int]] = []
    for code in np.flatnonzero((kinds == WORD) | (kinds == UNSPACED)).tolist():
        folded = _folded(chr(code))
        if folded is None:
            continue
        codes = [one for one in folded if kinds[one] in (WORD, UNSPACED)][:WIDEST]
        if len(codes) == 1:
            folds[code] = codes[0]
        elif codes:
            folds[code] = MANY | len(several)
            several.append(codes + [0] * (WIDEST - len(codes)))
    return Tables(kinds.astype(np.uint8), folds, np.array(several, np.uint32))


def _folded(character: str) -> list[int] | None:
    """Code points that stand for a character; None where it is its own."""
    apart = unicodedata.normalize("NFKD", character)
    if apart == character == character.casefold():
        return None
    first, last = map(chr, DIACRITICS)
    plain = "".join(one for one in apart if not first <= one <= last)
    return [ord(one) for one in unicodedata.normalize("NFKC", plain.casefold())]


if __name__ == "__main__":
    tables = made()
    np.savez_compressed(
        CHARACTERS,
        unicode=unicodedata.unidata_version,
        kinds=tables.kinds,
        moved=tables.folds - np.arange(N_CODES, dtype=np.uint32),
        several=tables.several,
    )
