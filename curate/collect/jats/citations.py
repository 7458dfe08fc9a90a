"""Citations in running text: numbers in brackets that point into a document's references.

A mark stands for a citation until its paragraph is whole, in two characters that XML cannot hold:
only then is it known which brackets and commas stand around it.

    as tagged (`<3>` is a link to reference 3)      in the text
    as shown [<3>]   as shown (<3>, <5>)            as shown [3]   as shown [3,5]
    as shown.^<3>,<5>   as shown [<3>]–[<7>]        as shown. [3,5]   as shown [3]–[7]
    (<Smith et al., 2008>)   Smith (<2008>)         (Smith et al., 2008 [3])   Smith (2008 [3])
"""

import re
from collections.abc import Mapping

OPEN, CLOSE = "\x02", "\x03"

YEAR = re.compile(r"\W*(?:1[5-9]|20)\d\d\W*")
LETTER = re.compile(r"[^\W\d_]")
MARK = re.compile(rf"{OPEN}[^{CLOSE}]*{CLOSE}")
LIST = re.compile(rf"{CLOSE}\s*[,;]?\s*{OPEN}")
RANGE = re.compile(rf"{CLOSE}\s*[-‐‑‒–—−]\s*{OPEN}")
RUN = re.compile(rf"{OPEN}[^{CLOSE}]*{CLOSE}(?:–{OPEN}[^{CLOSE}]*{CLOSE})*")
BEFORE = frozenset(" ([{“‘\"'/–—-")
"""Characters that a citation may stand behind without a blank."""


def mark(printed: str, rids: str, numbers: Mapping[str, int]) -> str:
    """What stands in the text for a link to references.

    Words and years stay, since their sentence needs them; other numbers become the references'.

    Args:
        printed: the link's own text.
        rids: ids of references, with blanks between them.
        numbers: id of a reference -> its number.
    """
    if rids in numbers and printed.isdigit() and len(printed) < 4:
        return f"{OPEN}{numbers[rids]}{CLOSE}"
    found = [str(numbers[rid]) for rid in rids.split() if rid in numbers]
    if not found:
        return printed
    cited = f"{OPEN}{','.join(found)}{CLOSE}"
    text = " ".join(printed.split())
    if LETTER.search(text) or (YEAR.fullmatch(text) and text.strip("[]() ") not in found):
        return f"{text} {cited}"
    return cited


def settled(text: str) -> str:
    """A paragraph, all blanks single, with its marks as bracketed numbers."""
    if f"[{OPEN}" in text or f"({OPEN}" in text:
        text = _bare(text, MARK)
    text = LIST.sub(",", text)
    text = RANGE.sub(f"{CLOSE}–{OPEN}", text)
    if f"[{OPEN}" in text or f"({OPEN}" in text:
        text = _bare(text, RUN)
    return _spaced(text).replace(OPEN, "[").replace(CLOSE, "]")


def _bare(text: str, pattern: re.Pattern[str]) -> str:
    """The text without the brackets that stand around a mark and nothing else."""
    pieces: list[str] = []
    here = 0
    for match in pattern.finditer(text):
        start, end = match.span()
        if start > here and text[start - 1] in "[(" and text[end : end + 1] in {"]", ")"}:
            pieces += (text[here : start - 1], match[0])
            here = end + 1
        else:
            pieces.append(text[here:end])
            here = end
    return "".join([*pieces, text[here:]])


def _spaced(text: str) -> str:
    """The text with a blank between a citation and the words around it."""
    pieces: list[str] = []
    here = 0
    for match in RUN.finditer(text):
        start, end = match.span()
        pieces.append(text[here:start])
        if start and text[start - 1] not in BEFORE:
            pieces.append(" ")
        pieces.append(match[0])
        if text[end : end + 1].isalnum():
            pieces.append(" ")
        here = end
    return "".join([*pieces, text[here:]])
