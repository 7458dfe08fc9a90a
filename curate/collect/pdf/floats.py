"""Captions with what they belong to: figures, and tables with their cells. Reads pieces.

A figure is told by its caption alone; its labels are left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from curate.collect.pdf.layout import Line
from curate.collect.pdf.paragraphs import Words, joined_lines, plain, resolve
from curate.collect.pdf.pieces import CAPTION, Body, Piece, ends

PartKind = Literal["heading", "text", "table", "figure"]


@dataclass(slots=True)
class Part:
    """A stretch of the text as it will be written."""

    kind: PartKind
    text: str
    level: int = 0


def read(
    pieces: Sequence[Piece], place: int, body: Body, words: Words, above: Sequence[Line]
) -> tuple[Part, int]:
    """The part that begins with a caption, and the place after it.

    `above` are lines before it that are no text: a table's, where it stands over its caption.
    """
    caption = pieces[place]
    texts = [joined_lines(caption.lines, words)]
    place += 1
    while place < len(pieces) and _goes_on(pieces[place - 1], pieces[place], caption):
        texts.append(joined_lines(pieces[place].lines, words))
        place += 1
    text = " ".join(texts)
    if not _is_of_table(caption):
        return Part("figure", text), place
    cells: list[Line] = []
    while place < len(pieces) and _is_row(pieces[place], body, caption):
        cells += pieces[place].lines
        place += 1
    if not cells:
        cells = [line for line in above if line.page == caption.first.page]
    return Part("table", f"{text}\n\n{_table(cells, words)}" if cells else text), place


def _is_of_table(caption: Piece) -> bool:
    match = CAPTION.match(caption.first.text)
    return match is not None and match["what"][:3].lower() == "tab"


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
        and (not ends(last.text) or own.block == last.block)
        and own.font == last.font
    )


def _is_row(piece: Piece, body: Body, caption: Piece) -> bool:
    """Whether a piece after a table's caption is a part of the table."""
    first = piece.first
    if first.page != caption.first.page or piece.kind in ("caption", "heading"):
        return False
    is_wide = first.x1 - first.x0 >= 0.6 * body.width
    if piece.kind == "prose" and first.size > 0.96 * body.size and is_wide:
        return False
    return piece.kind in ("debris", "small") or not is_wide or first.n_cells > 1


def _table(lines: Sequence[Line], words: Words) -> str:
    """Cells in rows, from above to below, as a GitHub Markdown table."""
    texts = [
        [
            resolve(plain(cell), words).strip().replace("|", "\\|")
            for line in row
            for cell in line.text.split("\t")
        ]
        for row in _rows(lines)
    ]
    width = max(map(len, texts))
    grid = [f"| {' | '.join(row + [''] * (width - len(row)))} |" for row in texts]
    return "\n".join([grid[0], "|" + " --- |" * width, *grid[1:]])


def _rows(lines: Sequence[Line]) -> list[list[Line]]:
    """Lines that stand beside each other, from left to right."""
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda line: (-line.y, line.x0)):
        if rows and abs(rows[-1][0].y - line.y) < 0.5 * line.size:
            rows[-1].append(line)
        else:
            rows.append([line])
    return [sorted(row, key=lambda line: line.x0) for row in rows]
