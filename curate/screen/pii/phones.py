"""Telephone numbers.

A number is taken for one by its form alone where it has an international prefix (+44 20 7946 0958)
or is grouped as in North America (212-555-0199). Any other needs a word before it that says so
(`Tel.`, `call me at`): science is full of numbers in groups. No table of the countries' numbering
plans is asked.

Source: ITU-T E.164, at most 15 digits; E.123 for how they are written.
"""

import re
from collections.abc import Iterator

from curate.screen.pii.forms import Form
from curate.screen.pii.spans import Span

_CALL = r"call(?:ing|ed)?"
_SAID = (
    r"(?:tele|mobile ?|cell ?|smart|micro)?phones?|tel[eé]fono|t[eé]l[eé]phone|telefon|tel|fax"
    r"|telefax|mobile|handy|hotline|helpline|pager|whatsapp|sms|landline"
    rf"|{_CALL}|dial(?:l?ing|l?ed)?|ring|text(?: me| us)|answering|voicemail"
    r"|reach(?:ed|able)?(?: me| us| him| her| them)? (?:at|on|under|via)"
    r"|contact(?: me| us| him| her| them)? (?:at|on)|contact number"
)
"""Words that say that a number is a telephone's."""
_SAID_EXACTLY = _SAID.replace(_CALL, rf"{_CALL}(?! (?:for|no|n[°º]|numbers?|id|rate)\b)")
"""The same without calls that are no telephone's, which RE2 cannot tell."""
_HEADED = r"(?:desk|office|home|work|direct|main|ph|cell|[tmfp])\.? ?:"
"""The same at the head of a line."""
_LABEL = r"(?:office|fax|mobile|home|work|desk|phone|tel|cell|direct)"
"""The same behind a number, as in signatures; there it has to end a line or a list's item."""
_LIKELY = r"(?:\+|\b00)[ -]?\(?[1-9]\d{0,3}\)?[ ./(-]{0,3}\d|\d{3}\)?[ .-]?\d{3}[ .-]\d{4}"
_LIKELY_SAID = rf"(?i)\b(?:{_SAID})\b[^0-9]{{0,34}}\d|(?m:^)\s*{_HEADED}\s*[+(]{{0,2}}\d"
_LIKELY_LABELLED = rf"(?i)\d[ (-]{{1,2}}{_LABEL}\b"
_MORE = r"(?:(?:[./-]| {1,2}| [/-] )\d{1,12}| ?\(\d{1,5}\)[ -]?\d{1,12}){0,6}"
_EXTENSION = r"(?: ?(?:x|ext\.? ?|extension )\d{1,6})?"
_BEHIND = r"(?![\w(]|[.,/-]\d|[ ]?%)"
_NUMBER = rf"\+? ?(?:\(\+?\d{{1,5}}\)[ ./-]{{0,2}})?\d{{1,15}}{_MORE}{_EXTENSION}{_BEHIND}"
_FREE = r"(?<![\w+./-].)(?<!\d,.)"
"""Nothing before that the first character belongs to. It stands behind that character, since
Python skips fast to where a pattern begins with one of a few."""
_INTERNATIONAL = re.compile(
    rf"[+(0]{_FREE}(?:(?<=\+) ?|(?<=\()\+ ?|(?<=0)0[ -]?)\(?[1-9]\d{{0,14}}\)?"
    rf"(?:[ .-]?\(0?\d{{0,4}}\)[ .-]?\d{{1,12}})?{_MORE}{_EXTENSION}{_BEHIND}",
    re.ASCII,
)
_NORTH_AMERICAN = re.compile(
    rf"[(1-9]{_FREE}(?:(?<=\()[2-9]\d\d\) ?|(?<=1)[ .-]\([2-9]\d\d\) ?|(?<=1)[ .-][2-9]\d\d[.-]"
    rf"|(?<=[2-9])\d\d(?P<by>[.-]))[2-9]\d\d(?(by)(?P=by)|[ .-])\d{{4}}{_EXTENSION}{_BEHIND}",
    re.ASCII,
)
_AFTER_WORD = re.compile(
    rf"(?:\b(?:{_SAID_EXACTLY})\b[^0-9+(]{{0,32}}|(?m:^)\s{{0,20}}{_HEADED}\s{{0,3}})"
    rf"(?<![\w./-])(?<!\d,)(?P<number>{_NUMBER})",
    re.IGNORECASE,
)
_LABELS = re.compile(
    rf"(?<=\d)[ (-]{{1,2}}{_LABEL}\b(?=\)?\s*(?:$|[,;.|\\]))", re.IGNORECASE | re.MULTILINE
)
_BEFORE_LABEL = re.compile(rf"(?<![\w+./-])(?<!\d,){_NUMBER.removesuffix(_BEHIND)}\Z", re.ASCII)
_ANOTHER = re.compile(rf"(?:,|;|/| or| and|,? (?:fax|mobile|tel)[.:]?) ?(?P<number>{_NUMBER})")
_NOT_ONE = re.compile(
    r"(?:1[89]|20)\d\d[-/](?:1[89]|20)\d\d"  # years
    r"|(?:1[89]|20)\d\d[-/.]\d\d?[-/.]\d\d?|\d\d?[-/.]\d\d?[-/.](?:1[89]|20)?\d\d"  # dates
    r"|\d{4}-\d{4}-\d{4}-\d{4}"  # ORCID
    r"|\d{1,3}(?:\.\d{1,3}){3}"  # IP
    r"|\+?\d+\.\d+"  # a decimal
    r"|\d{4}-\d{3}[\dX]"  # ISSN
    r"|(?:978|979)[ -]?\d[\d -]{8,12}"  # ISBN
)
_MIN_SAID, _MIN_INTERNATIONAL, _MAX = 7, 9, 15
_NORTH_AMERICA = 11
"""Digits behind +1, always, so that places in genomes and signed numbers are seldom numbers."""
_WIDEST = 40
"""Characters of a number with what parts its groups, and its extension."""


def find(text: str) -> Iterator[Span]:
    """Every number that its form tells."""
    for pattern, least in ((_INTERNATIONAL, _MIN_INTERNATIONAL), (_NORTH_AMERICAN, _MIN_SAID)):
        for match in pattern.finditer(text):
            if _is_number(match.group(), least):
                yield Span("phone", match.start(), match.end())


def find_said(text: str) -> Iterator[Span]:
    """Every number behind a word that says so, and others that follow it."""
    for match in _AFTER_WORD.finditer(text):
        found: re.Match[str] | None = match
        while found and _is_number(found["number"], _MIN_SAID):
            yield Span("phone", *found.span("number"))
            found = _ANOTHER.match(text, found.end())


def find_labelled(text: str) -> Iterator[Span]:
    """Every number before a label."""
    for label in _LABELS.finditer(text):
        start = max(0, label.start() - _WIDEST)
        match = _BEFORE_LABEL.search(text[start : label.start()])
        if match and _is_number(match.group(), _MIN_SAID):
            yield Span("phone", start + match.start(), label.start())


def _is_number(found: str, least: int) -> bool:
    """Whether what has the form of a number has as many digits, and is not another thing."""
    number = re.split("[xe]", found, maxsplit=1)[0].strip()
    digits = re.sub(r"\D", "", number).removeprefix("00")
    if number.lstrip("(").startswith("+1") and len(digits) != _NORTH_AMERICA:
        return False
    return least <= len(digits) <= _MAX and not _NOT_ONE.fullmatch(number)


FORMS = (
    Form(_LIKELY, find),
    Form(_LIKELY_SAID, find_said),
    Form(_LIKELY_LABELLED, find_labelled),
)
