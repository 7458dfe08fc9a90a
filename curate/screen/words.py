"""What a word is to every compiled measure: one reading of UTF-8, the same for all of them.

A word is a run of letters, marks and digits. Characters are compared as Unicode compares them
without case: compatibility decomposed (a ligature is its letters, a superscript its digit),
without combining diacritics, case folded in full (the German sharp s is two s). So an article's
PDF, its XML and its abstract in capitals have the same words. Zero-width characters and soft
hyphens are as if they were not there; anything else parts words. Where scripts that write no spaces
(Han, Kana, Thai, Lao, Khmer, Burmese) hold at least half of a row's characters, each of their
characters is a word of its own, see `unspaced`.

Source: The Unicode Standard, sections 3.13 (caseless matching) and 4.5 (general category).
"""

import sys
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from curate.screen.bits import eight_bytes, lowest_bit
from curate.screen.kernels import Bytes, Offsets, compiled

Hashes = NDArray[np.uint64]
Kinds = NDArray[np.uint8]
Folds = NDArray[np.uint32]
Several = NDArray[np.uint32]

SEPARATOR, WORD, UNSPACED, IGNORED = 0, 1, 2, 3
"""Kinds of characters."""
N_CODES = 0x32000
"""Code points with an entry in the tables: all that scripts have been given. Others part words."""
WIDEST = 4
"""Characters that one character becomes at most; what a few Arabic ligatures have more is cut."""
MANY = 1 << 31
"""Set where a character becomes several: the other bits are its row in `Tables.several`."""
CHARACTERS = Path(__file__).with_name("characters.npz")

# Odd numbers with bits spread evenly: golden ratio, and the finalizer of MurmurHash3.
_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_MIX_A = np.uint64(0xFF51AFD7ED558CCD)
_MIX_B = np.uint64(0xC4CEB9FE1A85EC53)

# Added to each of eight ASCII characters these set its high bit: from a character on, or behind it.
_EACH = 0x0101010101010101
_HIGH = np.uint64(0x80 * _EACH)
_FROM_A, _BEHIND_Z = np.uint64((128 - 65) * _EACH), np.uint64((128 - 91) * _EACH)
_FROM_SMALL_A, _BEHIND_SMALL_Z = np.uint64((128 - 97) * _EACH), np.uint64((128 - 123) * _EACH)
_FROM_0, _BEHIND_9 = np.uint64((128 - 48) * _EACH), np.uint64((128 - 58) * _EACH)
LITTLE_ENDIAN = sys.byteorder == "little"


class Tables(NamedTuple):
    """How characters are read; the same in every process."""

    kinds: Kinds
    """(N_CODES,) SEPARATOR, WORD, UNSPACED or IGNORED."""
    folds: Folds
    """(N_CODES,) what a character becomes, or MANY and a row of `several`."""
    several: Several
    """(n, WIDEST) characters that one becomes, ended by 0."""


@cache
def tables() -> Tables:
    """The tables, as `characters.py` made them: the same under any version of Python."""
    with np.load(CHARACTERS) as stored:
        folds = np.arange(N_CODES, dtype=np.uint32) + stored["moved"]
        return Tables(stored["kinds"], folds, stored["several"])


@compiled
def mixed(value: np.uint64) -> np.uint64:
    """MurmurHash3's 64-bit finalizer: a bijection that spreads every bit over all."""
    value ^= value >> np.uint64(33)
    value *= _MIX_A
    value ^= value >> np.uint64(33)
    value *= _MIX_B
    return value ^ (value >> np.uint64(33))


@compiled
def decoded(text: Bytes, at: int, end: int) -> tuple[np.uint32, int]:
    """(code point, its bytes) where a character begins that is not ASCII.

    Bytes that are no UTF-8 are one character each that parts words.
    """
    first = np.uint32(text[at])
    n = 2 if first < 0xE0 else 3 if first < 0xF0 else 4
    if first < 0xC2 or first > 0xF4 or at + n > end:
        return np.uint32(0), 1
    code = first & np.uint32(0xFF >> (n + 1))
    for place in range(at + 1, at + n):
        byte = np.uint32(text[place])
        if byte & np.uint32(0xC0) != np.uint32(0x80):
            return np.uint32(0), 1
        code = code << np.uint32(6) | (byte & np.uint32(0x3F))
    return code, n


@compiled
def _gathered(
    value: np.uint64, chunk: np.uint64, n: int, code: np.uint32
) -> tuple[np.uint64, np.uint64, int]:
    """The hash of a word, its last bytes and how many they are, with one more character."""
    n_more = 1 if code < 0x80 else 2 if code < 0x800 else 3 if code < 0x10000 else 4
    for place in range(n_more):
        byte = code
        if n_more > 1:  # as UTF-8 has it, but that no first byte says how many follow
            byte = np.uint32(0x80) | (code >> np.uint32(6 * place)) & np.uint32(0x3F)
        chunk |= np.uint64(byte) << np.uint64(8 * n)
        n += 1
        if n == 8:
            value = (value ^ chunk) * _FACTOR
            chunk = np.uint64(0)
            n = 0
    return value, chunk, n


