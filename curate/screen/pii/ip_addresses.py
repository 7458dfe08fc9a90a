"""Addresses of machines on the internet, version 4 and 6.

Four numbers with dots are also the EC number of an enzyme (3.4.21.105), a fold of CATH
(3.40.50.10), a section (12.3.1.2) and a version. So where no word says that they are an address,
the first has to be above 7, which is as far as classes of enzymes and folds go, and two others have
to have two digits or one three; and no word before may say that they are something else. Groups
with colons are also times, ratios and C++: one has to be hexadecimal, with letters and digits.

Source: RFC 4291, section 2.2, as Python's `ipaddress` reads it; EC classes 1 to 7 by IUBMB, 2018.
"""

import ipaddress
import re
from collections.abc import Iterator

from curate.screen.pii.forms import Form
from curate.screen.pii.spans import Span

_LIKELY = (
    r"\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b"
    r"|[0-9A-Fa-f]{1,4}:(?:[0-9A-Fa-f]{0,4}:){1,6}[0-9A-Fa-f]{1,4}"
)
_FOUR = re.compile(r"(?<![\w.-])\d{1,3}(?:\.\d{1,3}){3}(?![\w-]|\.\d)", re.ASCII)
_SIX = re.compile(r"(?<![\w:.])[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?<!:)(?![\w:])", re.ASCII)
_HEXADECIMAL = re.compile(r"(?=[0-9]*[A-Fa-f])(?=[A-Fa-f]*[0-9])[0-9A-Fa-f]{3,4}")
_SAID = re.compile(
    r"(?i)\b(?:ip(?:v[46])?|addr(?:ess(?:es)?)?|hosts?|servers?|dns|subnets?|gateway|ping|ssh|from)\W*\Z"
    r"|://\Z"
)
_SAID_BEHIND = re.compile(r"/(?:[89]|[12]\d|3[0-2])\b|:\d{2,5}\b")
_OTHERWISE = re.compile(
    r"(?i)(?:\b(?:v|ver|versions?|release|build|sections?|sec|chapters?|ec|e\.c|cath|tc|scop|firmware"
    r"|driver|table|tables|figures?|fig|eqs?|rev|theorem|lemma)\b[^0-9]{0,12}|[§v=#])\Z"
)
_BEFORE = 40


def find(text: str) -> Iterator[Span]:
    """Every address in the text."""
    for match in _FOUR.finditer(text):
        if _is_four(text, match):
            yield Span("ip", match.start(), match.end())
    for match in _SIX.finditer(text):
        if _is_six(match.group()):
            yield Span("ip", match.start(), match.end())


def _is_four(text: str, match: re.Match[str]) -> bool:
    groups = match.group().split(".")
    if any(int(group) > 255 or (group[0] == "0" and len(group) > 1) for group in groups):
        return False
    before = text[max(0, match.start() - _BEFORE) : match.start()]
    if _SAID.search(before) or _SAID_BEHIND.match(text, match.end()):
        return True
    others = sorted(len(group) for group in groups[1:])
    wide = others[-1] == 3 or others[-2] == 2
    return int(groups[0]) > 7 and wide and not _OTHERWISE.search(before)


def _is_six(found: str) -> bool:
    if not any(_HEXADECIMAL.fullmatch(group) for group in found.split(":")):
        return False
    try:
        ipaddress.IPv6Address(found)
    except ValueError:
        return False
    return True


FORMS = (Form(_LIKELY, find),)
