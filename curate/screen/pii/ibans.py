"""International bank account numbers: a country's code, its length, and the check digits.

In capitals or in small letters, in one piece or in groups of four.

Source: ISO 13616, the registry of IBAN formats.
"""

import re
from collections.abc import Iterator

from curate.screen.pii.check_digits import mod_97
from curate.screen.pii.forms import Form
from curate.screen.pii.spans import Span

_LIKELY = r"\b[A-Za-z]{2}\d\d ?[A-Za-z0-9]{4} ?[A-Za-z0-9]{4} ?[A-Za-z0-9]{3}"
_START = re.compile(r"(?<![\w-])(?:[A-Z]{2}|[a-z]{2})\d\d(?= ?[A-Za-z0-9]{4})", re.ASCII)
_LENGTHS = {
    int(length): countries.split()
    for length, countries in (
        line.split(":")
        for line in (
            "15:NO|16:BE|18:DK FI FO GL NL SD|19:MK SI|20:AT BA EE KZ LT LU MN XK"
            "|21:CH HR LI LV|22:BG BH CR DE GB GE IE ME RS VA|23:AE GI IL IQ OM SO TL"
            "|24:AD CZ ES MD PK RO SA SE SK TN VG|25:LY PT ST|26:IS TR"
            "|27:BI DJ FR GR IT MC MR SM|28:AL AZ BY CY DO GT HU LB NI PL SV"
            "|29:BR EG FK PS QA UA|30:JO KW MU YE|31:MT SC|32:LC|33:RU"
        ).split("|")
    )
}
_LENGTH = {country: length for length, countries in _LENGTHS.items() for country in countries}


def find(text: str) -> Iterator[Span]:
    """Every account number in the text."""
    done = 0
    for match in _START.finditer(text):
        length = _LENGTH.get(match.group()[:2].upper(), 0)
        end = _end(text, match.start(), length) if length and match.start() >= done else 0
        if end and mod_97(text[match.start() : end].replace(" ", "")):
            done = end
            yield Span("iban", match.start(), end)


def _end(text: str, start: int, length: int) -> int:
    """Where a number of this length ends that begins here; 0 where other characters follow."""
    grouped = text[start + 4 : start + 5] == " "
    end = start + length + ((length - 1) // 4 if grouped else 0)
    number = text[start:end]
    whole = number.replace(" ", "")
    spaced = " ".join(whole[place : place + 4] for place in range(0, len(whole), 4))
    one_case = whole.isupper() or whole.islower()
    follows = text[end : end + 1]
    if not (whole.isascii() and whole.isalnum() and one_case) or follows.isalnum():
        return 0
    return end if number == (spaced if grouped else whole) and len(whole) == length else 0


FORMS = (Form(_LIKELY, find),)