@compiled
def _lowered(chunk: np.uint64) -> np.uint64:
    """Eight ASCII characters with small letters for capitals."""
    capital = (chunk + _FROM_A) & ~(chunk + _BEHIND_Z) & _HIGH
    return chunk | capital >> np.uint64(2)


@compiled
def _in_words(lowered: np.uint64) -> np.uint64:
    """The high bit of each of eight ASCII characters that is a small letter or a digit."""
    letter = (lowered + _FROM_SMALL_A) & ~(lowered + _BEHIND_SMALL_Z)
    digit = (lowered + _FROM_0) & ~(lowered + _BEHIND_9)
    return (letter | digit) & _HIGH


@compiled
def placed_words(
    text: Bytes,
    start: int,
    end: int,
    kinds: Kinds,
    folds: Folds,
    several: Several,
    hashes: Hashes,
    begins: Offsets | None,
    ends: Offsets | None,
    apart: bool,
) -> tuple[int, int, int]:
    """Write the hash of each word of one row, and where it stands.

    A word's folded bytes are hashed eight at a time; where eight in a row are ASCII they are folded
    and parted by arithmetic on all of them at once, elsewhere one by one.

    Args:
        text: bytes of all rows.
        start: where the row begins.
        end: where it ends.
        kinds: of `tables`.
        folds: of `tables`.
        several: of `tables`.
        hashes: (>= end - start,), filled.
        begins: as long, filled with the place of the first byte of each word; or None.
        ends: as long, filled with the place behind the last byte; or None.
        apart: whether each character of a script without spaces is a word of its own.

    Returns:
        words; characters in words; of these, those of scripts without spaces.
    """
    n_words, n_characters, n_unspaced = 0, 0, 0
    safe = len(text) - 8 if LITTLE_ENDIAN else -1
    value, chunk, n_held = np.uint64(0), np.uint64(0), 0
    inside = False
    at = start
    while at < end:
        if n_held == 0 and at <= safe:
            eight = eight_bytes(text, at)
            if eight & _HIGH == np.uint64(0):
                lowered = _lowered(eight)
                inner = _in_words(lowered)
                if not inside:
                    at += lowest_bit(inner) >> 3
                    if inner & np.uint64(0x80) == np.uint64(0):
                        continue
                    value, chunk = np.uint64(0), np.uint64(0)
                    if begins is not None:
                        begins[n_words] = at
                length = min(lowest_bit(inner ^ _HIGH) >> 3, end - at)
                if length == 8:
                    value = (value ^ lowered) * _FACTOR
                    inside = True
                else:
                    if length > 0:
                        used = (np.uint64(1) << np.uint64(8 * length)) - np.uint64(1)
                        value = (value ^ (lowered & used)) * _FACTOR
                    hashes[n_words] = mixed(value)
                    inside = False
                if ends is not None and length > 0:
                    ends[n_words] = at + length
                n_words += not inside
                n_characters += length
                if length < 8:  # and over what parts it from the next word
                    parting = lowest_bit(inner >> np.uint64(8 * length)) >> 3
                    length += min(parting, 8 - length)
                at += length
                continue
        code, n_bytes = np.uint32(text[at]), 1
        if code >= 128:
            code, n_bytes = decoded(text, at, end)
        kind = kinds[code] if code < N_CODES else np.uint8(SEPARATOR)
        is_word = kind in (WORD, UNSPACED)
        alone = apart and kind == UNSPACED
        if inside and (alone or kind == SEPARATOR):
            hashes[n_words] = _ended(value, chunk, n_held)
            n_words += 1
            inside = False
            n_held = 0
        if is_word:
            if not inside:
                value, chunk, n_held = np.uint64(0), np.uint64(0), 0
                if begins is not None:
                    begins[n_words] = at
            folded = folds[code]
            if folded < MANY:
                value, chunk, n_held = _gathered(value, chunk, n_held, folded)
            else:
                for one in several[folded - MANY]:
                    if one != 0:
                        value, chunk, n_held = _gathered(value, chunk, n_held, one)
            inside = True
            n_characters += 1
            n_unspaced += kind == UNSPACED
            if ends is not None:
                ends[n_words] = at + n_bytes
            if alone:
                hashes[n_words] = _ended(value, chunk, n_held)
                n_words += 1
                inside = False
                n_held = 0
        at += n_bytes
    if inside:
        hashes[n_words] = _ended(value, chunk, n_held)
        n_words += 1
    return n_words, n_characters, n_unspaced


@compiled
def _ended(value: np.uint64, chunk: np.uint64, n_held: int) -> np.uint64:
    """The hash of a whole word."""
    return mixed((value ^ chunk) * _FACTOR if n_held > 0 else value)


@compiled
def unspaced(n_characters: int, n_unspaced: int) -> bool:
    """Whether a row is read character by character: half of it is in scripts without spaces."""
    return n_unspaced > 0 and 2 * n_unspaced >= n_characters
