"""Words that no rule of characters parts rightly: contractions, abbreviations, faces, units.

They are looked up by their hash in a table of open addressing. An entry says where its word is cut,
`can't` after two characters, `Dr.` nowhere, and which of Gopher's stop words it is.
"""

from functools import cache
from itertools import product
from typing import cast

import numpy as np
from numpy.typing import NDArray

from curate.screen.signals.flags import CODE, Characters
from curate.screen.signals.parts import NONE, ONE, part

Spellings = NDArray[np.int64]
"""(SLOTS, 2) hashes of words, 0 where none is, and entries."""

LONGEST = 12
"""Characters of the longest entry."""
SLOTS = 1 << 13
CUT, STOP_WORD = 4, 8
"""Bits of an entry before the second cut, and before the number of a stop word, from 1."""
NO_CUT = 15
WORD, UNIT = ONE, cast(int, np.int64(1 << 40))
"""What hashes begin with, so that units are looked up apart from words."""
_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_HALF = np.uint64(32)
_ALL = (1 << 64) - 1

PEOPLE = "i you he she it we they"
ASKING = "who what when where why how there that this these those"
VERBS = (
    "ca could do does did had may might must need ought sha should wo would ai are is was were "
    "have has dare"
)
BEFORE_HAVE = "i you we they who what when where why how could might must should would not"
BEFORE_ARE = "you we they who what when where why how there these those"
BEFORE_IS = "he she it who what when where why how there that this let"
WITHOUT = "that what who where there how"
"""Words before an s that lost its apostrophe."""
CLIPPED = "doin goin havin lovin nothin nuthin ol somethin"
"""Words that end in an apostrophe of their own."""
WHOLE = (
    "Mr. Mrs. Ms. Messrs. Dr. Prof. Rev. Jr. Gen. Gov. Adm. Rep. Sen. St. Mt. Ph.D. "
    "Inc. Ltd. Corp. Co. co. Bros. vs. v.s. a.m. p.m. e.g. E.g. E.G. i.e. I.e. I.E. "
    "Jan. Feb. Mar. Apr. Jun. Jul. Aug. Sep. Sept. Oct. Nov. Dec. D.C. "
    "Ak. Ala. Ariz. Ark. Calif. Colo. Conn. Del. Fla. Ga. Ia. Id. Ill. Ind. Kan. Kans. Ky. La. "
    "Mass. Md. Mich. Minn. Miss. Mo. Mont. N.C. N.D. N.H. N.J. N.M. N.Y. Neb. Nebr. Nev. Okla. "
    "Ore. Pa. S.C. Tenn. Va. Wash. Wis. "
    "C++ and/or w/o o'clock O'clock ma'am Ma'am "
    "'s 'S 're 'd 'll 'em 'cause 'Cause 'bout 'nuff ' '' "
    "<space> <3 </3 ^_^ -_- o.o O.O o_O O_o xD XD"
)
"""Words that are never cut, and words whose apostrophe belongs to them."""
EYES, MOUTHS = ": ;".split(), ") ( ] D P p o O / * 3 > | X x } )) (( ))) (((".split()
FACES = "=) =( =] =[ =/ =| =D =3 8) 8-) 8D (: (-: (; (-; (= [: [-: [= ]= ): )-: (-8".split()
"""Faces of other eyes, and those that look to the left; most others are rarer."""
UNITS = (
    "km km² km³ m m² m³ dm dm² dm³ cm cm² cm³ mm mm² mm³ ha µm nm yd in ft kg g mg µg t lb oz m/s "
    "km/h kmh mph hPa Pa mbar mb MB kb KB gb GB tb TB T G M K %"
)
"""Parted from a number that they follow."""
STOP_WORDS = "the be to of and that have with"
"""Gopher's eight."""


@part
def extended(value: int, character: int) -> int:
    """The hash of a text with one more character; that of no text is WORD."""
    mixed = (np.uint64(value) ^ np.uint64(character & CODE)) * _FACTOR
    return int(np.int64(mixed ^ (mixed >> _HALF)))


@part
def hashed(row: Characters, begin: int, end: int, value: int) -> int:
    """The hash of a text that is `value` so far."""
    for at in range(begin, end):
        value = extended(value, row[at])
    return value


@part
def entry(value: int, spellings: Spellings) -> int:
    """The entry of a hash; -1 where there is none."""
    last = len(spellings) - 1
    at = value & last
    while spellings[at, 0] != 0:
        if spellings[at, 0] == value:
            return int(spellings[at, 1])
        at = (at + 1) & last
    return NONE


def written(text: str, value: int = WORD) -> int:
    """The hash of a text, in Python."""
    value = int(value)
    for character in text:
        value = ((value ^ ord(character)) * int(_FACTOR)) & _ALL
        value ^= value >> int(_HALF)
    return value - (1 << 64) if value >> 63 else value


@cache
def spellings() -> Spellings:
    """The table, the same in every process."""
    table = np.zeros((SLOTS, 2), np.int64)
    for parts in _entries():
        first = len(parts[0]) if len(parts) > 1 else NO_CUT
        two = len(parts[0] + parts[1]) if len(parts) > 2 else NO_CUT
        _enter(written("".join(parts)), first | two << CUT, table)
    for number, word in enumerate(STOP_WORDS.split(), 1):
        _enter(written(word), NO_CUT | NO_CUT << CUT | number << STOP_WORD, table)
    for unit in UNITS.split():
        _enter(written(unit, UNIT), 0, table)
    return table


def _enter(value: int, entry: int, table: Spellings) -> None:
    at = value % len(table)
    while table[at, 0] not in (0, value):
        at = (at + 1) % len(table)
    table[at] = value, entry


def _entries() -> set[tuple[str, ...]]:
    """Each word in its parts, with both apostrophes."""
    plain: set[tuple[str, ...]] = {(word,) for word in WHOLE.split()}
    plain |= {(letter + ".",) for letter in "abcdefghijklmnopqrstuvwxyzäöü"}
    plain |= {(word + end,) for one in CLIPPED.split() for word in _cased(one) for end in ("", "'")}
    plain |= {("".join(parts),) for parts in product(EYES, ("", "-"), MOUTHS)}
    plain |= {(face,) for face in FACES} | {("°", scale, ".") for scale in "cfkCFK"}
    plain |= {(str(hour), noon) for hour in range(1, 13) for noon in ("am", "pm", "a.m.", "p.m.")}
    plain |= {("y'", "all"), ("y", "all"), ("not", "'ve")}
    for one in ("can not", "gon na", "got ta", "c'm on"):
        plain |= {(word, one.split()[1]) for word in _cased(one.split()[0])}
    plain |= set(_contractions())
    return plain | {tuple(part.replace("'", "’") for part in word) for word in plain}


def _contractions() -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for word in [cased for one in (PEOPLE + " " + ASKING).split() for cased in _cased(one)]:
        found += [(word, "'ll"), (word, "'d"), (word, "'ll", "'ve"), (word, "'d", "'ve")]
    for verb in [cased for one in VERBS.split() for cased in _cased(one)]:
        found += [(verb, "n't"), (verb, "nt"), (verb, "n't", "'ve")]
    for before, end in ((BEFORE_HAVE, "'ve"), (BEFORE_ARE, "'re"), (BEFORE_IS, "'s"), ("i", "'m")):
        found += [(word, end) for one in before.split() for word in _cased(one)]
    found += [(word, "s") for one in WITHOUT.split() for word in _cased(one)]
    return found


def _cased(word: str) -> tuple[str, str]:
    return word, word.capitalize()
