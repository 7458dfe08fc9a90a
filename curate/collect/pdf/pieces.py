"""Lines -> pieces: paragraphs, headings, captions, rows of tables as they lie on the page.

A piece never crosses a column or a page; `flow` joins those that are one paragraph.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from curate.collect.pdf.layout import Line

Kind = Literal["prose", "item", "heading", "caption", "table", "small", "debris"]

CAPTION = re.compile(
    r"(?:Supplementary |Supplemental |Extended Data |Online |\(?)"
    r"(?P<what>Fig(?:ure|s|\.)?|FIG(?:URE|\.)?|Table|TABLE|Tab\.|Scheme|SCHEME|Plate|Chart|Graph|Box|Algorithm|Listing)"
    r"\.?\s*(?:S\s?)?(?:\d{1,3}|[IVX]{1,5}|[A-Z]\d{1,2})(?:[A-Za-z]?)(?P<after>\s*[.:|\-–—)]|\s|$)"
)
END = re.compile(r"[.!?:;][\"'”’)\]]*(?:\ue000[^\ue001]*\ue001)?\s*$")
BULLET = re.compile(
    r"(?:[•●▪■◦‣·∙▶►✓]|[-–—*]\s|\(?[a-z]\)\s|\(?(?:\d{1,2}|[ivx]{1,4})[.)]\s|\[\d{1,3}\])"
)
CAPTIONED = frozenset("FTSPCGBALEO(")
"""First characters of what CAPTION finds."""
MARKED = frozenset("·∙✓-–—*([0123456789abcdefghijklmnopqrstuvwxyzFTSPCGBALEO")
"""First characters of what BULLET and CAPTION find."""
WORD = re.compile(r"[^\W\d_]{2,}")


@dataclass(slots=True)
class Piece:
    """Lines that belong together."""

    lines: list[Line]
    kind: Kind = "debris"
    flat: str = ""
    """What `plain` gave."""
    title: str | None = None
    """What it reads as a heading, once asked."""

    @property
    def first(self) -> Line:
        """Its first line, which stands for its style."""
        return self.lines[0]

    @property
    def n_characters(self) -> int:
        """Characters of all its lines."""
        return sum([len(line.text) for line in self.lines])

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
    sizes: dict[int, int] = {}
    for line in lines:
        if line.n_cells == 1:
            quarters = round(line.size * 4)
            sizes[quarters] = sizes.get(quarters, 0) + len(line.text)
    size = max(sizes, key=sizes.__getitem__) / 4 if sizes else 10.0
    fonts: dict[str, int] = {}
    widths = []
    n_bold, total = 0.0, 1
    for line in lines:
        if -0.3 < line.size - size < 0.3:
            n = len(line.text)
            fonts[line.font] = fonts.get(line.font, 0) + n
            widths.append(line.x1 - line.x0)
            n_bold += line.bold * n
            total += n
    widths.sort()
    return Body(
        size,
        frozenset(font for font, n in fonts.items() if n > 0.08 * total),
        n_bold > 0.6 * total,
        widths[int(len(widths) * 0.6)] if widths else 400.0,
    )


def of_lines(lines: Sequence[Line], body: Body) -> list[Piece]:
    """The pieces in reading order, each told by its look alone."""
    found = list(_split(lines))
    for piece in found:
        piece.kind = _kind(piece, body)
    return found


def _split(lines: Sequence[Line]) -> Iterator[Piece]:
    piece: list[Line] = []
    for line in lines:
        if piece and _begins(line, piece[-1]):
            yield Piece(piece)
            piece = []
        piece.append(line)
    if piece:
        yield Piece(piece)


def _begins(line: Line, before: Line) -> bool:
    """Whether a line begins another piece than the line before it."""
    if line.block != before.block or line.page != before.page:
        return True
    size, left, right, leading = line.size, line.left, line.right, line.leading
    if abs(size - before.size) > 0.08 * size or before.y - line.y > 1.3 * leading + 0.5:
        return True
    if (line.bold > 0.8 and before.bold < 0.3) or (line.bold < 0.3 and before.bold > 0.8):
        return True
    if line.font != before.font and before.x1 < right - 3 * size:
        return True
    if line.bold > 0.8 and line.text.isupper() != before.text.isupper():
        return True
    start = line.text[:1]
    if start in "•●▪■◦‣▶►":
        return True
    shift = line.x0 - left
    indented = shift > 0.8 * size and before.x0 - left < 0.5 * size
    short = before.x1 < right - 2.5 * size and shift < size and not start.islower()
    marked = start in MARKED and (BULLET.match(line.text) or CAPTION.match(line.text))
    return bool(indented or short or marked) and END.search(before.text) is not None


def _kind(piece: Piece, body: Body) -> Kind:
    first = piece.first
    text = first.text
    caption = CAPTION.match(text) if text[:1] in CAPTIONED else None
    if caption and _is_caption(piece, caption, body):
        return "caption"
    n_lines = len(piece.lines)
    n_characters = piece.n_characters
    sample = piece.plain if n_lines < 3 else f"{text} {piece.lines[1].text}"
    words = WORD.findall(sample)
    n_cells = sum([line.n_cells for line in piece.lines])
    lettered = sum(map(len, words)) > 0.5 * len(sample)
    if n_cells > 1.5 * n_lines or not words:
        return "debris"
    normal = 0.93 * body.size <= first.size <= 1.25 * body.size
    if (
        lettered
        and n_characters / n_lines >= 28
        and (n_lines > 1 or END.search(text) or len(words) > 7)
    ):
        return "prose" if normal else "small"
    if normal and BULLET.match(text) and lettered:
        return "item"
    if normal and first.font in body.fonts and len(words) >= 3 and lettered:
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
