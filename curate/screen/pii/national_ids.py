"""Numbers that states give to people, by their form and check digits.

Where form and check digit leave one number in ten or more, as with the tax id of Germany, a word
before it has to say what it is. Science is full of numbers of nine to twelve digits.

Sources: for each the issuing authority's own description; `check_digits.py` for the arithmetic.
"""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from curate.screen.pii.check_digits import luhn, mod_11_10, verhoeff, weighted
from curate.screen.pii.forms import Form
from curate.screen.pii.spans import Span

_BEFORE, _BEHIND = r"(?<![\w.,/+-])", r"(?![\w-]|[.,]\d)"
_DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
_FISCAL_ODD = dict(
    zip(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        (1, 0, 5, 7, 9, 13, 15, 17, 19, 21) * 2
        + (2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23),
        strict=True,
    )
)


def _spain(code: str) -> bool:
    number = code[:-1].translate(str.maketrans("XYZ", "012"))
    return code[-1] == _DNI_LETTERS[int(number) % 23]


def _italy(code: str) -> bool:
    even = sum(int(one) if one.isdigit() else ord(one) - ord("A") for one in code[1:15:2])
    return chr(ord("A") + (even + sum(_FISCAL_ODD[one] for one in code[0:15:2])) % 26) == code[-1]


def _france(code: str) -> bool:
    number = int(code[:13].replace("2A", "19").replace("2B", "18"))
    return 97 - number % 97 == int(code[13:])


def _china(code: str) -> bool:
    digits = code[:17]
    total = weighted(digits, tuple(pow(2, 17 - place, 11) for place in range(17)))
    return "10X98765432"[total % 11] == code[-1].upper()


def _brazil(code: str) -> bool:
    first = weighted(code, range(10, 1, -1)) * 10 % 11 % 10
    second = weighted(code, range(11, 1, -1)) * 10 % 11 % 10
    return len(set(code)) > 1 and code[9:] == f"{first}{second}"


def _germany(code: str) -> bool:
    repeated = max(code[:10].count(digit) for digit in code[:10])
    return code[0] != "0" and repeated in (2, 3) and mod_11_10(code)


def _nhs(code: str) -> bool:
    return (11 - weighted(code, range(10, 1, -1)) % 11) % 11 == int(code[9])


def _poland(code: str) -> bool:
    return weighted(code, (1, 3, 7, 9) * 2 + (1, 3, 1)) % 10 == 0


def _netherlands(code: str) -> bool:
    return weighted(code, (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0


def _sweden(code: str) -> bool:
    return luhn(code[-10:])


def _any(code: str) -> bool:
    return True


class _Id(NamedTuple):
    """A number of one country."""

    country: str
    form: str
    is_valid: Callable[[str], bool]
    """Whether the check digits fit; it is given the number without spaces and punctuation."""


class _Said(NamedTuple):
    """A number whose name has to stand before it."""

    name: str
    form: str
    is_valid: Callable[[str], bool]


_AREA, _SERIAL = r"(?!000|666|9)\d{3}", r"(?!0000)\d{4}"
_IDS = (
    _Id("us", rf"{_AREA}-(?!00)\d\d-{_SERIAL}", _any),
    _Id(
        "uk",
        r"(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d\d ?\d\d ?\d\d ?[A-D]",
        _any,
    ),
    _Id("es", r"(?:\d{8}|[XYZ]-?\d{7})-?[A-Z]", _spain),
    _Id("it", r"[A-Z]{6}\d\d[ABCDEHLMPRST]\d\d[A-Z]\d{3}[A-Z]", _italy),
    _Id(
        "fr",
        r"[12] ?\d\d ?(?:0[1-9]|1[0-2]|[2-9]\d) ?(?:\d\d|2[AB]) ?\d{3} ?\d{3} ?\d\d",
        _france,
    ),
    _Id("cn", r"[1-9]\d{5}(?:18|19|20)\d\d(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\d{3}[\dXx]", _china),
    _Id("br", r"\d{3}\.\d{3}\.\d{3}-\d\d", _brazil),
    _Id("in", r"[A-Z]{3}P[A-Z]\d{4}[A-Z]", _any),  # the tax number of a person
)
_SAID = (
    _Said(r"SSN|[Ss]ocial [Ss]ecurity", rf"{_AREA} ?(?!00)\d\d ?{_SERIAL}", _any),
    _Said(r"[Ss]teuer\w*|[Tt]ax [Ii][Dd]|IdNr|TIN", r"\d\d ?\d{3} ?\d{3} ?\d{3}", _germany),
    _Said(r"[Aa]adhaa?r|UIDAI", r"[2-9]\d{3}(?P<by>[ -]?)\d{4}(?P=by)\d{4}", verhoeff),
    _Said(r"SIN|[Ss]ocial [Ii]nsurance", r"\d{3}(?P<by>[ -]?)\d{3}(?P=by)\d{3}", luhn),
    _Said(r"NHS", r"\d{3}(?P<by>[ -]?)\d{3}(?P=by)\d{4}", _nhs),
    _Said(r"PESEL", r"\d{11}", _poland),
    _Said(r"BSN|[Bb]urgerservicenummer", r"\d{9}", _netherlands),
    _Said(r"[Pp]ersonnummer|[Pp]ersonal [Ii]dentity", r"(?:19|20)?\d{6}[-+]?\d{4}", _sweden),
)
_LIKELY = (
    r"\b\d{3}-\d\d-\d{4}\b|\b(?:\d{8}|[XYZ]-?\d{7})-?[A-Z]\b"
    r"|\b[A-Z]{6}\d\d[A-Z]\d\d[A-Z]\d{3}[A-Z]\b|\b[A-Z]{3}P[A-Z]\d{4}[A-Z]\b"
    r"|\b[A-Z]{2} ?\d\d ?\d\d ?\d\d ?[A-D]\b"
    r"|\b[12] ?\d\d ?\d\d ?\d[\dAB] ?\d{3} ?\d{3} ?\d\d\b|\b\d{17}[\dXx]\b"
    r"|\b\d{3}\.\d{3}\.\d{3}-\d\d\b"
)
_LIKELY_SAID = rf"\b(?:{'|'.join(one.name for one in _SAID)})[^0-9]{{0,40}}\d"
_ANY_FORM = re.compile(
    rf"{_BEFORE}(?:{'|'.join(f'(?P<{one.country}>{one.form})' for one in _IDS)}){_BEHIND}",
    re.ASCII,
)
_VALID = {one.country: one.is_valid for one in _IDS}
_AFTER_NAME = tuple(
    (
        re.compile(
            rf"\b(?:{one.name})[^0-9]{{0,40}}{_BEFORE}(?P<id>{one.form}){_BEHIND}", re.ASCII
        ),
        one.is_valid,
    )
    for one in _SAID
)


def find(text: str) -> Iterator[Span]:
    """Every number that its form and check digits tell."""
    for match in _ANY_FORM.finditer(text):
        if _VALID[match.lastgroup or ""](_plain(match.group())):
            yield Span("national_id", match.start(), match.end())


def find_said(text: str) -> Iterator[Span]:
    """Every number that stands behind its name."""
    for pattern, is_valid in _AFTER_NAME:
        for match in pattern.finditer(text):
            if is_valid(_plain(match["id"])):
                yield Span("national_id", *match.span("id"))


def _plain(number: str) -> str:
    return re.sub(r"[ .+-]", "", number)


FORMS = (Form(_LIKELY, find), Form(_LIKELY_SAID, find_said))
