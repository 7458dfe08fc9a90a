"""Units and number words: what of the words behind or between numbers has a meaning.

Symbols are told apart by case (mM, MM), words are not. Metric prefixes stay as written: 5 mg is not
0.005 g. Counted things (5 patients) and currencies are no units. The lists are our own.
"""

import re
from collections.abc import Iterator

_PREFIXED = {
    "g": "kcdmunpfMGT", "m": "kcdmunpf", "s": "munpf", "L": "cdmunpf", "l": "cdmunpf", "M": "munpf",
    "mol": "kmunpf", "Hz": "kMGT", "Pa": "khMG", "J": "kmMG", "W": "kmuMG", "V": "kmuM",
    "A": "munp", "N": "kmunp", "T": "mun", "eV": "kmMG", "Da": "kM", "bp": "kMG", "b": "kMG",
    "B": "kMGT", "cal": "k", "bar": "m", "Bq": "kMG", "Gy": "cm", "Sv": "mu", "Ω": "kmM",
    "U": "mk", "t": "kMG", "K": "m",
}  # fmt: skip
_ALONE = "g m s L M mol Hz Pa J W V N eV Da bp bar Bq Gy Sv Ω U K"
"""Symbols that are units without a prefix too; A, T and C are more often something else."""
_SAME = """
% percent percents pct percentage
° degree degrees deg
s sec secs second seconds
min mins minute minutes
h hr hrs hour hours
d day days
week weeks wk wks
month months mo
year years yr yrs y
decade decades
fold times
g gram grams gramme grammes
kg kilogram kilograms
mg milligram milligrams
ug mcg microgram micrograms
t ton tons tonne tonnes
m metre metres meter meters
km kilometre kilometres kilometer kilometers
cm centimetre centimetres centimeter centimeters
mm millimetre millimetres millimeter millimeters
um micron microns micrometre micrometres micrometer micrometers
nm nanometre nanometres nanometer nanometers
L l litre litres liter liters
mL ml millilitre millilitres milliliter milliliters
uL ul microlitre microlitres microliter microliters
dL dl
cL cl
nL nl
pL pl
fL fl
J joule joules
kJ kilojoule kilojoules
ms msec millisecond milliseconds
us microsecond microseconds
ns nanosecond nanoseconds
kcal kilocalorie kilocalories
kDa kd kilodalton kilodaltons
kb kilobase kilobases
Å angstrom angstroms
ha hectare hectares
mile miles
foot feet ft
inch inches
lb lbs pound pounds
Ma Myr
rad radians
"""
"""Ways in which one unit is written, a line each."""
_OTHER = "‰ wt% vol% mol% mmHg rpm ppm ppb IU CFU PFU dB nt °C"

MULTIPLIERS = {"hundred": 2, "thousand": 3, "million": 6, "billion": 9, "trillion": 12}
"""Word -> exponent of ten."""
NUMBERS = {
    word: value
    for value, word in enumerate(
        "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
        "sixteen seventeen eighteen nineteen twenty".split(),
        1,
    )
} | {
    f"{word}ty": 10 * value
    for value, word in enumerate("thir for fif six seven eigh nine".split(), 3)
}
"""Number words, which a text may have for digits."""
JOINING = frozenset("and or to vs versus by from until SD range IQR between than".split())
"""Words that may stand between numbers that share the unit of the last."""
COUNTING = frozenset(
    "pre post mid early late day days week weeks month year years type phase stage grade group "
    "level step version from to and or of than".split()
)
"""What is joined to a number by a hyphen and does not make a name of it."""

MINUS_SIGNS = frozenset("-−–")
BLANKS = r"[ \n\u2009]{0,2}"
_TERM = re.compile(r"°[ \u2009]?C(?![^\W_])|[%°‰]|[^\W\d_]+%?")
_OF_TERM = re.compile(r"\^([-−–+]?)(\d)(?![^\W_])|([-−–]?)([1-3])(?!\.?\d|[^\W_])")
_NEXT_TERM = re.compile(rf"{BLANKS}(?:(/|per\b){BLANKS}|[×·.*]{BLANKS}|[ \u2009])")
_BEFORE_UNIT = re.compile(rf"-|{BLANKS}")
_CENT = re.compile(r"per[ \u2009]cent(?![^\W_])|degrees?[ \u2009](?:[Cc]elsius|C)(?![^\W_])")
_BRACKET = re.compile(rf"[)\]]?{BLANKS}")
MOST_TERMS = 4
"""Of a unit: mg/kg/day has three."""


def _listed() -> Iterator[tuple[str, str]]:
    """(how a unit is written, its one name)."""
    for base, prefixes in _PREFIXED.items():
        for prefix in prefixes:
            yield prefix + base, prefix + base
    for symbol in (*_ALONE.split(), *_OTHER.split()):
        yield symbol, symbol
    for line in _SAME.split("\n"):
        names = line.split()
        for name in names:
            yield name, names[0]


UNITS = dict(_listed())
"""How a unit is written -> its one name, with u for micro."""


def unit_named(word: str) -> str | None:
    """The one name of a unit, or None where a word is none; words of three letters in any case."""
    found = UNITS.get(word)
    if found is None and len(word) > 2:
        found = UNITS.get(word.lower())
    return found


def unit_behind(flat: str, at: int, behind_bracket: bool) -> tuple[str, int]:
    """What unit stands behind a number.

    Args:
        flat: a text as `numbers.flatten` gives it.
        at: behind the number.
        behind_bracket: whether a bracket may be closed between them.

    Returns:
        The unit, its terms in the order of the alphabet, and where it ends; "" and `at` for none.
    """
    before = (_BRACKET if behind_bracket else _BEFORE_UNIT).match(flat, at)
    if behind_bracket and flat[at : at + 1] == "-":
        before = _BEFORE_UNIT.match(flat, at)
    place = before.end() if before else at
    terms: list[str] = []
    end, factor, must_be_below = at, 1, False
    while len(terms) < MOST_TERMS:
        name, exponent, behind = _term(flat, place)
        if not name or (must_be_below and exponent >= 0):
            break
        terms.append(f"{name}^{factor * exponent}")
        end = behind
        following = _NEXT_TERM.match(flat, end)
        if not following:
            break
        factor = -1 if following[1] else 1
        must_be_below = not following[1] and following[0].strip() in ("", ".")
        place = following.end()
    return " ".join(sorted(terms)), end


def _term(flat: str, at: int) -> tuple[str, int, int]:
    """(name, exponent, behind it) of one term of a unit; an empty name where there is none."""
    if words := _CENT.match(flat, at):
        return "%" if words[0].startswith("per") else "°C", 1, words.end()
    found = _TERM.match(flat, at)
    if not found:
        return "", 0, at
    name = "°C" if found[0][0] == "°" and len(found[0]) > 1 else unit_named(found[0])
    end = found.end()
    if name is None and found[0].endswith("%"):
        name, end = unit_named(found[0][:-1]), end - 1
    if name is None:
        return "", 0, at
    raised = _OF_TERM.match(flat, end)
    if not raised:
        return name, 1, end
    sign, power = (raised[1], raised[2]) if raised[2] else (raised[3], raised[4])
    return name, -int(power) if sign in MINUS_SIGNS else int(power), raised.end()
