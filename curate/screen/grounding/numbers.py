"""What numbers, units and names with digits a short stretch of text holds.

A value is the same however it is written: 0.001, .001, 1e-3, 10^-3, 1 × 10⁻³; 1,234 and 1 234;
0.50 and 0.5. Zeros before a whole number are part of it: 05 is not 5. A minus sign and a unit are
part of a number too. Digits in a name (IL-6, COVID-19, H1N1, 3.5.1) are part of the name, in which
case and hyphens do not count. The rules are our own.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from curate.screen.grounding.units import (
    BLANKS,
    COUNTING,
    JOINING,
    MINUS_SIGNS,
    MULTIPLIERS,
    NUMBERS,
    unit_behind,
    unit_named,
)

Key = tuple[str, ...]
"""What is looked up: of a name its letters; else digits, exponent, sign and unit."""

_SPACE = "\u2009"
_TRANSLATED = {
    **dict.fromkeys(map(ord, "\u00a0\u2007\u2009\u200a\u202f"), _SPACE),
    **dict.fromkeys(map(ord, "−⁻₋﹣－"), "−"),
    **dict.fromkeys(map(ord, "‒–—―"), "–"),
    **dict.fromkeys(map(ord, "‐‑"), "-"),
    **dict.fromkeys(map(ord, "×✕⨉⋅∙"), "×"),
    **dict.fromkeys(map(ord, "µμ"), "u"),
    **dict.fromkeys(map(ord, "°º∘"), "°"),
    **dict.fromkeys(map(ord, "{}$\u00ad\u200b\u200c\u200d\u2060\ufeff"), None),
    ord("℃"): "°C",
    ord("％"): "%",
    ord("Å"): "Å",
    ord("Ω"): "Ω",
    ord("~"): " ",
}
_TEX = {"times": "×", "cdot": "×", "pm": "±", "circ": "°", "degree": "°", "mu": "u", "%": "%"}
_COMMAND = re.compile(r"\^?\\(times|cdot|pm|\^?circ|degree|mu|mathrm|text|rm|[%,; !:])")
_RAISED = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁺]+|−[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_OTHER_DIGIT = re.compile(r"(?![0-9])\d|[₀-₉]")
_TOKEN = re.compile(
    r"""
      (?P<name>[^\W\d_]+\d[^\W_]*(?:\.\d+)*)
    | (?P<stem>[^\W\d_][^\W_]*)[-–](?P<tail>\d[^\W_]*(?:\.\d+)*)
    | (?P<word>[^\W\d_]+)
    | (?P<version>\d+(?:\.\d+){2,})
    | (?P<number>
        (?:[1-9]\d{0,2}(?:(?:,\d{3})+|(?:\u2009\d{3})+|(?:'\d{3})+|(?:[ ]\d{3})+)(?!\d)|\d+)
        (?:\.\d+|·(?!10[-−^])\d+)? | (?<![\w.)\]])\.\d+ )
      (?P<power>[eE][-−–+]?\d{1,3}(?![^\W_])|\s{0,2}[×·*xX]\s{0,2}10(?:\^[-−–+]?\d{1,3}|\s?[-−–]\d{1,3}))?
    """,
    re.VERBOSE,
)
_TEN = re.compile(r"\^([-−–+]?\d{1,3})|−(\d{1,3})(?![\d.])|-(\d)(?![\d.]|[^\W_])")
_EXPONENT = re.compile(r"([-−–+]?)(\d{1,3})$")
_MULTIPLIER = re.compile(rf"{BLANKS}({'|'.join(MULTIPLIERS)})(?![^\W_])")
_COUNTED = re.compile(rf"{BLANKS}([^\W\d_]+)")
_BETWEEN = re.compile(r"[^\W\d_]+|[\n!?]")
WAITING = 16
"""Numbers in a row that may share the unit of the next."""


class Number(NamedTuple):
    """A number, or a name with digits."""

    start: int
    """In the flat text; a sign is not counted."""
    end: int
    """Behind its unit."""
    digits: str
    """Its significant digits, empty for zero; of a name the name."""
    exponent: int
    """Of ten, for the digits read as a whole number without zeros behind."""
    leading: int
    """Zeros before a whole number."""
    negative: bool
    unit: str
    """Empty for none."""
    is_name: bool
    parts: str
    """What may be meant in place of it, number by number: `2 100`, `10-3`; else empty."""
    counted: str = ""
    """The word behind it, where it is a whole number below a hundred without unit."""
    in_words: bool = False

    def value(self, unit: str = "", literal: bool = True, signed: bool = False) -> Key:
        """The key of its value with a unit, and with or without leading zeros and sign."""
        if self.is_name:
            return (self.digits,)
        zeros = "0" * self.leading if literal else ""
        return (zeros + self.digits, str(self.exponent), "-" if signed else "", unit)

    @property
    def spelt(self) -> Key:
        """The key of so many of something: an answer's `6 patients` is a text's `six patients`."""
        return ("", self.digits, str(self.exponent), self.counted)


class Claim(NamedTuple):
    """What an answer says."""

    key: Key
    spelt: Key
    """What bears it out too; the same where nothing else does."""
    is_name: bool
    written: str


def flatten(text: str) -> str:
    """A text with its numbers and units in fewer ways of writing."""
    text = _COMMAND.sub(lambda found: _TEX.get(found[1].strip("^"), _SPACE), text)
    text = text.translate(_TRANSLATED)
    text = _RAISED.sub(lambda found: "^" + unicodedata.normalize("NFKC", found[0]), text)
    return _OTHER_DIGIT.sub(_ascii_digit, text)


def _ascii_digit(found: re.Match[str]) -> str:
    digit = unicodedata.digit(found[0], None)
    return found[0] if digit is None else str(digit)


def numbers(flat: str, in_words: bool = False, literal: bool = False) -> Iterator[Number]:
    """The numbers and names with digits of a flat text.

    Args:
        flat: as `flatten` gives it.
        in_words: whether number words count, and a unit may stand behind a bracket.
        literal: whether a blank never groups digits, and ten has no exponents.
    """
    at = 0
    while found := _TOKEN.search(flat, at):
        at = found.end()
        if found["word"]:
            if in_words and (one := _spelt(flat, found)):
                yield one
                at = one.end
        elif found["name"] or found["version"]:
            yield _name(found.start(), at, found[0])
        elif found["stem"]:
            if found["stem"].lower() in COUNTING or unit_named(found["stem"]):
                at = found.start("tail")
                continue
            yield _name(found.start(), at, found[0])
        else:
            one = _number(flat, found, in_words, literal)
            yield one
            at = one.end


def _name(start: int, end: int, written: str) -> Number:
    plain = re.sub(r"[-–]", "", written).lower()
    return Number(start, end, plain, 0, 0, False, "", True, "")


def _number(flat: str, found: re.Match[str], in_words: bool, literal: bool) -> Number:
    written = found["number"]
    end = found.end()
    parts = ""
    exponent = 0
    if literal:
        written = written.split(" ")[0]
        end = found.start() + len(written)
    elif found["power"]:
        exponent = _exponent(found["power"])
    elif written == "10" and (ten := _TEN.match(flat, end)):
        exponent = _exponent(ten[0]) - 1
        end = ten.end()
        parts = "" if ten[1] else flat[found.start() : end]
    if " " in written:
        parts = flat[found.start() : found.end("number")]
    whole, _, behind = re.sub(r"[ ,'\u2009]", "", written.replace("·", ".")).partition(".")
    digits = (whole + behind).lstrip("0")
    exponent += len(digits) - len(digits.rstrip("0")) - len(behind)
    leading = 0 if behind else len(whole) - len(whole.lstrip("0"))
    if not digits and leading == 1:
        leading = 0
    if scaled := _MULTIPLIER.match(flat, end):
        exponent += MULTIPLIERS[scaled[1]]
        end = scaled.end()
    if _is_decade(flat, written, end):
        unit, end = "", end + 1
    else:
        unit, end = unit_behind(flat, end, in_words)
    digits = digits.rstrip("0")
    counted = "" if unit or behind or scaled or len(whole) > 2 else _counted(flat, end)
    return Number(
        found.start(), end, digits, exponent if digits else 0, leading,
        _is_signed(flat, found.start()), unit, False, parts, counted,
    )  # fmt: skip


def _counted(flat: str, at: int) -> str:
    """The word behind a number, without case and the s of the plural."""
    found = _COUNTED.match(flat, at)
    return found[1].lower().rstrip("s") if found else ""


def _is_decade(flat: str, written: str, end: int) -> bool:
    """Whether an s behind a year makes it a decade, not seconds."""
    return (
        len(written) == 4
        and written[0] in "12"
        and flat[end : end + 1] == "s"
        and not flat[end + 1 : end + 2].isalnum()
    )


def _exponent(written: str) -> int:
    found = _EXPONENT.search(written)
    if found is None:
        return 0
    return -int(found[2]) if found[1] in MINUS_SIGNS else int(found[2])


def _is_signed(flat: str, start: int) -> bool:
    """Whether a minus sign, not a hyphen or the dash of a range, stands before a number."""
    if not start or flat[start - 1] not in MINUS_SIGNS:
        return False
    before = flat[start - 2 : start - 1] if start > 1 else ""
    return not (before.isalnum() or before in (*")]%.°-−–",))


def _spelt(flat: str, found: re.Match[str]) -> Number | None:
    """The number that begins with a word, up to ninety-nine; `one` alone is a pronoun too."""
    value, end = NUMBERS.get(found[0].lower(), 0), found.end()
    if value < 2:
        return None
    ones = _TOKEN.match(flat, end + 1) if flat[end : end + 1] in ("-", " ") else None
    if value >= 20 and ones and ones["word"] and 0 < NUMBERS.get(ones[0].lower(), 0) < 10:
        value, end = value + NUMBERS[ones[0].lower()], ones.end()
    unit, end = unit_behind(flat, end, True)
    digits = str(value).rstrip("0")
    exponent = len(str(value)) - len(digits)
    counted = "" if unit else _counted(flat, end)
    return Number(
        found.start(), end, digits, exponent, 0, False, unit, False, "", counted, True
    )  # fmt: skip


def claimed(text: str) -> tuple[Claim, ...]:
    """What a stretch of an answer says, each with how it is written."""
    flat = flatten(text)
    return tuple(
        Claim(
            one.value(one.unit, signed=one.negative),
            one.spelt if one.counted else one.value(one.unit, signed=one.negative),
            one.is_name,
            flat[one.start - one.negative : one.end].strip(),
        )
        for one in numbers(flat)
    )


def borne_out(text: str) -> frozenset[Key]:
    """The keys of all claims that a stretch of a source bears out."""
    flat = flatten(text)
    keys: set[Key] = set()
    waiting: list[Number] = []
    before = 0
    for one in numbers(flat, in_words=True):
        if waiting and not _joined(flat[before : one.start]):
            waiting = []
        if one.in_words:
            keys.add(one.spelt)
        else:
            keys |= _keys(one, {""})
        if one.unit:
            keys |= _keys(one, {one.unit})
            for earlier in waiting[-WAITING:]:
                keys |= _keys(earlier, {one.unit})
            waiting = []
        elif not one.is_name and not one.in_words:
            waiting.append(one)
        for part in numbers(one.parts, literal=True) if one.parts else ():
            keys |= _keys(part, {"", part.unit, one.unit})
        before = one.end
    return frozenset(keys)


def _keys(one: Number, units: set[str]) -> set[Key]:
    return {
        one.value(unit, literal, signed)
        for unit in units
        for literal in (True, False)
        for signed in {False, one.negative}
    }


def _joined(between: str) -> bool:
    """Whether what stands between two numbers lets them share the unit of the second."""
    return len(between) <= 24 and all(word in JOINING for word in _BETWEEN.findall(between))
