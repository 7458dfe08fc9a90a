"""Numbers of payment cards: an issuer's first digits, its length, and Luhn's check digit.

Sixteen digits in a row, or in groups that alone stand between spaces or hyphens, so that a row of a
table is none, nor what stands behind a decimal point.

Source: ISO/IEC 7812-1; the issuers' ranges as they publish them. Visa's 13 digits are left out: no
such card has been valid since the 1990s, and article numbers (EAN) have as many.
"""

import re
from collections.abc import Iterator

from curate.screen.pii.check_digits import luhn
from curate.screen.pii.forms import Form
from curate.screen.pii.spans import Span

_LIKELY = r"\b[2-6]\d{3}[ -]?\d{4}[ -]?\d{4}[ -]?\d{2}"
_NUMBER = re.compile(
    r"(?<![\w.,/+-])(?<!\d )"
    r"(?:\d{4}([ -])\d{4}\1\d{4}\1\d{4}|3\d{3}([ -])\d{6}\2\d{4,5}|\d{14,19})"
    r"(?![\w-]|[.,]\d| \d)",
    re.ASCII,
)
_ISSUED = re.compile(
    r"4\d{15}(?:\d{3})?"  # Visa
    r"|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}"  # Mastercard
    r"|3[47]\d{13}"  # American Express
    r"|6(?:011|4[4-9]\d|5\d\d)\d{12}"  # Discover
    r"|3(?:0[0-5]|09|[68]\d)\d{11}"  # Diners Club
    r"|35(?:2[89]|[3-8]\d)\d{12}"  # JCB
    r"|62\d{14}"  # UnionPay
    r"|(?:5018|5020|5038|5893|6304|6759|676[1-3])\d{12}"  # Maestro
)


def find(text: str) -> Iterator[Span]:
    """Every card number in the text."""
    for match in _NUMBER.finditer(text):
        digits = match.group().replace(" ", "").replace("-", "")
        if _ISSUED.fullmatch(digits) and luhn(digits):
            yield Span("card", match.start(), match.end())


FORMS = (Form(_LIKELY, find),)
