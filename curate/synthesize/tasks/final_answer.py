r"""Whether a final answer is the known one: as a number with its unit, as a choice, or as text.

A final answer is what stands behind `####` (GSM8K), in the last `\boxed{}` (MATH), or behind "the
answer is"; otherwise it is the whole text. Numbers may be written with thousands separators, as
fractions, in TeX or with powers of ten. Units count where both name one that is known here; other
words behind a number (`42 apples`) do not. The rules are our own.
"""

import math
import re
import unicodedata

TOLERANCE = 1e-6
"""Relative difference of numbers that are the same."""
MAX_WORDS = 30
"""A known answer with more words and no mark of its final part is an explanation, not an answer."""
_MAX_CHARACTERS = 20_000
_MARKED = re.compile(r"####[ \t]*(\S.*)")
_SAID = re.compile(r"\banswer(?: is|[ \t]?[:=])[ \t:]*(\S.*)", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=\S)\.\s+(?=[A-Z])")
_CHOICE = re.compile(r"(?:(?:option|choice)\s+)?[(\[]?([A-Ja-j])[)\]]?[.:]?")
_OPTION = re.compile(r"[(\[]?([A-J])[)\].:]+\s+(\S.*)", re.DOTALL)
_TEX = [
    (re.compile(r"\\(?:(?:text|math)(?:bf|it|rm)?|mbox|operatorname)\s*\{([^{}]*)\}"), r" \1 "),
    (re.compile(r"\\[dtc]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}"), r" \1/\2"),
    (re.compile(r"\\[dtc]?frac\s*(\d)\s*(\d)"), r" \1/\2"),
    (re.compile(r"\^\s*(?:\{\s*\\circ\s*\}|\\circ)|\\degree"), "°"),
    (re.compile(r"\\(?:times|cdot)(?![a-z])|[×·⋅]"), "*"),
    (re.compile(r"\\(?:approx|simeq|sim)(?![a-z])|≈"), "="),
    (re.compile(r"\\mu(?![a-z])|μ"), "µ"),
    (re.compile(r"\\%"), "%"),
    (re.compile(r"\{,\}"), ","),
    (re.compile(r"\\(?:left|right|displaystyle|quad)(?![a-z])|\\[,!;:()\[\]]|\$|\\(?=\s|$)"), ""),
    (re.compile(r"~"), " "),
    (re.compile(r"[−–‒]"), "-"),
]  # fmt: skip
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_POWER = re.compile(r"[⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_TEN = re.compile(r"(?<=\d)\s*[*x]\s*10\s*\^\s*\{?\s*\(?([-+]?\d{1,4})\)?\s*\}?")
_THOUSANDS = re.compile(
    r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?![\d,])|(?<![\d.,])\d{1,3}(?: \d{3})+(?!\d)"
)
_NUMBER = r"(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?"
_QUANTITY = re.compile(
    rf"=?\s*(?P<sign>[-+]?)\s*[€£¥]?\s*"
    rf"(?:(?P<whole>\d+)\s+(?P<above>\d+)/(?P<below>\d+)"
    rf"|(?P<number>{_NUMBER})(?:\s*/\s*(?P<divisor>{_NUMBER}))?)(?P<unit>.*)",
    re.DOTALL,
)
_NAMED = re.compile(r"[^\W\d_]\w{0,3}\s*=")
_UNIT_PART = re.compile(r"([^\W\d_]+|°[CF]?|%)(?:\^?\{?([-+]?\d)\}?)?|([/(]|\))|[\s*.]+")
_NOUN = re.compile(r"[^\W\d_]{3,}(?:[\s-]+[^\W\d_]+)*")
_SYMBOLS = frozenset(
    "m km cm mm nm µm um g kg mg µg s ms µs ns min h d yr L mL l ml mol mmol J kJ MJ N kN W kW MW "
    "V mV kV Pa kPa MPa GPa K ° °C °F % Hz kHz MHz GHz A mA C Ω kΩ T eV keV MeV GeV cal kcal bar "
    "atm M mM rad ppm u Da kDa".split()
)
_SPELLED = {
    name: symbol
    for symbol, names in {
        "m": "meter metre", "km": "kilometer kilometre", "cm": "centimeter centimetre",
        "mm": "millimeter millimetre", "nm": "nanometer nanometre", "g": "gram", "kg": "kilogram",
        "mg": "milligram", "s": "second sec", "min": "minute", "h": "hour hr", "d": "day",
        "yr": "year", "L": "liter litre", "mL": "milliliter millilitre", "mol": "mole",
        "J": "joule", "kJ": "kilojoule", "N": "newton", "W": "watt", "V": "volt", "Pa": "pascal",
        "K": "kelvin", "°": "degree", "%": "percent", "Hz": "hertz", "A": "ampere amp",
        "Ω": "ohm", "T": "tesla", "rad": "radian", "cal": "calorie",
    }.items()
    for name in names.split()
}  # fmt: skip
_ALIKE = {"um": "µm", "l": "L", "ml": "mL"}
Unit = frozenset[tuple[str, int]]


