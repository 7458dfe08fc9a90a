"""Pieces -> the text, its headings and its blocks.

A paragraph goes on over the end of a column or page, and over the captions, tables and notes that
lie between: those follow it.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from curate.collect import outline, plain_text
from curate.collect.pdf import floats, headings
from curate.collect.pdf.floats import Part
from curate.collect.pdf.front import ABSTRACT, ABSTRACT_START, Front
from curate.collect.pdf.layout import Line
from curate.collect.pdf.paragraphs import Words, joined, joined_lines
from curate.collect.pdf.pieces import Body, Piece, ends
from schemas.rows import Block

RUN_IN = re.compile(r"(\d{1,2}\.\d{1,2}(?:\.\d{1,2})*\.?) ([A-Z][^.]{2,90})\. (?=[A-Z“\"])")


@dataclass(slots=True)
class Written:
    """The text, and where its parts lie in it."""

    text: str
    headings: list[outline.Heading] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)


def parts(pieces: Sequence[Piece], front: Front, body: Body, words: Words) -> Iterator[Part]:
    """The parts of the text in order. `pieces` are those of the text alone."""
    if front.abstract is not None:
        yield Part("heading", "Abstract", 1)
    told = iter(headings.levels([piece for piece in pieces if piece.kind == "heading"]))
    flow = Flow(body, words)
    place = 0
    while place < len(pieces):
        piece = pieces[place]
        place += 1
        if piece.kind == "heading":
            yield from flow.closed()
            yield Part("heading", headings.tidy(joined_lines(piece.lines, words)), next(told))
        elif piece.kind == "caption":
            place = flow.set_aside(pieces, place - 1)
        elif piece.kind in ("prose", "item"):
            if not flow.goes_on_with(piece):
                yield from flow.closed()
            flow.take(piece)
        else:
            flow.leave(piece)
    yield from flow.closed()


@dataclass(slots=True)
class Flow:
    """The paragraph that is being read, and what lies between its parts."""

    body: Body
    words: Words
    lines: list[str] = field(default_factory=list)
    last: Piece | None = None
    """The last piece of the paragraph; None after a heading."""
    waiting: list[Part] = field(default_factory=list)
    """Captions, tables and notes, which follow the paragraph."""
    loose: list[Line] = field(default_factory=list)
    """Lines since then that are no text: a table's, if its caption comes next."""

    def goes_on_with(self, piece: Piece) -> bool:
        """Whether a piece is more of the paragraph."""
        return self.last is not None and _continues(self.last, piece, self.lines)

    def take(self, piece: Piece) -> None:
        """Add a piece to the paragraph."""
        self.lines += [line.text for line in piece.lines]
        self.last, self.loose = piece, []

    def set_aside(self, pieces: Sequence[Piece], place: int) -> int:
        """Let what a caption belongs to wait; the place after it."""
        part, place = floats.read(pieces, place, self.body, self.words, self.loose)
        self.waiting.append(part)
        self.loose = []
        return place

    def leave(self, piece: Piece) -> None:
        """Let a note wait; keep what is neither text nor note, which a table may claim."""
        if piece.kind == "small" or _is_kept(piece, self.body):
            self.waiting.append(Part("text", joined_lines(piece.lines, self.words)))
        else:
            self.loose += piece.lines

    def closed(self) -> Iterator[Part]:
        """The paragraph and what waits for its end, which begin anew."""
        if self.lines:
            yield from _paragraph(self.lines, self.words)
        yield from self.waiting
        self.lines, self.waiting, self.last = [], [], None


def _paragraph(lines: Sequence[str], words: Words) -> Iterator[Part]:
    text = joined(lines, words)
    if match := RUN_IN.match(text):
        yield Part("heading", f"{match[1]} {match[2]}", match[1].rstrip(".").count(".") + 1)
        text = text[match.end() :]
    yield Part("text", text)


def _continues(before: Piece, piece: Piece, lines: Sequence[str]) -> bool:
    """Whether a paragraph goes on in another column, page or after what lay between."""
    if not lines or piece.kind == "item":
        return False
    if abs(before.first.size - piece.first.size) > 0.06 * piece.first.size:
        return False
    end, start = lines[-1].rstrip(), piece.first.text.lstrip("\ue000 ")
    if end[-1:] in "-‐‑\u00ad":
        return True
    if ends(end):
        return start[:1].islower() and end[-1:] in ";:."
    if piece.first.block == before.first.block and piece.first.page == before.first.page:
        return start[:1].islower()
    return True


def _is_kept(piece: Piece, body: Body) -> bool:
    """Whether a piece that is neither prose nor heading is of the body's style, not a label."""
    first = piece.first
    return abs(first.size - body.size) < 0.04 * body.size and first.font in body.fonts


def write(found: Iterable[Part]) -> Written:
    """The text of the parts, with a blank line between them."""
    written = Written("")
    out: list[str] = []
    length = 0
    for part in found:
        text = plain_text.clean(part.text).strip()
        if not text:
            continue
        if part.kind == "heading":
            line = f"{'#' * min(part.level, 6)} {text}"
            written.headings.append(outline.Heading(text, part.level, length, length + len(line)))
            text = line
        elif part.kind in ("table", "figure"):
            written.blocks.append(Block(part.kind, length, length + len(text)))
        out.append(text)
        length += len(text) + 2
    written.text = "\n\n".join(out)
    return written


def begin_with_abstract(pieces: Sequence[Piece], front: Front) -> None:
    """Take the word "Abstract" off the abstract's own text; its heading is written anyway."""
    if front.abstract is None:
        return
    first = pieces[front.abstract[0]]
    if first.kind == "heading" or ABSTRACT.fullmatch(first.plain):
        front.dropped.add(front.abstract[0])
    elif match := ABSTRACT_START.match(first.first.text):
        first.first.text = first.first.text[match.end() :]
