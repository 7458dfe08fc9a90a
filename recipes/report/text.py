"""Text of a corpus as something to look at, never something that the page obeys.

Jinja2 escapes every string; what escaping leaves are characters that cannot be seen and yet act:
control characters, marks that turn the direction of reading, spaces without width. They are
written as ⟨U+202E⟩.
"""

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ud800-\udfff\ue000-\uf8ff\ufeff\uffa0\ufff0-\ufffc\ufffe\uffff\U000e0000-\U0010ffff]"
    "|\r(?!\n)"
)
"""Control, format and private characters, and letters that are drawn as nothing."""
NUMBERS = "no one two three four five six seven eight nine ten eleven twelve".split()


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text, marked or not."""

    text: str
    marked: bool


def visible(value: object) -> object:
    """A string with its hidden characters written out; anything else as it is."""
    if type(value) is not str:
        return value
    return HIDDEN.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", value)


def shortened(text: str | None, limit: int) -> str:
    """At most about `limit` characters of a text, its middle left out and the gap counted."""
    if text is None:
        return "unknown"
    if len(text) <= limit:
        return text
    head, tail = limit * 2 // 3, len(text) - limit // 3
    return f"{text[:head]} … [{tail - head:,} characters left out] … {text[tail:]}"


def marked(text: str, spans: Iterable[tuple[int, int]], limit: int) -> list[Piece]:
    """A text cut at its marked spans.

    Args:
        text: the whole text.
        spans: (start, end) in its characters; they may overlap, or lie outside it in part.
        limit: characters of a piece beyond which its middle is left out.
    """
    pieces: list[Piece] = []
    at = 0
    for start, end in sorted(spans):
        start, end = max(start, at), min(end, len(text))
        if start < end:
            pieces += [Piece(text[at:start], False), Piece(text[start:end], True)]
            at = end
    pieces.append(Piece(text[at:], False))
    return [Piece(shortened(one.text, limit), one.marked) for one in pieces if one.text]


def differences(one: str, other: str, limit: int) -> tuple[list[Piece], list[Piece]]:
    """Two texts of at most `limit` characters, the words marked that the other does not have."""
    left = re.findall(r"\s+|\S+", shortened(one, limit))
    right = re.findall(r"\s+|\S+", shortened(other, limit))
    matcher = difflib.SequenceMatcher(None, left, right, autojunk=False)
    pieces: tuple[list[Piece], list[Piece]] = ([], [])
    for kind, from_left, to_left, from_right, to_right in matcher.get_opcodes():
        pieces[0].append(Piece("".join(left[from_left:to_left]), kind != "equal"))
        pieces[1].append(Piece("".join(right[from_right:to_right]), kind != "equal"))
    return [one for one in pieces[0] if one.text], [one for one in pieces[1] if one.text]


def counted(n: int, noun: str) -> str:
    """`1 part`, `6,912 documents`."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def worded(n: int, noun: str) -> str:
    """`two parts`: small numbers as words, as in running text."""
    if n >= len(NUMBERS):
        return counted(n, noun)
    return f"{NUMBERS[n]} {noun}" if n == 1 else f"{NUMBERS[n]} {noun}s"


def listed(names: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)


def share(n: int, of: int) -> str:
    """`93 %`; `0.4 %` where whole percent would say nothing; a dash of nothing."""
    if of == 0:
        return "–"
    percent = 100 * n / of
    exact = n in (0, of) or 10 <= percent <= 99.5
    return f"{percent:.0f} %" if exact else f"{percent:.1f} %"


def seconds(value: float) -> str:
    """`0.4 s`, `12 s`, `3 min 05 s`, `2 h 10 min`."""
    if value < 10:
        return f"{value:.1f} s"
    if value < 60:
        return f"{value:.0f} s"
    minutes, rest = divmod(round(value), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def memory(n_bytes: int) -> str:
    """`512 MiB`, `1.8 GiB`."""
    if n_bytes < 1 << 30:
        return f"{n_bytes / (1 << 20):,.0f} MiB"
    return f"{n_bytes / (1 << 30):,.1f} GiB"
