"""Lines -> pieces: paragraphs, headings, captions, rows of tables as they lie on the page.

A piece never crosses a column or a page; `flow` joins those that are one paragraph.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from curate.collect.pdf.layout import Line

Kind = Literal["prose", "item", "heading", "caption", "table", "small", "debris"]

CAPTION = re.compile(
    r"(?:Supplementary |Supplemental |Extended Data |Online |\(?)"
    r"(?P<what>Fig(?:ure|s|\.)?|FIG(?:URE|\.)?|Table|TABLE|Tab\.|Scheme|SCHEME|Plate|Chart|Graph|Box|Algorithm|Listing)"
    r"\.?\s*(?:S\s?)?(?:\d{1,3}|[IVX]{1,5}|[A-Z]\d{1,2})(?:[A-Za-z]?)(?P<after>\s*[.:|\-–—)]|\s|$)"
)
END = re.compile(r"[.!?:;][\"'”’)\]]*(?:\ue000[^\ue001]*\ue001)?\s*$")
STOPS = frozenset(".!?:;")
BULLET = re.compile(
    r"(?:[•●▪■◦‣·∙▶►✓]|[-–—*]\s|\(?[a-z]\)\s|\(?(?:\d{1,2}|[ivx]{1,4})[.)]\s|\[\d{1,3}\])"
)
CAPTIONED = frozenset("FTSPCGBALEO(")
"""First characters of what CAPTION finds."""
MARKED = frozenset("·∙✓-–—*([0123456789abcdefghijklmnopqrstuvwxyzFTSPCGBALEO")
"""First characters of what BULLET and CAPTION find."""


def ends(text: str) -> bool:
    """Whether a text ends as a sentence does. Its last character tells for most."""
    last = text[-1:]
    return last in STOPS if last.isalnum() or last in STOPS else END.search(text) is not None


@dataclass(slots=True)
class Piece:
    """Lines that belong together."""

    lines: list[Line]
    kind: Kind = "debris"
    flat: str = ""
    """What `plain` gave."""
    title: str | None = None
    """What it reads as a heading, once asked."""
    name: str | None = None
    """That without its number."""
    first: Line = field(init=False)
    """Its first line, which stands for its style."""
    n_characters: int = field(init=False)
    """Characters of all its lines."""

    def __post_init__(self) -> None:
        self.first = self.lines[0]
        self.n_characters = sum([len(line.text) for line in self.lines])

    @property
    def plain(self) -> str:
        """Its lines in one, for patterns; not what is written."""
        if not self.flat:
            text = " ".join([line.text for line in self.lines])
            self.flat = text.replace("\ue000", "").replace("\ue001", "")
        return self.flat


@dataclass(frozen=True, slots=True)
class Body:
    """What most of a document's text looks like."""

    size: float
    fonts: frozenset[str]
    """Fonts that carry a good part of the text of this size."""
    bold: bool
    width: float
    """Typical width of its lines, in points."""


def body_of(lines: Sequence[Line]) -> Body:
    """The style in which most characters are set."""
    size = _size_of(lines)
    own = [line for line in lines if -0.3 < line.size - size < 0.3]
    fonts: dict[str, int] = defaultdict(int)
    for line in own:
        fonts[line.font] += len(line.text)
    total = sum(fonts.values()) + 1
    n_bold = sum([line.bold * len(line.text) for line in own if line.bold])
    widths = sorted([line.x1 - line.x0 for line in own])
    return Body(
        size,
        frozenset(font for font, n in fonts.items() if n > 0.08 * total),
        n_bold > 0.6 * total,
        widths[int(len(widths) * 0.6)] if widths else 400.0,
    )


def _size_of(lines: Sequence[Line]) -> float:
    """The size of most characters, to a quarter of a point."""
    exact: dict[float, int] = defaultdict(int)
    for line in lines:
        if line.n_cells == 1:
            exact[line.size] += len(line.text)
    sizes: dict[int, int] = defaultdict(int)
    for size, n in exact.items():
        sizes[round(size * 4)] += n
    return max(sizes, key=sizes.__getitem__) / 4 if sizes else 10.0


def of_lines(lines: Sequence[Line], body: Body) -> list[Piece]:
    """The pieces in reading order, each told by its look alone."""
    found = list(_split(lines))
    for piece in found:
        piece.kind = _kind(piece, body)
    return found


def _split(lines: Sequence[Line]) -> Iterator[Piece]:
    starts = [place for place in range(1, len(lines)) if _begins(lines[place], lines[place - 1])]
    for start, end in pairwise([0, *starts, len(lines)] if lines else []):
        yield Piece(list(lines[start:end]))


def _begins(line: Line, before: Line) -> bool:
    """Whether a line begins another piece than the line before it."""
    if line.starts:
        return True
    size, text = line.size, line.text
    if line.bold > 0.8 and text.isupper() != before.text.isupper():
        return True
    start = text[:1]
    if start in "•●▪■◦‣▶►":
        return True
    if not ends(before.text):
        return False
    shift = line.x0 - line.left
    if shift > 0.8 * size and before.x0 - line.left < 0.5 * size:
        return True
    if before.x1 < line.right - 2.5 * size and shift < size and not start.islower():
        return True
    return start in MARKED and (BULLET.match(text) or CAPTION.match(text)) is not None


def _kind(piece: Piece, body: Body) -> Kind:
    first = piece.first
    text = first.text
    caption = CAPTION.match(text) if text[:1] in CAPTIONED else None
    if caption and _is_caption(piece, caption, body):
        return "caption"
    n_lines = len(piece.lines)
    if sum([line.n_cells for line in piece.lines]) > 1.5 * n_lines:
        return "debris"
    sample = piece.lines[:2]
    n_words = sum([line.n_words for line in sample])
    if not n_words:
        return "debris"
    n_sampled = len(piece.plain) if n_lines < 3 else len(text) + len(sample[1].text) + 1
    lettered = sum([line.n_in_words for line in sample]) > 0.5 * n_sampled
    normal = 0.93 * body.size <= first.size <= 1.25 * body.size
    if (
        lettered
        and piece.n_characters / n_lines >= 28
        and (n_lines > 1 or ends(text) or n_words > 7)
    ):
        return "prose" if normal else "small"
    if normal and BULLET.match(text) and lettered:
        return "item"
    if normal and first.font in body.fonts and n_words >= 3 and lettered:
        return "prose"
    return "debris"


def _is_caption(piece: Piece, match: re.Match[str], body: Body) -> bool:
    """Whether words like those of a caption are one, not a sentence that begins with a figure."""
    first = piece.first
    if match["after"].strip() or match.end() >= len(first.text.rstrip()):
        return True
    other = abs(first.size - body.size) > 0.04 * body.size or first.font not in body.fonts
    follows = first.text[match.end() :].lstrip()[:1]
    return other or first.bold > 0.15 or follows.isupper()
