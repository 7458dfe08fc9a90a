"""A text without what copying changes and meaning does not, each character with its place.

Dropped are runs of white space, soft hyphens, a hyphen within a word (with the break behind it),
kinds of dashes, quotation marks and spaces, ligatures and full-width forms, how accents are
encoded, Markdown's emphasis, the dollars and blanks of formulae. Superscripts are read as `^`: 10²
is 10^2 and never 102. The rules are our own.
"""

import html
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

DASHES = "‐‑‒–−﹘﹣－"
HYPHENS, BREAKS = "-‐‑", ("-", "‐", "\u00ad")
_APOSTROPHES, _QUOTES = "‘’‚‛′＇´", "“”„‟″«»＂"
_PRIMES = ("″", "''")
"""Never single quotation marks: f″ is not f′."""
_SAME = {
    **dict.fromkeys(DASHES, "-"),
    **dict.fromkeys(_APOSTROPHES, "'"),
    **dict.fromkeys((*_QUOTES, '"', "``", "''"), '"'),
    "µ": "μ",
    "`": "",
}
INVISIBLE = "\u00ad\u200b\u200c\u200d\u2060\ufeff"
_COMBINING = "\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱ"
_LOWERED = "₀₁₂₃₄₅₆₇₈₉"
_KEPT_FORMS = ("<super>", "<sub>", "<fraction>", "<circle>")
"""Forms in Unicode that mean something else than the characters they are made of."""
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|[A-Za-z]{2,10});")
_UNUSUAL = re.compile(
    rf"(?P<dash>\s*[—―]\s*)"
    rf"|(?P<soft>\u00ad[^\S\n]*\n\s*|[{INVISIBLE}]+)"
    rf"|(?P<blank>(?! \w)\s[\s{INVISIBLE}]*)"
    rf"|(?P<raised>[{RAISED}]+)"
    rf"|(?P<lowered>(?<![\d{_LOWERED}])[{_LOWERED}]+(?![\d{_LOWERED}]))"
    rf"|[^{_COMBINING}][{_COMBINING}]+|``|''|[`\"]|[^\x20-\x7e]"
)
_FORMULA = re.compile(r"(?<![\\$\w])(\$\$?)(?=[^\s$])([^$]{0,300}?)(?<=[^\s$\\])(\1)(?![\d$])")
_STARRED = re.compile(r"(?<![\w*])(\*{1,3})(?=[^\s*])[^*]{0,300}?(?<=[^\s*])(\1)(?![\w*])")
_UNDERLINED = re.compile(r"(?<!\w)(_{1,3})(?=[^\s_])[^_]{0,300}?(?<=[^\s_])(\1)(?!\w)")
_MINUS = re.compile(r" - ?|- ")
_BRACES = re.compile(r"\^\{([-+\w]{1,8})\}(?!\w)")
_DASHES_OF_TEX = re.compile(r" *--- *|--")
_OPERATOR = re.compile(r" ?([=<>≤≥≈±×·+^]) ?")
_BRACKET = re.compile(r"(?<=[(\[]) | (?=[)\]])")
_HYPHEN = re.compile(r"(?<=[^\W\d_]{2})- ?(?!(?:and|or|to|nor|und)\b)(?=[^\W\d_]{2})")
_BROKEN = re.compile(r"(?<=\w-) (?!(?:and|or|to|nor|und)\b)(?=\w)")


class Plain(NamedTuple):
    """A text after normalising; character i is what became of `source[starts[i]:ends[i]]`."""

    text: str
    starts: list[int]
    ends: list[int]


_Edit = tuple[int, int, str]
"""Start, end, and what stands there instead."""
_Rule = Callable[[str], Iterable[_Edit]]
"""A text -> its edits, ascending and apart."""


def normalise(text: str) -> Plain:
    """The text after all rules, each character with where it came from."""
    plain = Plain(text, list(range(len(text))), list(range(1, len(text) + 1)))
    for edits in _RULES:
        plain = _edited(plain, edits(plain.text))
    return plain


def _edited(plain: Plain, edits: Iterable[_Edit]) -> Plain:
    """A text after edits, which are ascending and apart."""
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    done = 0
    for start, end, instead in edits:
        pieces += (plain.text[done:start], instead)
        starts += plain.starts[done:start]
        starts += [plain.starts[start]] * len(instead)
        ends += plain.ends[done:start]
        ends += [plain.ends[end - 1]] * len(instead)
        done = end
    if not done:
        return plain
    pieces.append(plain.text[done:])
    starts += plain.starts[done:]
    ends += plain.ends[done:]
    return Plain("".join(pieces), starts, ends)


def _replaced(pattern: re.Pattern[str], instead: str | Callable[[re.Match[str]], str]) -> _Rule:
    """The rule that puts something else where a pattern matches."""

    def edits(text: str) -> Iterator[_Edit]:
        for found in pattern.finditer(text):
            what = found.expand(instead) if isinstance(instead, str) else instead(found)
            yield found.start(), found.end(), what

    return edits


def _unpaired(pattern: re.Pattern[str], mark: str) -> _Rule:
    """The rule that drops both marks of a pair, groups 1 and 2 of a pattern."""

    def edits(text: str) -> Iterator[_Edit]:
        if mark in text:
            for found in pattern.finditer(text):
                yield *found.span(1), ""
                yield *found.span(2), ""

    return edits


def _usual(found: re.Match[str]) -> str:
    """What stands for a character that has a plainer form."""
    what = found[0]
    match found.lastgroup:
        case "dash":
            return " - "
        case "soft":
            return ""
        case "blank":
            return " "
        case "raised":
            return "^{" + unicodedata.normalize("NFKC", what).replace("−", "-") + "}"
        case "lowered":
            return unicodedata.normalize("NFKC", what)
    same = _SAME.get(what)
    if same == '"':
        prime = what in _PRIMES or found.string[max(0, found.start() - 1) : found.start()].isdigit()
        return same if prime else "'"
    if same is not None:
        return same
    if unicodedata.decomposition(what[0]).startswith(_KEPT_FORMS):
        return what
    return unicodedata.normalize("NFKC", what)


def _formula(text: str) -> Iterator[_Edit]:
    """Drops the dollars around formulae, and the blanks around a minus in them."""
    if "$" not in text:
        return
    for found in _FORMULA.finditer(text):
        yield *found.span(1), ""
        for minus in _MINUS.finditer(text, *found.span(2)):
            yield minus.start(), minus.end(), "-"
        yield *found.span(3), ""


_RULES: tuple[_Rule, ...] = (
    _replaced(_ENTITY, lambda found: html.unescape(found[0])),
    _replaced(_UNUSUAL, _usual),
    _formula,
    _unpaired(_STARRED, "*"),
    _unpaired(_UNDERLINED, "_"),
    _replaced(_BRACES, r"^\1"),
    _replaced(_DASHES_OF_TEX, lambda found: " - " if "---" in found[0] else "-"),
    _replaced(_OPERATOR, r"\1"),
    _replaced(_BRACKET, ""),
    _replaced(_HYPHEN, ""),
    _replaced(_BROKEN, ""),
)
"""What normalising does, in this order."""

of_source = lru_cache(maxsize=64)(normalise)
"""Normalised passages: each is asked for several quotes in a row."""
