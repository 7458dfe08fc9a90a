"""Where a quote may begin and end: where words and numbers do.

`5 mg` is not in `1.5 mg`, nor `toxic` in `non-toxic`, nor half of `12 000` in a text that groups
its digits by spaces. The rules are our own.
"""

import re
import unicodedata

from curate.synthesize.copied import BREAKS, DASHES, HYPHENS, INVISIBLE, RAISED

_GROUPING = re.compile(r"(?<=\d)[\u00a0\u2007\u2009\u202f](?=\d{3}(?!\d))")
"""Spaces that group the digits of a number."""


def is_apart(text: str, start: int, end: int) -> bool:
    """Whether a range begins and ends where words and numbers do."""
    return not _continues(text[max(0, start - 2) : start][::-1], text[start : start + 2]) and not (
        _continued(text[max(0, end - 2) : end][::-1], text[end : end + 2])
    )


def _continues(before: str, begin: str) -> bool:
    """Whether a quote begins within a word or number; `before` is read backwards."""
    near, far = before[:1], before[1:2]
    if not near:
        return False
    if begin[:1] in (".", ","):
        return near.isdigit() and begin[1:2].isdigit()
    if not begin[:1].isalnum():
        return False
    if _in_word(near) or (near in HYPHENS and far.isalnum()) or (near == "\n" and far in BREAKS):
        return True
    return begin[:1].isdigit() and (
        near in "-+±~≈<>≤≥" + DASHES or (near in ".," and far.isdigit())
    )


def _continued(finish: str, behind: str) -> bool:
    """Whether a quote ends within a word or number; `finish` is read backwards."""
    near, far = behind[:1], behind[1:2]
    if not near:
        return False
    if unicodedata.combining(near):
        return True
    if finish[:1] in (".", ","):
        return near.isdigit() and finish[1:2].isdigit()
    if not finish[:1].isalnum():
        return False
    if _in_word(near) or near in RAISED or (near in HYPHENS and far.isalnum()):
        return True
    return finish[:1].isdigit() and (near in "%‰°" or (near in ".,-" + DASHES and far.isdigit()))


def _in_word(character: str) -> bool:
    return (
        character.isalnum()
        or character == "^"
        or character in INVISIBLE
        or unicodedata.combining(character) > 0
    )


def is_in_number(text: str, start: int, end: int) -> bool:
    """Whether a range of the source begins or ends at a space that groups a number's digits."""
    return any(place >= 0 and _GROUPING.match(text, place) for place in (start - 1, end))
