"""Pieces -> the text, its headings and its blocks.

A paragraph goes on over the end of a column or page, and over the captions, tables and notes that
lie between: those follow it.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from curate.collect import outline
from curate.collect.pdf import headings
from curate.collect.pdf.front import ABSTRACT, ABSTRACT_START, Front
from curate.collect.pdf.layout import Line
from curate.collect.pdf.paragraphs import Words, joined, plain, resolve
from curate.collect.pdf.pieces import CAPTION, END, Body, Piece
from schemas.rows import Block

PartKind = Literal["heading", "text", "table", "figure"]
REFERENCES = re.compile(
    r"references?(?: cited| and notes)?|bibliography|literature cited|works cited|literature",
    re.IGNORECASE,
)
RUN_IN = re.compile(r"(\d{1,2}\.\d{1,2}(?:\.\d{1,2})*\.?) ([A-Z][^.]{2,90})\. (?=[A-Z“\"])")


@dataclass(slots=True)
class Part:
    """A stretch of the text as it will be written."""

    kind: PartKind
    text: str
    level: int = 0


@dataclass(slots=True)
class Written:
    """The text, and where its parts lie in it."""

    text: str
    headings: list[outline.Heading] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)


def split_references(
    pieces: Sequence[Piece], front: Front, body: Body
) -> tuple[list[int], list[Line]]:
    """(places of the pieces that are text, lines of the reference list)."""
    text: list[int] = []
    cited: list[Line] = []
    style: headings.Style | None = None
    inside = False
    titles = _reference_titles(pieces)
    for place, piece in enumerate(pieces):
        if place in front.dropped:
            continue
        if place in titles:
            style, inside = headings.style_of(piece), True
            continue
        if inside and style and piece.kind == "heading" and _ends_references(piece, style):
            inside = False
        if cited and piece.kind != "heading" and abs(cited[0].size - body.size) > 0.5:
            inside = _is_entry(piece, cited, body, inside)
        if inside:
            cited += piece.lines
        else:
            text.append(place)
    return text, cited


def _reference_titles(pieces: Sequence[Piece]) -> set[int]:
    """Places of what stands over reference lists, not over the last column of a table."""
    named = {
        place
        for place, piece in enumerate(pieces)
        if (piece.kind == "heading" or (len(piece.lines) == 1 and len(piece.first.text) < 40))
        and place > len(pieces) * 0.2
        and REFERENCES.fullmatch(headings.name_of(piece))
    }
    largest = max((pieces[place].first.size for place in named), default=0.0)
    return {place for place in named if pieces[place].first.size > largest - 0.6}


def _is_entry(piece: Piece, cited: Sequence[Line], body: Body, inside: bool) -> bool:
    """Whether a piece belongs to a list in smaller type, which other text may interrupt."""
    first = piece.first
    if abs(first.size - cited[0].size) < 0.3 and first.page == cited[-1].page:
        return piece.kind != "caption"
    return inside and not (piece.kind == "prose" and abs(first.size - body.size) < 0.1)


def _ends_references(piece: Piece, style: headings.Style) -> bool:
    own, name = headings.style_of(piece), headings.name_of(piece)
    if headings.KNOWN.fullmatch(name) is not None and not REFERENCES.fullmatch(name):
        return True
    return own == style or (own[0] >= style[0] and own[1] >= style[1] and own[3] == style[3])


def parts(pieces: Sequence[Piece], front: Front, body: Body, words: Words) -> Iterator[Part]:
    """The parts of the text in order. `pieces` are those of the text alone."""
    told = iter(headings.levels([piece for piece in pieces if piece.kind == "heading"]))
    level_of = {id(piece): next(told) for piece in pieces if piece.kind == "heading"}
    open_lines: list[str] = []
    waiting: list[Part] = []
    loose: list[Line] = []
    place = 0
    last: Piece | None = None

    def closed() -> Iterator[Part]:
        nonlocal open_lines, waiting
        if open_lines:
            yield from _paragraph(open_lines, words)
        yield from waiting
        open_lines, waiting = [], []

    while place < len(pieces):
        piece = pieces[place]
        if piece.kind == "heading":
            yield from closed()
            last = None
            yield Part(
                "heading",
                headings.tidy(joined([line.text for line in piece.lines], words)),
                level_of[id(piece)],
            )
            place += 1
        elif piece.kind == "caption":
            part, place = _float(pieces, place, body, words, loose)
            waiting.append(part)
            loose = []
        elif piece.kind in ("prose", "item"):
            if last is None or not _continues(last, piece, open_lines):
                yield from closed()
            open_lines += [line.text for line in piece.lines]
            last = piece
            loose = []
            place += 1
        else:
            if piece.kind == "small" or _is_kept(piece, body):
                waiting.append(Part("text", joined([line.text for line in piece.lines], words)))
            else:
                loose += piece.lines
            place += 1
    yield from closed()


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
    if END.search(end):
        return start[:1].islower() and end[-1:] in ";:."
    if piece.first.block == before.first.block and piece.first.page == before.first.page:
        return start[:1].islower()
    return True


def _is_kept(piece: Piece, body: Body) -> bool:
    """Whether a piece that is neither prose nor heading is of the body's style, not a label."""
    first = piece.first
    return abs(first.size - body.size) < 0.04 * body.size and first.font in body.fonts


