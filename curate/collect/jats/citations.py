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
MARK = rf"{OPEN}[^{CLOSE}]*{CLOSE}"
LIST = re.compile(rf"{CLOSE}\s*[,;]?\s*{OPEN}")
RANGE = re.compile(rf"{CLOSE}\s*[-‐‑‒–—−]\s*{OPEN}")


def _bracketed(inner: str) -> dict[str, re.Pattern[str]]:
    """How it begins -> the pattern of it with brackets around it.

    There is one for each bracket, since a pattern that begins with plain characters is found fast.
    """
    return {f"{bracket}{OPEN}": re.compile(rf"\{bracket}{inner}[\])]") for bracket in "(["}


BRACKETED_MARK = _bracketed(MARK)
BRACKETED_RUN = _bracketed(rf"{MARK}(?:–{MARK})*")
FUSED_BEFORE = re.compile(rf"{OPEN}(?<=[^ (\[{{“‘\"'/–—-]{OPEN})")
"""A citation that stands behind a word or a stop without a blank; looking for the mark first, then
behind it, is what makes it quick."""
FUSED_AFTER = re.compile(rf"{CLOSE}(?=[^\W_])")


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
    """A paragraph with its marks as bracketed numbers."""
    text = _bare(text, BRACKETED_MARK)
    if text.count(OPEN) > 1:
        text = LIST.sub(",", text)
        text = RANGE.sub(f"{CLOSE}–{OPEN}", text)
    text = _bare(text, BRACKETED_RUN)
    text = FUSED_BEFORE.sub(f" {OPEN}", text)
    text = FUSED_AFTER.sub(f"{CLOSE} ", text)
    return text.replace(OPEN, "[").replace(CLOSE, "]")


def _bare(text: str, bracketed: Mapping[str, re.Pattern[str]]) -> str:
    """The text without the brackets that stand around marks and nothing else."""
    for beginning, pattern in bracketed.items():
        if beginning in text:
            text = pattern.sub(lambda match: match[0][1:-1], text)
    return text