def comparable(known: str) -> bool:
    """Whether a known answer is one that an answer can be compared with."""
    return bool(known.strip()) and (
        final(known) != known.strip() or len(known.split()) <= MAX_WORDS
    )


def same(given: str, known: str) -> bool:
    """Whether an answer is the known one."""
    mine, right = plain(final(given)), plain(final(known))
    if _alike(mine, right):
        return True
    options = [option[2] for option in (_OPTION.fullmatch(right),) if option]
    return not _letter(mine) and any(_alike(mine, option) for option in options)


def final(text: str) -> str:
    """The final answer in a text."""
    text = text.strip()[-_MAX_CHARACTERS:]
    marked = _MARKED.findall(text)
    if marked:
        return str(marked[-1]).strip()
    boxed = _boxed(text)
    if boxed:
        return boxed
    said = _SAID.findall(text)
    return _SENTENCE.split(said[-1])[0].strip() if said else text


def _boxed(text: str) -> str:
    """What is in the last box of TeX, braces within it counted."""
    start = text.rfind(r"\boxed{")
    if start < 0:
        return ""
    start += len(r"\boxed{")
    depth = 1
    for position in range(start, len(text)):
        depth += (text[position] == "{") - (text[position] == "}")
        if depth == 0:
            return text[start:position].strip()
    return ""


def plain(text: str) -> str:
    """The text without TeX around what it says, without separators of thousands."""
    for pattern, replacement in _TEX:
        text = pattern.sub(replacement, text)
    text = _POWER.sub(lambda power: "^" + power[0].translate(_RAISED), text)
    text = " ".join(unicodedata.normalize("NFKC", text).replace("\u03bc", "µ").split())
    text = text.replace(" ^", "^")
    text = _TEN.sub(r"e\1", text)
    text = _THOUSANDS.sub(lambda number: re.sub("[, ]", "", number[0]), text)
    return text.strip().strip("\"'“”‘’`*").rstrip(".").strip()


def _alike(mine: str, right: str) -> bool:
    """Whether two plain answers are the same."""
    letters = _letter(mine), _letter(right)
    if all(letters):
        return letters[0] == letters[1]
    quantities = quantity(mine), quantity(right)
    if quantities[0] and quantities[1]:
        return mine == right or _equal(quantities[0], quantities[1])
    return _compact(mine) == _compact(right)


def _letter(text: str) -> str:
    """The choice that an answer names, in capitals; empty where it names none."""
    found = _CHOICE.fullmatch(text) or _OPTION.fullmatch(text)
    return found[1].upper() if found else ""


def quantity(text: str) -> tuple[float, Unit] | None:
    """A plain answer as a number and its unit, or None where it is something else."""
    name = _NAMED.match(text)
    found = _QUANTITY.fullmatch(text[name.end() :] if name else text)
    if found is None:
        return None
    unit = _unit(found["unit"])
    value = _value(found)
    return None if unit is None or value is None else (value, unit)


def _value(found: re.Match[str]) -> float | None:
    sign = -1.0 if found["sign"] == "-" else 1.0
    above = float(found["above"] or found["number"])
    below = float(found["below"] or found["divisor"] or 1)
    return sign * (float(found["whole"] or 0) + above / below) if below else None


def _unit(text: str) -> Unit | None:
    """Powers of known units; nothing where words follow that are no units; None for algebra."""
    bare = text.strip()
    powers: dict[str, int] = {}
    place, sign, bracket = 0, 1, False
    while place < len(bare):
        part = _UNIT_PART.match(bare, place)
        if part is None:
            break
        place = part.end()
        if part[3] is not None:
            bracket = part[3] == "("
            sign = -1 if part[3] == "/" else sign if bracket else 1
        elif part[1] is not None:
            symbol = _symbol(part[1])
            if symbol is None:
                place = -1
                break
            powers[symbol] = powers.get(symbol, 0) + sign * int(part[2] or 1)
            sign = sign if bracket else 1
    if place == len(bare):
        return frozenset(powers.items())
    return frozenset() if _NOUN.fullmatch(bare) and text[:1].isspace() else None


def _symbol(word: str) -> str | None:
    if word in _SYMBOLS:
        return _ALIKE.get(word, word)
    small = word.casefold()
    return _SPELLED.get(small) or _SPELLED.get(small.removesuffix("s"))


def _equal(mine: tuple[float, Unit], right: tuple[float, Unit]) -> bool:
    (given, unit), (known, known_unit) = mine, right
    if unit and known_unit and unit != known_unit:
        return False
    per_cent = frozenset({("%", 1)})
    if unit != known_unit and per_cent in (unit, known_unit):
        share = 0.01 if unit == per_cent else 100.0
        if math.isclose(given * share, known, rel_tol=TOLERANCE):
            return True
    return math.isclose(given, known, rel_tol=TOLERANCE)


def _compact(text: str) -> str:
    name = _NAMED.match(text)
    return "".join((text[name.end() :] if name else text).casefold().split())