def _float(
    pieces: Sequence[Piece], place: int, body: Body, words: Words, above: Sequence[Line]
) -> tuple[Part, int]:
    """The part that begins with a caption, and the place after it.

    `above` are lines before it that are no text: a table's, where it stands over its caption.
    """
    caption = pieces[place]
    text = joined([line.text for line in caption.lines], words)
    match = CAPTION.match(caption.first.text)
    is_table = match is not None and match["what"][:3].lower() == "tab"
    place += 1
    while place < len(pieces) and _goes_on(pieces[place - 1], pieces[place], caption):
        text = f"{text} {joined([line.text for line in pieces[place].lines], words)}"
        place += 1
    if not is_table:
        return Part("figure", text), place
    cells: list[Line] = []
    while place < len(pieces) and _is_row(pieces[place], body, caption):
        cells += pieces[place].lines
        place += 1
    if not cells:
        cells = [line for line in above if line.page == caption.first.page]
    table = _table(cells, words)
    return Part("table", f"{text}\n\n{table}" if table else text), place


def _goes_on(before: Piece, piece: Piece, caption: Piece) -> bool:
    """Whether a piece is more of a caption: its title's text, set in another style."""
    if piece.kind not in ("prose", "small", "debris") or piece.first.page != caption.first.page:
        return False
    own, last = piece.first, before.lines[-1]
    near = 0 < last.y - own.y < 1.7 * last.size and own.x0 < last.x1 and last.x0 < own.x1 + 100
    return (
        near
        and abs(own.size - last.size) < 0.06 * last.size
        and own.n_cells == 1
        and (not END.search(last.text) or own.block == last.block)
        and own.font == last.font
    )


def _is_row(piece: Piece, body: Body, caption: Piece) -> bool:
    """Whether a piece after a table's caption is a part of the table."""
    if piece.first.page != caption.first.page or piece.kind in ("caption", "heading"):
        return False
    first = piece.first
    if (
        piece.kind == "prose"
        and first.size > 0.96 * body.size
        and first.x1 - first.x0 > 0.6 * body.width
    ):
        return False
    return (
        piece.kind in ("debris", "small")
        or first.x1 - first.x0 < 0.6 * body.width
        or first.n_cells > 1
    )


def _table(lines: Sequence[Line], words: Words) -> str:
    """Cells in rows, from above to below, as a GitHub Markdown table."""
    if not lines:
        return ""
    ordered = sorted(lines, key=lambda line: (-line.y, line.x0))
    rows: list[list[Line]] = []
    for line in ordered:
        if rows and abs(rows[-1][0].y - line.y) < 0.5 * line.size:
            rows[-1].append(line)
        else:
            rows.append([line])
    texts = [
        [
            resolve(plain(cell), words).strip().replace("|", "\\|")
            for line in sorted(row, key=lambda line: line.x0)
            for cell in line.text.split("\t")
        ]
        for row in rows
    ]
    width = max(map(len, texts))
    grid = [f"| {' | '.join(row + [''] * (width - len(row)))} |" for row in texts]
    return "\n".join([grid[0], "|" + " --- |" * width, *grid[1:]])


def write(found: Sequence[Part], clean: Callable[[str], str]) -> Written:
    """The text of the parts, with a blank line between them."""
    written = Written("")
    out: list[str] = []
    length = 0
    for part in found:
        text = clean(part.text).strip()
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
